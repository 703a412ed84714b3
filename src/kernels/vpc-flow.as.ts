/**
 * VPC flow records of the default format, from text to columns: 14 fields with one space between them, none of them `-`, status OK. Any
 * other line stops the run and is left to the caller, who reads every line: nothing here may come out differently there.
 *
 * Fields are found sixteen bytes at a time and read without a branch for their lengths, which differ from line to line and would each be
 * guessed wrong. Memory is laid out once and never grows, so the views that the caller has on it stay good.
 */

/** Rows that the columns hold; a segment's (`SEGMENT_ROWS`). */
const ROWS: usize = 65536;
/** Text that fits, and what may be read behind its end. */
const TEXT_BYTES: usize = 1 << 20;
const MARGIN: usize = 1024;

const ADDRESS_SLOTS: usize = 1 << 16;
const START_SLOTS: usize = 256;
/** Bytes of a line's start that a slot holds. */
const START_BYTES: usize = 64;
const LONGEST_START: usize = 128;

// Regions, one behind the other. Below the first lies what the compiler puts into memory.
export const text: usize = 1 << 16;
const shuffles: usize = text + TEXT_BYTES + MARGIN;
const addressSlots: usize = shuffles + 256 * 32;
const startTexts: usize = addressSlots + ADDRESS_SLOTS * 8;
const startLengths: usize = startTexts + START_SLOTS * START_BYTES;
const startIds: usize = startLengths + START_SLOTS * 4;
export const startUs: usize = startIds + START_SLOTS * 4;
export const endUs: usize = startUs + ROWS * 8;
export const srcBytes: usize = endUs + ROWS * 8;
export const srcAddr: usize = srcBytes + ROWS * 8;
export const dstAddr: usize = srcAddr + ROWS * 4;
export const srcPackets: usize = dstAddr + ROWS * 4;
export const sensor: usize = srcPackets + ROWS * 4;
export const offset: usize = sensor + ROWS * 4;
export const srcPort: usize = offset + ROWS * 4;
export const dstPort: usize = srcPort + ROWS * 2;
export const protocol: usize = dstPort + ROWS * 2;
export const verdict: usize = protocol + ROWS;
const end: usize = verdict + ROWS;

/** Id of the text between two places in memory; 0 when the dictionary can't have it. */
// @ts-ignore: decorator
@external('env', 'nameSensor')
declare function nameSensor(from: usize, to: usize): u32;
/** Id of an IPv4 address, most significant octet first. */
// @ts-ignore: decorator
@external('env', 'nameAddress')
declare function nameAddress(word: u32): u32;
/** Takes any other address at a place for a row; where the space behind it is, or 0. */
// @ts-ignore: decorator
@external('env', 'otherAddress')
declare function otherAddress(at: usize, row: u32, isSource: bool): usize;

const ZEROS: u64 = 0x3030303030303030;
const ACCEPT_O: u64 = 0x4f20545045434341;
const REJECT_O: u64 = 0x4f205443454a4552;
/** Times past the year 2255 have no exact microsecond in a double. */
const LATEST_SECOND: u64 = 9007199254;

let stoppedAt: usize = 0;
let startLength: usize = 0;
let timeHigh: u64 = 0;
let timeBase: u64 = 0;
/** Where the address that was read last ends. */
let addressEnd: usize = 0;

/** Where the last run stopped: the start of a line, or the end of the text. */
export function stopped(): usize {
  return stoppedAt;
}

