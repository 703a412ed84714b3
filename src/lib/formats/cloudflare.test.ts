import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { cloudflare } from './cloudflare';

const fixture = (name: string): string => readFileSync(`tests/fixtures/cloudflare/${name}.jsonl`, 'utf8');
const requests = fixture('http-requests');

describe('Cloudflare’s logs', () => {
  it('tell who asked for what and what a rule refused, whichever way times are written', () => {
    const parsed = parseWith(cloudflare, requests);
    const at = Date.UTC(2015, 2, 2, 10, 20, 30) * 1000;
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: at,
        actorAddr: '203.0.113.7',
        actorPort: 51_234,
        service: 'https',
        host: 'mail.example.net',
        servicePort: 443,
        verb: QUERY_VERB.read,
        object: '/api/messages?id=7',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 2750,
        durationUs: Number.NaN,
        agent: 'curl/8',
      },
      {
        timeUs: at + 1_000_000,
        actorAddr: '2001:db8::7',
        verb: QUERY_VERB.write,
        outcome: QUERY_OUTCOME.denied,
      },
      { timeUs: at + 2_100_000, servicePort: 8443, outcome: QUERY_OUTCOME.denied, durationUs: 23_000 },
      { timeUs: at + 3_500_000, outcome: QUERY_OUTCOME.denied, durationUs: 250_000 },
      { service: 'http', servicePort: 80, outcome: QUERY_OUTCOME.error },
      // Held for a challenge that was then solved: answered.
      { status: 200, outcome: QUERY_OUTCOME.success },
    ]);
  });

  it('tell security events, and that they may be told twice', () => {
    const parsed = parseWith(cloudflare, fixture('firewall-events'));
    expect(parsed.rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.8', object: '/admin?a=1', status: 403, outcome: QUERY_OUTCOME.denied },
      { object: '/inbox', outcome: QUERY_OUTCOME.success, bytesReturned: Number.NaN },
    ]);
    expect(parsed.notes.join()).toMatch(/stands in the HTTP requests of the same time too/);
  });

  it('tell who logged in to an application behind Access', () => {
    expect(parseWith(cloudflare, fixture('access-requests')).rows('logins')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        user: 'alice@example.net',
        host: 'wiki.example.net',
        outcome: LOGIN_OUTCOME.success,
      },
      { user: 'mallory@example.org', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('say what a record lacks, and survive any values', () => {
    const reasons = (text: string): string =>
      parseWith(cloudflare, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(requests.replaceAll('Timestamp"', 'Time"'))).toMatch(/expected EdgeStartTimestamp/);
    expect(reasons(requests.replaceAll('"ClientIP"', '"Client"'))).toMatch(/there is no ClientIP/);
    const all = requests + fixture('firewall-events') + fixture('access-requests');
    expectSplitInvariance(cloudflare, all);
    fuzzJson(
      cloudflare,
      all
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
