import { decodeUtf8 } from '../base/bytes';
import { MICROS_PER_SECOND, type TimeBasis } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import {
  DENIED,
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
/** A login that is refused is refused within `connect_timeout` (10 s by default). */
const SETTLED_US = 60 * MICROS_PER_SECOND;

/** Time (may be left out in older logs when it is that of the line before), connection, command, argument. */
const GENERAL =
  /^\s*(\d+) (Connect|Query|Execute|Prepare|Quit|Init DB|Field List|Statistics|Ping|Change user|Close stmt|Reset stmt|Long Data|Fetch|Create DB|Drop DB|Kill|Refresh|Shutdown|Processlist|Binlog Dump(?: GTID)?|Register Slave|Table Dump|Set option|Daemon|Delayed insert|Sleep|Time|Connect Out|Debug|Error|Reset Connection|clone)(?:\t| +|$)([^]*)$/;
const ERROR = /^\s+(?:(\d+) )?\[(\w+)\]\s*([^]*)$/;

/** Who is on a connection, and the line of its beginning as long as the login may still be refused. */
interface Connection {
  readonly peer: MysqlPeer;
  begun: {
    readonly us: number;
    readonly basis: TimeBasis;
    readonly offset: number;
    readonly line: number;
  } | null;
}

const NOBODY: MysqlPeer = { user: '', client: '' };

interface Pending {
  sql: string;
  readonly us: number;
  readonly basis: TimeBasis;
  readonly offset: number;
  readonly line: number;
  readonly peer: MysqlPeer;
}

/**
 * MySQL's and MariaDB's general query log and error log, which some set-ups write into one file. A statement may go on over lines. A login is
 * logged before it is judged, and once more when it is refused (`acl_authenticate` in sql_authentication.cc): it succeeded when its connection goes on.
 */
class MysqlLogParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #connections = new Map<number, Connection>();
  #pending: Pending | undefined;
  #us = Number.NaN;
  #basis: TimeBasis = 1;

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
    for (const [id, connection] of this.#connections) {
      const isSettled = connection.begun !== null && this.#us - connection.begun.us > SETTLED_US;
      this.#settle(id, connection, isSettled ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.connect);
    }
    this.#connections.clear();
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
    const number = Number(id);
    const connection = this.#connections.get(number);
    const place = { us: this.#us, basis: this.#basis, offset, line };
    if (command === 'Connect' || command === 'Change user') {
      const isRefused = DENIED.test(argument);
      if (connection && isRefused && connection.begun) {
        connection.begun = null;
        this.#sink.skip('login that the next line refuses');
      } else if (connection) this.#settle(number, connection, LOGIN_OUTCOME.success);
      this.#at(place);
      if (!writeMysqlMessage(this.#rows, argument, number))
        this.#remember(number, { peer: peerOf(argument), begun: place });
      return;
    }
    if (connection) this.#settle(number, connection, LOGIN_OUTCOME.success);
    const peer = connection?.peer ?? NOBODY;
    this.#at(place);
    if (command === 'Query' || command === 'Execute') this.#pending = { sql: argument, ...place, peer };
    else if (command === 'Quit') {
      writeMysqlLogin(this.#rows, peer, LOGIN_OUTCOME.disconnect, number);
      this.#connections.delete(number);
    } else this.#sink.skip(`${command} command`);
  }

  #at({ us, basis, offset, line }: NonNullable<Connection['begun']>): void {
    this.#rows.at(us, basis, offset, line);
  }

  /** The row of a login that is waited with. */
  #settle(id: number, connection: Connection, outcome: number): void {
    const { begun, peer } = connection;
    if (!begun) return;
    connection.begun = null;
    this.#at(begun);
    writeMysqlLogin(this.#rows, peer, outcome, id);
  }

  #remember(id: number, connection: Connection): void {
    const [oldest] = this.#connections;
    if (oldest && this.#connections.size >= MAX_CONNECTIONS) {
      this.#settle(oldest[0], oldest[1], LOGIN_OUTCOME.success);
      this.#connections.delete(oldest[0]);
    }
    this.#connections.set(id, connection);
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
  tellsStatementsAsTheyArrive: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffMysql,
  parser: (context) => new MysqlLogParser(context),
};
