import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { googleWorkspace } from './google-workspace';

const fixture = (name: string): string => readFileSync(`tests/fixtures/google-workspace/${name}`, 'utf8');
const drive = fixture('drive.jsonl');

describe('Google Workspace’s activities', () => {
  it('tell who logged in, by which means and at whose application, out of a whole answer', () => {
    const parsed = parseWith(googleWorkspace, fixture('login.json'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        user: 'alice@example.net',
        service: 'google',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { method: LOGIN_METHOD.password, outcome: LOGIN_OUTCOME.success },
      { method: LOGIN_METHOD.mfa, outcome: LOGIN_OUTCOME.unknown },
      { outcome: LOGIN_OUTCOME.sessionClosed },
      { actorAddr: '2001:db8::7', service: 'wiki', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.credentialChanged, principal: 'alice@example.net' },
    ]);
    expect(parsed.skipped).toEqual({ 'event suspicious_login': 1 });
  });

  it('tell which files were read and by whom, and what applications called', () => {
    expect(parseWith(googleWorkspace, drive).rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        principal: 'alice@example.net',
        service: 'google-drive',
        host: 'bob@example.net',
        verb: QUERY_VERB.read,
        object: 'download Payroll 2015 1AbC',
        outcome: QUERY_OUTCOME.success,
      },
      { principal: '105250506097979753968', verb: QUERY_VERB.read, object: 'view Notes 1AbD' },
      { verb: QUERY_VERB.write },
      { verb: QUERY_VERB.delete },
      {
        service: 'gmail',
        verb: QUERY_VERB.read,
        object: 'gmail.users.messages.get',
        bytesReturned: 5120,
        agent: 'Mailer',
      },
    ]);
  });

  it('tell what was shared with everybody, and what an administrator changed', () => {
    expect(parseWith(googleWorkspace, drive).rows('changes')).toMatchObject([
      {
        kind: CHANGE_KIND.privilegeGranted,
        target: 'Payroll 2015',
        detail: expect.stringContaining('new_value=people_with_link') as string,
      },
      { kind: CHANGE_KIND.privilegeRevoked, target: 'carol@example.net' },
      { kind: CHANGE_KIND.privilegeGranted, target: 'Mailer' },
    ]);
    const admin = parseWith(googleWorkspace, fixture('admin.json'));
    expect(admin.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'mallory@example.net', principal: 'admin@example.net' },
      { kind: CHANGE_KIND.privilegeGranted, target: 'mallory@example.net' },
      { kind: CHANGE_KIND.policyChanged, target: 'Forwarding' },
    ]);
    expect(admin.skipped).toEqual({ 'event ALERT_CENTER_VIEW': 1 });
  });

  it('tell a file that fewer may open, or for less, from one that more may', () => {
    const shared = (name: string, before: string, now: string): string =>
      JSON.stringify({
        id: { time: '2015-03-02T10:20:30.123Z', applicationName: 'drive', uniqueQualifier: '1' },
        actor: { email: 'alice@example.net' },
        events: [
          {
            name,
            parameters: [
              { name: 'old_value', multiValue: [before] },
              { name: 'new_value', multiValue: [now] },
            ],
          },
        ],
      });
    const lines = [
      shared('change_document_visibility', 'people_with_link', 'public_in_the_domain'),
      shared('change_document_visibility', 'private', 'people_within_domain_with_link'),
      shared('change_user_access', 'can_edit', 'can_view'),
      shared('change_user_access', 'can_view', 'can_edit'),
      shared('change_user_access', 'none', 'can_view'),
    ];
    const { privilegeGranted, privilegeRevoked } = CHANGE_KIND;
    expect(
      parseWith(googleWorkspace, lines.join('\n'))
        .rows('changes')
        .map(({ kind }) => kind),
    ).toEqual([privilegeRevoked, privilegeGranted, privilegeRevoked, privilegeGranted, privilegeGranted]);
  });

  it('say what an activity lacks, and survive any values', () => {
    const reasons = (text: string): string =>
      parseWith(googleWorkspace, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(drive.replaceAll('"time"', '"at"'))).toMatch(/expected id\.time/);
    expect(reasons(fixture('login.json').replaceAll('"time"', '"at"'))).toMatch(/expected id\.time/);
    expect(reasons(drive.replaceAll('"events"', '"done"'))).toMatch(/no events with a name/);
    expectSplitInvariance(googleWorkspace, drive);
    fuzzJson(googleWorkspace, [
      ...drive
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      JSON.parse(fixture('login.json')),
    ]);
  });
});
