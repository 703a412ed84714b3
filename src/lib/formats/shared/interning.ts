import { parseAddressBytes, parsedWords } from '../../base/addresses';
import type { AddressDictionary } from '../../tables/address-dictionary';
import type { StringDictionary } from '../../tables/string-dictionary';

const ADDRESS_SLOTS = 1 << 14;
const STRING_SLOTS = 1 << 8;
/** Longer values are interned without the cache: they are rare, and the cache's memory stays bounded. */
const LONGEST_CACHED = 64;

/**
 * A small direct-mapped cache in front of an address dictionary. Flow logs name few addresses often; most look-ups end here,
 * without hashing four words and probing.
 */
export class AddressCache {
  readonly #dictionary: AddressDictionary;
  readonly #words = new Uint32Array(ADDRESS_SLOTS);
  readonly #ids = new Uint32Array(ADDRESS_SLOTS);

  constructor(dictionary: AddressDictionary) {
    this.#dictionary = dictionary;
  }

  /** Id of the address in these bytes; 0 when they are not an address (`-` among them). */
  intern(bytes: Uint8Array, start: number, end: number): number {
    let word = 0;
    let octet = 0;
    let dots = 0;
    let digits = 0;
    let i = start;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === 46) {
        if (digits === 0 || octet > 255) return 0;
        word = (word << 8) | octet;
        dots += 1;
        octet = 0;
        digits = 0;
      } else {
        const digit = byte - 48;
        if (digit < 0 || digit > 9) break;
        octet = octet * 10 + digit;
        digits += 1;
        if (digits > 3) break;
      }
    }
    if (i < end || dots !== 3 || digits === 0 || octet > 255) return this.#other(bytes, start, end);
    word = ((word << 8) | octet) >>> 0;
    const slot = (Math.imul(word, 0x9e3779b1) >>> 18) & (ADDRESS_SLOTS - 1);
    if (this.#words[slot] === word) {
      const id = this.#ids[slot] as number;
      if (id !== 0) return id;
    }
    const id = this.#dictionary.intern(0, 0, 0xffff, word);
    this.#words[slot] = word;
    this.#ids[slot] = id;
    return id;
  }

  #other(bytes: Uint8Array, start: number, end: number): number {
    // Four digits in a row may still begin an IPv6 group, so the full parser decides.
    if (end - start < 2 || !parseAddressBytes(bytes, start, end)) return 0;
    return this.#dictionary.intern(
      parsedWords[0] as number,
      parsedWords[1] as number,
      parsedWords[2] as number,
      parsedWords[3] as number,
    );
  }
}

/** The same for strings that come again and again (interfaces, hosts, users): one comparison instead of hash and probe. */
export class StringCache {
  readonly #dictionary: StringDictionary;
  readonly #texts = new Uint8Array(STRING_SLOTS * LONGEST_CACHED);
  readonly #lengths = new Uint8Array(STRING_SLOTS);
  readonly #ids = new Uint32Array(STRING_SLOTS);

  constructor(dictionary: StringDictionary) {
    this.#dictionary = dictionary;
  }

  /** Id of the text in these bytes; 0 for an empty one. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length <= 0) return 0;
    if (length > LONGEST_CACHED) return this.#dictionary.internBytes(bytes, start, end);
    // Every third byte, from the end: names of one kind (eni-…1, eni-…2) mostly differ there.
    let hash = length;
    for (let i = end - 1; i >= start; i -= 3) hash = Math.imul(hash, 31) + (bytes[i] as number);
    const slot = (hash ^ (hash >>> 8)) & (STRING_SLOTS - 1);
    const at = slot * LONGEST_CACHED;
    const texts = this.#texts;
    if (this.#lengths[slot] === length) {
      let i = 0;
      while (i < length && texts[at + i] === bytes[start + i]) i += 1;
      if (i === length) return this.#ids[slot] as number;
    }
    const id = this.#dictionary.internBytes(bytes, start, end);
    for (let i = 0; i < length; i++) texts[at + i] = bytes[start + i] as number;
    this.#lengths[slot] = length;
    this.#ids[slot] = id;
    return id;
  }
}
