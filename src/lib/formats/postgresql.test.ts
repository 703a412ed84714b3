import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith, type ParsedRow } from '../../../tests/support/parse';
import { compareWithFilebeat } from '../../../tests/support/peers';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { postgresql } from './postgresql';
import { recognizeFormat } from './registry';
import { shownStatement, verbOfSql } from './shared/sql';

const fixture = (name: string): string => readFileSync(`tests/fixtures/postgresql/${name}`, 'utf8');

describe('a PostgreSQL log', () => {
  it.each(['stderr.log', 'prefixes.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('postgresql');
  });

  it('tells what was asked, and leaves out the steps that run nothing', () => {
    const parsed = parseWith(postgresql, fixture('stderr.log'));
    expect(recordsAccounted(parsed)).toBe(15);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 31) * 1000,
        timeBasis: TIME_BASIS.absolute,
        principal: 'alice',
        servicePort: 5432,
        verb: QUERY_VERB.read,
        object: 'SELECT id, secret FROM api_keys WHERE active',
        outcome: QUERY_OUTCOME.success,
        durationUs: 12_437,
      },
      { verb: QUERY_VERB.delete, outcome: QUERY_OUTCOME.success },
      { object: 'SELECT * FROM salaries', verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.read, object: 'public.api_keys', rowsReturned: 512 },
      { verb: QUERY_VERB.admin },
    ]);
  });

  it('tells who connected, who was refused, and from where', () => {
    const rows = parseWith(postgresql, fixture('stderr.log')).rows('logins');
    expect(rows.map((row) => [row.outcome, row.user, row.actorAddr, row.actorPort])).toEqual([
      [LOGIN_OUTCOME.connect, '', '203.0.113.7', 42304],
      [LOGIN_OUTCOME.success, 'alice', '203.0.113.7', 42304],
      [LOGIN_OUTCOME.disconnect, 'alice', '203.0.113.7', 42304],
      [LOGIN_OUTCOME.failure, 'bob', '', 0],
      [LOGIN_OUTCOME.failure, 'eve', '203.0.113.9', 0],
    ]);
    expect(rows[3]).toMatchObject({ method: LOGIN_METHOD.password, process: 103 });
  });

  it('tells from the process whose client asked and what became of a statement that was logged before it ran', () => {
    const log = [
      '[7] LOG:  connection received: host=203.0.113.7 port=42304',
      '[7] LOG:  connection authorized: user=eve database=shop',
      '[8] LOG:  connection received: host=203.0.113.8 port=5000',
      '[8] FATAL:  password authentication failed for user "root"',
      '[7] LOG:  statement: SELECT * FROM customers',
      '[7] LOG:  statement: SELECT * FROM cards',
      '[9] LOG:  statement: SELECT 9',
      '[7] ERROR:  permission denied for table cards',
      '[7] STATEMENT:  SELECT * FROM cards',
      '[7] LOG:  statement: SELECT * FROM',
      '[7] ERROR:  syntax error at end of input at character 14',
      '[7] STATEMENT:  SELECT * FROM',
      '[7] LOG:  statement: SELECT pg_sleep(1)',
      '[7] LOG:  duration: 1000.5 ms',
      '[7] LOG:  statement: SELECT 7',
    ];
    const parsed = parseWith(postgresql, log.map((text) => `2015-03-02 10:20:30.123 UTC ${text}\n`).join(''));
    expect(recordsAccounted(parsed)).toBe(log.length);
    const queries = parsed.rows('queries');
    expect(queries.map((row) => [row.object, row.outcome, row.line])).toEqual([
      ['SELECT * FROM customers', QUERY_OUTCOME.success, 5],
      ['SELECT * FROM cards', QUERY_OUTCOME.denied, 6],
      ['SELECT * FROM', QUERY_OUTCOME.error, 10],
      ['SELECT pg_sleep(1)', QUERY_OUTCOME.success, 13],
      ['SELECT 7', QUERY_OUTCOME.unknown, 15],
      ['SELECT 9', QUERY_OUTCOME.unknown, 7],
    ]);
    expect(queries[0]).toMatchObject({ actorAddr: '203.0.113.7', actorPort: 42304, principal: 'eve' });
    expect(queries[3]).toMatchObject({ durationUs: 1_000_500 });
    expect(queries[5]).toMatchObject({ actorAddr: '', principal: '' });
    expect(parsed.rows('logins')[3]).toMatchObject({
      user: 'root',
      actorAddr: '203.0.113.8',
      actorPort: 5000,
    });
  });

  it('tells which account was made, without its password', () => {
    const parsed = parseWith(postgresql, fixture('stderr.log'));
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.userCreated, target: 'mallory', principal: 'alice' },
    ]);
    const texts = [
      ...parsed.rows('changes').map((row) => row.detail),
      ...parsed.rows('queries').map((row) => row.object),
    ];
    expect(texts.join()).not.toContain('s3cret');
  });

  it('finds user, client and process in the prefixes that are in use', () => {
    const rows = parseWith(postgresql, fixture('prefixes.log')).rows('logins');
    expect(rows.map((row) => [row.user, row.actorAddr, row.actorPort, row.process, row.timeBasis])).toEqual([
      ['bob', '203.0.113.7', 5432, 127, TIME_BASIS.absolute],
      ['bob', '203.0.113.7', 0, 147, TIME_BASIS.absolute],
      // IST is Israel, Ireland and India: the time stays local.
      ['bob', '203.0.113.7', 0, 148, TIME_BASIS.local],
      ['bob', '', 0, 149, TIME_BASIS.absolute],
    ]);
  });

  it('survives any bytes', () => {
    fuzzLines(postgresql, fixture('stderr.log') + fixture('prefixes.log'));
  });
});

