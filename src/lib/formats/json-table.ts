import type { Format, Head, RecordParser, RecordSink } from './format';
import { INNER_FORMATS, INNER_FORMATS_IN_ORDER } from './inner-formats';
import { innerFormat } from './shared/csv-messages';
import type { Cell } from './shared/csv-rows';
import { parseJsonObject, type JsonObject } from './shared/json';
import { JsonCells } from './shared/json-cells';
import { eventOf, flatFields, mayWrap, recordsIn, WRAPPER_KEYS } from './shared/json-flat';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import {
  isUnderstood,
  needsNames,
  previewOf,
  readingOf,
  type TableReading,
  type TableShape,
} from './shared/named-columns';
import { NOT_JSON } from './shared/reject-reasons';
import { headRecords } from './shared/sniff-json';
import { parseTimeText } from './shared/time-text';

/** The fields of the head's records as columns, in the order in which they come up; null when the head is no JSON. */
function shapeOf(head: Head): TableShape | null {
  const records = headRecords(head).map((record) => flatFields(eventOf(record)));
  const columns = [...new Set(records.flatMap((fields) => [...fields.keys()]))];
  if (columns.length < 2) return null;
  const rows = records.map((fields) => columns.map((name) => fields.get(name) ?? ''));
  return { columns, rows, delimiter: '' };
}

/** Whether some field holds times: without one no row can be made, whatever a person says of the fields. */
function hasTimes({ columns, rows }: TableShape): boolean {
  return columns.some((_, i) => {
    const values = rows.map((row) => row[i] ?? '').filter((value) => value !== '');
    return values.length > 0 && values.every((value) => parseTimeText(value));
  });
}

class JsonTableParser implements RecordParser {
  readonly objects: JsonReader | undefined;
  readonly #sink: RecordSink;
  readonly #reading: TableReading;
  readonly #fields: JsonCells | null;

  /** `isWrapped`: whether the head's records are a search's hits, which must be read whole to be told from events. */
  constructor(sink: RecordSink, reading: TableReading, isWrapped: boolean) {
    this.#sink = sink;
    this.#reading = reading;
    this.#fields = reading.write ? JsonCells.of(reading.columns) : null;
    if (this.#fields && !isWrapped)
      this.objects = new JsonReader({ ...this.#fields.wanted, ...wantedAt(...WRAPPER_KEYS) });
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const picked = this.objects?.read(bytes, start, end);
    const cells = picked && !mayWrap(picked) ? this.#fields?.cells(picked) : undefined;
    let reason: string | null;
    if (picked === null) reason = NOT_JSON;
    else if (cells) reason = this.#write(cells, offset, line);
    else {
      const record = parseJsonObject(bytes, start, end);
      reason = record ? this.#all(recordsIn(record), offset, line) : NOT_JSON;
    }
    if (reason !== null) this.#sink.reject(reason, bytes, start, end, line);
  }

  /** A record is rejected only when nothing of it could be read. */
  #all(records: readonly JsonObject[], offset: number, line: number): string | null {
    // A line may rightly give no row, which is counted for the record as a whole: then one record must be one line.
    if (this.#reading.areLines && records.length > 1)
      return 'its hits carry log lines: export them as JSON lines, one hit a line';
    let fault: string | null = null;
    let rows = 0;
    for (const record of records) {
      const reason = this.#write(this.#cells(eventOf(record)), offset, line);
      if (reason === null) rows += 1;
      else fault ??= reason;
    }
    if (fault !== null && rows > 0)
      this.#sink.note(`Some hits of a search could not be read; the first because ${fault}.`);
    return rows > 0 ? null : fault;
  }

  #cells(event: JsonObject): readonly Cell[] {
    const cells = this.#fields?.cells(event);
    if (cells) return cells;
    const fields = flatFields(event);
    return this.#reading.columns.map((name) => fields.get(name) ?? '');
  }

  finish(): void {
    this.#reading.finish?.();
  }

  #write(cells: readonly Cell[], offset: number, line: number): string | null {
    return this.#reading.write
      ? this.#reading.write(cells, offset, line)
      : 'nothing says which fields hold the time and who did it: name them in the mapping';
  }
}

function parserWith(inner: readonly Format[]): Format['parser'] {
  return (context) => {
    const shape = shapeOf(context.head) ?? { columns: [], rows: [], delimiter: '' };
    const reading = readingOf(shape, context, inner, 'fields');
    return new JsonTableParser(context.sink, reading, headRecords(context.head).some(mayWrap));
  };
}

/** JSON records of any origin, one object a record, whose fields their names or a person explain; a search's hits among them. */
export const jsonTable: Format = {
  id: 'json-table',
  label: 'JSON records of any kind',
  framing: 'json',
  splittable: true,
  tables: ['flows', 'logins', 'queries', 'changes'],
  mapped: {
    preview(head) {
      const shape = shapeOf(head);
      return shape && previewOf(jsonTable.id, shape);
    },
    needsMapping: (head, options) => needsNames(shapeOf(head), options, INNER_FORMATS),
  },
  sniff(head) {
    const shape = shapeOf(head);
    if (!shape) return 0;
    if (isUnderstood(shape, INNER_FORMATS)) return 0.4;
    return hasTimes(shape) ? 0.15 : 0;
  },
  parser: parserWith(INNER_FORMATS),
};

const READ_IN_ORDER = INNER_FORMATS_IN_ORDER.filter((format) => !INNER_FORMATS.includes(format));

/** JSON records that hold whole lines of a log each of whose lines needs those before it: they are read in one piece. */
export const jsonLogLines: Format = {
  id: 'json-log-lines',
  label: 'JSON records around a log’s lines',
  framing: 'json',
  splittable: false,
  tables: ['logins', 'queries', 'changes'],
  sniff(head) {
    const shape = shapeOf(head);
    const inner = shape && innerFormat(shape.columns, shape.rows, INNER_FORMATS_IN_ORDER);
    return inner && READ_IN_ORDER.includes(inner) ? 0.5 : 0;
  },
  parser: parserWith(INNER_FORMATS_IN_ORDER),
};
