import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import type { Format, Head } from './format';
import { numberOf, textAt, type JsonObject } from './shared/json';
import { anyTimeOf, type Time } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';
import { writeAccess } from './shared/snowflake-access';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets, type SqlChange } from './shared/sql';

/** Columns of both views that are read, as Snowflake names them; exports by way of other tools write them small. */
export const SNOWFLAKE_COLUMNS = [
  ...['EVENT_TIMESTAMP', 'EVENT_TYPE', 'USER_NAME', 'CLIENT_IP', 'REPORTED_CLIENT_TYPE', 'IS_SUCCESS'],
  ...['FIRST_AUTHENTICATION_FACTOR', 'SECOND_AUTHENTICATION_FACTOR', 'ERROR_CODE', 'ERROR_MESSAGE'],
  ...['QUERY_TEXT', 'QUERY_TYPE', 'START_TIME', 'EXECUTION_STATUS', 'TOTAL_ELAPSED_TIME'],
  ...['ROWS_PRODUCED', 'ROWS_UNLOADED', 'ROWS_WRITTEN_TO_RESULT', 'BYTES_WRITTEN_TO_RESULT'],
  ...['OUTBOUND_DATA_TRANSFER_BYTES', 'DATABASE_NAME', 'ACCOUNT_NAME', 'READER_ACCOUNT_NAME'],
  ...['QUERY_START_TIME', 'DIRECT_OBJECTS_ACCESSED', 'BASE_OBJECTS_ACCESSED'],
  ...['OBJECTS_MODIFIED', 'OBJECT_MODIFIED_BY_DDL'],
] as const;
type Column = (typeof SNOWFLAKE_COLUMNS)[number];

const WANTED = wantedAt(...SNOWFLAKE_COLUMNS, ...SNOWFLAKE_COLUMNS.map((name) => name.toLowerCase()));

const ELIDED =
  'Snowflake left out failed logins that came too fast, and says so in their place (OVERFLOW_FAILURE_EVENTS_ELIDED): there were more than the rows show.';
const NO_ADDRESS =
  'The query history names no address: the login history of the same time tells where a user came from.';

const ACCESS_ONLY =
  'The access history names what each query read and wrote, and no address. Snowflake leaves short queries of transactions out of it, and shows each query that is in it in the query history, too.';

/** Statements that move data between tables, stages and clients ("COPY INTO <location>", "GET", docs.snowflake.com/sql-reference). */
const UNLOADING = /^\s*COPY\s+INTO\s+(?:@|'@|'(?:s3|s3gov|gcs|azure):)/i;
const OF_STAGES: readonly [RegExp, number][] = [
  [UNLOADING, QUERY_VERB.read],
  [/^\s*COPY\s+INTO\b/i, QUERY_VERB.write],
  [/^\s*GET\s/i, QUERY_VERB.read],
  [/^\s*PUT\s/i, QUERY_VERB.write],
  [/^\s*(?:LIST|LS)\s/i, QUERY_VERB.list],
  [/^\s*(?:REMOVE|RM)\s/i, QUERY_VERB.delete],
];

