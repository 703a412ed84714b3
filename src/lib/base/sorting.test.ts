import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairSet } from './pair-set';
import { argsort, groupBy } from './sorting';

describe('argsort', () => {
  it('sorts microseconds over years as a stable comparison sort does', () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 2e15 }).map((us) => us),
      fc.integer({ min: 1.4e15, max: 1.4e15 + 70_000 }),
      fc.integer({ min: 1.4e9, max: 1.4e9 + 100_000 }).map((s) => s * 1e6),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(fc.array(time, { maxLength: 200 }), (times) => {
        const order = [...argsort(Float64Array.from(times))];
        const expected = times
          .map((_, i) => i)
          .sort((a, b) => {
            const [x, y] = [times[a]!, times[b]!];
            if (Number.isNaN(x) || Number.isNaN(y))
              return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
            return x - y || a - b;
          });
        expect(order).toEqual(expected);
      }),
    );
  });

  it('looks at the first entries only', () => {
    expect([...argsort(Float64Array.of(3, 1, 2, 0), 3)]).toEqual([1, 2, 0]);
  });
});

describe('groupBy', () => {
  it('keeps the given order within a group and leaves out what has none', () => {
    const { starts, order } = groupBy([1, 0, 9, 1, 0], 3);
    expect([...starts]).toEqual([0, 2, 4, 4]);
    expect([...order]).toEqual([1, 4, 0, 3]);
  });
});

describe('PairSet', () => {
  it('numbers pairs in the order of first sight, through any growth', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 300 }), (pairs) => {
        const set = new PairSet(4);
        const known = new Map<string, number>();
        for (const [a, b] of pairs) {
          const key = `${a}/${b}`;
          if (!known.has(key)) known.set(key, known.size);
          expect(set.add(a, b)).toBe(known.get(key));
        }
        expect(set.size).toBe(known.size);
        for (const [a, b] of pairs) expect(set.find(a, b)).toBe(known.get(`${a}/${b}`));
        expect(set.find(41, 7)).toBe(-1);
      }),
    );
  });
});
