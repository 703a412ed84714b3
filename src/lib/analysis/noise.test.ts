import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, type SourceMaker } from '../../../tests/support/evidence';
import { LOGIN_OUTCOME, QUERY_OUTCOME, VERDICT } from '../tables/schemas';
import { findCampaigns } from './campaigns';
import { STANDING } from './context';
import type { Sign } from './findings';
import type { Bench } from './ground';
import { findNoise, type Noise } from './noise';
import { alarms, simulatedLimit } from './noise-distributed';
import type { CaseParameters } from './parameters';

const T0 = at('2015-03-02T10:00:00Z');
const CASE: CaseParameters = { ownNetworks: ['10.0.0.0/8'] };

interface Judged {
  readonly bench: Bench;
  readonly noise: Noise;
  standing(actor: string): number;
  signs(actor: string): Record<string, Sign>;
}

function judge(maker: EvidenceMaker, parameters = CASE): Judged {
  const bench = groundOf(maker.make(), parameters);
  const noise = findNoise(bench);
  const idOf = (actor: string): number => bench.ground.actors.texts.indexOf(actor);
  return {
    bench,
    noise,
    standing: (actor) => noise.standings.standing[idOf(actor)]!,
    signs: (actor) => Object.fromEntries(noise.signsOf(idOf(actor)).map((sign) => [sign.sign, sign])),
  };
}

function login(
  source: SourceMaker,
  seconds: number,
  actor: string,
  user: string,
  outcome: number = LOGIN_OUTCOME.failure,
): void {
  source.login({ timeUs: T0 + seconds * 1e6, actorAddr: actor, host: 'web', service: 'sshd', user, outcome });
}

function probe(
  source: SourceMaker,
  seconds: number,
  actor: string,
  asset: string,
  port: number,
  verdict: number,
): void {
  const times = { startUs: T0 + seconds * 1e6, endUs: T0 + seconds * 1e6 };
  const there = { srcAddr: actor, srcPort: 40000, dstAddr: asset, dstPort: port };
  source.flow({ ...times, ...there, protocol: 6, srcBytes: 300, srcPackets: 5, verdict });
  if (verdict === VERDICT.accept)
    source.flow({
      ...times,
      srcAddr: asset,
      srcPort: port,
      dstAddr: actor,
      dstPort: 40000,
      protocol: 6,
      srcBytes: 900,
      srcPackets: 5,
      verdict,
    });
}

describe('scanning', () => {
  it('walks as Jung et al. do: four failed first contacts are 4⁴ = 256 : 1, over the limit of 99', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    probe(flows, 500, '203.0.113.200', '10.0.0.9', 8125, VERDICT.accept);
    for (let i = 0; i < 4; i++) probe(flows, i, '203.0.113.1', '10.0.0.1', 100 + i, VERDICT.reject);
    for (let i = 0; i < 3; i++) probe(flows, i, '203.0.113.2', '10.0.0.1', 100 + i, VERDICT.reject);
    const { noise, signs, bench } = judge(maker);
    expect(signs('203.0.113.1').trw!.value).toBeCloseTo(Math.log(256), 12);
    expect(signs('203.0.113.1').trw!.weight).toBeCloseTo(Math.log(256), 12);
    // Three are 64 : 1, which decides nothing and counts half.
    expect(signs('203.0.113.2').trw!.weight).toBeCloseTo(Math.log(64) / 2, 12);
    expect(noise.scanning.decision[bench.ground.actors.texts.indexOf('203.0.113.2')]).toBe(0);
  });

  it('walks once per service, not once per session', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 20; i++) probe(flows, i * 1000, '203.0.113.1', '10.0.0.1', 100, VERDICT.reject);
    expect(judge(maker).signs('203.0.113.1').trw!.value).toBeCloseTo(Math.log(4), 12);
  });

  it('takes no answer of an exposed service for innocence', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 9; i++) probe(flows, i, '203.0.113.1', `10.0.0.${i + 1}`, 9200, VERDICT.accept);
    expect(judge(maker).signs('203.0.113.1').trw).toBeUndefined();
  });
});

