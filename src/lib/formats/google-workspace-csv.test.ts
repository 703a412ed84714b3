import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { googleWorkspaceCsv } from './google-workspace-csv';

const read = (name: string): Parsed =>
  parseWith(googleWorkspaceCsv, readFileSync(`tests/fixtures/google-workspace-csv/${name}`, 'utf8'));

describe('Google Workspace activities as a table', () => {
  it('tells logins by the titles of the admin console', () => {
    const parsed = read('user-log-events.csv');
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        timeBasis: TIME_BASIS.absolute,
        user: 'alice@example.net',
        actorAddr: '203.0.113.7',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.credentialChanged }]);
    expect(parsed.skipped).toEqual({ header: 1, 'event suspicious_login': 1 });
  });

  it('tells whose files were opened by whom, and when in the zone that the times name', () => {
    const parsed = read('drive-log-events.csv');
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 30) * 1000,
        timeBasis: TIME_BASIS.absolute,
        principal: 'alice@example.net',
        host: 'bob@example.net',
        verb: QUERY_VERB.read,
        object: 'download Keys, all of them 1AbC',
      },
      // Anybody with the link, at a time whose zone nothing tells.
      { principal: '', actorAddr: '2001:db8::7', timeBasis: TIME_BASIS.local },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 18, 21, 30) * 1000,
        kind: CHANGE_KIND.privilegeGranted,
        target: 'Keys, all of them',
      },
    ]);
  });

  it('reads what GAM prints, of each application by its own names', () => {
    const parsed = read('gam-report.csv');
    expect(parsed.rows('queries')).toMatchObject([
      { service: 'google-drive', host: 'bob@example.net', object: 'download Keys 1AbC' },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: Date.UTC(2015, 2, 2, 9, 21, 30) * 1000, outcome: LOGIN_OUTCOME.failure },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, principal: 'admin@example.net' },
    ]);
  });
});
