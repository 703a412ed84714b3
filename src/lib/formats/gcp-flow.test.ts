import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson } from '../../../tests/support/robust';
import { headOf, parseWith, type Parsed } from '../../../tests/support/parse';
import { Agreement, hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import { gcpFlow } from './gcp-flow';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/gcp-flow/${name}`, 'utf8');
const parse = (name: string): Parsed => parseWith(gcpFlow, fixture(name));

describe('a Google Cloud flow log', () => {
  it.each(['flows.json', 'firewall.json'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('gcp-flow');
  });

  it('gives each reporter’s direction, nanoseconds cut, numbers from text', () => {
    const parsed = parse('flows.json');
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: Date.parse('2015-03-02T10:20:30.250Z') * 1000,
        endUs: Date.parse('2015-03-02T10:20:31.750Z') * 1000,
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        dstPort: 9200,
        protocol: 6,
        srcBytes: 640,
        srcPackets: 10,
        verdict: VERDICT.unknown,
        sensor: 'logs-1',
      },
      { srcPort: 9200, dstPort: 40000, srcBytes: 91200, sensor: 'logs-1' },
      { protocol: 1, srcPort: 8, dstPort: 0 },
    ]);
    expect(parsed.skipped).toEqual({ 'log cloudaudit.googleapis.com/activity': 1 });
  });

  it('gives the firewall’s decision', () => {
    expect(parse('firewall.json').rows('flows')).toMatchObject([
      { verdict: VERDICT.reject, startUs: Date.parse('2015-03-02T10:21:00.123Z') * 1000 + 456 },
      { verdict: VERDICT.accept },
    ]);
  });

  it('never throws and never loses an entry, whatever the values', () => {
    fuzzJson(
      gcpFlow,
      fixture('flows.json')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});

interface Expected {
  readonly [field: string]: unknown;
}

describe.skipIf(!hasSharedData)('Google Cloud flow logs of others', () => {
  it.each([
    ['vpcflow', 'vpc-flow-log-entries.json.log'],
    ['firewall', 'test.log'],
    ['firewall', 'rare.log'],
  ])('agree with Filebeat’s parse: %s/%s', (module, name) => {
    const path = `elastic-beats/x-pack/filebeat/module/gcp/${module}/test/${name}`;
    const expected = sharedJson<Expected[]>(`${path}-expected.json`);
    const parsed = parseWith(gcpFlow, sharedBytes(path));
    const agreement = new Agreement(`gcp-flow ${name} against Filebeat`);
    expect(parsed.rejected).toEqual([]);
    const rows = parsed.rows('flows').slice(0, expected.length);
    // Filebeat keeps the first 100 events of a file as its expectation.
    agreement.compare('rows', rows.length, expected.length);
    rows.forEach((row, i) => {
      const peer = expected[i] ?? {};
      const started = peer['event.start'] ?? peer['@timestamp'];
      agreement.compare(
        `${i} start`,
        Math.floor((row.startUs as number) / 1000),
        Date.parse(String(started)),
      );
      agreement.compare(`${i} source`, row.srcAddr, peer['source.ip']);
      agreement.compare(`${i} destination`, row.dstAddr, peer['destination.ip']);
      agreement.compare(`${i} source port`, row.srcPort, peer['source.port'] ?? 0);
      agreement.compare(`${i} port`, row.dstPort, peer['destination.port'] ?? 0);
      // Filebeat has no number for a protocol that the log names in lower case.
      if (peer['network.iana_number'] !== undefined) {
        agreement.compare(`${i} protocol`, row.protocol, Number(peer['network.iana_number']));
      }
      agreement.compare(`${i} bytes`, row.srcBytes, peer['source.bytes'] ?? Number.NaN);
      agreement.compare(`${i} packets`, row.srcPackets, peer['source.packets'] ?? UNKNOWN_PACKETS);
      const type = [peer['event.type']].flat();
      if (module === 'firewall')
        agreement.compare(
          `${i} verdict`,
          row.verdict,
          type.includes('denied') ? VERDICT.reject : VERDICT.accept,
        );
    });
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
