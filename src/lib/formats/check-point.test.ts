import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { checkPoint } from './check-point';
import { syslogFile } from './syslog';

const text = readFileSync('tests/fixtures/check-point/gateway.log', 'utf8');
const clock = (hour: number, minute: number, second: number): number =>
  Date.UTC(2015, 2, 2, hour, minute, second) * 1000;

describe('Check Point’s logs', () => {
  const parsed = parseWith(checkPoint, text);

  it('give a row for each connection, with the bytes that a later record tells', () => {
    expect(parsed.rows('flows')).toHaveLength(5);
    expect(parsed.rows('flows')).toEqual(
      expect.arrayContaining(
        [
          {
            ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
            ...{ verdict: VERDICT.accept, srcBytes: 455, dstBytes: 7475, srcPackets: 9, dstPackets: 15 },
            ...{ startUs: clock(10, 20, 31), endUs: clock(10, 21, 40), sensor: 'gw-1', line: 2 },
          },
          { srcAddr: '203.0.113.8', dstPort: 22, verdict: VERDICT.reject, srcBytes: Number.NaN },
          { srcAddr: '203.0.113.9', protocol: 1, srcPort: 8, dstPort: 0, verdict: VERDICT.accept },
          { srcAddr: '203.0.113.10', srcPort: 59_912, dstPort: 1990, protocol: 6, verdict: VERDICT.reject },
          { srcAddr: '203.0.113.10', dstAddr: '192.0.2.11', dstPort: 53, protocol: 17, srcPackets: 1 },
        ].map((row) => expect.objectContaining(row) as unknown),
      ),
    );
    expect(recordsAccounted(parsed)).toBe(12);
    expect(parsed.rejected).toMatchObject([{ line: 12, reason: expect.stringContaining('IP') as string }]);
  });

  it('give logins of administrators and of remote users, and no identity that was taken over', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.11', user: 'bob', service: 'smartconsole', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.11', user: 'bob', host: 'mgmt', outcome: LOGIN_OUTCOME.success },
      {
        ...{ actorAddr: '203.0.113.12', user: 'carol', service: 'vpn', host: 'gw-1' },
        ...{ method: LOGIN_METHOD.password, outcome: LOGIN_OUTCOME.failure },
      },
    ]);
    expect(parsed.skipped).toMatchObject({ 'check point identity by AD Query': 1 });
  });

  it('tell who changed a rule, whatever the change’s own text says', () => {
    expect(parsed.rows('changes')).toMatchObject([
      {
        ...{ principal: 'bob', actorAddr: '203.0.113.11', kind: CHANGE_KIND.policyChanged },
        ...{ target: 'log servers', timeUs: clock(10, 23, 0) },
      },
    ]);
    expect(parsed.rows('changes')[0]?.detail).toContain("Changed from 'Drop' to 'Accept'");
  });

  it('are read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    const mixed = parseWith(syslogFile, `${host.repeat(400)}${text}`);
    expect(mixed.rows('logins')).toHaveLength(403);
    expect(mixed.rows('flows')).toHaveLength(5);
  });
});
