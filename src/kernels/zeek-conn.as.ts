/**
 * Lines of Zeek's conn.log, from text to columns: as many fields as the header names, in its order, each written as Zeek's own writer does. Any
 * other line (a header, an address or number of another shape) stops the run and is left to the caller, who reads every line: nothing
 * here may come out differently there.
 */
import { digitsAt, digitsBefore, others, valueOf } from './digits.as';
import { addressEnd, nameAddresses, readAddress } from './ipv4.as';
import { ROWS } from './memory.as';
import { layOut, stopAt } from './run.as';
import { afterTexts, textValue } from './texts.as';

export { text } from './memory.as';
export { stopped } from './run.as';

const MOST_COLUMNS: usize = 256;
/** Fields that are read, in the order of `FIELDS` in `zeek-conn-lines.ts`. */
const TS: usize = 0;
const ORIG_H: usize = 1;
const ORIG_P: usize = 2;
const RESP_H: usize = 3;
const RESP_P: usize = 4;
const PROTO: usize = 5;
const DURATION: usize = 6;
const ORIG_BYTES: usize = 7;
const RESP_BYTES: usize = 8;
const ORIG_IP_BYTES: usize = 9;
const RESP_IP_BYTES: usize = 10;
const ORIG_PKTS: usize = 11;
const RESP_PKTS: usize = 12;
const CONN_STATE: usize = 13;
const HISTORY: usize = 14;
const PEER: usize = 15;
const FIELDS: usize = 16;

/** Kinds of text, as in `zeek-conn-lines.ts`. */
const PROTOCOL: u32 = 1;
const FLAGS: u32 = 2;
const STATE: u32 = 3;
const STRING: u32 = 4;

/** Where each field lies among the columns of a line, −1 where it is not; written by the caller. */
export const positions: usize = afterTexts;
/** Where the columns of the line being read end, the line's start less one before them. */
const ends: usize = positions + FIELDS * 4 + 8;
export const startUs: usize = ends + (MOST_COLUMNS + 64) * 4;
export const endUs: usize = startUs + ROWS * 8;
export const srcBytes: usize = endUs + ROWS * 8;
export const dstBytes: usize = srcBytes + ROWS * 8;
export const srcAddr: usize = dstBytes + ROWS * 8;
export const dstAddr: usize = srcAddr + ROWS * 4;
export const srcPackets: usize = dstAddr + ROWS * 4;
export const dstPackets: usize = srcPackets + ROWS * 4;
export const sensor: usize = dstPackets + ROWS * 4;
export const offset: usize = sensor + ROWS * 4;
export const srcPort: usize = offset + ROWS * 4;
export const dstPort: usize = srcPort + ROWS * 2;
export const protocol: usize = dstPort + ROWS * 2;
export const tcpFlags: usize = protocol + ROWS;
export const connState: usize = tcpFlags + ROWS;
const end: usize = connState + ROWS;

const HASH: u8 = 35;
const TCP: u32 = 6;
const UNKNOWN_FLAGS: u32 = 255;
const UNKNOWN_PACKETS: u32 = 0xffffffff;
/** Times past the year 2255 are not exact in a double. */
const LATEST_US: u64 = 1 << 53;

let separator: v128 = i8x16.splat(9);
let columnCount: usize = 0;
/** What stands where there is no value, in one word. */
let unset: u64 = 0;
let empty: u64 = 0;
/** Whether a value of the line was of another shape. */
let isOdd: bool = false;
let timeHigh: u64 = 0;
let timeBase: u64 = 0;

export function setUp(): void {
  layOut(end);
}

