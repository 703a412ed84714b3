import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { salesforceEvents } from './salesforce-events';
import { salesforceEventsCsv } from './salesforce-events-csv';

const log = readFileSync('tests/fixtures/salesforce-events/events.jsonl', 'utf8');

describe('Salesforce’s event log files', () => {
  const parsed = parseWith(salesforceEvents, log);

  it('tell who got in and who did not', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        user: 'alice@example.net',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success },
      { outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
  });

  it('tell how many records each call and export gave, by whichever API', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        principal: '005000000000123AAA',
        host: 'Salesforce organization 00D000000000123',
        verb: QUERY_VERB.read,
        object: 'API queryMore Case',
        outcome: QUERY_OUTCOME.success,
        rowsReturned: 2000,
        agent: 'dataloader',
      },
      { object: 'RestApi GET Account /services/data/v60.0/query', rowsReturned: 200, bytesReturned: 81_234 },
      { object: 'BulkApi query Contact', rowsReturned: 150_000 },
      // From within Salesforce: no address.
      { object: 'ReportExport /00O000000000123', actorAddr: '', outcome: QUERY_OUTCOME.success },
      { outcome: QUERY_OUTCOME.denied, rowsReturned: Number.NaN },
    ]);
    expect(parsed.skipped).toEqual({ 'event LightningPageView': 1 });
  });

  it('do not say of a call without a status and without records that it was answered', () => {
    const silent = log.replace('"ROWS_PROCESSED": "2000"', '"ROWS_PROCESSED": "0"');
    expect(parseWith(salesforceEvents, silent).rows('queries')[0]).toMatchObject({
      outcome: QUERY_OUTCOME.unknown,
      rowsReturned: Number.NaN,
    });
  });

  it('are read as the tables that are downloaded, by either of their times', () => {
    const table = (name: string): string =>
      readFileSync(`tests/fixtures/salesforce-events-csv/${name}.csv`, 'utf8');
    expect(parseWith(salesforceEventsCsv, table('api')).rows('queries')).toMatchObject([
      { object: 'API queryMore Case', rowsReturned: 2000 },
      { outcome: QUERY_OUTCOME.denied },
    ]);
    const old = table('login').replace('TIMESTAMP_DERIVED', 'OTHER');
    expect(parseWith(salesforceEventsCsv, old).rows('logins')[0]).toMatchObject({
      timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
      timeBasis: TIME_BASIS.absolute,
    });
  });

  it('give the same rows however shared out, and survive any values', () => {
    expectSplitInvariance(salesforceEvents, log, ['logins', 'queries']);
    fuzzJson(
      salesforceEvents,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
