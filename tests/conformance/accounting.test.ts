import { existsSync, openAsBlob, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../../src/lib/base/brand';
import { toFailure } from '../../src/lib/base/result';
import type { Format, RecordParser } from '../../src/lib/formats/format';
import { formatById } from '../../src/lib/formats/registry';
import { ingestFile } from '../../src/lib/ingest/ingest-file';
import { parseRangeAs } from '../../src/lib/ingest/parse-range';
import { recognize } from '../../src/lib/ingest/recognize';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { assertTablesIntegrity } from '../../src/lib/tables/integrity';
import { UNRECOGNIZED } from './unrecognized';
import { makeTables, offsetOf, type Segment } from '../../src/lib/tables/segment';

const DATA = resolve('../shared/data');

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The same format without its block reader: each line is given on its own. */
function lineByLine(format: Format): Format {
  return {
    ...format,
    parser(context) {
      const parser = format.parser(context);
      const single: RecordParser = {
        record: (...record) => parser.record(...record),
        finish: () => parser.finish?.(),
      };
      return single;
    },
  };
}

/** Records that gave rows: rows of one record share its offset. */
function recordsWithRows(segments: readonly Segment[]): number {
  const offsets = new Set<number>();
  for (const segment of segments) for (let i = 0; i < segment.length; i++) offsets.add(offsetOf(segment, i));
  return offsets.size;
}

interface Tally {
  files: number;
  records: number;
  rows: number;
  skipped: number;
  rejected: number;
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** Reads one file both ways; returns what is wrong with its accounts. */
async function account(
  path: string,
  tallies: Map<string, Tally>,
  failures: Map<string, number>,
  unread: string[],
): Promise<string[]> {
  const blob = await openAsBlob(path);
  const dictionaries = new Dictionaries();
  const input = { blob, name: path, lastModifiedMs: statSync(path).mtimeMs };
  const result = await ingestFile(input, 0 as SourceId, dictionaries);
  if (!result.ok) {
    unread.push(relative(DATA, path));
    const what = result.error.what.replace(/: .*$/s, '');
    failures.set(what, (failures.get(what) ?? 0) + 1);
    return what === '' ? ['a failure without a word'] : [];
  }
  const source = result.value;
  const wrong: string[] = [];
  assertTablesIntegrity(makeTables(source.segments), dictionaries);

  const { head, container } = await recognize(blob);
  const again = await parseRangeAs(
    lineByLine(formatById(source.format) as Format),
    { blob, container, head, options: {}, range: { index: 0, startByte: 0, endByte: blob.size } },
    { onSegment: () => undefined, onProgress: () => undefined },
    undefined,
    // A prime that cuts records everywhere; packed sources are cut where their pieces end.
    { sliceBytes: 65_521 },
  );
  const differing = (['records', 'lines', 'rejected', 'rows', 'skipped', 'isCut'] as const).filter(
    (key) => JSON.stringify(again[key]) !== JSON.stringify(source[key]),
  );
  if (differing.length > 0) wrong.push(`differs when cut otherwise: ${differing.join(', ')}`);
  const skipped = sum(source.skipped);
  const given = recordsWithRows(source.segments);
  if (given + skipped + source.rejected !== source.records)
    wrong.push(
      `${source.records} records: ${given} gave rows, ${skipped} skipped, ${source.rejected} rejected`,
    );

  const tally = tallies.get(source.format) ?? { files: 0, records: 0, rows: 0, skipped: 0, rejected: 0 };
  tally.files += 1;
  tally.records += source.records;
  tally.rows += sum(source.rows);
  tally.skipped += skipped;
  tally.rejected += source.rejected;
  tallies.set(source.format, tally);
  return wrong;
}

describe('every file of the shared data', () => {
  const files = filesBelow(DATA);
  if (files.length === 0) console.log(`accounting: 0 files, ${DATA} is not here`);

  it.skipIf(files.length === 0)(
    'is read without a throw, each record accounted for once, wherever it is cut',
    async () => {
      const tallies = new Map<string, Tally>();
      const failures = new Map<string, number>();
      const wrong: string[] = [];
      const unread: string[] = [];
      for (const path of files) {
        try {
          for (const what of await account(path, tallies, failures, unread))
            wrong.push(`${relative(DATA, path)}: ${what}`);
        } catch (caught) {
          wrong.push(`${relative(DATA, path)}: threw ${toFailure(caught).what}`);
        }
      }
      console.log(`accounting: ${files.length} files`);
      console.table(Object.fromEntries(tallies));
      console.table(Object.fromEntries(failures));
      expect(wrong).toEqual([]);
      const unexplained = unread.filter((path) => !UNRECOGNIZED.some(([pattern]) => pattern.test(path)));
      expect(unexplained, 'not recognized, and no reason is listed').toEqual([]);
      for (const [pattern, count, , lacks] of UNRECOGNIZED) {
        const excused = unread.filter((path) => pattern.test(path));
        expect(excused.length, String(pattern)).toBe(count);
        const holding = excused.filter((path) => lacks?.test(readFileSync(join(DATA, path), 'utf8')));
        expect(holding, 'excused, but it holds records').toEqual([]);
      }
    },
    300_000,
  );
});
