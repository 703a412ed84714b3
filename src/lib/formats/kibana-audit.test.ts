import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { kibanaAudit } from './kibana-audit';

describe('Kibana’s audit log', () => {
  const parsed = parseWith(kibanaAudit, readFileSync('tests/fixtures/kibana-audit/audit.log', 'utf8'));

  it('tells who signed in, and who did not', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        user: '',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { user: 'elastic', outcome: LOGIN_OUTCOME.success },
      { user: 'elastic', outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
  });

  it('tells what was opened from what was refused, and from what was only begun', () => {
    expect(parsed.rows('queries')).toMatchObject([
      { principal: 'elastic', verb: QUERY_VERB.read, object: 'dashboard/d1', outcome: QUERY_OUTCOME.success },
      { principal: 'guest', verb: QUERY_VERB.read, object: 'config/8.4.0', outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.delete, object: 'index-pattern/logs', outcome: QUERY_OUTCOME.unknown },
      { object: '/internal/bsearch', outcome: QUERY_OUTCOME.unknown },
    ]);
    expect(parsed.skipped).toEqual({ 'event session_cleanup': 1 });
  });
});
