import type { Micros } from '../../base/brand';
import { MICROS_PER_MINUTE, microsFromCivil, TIME_BASIS, YEARLESS_BASE_YEAR } from '../../base/time';
import { parsedTime, parseTimeBytes, type EpochUnit } from './time';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = String.raw`(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([AP]M)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?`;

/** `7/8/2019 16:08`, `15.01.2019 5:15:02,980 PM`. */
const NUMERIC = new RegExp(String.raw`^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d),?\s+${CLOCK}$`, 'i');
const NUMERIC_DATE = /^(\d{1,2})([/.-])(\d{1,2})\2\d{2,4}\b/;
/** `Jul 8, 2019 @ 16:08:00.000` (Kibana), `Jul 8 16:08:00`, `Mon Jul  8 16:08:00 2019`. */
const MONTH_FIRST = new RegExp(
  String.raw`^(?:[a-z]{3,9},?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?,?\s+(?:@\s+)?${CLOCK}(?:\s+(\d{4}))?$`,
  'i',
);
/** `08/Jul/2019:16:08:00 +0000`, `Mon, 08 Jul 2019 16:08:00 GMT`, `8-Jul-2019 16:08`. */
const DAY_FIRST = new RegExp(
  String.raw`^(?:[a-z]{3,9},?\s+)?(\d{1,2})[\s/-]([a-z]{3,9})\.?[\s/-](\d{4}),?[\s:T]+${CLOCK}$`,
  'i',
);
/** `20190708T160800Z`, `20190708160800`, `20190708 16:08:00`. */
const COMPACT =
  /^((?:19|20)\d\d)(\d\d)(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/;

const LONGEST = 64;
const scratch = new Uint8Array(LONGEST);

/** Whether times of the form `7/8/2019` begin with the day: undefined when none of the samples has a number over 12 to tell. */
export function isDayFirst(samples: readonly string[]): boolean | undefined {
  for (const sample of samples) {
    const match = NUMERIC_DATE.exec(sample.trim());
    if (!match) continue;
    if (match[2] === '.' || Number(match[1]) > 12) return true;
    if (Number(match[3]) > 12) return false;
  }
  return undefined;
}

/**
 * A time as people and spreadsheets write it, to `parsedTime` (time.ts): ISO 8601, epochs (in the unit given), US and European dates, Kibana,
 * Splunk, web server and syslog times. `dayFirst` decides `7/8/2019`; dotted dates always begin with the day. False when it is not a time.
 */
export function parseTimeText(text: string, unit: EpochUnit = 'auto', dayFirst = false): boolean {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > LONGEST) return false;
  for (let i = 0; i < trimmed.length; i++) scratch[i] = Math.min(255, trimmed.charCodeAt(i));
  if (parseTimeBytes(scratch, 0, trimmed.length, unit)) return true;
  let match = NUMERIC.exec(trimmed);
  if (match) {
    const [, first = '', mark, second = '', year = ''] = match;
    const isDay = dayFirst || mark === '.';
    return setCivil(fullYear(year), Number(isDay ? second : first), Number(isDay ? first : second), match, 5);
  }
  match = MONTH_FIRST.exec(trimmed);
  if (match)
    return setCivil(Number(match[3] ?? match[10] ?? 0), monthOf(match[1]), Number(match[2]), match, 4);
  match = DAY_FIRST.exec(trimmed);
  if (match) return setCivil(Number(match[3]), monthOf(match[2]), Number(match[1]), match, 4);
  match = COMPACT.exec(trimmed);
  if (!match) return false;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const clock = ['', hour ?? '', minute ?? '', second ?? '', fraction ?? '', '', zone ?? ''];
  return setCivil(Number(year), Number(month), Number(day), clock, 1);
}

function fullYear(year: string): number {
  if (year.length === 4) return Number(year);
  return Number(year) + (Number(year) < 70 ? 2000 : 1900);
}

/** 1–12 by an English name or its first three letters; 0 when it is none. */
function monthOf(name = ''): number {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

/** Sets `parsedTime` from a date and CLOCK's six groups, the first of which is at `at`. Year 0 means that none was given. */
function setCivil(
  year: number,
  month: number,
  day: number,
  groups: readonly (string | undefined)[],
  at: number,
): boolean {
  const [hourText, minuteText, secondText = '0', fraction = '', half = '', zone = ''] = groups.slice(
    at,
    at + 6,
  );
  let hour = Number(hourText);
  const minute = Number(minuteText);
  const second = Number(secondText);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;
  if (half !== '') {
    if (hour < 1 || hour > 12) return false;
    hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  }
  const civil = microsFromCivil(year === 0 ? YEARLESS_BASE_YEAR : year, month, day, hour, minute, second);
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'));
  parsedTime.us = (civil + micros - zoneMinutes(zone) * MICROS_PER_MINUTE) as Micros;
  const anchored = zone === '' ? TIME_BASIS.local : TIME_BASIS.absolute;
  parsedTime.basis = year === 0 ? TIME_BASIS.yearless : anchored;
  return true;
}

function zoneMinutes(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '');
  return (zone.startsWith('-') ? -1 : 1) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
}
