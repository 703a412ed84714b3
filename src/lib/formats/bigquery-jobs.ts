import { TIME_BASIS } from '../base/time';
import { CHANGE_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Format, Head } from './format';
import { isObject, textAt, type JsonObject } from './shared/json';
import { anyTimeOf, firstText, objectAt, objectsAt, type Time } from './shared/json-fields';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { MAX_FIELD_BYTES } from './shared/line-event';
import { noTime } from './shared/reject-reasons';
import { jsonKeys } from './shared/sniff-json';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets } from './shared/sql';

/** Columns that are read. */
export const BIGQUERY_COLUMNS = [
  ...['creation_time', 'start_time', 'end_time', 'project_id', 'user_email', 'job_id', 'job_type'],
  ...['statement_type', 'query', 'state', 'error_result', 'referenced_tables', 'destination_table'],
] as const;

const NO_ADDRESS =
  'The list of jobs names no address, and not how many rows a query gave: the Data Access audit log tells where a caller came from.';

/** `GRANT … ON SCHEMA archive TO "user:bob@example.net"`, who has a kind and mostly an address of mail. */
const GRANTEE = /^\s*(?:GRANT|REVOKE)\b[^]*?\b(?:TO|FROM)\s+["']([^"']+)["']/i;

/** A join of more tables is cut. */
const MAX_TABLES = 50;

/** What jobs other than queries do to the data: an extract copies it to a bucket. */
const OF_JOBS: Readonly<Record<string, number>> = {
  EXTRACT: QUERY_VERB.read,
  LOAD: QUERY_VERB.write,
  COPY: QUERY_VERB.read,
};

/**
 * BigQuery's `INFORMATION_SCHEMA.JOBS` and its like (JOBS_BY_USER, _BY_FOLDER, _BY_ORGANIZATION; "JOBS view", cloud.google.com/bigquery/docs), a job
 * an object, as the console saves results and `bq query --format=json` prints them.
 */
class BigqueryJobsParser extends JsonRecords {
  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const time = utcOf(firstText(record, 'start_time', 'creation_time'));
    if (Number.isNaN(time.us)) return noTime('creation_time', '2024-03-10 12:00:00.123 UTC');
    const statement = textAt(record, 'query');
    const type = textAt(record, 'job_type').toUpperCase();
    if (statement === '' && type === '')
      return 'there is neither a job_type nor a query, so it is not known what was done';
    this.rows.at(time.us, time.basis, offset, line);
    this.sink.note(NO_ADDRESS);
    const tables = objectsAt(record, 'referenced_tables').slice(0, MAX_TABLES);
    const outcome = outcomeOf(record);
    const principal = textAt(record, 'user_email');
    const host = holderOf(textAt(tables[0] ?? {}, 'project_id') || textAt(record, 'project_id'));
    this.rows.query({
      principal,
      service: 'bigquery',
      host,
      verb: verbOf(type, textAt(record, 'statement_type').toUpperCase(), statement),
      object: (shownStatement(statement) || [type, ...tables.map(nameOf)].join(' ')).slice(
        0,
        MAX_FIELD_BYTES,
      ),
      outcome,
      durationUs: utcOf(textAt(record, 'end_time')).us - time.us,
    });
    const change = changeOfSql(statement);
    if (change)
      this.rows.change({
        principal,
        ...change,
        target: GRANTEE.exec(statement.slice(0, MAX_FIELD_BYTES))?.[1] ?? change.target,
        host,
        outcome:
          outcome === QUERY_OUTCOME.success
            ? CHANGE_OUTCOME.success
            : outcome === QUERY_OUTCOME.unknown
              ? CHANGE_OUTCOME.unknown
              : CHANGE_OUTCOME.failure,
        detail: withoutSecrets(statement),
      });
    return null;
  }
}

/** A TIMESTAMP is UTC: `bq` prints it without a word of that, the API in seconds as `1.425291630123E9`. */
function utcOf(text: string): Time {
  const seconds = /^\d(?:\.\d{1,16})?E9$/.test(text) ? Number(text).toFixed(6) : '';
  return { us: anyTimeOf(seconds || text).us, basis: TIME_BASIS.absolute };
}

/** As the audit log's rows name it. */
function holderOf(project: string): string {
  return project === '' ? '' : `Google Cloud project ${project}`;
}

function nameOf(table: JsonObject): string {
  return ['project_id', 'dataset_id', 'table_id'].map((part) => textAt(table, part)).join('.');
}

/** The statement's type says what ran, where there is one; a script has the statements in it as jobs of their own. */
function verbOf(job: string, type: string, statement: string): number {
  const ofJob = OF_JOBS[job];
  if (ofJob !== undefined) return ofJob;
  if (/^(?:SELECT|EXPORT_DATA)$/.test(type) || /^\s*EXPORT\s+DATA\b/i.test(statement)) return QUERY_VERB.read;
  if (/^(?:INSERT|UPDATE|MERGE|LOAD_DATA|CREATE_TABLE_AS_SELECT)$/.test(type)) return QUERY_VERB.write;
  if (/^(?:DELETE|TRUNCATE_TABLE|DROP_\w+)$/.test(type)) return QUERY_VERB.delete;
  return statement === '' ? QUERY_VERB.unknown : verbOfSql(statement);
}

function outcomeOf(record: JsonObject): number {
  const error = objectAt(record, 'error_result');
  const reason =
    textAt(error, 'reason') || (isObject(record['error_result']) ? '' : textAt(record, 'error_result'));
  if (/accessDenied/i.test(reason)) return QUERY_OUTCOME.denied;
  if (reason !== '' && !/^null$/i.test(reason)) return QUERY_OUTCOME.error;
  return /^(?:DONE)?$/.test(textAt(record, 'state')) ? QUERY_OUTCOME.success : QUERY_OUTCOME.unknown;
}

function sniffBigquery(head: Head): number {
  const has = jsonKeys(head);
  if (!has?.('user_email') || !has('job_id') || !has('creation_time')) return 0;
  return has('job_type') || has('statement_type') ? 0.97 : 0;
}

export const bigqueryJobs: Format = {
  id: 'bigquery-jobs',
  label: 'BigQuery jobs (INFORMATION_SCHEMA)',
  framing: 'json',
  splittable: true,
  heldOffAsset: true,
  tables: ['queries', 'changes'],
  sniff: sniffBigquery,
  parser: (context) => new BigqueryJobsParser(context, wantedAt(...BIGQUERY_COLUMNS)),
};
