import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatest } from '../base/extremes';
import { at, EvidenceMaker, groundOf, type RowText } from '../../../tests/support/evidence';
import { CONN_STATE, LOG_STATUS, VERDICT } from '../tables/schemas';
import { DIRECTION, type Sessions } from './context';
import type { CaseParameters } from './parameters';

const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'], thresholds: { aggregationSeconds: 60 } };
const T0 = at('2015-03-02T10:00:00Z');
const seconds = (s: number): number => T0 + s * 1e6;

type Flow = RowText<'flows'>;

/** A row as VPC flow logs have it, 10 s long. */
function row(startS: number, from: string, to: string, more: Partial<Flow> = {}): Flow {
  const [srcAddr, srcPort] = from.split('#') as [string, string];
  const [dstAddr, dstPort] = to.split('#') as [string, string];
  const ends = { startUs: seconds(startS), endUs: seconds(startS + 10) };
  return {
    srcAddr,
    dstAddr,
    srcPort: Number(srcPort),
    dstPort: Number(dstPort),
    srcBytes: 100,
    srcPackets: 1,
    ...ends,
    ...more,
  };
}

const BOT = '203.0.113.9#40000';
const SSH = '10.0.0.5#22';

function sessionsOf(rows: readonly Flow[], parameters = CASE, format = 'vpc-flow'): Sessions {
  const maker = new EvidenceMaker();
  const source = maker.source({ format });
  for (const each of rows) source.flow(each);
  return groundOf(maker.make(), parameters).ground.sessions;
}

describe('stitching', () => {
  it('joins rows of one conversation up to the aggregation interval, and both directions', () => {
    const sessions = sessionsOf([
      row(0, BOT, SSH, { srcBytes: 500, srcPackets: 5 }),
      row(5, SSH, BOT, { srcBytes: 2000, srcPackets: 4 }),
      row(70, BOT, SSH, { srcBytes: 300, srcPackets: 3 }), // 60 s after the first ended: still the same
      row(141, BOT, SSH), // 61 s later: another
    ]);
    expect(sessions.count).toBe(2);
    expect([sessions.bytesFromActor[0], sessions.packetsFromActor[0]]).toEqual([800, 8]);
    expect([sessions.bytesToActor[0], sessions.packetsToActor[0]]).toEqual([2000, 4]);
    expect([sessions.startUs[0], sessions.endUs[0]]).toEqual([seconds(0), seconds(80)]);
    expect([...sessions.rowCount]).toEqual([3, 1]);
    expect([...sessions.direction]).toEqual([DIRECTION.inbound, DIRECTION.inbound]);
  });

  it('never joins a rejected row with an accepted one', () => {
    const sessions = sessionsOf([
      row(0, BOT, SSH, { verdict: VERDICT.reject }),
      row(1, BOT, SSH),
      row(2, BOT, SSH, { verdict: VERDICT.reject }),
    ]);
    expect([...sessions.verdict]).toEqual([VERDICT.reject, VERDICT.accept]);
    expect([...sessions.rowCount]).toEqual([2, 1]);
  });

  it('joins what Azure tells of a flow every five minutes, counters of both ways added up', () => {
    const told = (startS: number, srcBytes: number, dstBytes: number): Flow =>
      row(startS, BOT, SSH, { endUs: seconds(startS), srcBytes, dstBytes, srcPackets: 2, dstPackets: 3 });
    const rows = [told(0, 0, 0), told(300, 500, 2000), told(610, 300, 1000), told(2000, 50, 60)];
    const sessions = sessionsOf(rows, CASE, 'azure-flow');
    expect([...sessions.rowCount]).toEqual([3, 1]);
    expect([...sessions.bytesFromActor]).toEqual([800, 50]);
    expect([...sessions.bytesToActor]).toEqual([3000, 60]);
    expect([...sessions.packetsToActor]).toEqual([9, 3]);
    expect(sessions.endUs[0]).toBe(seconds(610));
    // Zeek tells of whole conversations: a port used again is another one.
    expect(sessionsOf(rows, CASE, 'zeek').count).toBe(4);
  });

  it('makes no session of NODATA and SKIPDATA rows', () => {
    const empty = { srcAddr: '', dstAddr: '', startUs: seconds(0), endUs: seconds(60) };
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'vpc-flow' });
    source
      .flow({ ...empty, logStatus: LOG_STATUS.noData })
      .flow({ ...empty, logStatus: LOG_STATUS.skipData });
    const bench = groundOf(maker.make(), CASE);
    expect(bench.ground.sessions.count).toBe(0);
    expect(bench.base.stitched.leftOut).toMatchObject({ noData: 1, skipData: 1 });
  });

  it('gives the same sessions whatever the order of the rows', () => {
    const rows = [0, 65, 130, 400, 405, 900].flatMap((start) => [
      row(start, BOT, SSH, { srcBytes: start + 1 }),
      row(start + 3, SSH, BOT, { srcBytes: 7 }),
    ]);
    const expected = sessionsOf(rows);
    expect(expected.count).toBe(3);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        const sessions = sessionsOf(shuffled);
        for (const name of ['startUs', 'endUs', 'bytesToActor', 'bytesFromActor', 'rowCount'] as const)
          expect([...sessions[name]], name).toEqual([...expected[name]]);
      }),
      { numRuns: 50 },
    );
  });

  it('estimates the aggregation interval from the row lengths', () => {
    const long = Array.from({ length: 40 }, (_, i) =>
      row(i * 2000, `203.0.113.9#${20000 + i}`, SSH, { endUs: seconds(i * 2000 + 590) }),
    );
    const parameters = { ownNetworks: ['10.0.0.0/8'] };
    expect(sessionsOf(long, parameters).aggregationUs).toBe(600e6);
    expect(sessionsOf([row(0, BOT, SSH)], parameters).aggregationUs).toBe(60e6);
  });

  it('passes conversations through as they are, with who began them', () => {
    const zeek = {
      dstBytes: 900,
      dstPackets: 6,
      srcPackets: 6,
      srcBytes: 700,
      connState: CONN_STATE.established,
    };
    const sessions = sessionsOf(
      [row(0, BOT, SSH, zeek), row(5, BOT, SSH, zeek), row(6, '10.0.0.5#50000', '203.0.113.80#443', zeek)],
      CASE,
      'zeek',
    );
    expect(sessions.count).toBe(3);
    expect([...sessions.direction]).toEqual([DIRECTION.inbound, DIRECTION.inbound, DIRECTION.outbound]);
    expect([sessions.bytesToActor[2], sessions.bytesFromActor[2]]).toEqual([700, 900]);
  });

  it('counts a row between two of our interfaces once, at the one that was called', () => {
    const inside = '10.0.0.7#50000';
    const seenAt = (sensor: string, start: number): Flow[] => [
      row(start, inside, SSH, { sensor, srcBytes: 10 }),
      row(start, SSH, inside, { sensor, srcBytes: 20 }),
    ];
    const others = (sensor: string, own: string): Flow[] =>
      Array.from({ length: 30 }, (_, i) => row(1000 + i, `203.0.113.${i + 1}#40000`, own, { sensor }));
    const sessions = sessionsOf([
      ...seenAt('eni-a', 0),
      ...seenAt('eni-b', 0),
      ...others('eni-a', SSH),
      ...others('eni-b', '10.0.0.7#22'),
    ]);
    expect(sessions.direction[0]).toBe(DIRECTION.internal);
    expect([sessions.bytesFromActor[0], sessions.bytesToActor[0], sessions.rowCount[0]]).toEqual([10, 20, 2]);
  });
});