describe('guessing', () => {
  it('is 30 failures in 30 minutes, and not 29', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 30; i++) login(auth, i * 62, '203.0.113.1', 'alice');
    for (let i = 0; i < 30; i++) login(auth, i * 62.2, '203.0.113.2', 'bob');
    const { signs } = judge(maker);
    expect(signs('203.0.113.1').guessing).toMatchObject({ value: 30, weight: 4 });
    expect(signs('203.0.113.2').guessing).toBeUndefined();
  });

  it('overflows the buckets of CrowdSec: more than 5 that drain every 10 s, more than 10 every 60 s', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 6; i++) login(auth, i, '203.0.113.1', 'a');
    for (let i = 0; i < 5; i++) login(auth, i, '203.0.113.2', 'b');
    for (let i = 0; i < 13; i++) login(auth, i * 11, '203.0.113.3', 'c');
    for (let i = 0; i < 13; i++) login(auth, i * 61, '203.0.113.4', 'd');
    const { noise, bench } = judge(maker);
    const bucket = (actor: string): number =>
      noise.guessing.bucket[bench.ground.actors.texts.indexOf(actor)]!;
    expect(['1', '2', '3', '4'].map((last) => bucket(`203.0.113.${last}`))).toEqual([1, 0, 2, 0]);
  });

  it('counts sshd’s two lines about one try once', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    login(auth, 0, '203.0.113.1', 'oracle', LOGIN_OUTCOME.invalidUser);
    login(auth, 1, '203.0.113.1', 'oracle');
    login(auth, 0, '203.0.113.2', 'oracle', LOGIN_OUTCOME.invalidUser);
    const { noise, bench } = judge(maker);
    for (const actor of ['203.0.113.1', '203.0.113.2'])
      expect(noise.guessing.tries[bench.ground.actors.texts.indexOf(actor)]).toBe(1);
  });

  it('shares a name among unrelated networks only', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (const i of [1, 2, 3]) login(auth, i, `203.0.113.${i}`, 'kin');
    for (const i of [1, 2, 3]) login(auth, i, `203.0.${i}.9`, 'root');
    const { signs } = judge(maker);
    expect(signs('203.0.113.1')['shared-names']).toBeUndefined();
    // One of one name, and 1 − 1/2 for there being one only: 2.5 · 1 · ½.
    expect(signs('203.0.1.9')['shared-names']).toMatchObject({ value: 1, weight: 1.25 });
  });

  it('does not make noise of a person who mistypes and gets in', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    for (let i = 0; i < 6; i++) login(auth, i, '203.0.113.1', 'alice');
    login(auth, 7, '203.0.113.1', 'alice', LOGIN_OUTCOME.success);
    for (let i = 0; i < 40; i++) login(auth, i, '203.0.113.2', 'alice');
    login(auth, 41, '203.0.113.2', 'alice', LOGIN_OUTCOME.success);
    const { standing, noise, bench } = judge(maker);
    expect(standing('203.0.113.1')).toBe(STANDING.unknown);
    expect(standing('203.0.113.2')).toBe(STANDING.noise);
    expect(noise.successes.get(bench.ground.actors.texts.indexOf('203.0.113.2'))).toMatchObject({
      failuresBefore: 40,
      isAfterGuessing: true,
    });
  });
});

describe('distributed guessing', () => {
  it('sums as CUSUM does, and tells the stretch from the last zero to the peak', () => {
    // Reference 2: S = 0 0 3 6 5 4 … 0, above 5 in one stretch that began at the third window and peaked at the fourth.
    expect(alarms([2, 1, 5, 5, 1, 1, 0, 0, 2], 2, 5)).toEqual([[2, 3]]);
    expect(alarms([2, 1, 5, 5, 1, 1, 0, 0, 2], 2, 6)).toEqual([]);
  });

  it('sets the limit so that a case of its length is seldom alarmed, the same for the same seed', () => {
    const usual = { mean: 3, spread: 1.6, reference: 3.8, falseAlarms: 0.05 };
    const limit = simulatedLimit(50, 30, usual, 7);
    expect(limit).toBe(simulatedLimit(50, 30, usual, 7));
    expect(simulatedLimit(500, 30, usual, 7)).toBeGreaterThan(limit);
    expect(simulatedLimit(50, 30, { ...usual, falseAlarms: 0.5 }, 7)).toBeLessThan(limit);
  });

  it('finds many actors that fail twice each, among people who now and then do', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    let seconds = 0;
    const people = (count: number): void => {
      for (let i = 0; i < count; i++) {
        seconds += 300;
        const user = i % 9;
        if (i % 12 === 0) login(auth, seconds - 30, `198.51.${100 + user}.7`, `person${user}`);
        login(auth, seconds, `198.51.${100 + user}.7`, `person${user}`, LOGIN_OUTCOME.success);
      }
    };
    people(700);
    for (let i = 0; i < 100; i++) {
      seconds += 200;
      login(auth, seconds, `203.${i % 100}.${i}.9`, `person${i % 9}`);
      login(auth, seconds + 90, `203.${i % 100}.${i}.9`, `person${(i + 1) % 9}`);
    }
    people(700);
    const { noise, standing, signs } = judge(maker);
    expect(noise.distributed.epochs).toHaveLength(1);
    expect(noise.distributed.epochs[0]!.actors).toBeGreaterThanOrEqual(95);
    expect(signs('203.50.50.9')['distributed-guessing']!.weight).toBe(2.5);
    expect(standing('203.50.50.9')).toBe(STANDING.noise);
    expect(standing('198.51.103.7')).toBe(STANDING.unknown);
  });

  it('says why it cannot be asked', () => {
    const maker = new EvidenceMaker();
    login(maker.source({ format: 'syslog' }), 0, '203.0.113.1', 'root');
    expect(judge(maker).noise.distributed.reason).toContain('fewer than 400 logins');
  });
});

