/**
 * The wanted fields of JSON objects, as `json-reader.ts` reads them: where each one's value lies, and what of it is not what the object before
 * held. Numbers are made here, texts are known again by their bytes. What is out of the ordinary is left to the caller.
 */
import {
  escapes,
  newlines,
  number,
  setUpNumbers,
  skipBlanks,
  skipColon,
  skipNested,
  skipNumber,
  skipText,
  skipWord,
} from './json-scan.as';
import { reserve } from './memory.as';
import { afterTexts, forgetTexts, isSame, textValue } from './texts.as';

export { text } from './memory.as';
export { forgetTexts } from './texts.as';

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COMMA: u8 = 0x2c;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const OPEN_BRACKET: u8 = 0x5b;
const SPACE: u8 = 0x20;

/** As in `json-kernel.ts`. */
const MOST_SLOTS: usize = 512;
// What a value is, as in `json-kernel.ts`; a slot's `held` says the same of what its caller has.
const ABSENT: u32 = 0;
const TEXT: u32 = 1;
const NUMBER: u32 = 2;
const WORD: u32 = 3;
const OBJECT: u32 = 4;
/** For the caller to parse. */
const WHOLE: u32 = 5;
/** The text, object or list that was the slot's last. */
const LAST: u32 = 6;

/** Keys that nobody wants are known by heart too: so many an object, and none longer than this. */
const MOST_KEYS: u32 = 256;
const LONGEST_KEY: usize = 128;
/** A text, object or list, with its quotes or brackets, that is compared with the one before it. */
const LONGEST_REPEATED: usize = 64;

/** Line ends met in the last scan, and whether what was scanned may be a list of the file's records. */
export const report: usize = afterTexts;
/** By change: its slot and kind; its number, or what its text stands for, or where its bytes lie. */
export const changedSlots: usize = report + 16;
export const changedKinds: usize = changedSlots + MOST_SLOTS * 4;
export const changedFrom: usize = changedKinds + MOST_SLOTS * 4;
export const changedTo: usize = changedFrom + MOST_SLOTS * 8;
export const changedNumbers: usize = changedTo + MOST_SLOTS * 8;
/** Slots met in the object at hand, and in the one made before. */
const lists: usize = changedNumbers + MOST_SLOTS * 16;
const LIST_BYTES: usize = MOST_SLOTS * 4;

// Of a slot: the record it was met in last; what it is, from where to where; its number; what the caller holds, and its number; the last value.
const SLOT_BYTES: usize = 128;
const KIND: usize = 4;
const FROM: usize = 8;
const TO: usize = 12;
const VALUE: usize = 16;
const HELD: usize = 24;
const LAST_LENGTH: usize = 28;
const HELD_VALUE: usize = 32;
const LAST_BYTES: usize = 48;
const slots: usize = lists + 2 * LIST_BYTES;

// Of an object's keys: the first of the last object, how many nobody wants, chains by hash.
const COUNT: usize = 4;
const CHAINS: usize = 16;
const CHAINS_MASK: u32 = 255;
const SHAPE_BYTES: usize = CHAINS + 256 * 4;

// Of a key: the one that came behind it last, the next of its chain, slot (−1: nobody wants it), shape inside, length with the closing quote.
const OTHER: usize = 4;
const SLOT: usize = 8;
const INSIDE: usize = 12;
const LENGTH: usize = 16;
const MAY_BE_LIST: usize = 20;
const BYTES: usize = 32;

const pool: usize = slots + MOST_SLOTS * SLOT_BYTES;
const POOL_BYTES: usize = 1 << 20;

let poolAt: usize = 0;
/** Stands for a key that is not remembered. */
let spare: usize = 0;
let root: usize = 0;
let record: u32 = 0;
let noted: usize = lists;
let notedCount: usize = 0;
let made: usize = lists + LIST_BYTES;
let madeCount: usize = 0;

export function setUp(): void {
  reserve(pool + POOL_BYTES);
  poolAt = setUpNumbers(pool);
  spare = take(BYTES + 16);
  store<i32>(spare, -1, SLOT);
}

function take(size: usize): usize {
  const at = (poolAt + 15) & ~15;
  if (at + size > pool + POOL_BYTES) return 0;
  poolAt = at + size;
  return at;
}

/** The first one is the record's. 0 when there is no room. */
export function addShape(): usize {
  const shape = take(SHAPE_BYTES);
  if (root == 0) root = shape;
  return shape;
}

