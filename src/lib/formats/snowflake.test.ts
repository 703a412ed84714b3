import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { snowflake } from './snowflake';
import { snowflakeCsv } from './snowflake-csv';

const fixture = (name: string): string => readFileSync(`tests/fixtures/${name}`, 'utf8');
const logins = fixture('snowflake/login-history.jsonl');
const queries = fixture('snowflake/query-history.json');
const withoutPlace = (rows: readonly object[]): object[] =>
  rows.map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));

describe('Snowflake’s login history', () => {
  const parsed = parseWith(snowflake, logins);

  it('tells who got in from where and by which means, by the clock of any session', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        user: 'ANALYST',
        service: 'snowflake',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { actorAddr: '', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.success },
      { user: 'LOADER', method: LOGIN_METHOD.publickey },
      { user: 'ADMIN', actorAddr: '2001:db8::7', method: LOGIN_METHOD.mfa },
    ]);
    expect(parsed.skipped).toEqual({ 'event CONNECT': 1 });
  });

  it('says that there were more failures than it lists', () => {
    expect(parsed.notes.join()).toMatch(/left out failed logins/);
  });
});

describe('Snowflake’s query history', () => {
  const parsed = parseWith(snowflake, queries);

  it('tells what was read and unloaded, and how much of it was given away', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 30, 0, 500) * 1000,
        principal: 'ANALYST',
        host: 'MAIL',
        verb: QUERY_VERB.read,
        object: 'SELECT * FROM customers',
        outcome: QUERY_OUTCOME.success,
        rowsReturned: 5000,
        bytesReturned: 1_048_576,
        durationUs: 1_250_000,
      },
      { verb: QUERY_VERB.read, rowsReturned: 250_000, bytesReturned: Number.NaN },
      { verb: QUERY_VERB.read, object: 'GET @~/out file:///tmp/' },
      { verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.write, principal: 'LOADER', rowsReturned: Number.NaN },
      { verb: QUERY_VERB.admin },
      { verb: QUERY_VERB.admin },
      { verb: QUERY_VERB.list, outcome: QUERY_OUTCOME.unknown },
      { verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.error },
    ]);
  });

  it('tells users that were made and a network policy that was lifted, without the password', () => {
    const changes = parsed.rows('changes');
    expect(changes).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'helper', principal: 'ADMIN' },
      { kind: CHANGE_KIND.policyChanged, target: 'NETWORK_POLICY' },
    ]);
    expect(changes.map(({ detail }) => detail).join()).not.toMatch(/hunter2/);
  });
});

describe('Snowflake’s access history', () => {
  const lines = fixture('snowflake/access-history.jsonl');

  it('tells which tables were read, whatever view stood before them, and what was made of them', () => {
    const parsed = parseWith(snowflake, lines);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        principal: 'ANALYST',
        host: 'MAIL',
        verb: QUERY_VERB.read,
        object: 'read Table MAIL.PUBLIC.MESSAGES (BODY, RECIPIENT)',
        outcome: QUERY_OUTCOME.success,
      },
      { host: 'Keys, all', object: 'read Table "Keys, all".PUBLIC.API_KEYS (SECRET)' },
      // Lists that a client printed as text are lists.
      { object: 'read Table MAIL.PUBLIC.MESSAGES (BODY)' },
      { verb: QUERY_VERB.write, object: 'write Stage MAIL.PUBLIC.OUT' },
      { verb: QUERY_VERB.delete, object: 'DROP Table MAIL.PUBLIC.AUDIT' },
    ]);
    expect(parsed.skipped).toEqual({ 'query that read and wrote no object': 1 });
  });

  it('is the same as a table', () => {
    expect(
      withoutPlace(parseWith(snowflakeCsv, fixture('snowflake-csv/access-history.csv')).rows('queries')),
    ).toEqual(withoutPlace(parseWith(snowflake, lines).rows('queries')));
  });

  it('survives any values', () => {
    fuzzJson(
      snowflake,
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

it('a table of either history gives the rows that the records give', () => {
  expect(
    withoutPlace(parseWith(snowflakeCsv, fixture('snowflake-csv/login-history.csv')).rows('logins')),
  ).toEqual(withoutPlace(parseWith(snowflake, logins).rows('logins')));
  const table = parseWith(snowflakeCsv, fixture('snowflake-csv/query-history.csv'));
  expect(table.rejected).toEqual([]);
  expect(withoutPlace(table.rows('queries'))).toEqual(
    withoutPlace(parseWith(snowflake, queries).rows('queries')),
  );
  expect(table.rows('changes')).toHaveLength(2);
});

it('says what a row lacks, and survives any values', () => {
  const reasons = (text: string) => parseWith(snowflake, text).rejected.map(({ reason }) => reason);
  expect(reasons(logins.replaceAll('EVENT_TIMESTAMP', 'AT'))[0]).toMatch(/expected EVENT_TIMESTAMP/);
  expect(reasons(logins.replaceAll('IS_SUCCESS', 'OK'))[0]).toMatch(/neither IS_SUCCESS nor QUERY_TEXT/);
  expectSplitInvariance(snowflake, logins, ['logins']);
  fuzzJson(snowflake, [
    ...logins
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    ...(JSON.parse(queries) as unknown[]),
  ]);
});
