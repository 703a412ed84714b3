/**
 * What stands before sshd's messages in syslog: an RFC 3164 or ISO 8601 time, a host and `sshd[pid]: `. What a line has most likely in common with
 * the line before it (day, zone, host) is compared and not read again.
 */
import { digitsAt, others, valueOf } from './digits.as';
import { textValue } from './texts.as';
import { tokenEnd } from './tokens.as';

/** Start of the day (µs) of the time of `length` bytes at a place; −1 when that is none. */
// @ts-ignore: decorator
@external('env', 'dayAt')
declare function dayAt(at: usize, length: usize): f64;
/** The same time with the zone that follows it, `length` bytes in all, in µs; −1 when that is none. */
// @ts-ignore: decorator
@external('env', 'zonedAt')
declare function zonedAt(at: usize, length: usize): f64;

/** As in `TIME_BASIS`. */
const ABSOLUTE: u8 = 0;
const LOCAL: u8 = 1;
const YEARLESS: u8 = 2;

/** Kind of text, as for all kernels that have no other. */
const STRING: u32 = 1;
const SSHD: u32 = 0x64687373;
const DASH_SESSION: u64 = 0x6e6f69737365732d;
const DASH_AUTH: u64 = 0x687475612d;
/** `]: `, and the bytes of a word that it takes. */
const END_OF_PID: u32 = 0x203a5d;
const THREE_BYTES: u32 = 0xffffff;
const FIVE_BYTES: u64 = 0xffffffffff;
/** A clock with nothing but zeros, and where its colons are. */
const CLOCK: u64 = 0x30303a30303a3030;
const COLONS: u64 = 0x0000ff0000ff0000;
/** The last day (µs) that is exact to the microsecond in a double to its end, whatever its zone. */
const LATEST_DAY: f64 = 9007000000000000;
/** `Mar 10 `, of eight bytes. */
const RFC_DATE: u64 = 0x00ffffffffffffff;
/** `2026-03-10T`, of sixteen. */
const ISO_DATE_BYTES: i32 = 0x7ff;

// Of the line being read.
export let lineUs: i64 = 0;
export let basis: u8 = 0;
export let hostId: u32 = 0;
export let pid: u32 = 0;

// Of the lines before, which the next one mostly agrees with.
let rfcDate: u64 = 0;
let rfcDay: i64 = 0;
let isoDate: v128 = i64x2.splat(0);
let isoDay: i64 = 0;
let zoneText: u64 = 0;
let zoneUs: i64 = 0;
/** Length of `host sshd[`, at most 32, and its text. */
let originLength: usize = 0;
let originLow: v128 = i64x2.splat(0);
let originHigh: v128 = i64x2.splat(0);

/** Reads the time; returns where the host starts, or 0. */
export function readTime(at: usize): usize {
  const first = load<u8>(at);
  const to = first >= 48 && first <= 57 ? readIsoTime(at) : readRfcTime(at);
  return to == 0 || load<u8>(to) != 32 ? 0 : to + 1;
}

/** Reads the host at `at` and sshd's process; returns where the message starts, or 0. */
export function readSshd(at: usize): usize {
  const pidAt = readOrigin(at);
  if (pidAt == 0) return 0;
  const digits = digitsAt(pidAt);
  const count = ctz(others(digits)) >>> 3;
  if (count - 1 > 6) return 0;
  pid = <u32>valueOf(digits << (64 - (count << 3)));
  const close = pidAt + <usize>count;
  if ((load<u32>(close) & THREE_BYTES) != END_OF_PID) return 0;
  const start = close + 3;
  // More blanks and `[ID 800047 auth.info]` may stand before a message.
  const byte = load<u8>(start);
  return byte > 32 && byte != 91 ? start : 0;
}

/** `Mar 10 06:25:46`; returns what is behind it, or 0. */
function readRfcTime(at: usize): usize {
  const date = load<u64>(at) & RFC_DATE;
  if (date != rfcDate) {
    const day = dayAt(at, 15);
    if (day < 0) return 0;
    rfcDate = date;
    rfcDay = <i64>day;
  }
  const clock = clockAt(at + 7);
  if (clock < 0) return 0;
  lineUs = rfcDay + clock;
  basis = YEARLESS;
  return at + 15;
}

