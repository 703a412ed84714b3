import { describe, expect, it } from 'vitest';
import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import { CELL_IDS } from './document';
import { readThreshold, THRESHOLD_WORDS, thresholdsOf } from './thresholds';

describe('parameters on the page', () => {
  it('show every threshold in exactly one cell', () => {
    const shown = CELL_IDS.flatMap((id) => thresholdsOf(id));
    expect(shown.toSorted()).toEqual(Object.keys(DEFAULT_THRESHOLDS).toSorted());
  });

  it('accept their own defaults', () => {
    for (const [name, value] of Object.entries(DEFAULT_THRESHOLDS)) {
      const { lowest, highest } = THRESHOLD_WORDS[name as keyof typeof DEFAULT_THRESHOLDS];
      expect(value, name).toBeGreaterThanOrEqual(lowest);
      expect(value, name).toBeLessThanOrEqual(highest);
    }
  });

  it('read what a person types, and say what is wrong with the rest', () => {
    expect(readThreshold('bulkBytes', '10,000,000')).toBe(10_000_000);
    expect(readThreshold('trwTheta0', '0.9')).toBe(0.9);
    expect(readThreshold('trwTheta0', '1')).toBe('Enter a number from 0.01 to 0.99.');
    expect(readThreshold('robustZ', '')).toBe('Enter a number.');
    expect(readThreshold('robustZ', 'abc')).toBe('Enter a number.');
  });
});
