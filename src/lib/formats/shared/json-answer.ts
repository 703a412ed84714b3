import type { RecordSink } from '../format';
import type { JsonObject } from './json';
import type { RowWriter } from './row-writer';

/**
 * Reads the entries of an API's answer, which is one record of its file. It is rejected (the reason is returned) only where nothing in it could be
 * read, and skipped where nothing in it gives a row. `read` returns why an entry could not be read, or null.
 */
export function readAnswer(
  sink: RecordSink,
  rows: RowWriter,
  entries: readonly JsonObject[],
  read: (entry: JsonObject) => string | null,
): string | null {
  let fault: string | null = null;
  let written = 0;
  for (const entry of entries) {
    fault = read(entry) ?? fault;
    written += rows.rows;
  }
  if (written === 0 && fault === null) sink.skip('answer without an entry that gives a row');
  if (written > 0 && fault !== null)
    sink.note(`Some entries of an answer could not be read; the last because ${fault}.`);
  return written > 0 ? null : fault;
}
