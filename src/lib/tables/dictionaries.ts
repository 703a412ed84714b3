import { formatAddress, parseAddressBytes, parseAddress, parsedWords } from '../base/addresses';
import { decodeUtf8, encodeUtf8, shortBytes, toShortBytes } from '../base/bytes';
import type { AddressId, StringId } from '../base/brand';
import { FailureError, type Failure } from '../base/result';

/** A dictionary as plain bytes: what crosses worker boundaries and what is stored. */
export interface DictionaryData {
  readonly addresses: Uint32Array<ArrayBuffer>;
  readonly stringBytes: Uint8Array<ArrayBuffer>;
  readonly stringEnds: Uint32Array<ArrayBuffer>;
}

const EMPTY_SLOT = 0;

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/**
 * An empty hash table. Filled although it is empty: memory that is read before it is written costs two page faults, and looking for a place
 * reads.
 */
function emptySlots(entries: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(powerOfTwo(entries)).fill(EMPTY_SLOT);
}

/** The same entries with room for at least `least`, and twice as many as there was room for. */
function grown(entries: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, entries.length * 2));
  larger.set(entries);
  return larger;
}

function hashWords(w0: number, w1: number, w2: number, w3: number): number {
  return mix(w3 ^ Math.imul(w2 ^ 0xffff, 31) ^ Math.imul(w1, 131) ^ Math.imul(w0, 8191));
}

/** Addresses ↔ dense ids. Id 0 is "no address". Open addressing over four words an entry; grows by doubling. */
export class AddressDictionary {
  #words = new Uint32Array(4 * 1024);
  #slots = new Uint32Array(2048);
  #size = 1;
  #isSnapshot = false;

  /** Ids run from 0 (no address) to size − 1. */
  get size(): number {
    return this.#size;
  }

