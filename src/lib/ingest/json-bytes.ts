import { BYTE } from '../base/bytes';
import { ANYWHERE, AT_THE_START } from '../formats/shared/json-list-keys';

export const PLAIN = 0;
export const BLANK = 1;
export const NEWLINE = 2;
export const QUOTE = 3;
const BRACKET = 4;
/** What each byte is outside of strings. */
export const KIND = new Uint8Array(256);
for (const byte of [BYTE.space, BYTE.tab, BYTE.carriageReturn]) KIND[byte] = BLANK;
KIND[BYTE.newline] = NEWLINE;
KIND[BYTE.quote] = QUOTE;
for (const byte of [BYTE.openBrace, BYTE.closeBrace, BYTE.openBracket, BYTE.closeBracket])
  KIND[byte] = BRACKET;
/** 1 for the bytes at which a run of string contents must be looked at. */
const ENDS_TEXT = new Uint8Array(256);
for (const byte of [BYTE.quote, BYTE.newline, BYTE.backslash]) ENDS_TEXT[byte] = 1;

/**
 * The closing quote of a text, or a raw line end in it. At the chunk's end when neither came, and behind it when the next chunk begins with an
 * escaped byte. `isEscaped`: the byte at `from` is one.
 */
export function endOfText(chunk: Uint8Array, from: number, isEscaped: boolean): number {
  const { length } = chunk;
  const endsText = ENDS_TEXT;
  let at = isEscaped && chunk[from] !== BYTE.newline ? from + 1 : from;
  while (at < length) {
    while (at < length && endsText[chunk[at] as number] === 0) at += 1;
    if (at === length || chunk[at] !== BYTE.backslash) return at;
    // What follows a backslash ends no text, be it a quote or another backslash; but no text goes on behind a line end.
    at += chunk[at + 1] === BYTE.newline ? 1 : 2;
  }
  return at;
}

const LIST_KEYS = ANYWHERE.map(lettersOf);
const FIRST_LIST_KEYS = AT_THE_START.map(lettersOf);
/** How far back of a list its key is looked for. */
export const LONGEST_LOOK_BACK = 64;

/** Whether what lies before index `end` is the key of a list of records and a colon. */
export function followsListKey(byteAt: (index: number) => number, end: number): boolean {
  const lowest = Math.max(0, end - LONGEST_LOOK_BACK);
  const at = (index: number): number => (index < lowest ? 0 : byteAt(index));
  let i = end - 1;
  while (isBlank(at(i))) i -= 1;
  if (at(i) !== BYTE.colon) return false;
  i -= 1;
  while (isBlank(at(i))) i -= 1;
  if (at(i) !== BYTE.quote) return false;
  const isKey = (key: readonly number[]): boolean => {
    const from = i - key.length;
    return at(from - 1) === BYTE.quote && key.every((letter, k) => at(from + k) === letter);
  };
  const isFirst = (key: readonly number[]): boolean => {
    let before = i - key.length - 2;
    while (isBlank(at(before))) before -= 1;
    return at(before) === BYTE.openBrace;
  };
  return LIST_KEYS.some(isKey) || FIRST_LIST_KEYS.some((key) => isKey(key) && isFirst(key));
}

function lettersOf(key: string): number[] {
  return Array.from(key, (letter) => letter.charCodeAt(0));
}

function isBlank(byte: number): boolean {
  return byte === BYTE.space || byte === BYTE.tab || byte === BYTE.newline || byte === BYTE.carriageReturn;
}

/** What may stand between records: commas of an array, CR, the record separator of RFC 7464, NUL, the byte-order mark at the start. */
export function isBetweenRecords(byte: number, offset: number): boolean {
  if (byte === BYTE.comma || byte === BYTE.carriageReturn || byte === 0x1e || byte === 0) return true;
  return (
    (offset === 0 && byte === 0xef) || (offset === 1 && byte === 0xbb) || (offset === 2 && byte === 0xbf)
  );
}