/** A wanted key, of which the text lies in memory with its closing quote. `inside`: the shape of the object wanted there, 0 for any value. */
export function addKey(shape: usize, from: usize, length: usize, slot: i32, inside: usize, mayBeList: bool): bool {
  const key = keep(shape, from, length, hashOf(from, length - 1));
  if (key == 0) return false;
  store<i32>(key, slot, SLOT);
  store<u32>(key, <u32>inside, INSIDE);
  store<u32>(key, u32(mayBeList), MAY_BE_LIST);
  return true;
}

function keep(shape: usize, from: usize, length: usize, hash: u32): usize {
  const key = take(BYTES + length + 16);
  if (key == 0) return 0;
  const chain = shape + CHAINS + (<usize>(hash & CHAINS_MASK) << 2);
  store<u32>(key, load<u32>(chain), OTHER);
  store<u32>(chain, <u32>key);
  store<i32>(key, -1, SLOT);
  store<u32>(key, <u32>length, LENGTH);
  memory.copy(key + BYTES, from, length);
  return key;
}

function hashOf(from: usize, length: usize): u32 {
  let hash: u32 = 0;
  for (let at = from; at < from + length; at++) hash = hash * 31 + load<u8>(at);
  return hash ^ (hash >>> 8);
}

/** Notes where the values of the object at `from` lie. Returns the place behind it, or 0. */
export function scan(from: usize): usize {
  record += 1;
  notedCount = 0;
  store<u32>(report, 0, 4);
  const before = newlines;
  const stop = load<u8>(from) == OPEN_BRACE ? readObject(root, from + 1) : 0;
  store<u32>(report, newlines - before);
  return stop;
}

/** `from` is behind the brace. */
function readObject(shape: usize, from: usize): usize {
  let at = skipBlanks(from);
  if (load<u8>(at) == CLOSE_BRACE) return at + 1;
  // What points to the key that is expected.
  let expected = shape;
  while (true) {
    if (load<u8>(at) != QUOTE) return 0;
    at += 1;
    let key = <usize>load<u32>(expected);
    if (key == 0 || !isKey(key, at)) {
      key = find(shape, at);
      if (key == 0) return 0;
      store<u32>(expected, <u32>key);
    }
    at = skipColon(at + <usize>load<u32>(key, LENGTH));
    if (at == 0) return 0;
    const byte = load<u8>(at);
    if (byte == OPEN_BRACKET && load<u32>(key, MAY_BE_LIST) != 0) store<u32>(report, 1, 4);
    const slot = load<i32>(key, SLOT);
    if (slot >= 0) at = noteValue(<usize>slot, key, at, byte);
    else if (byte == QUOTE) at = skipText(at + 1);
    else at = skipOther(at, byte);
    if (at == 0) return 0;
    at = skipBlanks(at);
    const next = load<u8>(at);
    if (next == CLOSE_BRACE) return at + 1;
    if (next != COMMA) return 0;
    at = skipBlanks(at + 1);
    expected = key;
  }
}

function skipOther(at: usize, byte: u8): usize {
  if (byte == OPEN_BRACE || byte == OPEN_BRACKET) return skipNested(at);
  return byte >= 0x61 ? skipWord(at) : skipNumber(at);
}

/** Notes a wanted value. The last of two values under one key counts, and of an object before it nothing may be left: the caller's to read. */
// @ts-ignore: decorator
@inline
function noteValue(index: usize, key: usize, at: usize, byte: u8): usize {
  const slot = slots + index * SLOT_BYTES;
  if (load<u32>(slot) == record) return 0;
  store<u32>(slot, record);
  store<u16>(noted + (notedCount << 1), <u16>index);
  notedCount += 1;
  const lastLength = <usize>load<u32>(slot, LAST_LENGTH);
  if (lastLength != 0 && isSame(at, slot + LAST_BYTES, lastLength)) {
    store<u32>(slot, LAST, KIND);
    return at + lastLength;
  }
  let kind = WHOLE;
  let stop: usize;
  if (byte == QUOTE) {
    const before = escapes;
    stop = skipText(at + 1);
    if (escapes == before) kind = TEXT;
  } else if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
    const inside = <usize>load<u32>(key, INSIDE);
    if (byte == OPEN_BRACE && inside != 0) {
      stop = readObject(inside, at + 1);
      kind = OBJECT;
    } else stop = skipNested(at);
  } else if (byte >= 0x61) {
    stop = skipWord(at);
    kind = WORD;
    store<f64>(slot, <f64>byte, VALUE);
  } else {
    stop = skipNumber(at);
    if (number == number) {
      kind = NUMBER;
      store<f64>(slot, number, VALUE);
    }
  }
  store<u32>(slot, kind, KIND);
  store<u32>(slot, <u32>at, FROM);
  store<u32>(slot, <u32>stop, TO);
  return stop;
}