/** What the header says. `unsetWord`, `emptyWord`: texts of up to eight bytes, the first lowest. */
export function setHeader(separatorByte: u8, count: u32, unsetLow: u32, unsetHigh: u32, emptyLow: u32, emptyHigh: u32): void {
  separator = i8x16.splat(<i8>separatorByte);
  columnCount = count;
  unset = <u64>unsetLow | (<u64>unsetHigh << 32);
  empty = <u64>emptyLow | (<u64>emptyHigh << 32);
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
    if (load<u8>(at) == HASH) break;
    const newline = splitLine(at);
    if (newline == 0) break;
    isOdd = false;

    const opened = time();
    if (opened < 0) break;
    const took = duration();
    const source = address(ORIG_H, row, 0);
    const destination = address(RESP_H, row, 1);
    const sourcePort = port(ORIG_P);
    const destinationPort = port(RESP_P);
    const isWire = isSet(ORIG_IP_BYTES);
    const sourceBytes = count(isWire ? ORIG_IP_BYTES : ORIG_BYTES);
    const destinationBytes = count(isWire ? RESP_IP_BYTES : RESP_BYTES);
    const sourcePackets = count(ORIG_PKTS);
    const destinationPackets = count(RESP_PKTS);
    if (isOdd || !(isSet(ORIG_H) || isSet(RESP_H))) break;
    const protocolNumber = textOf(PROTO, PROTOCOL);
    const flags = protocolNumber == TCP ? textOf(HISTORY, FLAGS) : UNKNOWN_FLAGS;

    const index = <usize>row;
    store<f64>(startUs + (index << 3), opened);
    store<f64>(endUs + (index << 3), opened + took);
    store<f64>(srcBytes + (index << 3), sourceBytes);
    store<f64>(dstBytes + (index << 3), destinationBytes);
    store<u32>(srcAddr + (index << 2), source);
    store<u32>(dstAddr + (index << 2), destination);
    store<u32>(srcPackets + (index << 2), packets(sourcePackets));
    store<u32>(dstPackets + (index << 2), packets(destinationPackets));
    store<u32>(sensor + (index << 2), isSet(PEER) ? textOf(PEER, STRING) : 0);
    store<u32>(offset + (index << 2), <u32>at + toOffset);
    store<u16>(srcPort + (index << 1), <u16>sourcePort);
    store<u16>(dstPort + (index << 1), <u16>destinationPort);
    store<u8>(protocol + index, <u8>protocolNumber);
    store<u8>(tcpFlags + index, <u8>flags);
    store<u8>(connState + index, <u8>textOf(CONN_STATE, STATE));
    at = newline + 1;
  }
  stopAt(at);
  const rows = row - first;
  nameAddresses(srcAddr + (<usize>first << 2), rows);
  nameAddresses(dstAddr + (<usize>first << 2), rows);
  return rows;
}

/** Finds where the columns of the line at `start` end. Returns where its newline is; 0 when the line has another number of columns. */
// @ts-ignore: decorator
@inline
function splitLine(start: usize): usize {
  const most = ends + (columnCount << 2);
  store<u32>(ends - 4, <u32>start - 1);
  let next = ends;
  let newlines: u64 = 0;
  let at = start;
  for (; ; at += 64) {
    let found = bytesIn(at, separator);
    newlines = bytesIn(at, i8x16.splat(10));
    if (newlines != 0) found &= newlines ^ (newlines - 1);
    for (; found != 0; found &= found - 1) {
      store<u32>(next, <u32>at + <u32>ctz(found));
      next += 4;
    }
    if (newlines != 0) break;
    if (next >= most) return 0;
  }
  const newline = at + <usize>ctz(newlines);
  const lastStart = <usize>load<u32>(next - 4) + 1;
  const isReturn = newline > lastStart && load<u8>(newline - 1) == 13;
  store<u32>(next, <u32>newline - (isReturn ? 1 : 0));
  return next + 4 == most ? newline : 0;
}

/** A bit for each byte in the 64 at `at` that is the one sought. */
// @ts-ignore: decorator
@inline
function bytesIn(at: usize, sought: v128): u64 {
  const a = <u64>i8x16.bitmask(i8x16.eq(v128.load(at), sought));
  const b = <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), sought));
  const c = <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), sought));
  const d = <u64>i8x16.bitmask(i8x16.eq(v128.load(at, 48), sought));
  return a | (b << 16) | (c << 32) | (d << 48);
}

// @ts-ignore: decorator
@inline
function positionOf(field: usize): i32 {
  return load<i32>(positions + (field << 2));
}

// @ts-ignore: decorator
@inline
function startOf(position: i32): usize {
  return <usize>load<u32>(ends - 4 + (<usize>position << 2)) + 1;
}

// @ts-ignore: decorator
@inline
function endOf(position: i32): usize {
  return <usize>load<u32>(ends + (<usize>position << 2));
}

/** Whether there is a value between two places. */
// @ts-ignore: decorator
@inline
function isValue(from: usize, to: usize): bool {
  const length = to - from;
  if (length > 8) return true;
  if (length == 0) return false;
  const word = load<u64>(from) & (~(<u64>0) >>> (64 - ((<u64>length) << 3)));
  return word != unset && word != empty;
}

