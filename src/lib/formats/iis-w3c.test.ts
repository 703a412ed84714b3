import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { formatAddress, parseAddress } from '../base/addresses';
import { encodeUtf8 } from '../base/bytes';
import { TIME_BASIS } from '../base/time';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { iisW3c } from './iis-w3c';
import { recognizeFormat } from './registry';

const fixture = (name: string): string => readFileSync(`tests/fixtures/iis-w3c/${name}`, 'utf8');

describe('a W3C extended log', () => {
  it.each(['iis.log', 'no-header.log', 'httperr.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('iis-w3c');
  });

  it('follows the fields that it names, also when they change', () => {
    const parsed = parseWith(iisW3c, fixture('iis.log'));
    expect(parsed.skipped).toEqual({ header: 5 });
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        timeBasis: TIME_BASIS.absolute,
        actorAddr: '203.0.113.7',
        principal: 'CORP\\alice',
        host: '10.0.0.5',
        servicePort: 443,
        verb: QUERY_VERB.read,
        object: '/export.aspx?table=keys',
        status: 200,
        bytesReturned: 5_120_044,
        durationUs: 2_500_000,
        agent: 'Mozilla/5.0 (Windows NT 10.0)',
      },
      { outcome: QUERY_OUTCOME.denied, principal: '' },
      { actorAddr: '203.0.113.9', verb: QUERY_VERB.delete, status: 204, host: '' },
    ]);
    expect(parsed.rejected).toMatchObject([{ line: 9, reason: '6 fields expected, 5 found' }]);
  });

  it('reads IIS’ usual columns without a header, and says that it took them so', () => {
    const parsed = parseWith(iisW3c, fixture('no-header.log'));
    expect(parsed.rows('queries').map((row) => [row.object, row.durationUs])).toEqual([
      ['/a', 46_000],
      ['/b', 46_000],
    ]);
    expect(parsed.notes).toHaveLength(1);
  });

  it('reads the errors of HTTP.sys, with the client’s port', () => {
    const parsed = parseWith(iisW3c, fixture('httperr.log'));
    expect(parsed.rows('queries')).toMatchObject([
      { actorPort: 2094, status: 400, outcome: QUERY_OUTCOME.error },
    ]);
    expect(parsed.skipped).toEqual({ header: 3, 'connection without a request': 1 });
  });

  it('never throws and never loses a line, whatever the bytes', () => {
    fuzzLines(iisW3c, fixture('iis.log') + fixture('httperr.log'));
  });
});

function canonical(text: string): string {
  const words = parseAddress(text);
  return words ? formatAddress(...words) : text;
}

describe.skipIf(!hasSharedData)('W3C logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('iis-w3c against Filebeat');
    const folder = 'elastic-beats/filebeat/module/iis';
    for (const name of [
      'access/test/test-iis-7.2',
      'access/test/test-iis-7.5',
      'access/test/test-ipv6zone',
      'access/test/test-x-forward-for',
      'access/test/test-x-forward-for-extended',
      'access/test/test',
      'error/test/test',
      'error/test/ipv6_zone_id',
      'error/test/iis_error_url',
    ]) {
      const parsed = compareWithFilebeat(
        agreement,
        iisW3c,
        `${folder}/${name}.log`,
        'queries',
        (expected) => {
          // Filebeat keeps connections that ended before a request; they ask for nothing.
          if (expected['url.original'] === undefined) return undefined;
          // Filebeat decodes percent codes and plus signs of a query; we keep what the server wrote.
          const isVerbatim =
            expected['url.query'] === undefined &&
            String(expected['event.original']).includes(` ${String(expected['url.original'])} `);
          const duration = expected['event.duration'] as number | undefined;
          const agent = expected['user_agent.original'] as string | undefined;
          // One line was pasted through a program that made links of its addresses: the text of a link is no address.
          const isLink = String(expected['event.original']).includes('](http');
          return {
            timeUs: microsOf(expected['@timestamp']),
            actorAddr: isLink ? undefined : canonical(String(expected['source.ip'] ?? '')),
            actorPort: expected['source.port'] as number | undefined,
            servicePort: expected['destination.port'] as number | undefined,
            principal: expected['user.name'] as string | undefined,
            status: expected['http.response.status_code'] as number | undefined,
            bytesReturned: expected['http.response.body.bytes'] as number | undefined,
            durationUs: duration === undefined ? undefined : duration / 1000,
            object: isVerbatim ? (expected['url.original'] as string) : undefined,
            agent,
          };
        },
      );
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  // tests/parsers/text_plugins/iis.py of log2timeline/plaso, which also allows no warning. Its later edge cases have a sixteenth line.
  it.each([
    ['iis6.log', 12],
    ['iis7_owa.log', 3],
    ['iis7_sqli.log', 2],
    ['iis_without_date.log', 11],
    ['iis10.log', 1],
    ['iis10_cookies.log', 3],
    ['iis10_edge_cases.log', 15],
  ])('give as many requests as plaso finds: %s', (name, requests) => {
    const bytes = sharedBytes(`plaso/iis/${name}`);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('iis-w3c');
    const parsed = parseWith(iisW3c, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toHaveLength(requests);
  });

  it.each([
    'lnav/test/logfile_w3c.0',
    'lnav/test/logfile_w3c.1',
    'lnav/test/logfile_w3c.3',
    'lnav/test/logfile_w3c.4',
    'lnav/test/logfile_w3c.6',
    'lnav/test/logfile_w3c_big.0',
  ])('are read to the last line: %s', (path) => {
    const bytes = sharedBytes(path);
    expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('iis-w3c');
    const parsed = parseWith(iisW3c, bytes);
    expect(recordsAccounted(parsed)).toBe(parsed.records);
    expect(parsed.rejected).toEqual([]);
  });
});
