import { openAsBlob } from 'node:fs';
import { resolve } from 'node:path';
import type { SourceId } from '../../../src/lib/base/brand';
import type { Format, RecordParser } from '../../../src/lib/formats/format';
import { formatById } from '../../../src/lib/formats/registry';
import { sinkOver } from '../../../src/lib/formats/shared/sink-over';
import { REPEAT_KIND } from '../../../src/lib/ingest/repeats';
import { parseRangeAs } from '../../../src/lib/ingest/parse-range';
import { recognize } from '../../../src/lib/ingest/recognize';
import { Dictionaries } from '../../../src/lib/tables/dictionaries';
import { TABLE_NAMES, type TableName } from '../../../src/lib/tables/schemas';
import { fromSegmentData, makeTables, type Segment } from '../../../src/lib/tables/segment';
import { rowsOf, type ParsedRow } from '../../support/parse';
import { SHARED_DATA } from '../../support/shared-data';

export interface OurRow {
  readonly table: TableName;
  readonly row: ParsedRow;
}

/** What we make of a file: rows by the offset of their record, and why a record gave none. */
export interface OurFile {
  readonly format: string;
  readonly rows: ReadonlyMap<number, readonly OurRow[]>;
  readonly without: ReadonlyMap<number, string>;
  /** Every row in the order of the file. */
  readonly rowAt: readonly OurRow[];
}

/** The format, line by line, with a note of what each record that gives no row is put down as. */
function watched(format: Format, without: Map<number, string>): Format {
  return {
    ...format,
    parser(context) {
      const { sink } = context;
      let at = 0;
      const spy = sinkOver(sink, {
        reject(reason, ...rest) {
          without.set(at, `rejected: ${reason}`);
          sink.reject(reason, ...rest);
        },
        skip(kind, times) {
          without.set(at, kind);
          sink.skip(kind, times);
        },
        isRepeat(...hash) {
          const isRepeat = sink.isRepeat(...hash);
          if (isRepeat) without.set(at, REPEAT_KIND);
          return isRepeat;
        },
      });
      const parser = format.parser({ ...context, sink: spy });
      const single: RecordParser = {
        record(bytes, start, end, offset, line) {
          at = offset;
          parser.record(bytes, start, end, offset, line);
        },
        finish: () => parser.finish?.(),
      };
      return single;
    },
  };
}

/** Reads a real file as it is read on the page; null when no format recognizes it. */
export async function readOurs(path: string): Promise<OurFile | null> {
  const blob = await openAsBlob(resolve(SHARED_DATA, path));
  const { head, container, ranking, failure } = await recognize(blob);
  const format = ranking[0] && formatById(ranking[0].formatId);
  if (failure || !format || format.mapped?.needsMapping(head, {})) return null;
  const without = new Map<number, string>();
  const segments: Segment[] = [];
  const result = await parseRangeAs(
    watched(format, without),
    { blob, container, head, options: {}, range: { index: 0, startByte: 0, endByte: blob.size } },
    { onSegment: (data) => segments.push(fromSegmentData(data, 0 as SourceId)), onProgress: () => undefined },
  );
  const tables = makeTables(segments);
  const dictionaries = Dictionaries.fromData(result.dictionaries);
  const rows = new Map<number, OurRow[]>();
  for (const table of TABLE_NAMES) {
    for (const row of rowsOf(tables[table], dictionaries)) {
      const list = rows.get(row.offset) ?? [];
      list.push({ table, row });
      rows.set(row.offset, list);
    }
  }
  const rowAt = [...rows].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
  return { format: format.id, rows, without, rowAt };
}
