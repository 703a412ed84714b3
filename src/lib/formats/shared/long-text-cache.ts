import type { StringDictionary } from '../../tables/string-dictionary';

const SLOTS = 256;
const LONGEST = 512;

/**
 * A direct-mapped cache for long texts that come again and again (user agents): one comparison instead of a hash over every byte. Texts
 * that share their length and last bytes share a slot and only cost the hash.
 */
export class LongTextCache {
  readonly #dictionary: StringDictionary;
  readonly #texts = new Uint8Array(SLOTS * LONGEST);
  readonly #lengths = new Uint16Array(SLOTS);
  readonly #ids = new Uint32Array(SLOTS);

  constructor(dictionary: StringDictionary) {
    this.#dictionary = dictionary;
  }

  /** Id of the text in these bytes; 0 for an empty one. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length <= 0) return 0;
    if (length > LONGEST || length < 8) return this.#dictionary.internBytes(bytes, start, end);
    const mid = start + (length >> 1);
    const slot =
      (length * 31 +
        (bytes[end - 1] as number) * 7 +
        (bytes[mid] as number) * 13 +
        (bytes[mid + 2] as number) * 17 +
        (bytes[end - 5] as number)) &
      (SLOTS - 1);
    const at = slot * LONGEST;
    const texts = this.#texts;
    if (this.#lengths[slot] === length) {
      let i = 0;
      while (i < length && texts[at + i] === bytes[start + i]) i += 1;
      if (i === length) return this.#ids[slot] as number;
    }
    const id = this.#dictionary.internBytes(bytes, start, end);
    texts.set(bytes.subarray(start, end), at);
    this.#lengths[slot] = length;
    this.#ids[slot] = id;
    return id;
  }
}
