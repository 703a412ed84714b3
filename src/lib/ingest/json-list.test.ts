import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFormat, TimesParser, type Seen } from '../../../tests/fixtures/ingest/formats';
import { listShapeOf, seamsMeet } from './json-list';
import { parseRangeAs, type RangeResult } from './parse-range';
import { planRanges, type ByteRange } from './plan';
import { recognize } from './recognize';

interface Read {
  /** Each record with its place, lines counted through the file. */
  readonly seen: readonly Seen[];
  readonly account: unknown;
  readonly ranges: number;
  /** Whether all ranges began where the one before ended. */
  readonly isRight: boolean;
}

async function read(text: string, most: number): Promise<Read> {
  const blob = new Blob([text]);
  // The head of a file that is worth sharing out never reaches its end.
  const { head } = await recognize(blob.slice(0, Math.min(4000, blob.size >> 1)));
  const count = listShapeOf(head) ? most : 1;
  const seen: Seen[] = [];
  const results: RangeResult[] = [];
  let lines = 0;
  for (let index = 0; index < count; index++) {
    const range: ByteRange = {
      index,
      startByte: Math.floor((blob.size * index) / count),
      endByte: Math.floor((blob.size * (index + 1)) / count),
    };
    let parser: TimesParser | undefined;
    const format = jsonFormat((sink) => (parser = new TimesParser(sink)));
    const result = await parseRangeAs(
      format,
      { blob, container: 'none', head, options: {}, range },
      { onSegment: () => undefined, onProgress: () => undefined },
    );
    for (const record of parser?.seen ?? []) seen.push({ ...record, line: record.line + lines });
    lines += result.lines;
    results.push(result);
  }
  const sum = (of: (result: RangeResult) => number): number => results.reduce((total, r) => total + of(r), 0);
  const reasons = results.flatMap(({ rejectedByReason, skipped, notes }) => [
    ...Object.keys({ ...rejectedByReason, ...skipped }),
    ...notes,
  ]);
  return {
    seen,
    account: {
      records: sum(({ records }) => records),
      rejected: sum(({ rejected }) => rejected),
      lines,
      reasons: [...new Set(reasons)].sort(),
      isCut: results.some(({ isCut }) => isCut),
    },
    ranges: count,
    isRight: results.every(
      ({ seams }, i) => i === 0 || seamsMeet(results[i - 1]?.seams?.next ?? null, seams?.first ?? null),
    ),
  };
}

const record = (t: number) => ({
  id: `r${t}`,
  t,
  text: 'a},{"id":"x","t":1} \\" {',
  parts: [
    { id: 1, name: '},{' },
    { id: 2, name: 'b' },
  ],
});
const records = (count: number) => Array.from({ length: count }, (_, t) => record(t));

describe('a list of records in ranges', () => {
  it.each([
    ['an array', JSON.stringify(records(300))],
    ['an array over many lines', JSON.stringify(records(300), null, 2)],
    [
      'an array with a record a line',
      `[\n${records(300)
        .map((r) => JSON.stringify(r))
        .join(',\n')}\n]\n`,
    ],
    ['a delivery', JSON.stringify({ version: 1, Records: records(300), next: { id: 'r', t: 1 } })],
    ['a delivery over many lines', `${JSON.stringify({ Records: records(300) }, null, '\t')}\r\n`],
    [
      'the answer of a search',
      JSON.stringify({ value: records(300), '@odata.nextLink': 'https://example.test' }),
    ],
    ['a list that is cut off', JSON.stringify({ Records: records(300) }).slice(0, -500)],
  ])('reads %s as it does in one piece', async (_, text) => {
    const whole = await read(text, 1);
    expect(whole.seen.length).toBeGreaterThan(20);
    for (const count of [2, 3, 7, 20])
      expect(await read(text, count)).toEqual({ ...whole, ranges: count, isRight: true });
  });

  it('tells when a record was looked for in vain, or found where none begins', async () => {
    const nested = { ...record(1), parts: records(100) };
    const text = JSON.stringify([...records(30), nested, record(31)]);
    expect((await read(text, 3)).isRight).toBe(false);
    const unlike = JSON.stringify([...records(50), ...Array.from({ length: 900 }, (_, t) => ({ t }))]);
    expect((await read(unlike, 3)).isRight).toBe(false);
  });

  it('gives what one piece gives, or says that it may not', async () => {
    let right = 0;
    const damaged = fc.tuple(
      fc.array(fc.record({ t: fc.nat(), text: fc.string(), more: fc.array(fc.json()) }), { minLength: 8 }),
      fc.constantFrom<string | number>('', 1, '\t'),
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\n x')), { maxLength: 2 }),
      fc.integer({ min: 2, max: 9 }),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async ([list, indent, isWrapped, changes, count]) => {
        let text = JSON.stringify(isWrapped ? { Records: list } : list, null, indent);
        for (const [place, character] of changes) {
          const at = place % text.length;
          text = text.slice(0, at) + character + text.slice(at + 1);
        }
        const shared = await read(text, count);
        if (!shared.isRight || shared.ranges === 1) return;
        if (changes.length === 0) right += 1;
        expect(shared).toEqual({ ...(await read(text, 1)), ranges: count });
      }),
      { numRuns: 300 },
    );
    expect(right).toBeGreaterThan(20);
  });

  it('is shared out where the head shows it, and JSON of another make is not', async () => {
    const planOf = async (text: string): Promise<number> => {
      const { head } = await recognize(new Blob([text]));
      return planRanges(
        64 * 1024 * 1024,
        jsonFormat((sink) => new TimesParser(sink)),
        'none',
        4,
        head,
      ).length;
    };
    expect(await planOf(JSON.stringify(records(3000)))).toBe(4);
    expect(await planOf(JSON.stringify({ Records: records(3000) }))).toBe(4);
    expect(
      await planOf(
        records(9)
          .map((r) => JSON.stringify(r, null, 1))
          .join('\n'),
      ),
    ).toBe(1);
    expect(await planOf(JSON.stringify({ a: records(3000) }))).toBe(1);
  });
});
