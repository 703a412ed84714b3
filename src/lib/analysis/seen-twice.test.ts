import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, type RowText } from '../../../tests/support/evidence';
import { VERDICT } from '../tables/schemas';
import type { CaseParameters } from './parameters';

const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'], thresholds: { aggregationSeconds: 60 } };
const T0 = at('2015-03-02T10:00:00Z');

type Flow = RowText<'flows'>;

/** A flow from the actor to the asset, by seconds from the beginning to the end. */
const flow = (fromS: number, toS: number, more: Partial<Flow> = {}): Flow => ({
  srcAddr: '203.0.113.9',
  dstAddr: '10.0.0.5',
  srcPort: 40_000,
  dstPort: 22,
  protocol: 6,
  startUs: T0 + fromS * 1e6,
  endUs: T0 + toS * 1e6,
  ...more,
});
/** The other way, as a flow log has a record of its own. */
const back = (fromS: number, toS: number, more: Partial<Flow> = {}): Flow =>
  flow(fromS, toS, { srcAddr: '10.0.0.5', dstAddr: '203.0.113.9', srcPort: 22, dstPort: 40_000, ...more });

/** Sessions of a VPC flow log and a capture: bytes to the actor of each. */
function bytesOf(vpc: readonly Flow[], capture: readonly Flow[]): number[] {
  const maker = new EvidenceMaker();
  const log = maker.source({ format: 'vpc-flow' });
  for (const row of vpc) log.flow(row);
  const packets = maker.source({ format: 'pcap' });
  for (const row of capture) packets.flow(row);
  const { sessions } = groundOf(maker.make(), CASE).ground;
  return [...sessions.bytesToActor];
}

const LOGGED = [
  flow(0, 30, { srcBytes: 1000, srcPackets: 10 }),
  back(0, 30, { srcBytes: 90_000, srcPackets: 60 }),
];
const captured = (fromS: number, toS: number, dstBytes: number, more: Partial<Flow> = {}): Flow =>
  flow(fromS, toS, { srcBytes: 1000, srcPackets: 10, dstBytes, dstPackets: 60, ...more });

describe('a conversation that a capture and a flow log tell of', () => {
  it('counts once, with the bytes of the one that saw more of it', () => {
    expect(bytesOf(LOGGED, [])).toEqual([90_000]);
    expect(bytesOf(LOGGED, [captured(1, 31, 120_000)])).toEqual([120_000]);
    // The capture began late.
    expect(bytesOf(LOGGED, [captured(20, 31, 20_000)])).toEqual([90_000]);
  });

  it('is one where the other cut it in pieces at a silence', () => {
    const pieces = [captured(0, 10, 45_000), captured(20, 30, 45_000)];
    expect(bytesOf(LOGGED, pieces)).toEqual([90_000]);
  });

  it('is two where endpoints or hours differ', () => {
    expect(bytesOf(LOGGED, [captured(1, 31, 120_000, { srcPort: 40_001 })])).toHaveLength(2);
    expect(bytesOf(LOGGED, [captured(1, 31, 120_000, { protocol: 17 })])).toHaveLength(2);
    expect(bytesOf(LOGGED, [captured(3600, 3631, 120_000)])).toHaveLength(2);
  });

  it('is not what was rejected beside it', () => {
    const rejected = flow(0, 5, { srcBytes: 60, srcPackets: 1, verdict: VERDICT.reject });
    expect(bytesOf([rejected], [captured(1, 31, 120_000)])).toHaveLength(2);
  });

  it('leaves conversations alone that only one of them saw', () => {
    const other = captured(1, 31, 5_000, { srcAddr: '203.0.113.10' });
    expect(bytesOf(LOGGED, [captured(1, 31, 90_000), other]).toSorted()).toEqual([5_000, 90_000]);
  });
});
