import { expect, it } from 'vitest';
import { randomInt, seededRandom } from './random';

it('gives the same numbers for a seed, others for another, evenly', () => {
  const draw = (seed: number): number[] => Array.from({ length: 20_000 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1).slice(0, 5)).not.toEqual(draw(2).slice(0, 5));
  const buckets = new Array<number>(10).fill(0);
  for (const value of draw(3)) buckets[Math.floor(value * 10)]! += 1;
  // Chi-squared with 9 degrees of freedom: above 27.9 once in a thousand.
  const chi = buckets.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chi).toBeLessThan(27.9);
});

it('draws whole numbers, both ends included', () => {
  const random = seededRandom(9);
  const seen = new Set(Array.from({ length: 500 }, () => randomInt(random, -1, 2)));
  expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
});
