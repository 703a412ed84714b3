import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/lib/analysis/evidence';
import type { Findings } from '../../src/lib/analysis/findings';
import type { CaseParameters } from '../../src/lib/analysis/parameters';
import { analyze } from '../../src/lib/analysis/run';
import { parseIsoUtc } from '../../src/lib/base/time';
import type { DemoManifest } from './bundle';
import { loadEvidence } from './load';
import type { Truth } from './truth';

const FOLDER = 'static/demo';
const QUIET = '203.0.113.77';

function json<T>(name: string): T {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as T;
}

const truth = json<Truth>('truth.json');
const parameters = json<CaseParameters>('case.json');

function load(isWanted: (name: string) => boolean): Promise<Evidence> {
  const files = json<DemoManifest>('manifest.json')
    .files.filter(({ name }) => isWanted(name))
    .map(({ name }) => ({ name, blob: new Blob([new Uint8Array(readFileSync(`${FOLDER}/${name}`))]) }));
  return loadEvidence(files, parameters, Date.UTC(2026, 2, 16, 8));
}

/** Two whole analyses: on a busy machine more than the default allows. */
const PATIENCE_MS = 180_000;

describe('the demonstration case, all of it', () => {
  let evidence: Evidence;
  let findings: Findings;
  beforeAll(async () => {
    evidence = await load(() => true);
    findings = analyze(evidence, parameters);
  }, PATIENCE_MS);

  it('is read without a rejected line', () => {
    expect(evidence.sources).toHaveLength(16);
    expect(evidence.sources.filter((source) => source.rejected > 0).map((source) => source.name)).toEqual([]);
  });

  it('ranks the one who matters first', () => {
    const first = findings.actors.find((actor) => actor.quietRank === 1);
    expect(first).toMatchObject({ actor: QUIET, standing: 'quiet', rung: 8, succeeded: true });
  });

  it('calls nobody noise who is not', () => {
    const noise = new Set(Object.values(truth.actors.noise).flat());
    const flagged = findings.actors.filter((actor) => actor.standing === 'noise');
    expect(flagged.length).toBeGreaterThan(1_000);
    expect(flagged.filter((actor) => !noise.has(actor.actor))).toEqual([]);
  });

  it('gives each service the verdict that the logs allow', () => {
    const order = ['queried', 'not queried within coverage', 'cannot tell'];
    const places = findings.answers.map(({ verdict }) => order.indexOf(verdict));
    expect(places).toEqual(places.toSorted());
    const said = new Map(findings.answers.map((each) => [`${each.asset} ${each.service}`, each.verdict]));
    expect(said.get('log-3 9200/tcp')).toBe('queried');
    expect(said.get('log-5 5601/tcp')).toBe('not queried within coverage');
    expect(said.get('log-2 9200/tcp')).toBe('cannot tell');
    for (const { asset, service, acceptable } of truth.services)
      expect(acceptable, `${asset} ${service}`).toContain(said.get(`${asset} ${service}`));
  });

  it('names the reader, and nobody else, as who queried log-3', () => {
    const answer = findings.answers.find((each) => each.asset === 'log-3' && each.service === '9200/tcp');
    expect(answer?.actors).toEqual([QUIET]);
  });

  it('names every day on which the reader took more from log-3 by SSH than a failed login gets', () => {
    const days = findings.verdicts
      .filter(({ asset, service, verdict }) => `${asset} ${service} ${verdict}` === 'log-3 22/tcp queried')
      .map(({ day }) => day);
    const did = truth.actors.quiet[0]!.did.filter(({ service, rung }) => service === '22/tcp' && rung >= 7);
    expect(days).toEqual([...new Set(did.map(({ from }) => from.slice(0, 10)))]);
  });

  it('asks about the exposed services alone: the trail shows no call for data', () => {
    expect(findings.answers.map(({ asset, service }) => `${asset} ${service}`).sort()).toEqual(
      truth.services.map(({ asset, service }) => `${asset} ${service}`).sort(),
    );
  });

  it('gives each day the verdict that the logs allow', () => {
    const said = new Map(
      findings.verdicts.map((each) => [`${each.asset} ${each.service} ${each.day}`, each.verdict]),
    );
    const wrong = truth.verdicts
      .map((each) => ({ key: `${each.asset} ${each.service} ${each.day}`, acceptable: each.acceptable }))
      .filter(({ key, acceptable }) => !(acceptable as readonly unknown[]).includes(said.get(key)))
      .map(({ key }) => `${key}: ${said.get(key) ?? 'none'}`);
    expect(wrong).toEqual([]);
  });

  it('finds the trimmed log, and accuses no other host', () => {
    expect(findings.integrity.contradictions).toHaveLength(1);
    expect(findings.integrity.contradictions[0]).toMatchObject({
      asset: 'log-3',
      kind: 'missing login lines',
      actor: QUIET,
      expected: 3,
      found: 0,
    });
  });

  it('finds the exposure from both bases, to within an aggregation interval', () => {
    for (const { asset, port, opened, closed } of truth.exposure) {
      const found = findings.exposure.filter((each) => each.asset === asset && each.port === port);
      expect(found, `${asset} ${port}`).toHaveLength(1);
      for (const kind of ['change', 'traffic'] as const) {
        const basis = found[0]!.basis.find((each) => each.kind === kind);
        expect(
          Math.abs(basis!.openedUs - parseIsoUtc(opened)) / 1e6,
          `${asset} ${port} ${kind}`,
        ).toBeLessThanOrEqual(600);
        expect(
          Math.abs(basis!.closedUs - parseIsoUtc(closed!)) / 1e6,
          `${asset} ${port} ${kind}`,
        ).toBeLessThanOrEqual(600);
      }
    }
  });

  it('sets each host’s clock right to two seconds', () => {
    for (const { asset, offsetSeconds } of truth.clockOffsets.filter((clock) => clock.driftPpm === 0)) {
      const found = findings.integrity.clockOffsets.find((each) => each.host === asset);
      expect(Math.abs(found!.offsetUs / 1e6 - offsetSeconds), asset).toBeLessThanOrEqual(2);
    }
  });

  it('finds that the reader came when the bots were loud', () => {
    expect(findings.decoy.isUsable).toBe(true);
    expect(findings.decoy.p).toBeLessThan(0.01);
  });

  it('finds the back door that calls out', () => {
    expect(
      findings.aftermath.beacons.map(({ asset, destination, port }) => [asset, destination, port]),
    ).toEqual(truth.beacons.map(({ asset, destination, port }) => [asset, destination, port]));
  });
});

describe('the demonstration case, flow logs alone', () => {
  it(
    'never says that anything was not queried',
    async () => {
      const findings = analyze(await load((name) => name.startsWith('vpc-flow')), parameters);
      expect(findings.answers.length).toBeGreaterThan(0);
      expect(findings.verdicts.filter((each) => each.verdict === 'not queried within coverage')).toEqual([]);
      expect(findings.verdicts.every((each) => each.ceiling >= 0)).toBe(true);
    },
    PATIENCE_MS,
  );
});
