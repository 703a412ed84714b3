/**
 * Passing over JSON (RFC 8259), as strictly as JSON.parse reads it: each function takes the place where its part begins and returns the one
 * behind it, or 0 when it is no JSON, ends too late or is nested too deeply. Behind the text stand zeros, at which everything stops.
 */

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const OPEN_BRACKET: u8 = 0x5b;
const CLOSE_BRACKET: u8 = 0x5d;
const SPACE: u8 = 0x20;
const NEWLINE: u8 = 0x0a;
const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const DOT: u8 = 0x2e;
const LOWER_E: u8 = 0x65;
const LOWER_U: u8 = 0x75;
const LOWER_CASE: u8 = 0x20;

const TRUE: u32 = 0x65757274;
const NULL: u32 = 0x6c6c756e;
const FALSE: u32 = 0x736c6166;

/** A bit for each level that is open. */
const MAX_DEPTH: u32 = 64;
/** Digits that fit in 64 bits whatever they are. */
const MOST_DIGITS: usize = 18;
/** Up to here whole numbers and powers of ten are exact, and so their quotient is rounded right. */
const MAX_SAFE: u64 = (1 << 53) - 1;
const MOST_DECIMALS: usize = 22;

/** What was met on the way, counted up; callers compare. */
export let escapes: u32 = 0;
export let newlines: u32 = 0;
/** The number passed last; NaN when it is not for here to round. */
export let number: f64 = 0;

let powers: usize = 0;

/** Takes the room for the powers of ten; returns where it ends. */
export function setUpNumbers(at: usize): usize {
  powers = at;
  let power: f64 = 1;
  for (let i: usize = 0; i <= MOST_DECIMALS; i++) {
    store<f64>(powers + (i << 3), power);
    power *= 10;
  }
  return at + ((MOST_DECIMALS + 1) << 3);
}

// @ts-ignore: decorator
@inline
export function skipBlanks(from: usize): usize {
  return load<u8>(from) > SPACE ? from : skipSomeBlanks(from);
}

function skipSomeBlanks(from: usize): usize {
  let at = from;
  while (true) {
    const byte = load<u8>(at);
    if (byte == NEWLINE) newlines += 1;
    else if (byte != SPACE && byte != 9 && byte != 13) return at;
    at += 1;
  }
}

/** A colon and the blanks around it. */
// @ts-ignore: decorator
@inline
export function skipColon(from: usize): usize {
  const at = skipBlanks(from);
  return load<u8>(at) == COLON ? skipBlanks(at + 1) : 0;
}

/** `from` is behind the opening quote. */
// @ts-ignore: decorator
@inline
export function skipText(from: usize): usize {
  const bytes = v128.load(from);
  const stops = stopsIn(bytes);
  if (stops != 0) {
    const at = from + <usize>ctz(stops);
    if (load<u8>(at) == QUOTE) return at + 1;
  }
  return skipLongText(from);
}

/** Quotes, backslashes and control characters. */
// @ts-ignore: decorator
@inline
function stopsIn(bytes: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
    ),
  );
}

function skipLongText(from: usize): usize {
  let at = from;
  while (true) {
    let stops = stopsIn(v128.load(at));
    while (stops == 0) {
      at += 16;
      stops = stopsIn(v128.load(at));
    }
    at += <usize>ctz(stops);
    const byte = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte != BACKSLASH) return 0;
    escapes += 1;
    at = skipEscape(at + 1);
    if (at == 0) return 0;
  }
}

function skipEscape(at: usize): usize {
  const byte = load<u8>(at);
  // b f n r t
  const isShort = byte == 0x62 || byte == 0x66 || byte == 0x6e || byte == 0x72 || byte == 0x74;
  if (isShort || byte == QUOTE || byte == BACKSLASH || byte == 0x2f) return at + 1;
  if (byte != LOWER_U) return 0;
  for (let i: usize = 1; i <= 4; i++) if (!isHex(load<u8>(at + i))) return 0;
  return at + 5;
}

