import { FailureError } from '../base/result';
import { formatBytes } from '../base/units';
import type { RecordParser } from '../formats/format';
import { ByteBuffer } from './byte-buffer';
import type { Framer } from './framer';
import type { RangeSink } from './sink';

/** Such a file must be in memory at once. */
export const MAX_WHOLE_BYTES = 512_000_000;

/** For formats with an index at their end: the complete bytes as one record. What a record is, is the parser's to count. */
export class WholeFramer implements Framer {
  records = 0;
  lines = 0;
  readonly #parser: RecordParser;
  readonly #sink: RangeSink;
  readonly #bytes = new ByteBuffer();

  constructor(parser: RecordParser, sink: RangeSink) {
    this.#parser = parser;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): boolean {
    if (this.#bytes.length + chunk.length > MAX_WHOLE_BYTES) {
      throw new FailureError({
        what: `Files of this format can be read up to ${formatBytes(MAX_WHOLE_BYTES)}`,
      });
    }
    this.#bytes.append(chunk, 0, chunk.length);
    return true;
  }

  finish(): { isCut: boolean } {
    this.#parser.record(this.#bytes.bytes, 0, this.#bytes.length, 0, 1);
    this.records =
      this.#parser.records ?? this.#sink.totalRows + this.#sink.skippedTotal + this.#sink.rejected;
    return { isCut: false };
  }
}
