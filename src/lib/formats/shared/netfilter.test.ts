import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzLines } from '../../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../../tests/support/parse';
import { hasSharedData, sharedBytes, sharedText } from '../../../../tests/support/shared-data';
import { encodeUtf8 } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import { UNKNOWN_FLAGS, UNKNOWN_PACKETS, VERDICT } from '../../tables/schemas';
import { recognizeFormat } from '../registry';
import { syslog } from '../syslog';

const fixture = (name: string): string => readFileSync(`tests/fixtures/netfilter/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(syslog, fixture(name));

describe('packets that a firewall logs through syslog', () => {
  it.each(['ufw.log', 'filterlog.log'])('come in what is recognized as syslog: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('syslog');
  });

  it('give a flow row each, with the verdict of the rule’s own prefix', () => {
    const rows = parse('ufw.log').rows('flows');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      timeBasis: TIME_BASIS.yearless,
      srcAddr: '198.51.100.7',
      dstAddr: '10.0.0.5',
      srcPort: 40000,
      dstPort: 9200,
      protocol: 6,
      srcBytes: 40,
      srcPackets: 1,
      dstBytes: Number.NaN,
      dstPackets: UNKNOWN_PACKETS,
      tcpFlags: 2,
      verdict: VERDICT.reject,
      sensor: 'gw1',
      line: 1,
    });
    expect(rows[0]?.startUs).toBe(rows[0]?.endUs);
    expect(rows[1]).toMatchObject({ verdict: VERDICT.accept, tcpFlags: 16 | 8 });
    expect(rows[2]).toMatchObject({
      srcAddr: '2001:db8::7',
      protocol: 17,
      srcBytes: 76,
      verdict: VERDICT.unknown,
      tcpFlags: UNKNOWN_FLAGS,
    });
    expect(rows[3]).toMatchObject({
      srcAddr: '198.51.100.9',
      protocol: 1,
      srcPort: 3,
      dstPort: 1,
      verdict: VERDICT.reject,
    });
  });

  it('leave the kernel’s other messages counted', () => {
    expect(parse('ufw.log').skipped).toMatchObject({ 'kernel other': 2 });
  });

  it('are read from pf’s filterlog as well', () => {
    const parsed = parse('filterlog.log');
    expect(parsed.rows('flows')).toMatchObject([
      {
        srcAddr: '198.51.100.7',
        dstPort: 9200,
        protocol: 6,
        srcBytes: 60,
        tcpFlags: 2,
        verdict: VERDICT.reject,
        sensor: 'pf1',
      },
      { dstAddr: '10.0.0.6', dstPort: 53, protocol: 17, srcBytes: 72, verdict: VERDICT.accept },
      { srcAddr: '2001:db8::7', dstPort: 443, srcBytes: 40, tcpFlags: 2 | 16 },
      { protocol: 1, srcPort: 0, srcBytes: 84 },
    ]);
    expect(parsed.skipped).toMatchObject({ 'filterlog other': 1 });
  });

  it('are never lost and never throw, whatever the bytes', () => {
    fuzzLines(syslog, fixture('ufw.log'), 60);
    fuzzLines(syslog, fixture('filterlog.log'), 60);
  });
});

describe.skipIf(!hasSharedData)('firewall lines of others', () => {
  it('agree with CrowdSec’s parse', () => {
    const name = 'crowdsec-hub/iptables-logs';
    const rows = parseWith(syslog, sharedBytes(`${name}/iptables-logs.log`)).rows('flows');
    const asserted = sharedText(`${name}/parser.assert`);
    const field = (index: number, key: string): string | undefined =>
      new RegExp(
        String.raw`\["s01-parse"\]\["crowdsecurity/iptables-logs"\]\[${index}\]\.Evt\.Parsed\["${key}"\] == "([^"]*)"`,
      ).exec(asserted)?.[1];
    let compared = 0;
    for (let i = 0; i < 4; i++) {
      const source = field(i, 'src_ip');
      if (source === undefined) continue;
      const row = rows.find((candidate) => candidate.line === i + 1);
      expect(row).toMatchObject({
        srcAddr: source,
        dstAddr: field(i, 'dst_ip'),
        srcPort: Number(field(i, 'src_port')),
        dstPort: Number(field(i, 'dst_port')),
        protocol: field(i, 'proto') === 'TCP' ? 6 : 17,
      });
      compared += 5;
      // For UDP, CrowdSec takes the line's second LEN, which leaves the IP header out.
      if (field(i, 'proto') !== 'TCP') continue;
      expect(row?.srcBytes).toBe(Number(field(i, 'length')));
      compared += 1;
    }
    console.log(`iptables against CrowdSec: ${compared} of ${compared} compared values agree`);
    expect(compared).toBeGreaterThan(0);
  });

  it('hold every packet of a port scan', () => {
    const parsed = parseWith(
      syslog,
      sharedBytes('crowdsec-hub/iptables-scan-multi-port/iptables-scan-multi-port.log'),
    );
    expect(parsed.rejected).toEqual([]);
    expect(new Set(parsed.rows('flows').map((row) => row.srcAddr)).has('62.34.17.168')).toBe(true);
  });
});
