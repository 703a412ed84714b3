import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { Agreement, hasSharedData } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_VERB } from '../tables/schemas';
import { esSlowlog } from './es-slowlog';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/es-slowlog/slow.log', 'utf8');

describe('an Elasticsearch slow log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('es-slowlog');
  });

  it('tells what was asked of which index, and how long it took', () => {
    const parsed = parseWith(esSlowlog, fixture);
    expect(recordsAccounted(parsed)).toBe(7);
    expect(parsed.skipped).toEqual({ 'continuation of the line before': 2 });
    expect(parsed.rows('queries')).toMatchObject([
      { object: 'logs-2015.03.02', host: 'log1', verb: QUERY_VERB.read, durationUs: 4500 },
      { object: 'logs-2015.03.02', verb: QUERY_VERB.write, durationUs: 221 },
      { object: 'logs', durationUs: 1_200_000, timeUs: Date.UTC(2015, 2, 2, 14, 20, 32, 587) * 1000 },
      { object: 'logs', durationUs: 10_000 },
      { object: 'logs', durationUs: 70, principal: 'svc' },
    ]);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(esSlowlog, fixture);
    fuzzLines(esSlowlog, fixture);
  });
});

describe.skipIf(!hasSharedData)('slow logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('es-slowlog against Filebeat');
    const folder = 'elastic-beats/filebeat/module/elasticsearch/slowlog/test';
    for (const name of [
      'auditlog_index_indexing_slowlog',
      'es74_index_indexing_slowlog-json',
      'es74_index_search_slowlog-json',
      'es_index_indexing_slowlog-json',
      'es_index_search_slowlog-json',
      'es_indexing_slowlog.800',
      'es_search_slowlog.800',
      'slowlogs-json',
      'test',
    ]) {
      const parsed = compareWithFilebeat(
        agreement,
        esSlowlog,
        `${folder}/${name}.log`,
        'queries',
        (expected) => {
          if (expected['elasticsearch.slowlog.took'] === undefined) return undefined;
          // Without a zone in the line Filebeat was told −02:00.
          const hasZone = !/-02:00$/.test(String(expected['@timestamp']));
          return {
            timeUs: microsOf(expected['@timestamp']) - (hasZone ? 0 : 2 * 3_600_000_000),
            object: expected['elasticsearch.index.name'] as string | undefined,
            host: expected['elasticsearch.node.name'] as string | undefined,
          };
        },
      );
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
