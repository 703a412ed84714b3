/** Decimal digits, up to eight at a time in one word, the first in its lowest byte. */

const ZEROS: u64 = 0x3030303030303030;

/** Eight bytes of text less the character 0: a digit becomes its value, anything else more than 9. */
// @ts-ignore: decorator
@inline
export function digitsAt(at: usize): u64 {
  return load<u64>(at) ^ ZEROS;
}

/** The `length` (1 to 8) bytes before `to` less the character 0, at the high end; zeros below. */
// @ts-ignore: decorator
@inline
export function digitsBefore(to: usize, length: u64): u64 {
  return digitsAt(to - 8) & (~(<u64>0) << (64 - (length << 3)));
}

/** Not 0 when there is a byte above 9; its lowest bit is in the first such byte. */
// @ts-ignore: decorator
@inline
export function others(digits: u64): u64 {
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

/** The number that eight digits spell: pairs, then pairs of pairs. */
// @ts-ignore: decorator
@inline
export function valueOf(digits: u64): u64 {
  const pairs = digits * 10 + (digits >>> 8);
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >>> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>>
    32
  );
}
