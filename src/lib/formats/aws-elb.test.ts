import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { headOf, parseWith } from '../../../tests/support/parse';
import { compareWithFilebeat } from '../../../tests/support/peers';
import { expectSplitInvariance, fuzzLines, recordsAccounted } from '../../../tests/support/robust';
import { Agreement, hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { awsElb } from './aws-elb';
import { recognizeFormat } from './registry';

const fixture = readFileSync('tests/fixtures/aws-elb/elb.log', 'utf8');

describe('a load balancer log', () => {
  it('is recognized by its content, whichever kind of balancer wrote it', () => {
    for (const line of fixture.trim().split('\n'))
      expect(recognizeFormat(headOf(encodeUtf8(line)))[0]?.format.id).toBe('aws-elb');
  });

  it('gives client and port, the host asked for, and the whole time taken', () => {
    expect(parseWith(awsElb, fixture).rows('queries')).toMatchObject([
      {
        timeUs: Date.UTC(2015, 2, 2, 10, 20, 30) * 1000 + 186_641,
        actorAddr: '203.0.113.7',
        actorPort: 2817,
        host: 'logs.example.net',
        servicePort: 443,
        verb: QUERY_VERB.read,
        object: '/_search?size=5',
        status: 200,
        bytesReturned: 366,
        durationUs: 50_000,
        agent: 'curl/7.46.0',
      },
      { status: 403, outcome: QUERY_OUTCOME.denied, durationUs: Number.NaN, agent: 'an agent' },
      {
        actorAddr: '203.0.113.9',
        actorPort: 51341,
        object: '',
        verb: 0,
        bytesReturned: 246,
        durationUs: 5000,
      },
      { host: 'www.example.com', object: '/x', durationUs: 1178 },
      { actorAddr: '2001:db8::7', actorPort: 2820, object: '', bytesReturned: 305 },
    ]);
  });

  it('gives the same rows however shared out, and survives any bytes', () => {
    expectSplitInvariance(awsElb, fixture);
    fuzzLines(awsElb, fixture);
  });
});

describe.skipIf(!hasSharedData)('load balancer logs of others', () => {
  it('agree with Filebeat’s parse', () => {
    const agreement = new Agreement('aws-elb against Filebeat');
    const folder = 'elastic-beats/x-pack/filebeat/module/aws/elb/test';
    for (const name of [
      'application-lb-http',
      'elb-http',
      'elb-tcp',
      'example-alb-http',
      'example-http',
      'example-https',
      'example-nlb-tcp',
      'example-ssl',
      'example-tcp',
    ]) {
      const parsed = compareWithFilebeat(
        agreement,
        awsElb,
        `${folder}/${name}.log`,
        'queries',
        (expected) => ({
          // Filebeat keeps milliseconds.
          timeUs: undefined,
          actorAddr: expected['source.ip'] as string | undefined,
          actorPort: expected['source.port'] === undefined ? undefined : Number(expected['source.port']),
          status: expected['http.response.status_code'] as number | undefined,
          bytesReturned: (expected['http.response.body.bytes'] ?? expected['destination.bytes']) as
            number | undefined,
          agent:
            expected['user_agent.original'] === '-'
              ? ''
              : (expected['user_agent.original'] as string | undefined),
          host: (expected['url.domain'] as string | null | undefined) ?? undefined,
        }),
      );
      expect(parsed.rejected, name).toEqual([]);
    }
    agreement.print();
    expect(agreement.differences).toEqual([]);
  });

  it.each(['crowdsec-hub/aws-alb-logs/aws-alb-logs.log', 'plaso/aws_elb_access.log'])(
    'lose nothing: %s',
    (path) => {
      const bytes = sharedBytes(path);
      expect(recognizeFormat(headOf(bytes))[0]?.format.id).toBe('aws-elb');
      const parsed = parseWith(awsElb, bytes);
      expect(recordsAccounted(parsed)).toBe(parsed.records);
      expect(parsed.rejected).toEqual([]);
    },
  );
});
