import type { StringDictionary } from '../../tables/string-dictionary';

const SLOTS_SHIFT = 6;
/** Bytes of a line's start that a slot holds; longer ones are read anew each time. */
const SLOT_BYTES = 64;
const SLOT_WORDS = SLOT_BYTES / 4;
/** Longer interface names are left to the caller. */
const LONGEST = 128;

/**
 * The first three fields of lines (version, account, interface) by their text. A log has few of them, all of one length as a rule, so
 * most lines are known by a few compared words, and what was found good once needs no second look.
 */
export class VpcLineStarts {
  /** Length of the start that `find` found, with the space after it. */
  length = 0;
  readonly #strings: StringDictionary;
  readonly #texts = new Int32Array(SLOT_WORDS << SLOTS_SHIFT);
  readonly #lengths = new Uint8Array(1 << SLOTS_SHIFT);
  readonly #ids = new Uint32Array(1 << SLOTS_SHIFT);

  constructor(strings: StringDictionary) {
    this.#strings = strings;
  }

  /**
   * Id of the interface in the start of the line at `at`; 0 when it is no plain one. Reads up to LONGEST bytes and a word past them.
   */
  find(bytes: Uint8Array, view: DataView, at: number): number {
    const length = this.length;
    if (length >= 8) {
      const slot = slotOf(view, at, length);
      if (this.#lengths[slot] === length && this.#isSame(view, at, length, slot))
        return this.#ids[slot] as number;
    }
    return this.#read(bytes, view, at);
  }

  #isSame(view: DataView, at: number, length: number, slot: number): boolean {
    const texts = this.#texts;
    let word = slot * SLOT_WORDS;
    const last = at + length - 4;
    for (let i = at; i < last; i += 4) {
      if (view.getInt32(i, true) !== texts[word]) return false;
      word += 1;
    }
    return view.getInt32(last, true) === texts[word];
  }

  #read(bytes: Uint8Array, view: DataView, at: number): number {
    const first = bytes[at] as number;
    // A header's first field is a word in lower case; anything but a digit here is for the caller to judge.
    if (first < 48 || first > 57) return 0;
    let end = at;
    let start = at;
    for (let field = 0; field < 3; field++) {
      start = field === 0 ? at : end + 1;
      end = start;
      while (end - at < LONGEST && (bytes[end] as number) > 32) end += 1;
      if (bytes[end] !== 32 || end === start) return 0;
    }
    if (end - start === 1 && bytes[start] === 45) return 0;
    const id = this.#strings.internBytes(bytes, start, end);
    const length = end + 1 - at;
    this.length = length;
    if (length >= 8 && length <= SLOT_BYTES) this.#keep(view, at, length, id);
    return id;
  }

  #keep(view: DataView, at: number, length: number, id: number): void {
    const slot = slotOf(view, at, length);
    const last = at + length - 4;
    let word = slot * SLOT_WORDS;
    for (let i = at; i < last; i += 4) this.#texts[word++] = view.getInt32(i, true);
    this.#texts[word] = view.getInt32(last, true);
    this.#lengths[slot] = length;
    this.#ids[slot] = id;
  }
}

/** By the four bytes before the space: interface names differ at their ends. */
function slotOf(view: DataView, at: number, length: number): number {
  return Math.imul(view.getInt32(at + length - 5, true), 0x9e3779b1) >>> (32 - SLOTS_SHIFT);
}
