import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, type RowText } from '../../../tests/support/evidence';
import { CONN_STATE, VERDICT } from '../tables/schemas';
import { DIRECTION, type Sessions } from './context';
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
  return [...sessionsOf(vpc, capture).bytesToActor];
}

function sessionsOf(vpc: readonly Flow[], capture: readonly Flow[]): Sessions {
  const maker = new EvidenceMaker();
  const log = maker.source({ format: 'vpc-flow' });
  for (const row of vpc) log.flow(row);
  const packets = maker.source({ format: 'pcap' });
  for (const row of capture) packets.flow(row);
  return groundOf(maker.make(), CASE).ground.sessions;
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
    const half = { srcBytes: 500, srcPackets: 5 };
    const pieces = [captured(0, 10, 45_000, half), captured(20, 30, 45_000, half)];
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

  it('keeps the way that the one with the most bytes did not see', () => {
    const upload = { srcBytes: 12_000_000, srcPackets: 8_000 };
    const seen = captured(0, 30, 90_000, { srcBytes: 10_000_000, srcPackets: 8_000 });
    const oneWay = captured(0, 30, Number.NaN, { ...upload, dstPackets: undefined });
    // The flow log was filtered for what comes in.
    expect(bytesOf([flow(0, 30, upload)], [seen])).toEqual([90_000]);
    // The capture missed the way back, and is one record of about as many bytes.
    const both = [flow(0, 30, upload), back(0, 30, { srcBytes: 90_000, srcPackets: 60 })];
    expect(bytesOf(both, [oneWay, captured(0, 30, 1, { srcPort: 40_001 })])).toContain(90_000);
  });

  it('is two where each saw another part of its time', () => {
    // The flow log ends where the capture begins, with the connection open all the while; and a port is used again five minutes later.
    const long = [
      flow(0, 3600, { srcBytes: 1000, srcPackets: 10 }),
      back(0, 3600, { srcBytes: 90_000, srcPackets: 60 }),
    ];
    expect(bytesOf(long, [captured(3590, 7200, 80_000)])).toEqual([90_000, 80_000]);
    expect(bytesOf(LOGGED, [captured(110, 120, 80_000)])).toEqual([90_000, 80_000]);
  });

  it('keeps who began it and that it was answered, whichever knows', () => {
    // From port 443, as if the answer came from there.
    const odd = { srcPort: 443, dstPort: 9200 };
    const swapped = { srcPort: 9200, dstPort: 443 };
    const vpc = [
      flow(0, 30, { srcBytes: 1000, srcPackets: 10, ...odd }),
      back(0, 30, { srcBytes: 90_000, srcPackets: 60, ...swapped }),
    ];
    const seen = captured(1, 29, 70_000, { srcBytes: 700, connState: CONN_STATE.established, ...odd });
    const sessions = sessionsOf(vpc, [seen]);
    expect([...sessions.bytesToActor]).toEqual([90_000]);
    expect([...sessions.direction]).toEqual([DIRECTION.inbound]);
    expect([...sessions.connState]).toEqual([CONN_STATE.established]);
  });
});