// @ts-ignore: decorator
@inline
function isSet(field: usize): bool {
  const position = positionOf(field);
  return position >= 0 && isValue(startOf(position), endOf(position));
}

/** The time in µs: ten digits, a dot and six digits, as Zeek writes it from 2001 to 2286. −1 for anything else, also when it is unset. */
// @ts-ignore: decorator
@inline
function time(): f64 {
  const position = positionOf(TS);
  if (position < 0) return -1;
  const from = startOf(position);
  if (endOf(position) - from != 17 || load<u8>(from, 10) != 46) return -1;
  const high = load<u64>(from);
  if (high != timeHigh) {
    const digits = digitsAt(from);
    if (others(digits) != 0) return -1;
    timeBase = valueOf(digits) * 100;
    timeHigh = high;
  }
  const tens = <u32>load<u8>(from, 8) - 48;
  const ones = <u32>load<u8>(from, 9) - 48;
  const fraction = digitsBefore(from + 17, 6);
  if (tens > 9 || ones > 9 || others(fraction) != 0) return -1;
  const us = (timeBase + tens * 10 + ones) * 1000000 + valueOf(fraction);
  return us > LATEST_US ? -1 : <f64>(<i64>us);
}

/** An interval in µs: up to eight digits, a dot and six digits; 0 when unset. */
// @ts-ignore: decorator
@inline
function duration(): f64 {
  const position = positionOf(DURATION);
  if (position < 0) return 0;
  const from = startOf(position);
  const to = endOf(position);
  if (!isValue(from, to)) return 0;
  const length = to - from;
  if (length < 8 || length > 15 || load<u8>(to - 7) != 46) {
    isOdd = true;
    return 0;
  }
  const whole = digitsBefore(to - 7, <u64>length - 7);
  const fraction = digitsBefore(to, 6);
  if ((others(whole) | others(fraction)) != 0) isOdd = true;
  return <f64>(<i64>(valueOf(whole) * 1000000 + valueOf(fraction)));
}

/** A whole number of up to 15 digits; NaN when unset. */
// @ts-ignore: decorator
@inline
function count(field: usize): f64 {
  const position = positionOf(field);
  if (position < 0) return NaN;
  const from = startOf(position);
  const to = endOf(position);
  if (!isValue(from, to)) return NaN;
  const length = to - from;
  if (length > 8) return longCount(to, length);
  const digits = digitsBefore(to, <u64>length);
  if (others(digits) != 0) isOdd = true;
  return <f64>(<i64>valueOf(digits));
}

function longCount(to: usize, length: usize): f64 {
  if (length > 15) {
    isOdd = true;
    return NaN;
  }
  const high = digitsBefore(to - 8, <u64>length - 8);
  const low = digitsBefore(to, 8);
  if ((others(high) | others(low)) != 0) isOdd = true;
  return <f64>(<i64>(valueOf(high) * 100000000 + valueOf(low)));
}

// @ts-ignore: decorator
@inline
function packets(value: f64): u32 {
  return value < <f64>UNKNOWN_PACKETS ? <u32>value : UNKNOWN_PACKETS;
}

/** 0 when unset, and for a number that no port has. */
// @ts-ignore: decorator
@inline
function port(field: usize): u32 {
  const value = count(field);
  return value <= 65535 ? <u32>value : 0;
}

/** An IPv4 address as it is; 0 when unset, and for any other address, whose id the caller puts in its place. */
// @ts-ignore: decorator
@inline
function address(field: usize, row: u32, column: u32): u32 {
  const position = positionOf(field);
  if (position < 0) return 0;
  const from = startOf(position);
  const to = endOf(position);
  if (!isValue(from, to)) return 0;
  const word = readAddress(from, row, column);
  if (addressEnd != to) isOdd = true;
  return word;
}

/** What a field's text stands for; what the empty text does when it is unset. */
// @ts-ignore: decorator
@inline
function textOf(field: usize, kind: u32): u32 {
  const position = positionOf(field);
  if (position < 0) return textValue(ends, ends, kind);
  const from = startOf(position);
  const to = endOf(position);
  return isValue(from, to) ? textValue(from, to, kind) : textValue(from, from, kind);
}
