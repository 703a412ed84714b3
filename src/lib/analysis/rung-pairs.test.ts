import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairSet } from '../base/pair-set';
import { RungPairs } from './rung-pairs';

describe('RungPairs', () => {
  it('numbers pairs as a set of pairs does, however often and in whatever order they come', () => {
    const pair = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 40 }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 1500 }), (list) => {
        const pairs = new RungPairs(6, 0);
        const set = new PairSet();
        for (const [actor, service] of list) expect(pairs.add(actor, service)).toBe(set.add(actor, service));
        expect(pairs.size).toBe(set.size);
        expect([...pairs.first.subarray(0, pairs.size)]).toEqual([...set.first.subarray(0, set.size)]);
      }),
    );
  });
});
