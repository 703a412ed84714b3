import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  daysFromCivil,
  floorTo,
  formatUtc,
  formatUtcDay,
  isLeapYear,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  microsFromCivil,
  parseIsoUtc,
} from './time';

describe('civil dates', () => {
  it('agree with Date from 1600 to 2400', () => {
    const days = fc.integer({
      min: Date.UTC(1600, 0, 1) / 86_400_000,
      max: Date.UTC(2400, 0, 1) / 86_400_000,
    });
    fc.assert(
      fc.property(days, (day) => {
        const date = new Date(day * 86_400_000);
        expect(daysFromCivil(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
      }),
    );
  });

  it('hold microseconds exactly', () => {
    expect(microsFromCivil(2015, 3, 2, 10, 20, 30.123456)).toBe(1425291630123456);
    expect(microsFromCivil(1970, 1, 1)).toBe(0);
    expect(microsFromCivil(2000, 2, 29) + MICROS_PER_DAY).toBe(microsFromCivil(2000, 3, 1));
  });

  it('know leap years', () => {
    expect([1900, 2000, 2023, 2024].map(isLeapYear)).toEqual([false, true, false, true]);
  });
});

describe('formatUtc', () => {
  it.each([
    [1425291630000000, '2015-03-02T10:20:30Z'],
    [1425291630120000, '2015-03-02T10:20:30.120Z'],
    [1425291630123456, '2015-03-02T10:20:30.123456Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
    [Number.NaN, 'unknown time'],
    [Infinity, 'unknown time'],
    [1e30, 'unknown time'],
  ])('%d is %s', (us, text) => {
    expect(formatUtc(us)).toBe(text);
  });

  it('is read back by parseIsoUtc', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2255, 0, 1) * 1000 }), (us) => {
        expect(parseIsoUtc(formatUtc(us))).toBe(us);
      }),
    );
  });

  it('gives days in UTC', () => {
    expect(formatUtcDay(1425291630123456)).toBe('2015-03-02');
    expect(formatUtcDay(-1)).toBe('1969-12-31');
  });
});

describe('parseIsoUtc', () => {
  it.each([
    ['2015-03-02T10:20:30Z', '2015-03-02T10:20:30Z'],
    ['2015-03-02 10:20:30,5', '2015-03-02T10:20:30.500Z'],
    ['2015-03-02T10:20:30.123456789Z', '2015-03-02T10:20:30.123456Z'],
    ['2015-03-02T10:20:30+01:30', '2015-03-02T08:50:30Z'],
    ['2015-03-02T10:20:30-0800', '2015-03-02T18:20:30Z'],
    ['2015-03-02T10:20:30+02', '2015-03-02T08:20:30Z'],
    ['2015-03-02T10:20', '2015-03-02T10:20:00Z'],
    ['2015-03-02', '2015-03-02T00:00:00Z'],
    ['  2015-03-02t10:20:30z ', '2015-03-02T10:20:30Z'],
  ])('%s is %s', (text, expected) => {
    expect(formatUtc(parseIsoUtc(text))).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '02.03.2015',
    '2015-13-01',
    '2015-02-30',
    '2015-00-10',
    '2015-03-02T25:00:00Z',
    '2015-03-02T10:61:00Z',
    '2015-03-02T10:20:30Zjunk',
    '2015-03-02T10:20:30+99:00',
  ])('refuses %j', (text) => {
    expect(parseIsoUtc(text)).toBeNaN();
  });
});

it('floorTo rounds down, before 1970 too', () => {
  expect(floorTo(1425291630123456, MICROS_PER_HOUR)).toBe(1425290400000000);
  expect(floorTo(-1, MICROS_PER_DAY)).toBe(-MICROS_PER_DAY);
});
