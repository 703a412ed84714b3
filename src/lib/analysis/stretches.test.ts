import { describe, expect, it } from 'vitest';
import { common, coveredWithin, joined, lengthOf, without } from './stretches';

const s = (fromUs: number, toUs: number): { fromUs: number; toUs: number } => ({ fromUs, toUs });

describe('stretches', () => {
  it('join where they overlap or touch', () => {
    expect(joined([s(5, 8), s(0, 2), s(2, 4), s(7, 9), s(3, 3)])).toEqual([s(0, 4), s(5, 9)]);
  });

  it('lose what lies in a hole, also at both ends and in the middle', () => {
    expect(without([s(0, 10)], [s(-1, 1), s(4, 5), s(9, 12)])).toEqual([s(1, 4), s(5, 9)]);
    expect(without([s(0, 10)], [s(0, 10)])).toEqual([]);
  });

  it('keep what lies in both', () => {
    expect(common([s(0, 5), s(8, 12)], [s(3, 9), s(11, 20)])).toEqual([s(3, 5), s(8, 9), s(11, 12)]);
  });

  it('count what is covered of a span', () => {
    expect(coveredWithin([s(0, 5), s(8, 12)], 4, 10)).toBe(3);
    expect(coveredWithin([s(0, 5)], 6, 7)).toBe(0);
    expect(lengthOf([s(0, 5), s(8, 12)])).toBe(9);
  });
});