/** `2026-03-10T06:25:46`, a fraction of up to six digits, and a zone where there is one; returns what is behind it, or 0. */
function readIsoTime(at: usize): usize {
  const date = v128.load(at);
  if ((i8x16.bitmask(i8x16.ne(date, isoDate)) & ISO_DATE_BYTES) != 0) {
    const day = dayAt(at, 19);
    // Past the year 2255 a double has no exact microsecond, and how it is rounded is the caller's business.
    if (day < 0 || day > LATEST_DAY) return 0;
    isoDate = date;
    isoDay = <i64>day;
  }
  const clock = clockAt(at + 11);
  if (clock < 0) return 0;
  let us = isoDay + clock;
  let to = at + 19;
  const mark = load<u8>(to);
  if (mark == 46 || mark == 44) {
    const digits = digitsAt(to + 1);
    const count = ctz(others(digits)) >>> 3;
    if (count - 1 > 5) return 0;
    let fraction = <i64>valueOf(digits << (64 - (count << 3)));
    for (let i = count; i < 6; i++) fraction *= 10;
    us += fraction;
    to += 1 + <usize>count;
  }
  basis = ABSOLUTE;
  const zone = load<u8>(to);
  if (zone == 90) {
    lineUs = us;
    return to + 1;
  }
  if (zone == 43 || zone == 45) return readZone(at, to, us);
  // A zone may follow the blank: `UTC`, `GMT`, `Z`, an offset.
  const next = load<u8>(to, 1);
  if (zone != 32 || next == 85 || next == 71 || next == 90 || next == 43 || next == 45) return 0;
  lineUs = us;
  basis = LOCAL;
  return to;
}

/** `+01:00` or `+0100` at `at`, behind the time `us` that starts at `start`; returns what is behind it, or 0. */
function readZone(start: usize, at: usize, us: i64): usize {
  const length: usize = load<u8>(at, 5) == 32 ? 5 : 6;
  const zone = load<u64>(at) & (~(<u64>0) >>> (64 - (<u64>length << 3)));
  if (zone != zoneText) {
    const zoned = zonedAt(start, at + length - start);
    if (zoned < 0) return 0;
    zoneText = zone;
    zoneUs = us - <i64>zoned;
  }
  lineUs = us - zoneUs;
  return at + length;
}

/** Microseconds of `06:25:46`; −1 when it is no clock. 60 is a leap second. */
// @ts-ignore: decorator
@inline
function clockAt(at: usize): i64 {
  const digits = load<u64>(at) ^ CLOCK;
  if (((digits & COLONS) | others(digits)) != 0) return -1;
  const pairs = digits * 10 + (digits >>> 8);
  const hours = pairs & 0xff;
  const minutes = (pairs >>> 24) & 0xff;
  const seconds = (pairs >>> 48) & 0xff;
  if (hours > 23 || minutes > 59 || seconds > 60) return -1;
  return <i64>(hours * 3600 + minutes * 60 + seconds) * 1000000;
}

/** Host and program at `at`; returns where the process id is, or 0. A log has one host as a rule, or few. */
// @ts-ignore: decorator
@inline
function readOrigin(at: usize): usize {
  const same = i8x16.bitmask(i8x16.eq(v128.load(at), originLow)) | (i8x16.bitmask(i8x16.eq(v128.load(at, 16), originHigh)) << 16);
  const wanted = <u32>((<u64>1 << <u64>originLength) - 1);
  if (originLength != 0 && (~same & wanted) == 0) return at + originLength;
  return readNewOrigin(at);
}

function readNewOrigin(at: usize): usize {
  const to = tokenEnd(at);
  // `Mar 11 09:39:39 sshd: …`: no host, and a program.
  // `In(38) sshd[7]: …`: neither.
  if (to == at || load<u8>(to) != 32 || load<u8>(to - 1) == 58 || load<u8>(to - 1) == 41) return 0;
  const program = to + 1;
  if (load<u32>(program) != SSHD) return 0;
  let open = program + 4;
  if (load<u64>(open) == DASH_SESSION) open += 8;
  else if ((load<u64>(open) & FIVE_BYTES) == DASH_AUTH) open += 5;
  if (load<u8>(open) != 91) return 0;
  hostId = textValue(at, to, STRING);
  const length = open + 1 - at;
  originLength = length <= 32 ? length : 0;
  originLow = v128.load(at);
  originHigh = v128.load(at, 16);
  return open + 1;
}
