import type { Dictionaries } from '../../tables/dictionaries';

/** Longest text kept; what a person reads of a statement or path is shorter. */
export const LONGEST_TEXT = 2048;
const MOST_CACHED = 20_000;

/**
 * Ids of texts that arrive as JavaScript strings (JSON, CSV): those that come again are looked up as strings, because interning encodes them
 * each time. Bounded: a log with ever new values falls back to the dictionary.
 */
export class TextIds {
  readonly #dictionaries: Dictionaries;
  readonly #strings = new Map<string, number>();
  readonly #addresses = new Map<string, number>();

  constructor(dictionaries: Dictionaries) {
    this.#dictionaries = dictionaries;
  }

  /** Id of a text, cut to LONGEST_TEXT; 0 for an empty one. */
  string(text: string): number {
    if (text === '') return 0;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const id = this.#dictionaries.strings.intern(
      text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text,
    );
    if (this.#strings.size >= MOST_CACHED) this.#strings.clear();
    this.#strings.set(text, id);
    return id;
  }

  /** Id of an address; 0 when the text is none. */
  address(text: string): number {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const id = this.#dictionaries.addresses.internText(text);
    if (this.#addresses.size >= MOST_CACHED) this.#addresses.clear();
    this.#addresses.set(text, id);
    return id;
  }
}
