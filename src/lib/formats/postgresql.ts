import { BYTE, decodeUtf8, encodeUtf8 } from '../base/bytes';
import { MICROS_PER_MINUTE, TIME_BASIS, type TimeBasis } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { portOf } from './shared/json';
import type { PostgresMessage } from './shared/postgres';
import { PostgresSessions } from './shared/postgres-sessions';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoTime } from './shared/time-prefix';
import { zoneMinutesOf } from './shared/zone-names';

/** A statement may be megabytes; what is kept of it is far less. */
const MAX_LINE = 1 << 16;

/** Everything after the time: a prefix as log_line_prefix sets it, the severity, two blanks, the message. */
const LINE =
  /^([^]{0,400}?)(?:^|[\s:,\]])(LOG|FATAL|ERROR|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION): {1,3}(?:((?=\w*\d)[0-9A-Z]{5}): )?([^]*)$/;

/** Severities that go on about the message before. */
const FOLLOWING = /^(?:DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION)$/;

/** Messages whose text may go on over lines that begin with a tab: statements, and what PGAudit says of them. */
const STATEMENT = /^(?:AUDIT: |(?:duration: \S+ ms\s+)?(?:statement|execute)\b)/;

/** A statement that may go on in the lines to come. */
interface Held {
  readonly us: number;
  readonly basis: TimeBasis;
  readonly offset: number;
  readonly line: number;
  readonly entry: PostgresMessage;
  text: string;
}

class PostgresParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #sessions: PostgresSessions;
  #held: Held | null = null;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#sessions = new PostgresSessions(sink, new RowWriter(sink));
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    if (start === end) {
      this.#sink.skip('blank');
      return;
    }
    const timeEnd = readIsoTime(bytes, start, end);
    if (timeEnd === -1) {
      const isContinued = bytes[start] === BYTE.tab || bytes[start] === BYTE.space;
      if (isContinued) {
        this.#continue(decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)));
        return;
      }
      this.#flush();
      this.#sink.reject(
        'the line begins neither with a time, such as 2024-03-10 12:00:00 UTC, nor with a blank, which would continue the message before',
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    const us = parsedTime.us;
    this.#flush();
    parsedTime.us = us;
    const { basis, end: zoneEnd } = withZoneName(bytes, timeEnd, end);
    const match = LINE.exec(decodeUtf8(bytes, zoneEnd, Math.min(end, zoneEnd + MAX_LINE)));
    if (!match) {
      this.#sink.reject('no severity (LOG, ERROR, FATAL, …) follows the time', bytes, start, end, line);
      return;
    }
    const [, prefix = '', severity = '', , message = ''] = match;
    if (FOLLOWING.test(severity)) {
      const isRow =
        severity === 'STATEMENT' &&
        this.#sessions.statement(prefixFields(prefix).process, message, parsedTime.us, basis, offset, line);
      if (isRow) return;
      this.#sink.skip(`${severity} of the message before`);
      return;
    }
    const fields = prefixFields(prefix);
    const number = /^AUDIT: SESSION,(\d{1,9}),/.exec(message)?.[1];
    if (number !== undefined && fields.process > 0)
      this.#sink.number('session statement', `process ${fields.process}`, Number(number), offset, line);
    const entry = { ...fields, severity, message, statement: '' };
    this.#held = { us: parsedTime.us, basis, offset, line, entry, text: message };
    if (!STATEMENT.test(message)) this.#flush();
  }

  /** A statement goes on over lines that begin with a tab; runs of NUL (after a crash) may stand within it. */
  passOver(bytes: Uint8Array, start: number): void {
    const first = bytes[start];
    if (first !== BYTE.tab && first !== BYTE.space && first !== 0) this.finish();
  }

  finish(): void {
    this.#flush();
    this.#sessions.finish();
  }

  #continue(text: string): void {
    if (this.#held && this.#held.text.length < MAX_LINE) this.#held.text += `\n${text}`;
    this.#sink.skip('continuation of the line before');
  }

  #flush(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    const entry = { ...held.entry, message: held.text };
    this.#sessions.write(entry, held.us, held.basis, held.offset, held.line);
  }
}

/** PostgreSQL writes zones by their abbreviation; one that has several meanings leaves the time local. */
function withZoneName(bytes: Uint8Array, at: number, end: number): { basis: TimeBasis; end: number } {
  if (parsedTime.basis !== TIME_BASIS.local || bytes[at] !== BYTE.space)
    return { basis: parsedTime.basis, end: at };
  let stop = at + 1;
  while (stop < end && stop - at < 7 && (bytes[stop] as number) >= 65 && (bytes[stop] as number) <= 90)
    stop += 1;
  const minutes = zoneMinutesOf(decodeUtf8(bytes, at + 1, stop));
  if (minutes === undefined) return { basis: TIME_BASIS.local, end: at };
  parsedTime.us = (parsedTime.us - minutes * MICROS_PER_MINUTE) as typeof parsedTime.us;
  return { basis: TIME_BASIS.absolute, end: stop };
}

interface Prefix {
  user: string;
  client: string;
  clientPort: number;
  application: string;
  process: number;
}

/** Who and from where, in the prefixes that are in use: `[pid] user@db`, `:host(port):user@db:[pid]:`, `user=…,db=…,client=…`. */
function prefixFields(prefix: string): Prefix {
  const text = prefix.slice(0, 400);
  const keyed = (name: string): string =>
    new RegExp(`(?:^|[\\s,\\[(])(?:${name})=([^\\s,\\])]*)`).exec(text)?.[1] ?? '';
  const user = keyed('user|u') || (/(?:^|[\s:,])([^\s@:,[\]=]+)@[^\s@:,[\]]*/.exec(text)?.[1] ?? '');
  const client = keyed('client|host|remote|h|r');
  const bare =
    /(?:^|[\s:,])((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F.]*)(?:\((\d{1,5})\))?(?=$|[\s:,])/.exec(
      text,
    );
  const ported = /^(.*?)\((\d{1,5})\)$/.exec(client);
  const pid = keyed('pid|p') || (/\[(\d{1,9})(?:-\d+)?\]/.exec(text)?.[1] ?? '');
  return {
    user: user === '[unknown]' ? '' : user,
    client: (ported?.[1] ?? client) || (bare?.[1] ?? ''),
    clientPort: portOf(ported?.[2] ?? bare?.[2]),
    application: keyed('app|a'),
    process: /^\d+$/.test(pid) ? Number(pid) : 0,
  };
}

const SNIFFED = /^[^]{0,300}?(?:^|[\s:,\]])(?:LOG|FATAL|ERROR|PANIC|WARNING|DETAIL|HINT|STATEMENT): {2}\S/;

function sniffPostgres(head: Head): number {
  const lines = head.lines.filter((line) => line !== '' && !/^\s/.test(line)).slice(0, 50);
  const fit = lines.filter((line) => {
    const bytes = encodeUtf8(line.slice(0, 800));
    return readIsoTime(bytes, 0, bytes.length) !== -1 && SNIFFED.test(line.slice(0, 800));
  });
  return lines.length === 0 || fit.length === 0 ? 0 : 0.3 + 0.65 * (fit.length / lines.length);
}

export const postgresql: Format = {
  id: 'postgresql',
  label: 'PostgreSQL log (stderr)',
  framing: 'lines',
  // Who asks is said once, when a connection begins, and what became of a statement by a later line.
  splittable: false,
  tellsStatementsAsTheyArrive: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffPostgres,
  parser: (context) => new PostgresParser(context),
};
