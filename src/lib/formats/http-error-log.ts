import { decodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { HttpErrorLines, isHttpErrorLine } from './shared/http-errors';

const MAX_LINE = 1 << 15;

class HttpErrorLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #lines: HttpErrorLines;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#lines = new HttpErrorLines(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trim();
    if (text === '') this.#sink.skip('blank');
    else if (this.#lines.read(text, offset, line)) return;
    // Programs behind the server write their complaints here over several lines, and only the first has a time.
    else if (/^[[\d]/.test(text))
      this.#sink.reject(
        'the line does not begin with a time as Apache ([Sun Mar 10 12:00:00.123456 2024]) or nginx (2024/03/10 12:00:00) writes it',
        bytes,
        start,
        end,
        line,
      );
    else this.#sink.skip('continuation of the line before');
  }
}

function sniffErrors(head: Head): number {
  const lines = head.lines.filter((line) => /^[[\d]/.test(line)).slice(0, 50);
  const fit = lines.filter((line) => isHttpErrorLine(line.slice(0, 2000)));
  return lines.length === 0 ? 0 : 0.93 * (fit.length / lines.length);
}

export const httpErrorLog: Format = {
  id: 'http-error-log',
  label: 'Web server error log (Apache, nginx)',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'logins'],
  sniff: sniffErrors,
  parser: (context) => new HttpErrorLogParser(context),
};
