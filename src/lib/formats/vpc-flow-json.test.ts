import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzzJson } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { LOG_STATUS, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { vpcFlowJson } from './vpc-flow-json';

const fixture = (name: string): string => readFileSync(`tests/fixtures/vpc-flow-json/${name}`, 'utf8');
const RECORD = {
  startUs: 1425291630_000_000,
  endUs: 1425291690_000_000,
  srcAddr: '198.51.100.7',
  dstAddr: '10.0.0.5',
  srcPort: 40000,
  dstPort: 9200,
  protocol: 6,
  srcPackets: 10,
  srcBytes: 640,
  verdict: VERDICT.accept,
  sensor: 'eni-0a1b2c3d4e5f60001',
};

describe('a VPC flow log in JSON', () => {
  it.each(['message.json', 'subscription.json', 'fields.json'])(
    'is recognized by its content: %s',
    (name) => {
      expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('vpc-flow-json');
    },
  );

  it('reads the records that messages wrap', () => {
    const parsed = parseWith(vpcFlowJson, fixture('message.json'));
    expect(parsed.rows('flows')).toMatchObject([RECORD, { logStatus: LOG_STATUS.noData, line: 2 }]);
    expect(parsed.rejected).toMatchObject([{ line: 3, reason: '14 to 42 fields expected, 4 found' }]);
  });

  it('reads a CloudWatch subscription’s events and leaves its control messages out', () => {
    const parsed = parseWith(vpcFlowJson, fixture('subscription.json'));
    expect(parsed.rows('flows')).toMatchObject([RECORD]);
    expect(parsed.skipped).toEqual({ 'CloudWatch control message': 1 });
  });

  it('reads one key a field, numbers as floats and as text, and the packet’s own ends', () => {
    expect(parseWith(vpcFlowJson, fixture('fields.json')).rows('flows')).toMatchObject([
      RECORD,
      { srcAddr: '198.51.100.8', dstAddr: '10.0.0.5', verdict: VERDICT.reject, tcpFlags: 2 },
    ]);
  });

  it('never throws and never loses a record, whatever the values', () => {
    fuzzJson(vpcFlowJson, [
      ...fixture('message.json')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      ...(JSON.parse(fixture('fields.json')) as unknown[]),
    ]);
  });

  it.skipIf(!hasSharedData)('agrees with Elastic’s sample', () => {
    const parsed = parseWith(
      vpcFlowJson,
      sharedBytes('elastic-integrations-recent/test-with-message-field.log'),
    );
    expect(parsed.rows('flows')).toMatchObject([
      {
        startUs: 1671029698_000_000,
        endUs: 1671029728_000_000,
        logStatus: LOG_STATUS.noData,
        sensor: 'eni-0e0bf7be352692297',
      },
    ]);
  });
});
