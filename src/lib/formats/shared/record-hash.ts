/** The hash made last, in two words. */
export const hashed = { low: 0, high: 0 };

/** 64 bits of hash over bytes, to know the same record again: FNV-1a over every other word, and over the words between. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  const words = length & ~7;
  let low = 0x811c9dc5;
  let high = length;
  for (let i = 0; i < words; i += 8) {
    low = Math.imul(low ^ view.getUint32(i, true), 0x01000193);
    high = Math.imul(high ^ view.getUint32(i + 4, true), 0x01000193);
    // Multiplying carries bits upwards only: they are brought down again.
    low ^= low >>> 15;
    high ^= high >>> 13;
  }
  for (let i = words; i < length; i++) {
    low = Math.imul(low ^ view.getUint8(i), 0x01000193);
    high = Math.imul(high ^ view.getUint8(i), 0x85ebca6b);
  }
  hashed.low = low >>> 0;
  hashed.high = high >>> 0;
}
