import { BYTE, decodeUtf8 } from '../base/bytes';
import { microsFromCivil, TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { numberAt, textAt, textOf, type JsonObject } from './shared/json';
import { firstText, objectAt, timeOf } from './shared/json-fields';
import { JsonReader } from './shared/json-reader';
import { wantedAt, type Wanted } from './shared/json-wanted';
import { AUDIT_VERBS, MYSQL, MYSQL_PORT, peerOf, writeMysqlLogin, writeMysqlStatement } from './shared/mysql';
import { NOT_JSON, noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';

const MAX_LINE = 1 << 18;

/**
 * `20150302 10:20:30,log1,alice,203.0.113.7,17,81,QUERY,mail,'select …',0`: MariaDB's server_audit plugin ("MariaDB Audit Plugin - Log Format").
 * Aurora's advanced audit writes microseconds since 1970 first (docs.aws.amazon.com, "Using Advanced Auditing").
 */
const MARIADB =
  /^(?:(\d{4})(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)|(\d{16})),([^,]*),([^,]*),([^,]*),(\d+),(\d+),([A-Z_]+),([^,]*),([^]*?),?(-?\d*)(?:,[^,']*)*$/;

const RECORD: Wanted = {
  ...wantedAt(
    'timestamp',
    'class',
    'event',
    'connection_id',
    'name',
    'user',
    'ip',
    'host',
    'status',
    'sqltext',
  ),
  login: wantedAt('user', 'ip'),
  account: wantedAt('user', 'host'),
  connection_data: { status: true },
  general_data: wantedAt('query', 'status'),
  table_access_data: { query: true },
};

/** Percona puts each record into an object of its own. */
const WANTED: Wanted = { ...RECORD, audit_record: RECORD };

/** Audit logs of MySQL Enterprise and Percona (JSON, one record a line) and of MariaDB. */
class MysqlAuditParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const { from, to } = withoutBlanks(bytes, start, end);
    if (bytes[from] === BYTE.openBrace && from < to) {
      const stop = bytes[to - 1] === BYTE.comma ? to - 1 : to;
      const outer = this.objects.read(bytes, from, stop);
      const reason = outer ? this.#json(outer, offset, line) : NOT_JSON;
      if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
      return;
    }
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trim();
    if (text === '' || text === '[' || text === ']') {
      this.#sink.skip(text === '' ? 'blank' : 'frame of the list');
      return;
    }
    const reason = this.#mariadb(text, offset, line);
    if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
  }

  #mariadb(text: string, offset: number, line: number): string | undefined {
    const match = MARIADB.exec(text);
    if (!match)
      return 'this is no audit record: expected time, server, user, client, connection, query number, operation, database, object and return code between commas';
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [
      epoch,
      host = '',
      user = '',
      client = '',
      connection = '',
      ,
      operation = '',
      database = '',
      quoted = '',
      code = '',
    ] = match.slice(7);
    if (epoch === undefined)
      this.#rows.at(microsFromCivil(year, month, day, hour, minute, second), TIME_BASIS.local, offset, line);
    else this.#rows.at(Number(epoch), TIME_BASIS.absolute, offset, line);
    const peer = { user, client };
    const outcome = code === '0' || code === '' ? QUERY_OUTCOME.success : QUERY_OUTCOME.error;
    if (operation === 'CONNECT' || operation === 'FAILED_CONNECT' || operation === 'DISCONNECT') {
      const isFailed =
        operation === 'FAILED_CONNECT' || (operation === 'CONNECT' && outcome === QUERY_OUTCOME.error);
      const told =
        operation === 'DISCONNECT'
          ? LOGIN_OUTCOME.disconnect
          : isFailed
            ? LOGIN_OUTCOME.failure
            : LOGIN_OUTCOME.success;
      writeMysqlLogin(this.#rows, peer, told, Number(connection) || 0, host);
    } else if (operation.startsWith('QUERY')) {
      const sql = quoted.replace(/^'|'$/g, '').replaceAll("\\'", "'");
      writeMysqlStatement(this.#rows, { ...peer, sql, host, outcome: outcomeOfError(Number(code)) });
    } else if (operation in AUDIT_VERBS) {
      this.#rows.query({
        actor: client,
        principal: user,
        service: MYSQL,
        host,
        servicePort: MYSQL_PORT,
        verb: AUDIT_VERBS[operation] ?? QUERY_VERB.unknown,
        object: `${database}.${quoted}`,
        outcome: QUERY_OUTCOME.success,
      });
    } else this.#sink.skip(`${operation.slice(0, 30)} record`);
    return undefined;
  }

  #json(outer: JsonObject, offset: number, line: number): string | undefined {
    const record = outer['audit_record'] !== undefined ? objectAt(outer, 'audit_record') : outer;
    const time = timeOf(record['timestamp']);
    if (Number.isNaN(time.us)) return noTime('timestamp', '2024-03-10 12:00:00');
    // MySQL Enterprise writes UTC without saying so ("Audit Log File Formats", dev.mysql.com).
    const isEnterprise = record['class'] !== undefined;
    this.#rows.at(time.us, isEnterprise ? TIME_BASIS.absolute : time.basis, offset, line);
    if (isEnterprise) this.#enterprise(record);
    else this.#percona(record);
    return undefined;
  }

  #enterprise(record: JsonObject): void {
    const login = objectAt(record, 'login');
    const account = objectAt(record, 'account');
    const peer = {
      user: firstText(login, 'user') || firstText(account, 'user'),
      client: firstText(login, 'ip') || firstText(account, 'host'),
    };
    const event = textAt(record, 'event');
    const connection = objectAt(record, 'connection_data');
    const general = objectAt(record, 'general_data');
    const table = objectAt(record, 'table_access_data');
    const process = numberAt(record, 'connection_id') || 0;
    if (event === 'connect' || event === 'disconnect' || event === 'change_user') {
      const isFailed = numberAt(connection, 'status') > 0;
      const told =
        event === 'disconnect'
          ? LOGIN_OUTCOME.disconnect
          : isFailed
            ? LOGIN_OUTCOME.failure
            : LOGIN_OUTCOME.success;
      writeMysqlLogin(this.#rows, peer, told, process);
    } else if (textAt(general, 'query') !== '') {
      writeMysqlStatement(this.#rows, {
        ...peer,
        sql: textAt(general, 'query'),
        outcome: outcomeOfError(numberAt(general, 'status')),
      });
    } else if (textAt(table, 'query') !== '') {
      writeMysqlStatement(this.#rows, {
        ...peer,
        sql: textAt(table, 'query'),
        outcome: QUERY_OUTCOME.success,
      });
    } else this.#sink.skip(`${textAt(record, 'class').slice(0, 30)} ${event.slice(0, 30)} record`);
  }

  #percona(record: JsonObject): void {
    const name = textAt(record, 'name');
    const named = peerOf(textAt(record, 'user'));
    const peer = { user: named.user || textAt(record, 'user'), client: firstText(record, 'ip', 'host') };
    const status = numberAt(record, 'status');
    const process = numberAt(record, 'connection_id') || 0;
    if (name === 'Connect' || name === 'Quit' || name === 'Change user') {
      const told =
        name === 'Quit'
          ? LOGIN_OUTCOME.disconnect
          : status > 0
            ? LOGIN_OUTCOME.failure
            : LOGIN_OUTCOME.success;
      writeMysqlLogin(this.#rows, peer, told, process);
    } else if (textOf(record['sqltext']) !== '') {
      writeMysqlStatement(this.#rows, {
        ...peer,
        sql: textAt(record, 'sqltext'),
        outcome: outcomeOfError(status),
      });
    } else this.#sink.skip(`${name.slice(0, 30)} record`);
  }
}

