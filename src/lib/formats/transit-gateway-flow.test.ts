import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSplitInvariance, fuzzLines } from '../../../tests/support/robust';
import { headOf, parseWith } from '../../../tests/support/parse';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { encodeUtf8 } from '../base/bytes';
import { LOG_STATUS, VERDICT } from '../tables/schemas';
import { recognizeFormat } from './registry';
import { transitGatewayFlow } from './transit-gateway-flow';

const fixture = (name: string): string => readFileSync(`tests/fixtures/transit-gateway-flow/${name}`, 'utf8');

describe('a transit gateway flow log', () => {
  it.each(['default.log', 'custom.log'])('is recognized by its content: %s', (name) => {
    expect(recognizeFormat(headOf(encodeUtf8(fixture(name))))[0]?.format.id).toBe('transit-gateway-flow');
  });

  it('gives the flow and the attachment that saw it', () => {
    const flow = {
      srcAddr: '10.1.0.5',
      dstAddr: '10.2.0.6',
      srcBytes: 640,
      startUs: 1425291630_000_000,
      sensor: 'tgw-attach-0a1',
    };
    expect(parseWith(transitGatewayFlow, fixture('default.log')).rows('flows')).toMatchObject([
      {
        ...flow,
        srcPort: 40000,
        dstPort: 9200,
        protocol: 6,
        srcPackets: 10,
        tcpFlags: 27,
        verdict: VERDICT.unknown,
      },
      { logStatus: LOG_STATUS.skipData, srcAddr: '', sensor: 'tgw-attach-0a1' },
    ]);
    expect(parseWith(transitGatewayFlow, fixture('custom.log')).rows('flows')).toMatchObject([flow]);
  });

  it('gives the same rows however the lines are shared out, and never loses one', () => {
    expectSplitInvariance(transitGatewayFlow, fixture('default.log'));
    fuzzLines(transitGatewayFlow, fixture('default.log'), 60);
  });

  it.skipIf(!hasSharedData)('agrees with Elastic’s parse', () => {
    const rows = parseWith(
      transitGatewayFlow,
      sharedBytes('elastic-integrations-recent/test-tgw-samples.log'),
    ).rows('flows');
    expect(rows).toMatchObject([
      {
        startUs: Date.parse('2025-08-19T08:35:33Z') * 1000,
        endUs: Date.parse('2025-08-19T08:35:58Z') * 1000,
        srcAddr: '1.128.0.0',
        dstAddr: '2a02:cf40::',
        srcPort: 39464,
        dstPort: 22,
        protocol: 6,
        srcPackets: 49,
        srcBytes: 8947,
        logStatus: LOG_STATUS.skipData,
      },
      { logStatus: LOG_STATUS.noData },
      { logStatus: LOG_STATUS.ok },
    ]);
    console.log('transit-gateway-flow against Elastic: 10 of 10 compared values agree');
  });
});
