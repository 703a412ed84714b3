import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatest, least } from '../base/extremes';
import { login, rawSource } from '../../../tests/fixtures/ingest/sources';
import { deduplicate, type ComparableSource } from './duplicates';
import { forEachCommon } from './row-set';

/** A source of rows that are told apart by one number, one row a second; equal numbers are equal rows. */
function source(numbers: readonly number[], name: string): ComparableSource {
  const { segments, sha256 } = rawSource(numbers.map((n) => login({ timeUs: n * 1e6, user: n })));
  const times = numbers.map((n) => n * 1e6);
  return {
    name,
    sha256,
    format: 'syslog',
    segments,
    firstUs: least(times),
    lastUs: greatest(times),
  };
}

function kept(sources: readonly ComparableSource[]): number[] {
  return deduplicate(sources)
    .flatMap(({ segments }) =>
      segments.flatMap((segment) => [
        ...(segment.columns as { user: Uint32Array }).user.subarray(0, segment.length),
      ]),
    )
    .sort((a, b) => a - b);
}

describe('deduplicate', () => {
  it('gives back one log from any set of overlapping exports of it, repeated lines included', () => {
    const log = fc
      .array(fc.integer({ min: 1, max: 3 }), { minLength: 30, maxLength: 60 })
      .map((repeats) => repeats.flatMap((count, second) => new Array<number>(count).fill(second + 1)));
    const cuts = fc.array(fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(log, cuts, (rows, shares) => {
        const last = rows.at(-1)!;
        const exports = shares.map(([a, b], k) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)].map(
            (share) => 1 + Math.floor((share / 100) * last),
          );
          // Exports are cut at whole seconds, as time ranges are.
          return source(
            rows.filter((second) => second >= from! && second <= to!),
            `export-${k}`,
          );
        });
        const union = rows.filter((second) =>
          exports.some(({ firstUs, lastUs }) => second * 1e6 >= firstUs && second * 1e6 <= lastUs),
        );
        expect(kept(exports)).toEqual(union);
      }),
      { numRuns: 60 },
    );
  });

  it('takes a filtered export for a part of the whole one', () => {
    const whole = Array.from({ length: 200 }, (_, i) => i);
    const filtered = whole.filter((n) => n % 7 === 0);
    expect(kept([source(whole, 'a'), source(filtered, 'b')])).toEqual(whole);
    expect(kept([source(filtered, 'b'), source(whole, 'a')])).toEqual(whole);
  });

  it('tells other rows of the same time from an export of them, among however many files', () => {
    const hosts = Array.from({ length: 30 }, (_, host) =>
      Array.from({ length: 40 }, (_, i) => i * 50 + host),
    );
    const apart = hosts.map((rows, host) => source(rows, `host-${host}`));
    const again = source(hosts[20]!, 'again');
    expect(kept(apart)).toHaveLength(1200);
    expect(deduplicate([...apart, { ...again, sha256: 'other' }]).at(-1)).toMatchObject({
      duplicates: 40,
      duplicateOf: 'host-20',
    });
  });

  it('says which source holds most of what was left out', () => {
    const a = source([1, 2, 3, 4], 'a');
    const b = source([3, 4, 5, 6, 7, 8], 'b');
    const c = source([4, 5, 6, 7, 8, 9], 'c');
    const [, second, third] = deduplicate([a, b, c]);
    expect(second).toMatchObject({ duplicates: 2, duplicateOf: 'a' });
    expect(third).toMatchObject({ duplicates: 5, duplicateOf: 'b' });
  });

  it('never compares what is of another format', () => {
    const rows = [1, 2, 3];
    expect(kept([source(rows, 'a'), { ...source(rows, 'b'), format: 'csv' }])).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('copes with rows without a time', () => {
    const unknown = (): ComparableSource => ({ ...source([], 'x'), firstUs: Number.NaN, lastUs: Number.NaN });
    expect(kept([unknown(), unknown()])).toEqual([]);
  });
});

it('forEachCommon finds what both lists hold, and how often', () => {
  const list = fc
    .array(fc.nat({ max: 12 }), { maxLength: 40 })
    .map((values) => Float64Array.from(values).sort());
  fc.assert(
    fc.property(list, list, (a, b) => {
      const found: number[][] = [];
      forEachCommon(a, b, (place, count) =>
        found.push([a[place]!, a.indexOf(a[place]!) === place ? count : -1]),
      );
      const counts = (values: Float64Array, value: number): number =>
        values.filter((other) => other === value).length;
      const expected = [...new Set(a)]
        .map((value) => [value, Math.min(counts(a, value), counts(b, value))])
        .filter(([, count]) => count! > 0);
      expect(found).toEqual(expected);
    }),
  );
});
