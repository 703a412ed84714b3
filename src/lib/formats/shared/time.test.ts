import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import { parsedTime, parseEpochBytes, parseIsoBytes, parseTimeBytes, type EpochUnit } from './time';
import { isDayFirst, parseTimeText } from './time-text';

function iso(text: string): [number, number] | null {
  const bytes = encodeUtf8(text);
  return parseIsoBytes(bytes, 0, bytes.length) ? [parsedTime.us, parsedTime.basis] : null;
}

function epoch(text: string, unit?: EpochUnit): number | null {
  const bytes = encodeUtf8(text);
  return parseEpochBytes(bytes, 0, bytes.length, unit) ? parsedTime.us : null;
}

const us = (text: string): number => Date.parse(text) * 1000;

describe('a time in bytes', () => {
  it.each([
    ['2015-03-02T10:20:30Z', us('2015-03-02T10:20:30Z'), TIME_BASIS.absolute],
    ['2015-03-02T10:20:30.123456Z', us('2015-03-02T10:20:30.123Z') + 456, TIME_BASIS.absolute],
    ['2015-03-02T10:20:30,5+01:30', us('2015-03-02T08:50:30.500Z'), TIME_BASIS.absolute],
    ['2015/03/02 10:20:30.1234567899 -0700', us('2015-03-02T17:20:30.123Z') + 456, TIME_BASIS.absolute],
    ['2015-03-02 10:20:30 UTC', us('2015-03-02T10:20:30Z'), TIME_BASIS.absolute],
    ['2015-03-02 10:20', us('2015-03-02T10:20:00Z'), TIME_BASIS.local],
    ['2016-02-29', us('2016-02-29T00:00:00Z'), TIME_BASIS.local],
  ])('is read as ISO 8601: %s', (text, expected, basis) => {
    expect(iso(text)).toEqual([expected, basis]);
  });

  it.each([
    '2015-13-02T10:20:30Z',
    '2015-02-29',
    '2015-03-02T25:00:00',
    '2015-03-02X10:20:30',
    '2015-03-02T10:20:30 noon',
    '15-03-02',
  ])('is refused: %s', (text) => {
    expect(iso(text)).toBeNull();
  });

  it('has its epoch’s unit by the number of digits', () => {
    expect(epoch('1425291630')).toBe(1425291630_000_000);
    expect(epoch('1425291630.25')).toBe(1425291630_250_000);
    expect(epoch('1425291630250')).toBe(1425291630_250_000);
    expect(epoch('1425291630250123')).toBe(1425291630_250_123);
    // The nineteen digits of nanoseconds do not fit a double; the microseconds are exact all the same.
    expect(epoch('1425291630250123456')).toBe(1425291630_250_123);
    expect(epoch('19.98')).toBe(19_980_000);
    expect(epoch('-315619200.0')).toBe(-315619200_000_000);
    expect(epoch('1425291630', 'ms')).toBe(1425291630_000);
    for (const text of ['', '-', '12x', '1.2.3', '77777777777777777777']) expect(epoch(text)).toBeNull();
  });

  it('is taken for what it looks like', () => {
    const bytes = encodeUtf8('  2015-03-02T10:20:30Z ');
    expect(parseTimeBytes(bytes, 0, bytes.length)).toBe(true);
    expect(parsedTime.us).toBe(us('2015-03-02T10:20:30Z'));
  });
});

describe('a time as text', () => {
  it('tells day-first dates by a number over twelve, and dotted ones always', () => {
    expect(isDayFirst(['7/8/2019 16:08', '13/8/2019 16:08'])).toBe(true);
    expect(isDayFirst(['7/8/2019 16:08', '7/13/2019 16:08'])).toBe(false);
    expect(isDayFirst(['7/8/2019 16:08'])).toBeUndefined();
    expect(isDayFirst(['7.8.2019 16:08'])).toBe(true);
  });

  it.each([
    ['7/8/2019 16:08', us('2019-07-08T16:08:00Z'), TIME_BASIS.local],
    ['7.8.2019 16:08:01', us('2019-08-07T16:08:01Z'), TIME_BASIS.local],
    ['1/15/2019, 5:15:02.980 PM', us('2019-01-15T17:15:02.980Z'), TIME_BASIS.local],
    ['12:00:00', null, null],
    ['Mar 2, 2015 @ 10:20:30.250', us('2015-03-02T10:20:30.250Z'), TIME_BASIS.local],
    ['Mar  2 10:20:30', us('2000-03-02T10:20:30Z'), TIME_BASIS.yearless],
    ['Mon, 02 Mar 2015 10:20:30 GMT', us('2015-03-02T10:20:30Z'), TIME_BASIS.absolute],
    ['20150302T102030Z', us('2015-03-02T10:20:30Z'), TIME_BASIS.absolute],
    ['13/13/2015 10:20', null, null],
  ])('is read as people write it: %s', (text, expected, basis) => {
    const isTime = parseTimeText(text);
    expect(isTime).toBe(expected !== null);
    if (isTime) expect([parsedTime.us, parsedTime.basis]).toEqual([expected, basis]);
  });
});
