import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { UNKNOWN_PACKETS } from '../tables/schemas';
import { ecsFlow } from './ecs-flow';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/ecs-flow/${name}`, 'utf8');

describe('flow events in Elastic’s common schema', () => {
  it.each(['filebeat-netflow.json', 'search-hits.json'])('are recognized by their content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('ecs-flow');
  });

  it('give NetFlow records with their exporter, biflows both ways', () => {
    const parsed = parseWith(ecsFlow, fixture('filebeat-netflow.json'));
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: Date.parse('2015-03-02T10:20:30.250Z') * 1000,
        endUs: Date.parse('2015-03-02T10:20:31.750Z') * 1000,
        srcAddr: '198.51.100.7',
        dstAddr: '10.0.0.5',
        srcPort: 40000,
        dstPort: 9200,
        protocol: 6,
        srcBytes: 640,
        srcPackets: 10,
        dstBytes: Number.NaN,
        dstPackets: UNKNOWN_PACKETS,
        tcpFlags: 27,
        sensor: '192.0.2.1:50000',
      },
      {
        srcAddr: '2001:db8::7',
        protocol: 17,
        srcBytes: 70,
        dstBytes: 300,
        endUs: Date.parse('2015-03-02T10:20:34.500Z') * 1000,
      },
    ]);
    expect(parsed.skipped).toEqual({ 'netflow_options without addresses': 1 });
  });

  it('are found inside a search’s hits, with flattened names', () => {
    expect(parseWith(ecsFlow, fixture('search-hits.json')).rows('flows')).toMatchObject([
      { srcAddr: '198.51.100.7', dstPort: 9200, srcBytes: 640, dstBytes: 91200, protocol: 6 },
    ]);
  });

  it('never throw and are never lost, whatever the values', () => {
    fuzzJson(
      ecsFlow,
      fixture('filebeat-netflow.json')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
