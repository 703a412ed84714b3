import { describe, expect, it } from 'vitest';
import { seededRandom } from '../base/random';
import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { at, EvidenceMaker, groundOf } from '../../../tests/support/evidence';
import { findContradictions, type Contradictions } from './integrity';
import type { CaseParameters } from './parameters';

const START = at('2015-02-20T00:00:00Z');
const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'] };

interface Shape {
  /** Host clock minus flow clock. */
  offsetUs?: number;
  driftUsPerDay?: number;
  /** When the host's clock is put an hour forward. */
  changedUs?: number;
  /** Whether the lines of an attempt are left out. */
  isErased?: (actor: string, startUs: number) => boolean;
  /** Whether the flow of an attempt is left out. */
  isUnseen?: (actor: string, startUs: number) => boolean;
  /** A machine of ours that logs in every hour. */
  inside?: string;
}

/** Three days of 30 bots that try passwords on one host, about 2,160 connections, and one visitor with six long sessions. */
function incident(shape: Shape): Contradictions {
  const random = seededRandom(11);
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const sshd = maker.source({ format: 'syslog', heldOffAsset: false });
  const attempts: { startUs: number; actor: string; bytesOut: number; seconds: number }[] = [];
  for (let i = 0; i < 2160; i++) {
    const startUs = START + i * 2 * MICROS_PER_MINUTE + Math.floor(random() * 60) * MICROS_PER_SECOND;
    attempts.push({ startUs, actor: `203.0.113.${(i % 30) + 1}`, bytesOut: 3000, seconds: 8 });
  }
  for (let i = 0; i < 6; i++)
    attempts.push({
      startUs: START + (10 * i + 5) * MICROS_PER_HOUR,
      actor: '198.51.100.7',
      bytesOut: 900_000,
      seconds: 600,
    });
  for (let hour = 0; shape.inside !== undefined && hour < 72; hour++)
    attempts.push({
      startUs: START + hour * MICROS_PER_HOUR + 7 * MICROS_PER_MINUTE,
      actor: shape.inside,
      bytesOut: 9_000,
      seconds: 60,
    });
  attempts.sort((a, b) => a.startUs - b.startUs);
  attempts.forEach(({ startUs, actor, bytesOut, seconds }, i) => {
    const port = 20_000 + (i % 40_000);
    const endUs = startUs + seconds * MICROS_PER_SECOND;
    if (!shape.isUnseen?.(actor, startUs)) {
      const packets = Math.ceil(bytesOut / 1000) + 8;
      flows.flow({
        startUs,
        endUs,
        srcAddr: actor,
        srcPort: port,
        dstAddr: '10.0.0.5',
        dstPort: 22,
        srcBytes: 2500,
        srcPackets: 15,
      });
      flows.flow({
        startUs,
        endUs,
        srcAddr: '10.0.0.5',
        srcPort: 22,
        dstAddr: actor,
        dstPort: port,
        srcBytes: bytesOut,
        srcPackets: packets,
      });
    }
    if (shape.isErased?.(actor, startUs)) return;
    const drift = ((shape.driftUsPerDay ?? 0) * (startUs - START)) / (24 * MICROS_PER_HOUR);
    const change = startUs >= (shape.changedUs ?? Infinity) ? MICROS_PER_HOUR : 0;
    const timeUs = startUs + 2 * MICROS_PER_SECOND + (shape.offsetUs ?? 0) + drift + change;
    const outcome = actor === '198.51.100.7' ? LOGIN_OUTCOME.success : LOGIN_OUTCOME.failure;
    sshd.login({
      timeUs,
      actorAddr: actor,
      actorPort: port,
      host: 'web7',
      service: 'sshd',
      user: 'root',
      outcome,
    });
  });
  const bench = groundOf(maker.make(), CASE);
  return findContradictions(bench.ground);
}

