import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatShare, plural } from './units';

describe('figures for a report', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1234567, '1,234,567'],
    [-1234, '-1,234'],
    [Number.NaN, 'unknown'],
  ])('count %d: %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [15_500, '15.5 kB'],
    [999_600, '1.00 MB'],
    [10_000_000, '10.0 MB'],
    [3.2e9, '3.20 GB'],
    [-2000, '−2.00 kB'],
    [Number.NaN, 'unknown'],
  ])('bytes %d: %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 µs'],
    [500, '500 µs'],
    [850_000, '850 ms'],
    [1_500_000, '1.5 s'],
    [12_000_000, '12 s'],
    [59_999_999, '1 min'],
    [200_000_000, '3 min 20 s'],
    [7_500_000_000, '2 h 5 min'],
    [18 * 86400e6 + 4 * 3600e6 + 5e6, '18 d 4 h'],
    [-60_000_000, '−1 min'],
    [Infinity, 'unknown'],
  ])('duration %d: %s', (us, text) => expect(formatDuration(us)).toBe(text));

  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.123, '12.3 %'],
    [0.00001, '0.0010 %'],
    [Number.NaN, 'unknown'],
  ])('share %d: %s', (share, text) => expect(formatShare(share)).toBe(text));

  it('never rounds a part to the whole', () => {
    expect(formatShare(0.99999)).not.toBe('100 %');
    expect(formatShare(0.9999)).not.toMatch(/^100/);
  });

  it('counts things', () => {
    expect([plural(1, 'row'), plural(0, 'row'), plural(1200, 'entry', 'entries')]).toEqual([
      '1 row',
      '0 rows',
      '1,200 entries',
    ]);
  });
});
