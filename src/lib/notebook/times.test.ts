import { describe, expect, it } from 'vitest';
import type { Micros } from '../base/brand';
import {
  formatTime,
  formatTimeWithZone,
  formatWindow,
  isKnownZone,
  sentenceInZone,
  zoneLabel,
} from './times';

const NOON = Date.UTC(2015, 2, 2, 12, 0, 0) * 1000;
const later = (minutes: number): Micros => (NOON + minutes * 60e6) as Micros;

describe('times on the page', () => {
  it('print the wall clock of the zone, and the zone beside it', () => {
    expect(formatTimeWithZone(NOON, 'UTC')).toBe('2015-03-02 12:00:00 UTC');
    expect(formatTimeWithZone(NOON, 'Asia/Tokyo')).toBe('2015-03-02 21:00:00 +09:00 (Asia/Tokyo)');
  });

  it('take the offset of the instant, not of today', () => {
    expect(zoneLabel(Date.UTC(2015, 0, 1) * 1000, 'Europe/Berlin')).toBe('+01:00 (Europe/Berlin)');
    expect(zoneLabel(Date.UTC(2015, 6, 1) * 1000, 'Europe/Berlin')).toBe('+02:00 (Europe/Berlin)');
  });

  it('keep microseconds when asked for the full time', () => {
    expect(formatTime(NOON + 123_456, 'UTC', 'full')).toBe('2015-03-02 12:00:00.123456');
    expect(formatTime(NOON + 250_000, 'UTC', 'full')).toBe('2015-03-02 12:00:00.250');
    expect(formatTime(NOON, 'UTC', 'full')).toBe('2015-03-02 12:00:00');
  });

  it('fall back to UTC, and say so, for a zone that nobody knows', () => {
    expect(isKnownZone('Middle/Earth')).toBe(false);
    expect(formatTimeWithZone(NOON, 'Middle/Earth')).toBe('2015-03-02 12:00:00 UTC');
  });

  it('never invent a time', () => {
    expect(formatTime(Number.NaN, 'UTC')).toBe('unknown time');
    expect(formatWindow(Number.NaN, NOON, 'UTC')).toBe('before the evidence begins → 2015-03-02 12:00');
    expect(formatWindow(NOON, Number.NaN, 'UTC')).toBe(
      '2015-03-02 12:00 → still open when the evidence ends',
    );
  });

  it('print both times between which traffic alone holds an end', () => {
    const opening = { fromUs: later(0), toUs: later(20), likelyUs: later(10), services: 2 };
    expect(formatWindow(later(20), later(60), 'UTC', { opening })).toBe(
      'between 2015-03-02 12:00 and 2015-03-02 12:20 → 2015-03-02 13:00',
    );
  });
});

describe('the times in a sentence', () => {
  it('follow the clock of the page, however they were written, and name its zone', () => {
    const text = 'Open from 2015-03-02T12:00:30.250Z until 2015-07-02 12:00 UTC.';
    expect(sentenceInZone(text, 'UTC')).toBe(
      'Open from 2015-03-02 12:00:30.250 UTC until 2015-07-02 12:00 UTC.',
    );
    expect(sentenceInZone(text, 'Europe/Berlin')).toBe(
      'Open from 2015-03-02 13:00:30.250 +01:00 (Europe/Berlin) until 2015-07-02 14:00 +02:00 (Europe/Berlin).',
    );
  });

  it('are left as they stand where they are part of what a log says, or no time at all', () => {
    for (const text of [
      'read /dump/2015-03-02T12:00:30Z.tar',
      'user "2015-03-02T12:00:30Z"',
      'on 2015-03-02 (2015-03-02 to 2015-03-04)',
      'at 2015-02-30T12:00:00Z',
    ])
      expect(sentenceInZone(text, 'Asia/Tokyo')).toBe(text);
  });
});
