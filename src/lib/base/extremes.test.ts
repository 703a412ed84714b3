import { describe, expect, it } from 'vitest';
import { append, greatest, least } from './extremes';

describe('extremes', () => {
  it('are those of Math.min and Math.max, of none and of NaN too', () => {
    for (const values of [[], [3], [3, -1, 7], [1, Number.NaN, 2], [-Infinity, 5]]) {
      expect(least(values)).toBe(Math.min(...values));
      expect(greatest(values)).toBe(Math.max(...values));
    }
  });

  it('hold of more values than a call takes arguments', () => {
    const many = Array.from({ length: 400_000 }, (_, i) => i);
    expect(() => Math.max(...many)).toThrow(RangeError);
    expect([least(many), greatest(many)]).toEqual([0, 399_999]);
    const all: number[] = [];
    append(all, many);
    expect(all.length).toBe(400_000);
  });
});
