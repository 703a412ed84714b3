import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CONN_STATE, LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { ciscoAsa } from './cisco-asa';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/cisco-asa/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(ciscoAsa, text);
const at = (time: string): number => Date.parse(time) * 1000;
const log = fixture('asa.log');
const parsed = parse(log);
const flowsOf = (port: number) => parsed.rows('flows').filter((row) => row.srcPort === port);

describe('the log of a Cisco firewall', () => {
  it.each(['asa.log', 'shapes.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('cisco-asa');
  });

  it('gives one row a connection, from its beginning to its end, with the bytes of both ways', () => {
    expect(flowsOf(40001)).toMatchObject([
      {
        startUs: at('2024-03-10T12:00:00Z'),
        endUs: at('2024-03-10T12:01:05Z'),
        timeBasis: TIME_BASIS.local,
        srcAddr: '192.0.2.10',
        dstAddr: '10.20.0.13',
        dstPort: 9200,
        protocol: 6,
        srcBytes: Number.NaN,
        dstBytes: 734003,
        verdict: VERDICT.accept,
        connState: CONN_STATE.established,
        sensor: 'fw1',
      },
    ]);
    expect(flowsOf(5353)).toMatchObject([{ protocol: 17, dstPort: 161, dstBytes: 140 }]);
    expect(parsed.notes.join(' ')).toContain('both ways together');
  });

  it('takes who opened a connection from its beginning, since the end names the outside first', () => {
    expect(flowsOf(51000)).toMatchObject([
      { srcAddr: '10.20.0.5', dstAddr: '198.51.100.7', dstPort: 443, dstBytes: 5120 },
    ]);
    // Begun before the file: the ports tell.
    expect(flowsOf(50123)).toMatchObject([
      { srcAddr: '10.20.0.5', dstPort: 443, startUs: at('2024-03-09T09:57:50Z') },
    ]);
  });

  it('keeps a connection that is still open, and says so', () => {
    expect(flowsOf(40300)).toMatchObject([
      {
        srcAddr: '192.0.2.66',
        dstPort: 9200,
        startUs: at('2024-03-10T12:04:15Z'),
        dstBytes: Number.NaN,
        connState: CONN_STATE.unknown,
      },
    ]);
    expect(parsed.notes.join(' ')).toMatch(/still open at the end of the file.*: 1\./);
  });

  it('gives the same connections when the newest line comes first', () => {
    const turned = parse(log.trim().split('\n').reverse().join('\n'));
    const essence = ({ rows }: Parsed): string[] =>
      rows('flows')
        .map(
          (row) => `${row.startUs} ${row.endUs} ${row.srcAddr} ${row.srcPort} ${row.dstPort} ${row.dstBytes}`,
        )
        .sort();
    expect(essence(turned)).toEqual(essence(parsed));
  });

  it('does not take a number that is used again for the same connection', () => {
    const again = parse(
      [
        'Mar 10 2024 12:00:00 fw1 : %ASA-6-302013: Built inbound TCP connection 7 for outside:192.0.2.1/1000 (192.0.2.1/1000) to dmz:10.20.0.13/22 (10.20.0.13/22)',
        'Mar 10 2024 12:00:09 fw1 : %ASA-6-302014: Teardown TCP connection 7 for outside:192.0.2.9/2000 to dmz:10.20.0.13/22 duration 0:00:01 bytes 10 TCP FINs',
        'Mar 10 2024 12:00:09 fw2 : %ASA-6-302014: Teardown TCP connection 7 for outside:192.0.2.1/1000 to dmz:10.20.0.13/22 duration 0:00:02 bytes 20 TCP FINs',
      ].join('\n'),
    );
    expect(again.rows('flows').map((row) => [row.srcPort, row.sensor, row.dstBytes])).toEqual([
      [1000, 'fw1', Number.NaN],
      [2000, 'fw1', 10],
      [1000, 'fw2', 20],
    ]);
  });

  it('tells a handshake that never came about from one that did', () => {
    expect(flowsOf(40100)).toMatchObject([
      { dstAddr: '203.0.113.1', dstPort: 22, connState: CONN_STATE.attempt, dstBytes: 0 },
    ]);
    // Users and mapped addresses stand between the two ends.
    expect(flowsOf(40200)).toMatchObject([
      { srcAddr: '2001:db8::66', dstAddr: '2001:db8:20::13', connState: CONN_STATE.established },
    ]);
  });

  it('reads pings with their type and code', () => {
    expect(parsed.rows('flows').filter((row) => row.srcAddr === '192.0.2.13')).toMatchObject([
      {
        startUs: at('2024-03-10T12:04:10Z'),
        endUs: at('2024-03-10T12:04:12Z'),
        dstAddr: '10.20.0.13',
        protocol: 1,
        srcPort: 8,
        dstPort: 0,
      },
    ]);
  });

  it('gives each denial as a rejected flow', () => {
    const rejected = parsed.rows('flows').filter((row) => row.verdict === VERDICT.reject);
    expect(rejected.map((row) => [row.srcAddr, row.srcPort, row.dstAddr, row.dstPort, row.protocol])).toEqual(
      [
        ['192.0.2.20', 4321, '203.0.113.13', 23, 6],
        ['192.0.2.21', 137, '203.0.113.13', 137, 17],
        ['192.0.2.22', 12981, '203.0.113.13', 53, 17],
        ['192.0.2.23', 8, '203.0.113.13', 0, 1],
        ['192.0.2.24', 443, '203.0.113.13', 51000, 6],
        ['10.0.0.1', 0, '203.0.113.13', 0, 17],
        ['192.0.2.25', 50000, '203.0.113.13', 3306, 6],
        ['192.0.2.26', 0, '203.0.113.13', 0, 47],
        ['192.0.2.27', 50001, '203.0.113.13', 5432, 6],
        ['192.0.2.29', 8, '', 0, 1],
        ['192.0.2.30', 50003, '203.0.113.1', 22, 6],
      ],
    );
  });

  it('counts what an access list permits once: as its connection where that is logged', () => {
    expect(flowsOf(50002)).toMatchObject([{ verdict: VERDICT.accept, dstBytes: 2048 }]);
    const alone = parse(log.split('\n').find((line) => line.includes(' permitted tcp ')) ?? '');
    expect(alone.rows('flows')).toMatchObject([
      { srcAddr: '192.0.2.28', dstPort: 443, verdict: VERDICT.accept },
    ]);
  });

  it('gives logins to the firewall and through its VPN', () => {
    const { failure, success, sessionClosed } = LOGIN_OUTCOME;
    expect(
      parsed.rows('logins').map((row) => [row.actorAddr, row.service, row.user, row.outcome, row.host]),
    ).toEqual([
      ['192.0.2.40', 'ssh', 'root', failure, 'fw1'],
      ['10.20.0.2', 'https', 'admin', success, 'fw1'],
      ['192.0.2.41', 'aaa', '', failure, 'fw1'],
      ['192.0.2.41', 'aaa', 'carol', failure, 'fw1'],
      ['', 'aaa', 'dave', success, 'fw1'],
      ['192.0.2.41', 'vpn', 'dave', success, 'fw1'],
      ['192.0.2.42', 'vpn', 'erin', success, 'fw1'],
      ['192.0.2.42', 'vpn', 'erin', sessionClosed, 'fw1'],
    ]);
    expect(parsed.rows('logins')[0]?.actorPort).toBe(38001);
  });

  it('counts other messages by their number, and says why a line cannot be read', () => {
    expect(parsed.skipped).toMatchObject({ 'asa 305011': 2, 'asa 111008': 1 });
    expect(parsed.rejected).toMatchObject([
      { line: 40, reason: expect.stringContaining('duration') as string },
      { line: 41, reason: expect.stringContaining('no IP address') as string },
    ]);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
  });

  it('reads them as they arrive: with priority, class, zone, relay, name or none of it', () => {
    const shapes = parse(fixture('shapes.log'));
    const { absolute, local, yearless } = TIME_BASIS;
    expect(shapes.rows('flows').map((row) => [row.srcPort, row.startUs, row.timeBasis, row.sensor])).toEqual([
      [1001, at('2024-03-10T12:00:00Z'), local, ''],
      [1002, at('2024-03-10T12:00:01Z'), absolute, ''],
      [1003, at('2024-03-10T12:00:02Z'), local, ''],
      [1004, at('2024-03-10T12:00:03Z'), absolute, 'fw1'],
      [1005, at('2024-03-10T12:00:04Z'), absolute, 'fw1'],
      // The firewall's own time has a year, the relay's has none.
      [1006, at('2024-03-10T12:00:05Z'), local, '10.20.0.1'],
      [1007, at('2000-03-10T12:00:06Z'), yearless, 'fw1'],
      // The relay's has a zone.
      [1008, at('2024-03-10T11:00:07Z'), absolute, 'relay'],
      [1009, at('2000-03-10T12:00:08Z'), yearless, 'relay'],
      [1010, at('2024-03-10T12:00:09Z'), local, 'fw-2'],
    ]);
    expect(shapes.rejected).toMatchObject([
      { line: 11, reason: expect.stringContaining('no time') as string },
    ]);
  });

  it('looks no further into a message than one that means a login is long: what is made to be tried for ever ends there', () => {
    const forged = `Mar 10 2024 12:00:00 fw1 : %ASA-4-722051: Group x${' User a IP 1 '.repeat(300)}assigned to session`;
    expect(parse(forged)).toMatchObject({ skipped: { 'asa 722051': 1 } });
  });

  it('never loses a line, however damaged', () => {
    fuzzLines(ciscoAsa, log, 40);
  });
});
