import { formatAddress, parseAddress, parseAddressBytes, parsedWords } from '../base/addresses';
import type { AddressId } from '../base/brand';
import { EMPTY_SLOT, emptySlots, grown, mix } from './hash-slots';

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
