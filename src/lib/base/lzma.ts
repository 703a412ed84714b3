import { Damaged } from './damaged';

/*
 * LZMA as in the LZMA specification (https://www.7-zip.org/sdk.html, lzma-specification.txt) and its LZMA2 variation as in XZ for Java
 * and xz-embedded (https://tukaani.org/xz/embedded.html).
 */

const STATES = 12;
const POSITION_STATES = 16;
const LITERAL_STATES_FROM = 7;
const SLOT_STATES = 4;
const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const FIRST_MODELED_SLOT = 4;
const LAST_MODELED_SLOT = 14;
const ALIGN_BITS = 4;
const MIN_MATCH = 2;
/** Most that one LZMA2 chunk decodes to. */
export const MAX_CHUNK_BYTES = 1 << 21;

class LengthModel {
  readonly choice = new Uint16Array(2);
  readonly low = new Uint16Array(POSITION_STATES << 3);
  readonly middle = new Uint16Array(POSITION_STATES << 3);
  readonly high = new Uint16Array(256);

  reset(): void {
    for (const model of [this.choice, this.low, this.middle, this.high]) model.fill(HALF);
  }
}

/**
 * Decodes the chunks of one LZMA2 stream. The window grows as data comes: a stated dictionary size costs nothing until it is used.
 */
export class LzmaDecoder {
  readonly #windowBytes: number;
  #out = new Uint8Array(1 << 16);
  /** Where the next byte goes in `#out`. */
  #at = 0;
  /** Bytes since the last dictionary reset. */
  #position = 0;

  #input: Uint8Array = new Uint8Array(0);
  #next = 0;
  #range = 0;
  #code = 0;

  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;
  #literalContextBits = 0;
  #literalPositionMask = 0;
  #positionMask = 0;

  readonly #isMatch = new Uint16Array(STATES * POSITION_STATES);
  readonly #isRep = new Uint16Array(STATES);
  readonly #isRep0 = new Uint16Array(STATES);
  readonly #isRep1 = new Uint16Array(STATES);
  readonly #isRep2 = new Uint16Array(STATES);
  readonly #isRep0Long = new Uint16Array(STATES * POSITION_STATES);
  readonly #slots = new Uint16Array(SLOT_STATES << 6);
  readonly #special = new Uint16Array(128);
  readonly #align = new Uint16Array(1 << ALIGN_BITS);
  readonly #length = new LengthModel();
  readonly #repLength = new LengthModel();
  /** Literal context and position bits are at most 4 together in LZMA2. */
  readonly #literals = new Uint16Array(0x300 << 4);

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  resetDictionary(): void {
    this.#position = 0;
  }

  resetState(): void {
    this.#state = 0;
    this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
    for (const model of [
      this.#isMatch,
      this.#isRep,
      this.#isRep0,
      this.#isRep1,
      this.#isRep2,
      this.#isRep0Long,
      this.#slots,
      this.#special,
      this.#align,
      this.#literals,
    ])
      model.fill(HALF);
    this.#length.reset();
    this.#repLength.reset();
  }

  setProperties(byte: number): void {
    const contextBits = byte % 9;
    const positionBits = Math.floor(byte / 9) % 5;
    const states = Math.floor(byte / 45);
    if (states > 4 || contextBits + positionBits > 4) throw new Damaged('settings out of range');
    this.#literalContextBits = contextBits;
    this.#literalPositionMask = (1 << positionBits) - 1;
    this.#positionMask = (1 << states) - 1;
  }

  /** Takes bytes that were stored as they are. The result is a copy of its own. */
  store(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#makeRoom(bytes.length);
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
    this.#position += bytes.length;
    return bytes.slice();
  }

