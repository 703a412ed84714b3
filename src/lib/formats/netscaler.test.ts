import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME } from '../tables/schemas';
import { netscaler } from './netscaler';
import { syslogFile } from './syslog';

const text = readFileSync('tests/fixtures/netscaler/gateway.log', 'utf8');
const { success, failure, sessionClosed } = LOGIN_OUTCOME;

describe('NetScaler’s log', () => {
  const parsed = parseWith(netscaler, text);

  it('gives who came in through the gateway and whose credentials were refused', () => {
    expect(parsed.rows('logins')).toMatchObject([
      {
        ...{
          actorAddr: '203.0.113.7',
          user: 'bob@example.org',
          service: 'aaa',
          outcome: failure,
          host: 'ns1',
        },
        ...{ timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000, timeBasis: TIME_BASIS.absolute },
      },
      // The name that was tried passes for an address: neither is believed.
      { actorAddr: '', outcome: failure },
      { actorAddr: '203.0.113.7', user: 'bob@example.org', service: 'vpn', outcome: success },
      { actorAddr: '203.0.113.8', user: 'carol', outcome: success, host: '192.0.2.1' },
      { user: 'bob@example.org', outcome: sessionClosed, timeBasis: TIME_BASIS.local },
    ]);
    expect(parsed.rejected).toMatchObject([{ line: 9 }]);
  });

  it('gives the commands that change something, and counts the rest', () => {
    expect(parsed.rows('changes')).toMatchObject([
      {
        ...{ principal: 'nsroot', actorAddr: '203.0.113.9', kind: CHANGE_KIND.commandRun },
        target: 'add lb vserver web HTTP 192.0.2.10 80',
      },
    ]);
    expect(parsed.skipped).toEqual({ 'netscaler CLI CMD_EXECUTED': 1, 'netscaler TCP CONN_TERMINATE': 1 });
    expect(recordsAccounted(parsed)).toBe(9);
  });

  it('is read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    expect(parseWith(syslogFile, `${host.repeat(400)}${text}`).rows('logins')).toHaveLength(405);
  });
});
