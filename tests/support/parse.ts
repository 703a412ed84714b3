import { encodeUtf8 } from '../../src/lib/base/bytes';
import type { SourceId } from '../../src/lib/base/brand';
import type { Format, Head, RecordParser, RecordSink, SourceOptions } from '../../src/lib/formats/format';
import { REPEAT_KIND, REPEAT_NOTE, RepeatBook } from '../../src/lib/ingest/repeats';
import { TableBuilder } from '../../src/lib/tables/builders';
import { SequenceBook, summarize, type SequenceInfo, type SeriesKind } from '../../src/lib/tables/sequences';
import { Dictionaries } from '../../src/lib/tables/dictionaries';
import { assertTablesIntegrity } from '../../src/lib/tables/integrity';
import { SCHEMAS, TABLE_NAMES, type TableName } from '../../src/lib/tables/schemas';
import {
  fromSegmentData,
  lineOf,
  makeTables,
  offsetOf,
  type SegmentData,
  type Table,
  type Tables,
} from '../../src/lib/tables/segment';

export interface ParsedRow {
  readonly offset: number;
  readonly line: number;
  /** Column → number; address and string columns as their text. */
  readonly [column: string]: number | string;
}

export interface Parsed {
  readonly tables: Tables;
  readonly dictionaries: Dictionaries;
  readonly rejected: { reason: string; line: number; text: string }[];
  readonly skipped: Record<string, number>;
  readonly sequences: readonly SequenceInfo[];
  readonly notes: string[];
  /** Records given to the parser. */
  readonly records: number;
  rows(table: TableName): ParsedRow[];
}

const decoder = new TextDecoder();

/** The head of a source, as recognition sees it. */
export function headOf(bytes: Uint8Array, sizeBytes = 1 << 18): Head {
  const cut = bytes.subarray(0, sizeBytes);
  const text = decoder.decode(cut).replace(/^\uFEFF/, '');
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return { bytes: cut, text, lines, isWhole: bytes.length <= sizeBytes };
}

/** Memory for the next builder of this table, as the rows of another file leave it: a column that a parser does not write shows. */
function leaveRows(table: TableName): void {
  const builder = new TableBuilder(table, () => undefined);
  for (const column of Object.values(builder.columns) as Float64Array[]) column.fill(211);
  builder.close();
}

/** A sink that gathers everything, for one parser. */
export class GatheringSink implements RecordSink {
  readonly dictionaries = new Dictionaries();
  readonly segments: SegmentData[] = [];
  readonly #builders = new Map<TableName, TableBuilder<TableName>>();
  readonly rejected: { reason: string; line: number; text: string }[] = [];
  readonly skipped: Record<string, number> = {};
  readonly notes: string[] = [];
  readonly sequences = new SequenceBook();
  readonly repeats = new RepeatBook();

  // A builder holds full columns from its start; each is made when first asked for, as in a real load.
  #builder<T extends TableName>(table: T): TableBuilder<T> {
    let builder = this.#builders.get(table);
    if (!builder) {
      leaveRows(table);
      builder = new TableBuilder(table, (segment) => this.segments.push(segment)) as TableBuilder<TableName>;
      this.#builders.set(table, builder);
    }
    return builder as unknown as TableBuilder<T>;
  }
  get flows(): TableBuilder<'flows'> {
    return this.#builder('flows');
  }
  get logins(): TableBuilder<'logins'> {
    return this.#builder('logins');
  }
  get queries(): TableBuilder<'queries'> {
    return this.#builder('queries');
  }
  get changes(): TableBuilder<'changes'> {
    return this.#builder('changes');
  }

  reject(reason: string, bytes: Uint8Array, start: number, end: number, line: number): void {
    this.rejected.push({ reason, line, text: decoder.decode(bytes.subarray(start, end)) });
  }
  skip(kind: string, times = 1): void {
    this.skipped[kind] = (this.skipped[kind] ?? 0) + times;
  }
  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
  isRepeat(low: number, high: number, offset: number): boolean {
    if (!this.repeats.isRepeat(low, high, offset)) return false;
    this.skip(REPEAT_KIND);
    this.note(REPEAT_NOTE);
    return true;
  }
  number(kind: SeriesKind, series: string, value: number, offset: number, line: number): void {
    this.sequences.add(kind, series, value, offset, line);
  }
  flush(): void {
    for (const builder of this.#builders.values()) builder.flush();
  }
}

/** Cuts [start, end) at line ends and gives each line to `record`; blank lines are counted as ingest does. */
export function feedLines(
  parser: RecordParser,
  sink: RecordSink,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  firstLine = 1,
): number {
  let line = firstLine;
  for (let at = start; at < end; line++) {
    const newline = bytes.indexOf(10, at);
    const next = newline === -1 || newline >= end ? end : newline;
    const lineEnd = next > at && bytes[next - 1] === 13 ? next - 1 : next;
    if (lineEnd === at) sink.skip('blank');
    else parser.record(bytes, at, lineEnd, at, line);
    at = next + 1;
  }
  return line - firstLine;
}

