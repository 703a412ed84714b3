import { decodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { isSquidLine, NO_SQUID_LINE, SquidLines } from './shared/squid';

const MAX_LINE = 1 << 16;

class SquidParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #lines: SquidLines;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#lines = new SquidLines(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trimEnd();
    if (text === '') this.#sink.skip('blank');
    else if (!this.#lines.read(text, offset, line)) this.#sink.reject(NO_SQUID_LINE, bytes, start, end, line);
  }
}

function sniffSquid(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 50);
  const fit = lines.filter(isSquidLine);
  return lines.length === 0 ? 0 : 0.97 * (fit.length / lines.length);
}

export const squid: Format = {
  id: 'squid',
  label: 'Squid access log',
  framing: 'lines',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries', 'flows'],
  sniff: sniffSquid,
  parser: (context) => new SquidParser(context),
};
