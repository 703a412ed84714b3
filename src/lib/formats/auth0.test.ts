import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { auth0 } from './auth0';

const fixture = (name: string): string => readFileSync(`tests/fixtures/auth0/${name}`, 'utf8');
const log = fixture('logs.json');

describe('a tenant’s log of Auth0', () => {
  const parsed = parseWith(auth0, log);

  it('tells who logged in by which means, who failed and who was locked out', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        user: 'alice@example.net',
        service: 'auth0',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { user: 'root@example.net', outcome: LOGIN_OUTCOME.invalidUser },
      { outcome: LOGIN_OUTCOME.maxAttempts },
      { method: LOGIN_METHOD.password, outcome: LOGIN_OUTCOME.success },
      { method: LOGIN_METHOD.mfa, outcome: LOGIN_OUTCOME.success },
      { user: 'Batch', actorAddr: '2001:db8::7', method: LOGIN_METHOD.token },
      { outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
    expect(parsed.skipped).toEqual({ 'event seacft': 1 });
  });

  it('tells accounts, roles and log streams that were changed, and what was read by the API', () => {
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'mallory@example.net' },
      { kind: CHANGE_KIND.privilegeGranted, target: '/api/v2/users/auth0%7C2/roles' },
      { kind: CHANGE_KIND.loggingStopped, outcome: CHANGE_OUTCOME.failure },
    ]);
    expect(parsed.rows('queries')).toMatchObject([{ verb: QUERY_VERB.read, object: 'GET /api/v2/users' }]);
  });

  it('is read as a stream delivers it; says what an event lacks, and survives any values', () => {
    const rows = (text: string): object[] =>
      parseWith(auth0, text)
        .rows('logins')
        .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    const stream = fixture('stream.jsonl');
    expect(rows(stream)).toEqual(rows(log));
    const reasons = (text: string): string =>
      parseWith(auth0, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(stream.replaceAll('"date"', '"at"'))).toMatch(/expected date/);
    expect(reasons(stream.replaceAll('"type"', '"kind"'))).toMatch(/there is no type/);
    expectSplitInvariance(auth0, stream);
    fuzzJson(auth0, JSON.parse(log) as unknown[]);
  });
});
