import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accounted, headOf, parseWith, type Parsed, type ParsedRow } from '../../../tests/support/parse';
import { Agreement, hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { vpcFlow } from './vpc-flow';

const fixture = (name: string): string => readFileSync(`tests/fixtures/vpc-flow/${name}`, 'utf8');
const parse = (text: string): Parsed => parseWith(vpcFlow, text);

describe('a VPC flow log', () => {
  it.each([
    'default-v2.log',
    'custom-order.log',
    'no-times.log',
    'cloudwatch-timestamp.log',
    'cloudwatch-tail.log',
    'all-fields-v8.log',
  ])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('vpc-flow');
  });

  it('gives every column of the default format', () => {
    const rows = parse(fixture('default-v2.log')).rows('flows');
    expect(rows).toHaveLength(7);
    expect(rows[0]).toMatchObject({
      startUs: 1418530010_000_000,
      endUs: 1418530070_000_000,
      srcAddr: '203.0.113.12',
      dstAddr: '172.31.16.139',
      srcPort: 49761,
      dstPort: 22,
      protocol: 6,
      srcBytes: 4249,
      dstBytes: Number.NaN,
      srcPackets: 20,
      dstPackets: UNKNOWN_PACKETS,
      verdict: VERDICT.accept,
      logStatus: LOG_STATUS.ok,
      tcpFlags: UNKNOWN_FLAGS,
      connState: CONN_STATE.unknown,
      sensor: 'eni-0a1b2c3d4e5f60001',
      timeBasis: 0,
      offset: 0,
      line: 1,
    });
    expect(rows[2]).toMatchObject({ verdict: VERDICT.reject, dstPort: 9200, line: 3 });
    expect(rows[4]).toMatchObject({
      srcAddr: '2001:db8:1234:a100:8d6e:3477:df66:f105',
      dstAddr: '2001:db8:1234:a102::4071',
    });
  });

  it('keeps "no traffic" and "records lost" apart, and what they do not say unknown', () => {
    const [noData, skipData] = parse(fixture('default-v2.log')).rows('flows').slice(5);
    expect(noData).toMatchObject({
      logStatus: LOG_STATUS.noData,
      sensor: 'eni-0a1b2c3d4e5f60001',
      srcAddr: '',
      protocol: 255,
      srcBytes: Number.NaN,
      srcPackets: UNKNOWN_PACKETS,
      verdict: VERDICT.unknown,
      startUs: 1431280876_000_000,
    });
    expect(skipData).toMatchObject({ logStatus: LOG_STATUS.skipData, sensor: 'eni-0a1b2c3d4e5f60004' });
  });

  it('follows a custom order, skips headers that come again, and names the packet’s own ends behind a NAT gateway', () => {
    const parsed = parse(fixture('custom-order.log'));
    expect(parsed.skipped).toEqual({ header: 2, blank: 1 });
    const [out, back, lost] = parsed.rows('flows');
    expect(out).toMatchObject({
      srcAddr: '10.0.1.5',
      dstAddr: '203.0.113.5',
      dstPort: 443,
      srcBytes: 568,
      srcPackets: 8,
    });
    expect(out).toMatchObject({ tcpFlags: 2, connState: CONN_STATE.unknown, line: 2 });
    expect(back).toMatchObject({
      srcAddr: '203.0.113.5',
      dstAddr: '10.0.1.5',
      tcpFlags: 18,
      connState: CONN_STATE.established,
    });
    expect(lost).toMatchObject({ logStatus: LOG_STATUS.skipData, line: 6 });
  });

  it('reads records without times, ports and bytes, and falls back to the instance where no interface is named', () => {
    const rows = parse(fixture('no-times.log')).rows('flows');
    expect(rows[0]).toMatchObject({
      startUs: Number.NaN,
      dstAddr: '203.0.113.5',
      srcPort: 0,
      srcBytes: Number.NaN,
    });
    expect(rows.map((row) => row.sensor)).toEqual(['eni-0a1b2c3d4e5f60001', 'i-01234567890123456']);
  });

  it('reads CloudWatch exports past their timestamp and stream name', () => {
    expect(parse(fixture('cloudwatch-timestamp.log')).rows('flows')[0]).toMatchObject({
      srcPort: 49761,
      startUs: 1418530010_000_000,
    });
    expect(
      parse(fixture('cloudwatch-tail.log'))
        .rows('flows')
        .map((row) => row.srcPort),
    ).toEqual([49761, 49762]);
  });

  it('reads every later field without a header, in the documented order', () => {
    expect(parse(fixture('all-fields-v8.log')).rows('flows')).toMatchObject([
      { tcpFlags: 2, dstAddr: '10.0.0.80', srcBytes: 3600 },
    ]);
  });

  it('rejects each unreadable line with its line number and a reason', () => {
    const parsed = parse(fixture('malformed.log'));
    expect(parsed.rows('flows')).toHaveLength(1);
    expect(parsed.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, '14 to 42 fields expected, 9 found'],
      [3, 'the start time is not a number'],
      [4, 'the source address is not an IP address'],
      [5, 'the source port is not a port number'],
      [6, 'the end time is before the start time'],
      [7, 'the action is neither ACCEPT nor REJECT'],
    ]);
    expect(parsed.rejected[1]?.text).toContain('yesterday');
  });

  it('is indifferent to line ends, a byte-order mark and a missing last newline', () => {
    const text = fixture('default-v2.log');
    const plain = parse(text).rows('flows').map(withoutPlace);
    for (const variant of [
      text.replaceAll('\n', '\r\n'),
      `\uFEFF${text}`,
      text.trimEnd(),
      text.replaceAll(' ', '\t'),
    ])
      expect(parse(variant).rows('flows').map(withoutPlace)).toEqual(plain);
  });

  it('reads a header inside the file that names other fields, and says so', () => {
    const parsed = parse(
      `${fixture('no-times.log')}version srcport dstport srcaddr dstaddr\n3 1 2 192.0.2.1 192.0.2.2\n`,
    );
    expect(parsed.rows('flows')[2]).toMatchObject({ srcPort: 1, srcAddr: '192.0.2.1' });
    expect(parsed.notes).toHaveLength(1);
  });

  it('gives the same rows however the lines are shared out', () => {
    const text = fixture('default-v2.log') + fixture('malformed.log');
    const bytes = encodeUtf8(text);
    const whole = parse(text).rows('flows');
    const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
    for (const cut of lineStarts) {
      const head = headOf(bytes);
      const parts = [bytes.slice(0, cut), bytes.slice(cut)].map((part) => parseWith(vpcFlow, part, { head }));
      const rows = parts.flatMap((part) => part.rows('flows'));
      expect(rows.map(withoutPlace)).toEqual(whole.map(withoutPlace));
    }
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    const lines = ['default-v2.log', 'custom-order.log', 'malformed.log'].flatMap((name) =>
      fixture(name).split('\n'),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(...lines), fc.nat(200), fc.string({ unit: 'binary', maxLength: 5 })),
          { maxLength: 8 },
        ),
        (parts) => {
          const text = parts
            .map(([line, at, insert]) => line.slice(0, at) + insert + line.slice(at))
            .join('\n');
          const parsed = parse(text);
          expect(accounted(parsed)).toBe(parsed.records);
          expect(accounted(parseWith(vpcFlow, text, { byLine: true }))).toBe(parsed.records);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

function withoutPlace({ offset: _offset, line: _line, ...row }: ParsedRow): unknown {
  return row;
}

interface Expected {
  readonly [field: string]: unknown;
}

const PEER = 'elastic-beats/x-pack/filebeat/module/aws/vpcflow/test';
const PEER_FILES = [
  'accept-reject-traffic.log',
  'custom-nat-gateway.log',
  'custom-transit-gateway.log',
  'ipv6.log',
  'no-data-skip-data.log',
  'tcp-flag-sequence-skip-data.log',
  'tcp-flag-sequence.log',
];

/**
 * Filebeat names the interface's addresses source and destination; we name the packet's own. Compared is what we mean: the packet's
 * address where the record has one.
 */
function compareWithPeer(agreement: Agreement, row: ParsedRow, expected: Expected): void {
  const us = (text: unknown): number => (typeof text === 'string' ? Date.parse(text) * 1000 : Number.NaN);
  const end = (name: string): unknown =>
    expected[`aws.vpcflow.pkt_${name}addr`] ??
    expected[`${name === 'src' ? 'source' : 'destination'}.ip`] ??
    '';
  agreement.compare('start', row.startUs, us(expected['event.start']));
  agreement.compare('end', row.endUs, us(expected['event.end']));
  agreement.compare('source', row.srcAddr, end('src'));
  agreement.compare('destination', row.dstAddr, end('dst'));
  agreement.compare('source port', row.srcPort, expected['source.port'] ?? 0);
  agreement.compare('destination port', row.dstPort, expected['destination.port'] ?? 0);
  agreement.compare('protocol', row.protocol, Number(expected['network.iana_number'] ?? 255));
  agreement.compare(
    'bytes',
    row.srcBytes,
    expected['source.bytes'] ?? expected['network.bytes'] ?? Number.NaN,
  );
  agreement.compare(
    'packets',
    row.srcPackets,
    expected['source.packets'] ?? expected['network.packets'] ?? UNKNOWN_PACKETS,
  );
  const action = expected['aws.vpcflow.action'] as string | undefined;
  agreement.compare('action', row.verdict, action === 'ACCEPT' ? 1 : action === 'REJECT' ? 2 : 0);
  const status = expected['aws.vpcflow.log_status'] as string | undefined;
  agreement.compare('log status', row.logStatus, { OK: 0, NODATA: 1, SKIPDATA: 2 }[status ?? 'OK']);
  const flags = expected['aws.vpcflow.tcp_flags'] as string | undefined;
  agreement.compare('flags', row.tcpFlags, flags === undefined ? UNKNOWN_FLAGS : Number(flags));
  agreement.compare('interface', row.sensor, expected['aws.vpcflow.interface_id'] ?? '');
}

describe.skipIf(!hasSharedData)('VPC flow logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('vpc-flow against Filebeat');
    for (const name of PEER_FILES) {
      const bytes = sharedBytes(`${PEER}/${name}`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('vpc-flow');
      const parsed = parseWith(vpcFlow, bytes);
      const expected = sharedJson<Expected[]>(`${PEER}/${name}-expected.json`);
      const rows = parsed.rows('flows');
      agreement.compare(`${name} rows`, rows.length, expected.length);
      rows.forEach((row, i) => compareWithPeer(agreement, row, expected[i] ?? {}));
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('agree on version 5 and 8 records without a header, even one that lasted 46 years', () => {
    const recent = 'elastic-integrations-recent';
    const [five] = parseWith(vpcFlow, sharedBytes(`${recent}/test-v5-all-fields.log`)).rows('flows');
    expect(five).toMatchObject({
      startUs: Date.parse('1975-03-14T03:34:26Z') * 1000,
      endUs: Date.parse('2021-12-20T11:38:17Z') * 1000,
      srcAddr: '89.160.20.156',
      dstAddr: '10.200.0.80',
      srcPort: 50041,
      dstPort: 33004,
      protocol: 17,
      srcPackets: 52,
      srcBytes: 1,
      verdict: VERDICT.reject,
      tcpFlags: 1,
      sensor: 'eni-069xxxxxb7a490',
    });
    const [eight] = parseWith(vpcFlow, sharedBytes(`${recent}/test-v8-samples.log`)).rows('flows');
    expect(eight).toMatchObject({
      srcAddr: '2a02:cf40::',
      dstAddr: '1.128.0.0',
      srcPort: 42910,
      dstPort: 80,
      srcPackets: 51,
      srcBytes: 33615,
      logStatus: LOG_STATUS.noData,
      verdict: VERDICT.reject,
    });
  });

  it('do not claim what is something else', () => {
    expect(vpcFlow.sniff(headOf(sharedBytes(`${PEER}/bad.log`)))).toBe(0);
  });
});