/** What only Snowflake's own statements change, beside users, roles and grants. */
const CHANGES: readonly [RegExp, number][] = [
  [
    /^\s*ALTER\s+USER\s+(?:IF\s+EXISTS\s+)?["']?([^\s"';]+)[^]*?\bSET\s+RSA_PUBLIC_KEY/i,
    CHANGE_KIND.credentialChanged,
  ],
  [
    /^\s*(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?(?:NETWORK|AUTHENTICATION|SESSION|PASSWORD)\s+(?:POLICY|RULE)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?["']?([^\s"';]+)/i,
    CHANGE_KIND.policyChanged,
  ],
  [
    /^\s*ALTER\s+(?:ACCOUNT|USER)\b[^]*?\b(?:UN)?SET\s+((?:NETWORK|AUTHENTICATION|SESSION|PASSWORD)_?\s?POLICY)\b/i,
    CHANGE_KIND.policyChanged,
  ],
  [/^\s*ALTER\s+SHARE\s+["']?([^\s"';]+)["']?\s+(?:ADD|SET)\s+ACCOUNTS\b/i, CHANGE_KIND.privilegeGranted],
];

/**
 * Snowflake's LOGIN_HISTORY, QUERY_HISTORY and ACCESS_HISTORY, of ACCOUNT_USAGE, ORGANIZATION_USAGE or the table functions of the same names
 * (docs.snowflake.com/sql-reference), as clients print their rows in JSON.
 */
class SnowflakeParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const isAccess = told(record, 'QUERY_START_TIME') !== '' && isListing(record);
    const isQuery = told(record, 'QUERY_TEXT') !== '' || told(record, 'QUERY_TYPE') !== '';
    const column = isAccess ? 'QUERY_START_TIME' : isQuery ? 'START_TIME' : 'EVENT_TIMESTAMP';
    const time = timeIn(record, column);
    if (Number.isNaN(time.us)) return noTime(column, '2024-03-10 12:00:00.123 +0000');
    this.rows.at(time.us, time.basis, offset, line);
    if (isAccess) this.#access(record);
    else if (isQuery) this.#query(record);
    else if (told(record, 'IS_SUCCESS') !== '') this.#login(record);
    else return 'there is neither IS_SUCCESS nor QUERY_TEXT, so it is not known what was done';
    return null;
  }

  #login(record: JsonObject): void {
    const type = told(record, 'EVENT_TYPE');
    if (!/^(?:LOGIN)?$/i.test(type)) {
      this.sink.skip(`event ${type.slice(0, 60)}`);
      return;
    }
    if (told(record, 'ERROR_MESSAGE') === 'OVERFLOW_FAILURE_EVENTS_ELIDED') this.sink.note(ELIDED);
    const address = told(record, 'CLIENT_IP');
    this.rows.login({
      actor: address === '0.0.0.0' ? '' : address,
      service: 'snowflake',
      host: accountOf(record),
      user: told(record, 'USER_NAME'),
      method: methodOf(
        told(record, 'FIRST_AUTHENTICATION_FACTOR'),
        told(record, 'SECOND_AUTHENTICATION_FACTOR'),
      ),
      outcome: /^(?:yes|true|1)$/i.test(told(record, 'IS_SUCCESS'))
        ? LOGIN_OUTCOME.success
        : LOGIN_OUTCOME.failure,
    });
  }

  #access(record: JsonObject): void {
    this.sink.note(ACCESS_ONLY);
    const isTold = writeAccess(
      this.rows,
      {
        direct: valueIn(record, 'DIRECT_OBJECTS_ACCESSED'),
        base: valueIn(record, 'BASE_OBJECTS_ACCESSED'),
        modified: valueIn(record, 'OBJECTS_MODIFIED'),
        byDdl: valueIn(record, 'OBJECT_MODIFIED_BY_DDL'),
      },
      { principal: told(record, 'USER_NAME'), account: accountOf(record) },
    );
    if (!isTold) this.sink.skip('query that read and wrote no object');
  }

  #query(record: JsonObject): void {
    const statement = told(record, 'QUERY_TEXT');
    const type = told(record, 'QUERY_TYPE');
    const verb = verbOf(type, statement);
    const outcome = outcomeOf(record);
    // What holds the data: a statement may name tables of another database, but mostly does not.
    const host = told(record, 'DATABASE_NAME') || accountOf(record);
    this.sink.note(NO_ADDRESS);
    this.rows.query({
      principal: told(record, 'USER_NAME'),
      service: 'snowflake',
      host,
      verb,
      object: shownStatement(statement) || type,
      outcome,
      ...returnedBy(record, verb, isUnload(type, statement)),
      durationUs: numberIn(record, 'TOTAL_ELAPSED_TIME') * 1000,
    });
    const change = changeOf(statement);
    if (change)
      this.rows.change({
        principal: told(record, 'USER_NAME'),
        kind: change.kind,
        target: change.target,
        host: accountOf(record),
        outcome:
          outcome === QUERY_OUTCOME.success
            ? CHANGE_OUTCOME.success
            : outcome === QUERY_OUTCOME.unknown
              ? CHANGE_OUTCOME.unknown
              : CHANGE_OUTCOME.failure,
        detail: withoutSecrets(statement),
      });
  }
}

/** The text of a column; empty where it is NULL, which some clients write out. */
function told(record: JsonObject, column: Column): string {
  const text = textAt(record, column) || textAt(record, column.toLowerCase());
  return text === 'NULL' || text === '\\N' ? '' : text;
}

function valueIn(record: JsonObject, column: Column): unknown {
  return record[column] ?? record[column.toLowerCase()];
}

/** Whether a row lists objects, be it that it lists none. */
function isListing(record: JsonObject): boolean {
  return (['DIRECT_OBJECTS_ACCESSED', 'BASE_OBJECTS_ACCESSED', 'OBJECTS_MODIFIED'] as const).some(
    (column) => valueIn(record, column) !== undefined,
  );
}

function numberIn(record: JsonObject, column: Column): number {
  const value = numberOf(told(record, column));
  return value >= 0 ? value : Number.NaN;
}

