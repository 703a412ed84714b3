import type { Micros } from '../../base/brand';
import { BYTE } from '../../base/bytes';
import {
  daysFromCivil,
  isLeapYear,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  TIME_BASIS,
  YEARLESS_BASE_YEAR,
  type TimeBasis,
} from '../../base/time';
import { parsedTime } from './time';

// Readers for times that stand at the start of a longer text. Each returns the index after the time, or −1, and leaves the result in
// `parsedTime` (time.ts holds those for a field that must be nothing but a time).

const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Month 1–12 by three ASCII letters in any case, packed as (a << 16) | (b << 8) | c in lower case. */
const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, i) => [
    (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2),
    i + 1,
  ]),
);

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= BYTE.zero && byte <= BYTE.nine;
}

/** Two digits at `at`; −1 when they are not digits. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - BYTE.zero;
  const ones = (bytes[at + 1] as number) - BYTE.zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function fourDigits(bytes: Uint8Array, at: number): number {
  const high = twoDigits(bytes, at);
  const low = twoDigits(bytes, at + 2);
  return high === -1 || low === -1 ? -1 : high * 100 + low;
}

/** Month 1–12 of an English three-letter name at `at`; 0 when there is none. */
export function readMonthName(bytes: Uint8Array, at: number): number {
  const packed =
    (((bytes[at] as number) | 0x20) << 16) |
    (((bytes[at + 1] as number) | 0x20) << 8) |
    ((bytes[at + 2] as number) | 0x20);
  return MONTHS.get(packed) ?? 0;
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= (DAYS_IN_MONTH[month] as number) || (month === 2 && day === 29 && isLeapYear(year));
}

/** Microseconds of `HH:MM:SS` at `at` (8 bytes); −1 when it is not a wall clock. 60 is a leap second. */
function readClock(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end || bytes[at + 2] !== BYTE.colon || bytes[at + 5] !== BYTE.colon) return -1;
  const hour = twoDigits(bytes, at);
  const minute = twoDigits(bytes, at + 3);
  const second = twoDigits(bytes, at + 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  return hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + second * MICROS_PER_SECOND;
}

let fractionMicros = 0;

/** Digits of a fraction that starts at `at` (after its mark) to `fractionMicros`; the index after them. */
function readFraction(bytes: Uint8Array, at: number, end: number): number {
  let scale = 100_000;
  let micros = 0;
  let i = at;
  for (; i < end && isDigit(bytes[i]); i++) {
    micros += ((bytes[i] as number) - BYTE.zero) * scale;
    scale = scale === 1 ? 0 : scale / 10;
  }
  fractionMicros = micros;
  return i;
}

let offsetMicros = 0;

/** `Z`, `+01`, `+0130`, `+01:30` at `at` to `offsetMicros`; the index after it, or −1 when there is none. */
function readOffset(bytes: Uint8Array, at: number, end: number): number {
  const mark = bytes[at];
  offsetMicros = 0;
  if (at >= end) return -1;
  if (mark === 0x5a || mark === 0x7a) return at + 1;
  // Some exporters write a true minus sign or none at all; only ASCII signs are an offset here.
  if (mark !== 0x2b && mark !== BYTE.dash) return -1;
  if (at + 3 > end) return -1;
  const hours = twoDigits(bytes, at + 1);
  if (hours < 0 || hours > 23) return -1;
  let i = at + 3;
  let minutes = 0;
  const minutesAt = i < end && bytes[i] === BYTE.colon ? i + 1 : i;
  if (minutesAt + 2 <= end && twoDigits(bytes, minutesAt) !== -1) {
    minutes = twoDigits(bytes, minutesAt);
    i = minutesAt + 2;
  }
  if (minutes > 59) return -1;
  offsetMicros = (hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE) * (mark === BYTE.dash ? -1 : 1);
  return i;
}