describe('findContradictions', () => {
  it('finds which address a host name is, and that its clock is right, and accuses nobody', () => {
    const { aliases, clockOffsets, contradictions } = incident({});
    expect(aliases).toHaveLength(1);
    expect(aliases[0]!.matches).toBe(2166);
    expect(clockOffsets).toHaveLength(1);
    expect(clockOffsets[0]).toMatchObject({
      host: 'web7',
      asset: '10.0.0.5',
      driftUsPerDay: 0,
      matches: 2166,
    });
    expect(clockOffsets[0]!.offsetUs).toBe(2 * MICROS_PER_SECOND);
    expect(contradictions).toEqual([]);
  });

  it('finds a host clock that is eight hours behind', () => {
    const { clockOffsets, contradictions } = incident({ offsetUs: -8 * MICROS_PER_HOUR });
    expect(clockOffsets[0]!.offsetUs / MICROS_PER_SECOND).toBeCloseTo(-8 * 3600 + 2, 0);
    expect(contradictions).toEqual([]);
  });

  it('finds a clock that gains a minute a day, and still matches every line', () => {
    const { clockOffsets, contradictions } = incident({ driftUsPerDay: 60 * MICROS_PER_SECOND });
    expect(clockOffsets[0]!.driftUsPerDay / MICROS_PER_SECOND).toBeCloseTo(60, 0);
    expect(contradictions).toEqual([]);
  });

  it('finds the visitor whose lines were erased, with the rows of both sides', () => {
    const { contradictions } = incident({ isErased: (actor) => actor === '198.51.100.7' });
    expect(contradictions).toHaveLength(1);
    const [finding] = contradictions;
    expect(finding).toMatchObject({
      asset: '10.0.0.5',
      service: '22/tcp',
      kind: 'missing login lines',
      actor: '198.51.100.7',
      expected: 6,
      found: 0,
    });
    expect(finding!.p).toBeLessThan(1e-12);
    expect(finding!.rows[0]).toMatchObject({ table: 'flows', actor: '198.51.100.7', port: 22 });
  });

  it('finds the last three sessions of a visitor that left lines before', () => {
    const isErased = (actor: string, startUs: number): boolean =>
      actor === '198.51.100.7' && startUs > START + 30 * MICROS_PER_HOUR;
    const { contradictions } = incident({ isErased });
    expect(contradictions.map((finding) => finding.actor)).toEqual(['198.51.100.7']);
    expect(contradictions[0]).toMatchObject({ expected: 6, found: 3 });
    expect(contradictions[0]!.fromUs).toBe(START + 35 * MICROS_PER_HOUR);
  });

  it('finds an hour cut out of the log', () => {
    const from = START + 30 * MICROS_PER_HOUR;
    const { contradictions } = incident({
      isErased: (_, startUs) => startUs >= from && startUs < from + MICROS_PER_HOUR,
    });
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]).toMatchObject({
      kind: 'missing login lines',
      actor: null,
      expected: 30,
      found: 0,
    });
    expect(Math.abs(contradictions[0]!.fromUs - from)).toBeLessThan(3 * MICROS_PER_MINUTE);
  });

  it('finds two hours that the flow export lost, and does not blame the host', () => {
    const from = START + 40 * MICROS_PER_HOUR;
    const { contradictions } = incident({
      isUnseen: (_, startUs) => startUs >= from && startUs < from + 2 * MICROS_PER_HOUR,
    });
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]).toMatchObject({ kind: 'missing flows', expected: 60, found: 0 });
  });

  it('accuses nobody where daylight saving changes one clock within the case', () => {
    const changedUs = START + 36 * MICROS_PER_HOUR;
    const { contradictions, clockOffsets } = incident({ changedUs });
    expect(contradictions).toEqual([]);
    const [clock] = clockOffsets;
    expect(clock?.changed).toMatchObject({
      beforeUs: 2 * MICROS_PER_SECOND,
      afterUs: MICROS_PER_HOUR + 2 * MICROS_PER_SECOND,
    });
    expect(Math.abs((clock?.changed?.atUs ?? 0) - changedUs)).toBeLessThan(10 * MICROS_PER_MINUTE);
  });

  it('expects no flow of a machine of ours that never passed where the flows are taken', () => {
    const isUnseen = (actor: string): boolean => actor.startsWith('10.');
    expect(incident({ isUnseen, inside: '10.0.0.20' }).contradictions).toEqual([]);
    const from = START + 40 * MICROS_PER_HOUR;
    const { contradictions } = incident({
      isUnseen: (actor, startUs) => isUnseen(actor) && startUs >= from,
      inside: '10.0.0.20',
    });
    expect(contradictions.map(({ kind, actor }) => [kind, actor])).toEqual([['missing flows', '10.0.0.20']]);
  });

  it('finds nothing where the log and the flows are of different hosts', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const sshd = maker.source({ format: 'syslog' });
    for (let i = 0; i < 100; i++) {
      const startUs = START + i * MICROS_PER_MINUTE;
      flows.flow({
        startUs,
        endUs: startUs + 8e6,
        srcAddr: '203.0.113.1',
        srcPort: 2000 + i,
        dstAddr: '10.0.0.5',
        dstPort: 22,
        srcBytes: 2500,
        srcPackets: 15,
      });
      sshd.login({
        timeUs: startUs,
        actorAddr: '198.51.100.1',
        actorPort: 2000 + i,
        host: 'web7',
        service: 'sshd',
        outcome: LOGIN_OUTCOME.failure,
      });
    }
    const bench = groundOf(maker.make(), CASE);
    expect(findContradictions(bench.ground)).toEqual({
      contradictions: [],
      clockOffsets: [],
      aliases: [],
    });
  });
});

