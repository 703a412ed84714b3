/**
 * Tests over four bytes of text at once, as a little-endian word. Those that look for a byte set the high bit of every byte that fits;
 * a borrow or carry may set bits above the first one but never below it, so the lowest is always right. After Bit Twiddling Hacks
 * (S. E. Anderson), "Determine if a word has a zero byte".
 */
const HIGHS = 0x80808080 | 0;
const ZEROS = 0x30303030;

/** High bits at the bytes of a word that are no decimal digits; 0 when all four are. */
export function othersThanDigitsIn(word: number): number {
  const folded = word ^ ZEROS;
  return ((folded + 0x76767676) | folded) & HIGHS;
}

/** Index (0 to 3) of the first byte whose high bit is set in a mask that is not 0. */
export function firstOf(mask: number): number {
  return (31 - Math.clz32(mask & -mask)) >>> 3;
}

/** The number that the first `count` bytes (1 to 4) of a word spell, all of them decimal digits. */
export function digitsValue(word: number, count: number): number {
  // The digits go to the high end, zeros come in before them; then pairs, then the pair of pairs.
  const digits = ((word ^ ZEROS) << ((4 - count) << 3)) >>> 0;
  const pairs = digits * 10 + (digits >>> 8);
  return ((pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff)) | 0;
}
