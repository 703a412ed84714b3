import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { encodeUtf8 } from '../base/bytes';
import { LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { containerLog } from './container-log';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/container-log/${name}`, 'utf8');

describe('what containers printed', () => {
  it.each(['cri.log', 'compose.log', 'kubectl.log'])(
    'is recognized by what stands before its lines: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('container-log');
    },
  );

  it('is read as the log that it is, behind time and stream', () => {
    const parsed = parseWith(containerLog, fixture('cri.log'));
    expect(recordsAccounted(parsed)).toBe(5);
    expect(parsed.rejected).toMatchObject([{ line: 1 }]);
    expect(parsed.rows('queries').map((row) => [row.actorAddr, row.object, row.status, row.line])).toEqual([
      ['203.0.113.7', '/export/users.csv', 200, 2],
      ['203.0.113.8', '/.env', 404, 3],
      ['203.0.113.8', '/login', 401, 4],
      ['203.0.113.9', '/', 200, 5],
    ]);
  });

  it('is read by the name of its container where several are in one file, and what prints no log is counted', () => {
    const parsed = parseWith(containerLog, fixture('compose.log'));
    expect(recordsAccounted(parsed)).toBe(7);
    expect(parsed.rejected).toEqual([]);
    const queries = parsed.rows('queries');
    expect(queries.map((row) => [row.service, row.object, row.actorAddr])).toEqual([
      [expect.any(String), '/export/users.csv', '203.0.113.7'],
      ['postgresql', 'SELECT body FROM messages', '203.0.113.7'],
    ]);
    expect(queries[1]).toMatchObject({ outcome: QUERY_OUTCOME.success, line: 4 });
    expect(parsed.rows('logins').map((row) => row.outcome)).toEqual([
      LOGIN_OUTCOME.connect,
      LOGIN_OUTCOME.success,
      LOGIN_OUTCOME.disconnect,
    ]);
    expect(parsed.notes.join(' ')).toContain('The lines of db-1 were read as PostgreSQL log (stderr)');
  });

  it('is read behind the time and tag that Fluentd writes, tag by tag', () => {
    const lines = [
      '2015-03-02T09:20:31+00:00\tkube.ingress\t{"time":"2015-03-02T09:20:30+00:00","remote_addr":"203.0.113.7","method":"GET","path":"/logs/_search","status":200,"bytes_sent":52300}',
      '2015-03-02T09:20:32+00:00\tdb.mongod\t{"t":{"$date":"2015-03-02T09:20:31.000+00:00"},"s":"I","c":"NETWORK","id":22943,"ctx":"listener","msg":"Connection accepted","attr":{"remote":"203.0.113.7:40000","connectionId":1}}',
      '2015-03-02T09:20:33+00:00\tkube.ingress\t{"time":"2015-03-02T09:20:32+00:00","remote_addr":"203.0.113.8","method":"GET","path":"/.env","status":404,"bytes_sent":210}',
    ];
    const text = `${lines.join('\n')}\n`;
    expect(recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id).toBe('container-log');
    const parsed = parseWith(containerLog, text);
    expect(parsed.rows('queries').map(({ actorAddr, object }) => [actorAddr, object])).toEqual([
      ['203.0.113.7', '/logs/_search'],
      ['203.0.113.8', '/.env'],
    ]);
    expect(parsed.rows('logins')).toMatchObject([{ actorAddr: '203.0.113.7', line: 2 }]);
  });

  it('keeps the place of the whole line, which is what a receipt shows', () => {
    const text = fixture('kubectl.log');
    const [, second] = parseWith(containerLog, text).rows('queries');
    expect(second).toMatchObject({ offset: text.indexOf('\n') + 1, line: 2, object: '/.env' });
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(containerLog, fixture('compose.log') + fixture('cri.log') + fixture('kubectl.log'));
  });
});
