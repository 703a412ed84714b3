import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { outcomeOfStatus, verbOfRequest } from './shared/http';
import { countOf, numberOf, textAt, type JsonObject } from './shared/json';
import { anyTimeOf, firstText } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';

/** Fields of all event types that are read. */
export const SALESFORCE_FIELDS = [
  ...['EVENT_TYPE', 'TIMESTAMP', 'TIMESTAMP_DERIVED', 'ORGANIZATION_ID', 'USER_ID', 'USER_ID_DERIVED'],
  ...['USER_NAME', 'CLIENT_IP', 'SOURCE_IP', 'LOGIN_STATUS', 'REQUEST_STATUS', 'RUN_TIME', 'USER_AGENT'],
  ...['METHOD', 'METHOD_NAME', 'OPERATION_TYPE', 'TRANSACTION_TYPE', 'STATUS_CODE', 'URI', 'CLIENT_NAME'],
  ...['ENTITY_NAME', 'ENTITY_TYPE', 'ENTITY_ID', 'REPORT_ID', 'DOCUMENT_ID', 'FILE_NAME'],
  ...['ROWS_PROCESSED', 'ROW_COUNT', 'NUMBER_OF_RECORDS', 'RESPONSE_SIZE', 'SIZE_BYTES'],
] as const;

const IDS_ALONE =
  'Only the logins of these files name a user; all other events have the user’s id, which Salesforce’s list of users explains.';

/** Events that say by themselves that something was given out. */
const GIVEN = /^(?:Report|ReportExport|DocumentAttachmentDownloads|ContentTransfer)$/;

/** `REQUEST_STATUS`, spelled out or by its letter. */
const OUTCOMES: readonly (readonly [RegExp, number])[] = [
  [/^(?:S|Success)$/i, QUERY_OUTCOME.success],
  [/^(?:A|Authorization Error)$/i, QUERY_OUTCOME.denied],
  [/^(?:F|Failure|N)$/i, QUERY_OUTCOME.error],
];

/** Calls and operations by what they do to records ("SOAP API calls", "Bulk API"). */
const CALLS: readonly (readonly [RegExp, number])[] = [
  [/^(?:query|retrieve|search|get(?:Updated|Deleted))/i, QUERY_VERB.read],
  [/^(?:describe|list|get)/i, QUERY_VERB.list],
  [/^(?:create|insert|update|upsert|undelete|merge|convert)/i, QUERY_VERB.write],
  [/^(?:delete|hardDelete|empty)/i, QUERY_VERB.delete],
];

/**
 * Salesforce's event log files ("EventLogFile Supported Event Types", developer.salesforce.com), an event an object: logins, calls of the SOAP, REST and
 * Bulk APIs, reports that were run and exported, files that were fetched.
 */
class SalesforceParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const type = textAt(record, 'EVENT_TYPE');
    if (type === '') return 'there is no EVENT_TYPE, so it is not known what was done';
    const time = anyTimeOf(textAt(record, 'TIMESTAMP_DERIVED') || utcOf(textAt(record, 'TIMESTAMP')));
    if (Number.isNaN(time.us)) return noTime('TIMESTAMP_DERIVED', '2024-03-10T12:00:00.123Z');
    this.rows.at(time.us, time.basis, offset, line);
    if (/^(?:Login|Logout)$/.test(type)) this.#login(record, type);
    else if (!this.#query(record, type)) this.sink.skip(`event ${type.slice(0, 60)}`);
    return null;
  }

  #login(record: JsonObject, type: string): void {
    const status = textAt(record, 'LOGIN_STATUS');
    const isLogout = type === 'Logout';
    this.rows.login({
      actor: addressOf(record, 'SOURCE_IP', 'CLIENT_IP'),
      service: 'salesforce',
      user: firstText(record, 'USER_NAME', 'USER_ID_DERIVED', 'USER_ID'),
      method: LOGIN_METHOD.unknown,
      outcome: isLogout
        ? LOGIN_OUTCOME.sessionClosed
        : status === 'LOGIN_NO_ERROR'
          ? LOGIN_OUTCOME.success
          : status === ''
            ? LOGIN_OUTCOME.unknown
            : LOGIN_OUTCOME.failure,
    });
  }

  #query(record: JsonObject, type: string): boolean {
    const verb = verbOf(record, type);
    if (verb === undefined) return false;
    this.sink.note(IDS_ALONE);
    const rows = numberOf(firstText(record, 'ROW_COUNT', 'ROWS_PROCESSED', 'NUMBER_OF_RECORDS'));
    const status = countOf(record['STATUS_CODE'], 999, 0);
    const outcome = outcomeOf(record, type, status, rows);
    const isGiving = verb === QUERY_VERB.read && outcome === QUERY_OUTCOME.success;
    const organization = textAt(record, 'ORGANIZATION_ID');
    this.rows.query({
      actor: addressOf(record, 'CLIENT_IP', 'SOURCE_IP'),
      principal: firstText(record, 'USER_NAME', 'USER_ID_DERIVED', 'USER_ID'),
      service: 'salesforce',
      host: organization === '' ? '' : `Salesforce organization ${organization}`,
      verb,
      object: objectOf(record, type).slice(0, MAX_FIELD_BYTES),
      status,
      outcome,
      rowsReturned: isGiving && rows >= 0 ? rows : Number.NaN,
      bytesReturned: isGiving ? numberOf(firstText(record, 'RESPONSE_SIZE', 'SIZE_BYTES')) : Number.NaN,
      durationUs: numberOf(textAt(record, 'RUN_TIME')) * 1000,
      agent: firstText(record, 'USER_AGENT', 'CLIENT_NAME'),
    });
    return true;
  }
}