/**
 * ISO 8601 at `start`: `2015-03-02T10:20:30[.fraction][zone]`, a space or `T` between, `,` or `.` before the fraction,
 * `/` accepted between the date's parts, and a space allowed before a zone of `Z`, `UTC`, `GMT` or `+hh[:mm]`. Returns
 * the index after it or −1; without a zone the basis is `local`. A fraction finer than a microsecond is cut.
 */
export function readIsoTime(bytes: Uint8Array, start: number, end: number): number {
  if (start + 19 > end) return -1;
  const mark = bytes[start + 4];
  if ((mark !== BYTE.dash && mark !== BYTE.slash) || bytes[start + 7] !== mark) return -1;
  const between = bytes[start + 10];
  if (between !== 0x54 && between !== BYTE.space && between !== 0x74) return -1;
  const year = fourDigits(bytes, start);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  if (year < 0 || !isDate(year, month, day)) return -1;
  const clock = readClock(bytes, start + 11, end);
  if (clock < 0) return -1;
  let us = daysFromCivil(year, month, day) * MICROS_PER_DAY + clock;
  let i = start + 19;
  if (i + 1 < end && (bytes[i] === BYTE.dot || bytes[i] === BYTE.comma) && isDigit(bytes[i + 1])) {
    i = readFraction(bytes, i + 1, end);
    us += fractionMicros;
  }
  const zoneEnd = readZone(bytes, i, end);
  if (zoneEnd === -1) {
    parsedTime.us = us as Micros;
    parsedTime.basis = TIME_BASIS.local;
    return i;
  }
  parsedTime.us = (us - offsetMicros) as Micros;
  parsedTime.basis = TIME_BASIS.absolute;
  return zoneEnd;
}

/** An offset directly at `at`, or after one space when it is unmistakable; the index after it, or −1. */
function readZone(bytes: Uint8Array, at: number, end: number): number {
  const direct = readOffset(bytes, at, end);
  if (direct !== -1) return direct;
  if (at >= end || bytes[at] !== BYTE.space) return -1;
  const next = at + 1;
  const letters = wordAt(bytes, next, end);
  if (letters === 3) {
    const word = String.fromCharCode(
      bytes[next] as number,
      bytes[next + 1] as number,
      bytes[next + 2] as number,
    );
    if (word === 'UTC' || word === 'GMT') {
      offsetMicros = 0;
      return next + 3;
    }
    return -1;
  }
  if (letters === 1 && bytes[next] === 0x5a) {
    offsetMicros = 0;
    return next + 1;
  }
  if (letters !== 0) return -1;
  const signed = readOffset(bytes, next, end);
  // `- 3` after a local time is not an offset: four digits or hh:mm are asked for here.
  return signed !== -1 && signed - next >= 5 ? signed : -1;
}

/** Number of ASCII letters at `at`, when no further letter or digit follows; otherwise a number that matches nothing. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && ((bytes[i] as number) | 0x20) >= 97 && ((bytes[i] as number) | 0x20) <= 122) i += 1;
  return i < end && isDigit(bytes[i]) && i > at ? 99 : i - at;
}

/** The last date read by readSyslogTime, since neighbouring lines nearly always share it. */
const lastDate = { packed: -1, days: 0 };

/**
 * RFC 3164 time at `start`: `Mar  2 10:20:30` or `Mar 2 10:20:30` (basis `yearless`, in YEARLESS_BASE_YEAR), or with a year after
 * the day as network devices write it (`Mar 02 2015 10:20:30`, basis `local`); a fraction is kept. Returns the index after it or −1.
 */
