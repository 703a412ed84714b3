import { decodeUtf8 } from '../base/bytes';
import { TIME_BASIS, type TimeBasis } from '../base/time';
import { QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { peerOf, readMysqlTime, writeMysqlStatement } from './shared/mysql';
import { RowWriter } from './shared/row-writer';

const MAX_LINE = 1 << 16;
const MAX_STATEMENT = 1 << 15;

interface Entry {
  us: number;
  basis: TimeBasis;
  /** Whether the time is a "# Time:" of its own, which names its zone. */
  isTimed: boolean;
  user: string;
  client: string;
  seconds: number;
  rows: number;
  bytes: number;
  errno: number;
  sql: string;
  readonly offset: number;
  readonly line: number;
}

/** MySQL's, MariaDB's and Percona's slow query log: a header of `#` lines, then the statement. */
class MysqlSlowParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  #entry: Entry | undefined;
  /** The last "# Time:", which older servers write once a second. */
  #us = Number.NaN;
  #basis: TimeBasis = TIME_BASIS.local;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trimEnd();
    if (/^# (?:Time|User@Host): /.test(text)) this.#header(text, offset, line);
    else if (/, Version: .* started with:\s*$|^Tcp port: |^Time\s+Id Command/.test(text)) {
      this.#flush();
      this.#sink.skip('header');
    } else if (this.#entry) {
      this.#continue(this.#entry, text);
      this.#sink.skip('continuation of the line before');
    } else if (text === '') this.#sink.skip('blank');
    else
      this.#sink.reject(
        'the line stands before the first "# User@Host" line, which begins an entry: was the beginning of the file cut off?',
        bytes,
        start,
        end,
        line,
      );
  }

  finish(): void {
    this.#flush();
  }

  #header(text: string, offset: number, line: number): void {
    const isTime = text.startsWith('# Time: ');
    const open = this.#entry;
    // "# Time:" and the "# User@Host:" after it are one entry; another header begins the next.
    if (
      open &&
      !isTime &&
      open.user === '' &&
      open.client === '' &&
      open.sql === '' &&
      Number.isNaN(open.seconds)
    ) {
      Object.assign(open, peerOf(text.slice(13)));
      this.#sink.skip('continuation of the line before');
      return;
    }
    this.#flush();
    const time = isTime ? readMysqlTime(text.slice(8)) : undefined;
    if (time) {
      this.#us = time.us;
      this.#basis = time.basis;
    }
    this.#entry = {
      us: this.#us,
      basis: this.#basis,
      isTimed: time !== undefined && time.basis === TIME_BASIS.absolute,
      ...(isTime ? { user: '', client: '' } : peerOf(text.slice(13))),
      seconds: Number.NaN,
      rows: Number.NaN,
      bytes: Number.NaN,
      errno: 0,
      sql: '',
      offset,
      line,
    };
  }

  #continue(entry: Entry, text: string): void {
    if (text.startsWith('#')) {
      const number = (name: string): number => {
        const found = new RegExp(`\\b${name}: *(\\d+(?:\\.\\d+)?)`).exec(text)?.[1];
        return found === undefined ? Number.NaN : Number(found);
      };
      const keep = (current: number, found: number): number => (Number.isNaN(found) ? current : found);
      entry.seconds = keep(entry.seconds, number('Query_time'));
      entry.rows = keep(entry.rows, number('Rows_sent'));
      entry.bytes = keep(entry.bytes, number('Bytes_sent'));
      entry.errno = keep(entry.errno, number('Last_errno'));
      return;
    }
    const stamp = /^SET timestamp=(\d{9,11})(?:\.(\d+))?;$/.exec(text);
    if (stamp) {
      if (!entry.isTimed) {
        entry.us = Number(stamp[1]) * 1e6 + Number((stamp[2] ?? '').padEnd(6, '0').slice(0, 6));
        entry.basis = TIME_BASIS.absolute;
      }
    } else if (!/^use [^;]*;$/i.test(text) && entry.sql.length < MAX_STATEMENT) {
      entry.sql += entry.sql === '' ? text : `\n${text}`;
    }
  }

  #flush(): void {
    const entry = this.#entry;
    this.#entry = undefined;
    if (!entry) return;
    if (entry.sql === '' && Number.isNaN(entry.seconds)) {
      this.#sink.skip('header without a statement');
      return;
    }
    this.#rows.at(entry.us, entry.basis, entry.offset, entry.line);
    writeMysqlStatement(this.#rows, {
      sql: entry.sql,
      user: entry.user,
      client: entry.client,
      outcome: entry.errno === 0 ? QUERY_OUTCOME.success : QUERY_OUTCOME.error,
      rowsReturned: entry.rows,
      bytesReturned: entry.bytes,
      durationUs: Math.round(entry.seconds * 1e6),
    });
  }
}

function sniffSlow(head: Head): number {
  const lines = head.lines.slice(0, 100);
  const has = (pattern: RegExp): boolean => lines.some((line) => pattern.test(line));
  return has(/^# User@Host: /) && has(/^# Query_time: /) ? 0.97 : 0;
}

export const mysqlSlow: Format = {
  id: 'mysql-slow',
  label: 'MySQL or MariaDB slow query log',
  framing: 'lines',
  splittable: false,
  tables: ['queries', 'changes'],
  sniff: sniffSlow,
  parser: (context) => new MysqlSlowParser(context),
};