describe('what an export does not say', () => {
  it('is 0 where both directions are exported and one has no row, unknown where only one is', () => {
    const both = sessionsOf([row(0, BOT, SSH), row(500, SSH, '203.0.113.8#40001')]);
    expect([both.bytesToActor[0], both.seesBothWays[0]]).toEqual([0, 1]);
    const oneWay = sessionsOf([row(0, BOT, SSH)]);
    expect([oneWay.bytesToActor[0], oneWay.seesBothWays[0]]).toEqual([Number.NaN, 0]);
  });

  it('estimates payload without what headers may take', () => {
    const sessions = sessionsOf([
      // SYN of 60, ACK and FIN of 52: a handshake and no word.
      row(0, BOT, SSH, { srcBytes: 164, srcPackets: 3 }),
      row(0, SSH, BOT, { srcBytes: 52 * 10 + 8 + 1000, srcPackets: 10 }),
      row(0, '203.0.113.9#5353', '10.0.0.5#53', { protocol: 17, srcBytes: 28 * 2 + 90, srcPackets: 2 }),
      row(0, '2001:db8::9#40000', '10.0.0.5#22', { srcBytes: 72 * 3 + 8 + 5, srcPackets: 3 }),
    ]);
    const byPort = new Map([...sessions.assetPort].map((port, i) => [`${port} ${sessions.actorPort[i]}`, i]));
    expect(sessions.payloadFromActor[byPort.get('22 40000')!]).toBeOneOf([0, 5]);
    expect([...sessions.payloadFromActor].sort((a, b) => a - b)).toEqual([0, 5, 90]);
    expect(greatest(sessions.payloadToActor)).toBe(1000);
  });

  it('takes bytes as payload where the rows show that they hold no headers', () => {
    const zeek = { dstBytes: 10, dstPackets: 4, srcPackets: 4, srcBytes: 20 };
    const sessions = sessionsOf([row(0, BOT, SSH, zeek)], CASE, 'zeek');
    expect([sessions.payloadFromActor[0], sessions.payloadToActor[0]]).toEqual([20, 10]);
  });
});

describe('who began', () => {
  it('is not read from the SYN and ACK that whole connections have both ways, even where no record has an ACK alone', () => {
    const sessions = sessionsOf(
      [row(0, BOT, SSH, { tcpFlags: 0x1b }), row(0, SSH, BOT, { tcpFlags: 0x1b })],
      CASE,
      'nfdump',
    );
    expect([...sessions.direction]).toEqual([DIRECTION.inbound]);
  });

  it('is read from a SYN before it is read from ports', () => {
    const odd = '203.0.113.9#22';
    const sessions = sessionsOf([
      row(0, '10.0.0.5#40000', odd, { tcpFlags: 2 }),
      row(1, odd, '10.0.0.5#40000', { tcpFlags: 18 }),
      row(500, '203.0.113.9#443', '10.0.0.5#50001'),
      row(900, '203.0.113.9#50002', '10.0.0.5#33000', { tcpFlags: 2 }),
    ]);
    expect([...sessions.direction]).toEqual([DIRECTION.outbound, DIRECTION.outbound, DIRECTION.inbound]);
    expect(sessions.connState[0]).toBe(CONN_STATE.established);
  });

  it('leaves out multicast, and rows between strangers, and says how many', () => {
    const maker = new EvidenceMaker();
    const source = maker.source({ format: 'vpc-flow' });
    source.flow(row(0, '10.0.0.5#5353', '224.0.0.251#5353', { protocol: 17 }));
    source.flow(row(0, '203.0.113.1#1', '203.0.113.2#2'));
    source.flow(row(0, BOT, SSH));
    const bench = groundOf(maker.make(), CASE);
    expect(bench.ground.sessions.count).toBe(1);
    expect(bench.base.stitched.leftOut).toMatchObject({ nobody: 1, foreign: 1 });
  });
});