/** Makes room, and the table of where the digits of an address with octets of given lengths lie. */
export function setUp(): void {
  const pages = <i32>((end + MARGIN + 0xffff) >>> 16);
  memory.grow(pages - memory.size());
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
 * Reads lines from `from` to `to` (behind a newline) into at most `room` rows from `first` on; returns how many. `toOffset`: what to add to
 * a place in memory for the value of the column `offset`, modulo 2^32.
 */
export function run(from: usize, to: usize, toOffset: u32, first: u32, room: u32): u32 {
  const last = first + room;
  let row = first;
  let at = from;
  for (; row < last && at < to; row++) {
    const sensorId = lineStart(at);
    if (sensorId == 0) break;
    const source = readAddress(at + startLength, row, true);
    if (addressEnd == 0) break;
    const destination = readAddress(addressEnd + 1, row, false);
    if (addressEnd == 0) break;

    const numbers = addressEnd + 1;
    let spaces = spacesIn(numbers);
    const end1 = ctz(spaces);
    spaces &= spaces - 1;
    const end2 = ctz(spaces);
    spaces &= spaces - 1;
    const end3 = ctz(spaces);
    spaces &= spaces - 1;
    const end4 = ctz(spaces);
    spaces &= spaces - 1;
    const end5 = ctz(spaces);
    if (spaces == 0) break;
    const length1 = end1;
    const length2 = end2 - end1 - 1;
    const length3 = end3 - end2 - 1;
    const length4 = end4 - end3 - 1;
    const length5 = end5 - end4 - 1;
    // A length of 0 becomes large, and so does the union.
    if (((length1 - 1) | (length2 - 1) | (length3 - 1) | (length4 - 1) | (length5 - 1)) > 7) break;
    const digits1 = digitsBefore(numbers + <usize>end1, length1);
    const digits2 = digitsBefore(numbers + <usize>end2, length2);
    const digits3 = digitsBefore(numbers + <usize>end3, length3);
    const digits4 = digitsBefore(numbers + <usize>end4, length4);
    const digits5 = digitsBefore(numbers + <usize>end5, length5);
    if ((others(digits1) | others(digits2) | others(digits3) | others(digits4) | others(digits5)) != 0) break;
    const sourcePort = valueOf(digits1);
    const destinationPort = valueOf(digits2);
    const protocolNumber = valueOf(digits3);
    if ((sourcePort | destinationPort) > 65535 || protocolNumber > 255) break;

    const times = numbers + <usize>end5 + 1;
    const opened = seconds(times);
    const closed = seconds(times + 11);
    if (opened > LATEST_SECOND || closed > LATEST_SECOND || closed < opened) break;
    const action = times + 22;
    const word = load<u64>(action);
    const isAccept = word == ACCEPT_O;
    if (!isAccept && word != REJECT_O) break;
    if (load<u8>(action, 8) != 75) break;
    let newline = action + 9;
    if (load<u8>(newline) == 13) newline += 1;
    if (load<u8>(newline) != 10) break;

    const index = <usize>row;
    store<f64>(startUs + (index << 3), <f64>(<i64>opened) * 1e6);
    store<f64>(endUs + (index << 3), <f64>(<i64>closed) * 1e6);
    store<f64>(srcBytes + (index << 3), <f64>(<i64>valueOf(digits5)));
    store<u32>(srcAddr + (index << 2), source);
    store<u32>(dstAddr + (index << 2), destination);
    store<u32>(srcPackets + (index << 2), <u32>valueOf(digits4));
    store<u32>(sensor + (index << 2), sensorId);
    store<u32>(offset + (index << 2), <u32>at + toOffset);
    store<u16>(srcPort + (index << 1), <u16>sourcePort);
    store<u16>(dstPort + (index << 1), <u16>destinationPort);
    store<u8>(protocol + index, <u8>protocolNumber);
    store<u8>(verdict + index, isAccept ? 1 : 2);
    at = newline + 1;
  }
  stoppedAt = at;
  const count = row - first;
  nameAddresses(srcAddr + (<usize>first << 2), count);
  nameAddresses(dstAddr + (<usize>first << 2), count);
  return count;
}

/**
 * Id of the interface in the first three fields (version, account, interface) of the line at `at`; `startLength` is their length with the
 * space behind them. 0 when they are no plain ones. A log has few of them, all of one length as a rule: they are known by their text.
 */
// @ts-ignore: decorator
@inline
function lineStart(at: usize): u32 {
  const length = startLength;
  if (length >= 16) {
    const slot = startSlot(at, length);
    const held = startTexts + slot * START_BYTES;
    if (<usize>load<u32>(startLengths + (slot << 2)) == length && isSame(at, held, length))
      return load<u32>(startIds + (slot << 2));
  }
  return readStart(at);
}

// @ts-ignore: decorator
@inline
function isSame(at: usize, held: usize, length: usize): bool {
  // 16 to 64 bytes: the first, the last and what lies between them; places between may be looked at twice.
  let differ = v128.xor(v128.load(at), v128.load(held));
  const last = length - 16;
  differ = v128.or(differ, v128.xor(v128.load(at + last), v128.load(held + last)));
  for (let i: usize = 16; i < last; i += 16)
    differ = v128.or(differ, v128.xor(v128.load(at + i), v128.load(held + i)));
  return !v128.any_true(differ);
}

/** By the four bytes before the space: interface names differ at their ends. */
// @ts-ignore: decorator
@inline
function startSlot(at: usize, length: usize): usize {
  return <usize>((load<u32>(at + length - 5) * 0x9e3779b1) >>> 24);
}

function readStart(at: usize): u32 {
  const first = load<u8>(at);
  // A header's first field is a word in lower case; anything but a digit here is for the caller to judge.
  if (first < 48 || first > 57) return 0;
  let to = at;
  let start = at;
  for (let field = 0; field < 3; field++) {
    start = field == 0 ? at : to + 1;
    to = start;
    while (to - at < LONGEST_START && load<u8>(to) > 32) to += 1;
    if (load<u8>(to) != 32 || to == start) return 0;
  }
  if (to - start == 1 && load<u8>(start) == 45) return 0;
  const id = nameSensor(start, to);
  const length = to + 1 - at;
  startLength = length;
  if (id != 0 && length >= 16 && length <= START_BYTES) {
    const slot = startSlot(at, length);
    memory.copy(startTexts + slot * START_BYTES, at, length);
    store<u32>(startLengths + (slot << 2), <u32>length);
    store<u32>(startIds + (slot << 2), id);
  }
  return id;
}

/**
 * The IPv4 address at `at`, most significant octet first; `addressEnd` is where the space behind it is, 0 when there is no address. Other
 * addresses go to the caller and read as 0. After the vectorized inet_aton of D. Lemire ("Parsing IP addresses crazily fast", 2023).
 */
// @ts-ignore: decorator
@inline
function readAddress(at: usize, row: u32, isSource: bool): u32 {
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
    ((length1 | length2 | length3 | length4) & ~3) == 0 &&
    ((rest & (rest - 1)) & ((1 << length) - 1)) == 0 &&
    load<u8>(at + <usize>length) == 32;
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
  addressEnd = otherAddress(at, row, isSource);
  return 0;
}

/** A bit for each space in the 48 bytes at `at`. */
// @ts-ignore: decorator
@inline
function spacesIn(at: usize): u64 {
  const space = i8x16.splat(32);
  const low = <u64>i8x16.bitmask(i8x16.eq(v128.load(at), space));
  const middle = <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), space));
  const high = <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), space));
  return low | (middle << 16) | (high << 32);
}

