import { encodeUtf8 } from '../../base/bytes';
import { formatUtc } from '../../base/time';
import type { Format, Head, ParseContext, RecordParser } from '../format';
import { dayFirstOf } from './csv-guess';
import type { RowWriter } from './csv-rows';
import { CsvParser, refusing, shapeOf, type CsvShape } from './csv-table';
import { isObject } from './json';
import { sinkOver } from './sink-over';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

// Consoles and archives hand over as a table what a log keeps as JSON records: a cell for each field. Each row is made the record that it was.

/** By a column's header in small letters and digits alone: where its cells go in the record, names with dots between, numbers for places in a list. */
export type Places = Readonly<Record<string, string>>;

/** A record while it is made. */
export type NewRecord = Record<string, unknown>;

/** A table whose columns are fields of another format's records. */
export interface RecordTable {
  readonly id: string;
  readonly label: string;
  /** What reads the records. */
  readonly inner: Format;
  /** What reads records that are of other kinds, the first that `takes` one, where a table may hold several. */
  readonly others?: readonly { readonly format: Format; readonly takes: (record: NewRecord) => boolean }[];
  /** Sets of headers, as in Places: a table with all of one set is such a table. */
  readonly needed: readonly (readonly string[])[];
  /** What the rows must hold as well, where the headers are words that many tables have. */
  readonly holds?: RegExp;
  readonly places: Places;
  /** Places of times, which such tables write in UTC, and in the manner of whoever exported them. */
  readonly times: readonly string[];
  /** Puts right what the table writes in another way than the records. `cell`: the row's, by its header as in Places. */
  readonly settle?: (record: NewRecord, cell: (header: string) => string) => void;
}

/** A header in small letters and digits alone, without the zone that some name: `Date (UTC)` is `date`, `TimeGenerated [UTC]` `timegenerated`. */
export function plainHeader(header: string): string {
  return header
    .toLowerCase()
    .replace(/\s*[[(](?:utc|gmt)[\])]$/, '')
    .replace(/[^a-z0-9]/g, '');
}

/** Places of fields that a table names as the records do: `actor.alternateId` under `actoralternateid`. */
export function placesOf(...paths: readonly string[]): Places {
  return Object.fromEntries(paths.map((path) => [plainHeader(path), path]));
}

function isTableOf({ needed }: RecordTable, columns: readonly string[]): boolean {
  const plain = new Set(columns.map(plainHeader));
  return needed.some((names) => names.every((name) => plain.has(name)));
}

const SNIFFED_CHARS = 65_536;

/** The format of such tables. */
export function recordTable(table: RecordTable): Format {
  const { id, label, inner, others = [] } = table;
  return {
    id,
    label,
    framing: 'lines',
    // A quoted cell may hold line ends.
    splittable: false,
    ...(inner.heldOffAsset === true && { heldOffAsset: true }),
    ...(inner.retells === true && { retells: true }),
    tables: [...new Set([inner, ...others.map(({ format }) => format)].flatMap(({ tables }) => tables))],
    sniff: (head) => (columnsIn(table, head) ? 0.97 : 0),
    parser: (context) => parserOf(table, context),
  };
}

/** The table's shape; null where the head is no such table. */
function columnsIn(table: RecordTable, head: Head): CsvShape | null {
  if (/^\s*[{[]/.test(head.text.slice(0, 100))) return null;
  const plain = plainHeader(head.text.slice(0, 8192));
  if (!table.needed.some((names) => names.every((name) => plain.includes(name)))) return null;
  if (table.holds?.test(head.text.slice(0, SNIFFED_CHARS)) === false) return null;
  const shape = shapeOf(head);
  return shape && isTableOf(table, shape.columns) ? shape : null;
}

function parserOf(table: RecordTable, context: ParseContext): RecordParser {
  const shape = columnsIn(table, context.head);
  if (!shape) return refusing(context.sink);
  const names = shape.columns.map(plainHeader);
  const places = names.map((name) => (Object.hasOwn(table.places, name) ? table.places[name] : undefined));
  const dayFirst = places.map((place, i) => place !== undefined && (dayFirstOf(shape.rows, i) ?? false));
  const write = recordWriter(table, context, (cells) => {
    const record: NewRecord = {};
    places.forEach((place, i) => {
      const cell = String(cells[i] ?? '').trim();
      if (place === undefined || cell === '') return;
      const value = table.times.includes(place) ? utcOf(cell, dayFirst[i]) : valueOf(cell);
      put(record, place.split('.'), value);
    });
    table.settle?.(record, (name) => String(cells[names.indexOf(name)] ?? '').trim());
    return record;
  });
  return new CsvParser(context.sink, shape, write);
}

/** A time as records have it; what is none stays as it is, to be rejected with the inner format's words. */
function utcOf(cell: string, dayFirst = false): string {
  return parseTimeText(cell, 'auto', dayFirst) ? formatUtc(parsedTime.us) : cell;
}

/** Hands a record made of each row to the format that reads such records; what it rejects is shown as the row that it was. */
function recordWriter(
  { inner, others = [] }: RecordTable,
  context: ParseContext,
  recordOf: (cells: Parameters<RowWriter>[0]) => NewRecord,
): RowWriter {
  let fault: string | null = null;
  const sink = sinkOver(context.sink, {
    reject: (reason) => {
      fault = reason;
    },
  });
  const main = inner.parser({ ...context, sink });
  const further = others.map(({ format, takes }) => ({ takes, parser: format.parser({ ...context, sink }) }));
  return (cells, offset, line) => {
    const record = recordOf(cells);
    const bytes = encodeUtf8(JSON.stringify(record));
    const parser = further.find(({ takes }) => takes(record))?.parser ?? main;
    fault = null;
    parser.record(bytes, 0, bytes.length, offset, line);
    return fault;
  };
}

/** What a cell says: objects and lists that were written out as JSON, else its text. */
function valueOf(cell: string): unknown {
  if (!/^[{[]/.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    // The one thing JSON.parse can throw: the cell is a text that begins like JSON.
    return cell;
  }
}

function put(record: NewRecord, path: readonly string[], value: unknown): void {
  let at = record;
  path.forEach((name, k) => {
    if (k === path.length - 1) {
      at[name] ??= value;
      return;
    }
    const next = at[name];
    const inner = isObject(next) || Array.isArray(next) ? next : /^\d+$/.test(path[k + 1] ?? '') ? [] : {};
    at[name] = inner;
    at = inner as NewRecord;
  });
}
