import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzJson, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type ParsedRow } from '../../../tests/support/parse';
import { compareColumns, microsOf, type Expected } from '../../../tests/support/peers';
import { Agreement, hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { esAudit } from './es-audit';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/es-audit/${name}`, 'utf8');
const NAMES = ['audit-6.log', 'audit-7.log', 'audit-8.log', 'opensearch.log'];

describe('an Elasticsearch or OpenSearch audit log', () => {
  it.each(NAMES)('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('es-audit');
  });

  it('tells a read that was carried out: who, from where, of what', () => {
    const parsed = parseWith(esAudit, fixture('audit-7.log'));
    expect(recordsAccounted(parsed)).toBe(8);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 30, 123) * 1000,
        timeBasis: TIME_BASIS.absolute,
        actorAddr: '203.0.113.7',
        actorPort: 53568,
        principal: 'kibana',
        host: 'log1',
        servicePort: 9200,
        verb: QUERY_VERB.read,
        object: 'logs-2015.03.01,logs-2015.03.02',
        outcome: QUERY_OUTCOME.success,
      },
      { principal: '', verb: QUERY_VERB.read, object: '/_cat/indices', outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.delete, object: 'logs-2015.03.01', outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('counts a refused credential once, not once a realm', () => {
    const parsed = parseWith(esAudit, fixture('audit-7.log'));
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'elastic', actorAddr: '2001:db8::7', actorPort: 61598, outcome: LOGIN_OUTCOME.failure },
      { user: 'svc', outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.token, key: 'k1' },
    ]);
    expect(Object.keys(parsed.skipped)).toHaveLength(2);
  });

  it('tells who was made', () => {
    expect(parseWith(esAudit, fixture('audit-7.log')).rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'mallory', host: 'log1' },
    ]);
  });

  it('reads nested fields, the older plain lines and OpenSearch’s own words alike', () => {
    expect(parseWith(esAudit, fixture('audit-8.log')).rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', verb: QUERY_VERB.read, object: 'logs', host: 'log1' },
    ]);
    const six = parseWith(esAudit, fixture('audit-6.log'));
    expect(six.rows('logins')).toMatchObject([
      { user: 'elastic', outcome: LOGIN_OUTCOME.failure, timeBasis: TIME_BASIS.local },
    ]);
    expect(six.rows('queries')).toMatchObject([
      { principal: 'svc', object: 'logs,mail', verb: QUERY_VERB.read },
    ]);
    const open = parseWith(esAudit, fixture('opensearch.log'));
    expect(open.rows('queries')).toMatchObject([
      { principal: 'svc', object: 'logs-2015.03.02', verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success },
      { verb: QUERY_VERB.admin, outcome: QUERY_OUTCOME.denied },
    ]);
    expect(open.rows('logins')).toMatchObject([{ user: 'admin', outcome: LOGIN_OUTCOME.failure }]);
  });

  it('gives the same rows however the lines are shared out', () => {
    expectSplitInvariance(esAudit, NAMES.map(fixture).join(''));
  });

  it('never throws and never loses a line, whatever the bytes and values', () => {
    fuzzLines(esAudit, NAMES.map(fixture).join(''));
    const records = fixture('audit-7.log')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    fuzzJson(esAudit, records);
  });
});

describe.skipIf(!hasSharedData)('audit logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('es-audit against Filebeat');
    const outcomes: Record<string, number> = {
      success: LOGIN_OUTCOME.success,
      failure: LOGIN_OUTCOME.failure,
    };
    const folder = 'elastic-beats/filebeat/module/elasticsearch/audit/test';
    for (const name of [
      'test-access',
      'test-audit',
      'test-audit-711',
      'test-audit-730',
      'test-audit-761',
      'test-audit-docker',
    ]) {
      const bytes = sharedBytes(`${folder}/${name}.log`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('es-audit');
      const parsed = parseWith(esAudit, bytes);
      expect(recordsAccounted(parsed), name).toBe(parsed.records);
      expect(parsed.rejected, name).toEqual([]);
      const rows: ParsedRow[] = [
        ...parsed.rows('logins'),
        ...parsed.rows('queries'),
        ...parsed.rows('changes'),
      ];
      for (const expected of sharedJson<Expected[]>(`${folder}/${name}.log-expected.json`)) {
        const row = rows.find((one) => one.offset === expected['log.offset']);
        const action = (expected['event.action'] ?? expected['elasticsearch.audit.event_type']) as string;
        // Filebeat calls every success of the plain format a failure, since it looks for the word "granted".
        const isPlain = expected['elasticsearch.audit.event_type'] !== undefined;
        if (action === 'realm_authentication_failed' || action === undefined) continue;
        const isLogin = row !== undefined && 'method' in row;
        const isChange = row !== undefined && 'target' in row;
        const indices = expected['elasticsearch.audit.indices'] as string[] | undefined;
        // Filebeat was told that clocks without a zone stand at −02:00; we leave them as they are.
        const shift = row?.timeBasis === TIME_BASIS.local ? -2 * 3_600_000_000 : 0;
        compareColumns(agreement, `${name}@${String(expected['log.offset'])} ${action}`, row, {
          timeUs: microsOf(expected['@timestamp']) + shift,
          // In a change of the configuration, Filebeat's user is the one who was changed.
          [isLogin ? 'user' : isChange ? 'target' : 'principal']: expected['user.name'] as string | undefined,
          actorAddr: expected['source.ip'] as string | undefined,
          actorPort: expected['source.port'] as number | undefined,
          outcome: isLogin && !isPlain ? outcomes[String(expected['event.outcome'])] : undefined,
        });
        // Filebeat sorts its lists.
        if (row && indices && !isLogin)
          agreement.compare(
            `${name} indices`,
            String(row.object).split(',').sort().join(),
            [...new Set(indices)].sort().join(),
          );
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
