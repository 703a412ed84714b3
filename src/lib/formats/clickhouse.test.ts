import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith, type Parsed } from '../../../tests/support/parse';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { clickhouse } from './clickhouse';
import { clickhouseCsv } from './clickhouse-csv';

const read = (name: string): Parsed =>
  parseWith(clickhouse, readFileSync(`tests/fixtures/clickhouse/${name}.jsonl`, 'utf8'));

describe('ClickHouse’s query log', () => {
  it('tells each query once, by whom, how it ended and what it gave', () => {
    const parsed = read('query-log');
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        timeBasis: TIME_BASIS.local,
        actorAddr: '203.0.113.7',
        actorPort: 50_001,
        principal: 'default',
        host: 'ch1.internal',
        verb: QUERY_VERB.read,
        object: 'SELECT * FROM mail.messages LIMIT 50000',
        outcome: QUERY_OUTCOME.success,
        rowsReturned: 50_000,
        bytesReturned: 31_457_280,
        durationUs: 1_126_000,
        agent: 'curl/7.88.1',
      },
      { outcome: QUERY_OUTCOME.denied, rowsReturned: Number.NaN },
      { outcome: QUERY_OUTCOME.error },
      // What was sent to another's bucket was read.
      { verb: QUERY_VERB.read, rowsReturned: 1200, bytesReturned: 98_304 },
      { object: expect.stringContaining('CREATE USER backup') as string },
      { agent: 'ClickHouse client' },
    ]);
    expect(parsed.skipped).toEqual({
      'start of a query, told again at its end': 1,
      'part of a query that another server had': 1,
    });
  });

  it('tells new accounts without their passwords, and who emptied the log itself', () => {
    const changes = read('query-log').rows('changes');
    expect(changes).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'backup', principal: 'default', actorAddr: '203.0.113.7' },
      { kind: CHANGE_KIND.logDeleted, target: 'system.query_log' },
    ]);
    expect(changes[0]?.detail).not.toContain('hunter2');
  });

  it('is read as a table, too', () => {
    const csv = readFileSync('tests/fixtures/clickhouse-csv/query-log.csv', 'utf8');
    expect(parseWith(clickhouseCsv, csv).rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', object: 'SELECT "a", b FROM mail.messages', rowsReturned: 50_000 },
    ]);
  });

  it('tells logins, and those that needed no password', () => {
    expect(read('session-log').rows('logins')).toMatchObject([
      { user: 'admin', outcome: LOGIN_OUTCOME.failure, actorAddr: '203.0.113.7' },
      { user: 'default', outcome: LOGIN_OUTCOME.success, method: LOGIN_METHOD.none, actorPort: 50_001 },
      { outcome: LOGIN_OUTCOME.sessionClosed },
    ]);
  });

  it('says of a row of another table which ones are read', () => {
    const parsed = parseWith(clickhouse, '{"type":"NewPart","event_time":"2015-03-02 10:20:30","user":"x"}');
    expect(parsed.rejected).toMatchObject([{ reason: expect.stringContaining('QueryFinish') as string }]);
  });
});
