import type { RecordSink } from '../format';
import { TIME_BASIS } from '../../base/time';
import type { JsonObject } from './json';
import { placesInList } from './json-list-places';
import type { RowWriter } from './row-writer';

/** An object that holds a list of entries, and where it stands. */
export interface Answer {
  readonly entries: readonly JsonObject[];
  /** The keys that lead to the list. */
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly line: number;
}

export interface AnswerReader {
  /** Why an entry could not be read, or null. Its rows get the place that is given. */
  read(entry: JsonObject, offset: number, line: number): string | null;
  /** What an entry that was read and gave no row is counted as. */
  untold(entry: JsonObject): string;
}

/**
 * Reads the entries of an API's answer: each is a record of its own, with its own place in the file, and is counted as one. Where their places are not sure,
 * all are one record with the answer's place: rejected (the reason is returned) only where nothing in it could be read, and skipped where nothing in it
 * gives a row. Returns what is left to reject, null otherwise; `listed` is told how many records there are beyond the answer itself.
 */
export function readAnswer(
  sink: RecordSink,
  rows: RowWriter,
  answer: Answer,
  { read, untold }: AnswerReader,
  listed: (more: number) => void,
): string | null {
  const { entries, bytes, offset, start, line } = answer;
  const places = placesInList(bytes, start, answer.end, answer.path);
  if (entries.length === 0 || places?.length !== entries.length)
    return readAsOne(sink, rows, answer, (entry) => read(entry, offset, line));
  listed(entries.length - 1);
  entries.forEach((entry, i) => {
    const place = places[i] as (typeof places)[number];
    const at = { offset: offset + place.start - start, line: line + place.newlines };
    rows.at(Number.NaN, TIME_BASIS.absolute, at.offset, at.line);
    const fault = read(entry, at.offset, at.line);
    if (fault !== null) sink.reject(fault, bytes, place.start, place.end, at.line);
    else if (rows.rows === 0) sink.skip(untold(entry));
  });
  return null;
}

function readAsOne(
  sink: RecordSink,
  rows: RowWriter,
  { entries, offset, line }: Answer,
  read: (entry: JsonObject) => string | null,
): string | null {
  let fault: string | null = null;
  let written = 0;
  for (const entry of entries) {
    rows.at(Number.NaN, TIME_BASIS.absolute, offset, line);
    fault = read(entry) ?? fault;
    written += rows.rows;
  }
  if (written === 0 && fault === null) sink.skip('answer without an entry that gives a row');
  if (written > 0 && fault !== null)
    sink.note(`Some entries of an answer could not be read; the last because ${fault}.`);
  return written > 0 ? null : fault;
}