/** Offsets of the top-level JSON objects of JSON lines, an array, or an object that holds one array of objects. */
export function* jsonRecords(bytes: Uint8Array): Generator<{ start: number; end: number; line: number }> {
  const holder = /^\s*\{\s*"\w+"\s*:\s*\[\s*\{/.exec(decoder.decode(bytes.subarray(0, 256)));
  const isHeld = holder !== null && isOneObject(bytes);
  let depth = 0;
  let isText = false;
  let start = -1;
  let line = 1;
  let startLine = 1;
  const recordDepth = isHeld ? 1 : 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === 10) line += 1;
    if (isText) {
      if (byte === 92) i += 1;
      else if (byte === 34) isText = false;
    } else if (byte === 34) isText = true;
    else if (byte === 123) {
      if (depth === recordDepth) {
        start = i;
        startLine = line;
      }
      depth += 1;
    } else if (byte === 125) {
      depth -= 1;
      if (depth === recordDepth && start !== -1) {
        yield { start, end: i + 1, line: startLine };
        start = -1;
      }
    }
  }
}

function isOneObject(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/**
 * Parses a whole source with one format, in one thread, and checks the tables' integrity. `byLine` gives a format with `block` its
 * lines one by one instead, `blockBytes` blocks of about that size (small ones are read without a kernel).
 */
export function parseWith(
  format: Format,
  input: string | Uint8Array,
  settings: { options?: SourceOptions; byLine?: boolean; blockBytes?: number; head?: Head } = {},
): Parsed {
  const bytes = typeof input === 'string' ? encodeUtf8(input) : input;
  const sink = new GatheringSink();
  const head = settings.head ?? headOf(bytes);
  const parser = format.parser({ sink, head, options: settings.options ?? {} });
  let records = 0;
  if (format.framing === 'json') {
    for (const { start, end, line } of jsonRecords(bytes)) {
      parser.record(bytes, start, end, start, line);
      records += 1;
    }
    records += parser.listed ?? 0;
  } else if (format.blocks) {
    const { headerBytes, blockBytes } = format.blocks;
    for (let at = headerBytes; at < bytes.length; at += blockBytes)
      parser.record(bytes, at, Math.min(bytes.length, at + blockBytes), at, 0);
    records = parser.records ?? 0;
  } else if (format.framing === 'whole' || format.framing === 'stream') {
    parser.record(bytes, 0, bytes.length, 0, 1);
    records = format.framing === 'stream' ? (parser.records ?? 0) : 1;
  } else if (parser.block && !settings.byLine) {
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(10, at + (settings.blockBytes ?? bytes.length));
      const end = newline === -1 ? bytes.length : newline + 1;
      records += parser.block(bytes, at, end, at, 1 + records);
      at = end;
    }
  } else records = feedLines(parser, sink, bytes);
  parser.finish?.();
  sink.flush();
  const tables = makeTables(sink.segments.map((data) => fromSegmentData(data, 0 as SourceId)));
  assertTablesIntegrity(tables, sink.dictionaries);
  return {
    tables,
    dictionaries: sink.dictionaries,
    rejected: sink.rejected,
    skipped: sink.skipped,
    notes: sink.notes,
    sequences: summarize(sink.sequences.data()),
    records,
    rows: (table) => rowsOf(tables[table], sink.dictionaries),
  };
}

/** A table as objects, for tests alone. */
export function rowsOf(table: Table, dictionaries: Dictionaries): ParsedRow[] {
  const rows: ParsedRow[] = [];
  for (const segment of table.segments) {
    for (let i = 0; i < segment.length; i++) {
      const row: Record<string, number | string> = {};
      for (const [name, spec] of Object.entries(SCHEMAS[table.name])) {
        const value = (segment.columns as unknown as Record<string, ArrayLike<number>>)[name]![i]!;
        const { dictionary } = spec as { dictionary?: 'address' | 'string' };
        row[name] =
          dictionary === 'address'
            ? dictionaries.addresses.text(value)
            : dictionary === 'string'
              ? dictionaries.strings.text(value)
              : value;
      }
      rows.push({ ...row, offset: offsetOf(segment, i), line: lineOf(segment, i) });
    }
  }
  return rows;
}

/** Rows + skipped + rejected: what must equal the number of records where each record gives at most one row. */
export function accounted(parsed: Parsed): number {
  let count = parsed.rejected.length;
  for (const name of TABLE_NAMES) count += parsed.tables[name].rowCount;
  for (const skipped of Object.values(parsed.skipped)) count += skipped;
  return count;
}
