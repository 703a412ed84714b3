import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { mysqlAudit } from './mysql-audit';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/mysql-audit/${name}`, 'utf8');

describe('a MySQL audit log', () => {
  it.each(['mariadb.log', 'json.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('mysql-audit');
  });

  it('tells who connected and which tables were read (MariaDB)', () => {
    const parsed = parseWith(mysqlAudit, fixture('mariadb.log'));
    expect(parsed.rows('logins').map((row) => [row.user, row.actorAddr, row.outcome])).toEqual([
      ['alice', '203.0.113.7', LOGIN_OUTCOME.success],
      ['root', '203.0.113.8', LOGIN_OUTCOME.failure],
      ['alice', '203.0.113.7', LOGIN_OUTCOME.disconnect],
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 31) * 1000,
        timeBasis: TIME_BASIS.local,
        host: 'log1',
        object: "select id, 'x' from api_keys",
        verb: QUERY_VERB.read,
        outcome: QUERY_OUTCOME.success,
      },
      { object: 'mail.api_keys', verb: QUERY_VERB.read },
      { outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('reads what Aurora writes, whose times are microseconds since 1970', () => {
    const parsed = parseWith(mysqlAudit, fixture('aurora.log'));
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: 1_425_291_631_123_456,
        timeBasis: TIME_BASIS.absolute,
        object: "select * from people where name = 'bob'",
      },
    ]);
    expect(parsed.rows('logins').map(({ user, outcome }) => [user, outcome])).toEqual([
      ['alice', LOGIN_OUTCOME.success],
      ['mallory', LOGIN_OUTCOME.failure],
    ]);
  });

  it('reads the JSON of MySQL Enterprise and of Percona', () => {
    const parsed = parseWith(mysqlAudit, fixture('json.log'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'alice', outcome: LOGIN_OUTCOME.success, process: 12 },
    ]);
    expect(parsed.rows('queries')).toMatchObject([
      { principal: 'alice', object: 'select * from api_keys', timeBasis: TIME_BASIS.absolute },
      { principal: 'bob', actorAddr: '203.0.113.9', outcome: QUERY_OUTCOME.denied },
    ]);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(mysqlAudit, fixture('mariadb.log') + fixture('json.log'));
    fuzzLines(mysqlAudit, fixture('mariadb.log') + fixture('json.log'));
  });
});
