import { INNER_FORMATS } from './csv';
import type {
  Format,
  Head,
  ParseContext,
  RecordParser,
  RecordSink,
  SourceOptions,
  TablePreview,
} from './format';
import { dayFirstOf, guessMapping } from './shared/csv-guess';
import { carriesMessages, messageReader } from './shared/csv-messages';
import { rowWriter, type RowWriter } from './shared/csv-rows';
import { eventOf, flatFields, recordsIn } from './shared/json-flat';
import { parseJsonObject, type JsonObject } from './shared/json';
import { NOT_JSON } from './shared/reject-reasons';
import { headRecords } from './shared/sniff-json';
import { parseTimeText } from './shared/time-text';

const PREVIEW_ROWS = 20;

interface Shape {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The fields of the head's records as columns, in the order in which they come up; null when the head is no JSON. */
function shapeOf(head: Head): Shape | null {
  const records = headRecords(head).map((record) => flatFields(eventOf(record)));
  const columns = [...new Set(records.flatMap((fields) => [...fields.keys()]))];
  if (columns.length < 2) return null;
  return { columns, rows: records.map((fields) => columns.map((name) => fields.get(name) ?? '')) };
}

/** Whether rows come of the records without a person's help. */
function isUnderstood({ columns, rows }: Shape): boolean {
  return guessMapping(columns, rows, '').isEnough || carriesMessages(columns, rows, INNER_FORMATS);
}

/** Whether some field holds times: without one no row can be made, whatever a person says of the fields. */
function hasTimes({ columns, rows }: Shape): boolean {
  return columns.some((_, i) => {
    const values = rows.map((row) => row[i] ?? '').filter((value) => value !== '');
    return values.length > 0 && values.every((value) => parseTimeText(value));
  });
}

function preview(head: Head): TablePreview | null {
  const shape = shapeOf(head);
  if (!shape) return null;
  const { columns, rows } = shape;
  return {
    formatId: jsonTable.id,
    delimiter: '',
    columns,
    rows: rows.slice(0, PREVIEW_ROWS),
    guess: guessMapping(columns, rows, '').mapping,
  };
}

function isNamed(options: SourceOptions): boolean {
  return options.mapping !== undefined && Object.keys(options.mapping.columns).length > 0;
}

function needsMapping(head: Head, options: SourceOptions): boolean {
  if (isNamed(options)) return false;
  const shape = shapeOf(head);
  return !shape || !isUnderstood(shape);
}

class JsonTableParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #columns: readonly string[];
  readonly #write: RowWriter | null;
  readonly #areLines: boolean;

  constructor(
    sink: RecordSink,
    columns: readonly string[],
    write: RowWriter | null,
    { areLines = false } = {},
  ) {
    this.#sink = sink;
    this.#columns = columns;
    this.#write = write;
    this.#areLines = areLines;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const record = parseJsonObject(bytes, start, end);
    const reason = record ? this.#all(recordsIn(record), offset, line) : NOT_JSON;
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  /** A record is rejected only when nothing of it could be read. */
  #all(records: readonly JsonObject[], offset: number, line: number): string | null {
    // A line may rightly give no row, which is counted for the record as a whole: then one record must be one line.
    if (this.#areLines && records.length > 1)
      return 'its hits carry log lines: export them as JSON lines, one hit a line';
    let fault: string | null = null;
    let rows = 0;
    for (const record of records) {
      const reason = this.#read(flatFields(eventOf(record)), offset, line);
      if (reason === null) rows += 1;
      else fault ??= reason;
    }
    if (fault !== null && rows > 0)
      this.#sink.note(`Some hits of a search could not be read; the first because ${fault}.`);
    return rows > 0 ? null : fault;
  }

  #read(fields: ReadonlyMap<string, string>, offset: number, line: number): string | null {
    if (!this.#write)
      return 'nothing says which fields hold the time and who did it: name them in the mapping';
    return this.#write(
      this.#columns.map((name) => fields.get(name) ?? ''),
      offset,
      line,
    );
  }
}

function parser(context: ParseContext): RecordParser {
  const { sink, head, options } = context;
  const { columns, rows } = shapeOf(head) ?? { columns: [], rows: [] };
  const messages = isNamed(options) ? null : messageReader(columns, rows, INNER_FORMATS, context);
  if (messages) {
    sink.note(messages.note);
    return new JsonTableParser(sink, columns, messages.write, { areLines: true });
  }
  const guess = guessMapping(columns, rows, '');
  const mapping = isNamed(options) ? options.mapping : guess.isEnough ? guess.mapping : undefined;
  if (!mapping) return new JsonTableParser(sink, columns, null);
  // A field that the head does not have may come up later.
  const all = [...new Set([...columns, ...Object.values(mapping.columns)])];
  const timeAt = all.indexOf(mapping.columns[mapping.table === 'flows' ? 'startUs' : 'timeUs'] ?? '');
  if (!isNamed(options)) {
    const pairs = Object.entries(mapping.columns).map(([column, name]) => `${column} from "${name}"`);
    sink.note(`The fields were recognized by their names: ${pairs.join(', ')}.`);
  }
  return new JsonTableParser(
    sink,
    all,
    rowWriter(mapping, all, sink, timeAt === -1 ? false : (dayFirstOf(rows, timeAt) ?? false)),
  );
}

/** JSON records of any origin, one object a record, whose fields their names or a person explain; a search's hits among them. */
export const jsonTable: Format = {
  id: 'json-table',
  label: 'JSON records of any kind',
  framing: 'json',
  splittable: true,
  tables: ['flows', 'logins', 'queries', 'changes'],
  mapped: { preview, needsMapping },
  sniff(head) {
    const shape = shapeOf(head);
    if (!shape) return 0;
    if (isUnderstood(shape)) return 0.4;
    return hasTimes(shape) ? 0.15 : 0;
  },
  parser,
};
