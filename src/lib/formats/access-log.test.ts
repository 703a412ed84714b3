import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith, type ParsedRow } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf, type Expected } from '../../../tests/support/peers';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { formatAddress, parseAddress } from '../base/addresses';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { accessLog } from './access-log';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/access-log/${name}`, 'utf8');
const rows = (name: string): ParsedRow[] => parseWith(accessLog, fixture(name)).rows('queries');

describe('an access log', () => {
  it.each(['combined.log', 'variants.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('access-log');
  });

  it('is recognized where every request line is as long as servers take', () => {
    const line = `203.0.113.7 - - [02/Mar/2015:09:20:30 +0000] "GET /?${'q='.repeat(4000)} HTTP/1.1" 200 5 "-" "curl"\n`;
    expect(recognizeFormat(headOf(encodeUtf8(line.repeat(3))))[0]?.format.id).toBe('access-log');
  });

  it('gives who asked for what, with which answer', () => {
    expect(rows('combined.log')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 9, 20, 30) * 1000,
        actorAddr: '203.0.113.7',
        service: 'http',
        verb: QUERY_VERB.read,
        object: '/logs-2015.03.02/_search?size=10000',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 5_120_044,
        agent: 'curl/7.38.0',
        principal: '',
      },
      { principal: 'alice', verb: QUERY_VERB.read },
      { verb: QUERY_VERB.write, status: 201 },
      { verb: QUERY_VERB.delete, status: 403, outcome: QUERY_OUTCOME.denied, bytesReturned: 0 },
      { actorAddr: '2001:db8::7', outcome: QUERY_OUTCOME.error, agent: 'Mozilla/5.0 \\"quoted\\"' },
      { verb: QUERY_VERB.unknown, object: '', status: 408, agent: '' },
      { verb: QUERY_VERB.unknown, object: '\\x16\\x03\\x01\\x00', status: 400 },
    ]);
    expect(parseWith(accessLog, fixture('combined.log')).skipped).toEqual({ comment: 1 });
  });

  it('reads the variants that servers are set up with', () => {
    expect(rows('variants.log')).toMatchObject([
      { host: 'www.example.net', servicePort: 8443, principal: 'bob smith', durationUs: 250_000 },
      { actorAddr: '198.51.100.3', object: '/b', durationUs: 1_500_000 },
      { actorAddr: '', object: '/c', bytesReturned: 10 },
      { actorAddr: '203.0.113.7', object: '/d' },
      { actorAddr: '203.0.113.7', object: '/e', status: 0, bytesReturned: 77 },
      { object: '/f?q="unescaped"', status: 404 },
      { object: '/g', timeUs: Date.UTC(2015, 2, 2, 10, 20, 36) * 1000, outcome: QUERY_OUTCOME.denied },
      { object: '/h', verb: QUERY_VERB.write, durationUs: 1000 },
    ]);
  });

  it('reads how long a request took at the end of Traefik’s lines', () => {
    expect(rows('traefik.log')).toMatchObject([
      { principal: 'alice', object: '/a', bytesReturned: 612, agent: 'curl/8', durationUs: 5000 },
      { object: '/b', status: 404, durationUs: 0 },
    ]);
  });

  it('takes the first public one of the clients that a request was forwarded for', () => {
    const parsed = parseWith(
      accessLog,
      ['203.0.113.9, 198.51.100.2', '10.0.0.1, 203.0.113.9, 198.51.100.2', '"203.0.113.9, 198.51.100.2"']
        .map((clients) => `${clients} - - [02/Mar/2015:10:20:30 +0000] "GET / HTTP/1.1" 200 5\n`)
        .join(''),
    );
    const forwarded = { actorAddr: '203.0.113.9', host: '', principal: '' };
    expect(parsed.rows('queries')).toMatchObject([forwarded, forwarded, forwarded]);
    expect(parsed.notes.join()).toContain('a client can forge');
  });

  it('lets a client’s looked-up name stand for who asked, where there is neither address nor user', () => {
    const line = (before: string) => `${before} [02/Mar/2015:10:20:32 +0000] "GET /c HTTP/1.0" 200 10\n`;
    const parsed = parseWith(
      accessLog,
      ['scan.example.org - -', 'scan.example.org - bob', 'localhost - -', '203.0.113.9 - -']
        .map(line)
        .join(''),
    );
    expect(parsed.rows('queries').map((row) => [row.actorAddr, row.principal])).toEqual([
      ['', 'scan.example.org'],
      ['', 'bob'],
      ['', ''],
      ['203.0.113.9', ''],
    ]);
  });

  it('rejects what it cannot read, in words', () => {
    const parsed = parseWith(
      accessLog,
      'nonsense\n203.0.113.7 - - [02/Mar/2015:10:20:30 +0000] no request\n203.0.113.7 - - [02/Mar/2015:10:20:30 +0000] "GET / HTTP/1.1" abc 5\n203.0.113.7 - - [32/Mar/2015:10:20:30 +0000] "GET / HTTP/1.1" 200 5\n',
    );
    expect(parsed.rejected.map((one) => [one.line, one.reason])).toEqual([
      [1, 'there is no time in brackets as web servers write it, such as [10/Mar/2024:12:00:00 +0000]'],
      [2, 'there is no request in quotes after the time, such as "GET / HTTP/1.1"'],
      [3, 'the status after the request is not a number'],
      [4, 'there is no time in brackets as web servers write it, such as [10/Mar/2024:12:00:00 +0000]'],
    ]);
  });

  it('gives the same rows however the lines are shared out, and with CRLF', () => {
    const text = fixture('combined.log') + fixture('variants.log');
    expectSplitInvariance(accessLog, text);
    const objects = (input: string): unknown[] =>
      parseWith(accessLog, input)
        .rows('queries')
        .map((row) => [row.object, row.agent]);
    expect(objects(text.replaceAll('\n', '\r\n'))).toEqual(objects(text));
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(accessLog, fixture('combined.log') + fixture('variants.log'));
  });
});

function canonical(text: string): string {
  const words = parseAddress(text);
  return words ? formatAddress(...words) : text;
}

/** Who asked: the user, or else the client that the server names instead of numbering. */
function namedClient(expected: Expected): string | undefined {
  const user = expected['user.name'] as string | undefined;
  if (user !== '-') return user;
  const client = expected['source.address'] as string;
  return expected['source.ip'] === undefined && client !== 'localhost' ? client : '';
}

const BEATS = 'elastic-beats/filebeat/module';

describe.skipIf(!hasSharedData)('access logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('access-log against Filebeat');
    const verbs: Record<string, number> = {
      GET: QUERY_VERB.read,
      HEAD: QUERY_VERB.read,
      POST: QUERY_VERB.write,
      PUT: QUERY_VERB.write,
      PATCH: QUERY_VERB.write,
      DELETE: QUERY_VERB.delete,
    };
    const columns = (expected: Expected): Record<string, string | number | undefined> => ({
      timeUs: microsOf(expected['@timestamp']),
      // The same address, in its canonical text.
      actorAddr: expected['source.ip'] === undefined ? undefined : canonical(String(expected['source.ip'])),
      object: expected['url.original'] as string | undefined,
      verb: verbs[String(expected['http.request.method'])],
      status: expected['http.response.status_code'] as number | undefined,
      bytesReturned: expected['http.response.body.bytes'] as number | undefined,
      agent:
        expected['user_agent.original'] === '-'
          ? ''
          : (expected['user_agent.original'] as string | undefined),
      principal: namedClient(expected),
      host: expected['destination.domain'] as string | undefined,
    });
    for (const path of [
      'apache/access/test/darwin-2.4.23.log',
      'apache/access/test/ssl-request.log',
      'apache/access/test/test-vhost.log',
      'apache/access/test/test.log',
      'apache/access/test/ubuntu-2.2.22.log',
      'nginx/access/test/access.log',
      'nginx/access/test/test-with-host.log',
      'nginx/access/test/test.log',
      'nginx/ingress_controller/test/test.log',
    ])
      compareWithFilebeat(agreement, accessLog, `${BEATS}/${path}`, 'queries', columns);
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it.each([
    ['elastic-examples/Common Data Formats/apache_logs/apache_logs', 10_000],
    ['lnav/test/logfile_shop_access_log.0', 1000],
    ['plaso/apache_access.log', 15],
    ['lnav/test/logfile_bad_access_log.0', 3],
  ])('lose nothing: %s', (path, count) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('access-log');
    const parsed = parseWith(accessLog, bytes);
    expect(parsed.records).toBe(count);
    expect(recordsAccounted(parsed)).toBe(count);
    expect(parsed.rejected).toEqual([]);
  });
});