/** The `length` (1 to 8) bytes before `to` less the character 0, at the high end; zeros below. */
// @ts-ignore: decorator
@inline
function digitsBefore(to: usize, length: u64): u64 {
  return (load<u64>(to - 8) ^ ZEROS) & (~(<u64>0) << (64 - (length << 3)));
}

/** Not 0 when there is a byte above 9. */
// @ts-ignore: decorator
@inline
function others(digits: u64): u64 {
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}

/** The number that eight digits spell, the first in the lowest byte: pairs, then pairs of pairs. */
// @ts-ignore: decorator
@inline
function valueOf(digits: u64): u64 {
  const pairs = digits * 10 + (digits >>> 8);
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 + ((pairs >>> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>>
    32
  );
}

/** Ten digits and a space, as a time in seconds is written from 2001 to 2286; more than any time for anything else. */
// @ts-ignore: decorator
@inline
function seconds(at: usize): u64 {
  const high = load<u64>(at);
  if (high != timeHigh) {
    const digits = high ^ ZEROS;
    if (others(digits) != 0) return ~(<u64>0);
    timeBase = valueOf(digits) * 100;
    timeHigh = high;
  }
  const tens = <u32>load<u8>(at, 8) - 48;
  const ones = <u32>load<u8>(at, 9) - 48;
  if (tens > 9 || ones > 9 || load<u8>(at, 10) != 32) return ~(<u64>0);
  return timeBase + tens * 10 + ones;
}

/** Rewrites `count` addresses to their ids in place, 0 stays 0. A pass of its own: look-ups that wait for memory overlap. */
function nameAddresses(column: usize, count: u32): void {
  const to = column + (<usize>count << 2);
  for (let at = column; at < to; at += 4) {
    const word = load<u32>(at);
    const slot = addressSlots + (<usize>((word * 0x9e3779b1) >>> 16) << 3);
    if (load<u32>(slot) == word) {
      store<u32>(at, load<u32>(slot, 4));
      continue;
    }
    if (word == 0) continue;
    const id = nameAddress(word);
    store<u32>(slot, word);
    store<u32>(slot, id, 4);
    store<u32>(at, id);
  }
}