describe('the verb of a statement', () => {
  it.each([
    ['select 1', QUERY_VERB.unknown],
    ['SELECT  @@version_comment\nLIMIT 1;', QUERY_VERB.unknown],
    ['select current_database(), current_user AS me', QUERY_VERB.unknown],
    ["SELECT pg_read_file('/etc/passwd')", QUERY_VERB.read],
    ['SELECT version() FROM users', QUERY_VERB.read],
    ["select (select string_agg(name, ',') from users)", QUERY_VERB.read],
    ['/* hint */ -- x\n ( SELECT a FROM t)', QUERY_VERB.read],
    ['WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d', QUERY_VERB.delete],
    ['COPY t TO STDOUT', QUERY_VERB.read],
    ['COPY t FROM STDIN', QUERY_VERB.write],
    ['update t set a = 1', QUERY_VERB.write],
    ['TRUNCATE t', QUERY_VERB.delete],
    ['SHOW DATABASES', QUERY_VERB.list],
    ['GRANT ALL ON t TO x', QUERY_VERB.admin],
    ['BEGIN', QUERY_VERB.unknown],
    ['', QUERY_VERB.unknown],
  ])('%s', (sql, verb) => {
    expect(verbOfSql(sql)).toBe(verb);
  });
});

describe.skipIf(!hasSharedData)('PostgreSQL logs of others', () => {
  const folder = 'elastic-beats/filebeat/module/postgresql/log/test';

  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('postgresql against Filebeat');
    for (const name of [
      'postgresql-10-min-duration-statement',
      'postgresql-11.4',
      'postgresql-12-min-duration-statement',
      'postgresql-13-log-statement-all',
      'postgresql-9-log-statement-all',
      'postgresql-9.6-debian-with-slowlog',
      'postgresql-9.6-multi-core',
      'postgresql-query-steps-slowlog',
    ]) {
      const parsed = compareWithFilebeat(
        agreement,
        postgresql,
        `${folder}/${name}.log`,
        'queries',
        (expected) => {
          const query = expected['postgresql.log.query'] as string | undefined;
          const step = expected['postgresql.log.query_step'];
          if (query === undefined || step === 'parse' || step === 'bind') return undefined;
          if (expected['log.level'] !== undefined && expected['log.level'] !== 'LOG') return undefined;
          const duration = expected['event.duration'] as number | undefined;
          return {
            principal: expected['user.name'] as string | undefined,
            durationUs: duration === undefined ? undefined : Math.round(duration / 1000),
            object: shownStatement(query),
          };
        },
      );
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it('give the refused logins that CrowdSec’s scenario counts', () => {
    const bytes = sharedBytes('crowdsec-hub/pgsql-logs/pgsql-logs.log');
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('postgresql');
    const rows: ParsedRow[] = parseWith(postgresql, bytes).rows('logins');
    expect(
      rows.filter((row) => row.outcome === LOGIN_OUTCOME.failure && row.actorAddr === '1.2.3.4'),
    ).toHaveLength(6);
  });

  it.each([
    'lnav/test/logfile_postgres.0',
    'lnav/test/logfile_postgres.1',
    'lnav/test/logfile_postgres.2',
    'plaso/postgresql.log',
  ])('lose nothing: %s', (path) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('postgresql');
    const parsed = parseWith(postgresql, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });
});
