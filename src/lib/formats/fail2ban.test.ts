import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import { fail2ban } from './fail2ban';
import { serviceOfJail } from './shared/fail2ban';
import { syslogFile } from './syslog';

const read = (name: string): ReturnType<typeof parseWith> =>
  parseWith(fail2ban, readFileSync(`tests/fixtures/fail2ban/${name}`, 'utf8'));

describe('fail2ban’s log', () => {
  const parsed = read('fail2ban.log');

  it('tells of failed logins at the service that a jail watches, when the try was', () => {
    const { failure } = LOGIN_OUTCOME;
    expect(parsed.rows('logins')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 19, 58) * 1000,
        timeBasis: TIME_BASIS.local,
        service: 'sshd',
        actorAddr: '203.0.113.7',
        user: '',
        outcome: failure,
      },
      { service: 'sshd', actorAddr: '2001:db8::9', outcome: failure },
      { service: 'smtp', actorAddr: '203.0.113.8', outcome: failure },
      { service: 'grafana', actorAddr: '203.0.113.8', outcome: failure },
    ]);
    expect(parsed.notes).toEqual([expect.stringContaining('counts twice')]);
  });

  it('counts what is no login: other jails, bans, what the server says of itself', () => {
    expect(parsed.rejected).toEqual([]);
    expect(parsed.skipped).toEqual({
      'found by jail nginx-botsearch': 1,
      'found by jail sshd-ddos': 1,
      ban: 1,
      'already banned': 1,
      'restore ban': 1,
      unban: 1,
      'message of server': 1,
      'message of jail': 1,
      'message of filter': 1,
      'message of utils': 1,
      'continuation of the line before': 2,
    });
  });

  it('is read as versions before 0.9 and before 0.10 wrote it, and by way of syslog', () => {
    expect(read('before-0.9.log').rows('logins')).toMatchObject([
      { timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000, service: 'sshd', actorAddr: '203.0.113.7' },
    ]);
    const line =
      'Mar  2 10:20:30 web-1 fail2ban.filter[812]: INFO [sshd] Found 203.0.113.7 - 2015-03-02 10:20:30';
    expect(parseWith(syslogFile, line).rows('logins')).toMatchObject([
      { host: 'web-1', service: 'sshd', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('says what it expected of a line that it cannot read', () => {
    const damaged = parseWith(
      fail2ban,
      '2015-13-02 10:20:30,1 fail2ban.filter [8]: INFO [sshd] Found 203.0.113.7\n',
    );
    expect(damaged.rejected).toMatchObject([{ reason: expect.stringContaining('2024-03-10 12:00:00,123') }]);
  });

  it.each([
    ['sshd', 'sshd'],
    ['sshd-aggressive', 'sshd'],
    ['dovecot', 'imap'],
    ['proftpd', 'ftp'],
    ['mysqld-auth', 'mysql'],
    ['nginx-http-auth', 'http'],
    ['recidive', undefined],
    ['apache-badbots', undefined],
    ['nginx-limit-req', undefined],
  ])('takes the jail %s for %s', (jail, service) => {
    expect(serviceOfJail(jail)).toBe(service);
  });
});