function isHex(byte: u8): bool {
  const letter = (byte | LOWER_CASE) - 0x61;
  return byte - 0x30 <= 9 || letter <= 5;
}

/** A number, into `number`. What follows it is the caller's to judge. */
export function skipNumber(from: usize): usize {
  const isNegative = load<u8>(from) == MINUS;
  let at = isNegative ? from + 1 : from;
  const first = at;
  let value: u64 = 0;
  let digit = load<u8>(at) - 0x30;
  if (digit > 9) return 0;
  if (digit == 0) digit = load<u8>(++at) - 0x30;
  else
    do {
      value = value * 10 + digit;
      digit = load<u8>(++at) - 0x30;
    } while (digit <= 9);
  let digits = at - first;
  let decimals: usize = 0;
  if (load<u8>(at) == DOT) {
    const dot = at;
    digit = load<u8>(++at) - 0x30;
    if (digit > 9) return 0;
    do {
      value = value * 10 + digit;
      digit = load<u8>(++at) - 0x30;
    } while (digit <= 9);
    decimals = at - dot - 1;
    digits += decimals;
  }
  number = NaN;
  if ((load<u8>(at) | LOWER_CASE) == LOWER_E) return skipExponent(at + 1);
  if (digits <= MOST_DIGITS && value <= MAX_SAFE) {
    number = decimals == 0 ? <f64>value : <f64>value / load<f64>(powers + (decimals << 3));
    if (isNegative) number = -number;
  }
  return at;
}

function skipExponent(from: usize): usize {
  const sign = load<u8>(from);
  let at = sign == PLUS || sign == MINUS ? from + 1 : from;
  const first = at;
  while (load<u8>(at) - 0x30 <= 9) at += 1;
  return at == first ? 0 : at;
}

/** `true`, `false` or `null`. */
export function skipWord(at: usize): usize {
  const word = load<u32>(at);
  if (word == TRUE || word == NULL) return at + 4;
  return word == FALSE && load<u8>(at, 4) == LOWER_E ? at + 5 : 0;
}

/** A value that is neither object nor list. */
// @ts-ignore: decorator
@inline
export function skipScalar(at: usize, byte: u8): usize {
  if (byte == QUOTE) return skipText(at + 1);
  return byte >= 0x61 ? skipWord(at) : skipNumber(at);
}

/** An object or list, its bracket at `from`. */
export function skipNested(from: usize): usize {
  // Of the levels that are open, the innermost in the lowest bit: 1 for an object.
  let levels: u64 = 0;
  let depth: u32 = 0;
  let at = from;
  while (true) {
    const byte = load<u8>(at);
    if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
      if (depth == MAX_DEPTH) return 0;
      depth += 1;
      const isObject = byte == OPEN_BRACE;
      levels = (levels << 1) | u64(isObject);
      at = skipBlanks(at + 1);
      if (load<u8>(at) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) at = skipKey(at);
        if (at == 0) return 0;
        continue;
      }
    } else {
      at = skipScalar(at, byte);
      if (at == 0) return 0;
      at = skipBlanks(at);
    }
    // Behind a value, or at the bracket that closes an empty level.
    while (true) {
      const isObject = (levels & 1) == 1;
      const next = load<u8>(at);
      if (next == COMMA) {
        at = skipBlanks(at + 1);
        if (isObject) at = skipKey(at);
        if (at == 0) return 0;
        break;
      }
      if (next != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return 0;
      at += 1;
      depth -= 1;
      levels >>>= 1;
      if (depth == 0) return at;
      at = skipBlanks(at);
    }
  }
}

// @ts-ignore: decorator
@inline
function skipKey(at: usize): usize {
  if (load<u8>(at) != QUOTE) return 0;
  const stop = skipText(at + 1);
  return stop == 0 ? 0 : skipColon(stop);
}
