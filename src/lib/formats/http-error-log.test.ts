import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { hasSharedData, sharedBytes, sharedJson } from '../../../tests/support/shared-data';
import { Agreement } from '../../../tests/support/shared-data';
import type { Expected } from '../../../tests/support/peers';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { accessLog } from './access-log';
import { httpErrorLog } from './http-error-log';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/http-error-log/${name}`, 'utf8');

describe('an error log of a web server', () => {
  it.each(['nginx.log', 'apache.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('http-error-log');
  });

  it('tells which request failed, for whom (nginx)', () => {
    const parsed = parseWith(httpErrorLog, fixture('nginx.log'));
    expect(recordsAccounted(parsed)).toBe(5);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        timeBasis: TIME_BASIS.local,
        actorAddr: '203.0.113.7',
        host: 'logs.example.net',
        servicePort: 8080,
        verb: QUERY_VERB.read,
        object: '/x.php?a=\\"b\\"',
        outcome: QUERY_OUTCOME.error,
        status: 0,
      },
      { actorAddr: '2001:db8::7' },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'admin', actorAddr: '2001:db8::7', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('tells the same of Apache, before and since 2.4', () => {
    const parsed = parseWith(httpErrorLog, fixture('apache.log'));
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 103_522,
        actorAddr: '203.0.113.7',
        actorPort: 50229,
        object: '/var/www/favicon.ico',
      },
      { actorAddr: '203.0.113.8', actorPort: 0, object: '/var/www/x' },
      { outcome: QUERY_OUTCOME.denied },
    ]);
    expect(parsed.rows('logins')).toMatchObject([
      { user: 'sss', actorAddr: '::1', outcome: LOGIN_OUTCOME.failure },
    ]);
  });

  it('is read also where it is mixed into the access log', () => {
    const mixed = `203.0.113.7 - - [02/Mar/2015:10:20:30 +0000] "GET / HTTP/1.1" 200 5\n${fixture('apache.log')}`;
    const parsed = parseWith(accessLog, mixed);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toHaveLength(4);
    expect(parsed.rows('logins')).toHaveLength(1);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(httpErrorLog, fixture('nginx.log') + fixture('apache.log'));
    fuzzLines(httpErrorLog, fixture('nginx.log') + fixture('apache.log'));
  });
});

describe.skipIf(!hasSharedData)('error logs of others', () => {
  it('agree with Filebeat’s parse on clients', () => {
    const agreement = new Agreement('http-error-log against Filebeat');
    const folder = 'elastic-beats/filebeat/module';
    for (const name of [
      'apache/error/test/darwin-2.4.23',
      'apache/error/test/test',
      'apache/error/test/sublevel',
      'apache/error/test/ubuntu-2.2.22',
      'nginx/error/test/error',
    ]) {
      const bytes = sharedBytes(`${folder}/${name}.log`);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id, name).toBe('http-error-log');
      const parsed = parseWith(httpErrorLog, bytes);
      expect(recordsAccounted(parsed), name).toBe(parsed.records);
      expect(parsed.rejected, name).toEqual([]);
      const rows = [...parsed.rows('queries'), ...parsed.rows('logins')];
      for (const expected of sharedJson<Expected[]>(`${folder}/${name}.log-expected.json`)) {
        const row = rows.find((one) => one.offset === expected['log.offset']);
        if (!row) continue;
        const client = (expected['source.ip'] ??
          /client: ([^,]+)/.exec(String(expected['message']))?.[1]) as string;
        agreement.compare(`${name} client`, row.actorAddr, client);
        const zoned = Date.parse(String(expected['@timestamp'])) * 1000;
        // Filebeat was told −02:00 and keeps milliseconds.
        agreement.compare(
          `${name} time`,
          Math.floor(Number(row.timeUs) / 1000),
          zoned / 1000 - 2 * 3_600_000,
        );
      }
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
    expect(agreement.total).toBeGreaterThan(10);
  });
});