  intern(w0: number, w1: number, w2: number, w3: number): AddressId {
    const mask = this.#slots.length - 1;
    let slot = hashWords(w0, w1, w2, w3) & mask;
    for (;;) {
      const id = this.#slots[slot] as number;
      if (id === EMPTY_SLOT) break;
      const at = id * 4;
      const words = this.#words;
      if (words[at + 3] === w3 && words[at + 2] === w2 && words[at + 1] === w1 && words[at] === w0)
        return id as AddressId;
      slot = (slot + 1) & mask;
    }
    if (this.#isSnapshot) throw new Error('a snapshot of a dictionary takes no new entries');
    const id = this.#size;
    this.#slots[slot] = id;
    if ((id + 1) * 4 > this.#words.length) this.#words = grown(this.#words, (id + 1) * 4);
    const at = id * 4;
    // Not set([…]): making an array and calling out for four numbers costs more than all the rest of adding an entry.
    const words = this.#words;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    this.#size = id + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash(this.#size);
    return id as AddressId;
  }

  /** Has room for so many entries in all, so that adding them does not make it over and over. */
  reserve(most: number): void {
    if (most * 4 > this.#words.length) this.#words = grown(this.#words, most * 4);
    if (most * 2 > this.#slots.length) this.#rehash(most);
  }

  /** The id of an address, or 0 where no row holds it. */
  find(w0: number, w1: number, w2: number, w3: number): AddressId {
    const words = this.#words;
    const mask = this.#slots.length - 1;
    for (let slot = hashWords(w0, w1, w2, w3) & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (id === EMPTY_SLOT) return 0 as AddressId;
      const at = id * 4;
      if (words[at + 3] === w3 && words[at + 2] === w2 && words[at + 1] === w1 && words[at] === w0)
        // A snapshot shares its slots with a dictionary that may have grown.
        return (id < this.#size ? id : 0) as AddressId;
    }
  }

  /** The id of the address in these bytes; 0 when they are not an address. */
  internBytes(bytes: Uint8Array, start: number, end: number): AddressId {
    if (!parseAddressBytes(bytes, start, end)) return 0 as AddressId;
    return this.intern(
      parsedWords[0] as number,
      parsedWords[1] as number,
      parsedWords[2] as number,
      parsedWords[3] as number,
    );
  }

  /** The id of an address text; 0 when it is not an address. */
  internText(text: string): AddressId {
    const words = parseAddress(text);
    return words ? this.intern(...words) : (0 as AddressId);
  }

  /** Canonical text of an id; empty for 0. */
  text(id: number): string {
    if (id === 0 || id >= this.#size) return '';
    const [w0, w1, w2, w3] = this.words(id);
    return formatAddress(w0, w1, w2, w3);
  }

  /** One of the four words of an address, for whoever asks for very many: four at once are an array each. */
  wordOf(id: number, place: number): number {
    return this.#words[id * 4 + place] as number;
  }

  words(id: number): [number, number, number, number] {
    const at = id * 4;
    const words = this.#words;
    return [words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number];
  }

  /**
   * The dictionary as it is now, for a reader that must not see it grow. Shares its memory: entries are never changed, later ones
   * lie beyond the snapshot's size.
   */
  snapshot(): AddressDictionary {
    const snapshot = new AddressDictionary();
    snapshot.#words = this.#words;
    snapshot.#slots = this.#slots;
    snapshot.#size = this.#size;
    snapshot.#isSnapshot = true;
    return snapshot;
  }

  /** Four words an id, id 0 first. A copy: safe to transfer. */
  toData(from = 0): Uint32Array<ArrayBuffer> {
    return this.#words.slice(from * 4, this.#size * 4);
  }

  static fromData(words: Uint32Array): AddressDictionary {
    const dictionary = new AddressDictionary();
    dictionary.reserve(words.length / 4);
    for (let at = 4; at < words.length; at += 4) {
      dictionary.intern(
        words[at] as number,
        words[at + 1] as number,
        words[at + 2] as number,
        words[at + 3] as number,
      );
    }
    return dictionary;
  }

  /** Of entries that all differ, as `toData` gives them. Takes the array over. */
  static ofDistinct(words: Uint32Array<ArrayBuffer>): AddressDictionary {
    const dictionary = new AddressDictionary();
    dictionary.#words = words;
    dictionary.#size = words.length / 4;
    dictionary.#rehash(dictionary.#size);
    return dictionary;
  }

  /** Into a table that `entries` fill by half at most. */
  #rehash(entries: number): void {
    const slots = emptySlots(Math.max(entries * 2, this.#slots.length * 2));
    const mask = slots.length - 1;
    const words = this.#words;
    for (let id = 1; id < this.#size; id++) {
      const at = id * 4;
      let slot =
        hashWords(
          words[at] as number,
          words[at + 1] as number,
          words[at + 2] as number,
          words[at + 3] as number,
        ) & mask;
      while (slots[slot] !== EMPTY_SLOT) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/** Ends are 32-bit, and a tab has hardly more than this to give to one array. */
const MAX_POOL_BYTES = 2 ** 31;

/** Texts given as strings that are known without making them bytes. */
const MOST_RECENT = 1024;
const LONGEST_RECENT = 256;

const LONGEST_LOOPED = 128;

const TOO_MANY_TEXTS: Failure = {
  what: 'The different texts in the logs (names, paths, queries) take more than 2 GB',
  todo: 'Load fewer or smaller files at once.',
};

/**
 * Strings ↔ dense ids, held as UTF-8 in one pool: no JavaScript string exists until a person looks at one.
 * Id 0 is the empty string and means "not in the row".
 */
export class StringDictionary {
  #pool = new Uint8Array(1 << 14);
  /** End of each string in the pool; its start is the end of the one before. */
  #ends = new Uint32Array(1024);
  /** Ids of texts that were given as strings: making them bytes costs more than all the rest of a look-up. */
  readonly #recent = new Map<string, StringId>();
  #slots = new Uint32Array(2048);
  #size = 1;
  #isSnapshot = false;

  get size(): number {
    return this.#size;
  }

  internBytes(bytes: Uint8Array, start: number, end: number): StringId {
    const length = end - start;
    if (length <= 0) return 0 as StringId;
    const mask = this.#slots.length - 1;
    let slot = hashBytes(bytes, start, end) & mask;
    probe: for (;;) {
      const id = this.#slots[slot] as number;
      if (id === EMPTY_SLOT) break;
      const at = this.#ends[id - 1] as number;
      if ((this.#ends[id] as number) - at === length) {
        const pool = this.#pool;
        let same = true;
        for (let i = 0; i < length; i++) {
          if (pool[at + i] !== bytes[start + i]) {
            same = false;
            break;
          }
        }
        if (same) return id as StringId;
      }
      slot = (slot + 1) & mask;
      continue probe;
    }
    if (this.#isSnapshot) throw new Error('a snapshot of a dictionary takes no new entries');
    const id = this.#size;
    const at = this.#ends[id - 1] as number;
    if (at + length > this.#pool.length) {
      if (at + length > MAX_POOL_BYTES) throw new FailureError(TOO_MANY_TEXTS);
      const grown = new Uint8Array(Math.min(MAX_POOL_BYTES, Math.max(this.#pool.length * 2, at + length)));
      grown.set(this.#pool);
      this.#pool = grown;
    }
    this.#copy(bytes, start, end, at);
    if (id >= this.#ends.length) this.#ends = grown(this.#ends, id + 1);
    this.#ends[id] = at + length;
    this.#slots[slot] = id;
    this.#size = id + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash(this.#size);
    return id as StringId;
  }

  #copy(bytes: Uint8Array, start: number, end: number, at: number): void {
    const pool = this.#pool;
    // A view of a few bytes takes longer to make than they take to copy.
    if (end - start > LONGEST_LOOPED) pool.set(bytes.subarray(start, end), at);
    else for (let i = start; i < end; i++) pool[at + i - start] = bytes[i] as number;
  }

  /** See AddressDictionary.reserve. */
  reserve(most: number): void {
    if (most > this.#ends.length) this.#ends = grown(this.#ends, most);
    if (most * 2 > this.#slots.length) this.#rehash(most);
  }

  intern(text: string): StringId {
    if (text === '') return 0 as StringId;
    const known = this.#recent.get(text);
    if (known !== undefined) return known;
    const id = this.internNew(text);
    if (text.length > LONGEST_RECENT) return id;
    if (this.#recent.size === MOST_RECENT) this.#recent.clear();
    this.#recent.set(text, id);
    return id;
  }

  /** `intern` for texts that have hardly come before, or whose ids the caller remembers itself. */
  internNew(text: string): StringId {
    const length = toShortBytes(text);
    if (length !== -1) return this.internBytes(shortBytes, 0, length);
    const bytes = encodeUtf8(text);
    return this.internBytes(bytes, 0, bytes.length);
  }

  /** The id of a text that may not be in the dictionary; −1 when it is not. */
  find(text: string): number {
    if (text === '') return 0;
    const bytes = encodeUtf8(text);
    const mask = this.#slots.length - 1;
    let slot = hashBytes(bytes, 0, bytes.length) & mask;
    for (;;) {
      const id = this.#slots[slot] as number;
      if (id === EMPTY_SLOT) return -1;
      if (this.text(id) === text) return id;
      slot = (slot + 1) & mask;
    }
  }

  text(id: number): string {
    if (id === 0 || id >= this.#size) return '';
    return decodeUtf8(this.#pool, this.#ends[id - 1], this.#ends[id]);
  }

  /** The dictionary as it is now; see AddressDictionary.snapshot. */
  snapshot(): StringDictionary {
    const snapshot = new StringDictionary();
    snapshot.#pool = this.#pool;
    snapshot.#ends = this.#ends;
    snapshot.#slots = this.#slots;
    snapshot.#size = this.#size;
    snapshot.#isSnapshot = true;
    return snapshot;
  }

  toData(): { bytes: Uint8Array<ArrayBuffer>; ends: Uint32Array<ArrayBuffer> } {
    return {
      bytes: this.#pool.slice(0, this.#ends[this.#size - 1]),
      ends: this.#ends.slice(0, this.#size),
    };
  }

  static fromData(bytes: Uint8Array, ends: Uint32Array): StringDictionary {
    const dictionary = new StringDictionary();
    dictionary.reserve(ends.length);
    for (let id = 1; id < ends.length; id++)
      dictionary.internBytes(bytes, ends[id - 1] as number, ends[id] as number);
    return dictionary;
  }

  /** See AddressDictionary.ofDistinct. */
  static ofDistinct(bytes: Uint8Array<ArrayBuffer>, ends: Uint32Array<ArrayBuffer>): StringDictionary {
    const dictionary = new StringDictionary();
    dictionary.#pool = bytes;
    dictionary.#ends = ends;
    dictionary.#size = ends.length;
    dictionary.#rehash(dictionary.#size);
    return dictionary;
  }

  /** Into a table that `entries` fill by half at most. */
  #rehash(entries: number): void {
    const slots = emptySlots(Math.max(entries * 2, this.#slots.length * 2));
    const mask = slots.length - 1;
    for (let id = 1; id < this.#size; id++) {
      let slot = hashBytes(this.#pool, this.#ends[id - 1] as number, this.#ends[id] as number) & mask;
      while (slots[slot] !== EMPTY_SLOT) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/** FNV-1a (Fowler, Noll, Vo) with a final mix, since its low bits alone are weak. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return mix(hash);
}

/** Both dictionaries of a case (or of one parser, before its ids are mapped to the case's). */
export class Dictionaries {
  readonly addresses: AddressDictionary;
  readonly strings: StringDictionary;

  constructor(addresses = new AddressDictionary(), strings = new StringDictionary()) {
    this.addresses = addresses;
    this.strings = strings;
  }

  toData(): DictionaryData {
    const { bytes, ends } = this.strings.toData();
    return { addresses: this.addresses.toData(), stringBytes: bytes, stringEnds: ends };
  }

  /** Both as they are now, for a reader that must not see them grow; costs no memory. */
  snapshot(): Dictionaries {
    return new Dictionaries(this.addresses.snapshot(), this.strings.snapshot());
  }

  /** Of entries that all differ, as `toData` gives them: several times as fast as looking whether one is there already. Takes the arrays over. */
  static ofDistinct(data: DictionaryData): Dictionaries {
    return new Dictionaries(
      AddressDictionary.ofDistinct(data.addresses),
      StringDictionary.ofDistinct(data.stringBytes, data.stringEnds),
    );
  }

  static fromData(data: DictionaryData): Dictionaries {
    return new Dictionaries(
      AddressDictionary.fromData(data.addresses),
      StringDictionary.fromData(data.stringBytes, data.stringEnds),
    );
  }
}