/** The key whose text begins at `at`; 0 when it has escapes or is not whole. */
function find(shape: usize, at: usize): usize {
  let hash: u32 = 0;
  let i = at;
  while (true) {
    const byte = load<u8>(i);
    if (byte == QUOTE) break;
    if (byte == BACKSLASH || byte < SPACE) return 0;
    hash = hash * 31 + byte;
    i += 1;
  }
  hash ^= hash >>> 8;
  let key = <usize>load<u32>(shape + CHAINS + (<usize>(hash & CHAINS_MASK) << 2));
  while (key != 0) {
    if (isKey(key, at)) return key;
    key = <usize>load<u32>(key, OTHER);
  }
  const length = i + 1 - at;
  const count = load<u32>(shape, COUNT);
  const isKept = count < MOST_KEYS && length <= LONGEST_KEY;
  if (isKept) key = keep(shape, at, length, hash);
  if (key == 0) {
    store<u32>(spare, <u32>length, LENGTH);
    return spare;
  }
  store<u32>(shape, count + 1, COUNT);
  return key;
}

// @ts-ignore: decorator
@inline
function isKey(key: usize, at: usize): bool {
  return isSame(at, key + BYTES, <usize>load<u32>(key, LENGTH));
}

/** Lists what of the object scanned last is not what the caller holds; returns how many. From now on the caller holds it. */
export function make(): u32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < madeCount; i++) {
    const index = <usize>load<u16>(made + (i << 1));
    const slot = slots + index * SLOT_BYTES;
    if (load<u32>(slot) == record || load<u32>(slot, HELD) == ABSENT) continue;
    store<u32>(slot, ABSENT, HELD);
    count = list(count, index, ABSENT);
  }
  for (let i: usize = 0; i < notedCount; i++) {
    const index = <usize>load<u16>(noted + (i << 1));
    const slot = slots + index * SLOT_BYTES;
    const kind = load<u32>(slot, KIND);
    const held = load<u32>(slot, HELD);
    if (kind == LAST || kind == OBJECT) {
      if (kind != held) count = list(count, index, kind);
    } else if (kind == NUMBER || kind == WORD) {
      const bits = load<u64>(slot, VALUE);
      if (kind != held || load<u64>(slot, HELD_VALUE) != bits) {
        store<u64>(slot, bits, HELD_VALUE);
        store<u64>(changedNumbers + (<usize>count << 3), bits);
        count = list(count, index, kind);
      }
    } else count = listOther(count, index, slot, kind);
    const isLast = (kind == TEXT || kind == WHOLE) && load<u32>(slot, LAST_LENGTH) != 0;
    store<u32>(slot, isLast ? LAST : kind, HELD);
  }
  const before = made;
  made = noted;
  madeCount = notedCount;
  noted = before;
  return count;
}

// @ts-ignore: decorator
@inline
function list(count: u32, index: usize, kind: u32): u32 {
  store<u16>(changedSlots + (<usize>count << 1), <u16>index);
  store<u8>(changedKinds + <usize>count, <u8>kind);
  return count + 1;
}

/** A text, or what is for the caller to parse. */
function listOther(count: u32, index: usize, slot: usize, kind: u32): u32 {
  const from = <usize>load<u32>(slot, FROM);
  const to = <usize>load<u32>(slot, TO);
  const place = <usize>count << 2;
  if (kind == TEXT) store<u32>(changedFrom + place, textValue(from + 1, to - 1, 1));
  else {
    store<u32>(changedFrom + place, <u32>from);
    store<u32>(changedTo + place, <u32>to);
  }
  const length = to - from;
  // A number that begins like the one before it may go on; what ends with a quote or bracket is over there.
  const byte = load<u8>(from);
  const isClosed = byte == QUOTE || byte == OPEN_BRACE || byte == OPEN_BRACKET;
  if (isClosed && length <= LONGEST_REPEATED) {
    memory.copy(slot + LAST_BYTES, from, length);
    store<u32>(slot, <u32>length, LAST_LENGTH);
  } else store<u32>(slot, 0, LAST_LENGTH);
  return list(count, index, kind);
}
