import { decodeUtf8 } from '../../base/bytes';
import type { Head, ParseContext, RecordParser, RecordSink } from '../format';
import { ctimeOf } from './ctime';
import { MAX_FIELD_BYTES } from './line-event';
import { noTime } from './reject-reasons';
import { RowWriter } from './row-writer';

/** Lines of FTP servers' logs: a time as ctime(3) writes it, by the machine's clock, and behind it what was done. */
export abstract class TransferLines implements RecordParser {
  protected readonly sink: RecordSink;
  protected readonly rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.sink = sink;
    this.rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + 4 * MAX_FIELD_BYTES)).trimEnd();
    if (text === '') {
      this.sink.skip('blank');
      return;
    }
    const time = ctimeOf(text);
    if (time) this.rows.at(time.us, time.basis, offset, line);
    const reason = time
      ? this.take(text.slice(time.length))
      : noTime('a local time at the start', 'Sun Mar 10 12:00:00 2024');
    if (reason !== null) this.sink.reject(reason, bytes, start, end, line);
  }

  /** Writes the rows of what stands behind the time, or counts it as skipped: null. Else what was expected, in words. */
  protected abstract take(said: string): string | null;
}

/** Confidence by how many of the first lines have a time and behind it what `said` describes. */
export function sniffTransfers(head: Head, said: RegExp): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 100);
  const fit = lines.filter((line) => {
    const time = ctimeOf(line);
    return time !== undefined && said.test(line.slice(time.length, 4000));
  }).length;
  return fit === 0 ? 0 : 0.3 + 0.67 * (fit / lines.length);
}
