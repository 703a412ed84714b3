import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { azureFlow } from './azure-flow';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/azure-flow/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(azureFlow, fixture(name));

describe('an Azure flow log', () => {
  it.each(['nsg-v1.json', 'nsg-v2.json', 'vnet-v4.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('azure-flow');
  });

  it('gives a row a tuple of version 1, without counters', () => {
    const parsed = parse('nsg-v1.json');
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: 1425291630_000_000,
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        srcPort: 40000,
        dstPort: 9200,
        protocol: 6,
        verdict: VERDICT.accept,
        srcBytes: Number.NaN,
        srcPackets: UNKNOWN_PACKETS,
        sensor: '000D3AF87856',
      },
      { protocol: 17, verdict: VERDICT.reject },
    ]);
    expect(parsed.skipped).toEqual({ 'record without tuples': 1 });
  });

  it('knows that a flow that has just begun has no counts yet, and says what is wrong with a record', () => {
    const parsed = parse('nsg-v2.json');
    expect(parsed.rows('flows').map((row) => [row.srcBytes, row.dstBytes, row.dstPackets])).toEqual([
      [Number.NaN, Number.NaN, UNKNOWN_PACKETS],
      [320, 45600, 40],
      [320, 45600, 40],
      [Number.NaN, Number.NaN, UNKNOWN_PACKETS],
    ]);
    expect(parsed.rejected.map(({ reason }) => reason)).toEqual([
      'the time is not a number (tuple "later,198.51.100.8,10.0.0.5,40001,53,U,I,D,B,,,,")',
    ]);
  });

  it('keeps the tuples of a record that can be read, and says that others could not', () => {
    const parsed = parseWith(
      azureFlow,
      fixture('nsg-v2.json').replace('1425291690,198.51.100.7', '1425291690,nobody'),
    );
    expect(parsed.rows('flows')).toHaveLength(3);
    expect(parsed.rejected).toHaveLength(1);
    expect(parsed.notes[0]).toContain('the source address is not an IP address');
  });

  it('reads virtual network records in milliseconds, denied ones by their state', () => {
    expect(parse('vnet-v4.json').rows('flows')).toMatchObject([
      { startUs: 1425291630_250_000, verdict: VERDICT.accept, srcBytes: 0 },
      {
        startUs: 1425291631_750_000,
        srcPackets: 10,
        srcBytes: 640,
        dstPackets: 80,
        dstBytes: 91200,
        sensor: '0022487bC205',
      },
      { srcAddr: '2001:db8::7', verdict: VERDICT.reject },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(azureFlow, (JSON.parse(fixture('nsg-v2.json')) as { records: unknown[] }).records);
    fuzzJson(azureFlow, [JSON.parse(fixture('vnet-v4.json'))]);
  });
});

interface ExpectedTuple {
  readonly timestamp: string;
  readonly source: [string, number];
  readonly destination: [string, number];
  readonly [key: string]: unknown;
}

describe.skipIf(!hasSharedData)('Azure flow logs of others', () => {
  it.each(['test-nsg.log', 'test-vnet.log'])('agree with Elastic’s parse: %s', (name) => {
    const expected = sharedJson<Record<string, ExpectedTuple[]>>(
      'elastic-integrations-recent/expected-core.json',
    )[name]!;
    const rows = parseWith(azureFlow, sharedBytes(`elastic-integrations-recent/${name}`)).rows('flows');
    expect(rows).toHaveLength(expected.length);
    rows.forEach((row, i) => {
      const tuple = expected[i]!;
      expect(row).toMatchObject({
        startUs: Date.parse(tuple.timestamp) * 1000,
        srcAddr: tuple.source[0],
        srcPort: tuple.source[1],
        dstAddr: tuple.destination[0],
        dstPort: tuple.destination[1],
        protocol: 6,
        srcPackets: tuple['packets_sent'],
        srcBytes: tuple['bytes_sent'],
        dstPackets: tuple['packets_received'],
        dstBytes: tuple['bytes_received'],
      });
    });
    console.log(`azure-flow ${name}: ${rows.length * 10} of ${expected.length * 10} compared values agree`);
  });
});
