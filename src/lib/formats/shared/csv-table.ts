import Papa from 'papaparse';
import { encodeUtf8 } from '../../base/bytes';
import type { Head, RecordParser, RecordSink } from '../format';
import { isDataCell } from './csv-guess';
import { CsvRecordCutter, type CsvRecord } from './csv-records';
import type { RowWriter } from './csv-rows';
import type { TableShape } from './named-columns';

const DELIMITERS = [',', '\t', ';', '|'];
const SNIFFED_RECORDS = 40;
/** Records parsed in one call: the call's set-up costs more than a short record. */
const BATCH_RECORDS = 512;
const BATCH_CHARS = 1 << 19;

function splitRecords(text: string, delimiter: string): string[][] {
  // The record cutter has made line ends uniform and dropped blank lines outside of quotes.
  return Papa.parse<string[]>(text, { delimiter, newline: '\n', quoteChar: '"' }).data;
}

/** The head's first records as text, cut with this delimiter; the last one is left out when the head ends within the source. */
function headRecords(head: Head, delimiter: string): string[] {
  const records: string[] = [];
  const cutter = new CsvRecordCutter(
    delimiter,
    (record) => records.push(record.text),
    () => undefined,
  );
  const lines = head.isWhole ? head.lines : head.lines.slice(0, -1);
  for (let i = 0; i < lines.length && records.length < SNIFFED_RECORDS; i++) {
    const line = lines[i] as string;
    if (!cutter.isOpen && line.trim() === '') continue;
    const bytes = encodeUtf8(line);
    cutter.line(bytes, 0, bytes.length, 0, i + 1);
  }
  return records;
}

/** A delimited table as its head shows it. */
export interface CsvShape extends TableShape {
  /** Records before the header: a title, comments. */
  readonly preamble: number;
  readonly hasHeader: boolean;
  /** Share of the records that have as many cells as most. */
  readonly regularity: number;
}

function shapeWith(head: Head, delimiter: string): CsvShape | null {
  const cells = splitRecords(headRecords(head, delimiter).join('\n'), delimiter);
  const counts = new Map<number, number>();
  for (const row of cells) counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
  let width = 0;
  for (const [count, rows] of counts) if (count > 1 && rows > (counts.get(width) ?? 0)) width = count;
  if (width < 2) return null;
  const preamble = cells.findIndex((row) => row.length === width);
  const first = cells[preamble] ?? [];
  const hasHeader = !first.some(isDataCell) && first.some((cell) => /\p{L}/u.test(cell));
  const columns = first.map((cell, i) => (hasHeader && cell.trim() !== '' ? cell.trim() : `column ${i + 1}`));
  const rows = cells.slice(hasHeader ? preamble + 1 : preamble).filter((row) => row.length === width);
  return {
    delimiter,
    columns,
    preamble,
    hasHeader,
    rows,
    regularity: (counts.get(width) ?? 0) / cells.length,
  };
}

/** The delimiter, header and first rows; null when no delimiter cuts the head into a table. */
export function shapeOf(head: Head, delimiter?: string): CsvShape | null {
  if (delimiter !== undefined && delimiter !== '') return shapeWith(head, delimiter);
  let best: CsvShape | null = null;
  for (const candidate of DELIMITERS) {
    if (!head.text.includes(candidate)) continue;
    const shape = shapeWith(head, candidate);
    if (!shape || shape.regularity < 0.6) continue;
    if (!best || shape.regularity * shape.columns.length > best.regularity * best.columns.length)
      best = shape;
  }
  return best;
}

/** Cuts a delimited table into records and hands their cells to `write`; without one, every record is rejected. */
export class CsvParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #shape: CsvShape;
  readonly #write: RowWriter | null;
  readonly #finish: () => void;
  readonly #cutter: CsvRecordCutter;
  #batch: CsvRecord[] = [];
  #batchChars = 0;
  #seen = 0;

  /** `finish`: what `write` held back is to be committed. */
  constructor(
    sink: RecordSink,
    shape: CsvShape,
    write: RowWriter | null,
    finish: () => void = () => undefined,
  ) {
    this.#sink = sink;
    this.#shape = shape;
    this.#write = write;
    this.#finish = finish;
    this.#cutter = new CsvRecordCutter(
      shape.delimiter,
      (record) => this.#gather(record),
      (record) => this.#reject('a quotation mark is opened and never closed', record),
    );
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    this.#cutter.line(bytes, start, end, offset, line);
  }

  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    let lines = 0;
    for (let at = start; at < end; lines++) {
      const newline = bytes.indexOf(10, at);
      const next = newline === -1 || newline >= end ? end : newline;
      const lineEnd = next > at && bytes[next - 1] === 13 ? next - 1 : next;
      if (lineEnd === at && !this.#cutter.isOpen) this.#sink.skip('blank');
      else this.#cutter.line(bytes, at, lineEnd, offset + at - start, line + lines);
      at = next + 1;
    }
    return lines;
  }

  finish(): void {
    this.#cutter.finish();
    this.#flush();
    this.#finish();
  }

  #gather(record: CsvRecord): void {
    this.#batch.push(record);
    this.#batchChars += record.text.length;
    if (this.#batch.length >= BATCH_RECORDS || this.#batchChars >= BATCH_CHARS) this.#flush();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchChars = 0;
    if (batch.length === 0) return;
    const { delimiter } = this.#shape;
    const rows = splitRecords(batch.map((record) => record.text).join('\n'), delimiter);
    batch.forEach((record, i) => {
      // Text that is not quite CSV may be cut elsewhere in company than alone; then each record is parsed alone.
      const cells = rows.length === batch.length ? rows[i] : splitRecords(record.text, delimiter)[0];
      this.#take(record, cells ?? []);
    });
  }

  #take(record: CsvRecord, cells: readonly string[]): void {
    const { columns, preamble, hasHeader } = this.#shape;
    const place = this.#seen;
    this.#seen += 1;
    for (let extra = 1; extra < record.lines; extra++) this.#sink.skip('continued line');
    if (place < preamble) return this.#sink.skip('before the header');
    if (hasHeader && (place === preamble || isSameHeader(cells, columns))) return this.#sink.skip('header');
    if (!this.#write) {
      return this.#reject(
        'nothing says which columns hold the time and who did it: name them in the mapping',
        record,
      );
    }
    let width = cells.length;
    while (width > columns.length && (cells[width - 1] ?? '').trim() === '') width -= 1;
    if (width !== columns.length)
      return this.#reject(`${columns.length} columns expected, ${cells.length} found`, record);
    const reason = this.#write(cells, record.offset, record.line);
    if (reason !== null) this.#reject(reason, record);
  }

  #reject(reason: string, record: CsvRecord): void {
    const bytes = encodeUtf8(record.text);
    this.#sink.reject(reason, bytes, 0, bytes.length, record.line);
  }
}

function isSameHeader(cells: readonly string[], columns: readonly string[]): boolean {
  return cells.length === columns.length && columns.every((name, i) => (cells[i] ?? '').trim() === name);
}

/** A parser for a source that no delimiter cuts: every line is rejected, none is lost. */
export function refusing(sink: RecordSink): RecordParser {
  return {
    record: (bytes, start, end, _offset, line) =>
      sink.reject('no comma, tab, semicolon or bar separates columns', bytes, start, end, line),
  };
}
