import { describe, expect, it } from 'vitest';
import { login, rawSource } from '../../../tests/fixtures/ingest/sources';
import { Dictionaries } from '../tables/dictionaries';
import { LOGIN_METHOD, LOGIN_OUTCOME, type RowFor } from '../tables/schemas';
import { markRetold, type TellingSource } from './retold';

const dictionaries = new Dictionaries();
const { strings, addresses } = dictionaries;
const text = (value: string): number => strings.intern(value);
const BOT = addresses.internText('203.0.113.7');
const OTHER = addresses.internText('203.0.113.8');
const { failure, success, invalidUser, retold } = LOGIN_OUTCOME;

type Row = Partial<RowFor<'logins'>>;

/** A line of sshd's log, `seconds` after the case began. */
const line = (seconds: number, outcome: number, more: Row = {}): Row => ({
  timeUs: seconds * 1e6,
  actorAddr: BOT,
  actorPort: 40_000 + seconds,
  user: text('root'),
  service: text('sshd'),
  method: LOGIN_METHOD.password,
  process: 900 + seconds,
  outcome,
  ...more,
});
/** The same in wtmp or btmp: without a port, by the id of another process. */
const record = (seconds: number, outcome: number, more: Row = {}): Row =>
  line(seconds, outcome, { actorPort: 0, process: 77, method: LOGIN_METHOD.unknown, ...more });

const source = (name: string, format: string, rows: readonly Row[], asset?: string): TellingSource => ({
  name,
  format,
  ...(asset !== undefined && { asset }),
  segments: rawSource(rows.map(login)).segments,
});

function outcomes(sources: readonly TellingSource[]): number[][] {
  return markRetold(sources, dictionaries).map(({ segments }) =>
    segments.flatMap((segment) => [
      ...(segment.columns as { outcome: Uint8Array }).outcome.subarray(0, segment.length),
    ]),
  );
}

describe('one login in several logs', () => {
  it('counts in the server’s own log, whichever was given first; what only the records have stays', () => {
    const wtmp = source('wtmp', 'wtmp', [record(11, success), record(50, success), record(90, success)]);
    const btmp = source('btmp', 'btmp', [record(5, failure), record(6, failure)]);
    // The line of second 50 was taken out of it.
    const auth = source('auth.log', 'syslog', [
      line(5, failure),
      line(6, failure),
      line(10, success),
      line(90, success),
    ]);
    const given = [wtmp, auth, btmp];
    expect(outcomes(given)).toEqual([
      [retold, success, retold],
      [failure, failure, success, success],
      [retold, retold],
    ]);
    expect(markRetold(given, dictionaries)[0]).toMatchObject({ retold: 2, retoldOf: 'auth.log' });
    // What was read stays as it is, for other parameters of the case.
    expect((wtmp.segments[0]!.columns as { outcome: Uint8Array }).outcome[0]).toBe(success);
  });

  it('leaves out as many records as there are lines of the same second', () => {
    const auth = source('auth.log', 'syslog', [line(5, failure), line(5, failure), line(5, failure)]);
    const btmp = source(
      'btmp',
      'btmp',
      Array.from({ length: 4 }, () => record(5, failure)),
    );
    expect(outcomes([auth, btmp])[1]!.filter((outcome) => outcome === retold)).toHaveLength(3);
  });

  it('is not found where account, outcome, address, service or machine differ', () => {
    const auth = source('auth.log', 'syslog', [line(5, failure)], 'web-1');
    for (const [other, asset] of [
      [record(5, failure, { user: text('admin') })],
      [record(5, success)],
      [record(5, failure, { actorAddr: OTHER })],
      [record(5, failure, { service: text('ftp') })],
      [record(9, failure)],
      [record(5, failure), 'web-2'],
    ] as const) {
      expect(outcomes([auth, source('btmp', 'btmp', [other], asset)])[1]).not.toContain(retold);
    }
    const same = [record(5, failure)];
    expect(outcomes([auth, source('btmp', 'btmp', same, 'WEB-1.example.org')])[1]).toEqual([retold]);
  });

  it('is not read into coincidences: most of what the logs could share must be in both', () => {
    const auth = source('other/auth.log', 'syslog', [
      line(0, failure),
      line(10, failure),
      line(100, failure),
    ]);
    const btmp = source(
      'btmp',
      'btmp',
      [1, 20, 40, 60, 80].map((seconds) => record(seconds, failure)),
    );
    expect(outcomes([auth, btmp])[1]).not.toContain(retold);
  });

  it('is found in what names no account: fail2ban finds the line of the name and that of the password', () => {
    const auth = source('auth.log', 'syslog', [line(4, invalidUser), line(5, failure), line(9, failure)]);
    const found = [4, 5, 9].map((seconds) => record(seconds, failure, { user: 0, process: 0 }));
    expect(outcomes([auth, source('fail2ban.log', 'fail2ban', found)])[1]).toEqual([retold, retold, retold]);
    // The same by way of syslog, in one file with sshd's.
    const mixed = source('syslog', 'syslog', [line(5, failure), found[1]!]);
    const log = source('wtmp', 'wtmp', [record(1, success)]);
    expect(outcomes([mixed, log])[0]).toEqual([failure, retold]);
  });

  it('is found where last prints whole minutes only', () => {
    const auth = source('auth.log', 'syslog', [line(65, success), line(185, success)]);
    const last = source('last.txt', 'last', [record(180, success), record(60, success)]);
    expect(outcomes([auth, last])[1]).toEqual([retold, retold]);
  });

  it('is told by the Security log where Remote Desktop reports it', () => {
    const security = source('Security.json', 'windows-json', [
      line(5, failure, { service: text('network'), process: 0 }),
      line(10, success, { service: text('rdp'), process: 4_321 }),
    ]);
    const report = { service: text('rdp'), process: 0, actorPort: 0, method: LOGIN_METHOD.unknown };
    const desktop = source('LocalSessionManager.json', 'windows-json', [
      line(5, failure, { ...report, user: 0 }),
      line(16, success, report),
    ]);
    expect(outcomes([security, desktop])).toEqual([
      [failure, success],
      [retold, retold],
    ]);
    // Alone it is all there is, and what a server of another kind accepted in the same seconds is another login.
    expect(outcomes([desktop])).toEqual([[failure, success]]);
    const sshd = source('auth.log', 'syslog', [line(5, failure), line(14, success)]);
    expect(outcomes([sshd, desktop])[1]).toEqual([failure, success]);
  });

  it('is one where the journal and a syslog file hold the same line, known by its process', () => {
    const lines = [line(5, failure), line(6, invalidUser), line(7, success)];
    const journal = source(
      'journal.json',
      'journald-json',
      lines.map((row) => ({ ...row, timeUs: row.timeUs! + 400_000 })),
    );
    const auth = source('auth.log', 'syslog', lines);
    expect(outcomes([journal, auth])).toEqual([
      [failure, invalidUser, success],
      [retold, retold, retold],
    ]);
    const elsewhere = source(
      'auth.log',
      'syslog',
      lines.map((row) => ({ ...row, process: 5 })),
    );
    expect(outcomes([journal, elsewhere])[1]).toEqual([failure, invalidUser, success]);
  });
});