describe('many actors, one behavior', () => {
  it('weighs as the logarithm of how many did as much or more', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 40; i++) probe(flows, i, `203.${i}.0.9`, '10.0.0.1', 9200, VERDICT.accept);
    const { signs, standing } = judge(maker);
    expect(signs('203.7.0.9')['one-of-many'] ?? signs('203.7.0.9')['in-the-crowd']).toMatchObject({
      value: 40,
    });
    expect(standing('203.7.0.9')).toBe(STANDING.noise);
  });

  it('does not hide who takes away more than the others', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let i = 0; i < 60; i++) probe(flows, i, `203.${i}.0.9`, '10.0.0.1', 9200, VERDICT.accept);
    const big = {
      startUs: T0,
      endUs: T0 + 1e6,
      protocol: 6,
      srcBytes: 5e6,
      srcPackets: 4000,
      verdict: VERDICT.accept,
    };
    flows.flow({ ...big, srcAddr: '10.0.0.1', srcPort: 9200, dstAddr: '198.51.100.9', dstPort: 40001 });
    const { signs, standing } = judge(maker);
    expect(signs('198.51.100.9')['in-the-crowd']).toBeUndefined();
    expect(standing('198.51.100.9')).toBe(STANDING.unknown);
  });

  it('calls noise who never got an answer', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    probe(flows, 0, '203.0.113.200', '10.0.0.9', 8125, VERDICT.accept);
    probe(flows, 1, '203.0.113.1', '10.0.0.1', 23, VERDICT.reject);
    expect(judge(maker).signs('203.0.113.1')['never-through']).toMatchObject({ value: 1, weight: 3 });
  });
});

describe('campaigns', () => {
  it('join by names that are contained in one another, not by being loud', () => {
    const maker = new EvidenceMaker();
    const auth = maker.source({ format: 'syslog' });
    const lists = [
      ['root', 'admin', 'pi', 'ubnt', 'test'],
      ['root', 'admin', 'pi', 'ubnt', 'test', 'guest'],
      ['root', 'admin', 'pi', 'ubnt'],
      ['oracle', 'db2', 'sap', 'root', 'weblogic'],
    ];
    lists.forEach((names, k) => {
      for (let i = 0; i < 40; i++) login(auth, i, `203.0.${k}.9`, names[i % names.length]!);
    });
    const { bench, noise } = judge(maker);
    const campaigns = findCampaigns(bench, noise);
    expect(campaigns.map(({ actors }) => [...actors].sort())).toEqual([
      ['203.0.0.9', '203.0.1.9', '203.0.2.9'],
    ]);
    expect(campaigns[0]!.fingerprint).toContain('root');
    expect(noise.standings.campaign[bench.ground.actors.texts.indexOf('203.0.3.9')]).toBe(0);
  });
});

