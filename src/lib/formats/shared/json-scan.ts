import { BYTE } from '../../base/bytes';

/**
 * Passing over JSON (RFC 8259) in bytes, as strictly as JSON.parse reads it: each function takes the index where its part begins and returns
 * the one behind it, or −1 when JSON.parse must judge (it is no JSON, ends too late, or is nested deeper than is worth following).
 */

/** Deeper values are left to JSON.parse, which needs no stack for them. */
const MAX_DEPTH = 64;
const [MINUS, PLUS] = [BYTE.dash, 0x2b];
const [LOWER_E, UPPER_E, LOWER_U] = [0x65, 0x45, 0x75];

/** 1 for the bytes at which a run of string contents must be looked at. */
const ENDS_RUN = new Uint8Array(256);
ENDS_RUN.fill(1, 0, 0x20);
ENDS_RUN[BYTE.quote] = 1;
ENDS_RUN[BYTE.backslash] = 1;

const ESCAPES = new Uint8Array(256);
for (const letter of '"\\/bfnrt') ESCAPES[letter.charCodeAt(0)] = 1;
const HEX = new Uint8Array(256);
for (const digit of '0123456789abcdefABCDEF') HEX[digit.charCodeAt(0)] = 1;

/** What was met on the way, counted up; callers compare. */
export const met = { escapes: 0, newlines: 0 };

export function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === BYTE.newline) met.newlines += 1;
    else if (byte !== BYTE.space && byte !== BYTE.tab && byte !== BYTE.carriageReturn) break;
    at += 1;
  }
  return at;
}

/** `from` is behind the opening quote. */
export function skipText(bytes: Uint8Array, from: number, end: number): number {
  const endsRun = ENDS_RUN;
  let at = from;
  for (;;) {
    while (at < end && endsRun[bytes[at] as number] === 0) at += 1;
    if (at >= end) return -1;
    const byte = bytes[at] as number;
    if (byte === BYTE.quote) return at + 1;
    if (byte !== BYTE.backslash) return -1;
    met.escapes += 1;
    at = skipEscape(bytes, at + 1, end);
    if (at === -1) return -1;
  }
}

function skipEscape(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const byte = bytes[at] as number;
  if (ESCAPES[byte] === 1) return at + 1;
  if (byte !== LOWER_U || at + 4 >= end) return -1;
  for (let i = at + 1; i <= at + 4; i++) if (HEX[bytes[i] as number] === 0) return -1;
  return at + 5;
}

/** What follows the number is the caller's to judge. */
export function skipNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  if (bytes[at] === BYTE.zero && at < end) at += 1;
  else at = skipDigits(bytes, at, end);
  if (at === -1) return -1;
  if (bytes[at] === BYTE.dot && at < end) at = skipDigits(bytes, at + 1, end);
  if (at !== -1 && at < end && (bytes[at] === LOWER_E || bytes[at] === UPPER_E)) {
    at += 1;
    if (bytes[at] === PLUS || bytes[at] === MINUS) at += 1;
    at = skipDigits(bytes, at, end);
  }
  return at;
}

function skipDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) >= BYTE.zero && (bytes[at] as number) <= BYTE.nine) at += 1;
  return at === from ? -1 : at;
}

/** `true`, `false` or `null`. */
export function skipWord(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at] as number;
  if (byte === 0x74) return isWord(bytes, at, 0x72, 0x75, 0x65) && at + 4 <= end ? at + 4 : -1;
  if (byte === 0x6e) return isWord(bytes, at, 0x75, 0x6c, 0x6c) && at + 4 <= end ? at + 4 : -1;
  if (byte === 0x66)
    return isWord(bytes, at, 0x61, 0x6c, 0x73) && bytes[at + 4] === 0x65 && at + 5 <= end ? at + 5 : -1;
  return -1;
}

function isWord(bytes: Uint8Array, at: number, second: number, third: number, fourth: number): boolean {
  return bytes[at + 1] === second && bytes[at + 2] === third && bytes[at + 3] === fourth;
}

/** Any value, its first byte at `at`. */
export function skipValue(bytes: Uint8Array, at: number, end: number, depth = 0): number {
  if (at >= end) return -1;
  const byte = bytes[at] as number;
  if (byte === BYTE.quote) return skipText(bytes, at + 1, end);
  if (byte === BYTE.openBrace || byte === BYTE.openBracket) {
    if (depth >= MAX_DEPTH) return -1;
    return byte === BYTE.openBrace
      ? skipObject(bytes, at + 1, end, depth + 1)
      : skipArray(bytes, at + 1, end, depth + 1);
  }
  return byte >= 0x61 ? skipWord(bytes, at, end) : skipNumber(bytes, at, end);
}

function skipObject(bytes: Uint8Array, from: number, end: number, depth: number): number {
  let at = skipBlanks(bytes, from, end);
  if (bytes[at] === BYTE.closeBrace && at < end) return at + 1;
  for (;;) {
    if (bytes[at] !== BYTE.quote || at >= end) return -1;
    at = skipText(bytes, at + 1, end);
    if (at === -1) return -1;
    at = skipColon(bytes, at, end);
    if (at === -1) return -1;
    at = skipValue(bytes, at, end, depth);
    if (at === -1) return -1;
    at = skipBlanks(bytes, at, end);
    if (at >= end) return -1;
    const byte = bytes[at] as number;
    if (byte === BYTE.closeBrace) return at + 1;
    if (byte !== BYTE.comma) return -1;
    at = skipBlanks(bytes, at + 1, end);
  }
}

function skipArray(bytes: Uint8Array, from: number, end: number, depth: number): number {
  let at = skipBlanks(bytes, from, end);
  if (bytes[at] === BYTE.closeBracket && at < end) return at + 1;
  for (;;) {
    at = skipValue(bytes, at, end, depth);
    if (at === -1) return -1;
    at = skipBlanks(bytes, at, end);
    if (at >= end) return -1;
    const byte = bytes[at] as number;
    if (byte === BYTE.closeBracket) return at + 1;
    if (byte !== BYTE.comma) return -1;
    at = skipBlanks(bytes, at + 1, end);
  }
}

/** A colon and the blanks around it. */
export function skipColon(bytes: Uint8Array, from: number, end: number): number {
  const at = bytes[from] === BYTE.colon ? from : skipBlanks(bytes, from, end);
  if (bytes[at] !== BYTE.colon || at >= end) return -1;
  return (bytes[at + 1] as number) > BYTE.space ? at + 1 : skipBlanks(bytes, at + 1, end);
}
