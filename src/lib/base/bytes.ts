export const BYTE = {
  tab: 0x09,
  newline: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  hash: 0x23,
  comma: 0x2c,
  dash: 0x2d,
  dot: 0x2e,
  slash: 0x2f,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes to text. Invalid UTF-8 becomes U+FFFD: log text is shown, never trusted to be well formed. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  // A short ASCII run is several times cheaper char by char than through the decoder's set-up.
  if (end - start <= 24) {
    let text = '';
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) return utf8.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return utf8.decode(bytes.subarray(start, end));
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Calling the platform's encoder costs more than taking so many characters one by one. */
const SHORT_TEXT = 256;

/** What `toShortBytes` wrote last. */
export const shortBytes = new Uint8Array(SHORT_TEXT);

/** Writes a short ASCII text to `shortBytes` and gives its length; −1 for all others. */
export function toShortBytes(text: string): number {
  const { length } = text;
  if (length > SHORT_TEXT) return -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return -1;
    shortBytes[i] = code;
  }
  return length;
}

/** The bytes of a text, in memory that the next call may take again. */
export function shortLivedUtf8(text: string): Uint8Array {
  const length = toShortBytes(text);
  return length === -1 ? encoder.encode(text) : shortBytes.subarray(0, length);
}

/** Bytes searched by a plain loop before the platform's search is worth its call. */
const SHORT_SEARCH = 48;

/** Index of the first `byte` in [start, end), or -1. Never looks past `end`, however large the buffer is. */
export function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  const near = Math.min(end, start + SHORT_SEARCH);
  for (let i = start; i < near; i++) if (bytes[i] === byte) return i;
  if (near >= end) return -1;
  const at = bytes.subarray(near, end).indexOf(byte);
  return at === -1 ? -1 : near + at;
}

/** Whether the ASCII `text` stands at `at`. */
export function startsWithAscii(bytes: Uint8Array, text: string, at: number, end: number): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Index of the ASCII `text` in [start, end), or -1. */
export function indexOfAscii(bytes: Uint8Array, text: string, start: number, end: number): number {
  const first = text.charCodeAt(0);
  const last = end - text.length;
  for (let at = start; at <= last; at++) {
    if (bytes[at] === first && startsWithAscii(bytes, text, at, end)) return at;
  }
  return -1;
}

/** A run of decimal digits as a number; NaN for an empty run or any other byte. Exact to 2^53. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return Number.NaN;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The parts one behind the other; `length` is that of all. */
export function concatBytes(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Two hexadecimal digits a byte. */
export function toHex(bytes: Uint8Array, separator = ''): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);
}
