import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { numberOf, portOf, textAt, type JsonObject } from './shared/json';
import { firstText, timeOf } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets, type SqlChange } from './shared/sql';

/** Columns of both tables that are read. */
export const CLICKHOUSE_COLUMNS = [
  ...['hostname', 'type', 'event_time', 'event_time_microseconds', 'user', 'client_name'],
  ...['query_start_time', 'query_start_time_microseconds', 'query_duration_ms', 'query', 'exception_code'],
  ...['result_rows', 'result_bytes', 'written_rows', 'written_bytes', 'is_initial_query', 'address', 'port'],
  ...['http_user_agent', 'auth_type', 'client_address', 'client_port'],
] as const;

/** `type` of query_log, by its numbers too, which a query may have asked for; of session_log the names alone. */
const TYPES: Readonly<Record<string, string>> = {
  '1': 'QueryStart',
  '2': 'QueryFinish',
  '3': 'ExceptionBeforeStart',
  '4': 'ExceptionWhileProcessing',
};

const SESSIONS: Readonly<Record<string, number>> = {
  LoginFailure: LOGIN_OUTCOME.failure,
  LoginSuccess: LOGIN_OUTCOME.success,
  Logout: LOGIN_OUTCOME.sessionClosed,
};

/** Exceptions that refuse (src/Common/ErrorCodes.cpp): READONLY, UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, ACCESS_DENIED, AUTHENTICATION_FAILED. */
const REFUSALS = new Set([164, 192, 193, 194, 497, 516]);

/** Sends what is selected out of the server ("Table Functions", clickhouse.com/docs). */
const SENDING =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?FUNCTION\s+(?:s3\w*|gcs|azureBlobStorage\w*|hdfs\w*|url\w*|remote\w*|file\w*|mysql|postgresql|mongodb|redis|sqlite)\b/i;

/** What verbs of ClickHouse alone do, beside those of all SQL. */
const VERBS: readonly [RegExp, number][] = [
  [SENDING, QUERY_VERB.read],
  [/^\s*BACKUP\s/i, QUERY_VERB.read],
  [/^\s*RESTORE\s/i, QUERY_VERB.write],
  [/^\s*(?:SYSTEM|KILL|OPTIMIZE|ATTACH|DETACH)\s/i, QUERY_VERB.admin],
  [/^\s*EXISTS\s/i, QUERY_VERB.list],
];

/** Its own logs are tables. */
const LOG_REMOVED =
  /^\s*(?:TRUNCATE|DROP)\s+TABLE\s+(?:IF\s+EXISTS\s+)?["`]?system["`]?\s*\.\s*["`]?((?:query|query_thread|session|text|part)_log)/i;
