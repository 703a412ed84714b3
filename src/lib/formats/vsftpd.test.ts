import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { vsftpd } from './vsftpd';
import { xferlog } from './xferlog';

describe('vsftpd’s log', () => {
  const parsed = parseWith(vsftpd, readFileSync('tests/fixtures/vsftpd/vsftpd.log', 'utf8'));

  it('tells who came and who got in', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 28) * 1000,
        timeBasis: TIME_BASIS.local,
        actorAddr: '203.0.113.7',
        service: 'ftp',
        outcome: LOGIN_OUTCOME.connect,
      },
      { user: 'root', outcome: LOGIN_OUTCOME.failure, method: LOGIN_METHOD.password },
      { user: 'bob', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.success },
      { user: 'ftp', outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.none },
    ]);
  });

  it('tells which files went out, with their bytes, and which were only asked for', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        principal: 'bob',
        verb: QUERY_VERB.read,
        object: '/home/bob/a "quoted", name.pdf',
        bytesReturned: 40120,
        outcome: QUERY_OUTCOME.success,
      },
      { verb: QUERY_VERB.read, object: '/home/bob/none', outcome: QUERY_OUTCOME.error, bytesReturned: NaN },
      { verb: QUERY_VERB.write, object: '/home/bob/in.bin', bytesReturned: NaN },
      { verb: QUERY_VERB.write, object: '/home/bob/new' },
      { verb: QUERY_VERB.delete, object: '/home/bob/in.bin' },
    ]);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({ 'FTP command': 1, 'FTP response': 1, 'other message': 1 });
  });

  it('says what it expected of a line that it cannot read', () => {
    const damaged = parseWith(
      vsftpd,
      'Mon Feb 30 10:20:30 2015 [pid 1] [bob] OK LOGIN: Client "203.0.113.7"\n',
    );
    expect(damaged.rejected).toMatchObject([{ reason: expect.stringContaining('Sun Mar 10 12:00:00 2024') }]);
  });
});

describe('xferlog', () => {
  const parsed = parseWith(xferlog, readFileSync('tests/fixtures/xferlog/xferlog', 'utf8'));

  it('tells which files went out and came in, by whom, and what broke off', () => {
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        actorAddr: '203.0.113.7',
        principal: 'bob',
        service: 'ftp',
        verb: QUERY_VERB.read,
        object: '/home/bob/report.pdf',
        bytesReturned: 40120,
        durationUs: 3e6,
        outcome: QUERY_OUTCOME.success,
      },
      { object: '/srv/db dump.sql', bytesReturned: 5120, outcome: QUERY_OUTCOME.error },
      { verb: QUERY_VERB.write, object: '/home/bob/in.bin', bytesReturned: NaN },
      { verb: QUERY_VERB.delete, object: '/home/bob/in.bin' },
      { principal: 'guest@example.org', verb: QUERY_VERB.read },
      { principal: 'ann', service: 'sftp', actorAddr: '2001:db8::9' },
    ]);
    expect(parsed.rejected).toEqual([]);
  });

  it('says what it expected of a line that it cannot read', () => {
    const damaged = parseWith(
      xferlog,
      'Mon Mar  2 10:20:30 2015 3 203.0.113.7 40120 /a b _ x r bob ftp 0 * c\n',
    );
    expect(damaged.rejected).toMatchObject([{ reason: expect.stringContaining('xferlog(5)') }]);
  });
});
