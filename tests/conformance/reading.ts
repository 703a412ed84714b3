import type { SourceId } from '../../src/lib/base/brand';
import type { Format, Head } from '../../src/lib/formats/format';
import { parseRangeAs } from '../../src/lib/ingest/parse-range';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { assertTablesIntegrity } from '../../src/lib/tables/integrity';
import { TABLE_NAMES } from '../../src/lib/tables/schemas';
import { fromSegmentData, makeTables, type Segment } from '../../src/lib/tables/segment';
import { rowsOf } from '../support/parse';

/** All that reading these bytes as this format gives, as text; throws when a record is lost or counted twice, or a table is not whole. */
export async function readingOf(
  format: Format,
  bytes: Uint8Array,
  head: Head,
  sliceBytes: number | (() => number),
): Promise<string> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const segments: Segment[] = [];
  const result = await parseRangeAs(
    format,
    { blob, container: 'none', head, options: {}, range: { index: 0, startByte: 0, endByte: blob.size } },
    { onSegment: (data) => segments.push(fromSegmentData(data, 0 as SourceId)), onProgress: () => undefined },
    undefined,
    { sliceBytes },
  );
  const dictionaries = Dictionaries.fromData(result.dictionaries);
  const tables = makeTables(segments);
  assertTablesIntegrity(tables, dictionaries);
  const rows = TABLE_NAMES.map((table) => rowsOf(tables[table], dictionaries));
  const given = new Set(rows.flat().map((row) => row.offset)).size;
  const skipped = Object.values(result.skipped).reduce((sum, count) => sum + count, 0);
  const { records, lines, rejected, rejectedSamples, isCut } = result;
  if (given + skipped + rejected !== records)
    throw new Error(`${records} records: ${given} gave rows, ${skipped} skipped, ${rejected} rejected`);
  return JSON.stringify([records, lines, result.skipped, rejectedSamples, isCut, rows]);
}
