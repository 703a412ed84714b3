import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { duo } from './duo';

const fixture = (name: string): string => readFileSync(`tests/fixtures/duo/${name}`, 'utf8');
const log = fixture('authlog.jsonl');
const logins = (text: string): object[] =>
  parseWith(duo, text)
    .rows('logins')
    .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));

describe('Duo’s authentication log', () => {
  it('tells who came in with a second factor, who did not, and from which device', () => {
    expect(logins(log)).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        actorAddr: '203.0.113.7',
        user: 'alice',
        service: 'VPN',
        method: LOGIN_METHOD.mfa,
        outcome: LOGIN_OUTCOME.failure,
      },
      { actorAddr: '2001:db8::7', outcome: LOGIN_OUTCOME.failure },
      { outcome: LOGIN_OUTCOME.success },
      { user: 'bob', outcome: LOGIN_OUTCOME.maxAttempts },
    ]);
  });

  it('is read out of an answer of either version', () => {
    expect(logins(fixture('answer.json'))).toEqual(logins(log));
    expect(logins(fixture('first-version.json'))).toMatchObject([
      { actorAddr: '203.0.113.7', user: 'alice', service: 'VPN', outcome: LOGIN_OUTCOME.success },
    ]);
  });

  it('says what an entry lacks, and survives any values', () => {
    const reasons = (text: string): string =>
      parseWith(duo, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(log.replaceAll('timestamp"', 'stamp"'))).toMatch(/expected isotimestamp/);
    expect(reasons(log.replaceAll('"result"', '"end"'))).toMatch(/there is no result/);
    expectSplitInvariance(duo, log);
    const entries = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    fuzzJson(duo, [...entries, JSON.parse(fixture('answer.json'))]);
  });
});