function withoutBlanks(bytes: Uint8Array, start: number, end: number): { from: number; to: number } {
  let [from, to] = [start, end];
  while (from < to && (bytes[from] as number) <= BYTE.space) from += 1;
  while (to > from && (bytes[to - 1] as number) <= BYTE.space) to -= 1;
  return { from, to };
}

/** Server error codes: 1044, 1045, 1142, 1143, 1227 and 1370 are refusals for lack of rights. */
function outcomeOfError(code: number): number {
  if (Number.isNaN(code)) return QUERY_OUTCOME.unknown;
  if (code === 0) return QUERY_OUTCOME.success;
  return [1044, 1045, 1142, 1143, 1227, 1370].includes(code) ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error;
}

function sniffAudit(head: Head): number {
  const lines = head.lines.filter((line) => line.trim().length > 1).slice(0, 40);
  const fit = lines.filter((line) => {
    const start = line.trim().slice(0, 2000);
    if (MARIADB.test(start)) return true;
    return (
      start.startsWith('{') &&
      (/"audit_record"\s*:/.test(start) ||
        (/"class"\s*:/.test(start) && /"connection_id"\s*:/.test(start) && /"event"\s*:/.test(start)))
    );
  });
  return lines.length === 0 ? 0 : 0.95 * (fit.length / lines.length);
}

export const mysqlAudit: Format = {
  id: 'mysql-audit',
  label: 'MySQL, MariaDB or Percona audit log',
  framing: 'lines',
  splittable: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffAudit,
  parser: (context) => new MysqlAuditParser(context),
};
