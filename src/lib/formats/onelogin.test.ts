import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { oneLogin } from './onelogin';

const fixture = (name: string): string => readFileSync(`tests/fixtures/onelogin/${name}`, 'utf8');
const webhook = fixture('webhook.jsonl');

describe('OneLogin’s events', () => {
  it('tell who logged in, to which application, and who was locked out', () => {
    const parsed = parseWith(oneLogin, fixture('answer.json'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        user: 'Alice A',
        service: 'onelogin',
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success },
      { service: 'Wiki', method: LOGIN_METHOD.token, outcome: LOGIN_OUTCOME.success },
      { outcome: LOGIN_OUTCOME.sessionClosed },
      { actorAddr: '2001:db8::7', outcome: LOGIN_OUTCOME.maxAttempts },
    ]);
    expect(parsed.skipped).toEqual({ 'event type 21': 1 });
  });

  it('tell accounts that were made and roles that were given, as webhooks send them too', () => {
    const parsed = parseWith(oneLogin, webhook);
    expect(parsed.rows('logins')).toHaveLength(5);
    expect(parsed.rows('changes')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 35) * 1000,
        kind: CHANGE_KIND.userCreated,
        principal: 'Alice A',
        target: 'Mallory M',
      },
      { kind: CHANGE_KIND.privilegeGranted, detail: 'event type 4 Admins' },
    ]);
    expect(parsed.skipped).toEqual({ 'event type 21': 1 });
  });

  it('say what an event lacks, and survive any values', () => {
    const reasons = (text: string): string =>
      parseWith(oneLogin, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(webhook.replaceAll('event_timestamp', 'at'))).toMatch(/expected created_at/);
    expect(reasons(webhook.replaceAll('event_type_id', 'kind'))).toMatch(/there is no event_type_id/);
    expectSplitInvariance(oneLogin, webhook);
    const events = webhook
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    fuzzJson(oneLogin, [...events, JSON.parse(fixture('answer.json'))]);
  });
});
