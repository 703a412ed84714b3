import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { CHANGE_KIND, LOGIN_OUTCOME } from '../tables/schemas';
import { oktaCsv } from './okta-csv';

describe('a download of Okta’s system log', () => {
  const parsed = parseWith(oktaCsv, readFileSync('tests/fixtures/okta-csv/system-log.csv', 'utf8'));

  it('gives what the events that its rows were say', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 843) * 1000,
        actorAddr: '203.0.113.7',
        user: 'alice@example.net',
        outcome: LOGIN_OUTCOME.failure,
        line: 2,
      },
      { outcome: LOGIN_OUTCOME.success, line: 3 },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, principal: 'alice@example.net', target: 'mallory@example.net' },
    ]);
    expect(parsed.skipped).toEqual({ header: 1, 'event policy.evaluate_sign_on': 1 });
  });
});
