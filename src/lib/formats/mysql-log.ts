import { decodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import {
  peerOf,
  readMysqlTime,
  writeMysqlLogin,
  writeMysqlMessage,
  writeMysqlStatement,
  type MysqlPeer,
} from './shared/mysql';
import { RowWriter } from './shared/row-writer';

const MAX_LINE = 1 << 16;
const MAX_STATEMENT = 1 << 15;
/** Connections whose user is remembered at once; the oldest are forgotten beyond. */
const MAX_CONNECTIONS = 50_000;

/** Time (may be left out in older logs when it is that of the line before), connection, command, argument. */
const GENERAL =
  /^\s*(\d+) (Connect|Query|Execute|Prepare|Quit|Init DB|Field List|Statistics|Ping|Change user|Close stmt|Reset stmt|Long Data|Fetch|Create DB|Drop DB|Kill|Refresh|Shutdown|Processlist|Binlog Dump(?: GTID)?|Register Slave|Table Dump|Set option|Daemon|Delayed insert|Sleep|Time|Connect Out|Debug|Error|Reset Connection|clone)(?:\t| +|$)([^]*)$/;
const ERROR = /^\s+(?:(\d+) )?\[(\w+)\]\s*([^]*)$/;

interface Pending {
  sql: string;
  readonly us: number;
  readonly basis: 0 | 1 | 2;
  readonly offset: number;
  readonly line: number;
  readonly peer: MysqlPeer;
}

/** MySQL's and MariaDB's general query log and error log, which some set-ups write into one file. A statement may go on over lines. */
class MysqlLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #peers = new Map<number, MysqlPeer>();
  #pending: Pending | undefined;
  #us = Number.NaN;
  #basis: 0 | 1 | 2 = 1;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trimEnd();
    const time = readMysqlTime(text);
    if (time) {
      this.#us = time.us;
      this.#basis = time.basis;
    }
    const general = GENERAL.exec(time ? time.rest : text);
    const error = time && !general ? ERROR.exec(time.rest) : null;
    if ((general && (time || /^\s/.test(text))) || error) {
      this.#flush();
      this.#rows.at(this.#us, this.#basis, offset, line);
      if (general) this.#general(general, offset, line);
      else if (error) this.#error(error);
    } else if (time) {
      this.#flush();
      this.#sink.skip('log line of another kind');
    } else this.#other(text, bytes, start, end, line);
  }

  finish(): void {
    this.#flush();
  }

  #other(text: string, bytes: Uint8Array, start: number, end: number, line: number): void {
    if (/, Version: .* started with:$|^Tcp port: |^Time\s+Id Command/.test(text)) {
      this.#flush();
      this.#sink.skip('header');
    } else if (this.#pending) {
      if (this.#pending.sql.length < MAX_STATEMENT) this.#pending.sql += `\n${text}`;
      this.#sink.skip('continuation of the line before');
    } else if (text.trim() === '') this.#sink.skip('blank');
    else if (/^\s/.test(text)) this.#sink.skip('continuation of the line before');
    else if (/^(?:Version: '|InnoDB: )/.test(text)) this.#sink.skip('log line of another kind');
    else
      this.#sink.reject(
        'the line does not begin with a time and no statement stands before it that it could belong to',
        bytes,
        start,
        end,
        line,
      );
  }

  #general(match: RegExpExecArray, offset: number, line: number): void {
    const [, id = '', command = '', argument = ''] = match;
    const connection = Number(id);
    const peer = this.#peers.get(connection) ?? { user: '', client: '' };
    switch (command) {
      case 'Query':
      case 'Execute':
        this.#pending = { sql: argument, us: this.#us, basis: this.#basis, offset, line, peer };
        return;
      case 'Connect':
      case 'Change user':
        if (writeMysqlMessage(this.#rows, argument, connection)) return;
        this.#remember(connection, peerOf(argument));
        writeMysqlLogin(this.#rows, peerOf(argument), LOGIN_OUTCOME.success, connection);
        return;
      case 'Quit':
        writeMysqlLogin(this.#rows, peer, LOGIN_OUTCOME.disconnect, connection);
        this.#peers.delete(connection);
        return;
      default:
        this.#sink.skip(`${command} command`);
    }
  }

  #remember(connection: number, peer: MysqlPeer): void {
    const [oldest] = this.#peers.keys();
    if (this.#peers.size >= MAX_CONNECTIONS && oldest !== undefined) this.#peers.delete(oldest);
    this.#peers.set(connection, peer);
  }

  #error(match: RegExpExecArray): void {
    const [, id = '', level = '', message = ''] = match;
    if (!writeMysqlMessage(this.#rows, message, Number(id) || 0)) this.#sink.skip(`${level} line`);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return;
    this.#rows.at(pending.us, pending.basis, pending.offset, pending.line);
    writeMysqlStatement(this.#rows, { ...pending.peer, sql: pending.sql });
  }
}

function sniffMysql(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 60);
  let fit = 0;
  let telling = 0;
  for (const line of lines) {
    const time = readMysqlTime(line.slice(0, 400));
    const rest = time ? time.rest : line.slice(0, 400);
    if (time && ERROR.test(rest)) {
      fit += 1;
      if (/^\s+(?:\d+ )?\[(?:Note|Warning|ERROR|System)\]/.test(rest)) telling += 1;
    } else if (GENERAL.test(rest) && (time || /^\t/.test(line))) telling += 1;
    else if (/^Time\s+Id Command|, Version: .* started with:$/.test(line)) telling += 1;
  }
  if (lines.some((line) => /^# (?:User@Host|Query_time):/.test(line)) || lines.length === 0) return 0;
  return telling === 0 ? 0 : 0.3 + (0.62 * Math.max(fit, telling)) / lines.length;
}

export const mysqlLog: Format = {
  id: 'mysql-log',
  label: 'MySQL or MariaDB general and error log',
  framing: 'lines',
  // Who asks is said once, when a connection begins; statements go on over lines.
  splittable: false,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffMysql,
  parser: (context) => new MysqlLogParser(context),
};
