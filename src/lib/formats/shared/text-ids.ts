import { MAPPED_PREFIX } from '../../base/addresses';
import type { Dictionaries } from '../../tables/dictionaries';

/** Longest text kept; what a person reads of a statement or path is shorter. */
export const LONGEST_TEXT = 2048;
const MOST_CACHED = 20_000;
const SLOTS = 1 << 13;

/**
 * Ids of texts that arrive as JavaScript strings (JSON, CSV): those that come again are looked up as strings, because interning encodes them
 * each time. Direct-mapped: of a log with ever new values little is remembered, where a map of them would cost more than encoding does.
 */
export class TextIds {
  readonly #dictionaries: Dictionaries;
  readonly #texts = new Array<string>(SLOTS).fill('');
  readonly #ids = new Uint32Array(SLOTS);
  readonly #addresses = new Map<string, number>();

  constructor(dictionaries: Dictionaries) {
    this.#dictionaries = dictionaries;
  }

  /** Id of a text, cut to LONGEST_TEXT; 0 for an empty one. */
  string(text: string): number {
    if (text === '') return 0;
    const slot = slotOf(text);
    if (this.#texts[slot] === text) return this.#ids[slot] as number;
    const id = this.#dictionaries.strings.internNew(
      text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text,
    );
    this.#texts[slot] = text;
    this.#ids[slot] = id;
    return id;
  }

  /** Id of an address; 0 when the text is none. */
  address(text: string): number {
    const word = ipv4Of(text);
    if (word !== -1) return this.#dictionaries.addresses.intern(0, 0, MAPPED_PREFIX, word);
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const id = this.#dictionaries.addresses.internText(text);
    if (this.#addresses.size >= MOST_CACHED) this.#addresses.clear();
    this.#addresses.set(text, id);
    return id;
  }
}

/** By the length and some characters, most of them near the end: names of one kind (eni-…1, eni-…2) mostly differ there. */
function slotOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let i = length - 1, step = 1; i >= 0; i -= step, step += 1)
    hash = Math.imul(hash, 31) + text.charCodeAt(i);
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}

/** The word of an IPv4 address as everyone writes it; −1 for all others. Reading it costs less than looking for it. */
function ipv4Of(text: string): number {
  const { length } = text;
  if (length < 7 || length > 15) return -1;
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // After a leading zero some read octal.
      if (octet === 0) return -1;
      octet = octet === -1 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else {
      if (digit !== -2 || octet === -1) return -1;
      dots += 1;
      word = (word << 8) | octet;
      octet = -1;
    }
  }
  return dots === 3 && octet !== -1 ? ((word << 8) | octet) >>> 0 : -1;
}
