import { BYTE } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { AccessKernelLines } from './shared/access-kernel-lines';
import { AccessLines, NO_TIME } from './shared/access-lines';
import { HttpErrorLines } from './shared/http-errors';
import { kernelFor } from './shared/kernels';
import { messageText } from './shared/line-event';
import { NewlineFinder } from './shared/newlines';

class AccessLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #lines: AccessLines;
  readonly #errors: HttpErrorLines;
  #hasBlock = false;
  #plainLines: AccessKernelLines | undefined;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#lines = new AccessLines(sink);
    this.#errors = new HttpErrorLines(sink);
  }

  block(bytes: Uint8Array, start: number, end: number, offset: number, line: number): number {
    const newlines = new NewlineFinder(bytes);
    const plainLines = this.#plainLinesFor(end - start);
    const origin = offset - start;
    let at = start;
    let lines = 0;
    while (at < end) {
      if (plainLines) {
        at = plainLines.read(bytes, at, end, origin, line + lines);
        lines += plainLines.taken;
        if (at >= end) break;
      }
      const stop = newlines.next(at, end);
      this.record(bytes, at, stop, origin + at, line + lines);
      lines += 1;
      at = stop + 1;
    }
    return lines;
  }

  /** Undefined where the first block, or what runs this, is not one for a kernel. */
  #plainLinesFor(blockBytes: number): AccessKernelLines | undefined {
    if (this.#hasBlock) return this.#plainLines;
    this.#hasBlock = true;
    const module = kernelFor('access-log', blockBytes);
    if (module) this.#plainLines = new AccessKernelLines(module, this.#sink);
    return this.#plainLines;
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let stop = end;
    while (stop > start && (bytes[stop - 1] as number) <= BYTE.space) stop -= 1;
    if (stop === start) {
      this.#sink.skip('blank');
      return;
    }
    if (bytes[start] === BYTE.hash) {
      this.#sink.skip('comment');
      return;
    }
    const reason = this.#lines.read(bytes, start, stop, offset, line);
    if (reason === undefined) return;
    // Some servers are set up to write both their logs into one file.
    const isError = reason === NO_TIME && this.#errors.read(messageText(bytes, start, stop), offset, line);
    if (!isError) this.#sink.reject(reason, bytes, start, stop, line);
  }
}

/** A whole line, in text: what the sniffer asks for. */
const LINE =
  /^.{0,300}?\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?\](?: \S+ \S+ \S+)? "(?:[^"\\]|\\.)*" (?:\d{3} |\d|-)/;

/** Servers answer 414 to a longer request line, as they are set up at first (Apache: LimitRequestLine 8190, nginx: buffers of 8 KB); referrers are as long. */
const MOST_SNIFFED = 3 * 8192;

function sniffAccessLog(head: Head): number {
  let seen = 0;
  let fit = 0;
  for (const line of head.lines.slice(0, 100)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    seen += 1;
    if (LINE.test(line.slice(0, MOST_SNIFFED))) fit += 1;
  }
  return seen === 0 ? 0 : 0.95 * (fit / seen);
}

export const accessLog: Format = {
  id: 'access-log',
  label: 'Web server access log (Apache, nginx: common, combined)',
  framing: 'lines',
  splittable: true,
  keepsPace: () => true,
  tables: ['queries', 'logins'],
  sniff: sniffAccessLog,
  parser: (context) => new AccessLogParser(context),
};
