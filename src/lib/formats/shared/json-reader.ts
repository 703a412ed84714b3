import { BYTE, decodeUtf8, encodeUtf8 } from '../../base/bytes';
import type { ObjectScanner } from '../format';
import { JsonKernel } from './json-kernel';
import { LIST_KEYS } from './json-list-keys';
import { parseJsonObject, type JsonObject } from './json';
import { met, skipBlanks, skipColon, skipText, skipValue } from './json-scan';
import { JsonTexts, textOfBytes } from './json-texts';
import { WantedSlots, wordOf, type Wanted, type WantedObject } from './json-wanted';
import { kernelFor } from './kernels';

/** Keys that come again are known by heart, those that nobody wants too: so many an object, and none longer than this. */
const MOST_KEYS = 256;
const LONGEST_KEY = 128;
/** A value with the bytes of the one before it, up to so many, is not made anew. */
const LONGEST_REPEATED = 64;

/** Copying a smaller block, and asking for what lies in it, costs more than a kernel saves. */
const LEAST_HELD = 1 << 14;

// What a value is.
const [TEXT, ESCAPED, NUMBER, WORD, WHOLE, OBJECT, REPEATED] = [1, 2, 3, 4, 5, 6, 7];
// What `values` holds for a slot: nothing, the value in `#lastValues`, or another.
const [NOTHING, LAST, OTHER] = [0, 1, 2];

/** A key of an object, and what to do with the value behind it. */
interface Key {
  /** With the closing quote. */
  readonly bytes: Uint8Array;
  /** Where the value goes; −1 when nobody wants it. */
  readonly slot: number;
  readonly inside: Shape | null;
  /** Which lists under this key may be the file's records, not one record's own. */
  readonly isListKey: boolean;
  /** The key that came behind it last: writers keep an order, so it is tried first. */
  next: Key | null;
  /** Another key with the same hash. */
  readonly other: Key | null;
}

/** The keys met so far in one of the wanted objects. */
interface Shape {
  readonly isRoot: boolean;
  readonly keys: Map<number, Key>;
  count: number;
  first: Key | null;
}

/**
 * Reads the wanted fields of JSON objects and gives of them what JSON.parse gives. Most of a log record is of no interest, and what is
 * repeats itself: only the rest is ever made into JavaScript values. What is out of the ordinary (keys with escapes, a wanted key twice, deep
 * nesting, anything that is not JSON) is left to JSON.parse, so that an object may hold more than was wanted.
 */
