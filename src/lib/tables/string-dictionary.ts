import { decodeUtf8, encodeUtf8, shortBytes, toShortBytes } from '../base/bytes';
import type { StringId } from '../base/brand';
import { FailureError, type Failure } from '../base/result';
import { EMPTY_SLOT, emptySlots, grown, mix } from './hash-slots';

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
