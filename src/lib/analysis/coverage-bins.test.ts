import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinMerger, CountedBins } from './coverage-bins';

const GRID = { fromUs: 1_000_000, binUs: 100 };

/** What is counted, told by bin from one list of events: as plain as it can be. */
function expectedOf(
  events: readonly number[],
): Record<number, { count: number; first: number; last: number }> {
  const found: Record<number, { count: number; first: number; last: number }> = {};
  for (const us of events) {
    const bin = Math.floor(us / GRID.binUs);
    const at = us - bin * GRID.binUs;
    const known = (found[bin] ??= { count: 0, first: at, last: at });
    known.count += 1;
    known.first = Math.min(known.first, at);
    known.last = Math.max(known.last, at);
  }
  return found;
}

describe('BinMerger', () => {
  it('gives every bin its events and its first and last moment, in whatever order and over however many streams they come', () => {
    const times = fc.array(fc.integer({ min: -500, max: 20_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 3 }), fc.boolean(), (logs, newestFirst) => {
        const streams = logs.map((log) => {
          const stream = new CountedBins(GRID);
          const rows = newestFirst ? [...log].sort((a, b) => b - a) : log;
          for (const us of rows) stream.count(GRID.fromUs + us, GRID.fromUs + us, 1);
          stream.settle();
          return stream;
        });
        const expected = expectedOf(logs.flat());
        const { bins } = new BinMerger(GRID).merge(streams);
        const base = (bins.fromUs - GRID.fromUs) / GRID.binUs;
        const found = Object.fromEntries(
          [...bins.counts].flatMap((count, i) =>
            count === 0 ? [] : [[base + i, { count, first: bins.first[i], last: bins.last[i] }]],
          ),
        );
        expect(found).toEqual(expected);
        expect(bins.counts).toHaveLength(Math.max(...Object.keys(expected).map(Number)) + 1 - base);
      }),
    );
  });

  it('forgets the streams merged before', () => {
    const merger = new BinMerger(GRID);
    const stream = (us: number): CountedBins => {
      const made = new CountedBins(GRID);
      made.count(GRID.fromUs + us, GRID.fromUs + us, 3);
      made.watch(Math.floor(us / GRID.binUs) + 1);
      return made;
    };
    merger.merge([stream(0), stream(950)]);
    const { bins, watched } = merger.merge([stream(450)]);
    expect(bins.fromUs).toBe(GRID.fromUs + 400);
    expect([...bins.counts]).toEqual([3, 0]);
    expect([...watched]).toEqual([0, 1]);
  });
});
