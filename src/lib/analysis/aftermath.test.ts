import { describe, expect, it } from 'vitest';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../base/time';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
} from '../tables/schemas';
import { at, EvidenceMaker, groundOf, standingsOf, type SourceMaker } from '../../../tests/support/evidence';
import { findAftermath } from './aftermath';
import { findCoverage } from './coverage';
import type { AftermathFinding } from './findings';
import { climbLadder } from './ladder';
import type { CaseParameters } from './parameters';

const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  services: [{ asset: 'log-1', port: 9200, authRequired: false, adminWithoutAuth: true }],
  exposure: [{ asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' }],
  knownActors: [{ actor: '192.0.2.10', label: 'package mirror' }],
};

function inbound(flows: SourceMaker, startUs: string, actor: string, port = 9200, verdict = 1): void {
  const row = { startUs, endUs: at(startUs) + 20e6, verdict };
  flows.flow({
    ...row,
    srcAddr: actor,
    srcPort: 40000,
    dstAddr: '10.0.0.5',
    dstPort: port,
    srcBytes: 3000,
    srcPackets: 12,
  });
  if (verdict === 1)
    flows.flow({
      ...row,
      srcAddr: '10.0.0.5',
      srcPort: port,
      dstAddr: actor,
      dstPort: 40000,
      srcBytes: 4000,
      srcPackets: 12,
    });
}

function outbound(
  flows: SourceMaker,
  startUs: number,
  destination: string,
  bytes: number,
  source = 50000,
): void {
  const row = { startUs, endUs: startUs + 5e6 };
  flows.flow({
    ...row,
    srcAddr: '10.0.0.5',
    srcPort: source,
    dstAddr: destination,
    dstPort: 443,
    srcBytes: bytes,
    srcPackets: 8,
  });
  flows.flow({
    ...row,
    srcAddr: destination,
    srcPort: 443,
    dstAddr: '10.0.0.5',
    dstPort: source,
    srcBytes: 900,
    srcPackets: 8,
  });
}

function aftermathOf(maker: EvidenceMaker, quiet: readonly string[] = []): AftermathFinding {
  const bench = groundOf(maker.make(), CASE);
  const standings = standingsOf(bench, { quiet });
  return findAftermath(
    bench.ground,
    standings,
    climbLadder(bench.ground, standings, findCoverage(bench.ground)),
  );
}

describe('findAftermath', () => {
  it('names who came back after the closing, by another path or from next door, and not who merely knocks', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    inbound(flows, '2015-02-21T10:00:00Z', '203.0.113.7');
    inbound(flows, '2015-02-21T11:00:00Z', '198.51.100.9', 22, 2);
    inbound(flows, '2015-02-25T10:00:00Z', '203.0.113.7', 22);
    inbound(flows, '2015-02-26T10:00:00Z', '203.0.113.99', 22);
    inbound(flows, '2015-02-26T11:00:00Z', '198.51.100.9', 22, 2);
    inbound(flows, '2015-02-26T12:00:00Z', '192.0.2.77', 22);
    const { returning } = aftermathOf(maker, ['203.0.113.7']);
    expect(returning.map((entry) => [entry.actor, entry.via])).toEqual([
      ['203.0.113.7', 'log-1 22/tcp'],
      ['203.0.113.99', 'log-1 22/tcp'],
    ]);
    expect(returning[1]!.text).toMatch(/from the network of 203\.0\.113\.7 \(203\.0\.113\.0\/24\)/);
  });

  it('does not name who was let in before the service was exposed, as well as during and after it', () => {
    const maker = new EvidenceMaker();
    const log = maker.source({ format: 'es-audit', asset: 'log-1' });
    const read = (time: string, actorAddr: string): void => {
      log.query({
        ...{ timeUs: at(time), actorAddr, host: 'log-1', service: 'elasticsearch', servicePort: 9200 },
        ...{ verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success, object: 'mail', bytesReturned: 900 },
      });
    };
    read('2015-02-19T10:00:00Z', '198.51.100.50');
    for (const actor of ['198.51.100.50', '203.0.113.7']) {
      read('2015-02-21T10:00:00Z', actor);
      read('2015-02-25T10:00:00Z', actor);
    }
    const { returning } = aftermathOf(maker, ['203.0.113.7', '198.51.100.50']);
    expect(returning.map(({ actor }) => actor)).toEqual(['203.0.113.7']);
  });

  it('names destinations first called since the exposure, heaviest first, and says whether there is a baseline', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let day = 10; day < 25; day++) outbound(flows, at(`2015-02-${day}T03:00:00Z`), '192.0.2.50', 2000);
    outbound(flows, at('2015-02-22T03:00:00Z'), '203.0.113.200', 40_000_000);
    outbound(flows, at('2015-02-24T03:00:00Z'), '203.0.113.201', 5000);
    outbound(flows, at('2015-02-24T04:00:00Z'), '192.0.2.10', 90_000_000);
    const { outbound: found } = aftermathOf(maker);
    expect(found.map((entry) => [entry.destination, entry.hasBaseline])).toEqual([
      ['203.0.113.200', true],
      ['203.0.113.201', true],
    ]);
    expect(found[0]).toMatchObject({ asset: 'log-1', port: 443, bytes: 40_000_000, sessions: 1 });
  });

  it('says that nothing can be new without flows from before', () => {
    const maker = new EvidenceMaker();
    outbound(maker.source({ format: 'vpc-flow' }), at('2015-02-20T03:00:00Z'), '203.0.113.200', 5000);
    expect(aftermathOf(maker).outbound[0]).toMatchObject({ hasBaseline: false });
  });

  it('hears a beacon in sessions', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 144; i++)
      outbound(
        flows,
        at('2015-02-24T00:00:00Z') + i * 10 * MICROS_PER_MINUTE,
        '203.0.113.66',
        640,
        40_000 + i,
      );
    const odd = [0, 3, 4, 11, 12, 30, 41, 90, 133];
    odd.forEach((hour, i) =>
      outbound(
        flows,
        at('2015-02-20T00:00:00Z') + hour * MICROS_PER_HOUR,
        '192.0.2.80',
        300 * (i + 1) ** 2,
        30_000 + i,
      ),
    );
    const { beacons, watchList } = aftermathOf(maker);
    expect(beacons.map((beacon) => beacon.destination)).toEqual(['203.0.113.66']);
    expect(beacons[0]!.score).toBeGreaterThan(0.95);
    expect(watchList).toContainEqual(expect.objectContaining({ kind: 'address', indicator: '203.0.113.66' }));
  });

  it('lists what was changed since the opening, and not what failed or came before', () => {
    const maker = new EvidenceMaker();
    const trail = maker.source({ format: 'cloudtrail' });
    const change = { principal: 'ops', target: 'trail-1', outcome: CHANGE_OUTCOME.success };
    trail.change({ ...change, timeUs: '2015-02-19T10:00:00Z', kind: CHANGE_KIND.userCreated });
    trail.change({ ...change, timeUs: '2015-02-21T10:00:00Z', kind: CHANGE_KIND.loggingStopped });
    trail.change({
      ...change,
      timeUs: '2015-02-22T10:00:00Z',
      kind: CHANGE_KIND.keyCreated,
      outcome: CHANGE_OUTCOME.failure,
    });
    trail.change({ ...change, timeUs: '2015-02-24T10:00:00Z', kind: CHANGE_KIND.userCreated });
    const { changes } = aftermathOf(maker);
    expect(changes.map((entry) => entry.kind)).toEqual(['loggingStopped', 'userCreated']);
    // It closed on the 23rd, and nobody is seen to have got in before.
    expect(changes.map((entry) => entry.isAfter)).toEqual([false, true]);
    expect(changes[0]?.text).toMatch(/while exposed and before any sign of access\.$/);
  });

  it('counts what was changed from the first sign of access on as coming after, though nothing was closed yet', () => {
    const maker = new EvidenceMaker();
    const sshd = maker.source({ format: 'syslog' });
    sshd.login({
      timeUs: '2015-02-21T09:00:00Z',
      actorAddr: '203.0.113.7',
      host: 'log-1',
      service: 'sshd',
      outcome: LOGIN_OUTCOME.success,
      user: 'deploy',
    });
    const change = { principal: 'ops', target: 'web', kind: CHANGE_KIND.userCreated };
    const trail = maker.source({ format: 'cloudtrail' });
    trail.change({ ...change, timeUs: '2015-02-21T08:00:00Z', outcome: CHANGE_OUTCOME.success });
    trail.change({ ...change, timeUs: '2015-02-21T10:00:00Z', outcome: CHANGE_OUTCOME.success });
    expect(aftermathOf(maker).changes.map((entry) => entry.isAfter)).toEqual([false, true]);
  });

  it('puts keys and accounts of strangers that got in on the watch list, and their host on the list to retire', () => {
    const maker = new EvidenceMaker();
    const sshd = maker.source({ format: 'syslog' });
    const line = {
      host: 'log-1',
      service: 'sshd',
      outcome: LOGIN_OUTCOME.success,
      method: LOGIN_METHOD.publickey,
    };
    sshd.login({
      ...line,
      timeUs: '2015-02-21T10:00:00Z',
      actorAddr: '203.0.113.7',
      user: 'deploy',
      key: 'SHA256:abc',
    });
    sshd.login({
      ...line,
      timeUs: '2015-02-21T10:00:00Z',
      actorAddr: '10.0.0.8',
      user: 'nightly',
      key: 'SHA256:def',
    });
    const { watchList, retire } = aftermathOf(maker);
    expect(watchList.map((entry) => [entry.kind, entry.indicator])).toEqual([
      ['address', '203.0.113.7'],
      ['key', 'SHA256:abc'],
      ['user', 'deploy'],
    ]);
    expect(retire).toEqual([expect.objectContaining({ asset: 'log-1', rung: 5 })]);
  });
});
