import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { githubAudit } from './github-audit';
import { githubAuditCsv } from './github-audit-csv';

const log = readFileSync('tests/fixtures/github-audit/stream.jsonl', 'utf8');

describe('GitHub’s audit log', () => {
  const parsed = parseWith(githubAudit, log);

  it('tells which repositories were taken, by whom and from where', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '203.0.113.7',
        principal: 'alice',
        service: 'github',
        host: 'example/mail',
        verb: QUERY_VERB.read,
        object: 'git.clone example/mail',
        outcome: QUERY_OUTCOME.success,
        agent: 'git/2.43.0',
      },
      { actorAddr: '2001:db8::7', principal: 'Deploy key', verb: QUERY_VERB.read },
      { host: 'example/secrets', verb: QUERY_VERB.read, object: 'repo.download_zip example/secrets' },
      { verb: QUERY_VERB.write },
      { object: '/repos/example/mail/contents/.env', status: 404, outcome: QUERY_OUTCOME.error },
    ]);
  });

  it('tells logins, and what was changed about members, keys and the log itself', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'alice', outcome: LOGIN_OUTCOME.failure },
      { user: 'alice', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes').map(({ kind, target }) => [kind, target])).toEqual([
      [CHANGE_KIND.privilegeGranted, 'mallory'],
      [CHANGE_KIND.privilegeRevoked, 'bob'],
      [CHANGE_KIND.keyCreated, 'example'],
      [CHANGE_KIND.privilegeGranted, 'example/mail'],
      [CHANGE_KIND.loggingStopped, 'example'],
      [CHANGE_KIND.policyChanged, 'main'],
      [CHANGE_KIND.other, 'example/post'],
    ]);
    expect(parsed.skipped).toEqual({ 'action workflows.completed_workflow_run': 1 });
  });

  it('says what an entry lacks, and survives any values', () => {
    const reasons = (text: string): string =>
      parseWith(githubAudit, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(log.replaceAll('"action"', '"did"'))).toMatch(/there is no action/);
    expect(reasons(log.replaceAll(/"(?:@timestamp|created_at)"/g, '"at"'))).toMatch(/expected @timestamp/);
    expectSplitInvariance(githubAudit, log);
    fuzzJson(
      githubAudit,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });

  it('is read out of a table as out of JSON', () => {
    const text = readFileSync('tests/fixtures/github-audit-csv/export.csv', 'utf8');
    const parsed = parseWith(githubAuditCsv, text);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: 1_425_291_630_123_000,
        actorAddr: '203.0.113.7',
        principal: 'alice',
        host: 'example/mail',
        verb: QUERY_VERB.read,
        object: 'git.clone example/mail',
      },
      { object: '/repos/example/mail/contents/keys.txt', status: 200 },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.privilegeGranted, target: 'example/secrets' },
    ]);
    expect(parsed.rows('logins')).toMatchObject([{ user: 'alice', outcome: LOGIN_OUTCOME.failure }]);
    // Many applications have such columns, and other actions.
    const other = text.replace(/,?\b(?:git|repo|user|api|workflows)\.\w+/g, 'saved');
    expect(githubAuditCsv.sniff(headOf(encodeUtf8(other)))).toBe(0);
  });
});
