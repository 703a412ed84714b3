import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CONN_STATE, LOGIN_OUTCOME, UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { fortigate } from './fortigate';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/fortigate/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(fortigate, text);
const at = (time: string): number => Date.parse(time) * 1000;
const log = fixture('fortigate.log');
const parsed = parse(log);
const flowsOf = (port: number) => parsed.rows('flows').filter((row) => row.srcPort === port);

describe('the log of a FortiGate', () => {
  it.each(['fortigate.log', 'exported.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('fortigate');
  });

  it('gives a session with what each way carried, counted back from its end', () => {
    expect(flowsOf(40001)).toMatchObject([
      {
        startUs: at('2024-03-10T12:00:00Z') + 123456,
        endUs: at('2024-03-10T12:01:05Z') + 123456,
        timeBasis: TIME_BASIS.absolute,
        srcAddr: '192.0.2.10',
        dstAddr: '10.20.0.13',
        dstPort: 9200,
        protocol: 6,
        srcBytes: 2100,
        dstBytes: 731903,
        srcPackets: 30,
        dstPackets: 520,
        verdict: VERDICT.accept,
        connState: CONN_STATE.established,
        sensor: 'edge',
      },
    ]);
  });

  it('tells what was denied, refused and never answered', () => {
    expect(flowsOf(50000)).toMatchObject([
      {
        verdict: VERDICT.reject,
        startUs: at('2024-03-10T12:02:00Z'),
        srcBytes: Number.NaN,
        srcPackets: UNKNOWN_PACKETS,
      },
    ]);
    expect(flowsOf(50001)).toMatchObject([{ verdict: VERDICT.accept, connState: CONN_STATE.refused }]);
    expect(flowsOf(50002)).toMatchObject([{ verdict: VERDICT.accept, connState: CONN_STATE.attempt }]);
    expect(parsed.rows('flows').filter((row) => row.protocol === 1)).toMatchObject([
      { srcAddr: '192.0.2.23', srcPort: 0, dstPort: 0, dstBytes: 84 },
    ]);
  });

  it('gives one row for a session that is told of when it begins, while it lasts and when it ends', () => {
    expect(flowsOf(40300)).toMatchObject([
      { startUs: at('2024-03-10T12:02:10Z'), endUs: at('2024-03-10T12:06:40Z'), dstBytes: 20000 },
    ]);
    // Still open: the last sums stand.
    expect(flowsOf(40301)).toMatchObject([{ startUs: at('2024-03-10T12:05:10Z'), dstBytes: 4000 }]);
    const turned = parse(log.trim().split('\n').reverse().join('\n'));
    expect(turned.rows('flows').filter((row) => row.srcPort === 40300)).toMatchObject([{ dstBytes: 20000 }]);
  });

  it('gives logins to the device and through its VPN, and one success a session', () => {
    const { failure, success, sessionOpened } = LOGIN_OUTCOME;
    expect(
      parsed.rows('logins').map((row) => [row.actorAddr, row.service, row.user, row.outcome, row.host]),
    ).toEqual([
      ['192.0.2.40', 'https', 'admin', failure, 'edge'],
      ['10.20.0.2', 'ssh', 'ops', success, 'edge'],
      ['192.0.2.41', 'vpn', 'carol', failure, 'edge'],
      ['192.0.2.41', 'vpn', 'carol', success, 'edge'],
      ['192.0.2.41', 'vpn', 'carol', sessionOpened, 'edge'],
      ['10.20.0.30', 'user', 'erin', success, 'edge'],
    ]);
    expect(parsed.rows('logins')[0]?.timeUs).toBe(at('2024-03-10T12:07:30Z'));
  });

  it('counts all other records by type and subtype, and says why one cannot be read', () => {
    expect(parsed.skipped).toMatchObject({
      'fortigate utm/webfilter': 1,
      'fortigate event/system': 1,
      'fortigate event/vpn': 1,
    });
    expect(parsed.rejected).toMatchObject([
      { line: 20, reason: expect.stringContaining('dstip=') as string },
    ]);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
  });

  it('lets no quoted text stand for a field', () => {
    const forged =
      'date=2024-03-10 time=12:00:00 tz="+0000" logid="0000000013" type="traffic" subtype="forward" user="a\\" srcip=198.51.100.1 srcport=1" srcip=192.0.2.1 srcport=5 dstip=10.20.0.13 dstport=22 proto=6 action="close" url="x" srcip=198.51.100.2';
    expect(parse(forged).rows('flows')).toMatchObject([{ srcAddr: '192.0.2.1', srcPort: 5 }]);
  });

  it('reads what older and newer versions export: quoted or not, with commas, with a header or none', () => {
    const exported = parse(fixture('exported.log'));
    const { absolute, local } = TIME_BASIS;
    expect(exported.rejected).toEqual([]);
    expect(
      exported.rows('flows').map((row) => [row.srcPort, row.startUs, row.timeBasis, row.dstPort]),
    ).toEqual([
      [40001, at('2016-03-10T12:00:00Z'), local, 443],
      [40002, at('2020-03-10T12:00:00Z'), absolute, 443],
      [40003, at('2024-03-10T12:00:00Z'), absolute, 443],
      [40004, at('2024-03-10T11:57:06Z'), local, 53],
      // The header has a zone, the device's own time has none.
      [40005, at('2024-03-10T11:57:07Z'), absolute, 53],
      [40006, at('2024-03-10T12:00:08Z'), local, 8080],
    ]);
    expect(exported.rows('flows')[5]).toMatchObject({ verdict: VERDICT.reject });
    expect(exported.rows('flows')[1]).toMatchObject({ srcAddr: '2001:db8::10', sensor: 'edge' });
  });

  it('never loses a line, however damaged', () => {
    fuzzLines(fortigate, log, 40);
  });
});
