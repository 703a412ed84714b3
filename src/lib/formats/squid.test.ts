import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseWith } from '../../../tests/support/parse';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import { squid } from './squid';
import { syslogFile } from './syslog';

const fixture = (name: string): string => readFileSync(`tests/fixtures/squid/${name}`, 'utf8');
const log = fixture('access.log');

describe('Squid’s access log', () => {
  const parsed = parseWith(squid, log);

  it('tells who asked which host for what, and who was refused', () => {
    expect(parsed.rejected).toEqual([]);
    expect(recordsAccounted(parsed)).toBe(7);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30, 123) * 1000,
        actorAddr: '10.0.0.7',
        principal: 'bob',
        host: 'updates.example.org',
        servicePort: 80,
        verb: QUERY_VERB.read,
        object: '/list?v=2',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 612,
        durationUs: 200_000,
      },
      { host: 'files.example.org', servicePort: 443, service: 'https', verb: QUERY_VERB.unknown, object: '' },
      { host: '203.0.113.9', servicePort: 22, outcome: QUERY_OUTCOME.denied },
      { actorAddr: '203.0.113.7', host: '198.51.100.3', object: '/' },
      { servicePort: 8080, verb: QUERY_VERB.write, object: '/form' },
      { actorAddr: '2001:db8::7', status: 400, outcome: QUERY_OUTCOME.error },
      { status: 0, outcome: QUERY_OUTCOME.unknown },
    ]);
  });

  it('tells which servers our machines reached, and for how long, but not those that a stranger did', () => {
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '10.0.0.7', dstAddr: '198.51.100.1', dstPort: 80, dstBytes: 612, verdict: VERDICT.accept },
      {
        srcAddr: '10.0.0.7',
        dstAddr: '198.51.100.2',
        dstPort: 443,
        dstBytes: 51_200_000,
        srcBytes: Number.NaN,
        startUs: (1_425_291_691_500 - 60_123) * 1000,
        endUs: 1_425_291_691_500 * 1000,
      },
    ]);
  });

  it('is read in the layouts of web servers', () => {
    const combined = parseWith(squid, fixture('combined.log'));
    expect(combined.rejected).toEqual([]);
    expect(combined.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        principal: 'bob',
        host: 'updates.example.org',
        object: '/list?v=2',
        agent: 'curl/7.88',
      },
      { host: '203.0.113.9', servicePort: 22, outcome: QUERY_OUTCOME.denied },
      { object: '/' },
    ]);
  });

  it('is read out of a syslog file', () => {
    const lines = log.replace(/^/gm, 'Mar  2 10:21:00 proxy1 (squid-1)[99]: ').split('\n');
    const relayed = parseWith(syslogFile, lines.slice(0, 7).join('\n'));
    const bare = (rows: readonly object[]): object[] => rows.map((row) => ({ ...row, offset: 0 }));
    expect(bare(relayed.rows('queries'))).toEqual(bare(parsed.rows('queries')));
    expect(bare(relayed.rows('flows'))).toEqual(bare(parsed.rows('flows')));
  });

  it('says what a damaged line lacks, and loses none', () => {
    expect(parseWith(squid, log.replace('TCP_MISS/200', 'x')).rejected).toMatchObject([
      { line: 1, reason: expect.stringMatching(/expected time, milliseconds, client/) as string },
    ]);
    expectSplitInvariance(squid, log);
    fuzzLines(squid, log + fixture('combined.log'));
  });
});