export class JsonReader implements ObjectScanner {
  newlines = 0;
  /**
   * Which of the wanted fields the object read last has: the same number, the same fields as before. 0 where that was not looked at, and the
   * object may hold anything.
   */
  layout = 0;
  /** Counts up with each change of what is filled without the kernel. */
  #changes = 1;
  readonly #wanted: Wanted;
  readonly #slots: WantedSlots;
  readonly #root: Shape;
  readonly #texts = new JsonTexts();
  /** Undefined until a block large enough was held, null where there is none. */
  #kernel: JsonKernel | null | undefined;
  // By slot: in which record it was met last, what it is and where.
  readonly #records: Int32Array;
  readonly #kinds: Uint8Array;
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  // By slot: what is held, and the last value that may come again.
  readonly #held: Uint8Array;
  readonly #lastLengths: Uint8Array;
  readonly #lastBytes: Uint8Array;
  readonly #lastValues: string[];
  /** Slots met in the record at hand, in their order, and those of the record made before. */
  #noted: Uint16Array;
  #made: Uint16Array;
  #notedCount = 0;
  #madeCount = 0;
  #record = 0;
  #hasList = false;
  #scanned: Uint8Array | null = null;
  #isInKernel = false;
  #start = 0;
  #stop = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#slots = new WantedSlots(wanted);
    this.#root = shapeOf(this.#slots.root, true);
    const slots = this.#slots.count;
    this.#records = new Int32Array(slots);
    this.#kinds = new Uint8Array(slots);
    this.#from = new Int32Array(slots);
    this.#to = new Int32Array(slots);
    this.#noted = new Uint16Array(slots);
    this.#made = new Uint16Array(slots);
    this.#held = new Uint8Array(slots);
    this.#lastLengths = new Uint8Array(slots);
    this.#lastBytes = new Uint8Array(slots * LONGEST_REPEATED);
    this.#lastValues = new Array<string>(slots).fill('');
  }

  hold(bytes: Uint8Array, start: number, end: number): void {
    // An odd line on its own comes between the lines of a block, of which the rest is still to be read.
    if (end - start < LEAST_HELD && !this.#kernel?.holds(bytes, start)) return;
    if (this.#kernel === undefined) {
      const module = kernelFor('json-fields', end - start);
      if (module) this.#kernel = JsonKernel.of(module, this.#wanted);
    }
    this.#kernel?.hold(bytes, start, end);
  }

  /** Reading what was scanned costs no second pass. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const kernel = this.#kernel?.holds(bytes, start) ? this.#kernel : null;
    const stop = kernel ? kernel.scan(start, end) : this.#scan(bytes, start, end);
    if (kernel) this.newlines = kernel.newlines;
    this.#isInKernel = kernel !== null;
    this.#scanned = stop === -1 ? null : bytes;
    this.#start = start;
    this.#stop = stop;
    return stop;
  }

  #scan(bytes: Uint8Array, start: number, end: number): number {
    const { newlines } = met;
    const stop = this.#pass(bytes, start, end);
    this.newlines = met.newlines - newlines;
    return this.#hasList ? -1 : stop;
  }

  hasScanned(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#scanned === bytes && this.#start === start && this.#stop === end;
  }

  /**
   * The object that these bytes are, with the wanted fields at least; null when they are no JSON object. What is missing is undefined.
   * Good until the next one is read: the object itself and those in it are filled anew.
   */
  read(bytes: Uint8Array, start: number, end: number): JsonObject | null {
    const isScanned = this.hasScanned(bytes, start, end);
    if (isScanned && this.#isInKernel && this.#kernel) {
      this.#scanned = null;
      const made = this.#kernel.make();
      this.layout = -1 - this.#kernel.layout;
      return made;
    }
    if (!isScanned) {
      const stop = this.#pass(bytes, skipBlanks(bytes, start, end), end);
      if (stop === -1 || skipBlanks(bytes, stop, end) !== end) {
        this.layout = 0;
        return parseJsonObject(bytes, start, end);
      }
    }
    this.#scanned = null;
    this.#make(bytes);
    this.layout = this.#changes;
    return this.#slots.root.values;
  }

  #pass(bytes: Uint8Array, start: number, end: number): number {
    this.#record = (this.#record + 1) | 0;
    this.#hasList = false;
    this.#notedCount = 0;
    return bytes[start] === BYTE.openBrace && start < end
      ? this.#object(this.#root, bytes, start + 1, end)
      : -1;
  }

  /** Notes where the values of an object lie; `from` is behind its brace. */
  #object(shape: Shape, bytes: Uint8Array, from: number, end: number): number {
    let at = skipBlanks(bytes, from, end);
    if (bytes[at] === BYTE.closeBrace && at < end) return at + 1;
    let before: Key | null = null;
    for (;;) {
      if (bytes[at] !== BYTE.quote || at >= end) return -1;
      let key: Key | null = before === null ? shape.first : before.next;
      if (key === null || !isKey(key.bytes, bytes, at + 1)) {
        key = this.#find(shape, before, bytes, at + 1, end);
        if (key === null) return -1;
      }
      at = skipColon(bytes, at + 1 + key.bytes.length, end);
      if (at === -1) return -1;
      if (key.isListKey && bytes[at] === BYTE.openBracket) this.#hasList = true;
      at = key.slot === -1 ? skipValue(bytes, at, end) : this.#value(key, bytes, at, end);
      if (at === -1) return -1;
      let byte = bytes[at] as number;
      if (byte <= BYTE.space) {
        at = skipBlanks(bytes, at, end);
        byte = bytes[at] as number;
      }
      if (at >= end) return -1;
      if (byte === BYTE.closeBrace) return at + 1;
      if (byte !== BYTE.comma) return -1;
      at += 1;
      if (bytes[at] !== BYTE.quote) at = skipBlanks(bytes, at, end);
      before = key;
    }
  }

  /** Notes a wanted value. */
  #value(key: Key, bytes: Uint8Array, at: number, end: number): number {
    const { slot } = key;
    // The last of two values under one key counts, and of an object before it nothing may be left.
    if (this.#records[slot] === this.#record) return -1;
    this.#records[slot] = this.#record;
    this.#noted[this.#notedCount++] = slot;
    const byte = bytes[at] as number;
    let stop: number;
    if (byte === BYTE.quote) {
      if (this.#lastLengths[slot] !== 0 && this.#isRepeated(slot, bytes, at)) {
        this.#kinds[slot] = REPEATED;
        return at + (this.#lastLengths[slot] as number);
      }
      const { escapes } = met;
      stop = skipText(bytes, at + 1, end);
      this.#kinds[slot] = met.escapes === escapes ? TEXT : ESCAPED;
    } else if (byte === BYTE.openBrace && key.inside) {
      stop = this.#object(key.inside, bytes, at + 1, end);
      this.#kinds[slot] = OBJECT;
    } else {
      stop = skipValue(bytes, at, end);
      this.#kinds[slot] =
        byte === BYTE.openBrace || byte === BYTE.openBracket ? WHOLE : byte >= 0x61 ? WORD : NUMBER;
    }
    this.#from[slot] = at;
    this.#to[slot] = stop;
    return stop;
  }

  /** The key whose text begins at `at`, remembered as what follows `before`; null when it has escapes or is not whole. */
  #find(shape: Shape, before: Key | null, bytes: Uint8Array, at: number, end: number): Key | null {
    let hash = 0;
    let i = at;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === BYTE.quote) break;
      if (byte === BYTE.backslash || byte < BYTE.space) return null;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (i >= end) return null;
    const first = shape.keys.get(hash) ?? null;
    let key = first;
    while (key !== null && !isKey(key.bytes, bytes, at)) key = key.other;
    key ??= this.#meet(shape, first, hash, bytes.slice(at, i + 1));
    if (before === null) shape.first = key;
    else before.next = key;
    return key;
  }

  /** A key that nobody wants, met for the first time. */
  #meet(shape: Shape, other: Key | null, hash: number, bytes: Uint8Array): Key {
    const key: Key = {
      bytes,
      slot: -1,
      inside: null,
      isListKey: shape.isRoot && LIST_KEYS.has(decodeUtf8(bytes, 0, bytes.length - 1)),
      next: null,
      other,
    };
    if (shape.count < MOST_KEYS && bytes.length <= LONGEST_KEY) {
      shape.keys.set(hash, key);
      shape.count += 1;
    }
    return key;
  }

  /** Makes values of what was noted. */
  #make(bytes: Uint8Array): void {
    const held = this.#held;
    for (let i = 0; i < this.#madeCount; i++) {
      const slot = this.#made[i] as number;
      if (this.#records[slot] !== this.#record) this.#put(slot, undefined, NOTHING);
    }
    for (let i = 0; i < this.#notedCount; i++) {
      const slot = this.#noted[i] as number;
      const kind = this.#kinds[slot] as number;
      const from = this.#from[slot] as number;
      const to = this.#to[slot] as number;
      if (kind === REPEATED) {
        if (held[slot] !== LAST) this.#put(slot, this.#lastValues[slot], LAST);
      } else if (kind === OBJECT) this.#putObject(slot);
      else if (kind === NUMBER) this.#put(slot, numberOfBytes(bytes, from, to), OTHER);
      else if (kind === WORD) this.#put(slot, wordOf(bytes[from] as number), OTHER);
      else if (kind !== TEXT) this.#put(slot, JSON.parse(decodeUtf8(bytes, from, to)), OTHER);
      else this.#makeText(slot, bytes, from, to);
    }
    const made = this.#made;
    this.#made = this.#noted;
    this.#madeCount = this.#notedCount;
    this.#noted = made;
  }

  #makeText(slot: number, bytes: Uint8Array, from: number, to: number): void {
    const text = this.#texts.text(bytes, from + 1, to - 1);
    if (to - from > LONGEST_REPEATED) {
      this.#put(slot, text, OTHER);
      return;
    }
    const last = this.#lastBytes;
    const toLast = slot * LONGEST_REPEATED - from;
    for (let i = from; i < to; i++) last[i + toLast] = bytes[i] as number;
    this.#lastLengths[slot] = to - from;
    this.#lastValues[slot] = text;
    this.#put(slot, text, LAST);
  }

  #put(slot: number, value: unknown, held: number): void {
    this.#slots.put(slot, value);
    this.#hold(slot, held);
  }

  #putObject(slot: number): void {
    this.#slots.putObject(slot);
    this.#hold(slot, OTHER);
  }

  #hold(slot: number, held: number): void {
    if ((this.#held[slot] === NOTHING) !== (held === NOTHING)) this.#changes += 1;
    this.#held[slot] = held;
  }

  /** Whether the text at `at` is, with both quotes, the one that its slot had before. */
  #isRepeated(slot: number, bytes: Uint8Array, at: number): boolean {
    const last = this.#lastBytes;
    const toLast = slot * LONGEST_REPEATED - at;
    const end = at + (this.#lastLengths[slot] as number);
    for (let i = at; i < end; i++) if (last[i + toLast] !== bytes[i]) return false;
    return true;
  }
}

