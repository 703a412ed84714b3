import { decodeUtf8 } from '../../base/bytes';

const SLOTS = 1 << 12;
/** Longer texts are rarely the same twice, and the cache's memory stays bounded. */
const LONGEST_KEPT = 64;
/** Up to here, text from single characters is cheaper than a call of the platform's decoder. */
const LONGEST_JOINED = 64;

/**
 * Texts of JSON strings from their bytes (without escapes). Logs say the same few things over and over: a text that comes again is given as the
 * same JavaScript string, which costs no memory and is found at once where it is looked up.
 */
export class JsonTexts {
  readonly #bytes = new Uint8Array(SLOTS * LONGEST_KEPT);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #texts: string[] = new Array<string>(SLOTS).fill('');

  text(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST_KEPT) return textOfBytes(bytes, start, end);
    // Every third byte, from the end: names of one kind (eni-…1, eni-…2) mostly differ there.
    let hash = length;
    for (let i = end - 1; i >= start; i -= 3) hash = Math.imul(hash, 31) + (bytes[i] as number);
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const kept = this.#bytes;
    const from = slot * LONGEST_KEPT;
    if (this.#lengths[slot] === length) {
      let i = 0;
      while (i < length && kept[from + i] === bytes[start + i]) i += 1;
      if (i === length) return this.#texts[slot] as string;
    }
    const text = textOfBytes(bytes, start, end);
    for (let i = 0; i < length; i++) kept[from + i] = bytes[start + i] as number;
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
    return text;
  }
}

/** `decodeUtf8`, made for the short ASCII texts that JSON logs consist of. */
export function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > LONGEST_JOINED) return decodeUtf8(bytes, start, end);
  let any = 0;
  for (let i = start; i < end; i++) any |= bytes[i] as number;
  if (any >= 0x80) return decodeUtf8(bytes, start, end);
  let text = '';
  let at = start;
  for (; at + 8 <= end; at += 8)
    text += String.fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      bytes[at + 5] as number,
      bytes[at + 6] as number,
      bytes[at + 7] as number,
    );
  if (at + 4 <= end) {
    text += String.fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
    );
    at += 4;
  }
  for (; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
