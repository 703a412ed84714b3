import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { TIME_BASIS } from '../base/time';
import { QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { haproxy } from './haproxy';
import { syslogFile } from './syslog';

const fixture = (name: string): string => readFileSync(`tests/fixtures/haproxy/${name}`, 'utf8');
const log = fixture('syslog.log');

describe('HAProxy’s log', () => {
  const parsed = parseWith(haproxy, log);

  it('tells requests: who asked for what, how long it took and how much was sent', () => {
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(10);
    expect(parsed.rows('queries').slice(0, 4)).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        timeBasis: TIME_BASIS.local,
        actorAddr: '203.0.113.7',
        actorPort: 51_234,
        service: 'https',
        host: 'lb1',
        verb: QUERY_VERB.read,
        object: '/api/messages?id=7',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 2750,
        durationUs: 109_000,
        agent: 'Mozilla/5.0 (X11; Linux x86_64)',
      },
      { service: 'http', verb: QUERY_VERB.write, object: '/admin', outcome: QUERY_OUTCOME.denied },
      { verb: QUERY_VERB.unknown, object: '<BADREQ>', status: 400, outcome: QUERY_OUTCOME.error },
      { actorAddr: '203.0.113.9', host: 'mail.example.net', servicePort: 443, object: '/inbox', status: 503 },
    ]);
  });

  it('tells connections that it only passed on, by the name of where they came in', () => {
    expect(parsed.rows('queries').slice(4)).toMatchObject([
      {
        actorAddr: '2001:db8::7',
        actorPort: 40_004,
        service: 'mysql-in',
        verb: QUERY_VERB.unknown,
        object: '',
        outcome: QUERY_OUTCOME.unknown,
        bytesReturned: 212,
        durationUs: 5_007_000,
      },
      { service: 'mysql-in', outcome: QUERY_OUTCOME.denied },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      {
        srcAddr: '203.0.113.8',
        srcPort: 40_006,
        dstAddr: '198.51.100.4',
        dstPort: 8012,
        verdict: VERDICT.accept,
      },
    ]);
    expect(parsed.skipped).toEqual({ 'haproxy other': 2, 'connection that failed before a request': 1 });
  });

  it('learns its zone from a header that names one, also of a connection that lasted', () => {
    expect(parseWith(haproxy, fixture('iso.log')).rows('queries')).toMatchObject([
      { timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000, timeBasis: TIME_BASIS.absolute },
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 31) * 1000,
        timeBasis: TIME_BASIS.absolute,
        bytesReturned: 51_200_000,
        durationUs: 600_000_000,
      },
    ]);
  });

  it('is read without a header, while a transfer goes on, from a socket and with its TLS fields', () => {
    expect(parseWith(haproxy, fixture('bare.log')).rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', object: '/api/messages?id=7', bytesReturned: 2750, durationUs: 109_000 },
      { actorAddr: '', object: '/' },
      { actorAddr: '203.0.113.7', service: 'https', object: '/a' },
    ]);
  });

  it('is read among other programs’ lines', () => {
    const mixed = `${log}Mar  2 10:21:00 lb1 sshd[1]: Failed password for root from 203.0.113.7 port 51299 ssh2\n`;
    for (const format of [haproxy, syslogFile]) {
      const both = parseWith(format, mixed);
      expect(both.rows('queries')).toHaveLength(6);
      expect(both.rows('logins')).toMatchObject([{ user: 'root', actorAddr: '203.0.113.7' }]);
    }
  });

  it('says what a damaged line lacks', () => {
    const cut = fixture('bare.log').replace('10/0/30/69/+109 200', 'x');
    expect(parseWith(haproxy, cut).rejected).toMatchObject([{ line: 2 }]);
    expect(parseWith(haproxy, cut).rejected[0]?.reason).toMatch(/expected client:port, \[accept date\]/);
    expectSplitInvariance(haproxy, log, ['queries', 'flows']);
    fuzzLines(haproxy, log + fixture('bare.log'));
  });
});