export function readSyslogTime(bytes: Uint8Array, start: number, end: number): number {
  if (start + 14 > end || bytes[start + 3] !== BYTE.space) return -1;
  const month = readMonthName(bytes, start);
  if (month === 0) return -1;
  let i = start + 4;
  if (bytes[i] === BYTE.space) i += 1;
  let day = (bytes[i] as number) - BYTE.zero;
  if (day < 0 || day > 9) return -1;
  i += 1;
  if (isDigit(bytes[i])) {
    day = day * 10 + (bytes[i] as number) - BYTE.zero;
    i += 1;
  }
  if (bytes[i] !== BYTE.space) return -1;
  i += 1;
  let year = YEARLESS_BASE_YEAR;
  let basis: TimeBasis = TIME_BASIS.yearless;
  if (bytes[i + 2] !== BYTE.colon && i + 5 < end && bytes[i + 4] === BYTE.space) {
    year = fourDigits(bytes, i);
    if (year < 0) return -1;
    basis = TIME_BASIS.local;
    i += 5;
  }
  const packed = (year << 9) | (month << 5) | day;
  if (packed !== lastDate.packed) {
    if (!isDate(year, month, day)) return -1;
    lastDate.packed = packed;
    lastDate.days = daysFromCivil(year, month, day);
  }
  const clock = readClock(bytes, i, end);
  if (clock < 0) return -1;
  let us = lastDate.days * MICROS_PER_DAY + clock;
  i += 8;
  if (i + 1 < end && bytes[i] === BYTE.dot && isDigit(bytes[i + 1])) {
    i = readFraction(bytes, i + 1, end);
    us += fractionMicros;
  }
  parsedTime.us = us as Micros;
  parsedTime.basis = basis;
  return i;
}

/**
 * Common log format time at `start`, without its brackets: `10/Oct/2000:13:55:36 -0700`. Returns the index after it or −1;
 * without an offset the basis is `local`.
 */
export function readClfTime(bytes: Uint8Array, start: number, end: number): number {
  if (start + 20 > end || bytes[start + 2] !== BYTE.slash || bytes[start + 6] !== BYTE.slash) return -1;
  if (bytes[start + 11] !== BYTE.colon) return -1;
  const day = twoDigits(bytes, start);
  const month = readMonthName(bytes, start + 3);
  const year = fourDigits(bytes, start + 7);
  if (year < 0 || !isDate(year, month, day)) return -1;
  const clock = readClock(bytes, start + 12, end);
  if (clock < 0) return -1;
  let us = daysFromCivil(year, month, day) * MICROS_PER_DAY + clock;
  let i = start + 20;
  if (i + 1 < end && bytes[i] === BYTE.dot && isDigit(bytes[i + 1])) {
    i = readFraction(bytes, i + 1, end);
    us += fractionMicros;
  }
  const offsetAt = i < end && bytes[i] === BYTE.space ? i + 1 : i;
  const offsetEnd = readOffset(bytes, offsetAt, end);
  parsedTime.us = (offsetEnd === -1 ? us : us - offsetMicros) as Micros;
  parsedTime.basis = offsetEnd === -1 ? TIME_BASIS.local : TIME_BASIS.absolute;
  return offsetEnd === -1 ? i : offsetEnd;
}

/**
 * An epoch count in seconds, milliseconds, microseconds or nanoseconds, as JSON gives it, to microseconds. The unit is read off the size:
 * for times between 1973 and 5138 the four ranges do not touch (1e8 s … 1e11 s and so on). NaN stays NaN.
 */
export function epochToMicros(count: number): number {
  const size = Math.abs(count);
  if (size < 1e11) return Math.round(count * 1e6);
  if (size < 1e14) return Math.round(count * 1e3);
  if (size < 1e17) return Math.round(count);
  return Math.round(count / 1e3);
}

const scratch = new Uint8Array(64);

/** `readIsoTime` for a text that must be nothing but a time; false when it is not one. The result is in `parsedTime`. */
export function readIsoText(text: string): boolean {
  if (text.length > scratch.length) return false;
  for (let i = 0; i < text.length; i++) scratch[i] = text.charCodeAt(i) & 0xff;
  return readIsoTime(scratch, 0, text.length) === text.length;
}
