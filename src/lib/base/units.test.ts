import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatShare, plural } from './units';

describe('units', () => {
  it('prints shares without scientific notation and never rounds up to the whole', () => {
    expect(formatShare(0.99996)).toBe('> 99.99 %');
    expect(formatShare(0.9996)).toBe('99.96 %');
    expect(formatShare(1)).toBe('100 %');
    expect(formatShare(0)).toBe('0 %');
    expect(formatShare(0.00001234)).toBe('0.0012 %');
    expect(formatShare(0.5205)).toBe('52.0 %');
  });

  it('prints sizes in decimal units and durations in two parts', () => {
    expect(formatBytes(999)).toBe('999 B');
    expect(formatBytes(1_000_000)).toBe('1.00 MB');
    expect(formatBytes(Number.NaN)).toBe('unknown');
    expect(formatDuration(90_000_000)).toBe('1 min 30 s');
    expect(formatDuration(1_569_600_000_000)).toBe('18 d 4 h');
    expect(formatDuration(-184_000_000)).toBe('−3 min 4 s');
  });

  it('counts in words', () => {
    expect(plural(1, 'row')).toBe('1 row');
    expect(plural(1234, 'query', 'queries')).toBe('1,234 queries');
  });
});
