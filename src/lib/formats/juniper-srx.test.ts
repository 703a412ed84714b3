import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { recordsAccounted } from '../../../tests/support/robust';
import { CONN_STATE, VERDICT } from '../tables/schemas';
import { juniperSrx } from './juniper-srx';
import { syslogFile } from './syslog';

const text = (name: string): string => readFileSync(`tests/fixtures/juniper-srx/${name}.log`, 'utf8');
const read = (name: string): Parsed => parseWith(juniperSrx, text(name));

const SESSION = {
  srcAddr: '203.0.113.7',
  srcPort: 50_001,
  dstAddr: '192.0.2.10',
  dstPort: 443,
  protocol: 6,
  srcPackets: 14,
  srcBytes: 3752,
  dstPackets: 13,
  dstBytes: 6318,
  verdict: VERDICT.accept,
  connState: CONN_STATE.established,
  sensor: 'srx1',
};

describe('sessions of a Juniper SRX', () => {
  it('are one row each where they begin and end, by their addresses before translation', () => {
    const parsed = read('structured');
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(4);
    const endUs = Date.UTC(2015, 2, 2, 10, 20, 35, 500) * 1000;
    expect(parsed.rows('flows')).toMatchObject([
      { ...SESSION, startUs: endUs - 5_000_000, endUs },
      { srcAddr: '203.0.113.8', dstPort: 22, verdict: VERDICT.reject, srcBytes: Number.NaN },
      { srcAddr: '203.0.113.9', dstPort: 8080, connState: CONN_STATE.refused },
    ]);
  });

  it('are the same in words, whichever fields a release has', () => {
    const parsed = read('words');
    expect(parsed.rows('flows')).toMatchObject([
      SESSION,
      { srcAddr: '203.0.113.8', protocol: 1, srcPort: 0, dstPort: 0, verdict: VERDICT.reject },
      {
        srcAddr: '203.0.113.9',
        dstPort: 25,
        protocol: 6,
        verdict: VERDICT.accept,
        connState: CONN_STATE.unknown,
      },
    ]);
    expect(parsed.rejected).toMatchObject([
      { reason: expect.stringContaining('source/port->destination') as string },
    ]);
    expect(parsed.notes).toContain(
      'Sessions still open at the end of the file: 1. Nothing was counted of them.',
    );
  });

  it('are read among the lines of hosts, by the kernel’s way too', () => {
    const host = 'Mar  2 10:20:30 log1 sshd[1]: Failed password for root from 203.0.113.7 port 50001 ssh2\n';
    const parsed = parseWith(syslogFile, `${host.repeat(400)}${text('words')}`);
    expect(parsed.rows('logins')).toHaveLength(400);
    expect(parsed.rows('flows')).toHaveLength(3);
  });
});
