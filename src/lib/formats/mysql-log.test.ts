import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { CHANGE_KIND, LOGIN_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { mysqlLog } from './mysql-log';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/mysql-log/${name}`, 'utf8');

describe('a MySQL general or error log', () => {
  it.each(['general.log', 'general-5.5.log', 'error.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('mysql-log');
  });

  it('tells what was asked, by whom and from where, though only the connection’s first line says it', () => {
    const parsed = parseWith(mysqlLog, fixture('general.log'));
    expect(recordsAccounted(parsed)).toBe(11);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 31) * 1000 + 394_852,
        actorAddr: '203.0.113.7',
        principal: 'alice',
        servicePort: 3306,
        verb: QUERY_VERB.read,
        object: 'select id, secret from api_keys',
        line: 5,
      },
      { verb: QUERY_VERB.admin },
    ]);
    expect(parsed.rows('changes')).toMatchObject([{ kind: CHANGE_KIND.userCreated, target: 'mallory' }]);
    expect(JSON.stringify([parsed.rows('queries'), parsed.rows('changes')])).not.toContain('s3cret');
    expect(parsed.rows('logins').map((row) => [row.outcome, row.user, row.actorAddr])).toEqual([
      [LOGIN_OUTCOME.success, 'alice', '203.0.113.7'],
      [LOGIN_OUTCOME.failure, 'root', '203.0.113.8'],
      [LOGIN_OUTCOME.disconnect, 'alice', '203.0.113.7'],
    ]);
  });

  it('tells a refused login once, though it is logged before it is judged', () => {
    const log = [
      ['00.000000', 10, 'Connect\troot@203.0.113.8 on  using TCP/IP'],
      ['00.000100', 11, 'Connect\talice@203.0.113.7 on mail using SSL/TLS'],
      ['00.000200', 10, "Connect\tAccess denied for user 'root'@'203.0.113.8' (using password: YES)"],
      ['01.000000', 11, 'Query\tselect 1'],
      ['02.000000', 12, 'Connect\tapp@203.0.113.9 on mail using SSL/TLS'],
      ['59.000000', 13, 'Connect\teve@203.0.113.10 on mail using SSL/TLS'],
    ] as const;
    const text = log.map(([s, id, rest]) => `2015-03-02T10:${id === 13 ? 21 : 20}:${s}Z\t   ${id} ${rest}\n`);
    const parsed = parseWith(mysqlLog, text.join(''));
    expect(recordsAccounted(parsed)).toBe(log.length);
    expect(parsed.rows('logins').map((row) => [row.outcome, row.user, row.line])).toEqual([
      [LOGIN_OUTCOME.failure, 'root', 3],
      [LOGIN_OUTCOME.success, 'alice', 2],
      // Long enough ago to have been refused, and too short ago to know.
      [LOGIN_OUTCOME.success, 'app', 5],
      [LOGIN_OUTCOME.connect, 'eve', 6],
    ]);
  });

  it('carries the time over lines that leave it out', () => {
    const rows = parseWith(mysqlLog, fixture('general-5.5.log')).rows('queries');
    expect(rows.map((row) => [row.object, row.timeUs, row.timeBasis])).toEqual([
      ['select 1', Date.UTC(2015, 2, 2, 10, 20, 30) * 1000, TIME_BASIS.local],
      ['select 2', Date.UTC(2015, 2, 2, 9, 20, 31) * 1000, TIME_BASIS.local],
    ]);
  });

  it('tells who was refused', () => {
    const parsed = parseWith(mysqlLog, fixture('error.log'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'root', actorAddr: '203.0.113.7', outcome: LOGIN_OUTCOME.failure, process: 344 },
      { user: 'seb', actorAddr: '2001:db8::7' },
      {
        user: 'app',
        actorAddr: '',
        actorName: 'client.example.net',
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 32) * 1000,
      },
      { user: 'root', actorAddr: '203.0.113.9', timeBasis: TIME_BASIS.local },
      { user: 'alice', outcome: LOGIN_OUTCOME.disconnect },
    ]);
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(mysqlLog, fixture('general.log') + fixture('error.log') + fixture('general-5.5.log'));
  });
});

describe.skipIf(!hasSharedData)('MySQL logs of others', () => {
  it.each([
    ['crowdsec-hub/mysql-logs/mysql-logs.log', 4],
    ['crowdsec-hub/mariadb-logs/mariadb-logs.log', 6],
  ])('give the refused logins that CrowdSec’s parser finds: %s', (path, count) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('mysql-log');
    const rows = parseWith(mysqlLog, bytes).rows('logins');
    expect(rows.filter((row) => row.outcome === LOGIN_OUTCOME.failure && row.actorAddr !== '')).toHaveLength(
      count,
    );
  });

  it.each([
    'lnav/test/logfile_mysql_gen.0',
    'lnav/test/logfile_mysql_error.0',
    'elastic-beats/filebeat/module/mysql/error/test/error.log',
    'elastic-beats/filebeat/module/mysql/error/test/mariadb-10.4.8.log',
    'elastic-beats/filebeat/module/mysql/error/test/mysql-darwin-brew-5.7.10.log',
    'elastic-beats/filebeat/module/mysql/error/test/mysql-ubuntu-8.0.15.log',
  ])('lose nothing: %s', (path) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('mysql-log');
    const parsed = parseWith(mysqlLog, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });
});
