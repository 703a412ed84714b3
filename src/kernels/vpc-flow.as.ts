/**
 * VPC flow records of the default format, from text to columns: 14 fields with one space between them, none of them `-`, status OK. Any
 * other line stops the run and is left to the caller, who reads every line: nothing here may come out differently there.
 *
 * Fields are found sixteen bytes at a time and read without a branch for their lengths, which differ from line to line and would each be
 * guessed wrong.
 */
import { digitsAt, digitsBefore, others, valueOf } from './digits.as';
import { addressEnd, afterAddresses, nameAddresses, readAddress } from './ipv4.as';
import { ROWS } from './memory.as';
import { layOut, stopAt } from './run.as';

export { text } from './memory.as';
export { stopped } from './run.as';

const START_SLOTS: usize = 256;
/** Bytes of a line's start that a slot holds. */
const START_BYTES: usize = 64;
const LONGEST_START: usize = 128;

const startTexts: usize = afterAddresses;
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
@external('env', 'nameText')
declare function nameText(from: usize, to: usize): u32;

const ACCEPT_O: u64 = 0x4f20545045434341;
const REJECT_O: u64 = 0x4f205443454a4552;
/** Times past the year 2255 have no exact microsecond in a double. */
const LATEST_SECOND: u64 = 9007199254;

let startLength: usize = 0;
let timeHigh: u64 = 0;
let timeBase: u64 = 0;

export function setUp(): void {
  layOut(end);
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
    const source = readAddress(at + startLength, row, 0);
    if (addressEnd == 0 || load<u8>(addressEnd) != 32) break;
    const destination = readAddress(addressEnd + 1, row, 1);
    if (addressEnd == 0 || load<u8>(addressEnd) != 32) break;

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
  stopAt(at);
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
  const id = nameText(start, to);
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

/** Ten digits and a space, as a time in seconds is written from 2001 to 2286; more than any time for anything else. */
// @ts-ignore: decorator
@inline
function seconds(at: usize): u64 {
  const high = load<u64>(at);
  if (high != timeHigh) {
    const digits = digitsAt(at);
    if (others(digits) != 0) return ~(<u64>0);
    timeBase = valueOf(digits) * 100;
    timeHigh = high;
  }
  const tens = <u32>load<u8>(at, 8) - 48;
  const ones = <u32>load<u8>(at, 9) - 48;
  if (tens > 9 || ones > 9 || load<u8>(at, 10) != 32) return ~(<u64>0);
  return timeBase + tens * 10 + ones;
}