/** The session's TIMESTAMP_OUTPUT_FORMAT decides how a time is written. */
function timeIn(record: JsonObject, column: Column): Time {
  return anyTimeOf(told(record, column));
}

function accountOf(record: JsonObject): string {
  return told(record, 'ACCOUNT_NAME') || told(record, 'READER_ACCOUNT_NAME');
}

function methodOf(first: string, second: string): number {
  if (second !== '') return LOGIN_METHOD.mfa;
  if (/PASSWORD/i.test(first)) return LOGIN_METHOD.password;
  if (/KEY_?PAIR/i.test(first)) return LOGIN_METHOD.publickey;
  if (/TOKEN|OAUTH|SAML|WORKLOAD/i.test(first)) return LOGIN_METHOD.token;
  return first === '' ? LOGIN_METHOD.unknown : LOGIN_METHOD.other;
}

function isUnload(type: string, statement: string): boolean {
  return type === 'UNLOAD' || UNLOADING.test(statement);
}

/** The type says what ran; where it is missing or UNKNOWN (of failed statements), the statement does. */
function verbOf(type: string, statement: string): number {
  if (/^(?:SELECT|UNLOAD|GET_FILES)$/.test(type)) return QUERY_VERB.read;
  if (/^(?:COPY|PUT_FILES)$/.test(type)) return QUERY_VERB.write;
  if (/^REMOVE_FILES$/.test(type)) return QUERY_VERB.delete;
  if (/^LIST_FILES$/.test(type)) return QUERY_VERB.list;
  const ofStage = OF_STAGES.find(([pattern]) => pattern.test(statement));
  return ofStage?.[1] ?? verbOfSql(statement || type.replaceAll('_', ' '));
}

/** FAIL, FAILED_WITH_ERROR and INCIDENT failed; a statement that runs, waits or is blocked has not ended. */
function outcomeOf(record: JsonObject): number {
  const status = told(record, 'EXECUTION_STATUS');
  if (/^success$/i.test(status)) return QUERY_OUTCOME.success;
  if (!/FAIL|INCIDENT/i.test(status)) return QUERY_OUTCOME.unknown;
  // 003001: insufficient privileges. 002003 may also mean that there is no such object.
  const isRefused =
    numberIn(record, 'ERROR_CODE') === 3001 || /insufficient privileges/i.test(told(record, 'ERROR_MESSAGE'));
  return isRefused ? QUERY_OUTCOME.denied : QUERY_OUTCOME.error;
}

/** Rows and bytes that a reading statement gave. What was scanned for it is not what it gave. */
function returnedBy(
  record: JsonObject,
  verb: number,
  unloads: boolean,
): { readonly rowsReturned?: number; readonly bytesReturned?: number } {
  if (verb !== QUERY_VERB.read) return {};
  const first = (...columns: readonly Column[]): number =>
    columns.map((column) => numberIn(record, column)).find((value) => !Number.isNaN(value)) ?? Number.NaN;
  if (!unloads)
    return {
      rowsReturned: first('ROWS_WRITTEN_TO_RESULT', 'ROWS_PRODUCED'),
      bytesReturned: first('BYTES_WRITTEN_TO_RESULT'),
    };
  // Bytes that left the region or the cloud: 0 where the stage is in the same one, which is not to say that nothing was unloaded.
  const sent = first('OUTBOUND_DATA_TRANSFER_BYTES');
  return {
    rowsReturned: first('ROWS_UNLOADED', 'ROWS_PRODUCED'),
    bytesReturned: sent > 0 ? sent : Number.NaN,
  };
}

function changeOf(statement: string): SqlChange | undefined {
  for (const [pattern, kind] of CHANGES) {
    const match = pattern.exec(statement.slice(0, 4096));
    if (match) return { kind, target: match[1] ?? '' };
  }
  return changeOfSql(statement);
}

function sniffSnowflake(head: Head): number {
  const has = jsonKeys(head);
  if (!has) return 0;
  const have = (...columns: readonly string[]): boolean =>
    columns.every((column) => has(column) || has(column.toLowerCase()));
  return have('EVENT_TIMESTAMP', 'USER_NAME', 'CLIENT_IP', 'IS_SUCCESS') ||
    have('QUERY_TEXT', 'QUERY_TYPE', 'START_TIME', 'EXECUTION_STATUS', 'USER_NAME') ||
    have('QUERY_START_TIME', 'USER_NAME', 'BASE_OBJECTS_ACCESSED')
    ? 0.97
    : 0;
}

export const snowflake: Format = {
  id: 'snowflake',
  label: 'Snowflake login, query or access history',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffSnowflake,
  parser: (context) => new SnowflakeParser(context, WANTED),
};
