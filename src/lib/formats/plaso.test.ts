import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { fuzzJson } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { plaso } from './plaso';
import { plasoCsv } from './plaso-csv';

const log = readFileSync('tests/fixtures/plaso/timeline.jsonl', 'utf8');
const dynamic = readFileSync('tests/fixtures/plaso-csv/dynamic.csv', 'utf8');
const legacy = readFileSync('tests/fixtures/plaso-csv/l2t.csv', 'utf8');

const at = (...clock: [number, number, number, number?]): number =>
  Date.UTC(2026, 2, 10, clock[0], clock[1], clock[2], clock[3] ?? 0) * 1000;

describe('a timeline of Plaso', () => {
  const parsed = parseWith(plaso, log);

  it('gives the logins of every log that it was drawn from', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: at(12, 0, 3),
        timeBasis: TIME_BASIS.local,
        host: 'web-1',
        service: 'sshd',
        user: 'root',
        actorAddr: '192.0.2.6',
        actorPort: 50_352,
        process: 2_111_389,
        outcome: LOGIN_OUTCOME.failure,
        method: LOGIN_METHOD.password,
      },
      {
        timeUs: at(11, 0, 4),
        timeBasis: TIME_BASIS.absolute,
        user: 'bob',
        outcome: LOGIN_OUTCOME.success,
        method: LOGIN_METHOD.publickey,
      },
      { user: 'admin', actorAddr: '2001:db8::7', actorPort: 50_400, outcome: LOGIN_OUTCOME.failure },
      { timeUs: at(11, 2, 0, 120), user: 'bob', actorAddr: '192.0.2.9', outcome: LOGIN_OUTCOME.success },
      { user: 'root', actorAddr: '192.0.2.6', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '192.0.2.44', service: 'postgresql', outcome: LOGIN_OUTCOME.connect },
      {
        timeUs: at(11, 5, 59, 500),
        user: 'eve',
        actorAddr: '192.0.2.44',
        service: 'postgresql',
        outcome: LOGIN_OUTCOME.failure,
      },
      { timeUs: at(11, 6, 0, 519), user: 'root', actorAddr: '192.0.2.6', outcome: LOGIN_OUTCOME.failure },
      {
        timeUs: at(12, 0, 30, 500),
        host: 'dc1.corp.example',
        service: 'rdp',
        user: 'alice',
        actorAddr: '203.0.113.7',
        outcome: LOGIN_OUTCOME.success,
      },
    ]);
  });

  it('gives the requests of web servers and what a firewall saw', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: at(11, 3, 0),
        actorAddr: '192.0.2.9',
        principal: 'bob',
        object: '/export?q=\\"all\\"',
        status: 200,
        bytesReturned: 52_000,
      },
      {
        timeUs: at(11, 4, 0),
        actorAddr: '192.0.2.9',
        object: '/backup.zip',
        status: 200,
        bytesReturned: 900_000,
      },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      { startUs: at(11, 5, 0), srcAddr: '192.0.2.6', dstPort: 3389, verdict: VERDICT.reject },
    ]);
  });

  it('counts events of other kinds by their type, and says what is missing', () => {
    expect(parsed.skipped).toMatchObject({ 'event of fs:stat': 1, 'event of windows:evtx:record': 1 });
    expect(parsed.notes.join('\n')).toMatch(/without their XML/);
    expect(parsed.notes.join('\n')).toMatch(/taken for UTC/);
    expect(parsed.notes.join('\n')).toMatch(/which times they cover/);
  });

  it('survives any values', () => {
    fuzzJson(
      plaso,
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

describe('a timeline of Plaso as a table', () => {
  it('gives what the messages tell, with psort’s own columns', () => {
    const parsed = parseWith(plasoCsv, dynamic);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: at(12, 0, 3), user: 'root', actorAddr: '192.0.2.6', outcome: LOGIN_OUTCOME.failure },
      {
        user: 'bob',
        actorAddr: '192.0.2.9',
        actorPort: 50_360,
        outcome: LOGIN_OUTCOME.success,
        method: LOGIN_METHOD.publickey,
        process: 21,
      },
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      { actorAddr: '192.0.2.9', object: '/export', status: 200 },
    ]);
    expect(parsed.skipped).toMatchObject({ 'event of File stat': 1 });
  });

  it('reads log2timeline’s old columns, and leaves a zone to whoever knows it', () => {
    const parsed = parseWith(plasoCsv, legacy);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { timeUs: at(12, 0, 3), timeBasis: TIME_BASIS.absolute, host: 'web-1', user: 'root' },
      { timeUs: at(13, 0, 4), timeBasis: TIME_BASIS.local, user: 'bob', actorAddr: '192.0.2.9' },
    ]);
  });
});
