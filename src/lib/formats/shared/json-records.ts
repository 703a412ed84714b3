import type { ParseContext, RecordParser, RecordSink } from '../format';
import type { JsonObject } from './json';
import { readAnswer, type Answer, type AnswerReader } from './json-answer';
import { JsonReader } from './json-reader';
import type { Wanted } from './json-wanted';
import { NOT_JSON } from './reject-reasons';
import { RowWriter } from './row-writer';

/** Parser of records that are a JSON object each: reads the wanted fields, and rejects what cannot be read. What an object means is its format's to say. */
export abstract class JsonRecords implements RecordParser {
  readonly objects: JsonReader;
  protected readonly sink: RecordSink;
  protected readonly rows: RowWriter;
  listed = 0;

  constructor({ sink }: ParseContext, wanted: Wanted) {
    this.objects = new JsonReader(wanted);
    this.sink = sink;
    this.rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const object = this.objects.read(bytes, start, end);
    const reason = object ? this.take(object, offset, line, bytes, start, end) : NOT_JSON;
    if (reason !== null) this.sink.reject(reason, bytes, start, end, line);
  }

  /** Reads the entries of a list that an object holds; returns what `take` does. */
  protected answer(answer: Answer, reader: AnswerReader): string | null {
    return readAnswer(this.sink, this.rows, answer, reader, (more) => {
      this.listed += more;
    });
  }

  /** Writes the rows of an object that stands at `bytes[start, end)`, or counts it as skipped: null. Else why it gives none, in words. */
  protected abstract take(
    object: JsonObject,
    offset: number,
    line: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | null;
}

/** Where an object holds the records that it was wrapped around. */
export type EntryList = Pick<Answer, 'entries' | 'path'>;

/** Parser of records that stand alone, or in the list of an API's answer that held them. */
export abstract class JsonEntries extends JsonRecords {
  protected override take(
    record: JsonObject,
    offset: number,
    line: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): string | null {
    const list = this.listIn(record);
    if (!list) {
      const fault = this.entry(record, offset, line);
      if (fault === null && this.rows.rows === 0) this.sink.skip(this.untold(record));
      return fault;
    }
    return this.answer(
      { ...list, bytes, start, end, offset, line },
      {
        read: (entry, ...place) => this.entry(entry, ...place),
        untold: (entry) => this.untold(entry),
      },
    );
  }

  /** Undefined where the object is itself a record. */
  protected abstract listIn(object: JsonObject): EntryList | undefined;

  /** Sets the place and writes the rows of one record. Why it could not be read, or null; one that tells of something else writes no row. */
  protected abstract entry(entry: JsonObject, offset: number, line: number): string | null;

  /** What a record without a row is counted as. */
  protected abstract untold(entry: JsonObject): string;
}
