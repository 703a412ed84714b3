import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceBook, summarize, type SequenceInfo } from './sequences';

/** Summary of one series' numbers, one a line, read in ranges that are cut at `cuts`. */
function summaryOf(numbers: readonly number[], cuts: readonly number[] = []): SequenceInfo | undefined {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), numbers.length];
  const merged = new SequenceBook();
  for (let range = 1; range < edges.length; range++) {
    const book = new SequenceBook();
    const from = edges[range - 1]!;
    numbers
      .slice(from, edges[range])
      .forEach((value, i) => book.add('journal', 'host', value, (from + i) * 100, i + 1));
    merged.addAll(book.data(), from);
  }
  return summarize(merged.data())[0];
}

const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('record numbers', () => {
  it('tell which are missing, and where', () => {
    const info = summaryOf([...upTo(100), ...upTo(100, 111)]);
    expect(info).toMatchObject({ numbers: 200, missing: 10, breaks: 1, restarts: 0 });
    expect(info?.gaps).toEqual([
      { name: 'host', after: 100, before: 111, afterOffset: 9900, beforeOffset: 10_000, line: 101 },
    ]);
  });

  it('may come out of order, several a number, or newest first', () => {
    expect(summaryOf([1, 3, 2, 2, 5, 4, 6])).toMatchObject({ numbers: 6, missing: 0, breaks: 0 });
    expect(summaryOf(upTo(5000).reverse())).toMatchObject({ numbers: 5000, breaks: 0, restarts: 0 });
  });

  it('begin anew after a restart, which is no break', () => {
    expect(summaryOf([...upTo(3000, 5001), ...upTo(500)])).toMatchObject({ breaks: 0, restarts: 1 });
  });

  it('say that an export of chosen records is scattered, without growing with it', () => {
    const info = summaryOf(upTo(20_000).map((n) => n * 7));
    expect(info).toMatchObject({ scattered: 1, gaps: [], records: 20_000 });
  });

  it('come out the same however a file is shared out', () => {
    const steps = fc.array(
      fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.integer({ min: -1500, max: 40 })),
      {
        minLength: 1,
        maxLength: 400,
      },
    );
    fc.assert(
      fc.property(steps, fc.array(fc.nat(400), { maxLength: 5 }), (list, cuts) => {
        let at = 100_000;
        const numbers = list.map((step) => (at += step));
        const inside = cuts.map((cut) => cut % (numbers.length + 1));
        expect(summaryOf(numbers, inside)).toEqual(summaryOf(numbers));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
