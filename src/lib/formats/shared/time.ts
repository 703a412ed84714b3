import type { Micros } from '../../base/brand';
import { isLeapYear, MICROS_PER_MINUTE, TIME_BASIS, microsFromCivil, type TimeBasis } from '../../base/time';

/** What the last successful call of a parser in this file read; one shared target keeps hot paths free of allocation. */
export const parsedTime: { us: Micros; basis: TimeBasis } = {
  us: Number.NaN as Micros,
  basis: TIME_BASIS.absolute,
};

export type EpochUnit = 'auto' | 's' | 'ms' | 'us' | 'ns';

/** Power of ten that turns an epoch's unit into microseconds. */
const EXPONENT: Record<Exclude<EpochUnit, 'auto'>, number> = { s: 6, ms: 3, us: 0, ns: -3 };

/** Whole digits of an epoch decide its unit: seconds have 11 digits only from the year 5138 on, milliseconds had 12 from 1973. */
function unitOf(wholeDigits: number): Exclude<EpochUnit, 'auto'> {
  if (wholeDigits <= 11) return 's';
  if (wholeDigits <= 14) return 'ms';
  return wholeDigits <= 17 ? 'us' : 'ns';
}

/** Times after this (year 2255) are not exact in a double, and no log is from then. */
const LATEST_US = 9_007_199_254_740_992;

/**
 * An epoch in decimal digits with an optional fraction and leading minus (`1418530010`, `1591367999.305988`, `1597338764123456789`)
 * to `parsedTime`, always `absolute`. False when it is not a number or lies after the year 2255. Digits beyond the microsecond are cut, not rounded.
 */
export function parseEpochBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  unit: EpochUnit = 'auto',
): boolean {
  const isNegative = bytes[start] === 45;
  const first = isNegative ? start + 1 : start;
  let dot = first;
  while (dot < end && bytes[dot] !== 46) dot += 1;
  const wholeDigits = dot - first;
  if (wholeDigits === 0 || wholeDigits > 20) return false;
  // The microseconds are the first `kept` digits, the dot left out: nanoseconds never pass through a double as a whole.
  const kept = wholeDigits + EXPONENT[unit === 'auto' ? unitOf(wholeDigits) : unit];
  let value = 0;
  let taken = 0;
  for (let i = first; i < end; i++) {
    if (i === dot) continue;
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return false;
    if (taken < kept) value = value * 10 + digit;
    taken += 1;
  }
  for (; taken < kept; taken++) value *= 10;
  if (value > LATEST_US) return false;
  parsedTime.us = (isNegative ? -value : value) as Micros;
  parsedTime.basis = TIME_BASIS.absolute;
  return true;
}

const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/** `Z`, `UTC`, `GMT`, `+01`, `+0130`, `+01:30` (blanks before it allowed) as minutes; NaN when it is none of them. */
function zoneMinutes(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && bytes[start] === 32) start += 1;
  const length = end - start;
  const byte = bytes[start] as number;
  if (length === 1 && (byte | 32) === 122) return 0;
  if (length === 3) {
    const word = String.fromCharCode(byte, bytes[start + 1] as number, bytes[start + 2] as number);
    if (word === 'UTC' || word === 'GMT') return 0;
  }
  if ((byte !== 43 && byte !== 45) || length < 3) return Number.NaN;
  const hours = twoDigits(bytes, start + 1);
  let minutes = 0;
  if (length === 5) minutes = twoDigits(bytes, start + 3);
  else if (length === 6 && bytes[start + 3] === 58) minutes = twoDigits(bytes, start + 4);
  else if (length !== 3) return Number.NaN;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  return (byte === 45 ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * `2015-03-02T10:20:30.123456+01:00` and its relatives to `parsedTime`: `T` or blank between date and clock, `/` for `-` in the date, `.` or `,` before
 * the fraction, seconds or the whole clock left out, any zone of `zoneMinutes`. Without a zone the basis is `local`. False when it is not one.
 */
export function parseIsoBytes(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 10) return false;
  const century = twoDigits(bytes, start);
  const inCentury = twoDigits(bytes, start + 2);
  const mark = bytes[start + 4];
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  if (century < 0 || inCentury < 0 || (mark !== 45 && mark !== 47) || bytes[start + 7] !== mark) return false;
  const year = century * 100 + inCentury;
  if (month < 1 || month > 12 || day < 1 || day > (DAYS[month] as number)) return false;
  if (month === 2 && day === 29 && !isLeapYear(year)) return false;
  let at = start + 10;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let micros = 0;
  if (at < end) {
    const between = bytes[at] as number;
    if ((between | 32) !== 116 && between !== 32) return false;
    if (end - at < 6 || bytes[at + 3] !== 58) return false;
    hour = twoDigits(bytes, at + 1);
    minute = twoDigits(bytes, at + 4);
    at += 6;
    if (at + 2 < end && bytes[at] === 58) {
      second = twoDigits(bytes, at + 1);
      at += 3;
    }
    // 60 is a leap second; it lands on the next minute's first.
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
    if (at < end && (bytes[at] === 46 || bytes[at] === 44)) {
      let weight = 100_000;
      for (at += 1; at < end; at++) {
        const digit = (bytes[at] as number) - 48;
        if (digit < 0 || digit > 9) break;
        micros += digit * weight;
        weight = weight < 10 ? 0 : weight / 10;
      }
    }
  }
  let offset = 0;
  let basis: TimeBasis = TIME_BASIS.local;
  if (at < end) {
    offset = zoneMinutes(bytes, at, end);
    if (Number.isNaN(offset)) return false;
    basis = TIME_BASIS.absolute;
  }
  const base = microsFromCivil(year, month, day, hour, minute, second);
  parsedTime.us = (base + micros - offset * MICROS_PER_MINUTE) as Micros;
  parsedTime.basis = basis;
  return true;
}

/** Either of the two above, as the bytes show: ISO 8601 or an epoch in the unit given (`auto`: by its number of digits). */
export function parseTimeBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  unit: EpochUnit = 'auto',
): boolean {
  while (start < end && bytes[start] === 32) start += 1;
  while (end > start && bytes[end - 1] === 32) end -= 1;
  const mark = bytes[start + 4];
  return end - start >= 10 && (mark === 45 || mark === 47)
    ? parseIsoBytes(bytes, start, end)
    : parseEpochBytes(bytes, start, end, unit);
}
