import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat, microsOf } from '../../../tests/support/peers';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { Agreement, hasSharedData } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { s3Access } from './s3-access';

const fixture = readFileSync('tests/fixtures/s3-access/access.log', 'utf8');

describe('an S3 server access log', () => {
  it('is recognized by its content', () => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture)))[0]?.format.id).toBe('s3-access');
  });

  it('tells which object went to whom, and how many bytes of it', () => {
    expect(parseWith(s3Access, fixture).rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000,
        actorAddr: '203.0.113.7',
        principal: 'arn:aws:iam::111122223333:user/dora',
        host: 'mail-logs',
        verb: QUERY_VERB.read,
        object: 'mail-logs/app/2015-03-02.gz',
        status: 200,
        bytesReturned: 1_048_576,
        durationUs: 41_000,
        agent: 'aws-cli/2.15.0',
      },
      {
        principal: 'anonymous',
        verb: QUERY_VERB.list,
        outcome: QUERY_OUTCOME.denied,
        agent: 'Mozilla/5.0 "x"',
      },
      { verb: QUERY_VERB.delete, bytesReturned: 0 },
    ]);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(s3Access, fixture);
    fuzzLines(s3Access, fixture);
  });
});

describe.skipIf(!hasSharedData)('S3 access logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('s3-access against Filebeat');
    for (const name of ['s3_server_access', 'test']) {
      const path = `elastic-beats/x-pack/filebeat/module/aws/s3access/test/${name}.log`;
      const parsed = compareWithFilebeat(agreement, s3Access, path, 'queries', (expected) => {
        const duration = expected['event.duration'] as number | undefined;
        return {
          timeUs: microsOf(expected['@timestamp']),
          actorAddr: expected['client.ip'] as string | undefined,
          principal: expected['client.user.id'] as string | undefined,
          host: expected['aws.s3access.bucket'] as string | undefined,
          status: expected['http.response.status_code'] as number | undefined,
          bytesReturned: expected['http.response.body.bytes'] as number | undefined,
          durationUs: duration === undefined ? undefined : duration / 1000,
          agent: expected['aws.s3access.user_agent'] as string | undefined,
        };
      });
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });
});
