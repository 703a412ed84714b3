import { afterText } from './memory.as';

/** IPv4 addresses, from text to ids of the address dictionary. Any other address is the caller's to read. */

/**
 * Known addresses in groups of four, each four words and then their ids: a /16 that is being scanned fits with room to spare, so that hardly
 * any row has to ask the dictionary, which costs as much as reading the rest of its line.
 */
const GROUP_BITS: u32 = 15;
const GROUP_BYTES: usize = 32;

const shuffles: usize = afterText;
const groups: usize = shuffles + 256 * 32;
export const afterAddresses: usize = groups + (<usize>1 << GROUP_BITS) * GROUP_BYTES;

/** Id of an IPv4 address, most significant octet first. */
// @ts-ignore: decorator
@external('env', 'nameAddress')
declare function nameAddress(word: u32): u32;
/** Takes any other address at a place for a row and one of the table's address columns; where it ends, or 0. */
// @ts-ignore: decorator
@external('env', 'otherAddress')
declare function otherAddress(at: usize, row: u32, column: u32): usize;

/** Where the address that was read last ends; 0 when there was none. */
export let addressEnd: usize = 0;

/** Fills the table of where the digits of an address with octets of given lengths lie. */
export function setUpAddresses(): void {
  memory.fill(shuffles, 0xff, 256 * 32);
  for (let index: usize = 0; index < 256; index++) {
    let at: usize = 0;
    for (let octet: usize = 0; octet < 4; octet++) {
      const length = ((index >>> (octet * 2)) & 3) + 1;
      const last = at + length - 1;
      const tens = shuffles + index * 32 + octet * 4;
      if (length > 2) store<u8>(tens, <u8>(last - 2));
      if (length > 1) store<u8>(tens + 2, <u8>(last - 1));
      store<u8>(tens + 16, <u8>last);
      at += length + 1;
    }
  }
}

/**
 * The IPv4 address at `at`, most significant octet first; `addressEnd` is where the first byte behind it is, 0 when there is no address.
 * Other addresses go to the caller and read as 0. After the vectorized inet_aton of D. Lemire ("Parsing IP addresses crazily fast", 2023).
 */
// @ts-ignore: decorator
@inline
export function readAddress(at: usize, row: u32, column: u32): u32 {
  const bytes = v128.load(at);
  const digits = i8x16.sub(bytes, i8x16.splat(48));
  const isDigit = i8x16.lt_u(digits, i8x16.splat(10));
  const dots = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(46)));
  const length = ctz(~(i8x16.bitmask(isDigit) | dots));
  const dot1 = ctz(dots);
  const left = dots & (dots - 1);
  const dot2 = ctz(left);
  const rest = left & (left - 1);
  const dot3 = ctz(rest);
  const length1 = dot1 - 1;
  const length2 = dot2 - dot1 - 2;
  const length3 = dot3 - dot2 - 2;
  const length4 = length - dot3 - 2;
  const isShaped =
    ((length1 | length2 | length3 | length4) & ~3) == 0 && ((rest & (rest - 1)) & ((1 << length) - 1)) == 0;
  if (isShaped) {
    const lengths = length1 | (length2 << 2) | (length3 << 4) | (length4 << 6);
    // No octet of four digits: both bits of a length.
    if ((lengths & (lengths >>> 1) & 0x55) == 0) {
      const pattern = shuffles + (<usize>lengths << 5);
      const high = i8x16.swizzle(digits, v128.load(pattern));
      const ones = i8x16.swizzle(digits, v128.load(pattern, 16));
      const octets = i32x4.add(i32x4.dot_i16x8_s(high, i16x8(100, 10, 100, 10, 100, 10, 100, 10)), ones);
      if (!v128.any_true(i32x4.gt_s(octets, i32x4.splat(255)))) {
        const word = <u32>(
          i32x4.extract_lane(
            i8x16.swizzle(octets, i8x16(12, 8, 4, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)),
            0,
          )
        );
        // 0 means no address.
        if (word != 0) {
          addressEnd = at + <usize>length;
          return word;
        }
      }
    }
  }
  addressEnd = otherAddress(at, row, column);
  return 0;
}

/** Rewrites `count` addresses to their ids in place, 0 stays 0. A pass of its own: look-ups that wait for memory overlap. */
export function nameAddresses(column: usize, count: u32): void {
  const to = column + (<usize>count << 2);
  for (let at = column; at < to; at += 4) {
    const word = load<u32>(at);
    const group = groups + <usize>((word * 0x9e3779b1) >>> (32 - GROUP_BITS)) * GROUP_BYTES;
    const found = i32x4.bitmask(i32x4.eq(v128.load(group), i32x4.splat(word)));
    // A place that is still empty is 0 and has the id 0, as a row without an address has.
    if (found != 0) store<u32>(at, load<u32>(group + (<usize>ctz(found) << 2), 16));
    else if (word != 0) store<u32>(at, addAddress(group, word));
  }
}

function addAddress(group: usize, word: u32): u32 {
  const id = nameAddress(word);
  const empty = i32x4.bitmask(i32x4.eq(v128.load(group), i32x4.splat(0)));
  // In a full group any may go.
  const place = group + (<usize>(empty != 0 ? ctz(empty) : id & 3) << 2);
  store<u32>(place, word);
  store<u32>(place, id, 16);
  return id;
}
