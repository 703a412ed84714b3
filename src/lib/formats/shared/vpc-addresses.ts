import type { AddressDictionary } from '../../tables/address-dictionary';
import { MAPPED_PREFIX } from '../../base/addresses';

/** Slots at first, and at most (2 MB, for logs of scanners from everywhere). */
const LEAST_SHIFT = 10;
const MOST_SHIFT = 18;

/**
 * Reads the IPv4 address at `at` into `words[index]` (most significant octet first). Returns where the space after it is, or 0 when
 * there is none. Octets of one to three digits, as everywhere else. 0.0.0.0 counts as none: the word 0 means no address.
 */
export function readIpv4(bytes: Uint8Array, at: number, words: Uint32Array, index: number): number {
  let word = 0;
  let i = at;
  for (let octets = 0; octets < 4; octets++) {
    let octet = (bytes[i] as number) - 48;
    if (octet < 0 || octet > 9) return 0;
    let digit = (bytes[i + 1] as number) - 48;
    i += 1;
    if (digit >= 0 && digit <= 9) {
      octet = octet * 10 + digit;
      digit = (bytes[i + 1] as number) - 48;
      i += 1;
      if (digit >= 0 && digit <= 9) {
        octet = octet * 10 + digit;
        digit = (bytes[i + 1] as number) - 48;
        i += 1;
      }
    }
    // A dot after the first three, a space after the last: `.` − 48 and `␠` − 48.
    if (octet > 255 || digit !== (octets === 3 ? -16 : -2)) return 0;
    word = (word << 8) | octet;
    i += 1;
  }
  if (word === 0) return 0;
  words[index] = word;
  return i - 1;
}

/**
 * Replaces IPv4 addresses by their ids in a dictionary, a whole column at a time: look-ups that wait for memory overlap as they can't
 * between the fields of a line. A cache of two slots a key in front of the dictionary.
 */
export class Ipv4Ids {
  readonly #addresses: AddressDictionary;
  #shift = LEAST_SHIFT;
  /** Address and id, in turn. */
  #slots = new Uint32Array(2 << LEAST_SHIFT);
  #misses = 0;

  constructor(addresses: AddressDictionary) {
    this.#addresses = addresses;
  }

  /** Rewrites `words` in [from, to) in place; 0 stays 0. */
  replace(words: Uint32Array, from: number, to: number): void {
    let slots = this.#slots;
    let shift = 31 - this.#shift;
    for (let i = from; i < to; i++) {
      const word = words[i] as number;
      const slot = slotOf(word, shift);
      if (slots[slot] === word) words[i] = slots[slot + 1] as number;
      else if (slots[slot ^ 2] === word) words[i] = slots[(slot ^ 2) + 1] as number;
      else if (word !== 0) {
        words[i] = this.#miss(word, slot);
        slots = this.#slots;
        shift = 31 - this.#shift;
      }
    }
  }

  #miss(word: number, slot: number): number {
    const id = this.#addresses.intern(0, 0, MAPPED_PREFIX, word);
    this.#keep(word, id, slot);
    this.#misses += 1;
    if (this.#misses > 1 << (this.#shift - 1) && this.#shift < MOST_SHIFT) this.#grow();
    return id;
  }

  #keep(word: number, id: number, slot: number): void {
    const slots = this.#slots;
    const into = slots[slot] === 0 || slots[slot ^ 2] !== 0 ? slot : slot ^ 2;
    slots[into] = word;
    slots[into + 1] = id;
  }

  #grow(): void {
    const before = this.#slots;
    this.#shift += 2;
    this.#slots = new Uint32Array(2 << this.#shift);
    for (let i = 0; i < before.length; i += 2) {
      const word = before[i] as number;
      if (word !== 0) this.#keep(word, before[i + 1] as number, slotOf(word, 31 - this.#shift));
    }
  }
}

/** Index of the first of the two slots of an address, in a table of 2^(32 − shift) words. */
function slotOf(word: number, shift: number): number {
  return (Math.imul(word ^ (word >>> 15), 0x9e3779b1) >>> shift) & ~1;
}
