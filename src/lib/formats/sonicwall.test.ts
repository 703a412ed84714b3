import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { CHANGE_KIND, CONN_STATE, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { sonicwall } from './sonicwall';
import { syslogFile } from './syslog';

const text = readFileSync('tests/fixtures/sonicwall/firewall.log', 'utf8');
const at = (minute: number, second: number): number => Date.UTC(2015, 2, 2, 10, minute, second) * 1000;

describe('SonicWall’s log', () => {
  const parsed = parseWith(sonicwall, text);

  it('gives one row for a connection that was opened and closed, and one for what was dropped', () => {
    const rows = parsed.rows('flows').sort((a, b) => Number(a.line) - Number(b.line));
    expect(rows).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
        ...{ srcBytes: 455, dstBytes: 7475, srcPackets: 9, dstPackets: 15, verdict: VERDICT.accept },
        ...{ endUs: at(21, 0), startUs: at(21, 0) - 30_016_000, connState: CONN_STATE.established, line: 2 },
      },
      // The same ports once more are another connection, still open.
      { srcAddr: '203.0.113.7', dstPort: 9200, srcBytes: Number.NaN, startUs: at(21, 1), line: 3 },
      { srcAddr: '203.0.113.8', srcPort: 443, verdict: VERDICT.reject },
      { srcAddr: '203.0.113.9', protocol: 1, srcPort: 3, dstPort: 1, verdict: VERDICT.reject },
      { srcAddr: '2001:db8::7', srcPort: 36_701, dstAddr: '2001:db8::10', dstPort: 53, dstBytes: 115 },
    ]);
    expect(parsed.notes).toContain(
      'Connections still open at the end of the file: 1. Nothing was counted of them.',
    );
  });

  it('gives logins and changed settings', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.10', actorPort: 17_391, user: 'admin', outcome: LOGIN_OUTCOME.failure },
      { actorAddr: '203.0.113.10', user: 'admin', service: 'admin', outcome: LOGIN_OUTCOME.success },
      { actorAddr: '203.0.113.11', user: 'carol', service: 'vpn', outcome: LOGIN_OUTCOME.success },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      {
        ...{ principal: 'admin', actorAddr: '203.0.113.10', target: 'Access Rule' },
        kind: CHANGE_KIND.policyChanged,
      },
    ]);
  });

  it('counts what it does not read', () => {
    expect(parsed.skipped).toMatchObject({ 'sonicwall 97 Web site hit': 1 });
    expect(recordsAccounted(parsed)).toBe(12);
  });

  it('is read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    const mixed = parseWith(syslogFile, `${host.repeat(400)}${text}`);
    expect(mixed.rows('logins')).toHaveLength(403);
    expect(mixed.rows('flows')).toHaveLength(5);
  });
});
