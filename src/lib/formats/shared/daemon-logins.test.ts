import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type ParsedRow } from '../../../../tests/support/parse';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import { syslog } from '../syslog';

const lines = (...messages: readonly string[]): string =>
  messages.map((message) => `2015-03-02T10:20:30Z edge ${message}\n`).join('');
const logins = (...messages: readonly string[]): ParsedRow[] =>
  parseWith(syslog, lines(...messages)).rows('logins');

describe('logins of other daemons in syslog', () => {
  it('are read of Dropbear, with the client’s port', () => {
    expect(
      logins(
        "dropbear[9]: Bad password attempt for 'root' from 203.0.113.7:51234",
        "dropbear[9]: Password auth succeeded for 'root' from 203.0.113.7:51234",
        "dropbear[9]: Pubkey auth succeeded for 'root' with ssh-ed25519 key SHA256:abc from [2001:db8::7]:51234",
        'dropbear[9]: Login attempt for nonexistent user from 203.0.113.7:51235',
        "dropbear[9]: Exit before auth from <203.0.113.7:51235>: (user 'root', 3 fails): Max auth tries reached - user 'root'",
        'dropbear[9]: Exit (root) from <203.0.113.7:51234>: Disconnect received',
        'dropbear[9]: Child connection from 203.0.113.7:51236',
      ),
    ).toMatchObject([
      {
        service: 'dropbear',
        user: 'root',
        actorAddr: '203.0.113.7',
        actorPort: 51234,
        outcome: LOGIN_OUTCOME.failure,
      },
      { outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.password },
      {
        outcome: LOGIN_OUTCOME.success,
        method: LOGIN_METHOD.publickey,
        key: 'SHA256:abc',
        actorAddr: '2001:db8::7',
      },
      { outcome: LOGIN_OUTCOME.invalidUser, user: '' },
      { outcome: LOGIN_OUTCOME.maxAttempts, user: 'root' },
      { outcome: LOGIN_OUTCOME.sessionClosed, user: 'root' },
    ]);
  });

  it('are read of Connect Secure, one row a try however many lines tell of it', () => {
    const at = '- - - 2015-03-02 10:20:30 - vpn1 - [203.0.113.7]';
    expect(
      logins(
        `PulseSecure: ${at} bob(Users)[] - Login failed. Reason: Wrong Password`,
        `PulseSecure: ${at} bob(Users)[] - Primary authentication failed for bob/Local from 203.0.113.7`,
        `PulseSecure: ${at} bob(Users)[] - Login failed using auth server Local (Local Authentication). Reason: Failed`,
        `PulseSecure: ${at} bob(Users)[] - Primary authentication successful for bob/Local from 203.0.113.7`,
        `PulseSecure: ${at} Default Network::bob(Users)[Staff][30f3179] - Agent login succeeded for bob/Users (session:sid74) from 203.0.113.7 with Pulse-Secure/9.1`,
        `PulseSecure: ${at} admin(Admin Users)[.Administrators] - Login succeeded for admin/Admin Users (session:sid75) from 203.0.113.7 with Mozilla/5.0`,
        `PulseSecure: ${at} bob(Users)[] - Logout from 203.0.113.7 (session:sid74)`,
        // A name that was tried, made to look like a success.
        `PulseSecure: ${at} x(U)[] - Login succeeded for x(Users)[] - Primary authentication failed for x from 203.0.113.7`,
        'Juniper: 2014-03-20 07:11:36 - ive - [2001:db8::7] dcr(SecID Users)[] - Primary authentication failed for dcr/ACE from 2001:db8::7',
      ),
    ).toMatchObject([
      { service: 'vpn', user: 'bob', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
      { service: 'vpn', user: 'bob', outcome: LOGIN_OUTCOME.success },
      { service: 'admin', user: 'admin', outcome: LOGIN_OUTCOME.success },
      { user: 'bob', outcome: LOGIN_OUTCOME.sessionClosed },
      { service: 'vpn', user: 'dcr', actorAddr: '2001:db8::7', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('are read of pfSense’s and OPNsense’s web page', () => {
    expect(
      logins(
        "php-fpm[432]: /index.php: webConfigurator authentication error for user 'x' from: 198.51.100.9 (a)' from: 203.0.113.7",
        "php-fpm[432]: /index.php: Successful login for user 'admin' from: 203.0.113.7 (Local Database)",
        "php-fpm[432]: /index.php: User logged out for user 'admin' from: 2001:db8::7",
        'php-fpm[432]: /rc.newwanip: rc.newwanip: Info: starting on vtnet0.',
      ),
    ).toMatchObject([
      { actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.7', user: 'admin', outcome: LOGIN_OUTCOME.success },
      { actorAddr: '2001:db8::7', user: 'admin', outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
  });

  it('are read of mail and file servers, each try for itself', () => {
    expect(
      logins(
        'dovecot: imap-login: Login: user=<bob@example.net>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, TLS',
        'dovecot: pop3-login: Disconnected: Connection closed (auth failed, 2 attempts in 9 secs): user=<bob>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1',
        'dovecot: imap-login: Disconnected: Inactivity (no auth attempts in 180 secs): user=<>, rip=203.0.113.7, lip=192.0.2.1',
        'postfix/smtpd[7]: warning: unknown[203.0.113.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=bob',
        'postfix/submission/smtpd[7]: 4F1C2D3: client=host.example[203.0.113.7], sasl_method=PLAIN, sasl_username=bob',
        'proftpd[7]: 192.0.2.1 (203.0.113.7[203.0.113.7]) - USER bob (Login failed): Incorrect password',
        'proftpd[7]: 192.0.2.1 (203.0.113.7[203.0.113.7]) - USER bob: Login successful.',
      ).map(({ service, user, actorAddr, outcome }) => [service, user, actorAddr, outcome]),
    ).toEqual([
      ['imap', 'bob@example.net', '203.0.113.7', LOGIN_OUTCOME.success],
      ['pop3', 'bob', '203.0.113.7', LOGIN_OUTCOME.failure],
      ['pop3', 'bob', '203.0.113.7', LOGIN_OUTCOME.failure],
      ['smtp', 'bob', '203.0.113.7', LOGIN_OUTCOME.failure],
      ['smtp', 'bob', '203.0.113.7', LOGIN_OUTCOME.success],
      ['ftp', 'bob', '203.0.113.7', LOGIN_OUTCOME.failure],
      ['ftp', 'bob', '203.0.113.7', LOGIN_OUTCOME.success],
    ]);
  });

  it('show what doas and pkexec ran, and for whom', () => {
    const parsed = parseWith(
      syslog,
      lines(
        'doas: bob ran command cat /etc/shadow as root from /home/bob',
        'pkexec[5]: bob: Executing command [USER=root] [TTY=unknown] [CWD=/home/bob] [COMMAND=/usr/bin/id]',
        'doas: failed auth for bob',
      ),
    );
    expect(parsed.rows('changes')).toMatchObject([
      { principal: 'bob', target: 'cat /etc/shadow', detail: 'doas as root' },
      { principal: 'bob', target: '/usr/bin/id', detail: 'pkexec as root' },
    ]);
    expect(parsed.rows('logins').map(({ outcome, became }) => [outcome, became])).toEqual([
      [LOGIN_OUTCOME.privilege, 'root'],
      [LOGIN_OUTCOME.privilege, 'root'],
      [LOGIN_OUTCOME.failure, ''],
    ]);
  });

  it('leave what PAM says inside them to PAM’s reader', () => {
    expect(
      logins(
        'proftpd[7]: pam_unix(proftpd:auth): authentication failure; logname= uid=0 rhost=203.0.113.7 user=bob',
      ),
    ).toMatchObject([{ service: 'proftpd', user: 'bob', outcome: LOGIN_OUTCOME.failure }]);
  });
});

describe('syslog of systems that write more before the program', () => {
  const parsed = parseWith(syslog, readFileSync('tests/fixtures/syslog/other-systems.log', 'utf8'));
  const { success, failure, privilege, sessionClosed } = LOGIN_OUTCOME;

  it('is read: AIX, Solaris, FreeBSD with priorities, ESXi, and the machine is called by its name', () => {
    expect(
      parsed.rows('logins').map((row) => [row.host, row.service, row.user, row.actorAddr, row.outcome]),
    ).toEqual([
      ['aix1', 'sshd', 'bob', '203.0.113.7', success],
      ['aix1', 'sshd', 'root', '203.0.113.8', failure],
      ['aix2', 'sshd', 'bob', '203.0.113.7', success],
      ['aix1', 'su', 'bob', '', privilege],
      ['aix1', 'su', 'eve', '', failure],
      ['sol1', 'su', 'bob', '', privilege],
      ['sol1', 'su', 'eve', '', failure],
      ['sol1', 'login', 'root', '203.0.113.7', success],
      ['fbsd', 'sshd', 'bob', '203.0.113.7', success],
      ['fbsd', 'sshd', 'root', '203.0.113.8', failure],
      ['', 'sshd', 'root', '203.0.113.8', failure],
      ['', 'hostd', 'root', '203.0.113.8', failure],
      ['', 'hostd', 'root', '203.0.113.7', success],
      ['', 'hostd', 'root', '203.0.113.7', sessionClosed],
      ['', 'hostd', 'root', '203.0.113.7', success],
      ['esx1', 'hostd', 'EXAMPLE\\admin', '203.0.113.7', success],
      ['gw', 'ipsec', 'bob', '203.0.113.7', success],
    ]);
    expect(parsed.rejected).toEqual([]);
  });

  it('does not take a message that begins with a level for one', () => {
    const plain = parseWith(
      syslog,
      'Mar  2 10:20:30 web-1 app: info: started\nMar  2 10:20:31 info cron[7]: (x) CMD\n',
    );
    expect(plain.skipped).toEqual({ 'program app': 1, 'program cron': 1 });
  });
});