/** `20150302102030.123`, in UTC. */
function utcOf(text: string): string {
  return /^\d{14}(?:\.\d+)?$/.test(text) ? `${text}Z` : text;
}

/** Calls from within are shown as “Salesforce.com IP”. */
function addressOf(record: JsonObject, ...fields: readonly string[]): string {
  return fields.map((field) => textAt(record, field)).find((text) => /^[\d.]+$|:/.test(text)) ?? '';
}

function verbOf(record: JsonObject, type: string): number | undefined {
  if (type === 'RestApi') return verbOfRequest(textAt(record, 'METHOD'), textAt(record, 'URI'));
  if (type === 'ContentTransfer') {
    const kind = textAt(record, 'TRANSACTION_TYPE');
    return /download|rendition|view/i.test(kind) ? QUERY_VERB.read : QUERY_VERB.write;
  }
  if (GIVEN.test(type)) return QUERY_VERB.read;
  if (!/^(?:API|BulkApi2?|BulkApiRequest)$/.test(type)) return undefined;
  const call = firstText(record, 'OPERATION_TYPE', 'METHOD_NAME');
  return CALLS.find(([pattern]) => pattern.test(call))?.[1] ?? QUERY_VERB.unknown;
}

function outcomeOf(record: JsonObject, type: string, status: number, rows: number): number {
  const told = OUTCOMES.find(([pattern]) => pattern.test(textAt(record, 'REQUEST_STATUS')));
  if (told) return told[1];
  if (status > 0) return outcomeOfStatus(status);
  // A call without a status may have failed; rows that it went through say that it did not.
  return GIVEN.test(type) || rows > 0 ? QUERY_OUTCOME.success : QUERY_OUTCOME.unknown;
}

function objectOf(record: JsonObject, type: string): string {
  const call = firstText(record, 'METHOD_NAME', 'OPERATION_TYPE', 'TRANSACTION_TYPE', 'METHOD');
  const what = firstText(
    record,
    'ENTITY_NAME',
    'ENTITY_TYPE',
    'FILE_NAME',
    'REPORT_ID',
    'DOCUMENT_ID',
    'ENTITY_ID',
  );
  return [type, call, what, textAt(record, 'URI')].filter((part) => part !== '').join(' ');
}

function sniffSalesforce(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('EVENT_TYPE') || !has('ORGANIZATION_ID') || !has('USER_ID')) return 0;
  return has('TIMESTAMP_DERIVED') || has('TIMESTAMP') ? 0.97 : 0;
}

export const salesforceEvents: Format = {
  id: 'salesforce-events',
  label: 'Salesforce event log file (JSON)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['logins', 'queries'],
  sniff: sniffSalesforce,
  parser: (context) => new SalesforceParser(context, wantedAt(...SALESFORCE_FIELDS)),
};
