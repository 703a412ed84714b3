import { describe, expect, it } from 'vitest';
import { endHash } from './packet-hash';

/** How many hashes ends have whose words are chosen so that they fall together where the seed is 0. */
function hashesOf(choose: (i: number) => readonly number[], seed: number): number {
  const hashes = Array.from({ length: 1000 }, (_, i) => endHash(Uint32Array.from(choose(i)), 0, 9200, seed));
  return new Set(hashes).size;
}

/** The third word undoes the fourth, or the second the third, in a product that does not hold the seed. */
const CHOSEN: readonly ((i: number) => readonly number[])[] = [
  (i) => [0x2001_0db8, 0, Math.imul(i, 0x85eb_ca6b) ^ 0x1234, i],
  (i) => [0x2001_0db8, 0, i, Math.imul(i, 0x85eb_ca6b) ^ 0x1234],
  (i) => [0x2001_0db8, Math.imul(i, 0xc2b2_ae35) ^ 0x1234, i, 7],
  (i) => [0x2001_0db8, 0, i << 22, Math.imul(i << 22, 0x85eb_ca6b)],
];

describe('hashes of the ends of conversations', () => {
  it('differ for addresses that somebody chose, whatever the seed', () => {
    for (const choose of CHOSEN)
      for (const seed of [0, 1, 0x9e37_79b1, 0xffff_ffff])
        expect(hashesOf(choose, seed)).toBeGreaterThan(900);
  });
});
