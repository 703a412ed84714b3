import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, type SourceMaker } from '../../../tests/support/evidence';
import { QUERY_OUTCOME, QUERY_VERB, VERDICT } from '../tables/schemas';
import type { ActorFinding, Findings } from './findings';
import type { CaseParameters } from './parameters';
import { zOf } from './quiet-volume';
import { analyze } from './run';

/** A Monday. */
const T0 = at('2015-03-02T00:00:00Z');
const HOUR = 3_600e6;
const DAY = 24 * HOUR;
const WEEKS = 6;
const OFFICE = '192.0.2.1';
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [
    { name: 'es', aliases: ['10.0.0.5'] },
    { name: 'web', aliases: ['10.0.0.6'] },
  ],
  knownActors: [{ actor: OFFICE, label: 'office' }],
  exposure: [
    { asset: 'es', port: 9200, opened: '2015-03-02T00:00:00Z', closed: '2015-04-13T00:00:00Z' },
    { asset: 'web', port: 9200, opened: '2015-03-02T00:00:00Z', closed: '2015-04-13T00:00:00Z' },
  ],
};

function talk(source: SourceMaker, startUs: number, actor: string, bytes: number, asset = '10.0.0.5'): void {
  const row = { startUs, endUs: startUs + 60e6, protocol: 6, verdict: VERDICT.accept };
  const [there, back] = [
    { srcAddr: actor, srcPort: 40_000, dstAddr: asset, dstPort: 9200 },
    { srcAddr: asset, srcPort: 9200, dstAddr: actor, dstPort: 40_000 },
  ];
  source.flow({ ...row, ...there, srcBytes: 4000, srcPackets: 50 });
  source.flow({ ...row, ...back, srcBytes: bytes, srcPackets: Math.ceil(bytes / 1400) });
}

function read(source: SourceMaker, timeUs: number, actorAddr: string, host = 'es'): void {
  const where = { host, service: 'elasticsearch', servicePort: 9200, object: '/app/_search' };
  source.query({ timeUs, actorAddr, ...where, verb: QUERY_VERB.read, outcome: QUERY_OUTCOME.success });
}

function signOf(findings: Findings, actor: string, sign: string): ActorFinding['why'][number] | undefined {
  return findings.actors.find((each) => each.actor === actor)?.why.find((each) => each.sign === sign);
}

/** Value k stands for e^k − 1, so that the logarithm the test works on is k. */
function hourly(hours: number, usual: number, at: Readonly<Record<number, number>>): Float64Array {
  return Float64Array.from({ length: hours }, (_, hour) => Math.expm1(at[hour] ?? usual));
}

describe('robust z of an hour', () => {
  it('is held against the same hour of other weeks, by hand', () => {
    // Others 1, 2, 3, 4: median 2.5, MAD 1. All other hours carry far more, which must not count.
    const series = hourly(5 * 168, 12, { 3: 1, 171: 2, 339: 3, 507: 4, 675: 10 });
    expect(zOf(series, 675, 4)).toBeCloseTo(0.6745 * 7.5, 9);
  });

  it('falls back to the same hour of other days where there are too few weeks', () => {
    const series = hourly(5 * 24, 12, { 3: 1, 27: 2, 51: 3, 75: 4, 99: 10 });
    expect(zOf(series, 99, 4)).toBeCloseTo(0.6745 * 7.5, 9);
    expect(zOf(series, 99, 5)).toBeNaN();
  });

  it('says nothing where the usual volume never changes', () => {
    expect(zOf(hourly(5 * 168, 2, { 675: 10 }), 675, 4)).toBeNaN();
  });
});

describe('the sign volume', () => {
  // Every Monday at three the office takes about 50 MB; at any other hour about 1 MB.
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const audit = maker.source({ format: 'elasticsearch-audit' });
  for (let day = 0; day < 7 * WEEKS; day++) {
    const size = day % 7 === 0 ? 50e6 : 1e6;
    talk(flows, T0 + day * DAY + 3 * HOUR, OFFICE, Math.round(size * [0.8, 1, 1.3][day % 3]!));
  }
  const lastWeek = T0 + 7 * (WEEKS - 1) * DAY;
  const [monday, tuesday, small, unseen] = ['198.51.100.1', '198.51.101.2', '198.51.102.3', '198.51.103.4'];
  talk(flows, lastWeek + 3.2 * HOUR, monday!, 60e6);
  talk(flows, lastWeek + DAY + 3.2 * HOUR, tuesday!, 60e6);
  talk(flows, lastWeek + 2 * DAY + 3.2 * HOUR, small!, 0.5e6);
  talk(flows, lastWeek + 2 * DAY + 3.4 * HOUR, unseen!, 60e6);
  for (const actor of [monday!, tuesday!, small!]) read(audit, lastWeek + 3.5 * HOUR, actor);
  const findings = analyze(maker.make(), CASE);

  it('marks who takes much in an hour in which little goes out, and not in one in which much does every week', () => {
    const volume = signOf(findings, tuesday!, 'volume');
    expect(volume).toMatchObject({ weight: 1 });
    expect(volume!.value).toBeGreaterThan(3.5);
    expect(volume!.rows).toMatchObject({
      actor: tuesday,
      fromUs: lastWeek + DAY + 3 * HOUR,
      toUs: lastWeek + DAY + 4 * HOUR,
    });
    expect(signOf(findings, monday!, 'volume')).toBeUndefined();
  });

  it('is nobody’s who had only a small part of that hour’s volume', () => {
    expect(signOf(findings, small!, 'volume')).toBeUndefined();
  });
});

describe('the sign of one asset', () => {
  const signs = (parameters: CaseParameters): (boolean | undefined)[] => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const audit = maker.source({ format: 'elasticsearch-audit' });
    const [one, two, silent] = ['198.51.100.1', '198.51.101.2', '198.51.102.3'] as const;
    talk(flows, T0, one, 9000);
    talk(flows, T0 + HOUR, two, 9000);
    talk(flows, T0 + 2 * HOUR, two, 9000, '10.0.0.6');
    talk(flows, T0 + 3 * HOUR, silent, 900);
    read(audit, T0 + 10e6, one);
    read(audit, T0 + HOUR + 10e6, two);
    const findings = analyze(maker.make(), parameters);
    return [one, two, silent].map((actor) => signOf(findings, actor, 'one-asset')?.weight === 0.25);
  };

  it('counts for who got access on one asset and port alone, beside a sign of access', () => {
    expect(signs(CASE)).toEqual([true, false, false]);
  });

  it('says nothing where the case has one asset only', () => {
    const joined = [{ name: 'es', aliases: ['10.0.0.5', '10.0.0.6'] }];
    const [first] = CASE.exposure!;
    expect(signs({ ...CASE, assets: joined, exposure: [first!] })[0]).toBe(false);
  });
});