describe('bursts', () => {
  it('are a scan from 15 ports of one asset without an answer within five minutes on (Zeek)', () => {
    const maker = new EvidenceMaker();
    const source = maker.source();
    for (let i = 0; i < 15; i++) {
      probe(source, i * 20, '203.0.113.1', '10.0.0.1', 1000 + i, VERDICT.unknown);
      probe(source, i * 30, '203.0.113.2', '10.0.0.1', 1000 + i, VERDICT.unknown);
      probe(source, i * 20, '203.0.113.3', `10.0.0.${1 + i}`, 1000 + i, VERDICT.unknown);
      probe(source, i * 20, '203.0.113.4', '10.0.0.2', 1000 + i, VERDICT.accept);
    }
    const { signs, standing } = judge(maker);
    expect(signs('203.0.113.1')['port-scan']?.value).toBe(15);
    expect(standing('203.0.113.1')).toBe(STANDING.noise);
    expect(signs('203.0.113.2')['port-scan']).toBeUndefined();
    expect(signs('203.0.113.3')['port-scan']).toBeUndefined();
    expect(signs('203.0.113.4')['port-scan']).toBeUndefined();
  });

  it('are a scan where more than 15 ports, answered or not, overflow a bucket that drains one in 5 s (CrowdSec)', () => {
    const maker = new EvidenceMaker();
    const source = maker.source();
    for (let i = 0; i < 40; i++) {
      if (i < 16) probe(source, 0, '203.0.113.1', '10.0.0.1', 1000 + i, VERDICT.accept);
      if (i < 15) probe(source, 0, '203.0.113.2', '10.0.0.2', 1000 + i, VERDICT.accept);
      // Held exactly at the brim by what drains, and one call beyond it.
      probe(source, i < 15 ? 0 : (i - 14) * 5, '203.0.113.3', '10.0.0.3', 1000 + i, VERDICT.accept);
      probe(source, i < 15 ? 0 : (i - 14) * 4.9, '203.0.113.4', '10.0.0.4', 1000 + i, VERDICT.accept);
    }
    const { signs } = judge(maker);
    expect(signs('203.0.113.1')['port-scan']).toMatchObject({ value: 16, weight: 3.5 });
    expect(signs('203.0.113.2')['port-scan']).toBeUndefined();
    expect(signs('203.0.113.3')['port-scan']).toBeUndefined();
    expect(signs('203.0.113.4')['port-scan']?.text).toContain(
      'faster than a bucket of 15 drains (one in 5 s)',
    );
  });

  it('may lie a minute apart in an export that gathers before it writes, though all ports were called at once', () => {
    const scan = (endsLater: number): Record<string, Sign> => {
      const maker = new EvidenceMaker();
      const source = maker.source({ format: 'vpc-flow' });
      const times = { startUs: T0, endUs: T0 + endsLater * 1e6 };
      const row = { protocol: 6, srcBytes: 300, srcPackets: 5, verdict: VERDICT.accept };
      source.flow({
        ...{ ...times, ...row, srcAddr: '10.0.0.1', srcPort: 22 },
        ...{ dstAddr: '198.51.100.1', dstPort: 4000 },
      });
      for (let i = 0; i < 16; i++) probe(source, i * 4, '203.0.113.1', '10.0.0.1', 1000 + i, VERDICT.accept);
      return judge(maker).signs('203.0.113.1');
    };
    expect(scan(45)['port-scan']?.value).toBe(16);
    // Rows without a length tell of single packets as they pass.
    expect(scan(0)['port-scan']).toBeUndefined();
  });

  it('count logins that were broken off, unless the actor tried or got in otherwise', () => {
    const maker = new EvidenceMaker();
    const source = maker.source();
    for (const actor of ['203.0.113.1', '203.0.113.2'])
      for (let i = 0; i < 6; i++) login(source, i, actor, 'root', LOGIN_OUTCOME.disconnect);
    login(source, 10, '203.0.113.2', 'root', LOGIN_OUTCOME.success);
    for (let i = 0; i < 6; i++) login(source, i * 60, '203.0.113.3', 'root', LOGIN_OUTCOME.disconnect);
    const { signs, standing } = judge(maker);
    expect(signs('203.0.113.1')['broken-off']?.value).toBe(6);
    expect(standing('203.0.113.1')).toBe(STANDING.noise);
    expect(signs('203.0.113.2')['broken-off']).toBeUndefined();
    expect(signs('203.0.113.3')['broken-off']).toBeUndefined();
  });

  it('tell who asks in vain for known weak spots from who mistypes an address or finds what is there', () => {
    const maker = new EvidenceMaker();
    const source = maker.source();
    const ask = (actor: string, object: string, outcome: number): void => {
      source.query({ timeUs: T0, actorAddr: actor, host: 'web', service: 'http', object, outcome });
    };
    for (const path of ['/phpMyAdmin/', '/.env', '/cgi-bin/luci', '/.env']) {
      ask('203.0.113.1', path, QUERY_OUTCOME.error);
      ask('203.0.113.2', path, QUERY_OUTCOME.success);
      ask('203.0.113.3', path.replace(/\W/g, '-'), QUERY_OUTCOME.error);
    }
    const { signs, standing } = judge(maker);
    expect(signs('203.0.113.1')['weak-spots']?.value).toBe(3);
    expect(standing('203.0.113.1')).toBe(STANDING.noise);
    expect(signs('203.0.113.2')['weak-spots']).toBeUndefined();
    expect(signs('203.0.113.3')['weak-spots']).toBeUndefined();
  });
});
