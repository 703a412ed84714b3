import type { StringId } from '../base/brand';
import { TIME_BASIS } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { HaproxyLines, isHaproxyRecord, NO_HAPROXY_RECORD } from './shared/haproxy';
import { messageText, type LineEvent } from './shared/line-event';
import { SyslogParser } from './syslog';

/** What starts and supervises says of itself and its servers. */
const ABOUT_ITSELF =
  /^(?:\[(?:NOTICE|WARNING|ALERT|DIAG)\]|(?:Proxy|Server|Health|Stopping|Pausing) |[Bb]ackend )/;

/** HAProxy's log: lines that came by way of syslog, and bare ones as containers print them. */
class HaproxyParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #lines: HaproxyLines;
  readonly #syslog: SyslogParser;
  readonly #event: LineEvent = {
    us: Number.NaN,
    basis: TIME_BASIS.local,
    host: 0 as StringId,
    process: 0,
    offset: 0,
    line: 0,
  };

  constructor(context: ParseContext) {
    this.#sink = context.sink;
    this.#lines = new HaproxyLines(context.sink);
    this.#syslog = new SyslogParser(context, { usesKernel: false, isFile: true });
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    // `log stdout format short` puts the priority before.
    const message = messageText(bytes, start, end)
      .trim()
      .replace(/^<\d{1,3}>/, '');
    if (ABOUT_ITSELF.test(message)) {
      this.#sink.skip('haproxy other');
      return;
    }
    if (!isHaproxyRecord(message)) {
      this.#syslog.record(bytes, start, end, offset, line);
      return;
    }
    this.#event.offset = offset;
    this.#event.line = line;
    if (!this.#lines.read(message, this.#event))
      this.#sink.reject(NO_HAPROXY_RECORD, bytes, start, end, line);
  }

  header(): string {
    return this.#syslog.header();
  }

  finish(): void {
    this.#syslog.finish();
  }
}

const IN_SYSLOG = /\shaproxy(?:\[\d+\])?: /;

function sniffHaproxy(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 100);
  const messages = lines.map((line) => line.replace(/^<\d{1,3}>/, '').slice(0, 400));
  const records = messages.filter(
    (line) => isHaproxyRecord(behindHeader(line)) || /: Connect from /.test(line),
  );
  const fit = messages.filter(
    (line) => IN_SYSLOG.test(line) || ABOUT_ITSELF.test(line) || isHaproxyRecord(line),
  );
  return records.length === 0 ? 0 : 0.97 * (fit.length / lines.length);
}

function behindHeader(line: string): string {
  const header = IN_SYSLOG.exec(line);
  return header ? line.slice(header.index + header[0].length) : line;
}

export const haproxy: Format = {
  id: 'haproxy',
  label: 'HAProxy log (HTTP, TCP)',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'flows', 'logins', 'changes'],
  sniff: sniffHaproxy,
  parser: (context) => new HaproxyParser(context),
};
