import { describe, expect, it } from 'vitest';
import { DEFAULT_THRESHOLDS } from '../analysis/parameters';
import { CELL_IDS } from './document';
import {
  groupThresholds,
  matchesThreshold,
  readThreshold,
  THRESHOLD_WORDS,
  thresholdsOf,
} from './thresholds';

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

  it('say of each other one what it is, and are told apart by their labels', () => {
    for (const cell of CELL_IDS) {
      const labels = thresholdsOf(cell).map((name) => THRESHOLD_WORDS[name].label);
      expect(new Set(labels).size, cell).toBe(labels.length);
      for (const name of thresholdsOf(cell)) expect(THRESHOLD_WORDS[name].help, name).toMatch(/\.$/);
    }
  });

  it('fold away what few will change, under headings, without losing one', () => {
    const names = thresholdsOf('noise');
    const { main, groups } = groupThresholds(names);
    expect(main).toContain('guessFailures');
    expect(groups.length).toBeGreaterThan(3);
    expect([...main, ...groups.flatMap((group) => group.names)].toSorted()).toEqual(names.toSorted());
  });

  it('are found by any of their words, in any case', () => {
    const found = thresholdsOf('noise').filter((name) => matchesThreshold(name, 'zeek PORT scan::'));
    expect(found).toEqual(['scanPorts']);
  });
});
