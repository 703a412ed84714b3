import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { redisMonitor } from './redis-monitor';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/redis-monitor/monitor.log', 'utf8');

describe('the output of MONITOR', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('redis-monitor');
  });

  it('tells who asked for which keys', () => {
    const parsed = parseWith(redisMonitor, fixture);
    expect(recordsAccounted(parsed)).toBe(8);
    expect(parsed.rejected).toMatchObject([{ line: 8 }]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: 1_425_291_630_107_412,
        actorAddr: '203.0.113.7',
        actorPort: 60866,
        verb: QUERY_VERB.list,
        object: 'keys *',
      },
      { verb: QUERY_VERB.read, object: 'GET session:\\"1\\"' },
      { verb: QUERY_VERB.read, actorAddr: '2001:db8::7', object: 'hgetall user:1 (db 3)' },
      { verb: QUERY_VERB.admin },
      { verb: QUERY_VERB.write, actorAddr: '', agent: 'lua script' },
      { verb: QUERY_VERB.delete },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.policyChanged, detail: 'CONFIG SET dir /root/.ssh' },
    ]);
  });

  it('tells greetings, which learn nothing of what is held, from lists of it', () => {
    const text = [
      'PING',
      'INFO',
      'COMMAND" "DOCS',
      'CONFIG" "GET" "dir',
      'DBSIZE',
      'SCAN" "0',
      'SUBSCRIBE" "mail',
    ]
      .map((command) => `1425291630.107412 [0 203.0.113.7:60866] "${command}"\n`)
      .join('');
    const { unknown, admin, list, read } = QUERY_VERB;
    expect(
      parseWith(redisMonitor, text)
        .rows('queries')
        .map((row) => row.verb),
    ).toEqual([...[unknown, unknown, unknown, admin, list, list, read]]);
  });

  it('shows what was carried out, but for a password that may have been wrong', () => {
    const at = (words: string): string => `1425291630.107412 [0 203.0.113.7:60866] ${words}\n`;
    const text = at('"get" "a"') + at('"AUTH" "guess"') + at('"hello" "3" "AUTH" "default" "guess"');
    expect(parseWith(redisMonitor, text).rows('queries')).toMatchObject([
      { verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success },
      { outcome: QUERY_OUTCOME.unknown },
      { outcome: QUERY_OUTCOME.unknown },
    ]);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(redisMonitor, fixture);
    fuzzLines(redisMonitor, fixture);
  });
});
