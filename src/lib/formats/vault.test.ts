import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import { syslogFile } from './syslog';
import { vault } from './vault';

const log = readFileSync('tests/fixtures/vault/audit.log', 'utf8');

describe('Vault’s audit log', () => {
  const parsed = parseWith(vault, log);

  it('counts each request once, when it was answered', () => {
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(19);
    expect(parsed.skipped).toEqual({ 'request (counts when it is answered)': 2, 'entry of type event': 1 });
  });

  it('tells who logged in, and who did not', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        actorPort: 51_234,
        user: 'bob',
        method: LOGIN_METHOD.password,
        outcome: LOGIN_OUTCOME.failure,
      },
      { user: 'bob', outcome: LOGIN_OUTCOME.success },
      {
        actorAddr: '198.51.100.4',
        user: 'approle',
        method: LOGIN_METHOD.token,
        outcome: LOGIN_OUTCOME.success,
      },
    ]);
  });

  it('tells which secrets were given away, by whatever kind of request, and which were not', () => {
    const rows = parsed.rows('queries');
    expect(rows[0]).toMatchObject({
      timeUs: Date.UTC(2015, 2, 2, 10, 20, 35) * 1000 + 123_456,
      actorAddr: '203.0.113.7',
      principal: 'bob',
      service: 'vault',
      object: 'secret/data/mail/smtp',
    });
    const { read, list, write, delete: deletes, admin } = QUERY_VERB;
    const { success, denied, error } = QUERY_OUTCOME;
    expect(rows.map(({ verb, object, outcome }) => [verb, object, outcome])).toEqual([
      [read, 'secret/data/mail/smtp', success],
      [list, 'secret/metadata/mail', success],
      [read, 'secret/data/none', error],
      [read, 'secret/data/root', denied],
      [read, 'transit/decrypt/mail', success],
      [write, 'secret/data/mail/smtp', success],
      [deletes, 'secret/metadata/mail/smtp', success],
      [admin, 'sys/internal/ui/mounts', success],
      [read, 'sys/storage/raft/snapshot', success],
      [admin, 'sys/audit/file', success],
      [admin, 'auth/userpass/users/mallory', success],
      [admin, 'auth/token/create', success],
      // A key that is called like what other engines do.
      [write, 'apps/creds/smtp', success],
    ]);
  });

  it('tells an audit device that was switched off, a user and a token that were made', () => {
    expect(parsed.rows('changes')).toMatchObject([
      {
        kind: CHANGE_KIND.loggingStopped,
        target: 'file',
        principal: 'bob',
        actorAddr: '203.0.113.7',
        outcome: CHANGE_OUTCOME.success,
      },
      { kind: CHANGE_KIND.userCreated, target: 'mallory' },
      { kind: CHANGE_KIND.keyCreated },
    ]);
  });

  it('is read where it comes by way of syslog, and told when the relay has cut it', () => {
    const byName = (from: Parsed, table: 'logins' | 'queries' | 'changes'): unknown[] =>
      from.rows(table).map(({ offset: _, line: _line, host: _host, ...row }) => row);
    const wrapped = log
      .trim()
      .split('\n')
      .map((line, i) => `<13>Mar  2 10:20:30 v1 vault[${i}]: ${i % 2 === 0 ? '' : '@cee: '}${line}\n`)
      .join('');
    const relayed = parseWith(syslogFile, wrapped);
    for (const table of ['logins', 'queries', 'changes'] as const)
      expect(byName(relayed, table)).toEqual(byName(parsed, table));
    expect(new Set(relayed.rows('queries').map(({ host }) => host))).toEqual(new Set(['v1']));
    const cut = 'Mar  2 10:20:30 v1 vault[1]: {"time":"2015-03-02T10:20:30Z","type":"respo\n';
    expect(parseWith(syslogFile, cut).rejected).toMatchObject([{ line: 1 }]);
  });

  it('says what an entry lacks, and survives any values', () => {
    const reasons = (text: string): string =>
      parseWith(vault, text)
        .rejected.map(({ reason }) => reason)
        .join();
    expect(reasons(log.replaceAll('"time"', '"at"'))).toMatch(/expected time, such as/);
    expect(reasons(log.replaceAll('"path"', '"where"'))).toMatch(/there is no request\.path/);
    expectSplitInvariance(vault, log);
    fuzzJson(
      vault,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
