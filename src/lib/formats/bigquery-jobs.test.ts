import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { bigqueryJobs } from './bigquery-jobs';
import { bigqueryJobsCsv } from './bigquery-jobs-csv';

const log = readFileSync('tests/fixtures/bigquery-jobs/jobs.jsonl', 'utf8');

describe.each<[string, () => Parsed]>([
  ['as JSON', () => parseWith(bigqueryJobs, log)],
  [
    'as CSV',
    () => parseWith(bigqueryJobsCsv, readFileSync('tests/fixtures/bigquery-jobs-csv/jobs.csv', 'utf8')),
  ],
])('BigQuery’s list of jobs, %s,', (_name, read) => {
  it('tells who ran which query, and what was copied to a bucket', () => {
    const parsed = read();
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 223_456,
        principal: 'bob@example.net',
        service: 'bigquery',
        host: 'Google Cloud project mail-prod',
        verb: QUERY_VERB.read,
        object: 'SELECT * FROM `mail-prod.archive.messages`',
        outcome: QUERY_OUTCOME.success,
        durationUs: 1_000_000,
        // The list says what was scanned, which is not what was given.
        rowsReturned: Number.NaN,
        bytesReturned: Number.NaN,
      },
      { outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.read, object: 'EXTRACT mail-prod.archive.messages' },
      { verb: QUERY_VERB.admin },
      { outcome: QUERY_OUTCOME.unknown, durationUs: Number.NaN },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, target: 'user:mallory@example.org' },
    ]);
  });
});

describe('BigQuery’s list of jobs', () => {
  it('has its times in UTC, which bq prints without a word of that and the API as seconds', () => {
    const job = (time: string): string =>
      JSON.stringify({
        ...{ creation_time: time, user_email: 'bob@example.org', job_id: 'j', job_type: 'QUERY' },
        ...{ statement_type: 'SELECT', query: 'SELECT a FROM b', state: 'DONE' },
      });
    const parsed = parseWith(bigqueryJobs, `${job('2015-03-02 10:20:30')}\n${job('1.42529163E9')}\n`);
    const timeUs = Date.UTC(2015, 2, 2, 10, 20, 30) * 1000;
    expect(parsed.rows('queries')).toMatchObject([
      { timeUs, timeBasis: TIME_BASIS.absolute },
      { timeUs, timeBasis: TIME_BASIS.absolute },
    ]);
  });

  it('gives the same rows however shared out, and survives any values', () => {
    expectSplitInvariance(bigqueryJobs, log, ['queries', 'changes']);
    fuzzJson(
      bigqueryJobs,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