const LOG_DELETED =
  /^\s*(?:ALTER\s+TABLE|DELETE\s+FROM)\s+["`]?system["`]?\s*\.\s*["`]?((?:query|query_thread|session|text|part)_log)["`]?\s[^]*?(?:DELETE|WHERE|DROP\s+PARTITION)/i;

/**
 * ClickHouse's `system.query_log` and `system.session_log` (clickhouse.com/docs, "System Tables"), a row an object (JSONEachRow). A query has a row when it
 * starts and another when it ends, which says all that the first one did.
 */
class ClickhouseParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const written = textAt(record, 'type');
    const type = TYPES[written] ?? written;
    const isSession = Object.hasOwn(SESSIONS, type);
    if (!isSession && !Object.values(TYPES).includes(type))
      return 'type is none of a query (QueryStart, QueryFinish, Exception…) and none of a session (LoginSuccess, LoginFailure, Logout)';
    if (type === 'QueryStart') {
      this.sink.skip('start of a query, told again at its end');
      return null;
    }
    if (textAt(record, 'is_initial_query') === '0') {
      this.sink.skip('part of a query that another server had');
      return null;
    }
    const time = timeOf(
      isSession
        ? firstText(record, 'event_time_microseconds', 'event_time')
        : firstText(
            record,
            ...['query_start_time_microseconds', 'query_start_time', 'event_time_microseconds', 'event_time'],
          ),
    );
    if (Number.isNaN(time.us)) return noTime('event_time', '2024-03-10 12:00:00');
    this.rows.at(time.us, time.basis, offset, line);
    if (isSession) this.#session(record, SESSIONS[type] as number);
    else this.#query(record, type);
    return null;
  }

  #session(record: JsonObject, outcome: number): void {
    this.rows.login({
      actor: textAt(record, 'client_address'),
      actorPort: portOf(textAt(record, 'client_port')),
      host: textAt(record, 'hostname'),
      service: 'clickhouse',
      user: textAt(record, 'user'),
      method: methodOf(textAt(record, 'auth_type')),
      outcome,
    });
  }

  #query(record: JsonObject, type: string): void {
    const statement = textAt(record, 'query');
    const verb = VERBS.find(([pattern]) => pattern.test(statement))?.[1] ?? verbOfSql(statement);
    const isRefused = REFUSALS.has(numberOf(textAt(record, 'exception_code')));
    const outcome =
      type === 'QueryFinish' ? QUERY_OUTCOME.success : isRefused ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error;
    const origin = {
      actor: textAt(record, 'address'),
      principal: textAt(record, 'user'),
      host: textAt(record, 'hostname'),
    };
    this.rows.query({
      ...origin,
      actorPort: portOf(textAt(record, 'port')),
      service: 'clickhouse',
      verb,
      object: shownStatement(statement),
      outcome,
      ...(verb === QUERY_VERB.read && outcome === QUERY_OUTCOME.success && givenBy(record, statement)),
      durationUs: numberOf(textAt(record, 'query_duration_ms')) * 1000,
      agent: firstText(record, 'http_user_agent', 'client_name'),
    });
    const change = changeOf(statement);
    if (change)
      this.rows.change({
        ...origin,
        ...change,
        outcome: outcome === QUERY_OUTCOME.success ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
        detail: withoutSecrets(statement),
      });
  }
}

/** Rows and bytes that a reading statement gave, or sent elsewhere. The bytes are those of the result in memory. */
function givenBy(record: JsonObject, statement: string): { rowsReturned: number; bytesReturned: number } {
  const of = SENDING.test(statement) ? 'written' : 'result';
  return {
    rowsReturned: numberOf(textAt(record, `${of}_rows`)),
    bytesReturned: numberOf(textAt(record, `${of}_bytes`)),
  };
}

function methodOf(type: string): number {
  if (type === 'NO_PASSWORD') return LOGIN_METHOD.none;
  if (/PASSWORD|LDAP/.test(type)) return LOGIN_METHOD.password;
  if (/KERBEROS/.test(type)) return LOGIN_METHOD.kerberos;
  if (/CERTIFICATE|KEY/.test(type)) return LOGIN_METHOD.publickey;
  return type === '' ? LOGIN_METHOD.unknown : LOGIN_METHOD.other;
}

function changeOf(statement: string): SqlChange | undefined {
  const text = statement.slice(0, 4096);
  const log = (LOG_REMOVED.exec(text) ?? LOG_DELETED.exec(text))?.[1];
  return log === undefined
    ? changeOfSql(statement)
    : { kind: CHANGE_KIND.logDeleted, target: `system.${log.toLowerCase()}` };
}

function sniffClickhouse(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('type') || !has('user') || !has('event_time')) return 0;
  const isQueries = has('query') && has('query_duration_ms') && has('address');
  return isQueries || (has('auth_type') && has('client_address')) ? 0.97 : 0;
}

export const clickhouse: Format = {
  id: 'clickhouse',
  label: 'ClickHouse query_log or session_log',
  framing: 'json',
  splittable: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffClickhouse,
  parser: (context) => new ClickhouseParser(context, wantedAt(...CLICKHOUSE_COLUMNS)),
};
