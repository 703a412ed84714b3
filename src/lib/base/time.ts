import type { Micros } from './brand';

export const MICROS_PER_MS = 1_000;
export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;
export const MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE;
export const MICROS_PER_DAY = 24 * MICROS_PER_HOUR;

export const UNKNOWN_TIME = Number.NaN as Micros;

/**
 * How a row's own time text was anchored. `absolute`: it named its offset or is an epoch. `local`: a wall clock
 * without a zone, stored as if UTC until the source's zone is applied. `yearless`: month, day and wall clock only,
 * stored as if in YEARLESS_BASE_YEAR until the source's year (and zone) are applied.
 */
export const TIME_BASIS = { absolute: 0, local: 1, yearless: 2 } as const;
export type TimeBasis = (typeof TIME_BASIS)[keyof typeof TIME_BASIS];

/** A leap year, so that 29 February of a year-less log is not lost before its year is known. */
export const YEARLESS_BASE_YEAR = 2000;

/**
 * Days from 1970-01-01 to a proleptic Gregorian date. Month is 1–12.
 * The era arithmetic of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013), section days_from_civil.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** A wall-clock instant as if in UTC. `second` may carry a fraction. */
export function microsFromCivil(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): Micros {
  return (daysFromCivil(year, month, day) * MICROS_PER_DAY +
    hour * MICROS_PER_HOUR +
    minute * MICROS_PER_MINUTE +
    Math.round(second * MICROS_PER_SECOND)) as Micros;
}

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** 0 for a month that is none. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month < 1 || month > 12 ? 0 : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Start of the UTC day, hour or any other whole unit that holds `us`. */
export function floorTo(us: number, unitUs: number): Micros {
  return (Math.floor(us / unitUs) * unitUs) as Micros;
}

/** `2015-03-02T10:20:30.123456Z`; the fraction only as long as it must be. Unknown and out-of-range times print as `unknown time`. */
export function formatUtc(us: number): string {
  const date = new Date(Math.floor(us / MICROS_PER_MS));
  if (!Number.isFinite(us) || Number.isNaN(date.getTime())) return 'unknown time';
  const iso = date.toISOString();
  const micros = us - Math.floor(us / MICROS_PER_SECOND) * MICROS_PER_SECOND;
  const whole = iso.slice(0, iso.indexOf('.'));
  if (micros === 0) return `${whole}Z`;
  const digits = Math.round(micros).toString().padStart(6, '0');
  return `${whole}.${micros % MICROS_PER_MS === 0 ? digits.slice(0, 3) : digits}Z`;
}

/** `2015-03-02`, in UTC. */
export function formatUtcDay(us: number): string {
  return formatUtc(floorTo(us, MICROS_PER_DAY)).slice(0, 10);
}

/** ISO 8601 text with a zone (or a bare date or local time, read as UTC) to microseconds; NaN when it is not one, or no such day or time exists. */
export function parseIsoUtc(text: string): Micros {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?(?:\d\d)?)?$/i.exec(
      text.trim(),
    );
  if (!match) return UNKNOWN_TIME;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  if (Number(day) < 1 || Number(day) > daysInMonth(Number(year), Number(month))) return UNKNOWN_TIME;
  // Second 60 is a leap second.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return UNKNOWN_TIME;
  const base = microsFromCivil(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const micros = Math.floor(Number(fraction.padEnd(9, '0')) / 1000);
  let offsetMinutes = 0;
  if (zone !== 'Z' && zone !== 'z') {
    const sign = zone.startsWith('-') ? -1 : 1;
    const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
    offsetMinutes = sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
    if (Math.abs(offsetMinutes) >= 24 * 60) return UNKNOWN_TIME;
  }
  return (base + micros - offsetMinutes * MICROS_PER_MINUTE) as Micros;
}
