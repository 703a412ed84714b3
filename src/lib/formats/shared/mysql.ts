import { microsFromCivil, TIME_BASIS, type TimeBasis } from '../../base/time';
import { CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../../tables/schemas';
import type { RowWriter } from './row-writer';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets } from './sql';
import { parsedTime } from './time';
import { readIsoText } from './time-prefix';

export const MYSQL = 'mysql';
export const MYSQL_PORT = 3306;

/** A time at the start of a line, and where the rest begins. */
export interface MysqlTime {
  readonly us: number;
  readonly basis: TimeBasis;
  readonly rest: string;
}

const LEADING =
  /^(?:(\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)|(\d\d)(\d\d)(\d\d) +(\d{1,2}):(\d\d):(\d\d))(?=[\s,]|$)/;

/**
 * The times that MySQL and MariaDB have written: ISO 8601 (5.7 on), `2021-11-09  5:13:12` and `161209 14:18:50`, the last two in local time. Undefined when
 * the line begins with none.
 */
export function readMysqlTime(line: string): MysqlTime | undefined {
  const match = LEADING.exec(line);
  if (!match) return undefined;
  const rest = line.slice(match[0].length);
  if (match[1] !== undefined) {
    // MariaDB pads the hour with a blank.
    if (!readIsoText(match[1].replace(/([T ]) (\d:)/, '$10$2'))) return undefined;
    return { us: parsedTime.us, basis: parsedTime.basis, rest };
  }
  const [year, month, day, hour, minute, second] = match.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23) return undefined;
  // Two digits of a year: MySQL's own rule puts 70–99 in the last century.
  const us = microsFromCivil(year < 70 ? 2000 + year : 1900 + year, month, day, hour, minute, second);
  return { us, basis: TIME_BASIS.local, rest };
}

/** Who speaks on one connection. */
export interface MysqlPeer {
  readonly user: string;
  /** Address or name. */
  readonly client: string;
}

/** `root[root] @ localhost [203.0.113.7]` and `root@localhost`. */
export function peerOf(text: string): MysqlPeer {
  const long = /^\s*([^[\s]*)(?:\[[^\]]*\])? @ +(\S*) *\[([^\]]*)\]/.exec(text);
  if (long) return { user: long[1] ?? '', client: long[3] || (long[2] ?? '') };
  const short = /^\s*'?([^'@\s]*)'?@'?([^'\s]*)'?/.exec(text);
  return { user: short?.[1] ?? '', client: short?.[2] ?? '' };
}

export interface MysqlStatement extends MysqlPeer {
  readonly sql: string;
  readonly host?: string;
  readonly outcome?: number;
  readonly rowsReturned?: number;
  readonly bytesReturned?: number;
  readonly durationUs?: number;
}

export function writeMysqlStatement(rows: RowWriter, statement: MysqlStatement): void {
  const { sql, user, client } = statement;
  const change = changeOfSql(sql);
  rows.query({
    actor: client,
    principal: user,
    service: MYSQL,
    host: statement.host,
    servicePort: MYSQL_PORT,
    verb: verbOfSql(sql),
    object: change ? withoutSecrets(sql) : shownStatement(sql),
    outcome: statement.outcome ?? QUERY_OUTCOME.unknown,
    rowsReturned: statement.rowsReturned,
    bytesReturned: statement.bytesReturned,
    durationUs: statement.durationUs,
  });
  if (!change) return;
  const failed = statement.outcome === QUERY_OUTCOME.denied || statement.outcome === QUERY_OUTCOME.error;
  rows.change({
    actor: client,
    principal: user,
    kind: change.kind,
    target: change.target,
    host: statement.host,
    outcome: failed ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.unknown,
    detail: withoutSecrets(sql),
  });
}

export function writeMysqlLogin(
  rows: RowWriter,
  peer: MysqlPeer,
  outcome: number,
  process: number,
  host = '',
): void {
  rows.login({
    actor: peer.client,
    service: MYSQL,
    host,
    user: peer.user,
    method: outcome === LOGIN_OUTCOME.failure ? LOGIN_METHOD.password : LOGIN_METHOD.unknown,
    outcome,
    process,
  });
}

/** How the server words a login that it refused. */
export const DENIED = /Access denied for user '([^']*)'@'([^']*)'/;
const ABORTED = /Aborted connection \d+ to db: '[^']*' user: '([^']*)' host: '([^']*)'/;

/** A login row for a message of the error log that speaks of one; false for every other. */
export function writeMysqlMessage(rows: RowWriter, message: string, process: number): boolean {
  const denied = DENIED.exec(message);
  const aborted = denied ? null : ABORTED.exec(message);
  const match = denied ?? aborted;
  if (!match) return false;
  const peer = { user: match[1] ?? '', client: match[2] ?? '' };
  writeMysqlLogin(rows, peer, denied ? LOGIN_OUTCOME.failure : LOGIN_OUTCOME.disconnect, process);
  return true;
}

export const AUDIT_VERBS: Readonly<Record<string, number>> = {
  READ: QUERY_VERB.read,
  WRITE: QUERY_VERB.write,
  CREATE: QUERY_VERB.admin,
  ALTER: QUERY_VERB.admin,
  RENAME: QUERY_VERB.admin,
  DROP: QUERY_VERB.delete,
};