function shapeOf({ fields }: WantedObject, isRoot: boolean): Shape {
  const keys = new Map<number, Key>();
  for (const { name, slot, inside, isListKey } of fields) {
    const bytes = encodeUtf8(`${name}"`);
    const hash = hashOf(bytes);
    const other = keys.get(hash) ?? null;
    keys.set(hash, { bytes, slot, inside: inside && shapeOf(inside, false), isListKey, next: null, other });
  }
  return { isRoot, keys, count: 0, first: null };
}

/** Whether a key with its closing quote stands at `at`. */
function isKey(key: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[at + i]) return false;
  return true;
}

function hashOf(key: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < key.length - 1; i++) hash = (Math.imul(hash, 31) + (key[i] as number)) | 0;
  return hash;
}

const POWERS = Array.from({ length: 17 }, (_, power) => 10 ** power);

/** The number that a JSON number's bytes are. Up to 2^53, digits and a power of ten are exact, and so their quotient is rounded right. */
function numberOfBytes(bytes: Uint8Array, from: number, to: number): number {
  if (to - from <= 17) {
    let value = 0;
    let dot = -1;
    let i = from;
    for (; i < to; i++) {
      const digit = (bytes[i] as number) - BYTE.zero;
      if (digit >= 0 && digit <= 9) value = value * 10 + digit;
      else if (bytes[i] === BYTE.dot && dot === -1) dot = i;
      else break;
    }
    if (i === to && value <= Number.MAX_SAFE_INTEGER)
      return dot === -1 ? value : value / (POWERS[to - dot - 1] as number);
  }
  return Number(textOfBytes(bytes, from, to));
}
