import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import { openvpn } from './openvpn';
import { syslogFile } from './syslog';

const SERVER = readFileSync('tests/fixtures/openvpn/server.log', 'utf8');
const { connect, failure, disconnect, success, sessionClosed, noIdentification } = LOGIN_OUTCOME;

const EXPECTED = [
  [failure, '', '203.0.113.7', 51234],
  // "Initiated", although the password was wrong.
  [connect, 'laptop', '203.0.113.7', 51234],
  [disconnect, 'laptop', '203.0.113.7', 51234],
  [connect, 'bob', '203.0.113.8', 51300],
  [success, 'bob', '203.0.113.8', 51300],
  [sessionClosed, 'bob', '203.0.113.8', 51300],
  [failure, 'old-laptop', '203.0.113.9', 40000],
  [noIdentification, '', '203.0.113.9', 40000],
  [connect, 'ann', '2001:db8::9', 51400],
  [success, 'ann', '2001:db8::9', 0],
];

describe('an OpenVPN server’s log', () => {
  const told = (parsed: ReturnType<typeof parseWith>): unknown[] =>
    parsed.rows('logins').map((row) => [row.outcome, row.user, row.actorAddr, row.actorPort]);

  it('tells who was let in and who was not: a connection that was initiated is no login yet', () => {
    const parsed = parseWith(openvpn, SERVER);
    expect(told(parsed)).toEqual(EXPECTED);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')[0]).toMatchObject({
      timeUs: Date.UTC(2015, 2, 2, 10, 20, 31) * 1000,
      timeBasis: TIME_BASIS.local,
      service: 'openvpn',
      method: LOGIN_METHOD.password,
    });
    expect(parsed.skipped).toEqual({ TLS: 4, 'peer info': 1, MULTI: 2, 'other message': 8 });
  });

  it('says the same by way of syslog, whatever the server’s configuration is called', () => {
    for (const program of ['openvpn', 'ovpn-office']) {
      const lines = SERVER.replace(/^\S+ (\S+) /gm, `Mar  2 $1 gw ${program}[812]: `);
      expect(told(parseWith(syslogFile, lines))).toEqual(EXPECTED);
    }
  });

  it('is read as versions before 2.5 wrote it, to the microsecond where that is logged', () => {
    const old = readFileSync('tests/fixtures/openvpn/before-2.5.log', 'utf8');
    expect(parseWith(openvpn, old).rows('logins')).toMatchObject([
      { timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 250) * 1000, outcome: connect },
      { timeUs: Date.UTC(2015, 2, 2, 10, 20, 31, 500) * 1000, outcome: success, user: 'bob' },
    ]);
  });

  it('takes a client’s log for no login: it names the server, and no client before it', () => {
    const client = parseWith(
      openvpn,
      '2015-03-02 10:20:30 [server] Peer Connection Initiated with [AF_INET]198.51.100.1:1194\n',
    );
    expect(client.rows('logins')).toEqual([]);
  });
});
