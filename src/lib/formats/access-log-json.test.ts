import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzJson, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { accessLogJson } from './access-log-json';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/access-log-json/${name}`, 'utf8');

describe('an access log in JSON', () => {
  it.each(['nginx.jsonl', 'caddy.jsonl', 'ingress.jsonl'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('access-log-json');
  });

  it('finds the fields of each record, also where names change from record to record', () => {
    const lines = [fixture('nginx.jsonl'), fixture('caddy.jsonl')].flatMap((text) => text.trim().split('\n'));
    const bare =
      '{"ts":1425291630.315,"status":200,"request":{"method":"GET","uri":"/b","client_ip":"203.0.113.9"}}';
    const mixed = [...lines, bare, ...lines.toReversed(), bare, ...lines];
    const told = (log: string): unknown[] =>
      parseWith(accessLogJson, log)
        .rows('queries')
        .map((row) => ({ ...row, offset: 0, line: 0, lineAdjust: 0 }));
    expect(told(mixed.join('\n'))).toEqual(mixed.flatMap(told));
  });

  it('tells who asked for what, under nginx’ names', () => {
    const at = Date.UTC(2015, 2, 2, 9, 20, 30) * 1000;
    expect(parseWith(accessLogJson, fixture('nginx.jsonl')).rows('queries')).toMatchObject([
      {
        timeUs: at,
        actorAddr: '203.0.113.7',
        principal: '',
        host: 'logs.example.net',
        servicePort: 9200,
        verb: QUERY_VERB.read,
        object: '/logs/_search',
        status: 200,
        bytesReturned: 5_120_044,
        durationUs: 250_000,
        agent: 'curl/7.38.0',
      },
      {
        timeUs: at + 1_500_000,
        principal: 'alice',
        verb: QUERY_VERB.delete,
        object: '/logs',
        outcome: QUERY_OUTCOME.denied,
        bytesReturned: 0,
      },
      { timeUs: at + 2_000_000, status: 400, outcome: QUERY_OUTCOME.error },
    ]);
  });

  it('reads what ingress controllers document, with the path and its query in fields of their own', () => {
    expect(parseWith(accessLogJson, fixture('ingress.jsonl')).rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        host: 'logs.example.net',
        verb: QUERY_VERB.read,
        object: '/logs/_search?size=10',
        status: 200,
        bytesReturned: 52_300,
      },
      { actorAddr: '203.0.113.8', object: '/.env', outcome: QUERY_OUTCOME.error },
    ]);
  });

  it('reads Caddy’s nesting, and leaves its other messages aside', () => {
    const parsed = parseWith(accessLogJson, fixture('caddy.jsonl'));
    expect(recordsAccounted(parsed)).toBe(3);
    expect(parsed.rows('queries')).toMatchObject([
      {
        actorAddr: '203.0.113.7',
        actorPort: 40001,
        object: '/a?b=1',
        host: 'logs.example.net',
        status: 404,
        durationUs: 12_500,
        agent: 'curl/8',
      },
      // Behind a trusted proxy: the client, without the proxy's port.
      { actorAddr: '203.0.113.8', actorPort: 0, object: '/c' },
    ]);
    expect(parsed.skipped).toEqual({ 'log line of another kind': 1 });
  });

  it('gives the same rows however shared out, and survives any values', () => {
    expectSplitInvariance(accessLogJson, fixture('nginx.jsonl') + fixture('caddy.jsonl'));
    const lines = (fixture('nginx.jsonl') + fixture('caddy.jsonl')).trim().split('\n');
    fuzzJson(
      accessLogJson,
      lines.map((line) => JSON.parse(line) as unknown),
    );
  });
});