describe('a service’s own log against its flows', () => {
  it('misses the requests of one client, whatever the hour', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const access = maker.source({ format: 'access-log', heldOffAsset: false });
    for (let i = 0; i < 1000; i++) {
      const startUs = START + i * 3 * MICROS_PER_MINUTE;
      const actor = i % 100 === 50 ? '198.51.100.7' : `203.0.113.${(i % 20) + 1}`;
      const endUs = startUs + 20e6;
      flows.flow({
        startUs,
        endUs,
        srcAddr: actor,
        srcPort: 2000 + i,
        dstAddr: '10.0.0.5',
        dstPort: 9200,
        srcBytes: 2500,
        srcPackets: 15,
      });
      flows.flow({
        startUs,
        endUs,
        srcAddr: '10.0.0.5',
        srcPort: 9200,
        dstAddr: actor,
        dstPort: 2000 + i,
        srcBytes: 9500,
        srcPackets: 15,
      });
      if (actor === '198.51.100.7') continue;
      access.query({
        timeUs: startUs + 5e6,
        actorAddr: actor,
        host: '10.0.0.5',
        servicePort: 9200,
        service: 'elasticsearch',
        verb: QUERY_VERB.read,
        object: '/',
        status: 200,
        outcome: QUERY_OUTCOME.success,
      });
    }
    const bench = groundOf(maker.make(), { ...CASE, assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }] });
    const { contradictions } = findContradictions(bench.ground);
    expect(contradictions).toHaveLength(1);
    expect(contradictions[0]).toMatchObject({
      kind: 'missing query lines',
      asset: 'log-1',
      service: '9200/tcp',
      actor: '198.51.100.7',
      expected: 10,
      found: 0,
    });
  });
});

describe('whose log a web log is', () => {
  /** Requests of 20 strangers and of a monitor that calls three servers alike; the log is that of the second, an hour behind, and names no host. */
  function requests(name: string): Contradictions {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const access = maker.source({ name, format: 'access-log', heldOffAsset: false });
    const talk = (startUs: number, actor: string, server: string, port: number): void => {
      const row = { startUs, endUs: startUs + 3e6 };
      flows.flow({
        ...row,
        srcAddr: actor,
        srcPort: port,
        dstAddr: server,
        dstPort: 5601,
        srcBytes: 2500,
        srcPackets: 15,
      });
      flows.flow({
        ...row,
        srcAddr: server,
        srcPort: 5601,
        dstAddr: actor,
        dstPort: port,
        srcBytes: 9500,
        srcPackets: 15,
      });
    };
    const random = seededRandom(2);
    const line = (timeUs: number, actorAddr: string): void => {
      const request = {
        service: 'nginx',
        verb: QUERY_VERB.read,
        object: '/',
        status: 200,
        outcome: QUERY_OUTCOME.success,
      };
      access.query({ timeUs: timeUs + 1e6 - MICROS_PER_HOUR, actorAddr, ...request });
    };
    for (let i = 0; i < 400; i++) {
      const startUs = START + i * 11 * MICROS_PER_MINUTE;
      ['10.0.0.5', '10.0.0.6', '10.0.0.7'].forEach((server, k) =>
        talk(startUs, '198.51.100.9', server, 3000 + 3 * i + k),
      );
      line(startUs, '198.51.100.9');
      if (i % 4 !== 0) continue;
      const atUs = startUs + Math.floor(random() * 30 * MICROS_PER_MINUTE);
      const actor = `203.0.113.${1 + Math.floor(random() * 20)}`;
      const server = 5 + Math.floor(random() * 3);
      talk(atUs, actor, `10.0.0.${server}`, 40_000 + i);
      if (server === 6) line(atUs, actor);
    }
    const bench = groundOf(maker.make(), CASE);
    const found = findContradictions(bench.ground);
    const names = found.aliases.map((alias) => bench.ground.assets.names[alias.asset]);
    expect(names).toEqual(['10.0.0.6']);
    return found;
  }

  it('is told by whose sessions its requests fall into, although a monitor calls all servers alike', () => {
    const { aliases, clockOffsets, contradictions } = requests('access.log');
    expect(aliases[0]).toMatchObject({ host: 0, source: 1, of: 'request' });
    expect(clockOffsets[0]).toMatchObject({ host: 'access.log', asset: '10.0.0.6' });
    expect(clockOffsets[0]!.offsetUs / MICROS_PER_SECOND).toBeCloseTo(-3599, 0);
    expect(contradictions).toEqual([]);
  });
});
