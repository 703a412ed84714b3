import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { CHANGE_KIND, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { mikrotik } from './mikrotik';
import { syslogFile } from './syslog';

const text = (name: string): string => readFileSync(`tests/fixtures/mikrotik/${name}.log`, 'utf8');
const read = (name: string): Parsed => parseWith(mikrotik, text(name));
const { success, failure, sessionClosed } = LOGIN_OUTCOME;

describe('RouterOS’ log', () => {
  const parsed = read('router');

  it('gives packets, judged by nothing but the prefix of the rule', () => {
    expect(parsed.rows('flows')).toMatchObject([
      {
        ...{ srcAddr: '203.0.113.7', srcPort: 50_001, dstAddr: '192.0.2.10', dstPort: 9200, protocol: 6 },
        ...{ tcpFlags: 2, srcBytes: 60, srcPackets: 1, verdict: VERDICT.unknown, sensor: 'edge' },
      },
      { srcAddr: '203.0.113.8', protocol: 17, verdict: VERDICT.reject },
      { srcAddr: '203.0.113.9', protocol: 1, srcPort: 8, dstPort: 0 },
      {
        srcAddr: '2001:db8::7',
        srcPort: 50_002,
        dstAddr: '2001:db8::10',
        dstPort: 443,
        verdict: VERDICT.accept,
      },
      { srcPort: 50_003, dstAddr: '192.0.2.10', dstPort: 443, tcpFlags: 17, srcBytes: 52 },
    ]);
    expect(parsed.rejected).toMatchObject([{ line: 16 }]);
    expect(recordsAccounted(parsed)).toBe(16);
  });

  it('gives logins, by the address at the end and not the one in a user’s name', () => {
    expect(parsed.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.10', user: 'root', service: 'ssh', outcome: failure },
      { actorAddr: '203.0.113.10', service: 'winbox', outcome: failure },
      { actorAddr: '203.0.113.11', user: 'admin', service: 'winbox', outcome: success },
      { actorAddr: '203.0.113.11', user: 'admin', outcome: sessionClosed },
      { actorAddr: '203.0.113.12', user: 'bob', service: 'l2tp', outcome: success },
      { user: 'carol', service: 'l2tp', outcome: failure },
      { actorAddr: '203.0.113.12', user: 'bob', outcome: sessionClosed },
    ]);
  });

  it('gives changes by who made them', () => {
    expect(parsed.rows('changes')).toMatchObject([
      {
        principal: 'admin',
        actorAddr: '203.0.113.11',
        target: 'filter rule',
        kind: CHANGE_KIND.policyChanged,
      },
      { principal: 'admin', target: 'user eve', kind: CHANGE_KIND.userCreated },
    ]);
  });

  it('is read without topics too', () => {
    const plain = read('bsd');
    expect(plain.rows('flows')).toMatchObject([
      { dstPort: 9200, tcpFlags: 2 },
      { protocol: 47, srcBytes: 48 },
    ]);
    expect(plain.rows('logins')).toMatchObject([
      { actorAddr: '203.0.113.10', service: 'ssh', outcome: failure },
    ]);
  });

  it('is read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    const mixed = parseWith(syslogFile, `${host.repeat(400)}${text('router')}${text('bsd')}`);
    expect(mixed.rows('logins')).toHaveLength(408);
    expect(mixed.rows('flows')).toHaveLength(7);
  });
});
