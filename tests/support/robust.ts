import fc from 'fast-check';
import { expect } from 'vitest';
import { encodeUtf8 } from '../../src/lib/base/bytes';
import type { Format, Head } from '../../src/lib/formats/format';
import { TABLE_NAMES } from '../../src/lib/tables/schemas';
import { headOf, parseWith, type Parsed } from './parse';

/** Records that gave at least one row (told apart by their offset), were skipped or rejected: must equal the records given. */
export function recordsAccounted(parsed: Parsed): number {
  const offsets = new Set<number>();
  for (const name of TABLE_NAMES) for (const row of parsed.rows(name)) offsets.add(row.offset);
  let count = offsets.size + parsed.rejected.length;
  for (const skipped of Object.values(parsed.skipped)) count += skipped;
  return count;
}

/**
 * Lines with bytes inserted, cut out and joined at random never throw and never go uncounted; `head` is that of the whole fixture, as
 * a file's later lines meet a parser made for its first.
 */
export function fuzzLines(format: Format, fixture: string, numRuns = 120): void {
  const lines = fixture.split('\n');
  const head = headOf(encodeUtf8(fixture));
  const mutation = fc.tuple(
    fc.constantFrom(...lines),
    fc.nat(300),
    fc.nat(12),
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(' ', '"', '[', ']', '\\', ': ', ' from ', '-'),
    ),
  );
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 8 }), (parts) => {
      const text = parts
        .map(([line, at, cut, insert]) => line.slice(0, at) + insert + line.slice(at + cut))
        .join('\n');
      for (const byLine of [false, true]) {
        const parsed = parseWith(format, text, { head, byLine });
        expect(recordsAccounted(parsed)).toBe(parsed.records);
      }
    }),
    { seed: 7, numRuns },
  );
}

/** JSON records whose values are replaced at random by values of other types never throw and never go uncounted. */
export function fuzzJson(format: Format, records: readonly unknown[], numRuns = 120): void {
  const head = headOf(encodeUtf8(records.map((record) => JSON.stringify(record)).join('\n')));
  const other = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, '', '-', 'AWS Internal', '999.1.1.1', -1, 1e300, [], {}, '9999-99-99T99:99:99Z'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...records), fc.nat(60), other, (record, at, value) => {
      let seen = 0;
      const text = JSON.stringify(record, (key, inner: unknown) =>
        key !== '' && seen++ === at ? value : inner,
      );
      const parsed = parseWith(format, text, { head });
      expect(recordsAccounted(parsed)).toBe(parsed.records);
    }),
    { seed: 7, numRuns },
  );
}

/** A splittable format gives the same rows when another parser starts at any line. */
export function expectSplitInvariance(format: Format, fixture: string, tables = format.tables): void {
  const bytes = encodeUtf8(fixture);
  const head: Head = headOf(bytes);
  const content = (parsed: Parsed): unknown[] =>
    tables.flatMap((table) =>
      parsed.rows(table).map(({ offset: _offset, line: _line, lineAdjust: _adjust, ...row }) => row),
    );
  const whole = parseWith(format, bytes, { head });
  for (let cut = bytes.indexOf(10) + 1; cut > 0 && cut < bytes.length; cut = bytes.indexOf(10, cut) + 1) {
    const parts = [bytes.slice(0, cut), bytes.slice(cut)].map((part) => parseWith(format, part, { head }));
    for (const table of tables) {
      const rows = parts.flatMap((part) =>
        part.rows(table).map(({ offset: _offset, line: _line, lineAdjust: _adjust, ...row }) => row),
      );
      expect(rows).toEqual(
        whole.rows(table).map(({ offset: _offset, line: _line, lineAdjust: _adjust, ...row }) => row),
      );
    }
    expect(parts[0]!.records + parts[1]!.records).toBe(whole.records);
  }
  expect(content(whole).length).toBeGreaterThan(0);
}
