import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { encodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { gcpLoggingCsv } from './gcp-logging-csv';
import { gcpRequestsCsv } from './gcp-requests-csv';
import { recognizeFormat } from './registry';

describe('log entries of Google Cloud as a table', () => {
  it('are each read as the log that they are of', () => {
    const parsed = parseWith(gcpLoggingCsv, readFileSync('tests/fixtures/gcp-logging-csv/mixed.csv', 'utf8'));
    expect(parsed.rejected).toEqual([]);
    expect(parsed.rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 123_456,
        actorAddr: '203.0.113.7',
        principal: 'bob@example.net',
        host: 'mail-archive',
        verb: QUERY_VERB.read,
        outcome: QUERY_OUTCOME.success,
      },
      { outcome: QUERY_OUTCOME.denied },
      { service: 'http', host: 'logs.example.net', object: '/_search?q=token', bytesReturned: 81_234 },
    ]);
    expect(parsed.rows('flows')).toMatchObject([
      { srcAddr: '203.0.113.7', dstAddr: '10.0.0.5', dstPort: 9200, srcBytes: 1234 },
    ]);
    expect(parsed.rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.portOpened, cidr: '0.0.0.0/0', portFrom: 9200, portTo: 9200 },
      { kind: CHANGE_KIND.privilegeGranted, target: 'user:mallory@example.org' },
    ]);
    // An operation's end tells nothing that its beginning did not.
    expect(parsed.skipped).toMatchObject({ 'entry of another log': 1 });
    expect(Object.values(parsed.skipped).reduce((sum, count) => sum + count)).toBe(3);
  });

  it('have lists in numbered columns, too', () => {
    const text = [
      'insertId,logName,timestamp,protoPayload.methodName,protoPayload.resourceName,protoPayload.request.sourceRanges[0],protoPayload.request.alloweds[0].IPProtocol,protoPayload.request.alloweds[0].ports[0]',
      'a,projects/p/logs/cloudaudit.googleapis.com%2Factivity,2015-03-02T10:20:30Z,v1.compute.firewalls.patch,projects/p/global/firewalls/es,198.51.100.0/24,tcp,9200-9300',
    ].join('\n');
    expect(parseWith(gcpLoggingCsv, text).rows('changes')).toMatchObject([
      { kind: CHANGE_KIND.portOpened, cidr: '198.51.100.0/24', portFrom: 9200, portTo: 9300, protocol: 6 },
    ]);
  });

  it('are a web server’s log where they are requests alone', () => {
    const text = readFileSync('tests/fixtures/gcp-requests-csv/requests.csv', 'utf8');
    expect(recognizeFormat(headOf(encodeUtf8(text)))[0]?.format.id).toBe('gcp-requests-csv');
    expect(parseWith(gcpRequestsCsv, text).rows('queries')).toMatchObject([
      { actorAddr: '203.0.113.7', object: '/_search?q=token', status: 200, bytesReturned: 81_234 },
      { object: '/_cat/indices', status: 403 },
    ]);
  });
});