  /** Decodes one compressed chunk to exactly `size` bytes, as a copy of its own. */
  decode(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
    this.#makeRoom(size);
    this.#startRange(input);
    const start = this.#at;
    const end = start + size;
    while (this.#at < end) this.#symbol(end);
    this.#normalize();
    if (this.#next !== input.length || this.#code !== 0) throw new Damaged('a chunk is longer than its data');
    return this.#out.slice(start, end);
  }

  #makeRoom(size: number): void {
    if (this.#at + size <= this.#out.length) return;
    const limit = this.#windowBytes + Math.max(this.#windowBytes >> 1, 2 * MAX_CHUNK_BYTES);
    if (this.#at + size <= limit) {
      const grown = new Uint8Array(Math.min(limit, Math.max(this.#at + size, this.#out.length * 2)));
      grown.set(this.#out.subarray(0, this.#at));
      this.#out = grown;
      return;
    }
    const kept = Math.min(this.#at, this.#windowBytes);
    this.#out.copyWithin(0, this.#at - kept, this.#at);
    this.#at = kept;
  }

  #startRange(input: Uint8Array): void {
    if (input.length < 5 || input[0] !== 0) throw new Damaged('a chunk begins wrongly');
    this.#input = input;
    this.#range = 0xffffffff;
    this.#code = 0;
    for (let i = 1; i < 5; i++) this.#code = ((this.#code << 8) | (input[i] as number)) >>> 0;
    this.#next = 5;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    if (this.#next >= this.#input.length) throw new Damaged('a chunk ends too soon');
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.#input[this.#next++] as number)) >>> 0;
  }

  #bit(model: Uint16Array, index: number): number {
    this.#normalize();
    const probability = model[index] as number;
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      model[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    model[index] = probability - (probability >> MOVE_BITS);
    return 1;
  }

  #directBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#normalize();
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
    }
    return value;
  }

  #tree(model: Uint16Array, offset: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(model, offset + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(model: Uint16Array, offset: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(model, offset + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** One literal or one match. */
  #symbol(end: number): void {
    const positionState = this.#position & this.#positionMask;
    const context = (this.#state << 4) + positionState;
    if (this.#bit(this.#isMatch, context) === 0) {
      this.#literal();
      return;
    }
    if (this.#bit(this.#isRep, this.#state) === 0) {
      this.#copy(this.#match(positionState) + MIN_MATCH, end);
      return;
    }
    if (this.#bit(this.#isRep0, this.#state) === 1) this.#takeOlderDistance();
    else if (this.#bit(this.#isRep0Long, context) === 0) {
      this.#state = this.#state < LITERAL_STATES_FROM ? 9 : 11;
      this.#copy(1, end);
      return;
    }
    const length = this.#lengthOf(this.#repLength, positionState);
    this.#state = this.#state < LITERAL_STATES_FROM ? 8 : 11;
    this.#copy(length + MIN_MATCH, end);
  }

  #literal(): void {
    const out = this.#out;
    const before = this.#position === 0 ? 0 : (out[this.#at - 1] as number);
    const context =
      ((this.#position & this.#literalPositionMask) << this.#literalContextBits) +
      (before >> (8 - this.#literalContextBits));
    const offset = 0x300 * context;
    let symbol = 1;
    if (this.#state >= LITERAL_STATES_FROM) {
      this.#check(this.#rep0);
      let matched = out[this.#at - this.#rep0 - 1] as number;
      while (symbol < 0x100) {
        const expected = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.#bit(this.#literals, offset + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literals, offset + symbol);
    out[this.#at++] = symbol;
    this.#position += 1;
    const state = this.#state;
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  #match(positionState: number): number {
    this.#rep3 = this.#rep2;
    this.#rep2 = this.#rep1;
    this.#rep1 = this.#rep0;
    const length = this.#lengthOf(this.#length, positionState);
    this.#state = this.#state < LITERAL_STATES_FROM ? 7 : 10;
    const slot = this.#tree(this.#slots, Math.min(length, SLOT_STATES - 1) << 6, 6);
    this.#rep0 = slot < FIRST_MODELED_SLOT ? slot : this.#distance(slot);
    return length;
  }

  #distance(slot: number): number {
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < LAST_MODELED_SLOT) return high + this.#reverseTree(this.#special, high - slot, bits);
    const middle = this.#directBits(bits - ALIGN_BITS) * (1 << ALIGN_BITS);
    return high + middle + this.#reverseTree(this.#align, 0, ALIGN_BITS);
  }

  /** The second, third or fourth last distance becomes the last one. */
  #takeOlderDistance(): void {
    let distance = this.#rep1;
    if (this.#bit(this.#isRep1, this.#state) === 1) {
      distance = this.#rep2;
      if (this.#bit(this.#isRep2, this.#state) === 1) {
        distance = this.#rep3;
        this.#rep3 = this.#rep2;
      }
      this.#rep2 = this.#rep1;
    }
    this.#rep1 = this.#rep0;
    this.#rep0 = distance;
  }

  #lengthOf(model: LengthModel, positionState: number): number {
    if (this.#bit(model.choice, 0) === 0) return this.#tree(model.low, positionState << 3, 3);
    if (this.#bit(model.choice, 1) === 0) return 8 + this.#tree(model.middle, positionState << 3, 3);
    return 16 + this.#tree(model.high, 0, 8);
  }

  #check(distance: number): void {
    if (distance >= this.#position || distance >= this.#windowBytes || distance >= this.#at)
      throw new Damaged('a match before the beginning');
  }

  #copy(length: number, end: number): void {
    this.#check(this.#rep0);
    if (this.#at + length > end) throw new Damaged('a match beyond its chunk');
    const out = this.#out;
    let at = this.#at;
    let from = at - this.#rep0 - 1;
    const stop = at + length;
    while (at < stop) out[at++] = out[from++] as number;
    this.#at = at;
    this.#position += length;
  }
}
