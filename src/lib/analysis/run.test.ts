import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import { hasSharedData, sharedBytes } from '../../../tests/support/shared-data';
import { loadEvidence } from '../../../tests/scenarios/load';
import { FailureError } from '../base/result';
import {
  CHANGE_KIND,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  TABLE_NAMES,
  VERDICT,
  type TableName,
} from '../tables/schemas';
import { emptyTable } from '../tables/segment';
import type { Evidence } from './evidence';
import type { Findings } from './findings';
import { analyze, analyzeWithGround, CANCELLED } from './run';
import { selectRows } from './row-query';

const T0 = at('2015-03-02T00:00:00Z');

/** A small case with something in every table. */
function smallCase(): Evidence {
  const maker = new EvidenceMaker();
  const flows = maker.source({ name: 'flows', format: 'vpc-flow' });
  const auth = maker.source({ name: 'auth.log', format: 'syslog' });
  const audit = maker.source({ name: 'audit.json', format: 'elasticsearch-audit' });
  const trail = maker.source({ name: 'trail.json', format: 'cloudtrail' });
  for (let i = 0; i < 50; i++) {
    const actorAddr = `203.${i}.113.9`;
    const times = { startUs: T0 + i * 60e6, endUs: T0 + i * 60e6 + 1e6, verdict: VERDICT.accept };
    flows.flow({
      ...times,
      srcAddr: actorAddr,
      srcPort: 40000,
      dstAddr: '10.0.0.5',
      dstPort: 22,
      srcBytes: 900,
      srcPackets: 9,
    });
    flows.flow({
      ...times,
      srcAddr: '10.0.0.5',
      srcPort: 22,
      dstAddr: actorAddr,
      dstPort: 40000,
      srcBytes: 990,
      srcPackets: 8,
    });
    const line = {
      timeUs: times.startUs,
      actorAddr,
      actorPort: 40000,
      host: 'web',
      service: 'sshd',
      user: 'root',
    };
    auth.login({ ...line, outcome: LOGIN_OUTCOME.failure });
    audit.query({
      timeUs: times.startUs,
      actorAddr,
      host: 'web',
      service: 'elasticsearch',
      outcome: QUERY_OUTCOME.denied,
    });
  }
  trail.change({
    timeUs: T0,
    kind: CHANGE_KIND.portOpened,
    target: 'sg-1',
    cidr: '0.0.0.0/0',
    portFrom: 22,
    portTo: 22,
    protocol: 6,
  });
  return maker.make();
}

const CELLS = [
  'evidence',
  'exposure',
  'noise',
  'quiet',
  'decoy',
  'ladder',
  'integrity',
  'aftermath',
  'rotation',
];

describe('the default notebook', () => {
  it('runs on any subset of the tables, and every cell without its logs says what it needs', () => {
    const whole = smallCase();
    for (let subset = 0; subset < 16; subset++) {
      const left = TABLE_NAMES.filter((_, bit) => (subset & (1 << bit)) !== 0);
      const tables = Object.fromEntries(
        TABLE_NAMES.map((name) => [name, left.includes(name) ? whole.tables[name] : emptyTable(name)]),
      ) as unknown as Evidence['tables'];
      const findings = analyze({ ...whole, tables }, {});
      const cells = new Set(findings.caveats.map(({ cell }) => cell));
      if (left.length === 0) expect([...cells].sort()).toEqual([...CELLS].sort());
      const needs: Record<TableName, string> = {
        flows: 'No flow logs are loaded',
        logins: 'No login logs are loaded',
        queries: 'No access, audit or query logs are loaded',
        changes: 'No control-plane log',
      };
      for (const name of TABLE_NAMES) {
        const isSaid = findings.caveats.some(({ text }) => text.startsWith(needs[name]));
        expect(isSaid, `${left.join()} ${name}`).toBe(left.length > 0 && !left.includes(name));
      }
      if (!left.includes('queries'))
        expect(
          findings.answers.every(({ verdict }) => verdict === 'cannot tell'),
          left.join(),
        ).toBe(true);
    }
  });

  it('answers for a public server with more readers in a day than a call takes arguments', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ name: 'access.log', format: 'access-log' });
    const readers = 150_000;
    for (let i = 0; i < readers; i++)
      access.query({
        timeUs: T0 + i * 500_000,
        actorAddr: `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.9`,
        host: 'web',
        service: 'http',
        servicePort: 80,
        verb: QUERY_VERB.read,
        object: '/export',
        status: 200,
        outcome: QUERY_OUTCOME.success,
        bytesReturned: 900,
      });
    const { answers, totals } = analyze(maker.make(), {});
    expect(totals.queries).toBe(readers);
    expect(answers.map(({ verdict }) => verdict)).toEqual(['queried']);
  });

  it('is the same each time', () => {
    const evidence = smallCase();
    expect(JSON.stringify(analyze(evidence, {}))).toBe(JSON.stringify(analyze(evidence, {})));
  });

  it('opens rows behind every reason that it gives', () => {
    const evidence = smallCase();
    const { findings, context } = analyzeWithGround(evidence, {});
    const queries = findings.actors.flatMap(({ why }) => why.flatMap(({ rows }) => (rows ? [rows] : [])));
    expect(queries.length).toBeGreaterThan(50);
    for (const query of queries)
      expect(selectRows(evidence, context, query).length, JSON.stringify(query)).toBeGreaterThan(0);
    for (const { basis } of findings.exposure)
      for (const query of basis.flatMap(({ rows }) => rows ?? []))
        expect(selectRows(evidence, context, query).length, JSON.stringify(query)).toBeGreaterThan(0);
  });

  it('adds up: each score is the sum of its signs, known to one part in a million', () => {
    for (const actor of analyze(smallCase(), {}).actors) {
      const sum = actor.why.reduce((total, { weight }) => total + weight, 0);
      expect(sum).toBeCloseTo(actor.noiseScore + actor.quietScore, 6);
    }
  });

  it('draws as many events as there are', () => {
    const { timeline, totals } = analyze(smallCase(), {});
    const drawn = timeline.series.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0);
    expect(drawn).toBe(totals.sessions + totals.logins + totals.queries);
  });

  it('tells its steps and stops when told', () => {
    const steps: string[] = [];
    analyze(smallCase(), {}, { onProgress: (step, done, total) => steps.push(`${step} ${done}/${total}`) });
    expect(steps[0]).toBe('own networks 0/25');
    expect(steps.at(-1)).toMatch(/ 25\/25$/);
    let calls = 0;
    expect(() => analyze(smallCase(), {}, { isCancelled: () => ++calls > 3 })).toThrow(
      new FailureError({ what: CANCELLED }),
    );
  });

  it('shows a threshold’s change in what it decides', () => {
    const evidence = smallCase();
    const strict: Findings = analyze(evidence, { thresholds: { noiseScore: 50 } });
    expect(strict.actors.some(({ standing }) => standing === 'noise')).toBe(false);
    expect(analyze(evidence, {}).actors.some(({ standing }) => standing === 'noise')).toBe(true);
  });
});

async function realCase(path: string): Promise<Findings> {
  const name = path.split('/').at(-1)!;
  const evidence = await loadEvidence(
    [{ name, blob: new Blob([sharedBytes(path) as BlobPart]) }],
    {},
    at('2018-01-01T00:00:00Z'),
  );
  return analyze(evidence, {});
}

if (!hasSharedData) console.log('real logs are not at hand: 3 tests of the notebook on them skipped');

describe.skipIf(!hasSharedData)('the notebook on real logs', () => {
  it('ranks fztu first on OpenSSH_2k, and calls everyone who kept failing noise, with reasons', async () => {
    const findings = await realCase('loghub/OpenSSH/OpenSSH_2k.log');
    expect(findings.actors.reduce((sum, { failures }) => sum + failures, 0)).toBe(532);
    expect(findings.actors.reduce((sum, { successes }) => sum + successes, 0)).toBe(1);
    const [first] = findings.actors;
    expect(first).toMatchObject({
      actor: '119.137.62.142',
      standing: 'quiet',
      quietRank: 1,
      succeeded: true,
    });
    expect(first!.why.map(({ text }) => text).join()).toContain('fztu was accepted at the first try');
    for (const actor of findings.actors.filter(({ failures }) => failures >= 3)) {
      expect(actor.standing, actor.actor).toBe('noise');
      expect(actor.why.length, actor.actor).toBeGreaterThan(0);
    }
    expect(findings.answers.map(({ verdict }) => verdict)).toEqual(['cannot tell']);
  });

  it('finds the one who guessed his way into the host of elastic-examples', async () => {
    const folder =
      'elastic-examples/Machine Learning/Security Analytics Recipes/suspicious_login_activity/data';
    const findings = await realCase(`${folder}/auth.log`);
    const [first] = findings.actors;
    expect(first).toMatchObject({ actor: '24.151.103.17', standing: 'noise', succeeded: true, quietRank: 1 });
    expect(first!.why[1]!.sign).toBe('success-after-guessing');
    expect(findings.actors.filter(({ standing }) => standing === 'noise').length).toBeGreaterThan(150);
    for (const actor of findings.actors.filter(({ successes }) => successes === 0))
      expect(actor.standing, actor.actor).not.toBe('quiet');
  });

  it('holds the exposed PC of Stratosphere to be ours and its callers to be noise', async () => {
    const findings = await realCase('stratosphere-testing/008-zeek-mixed/data/conn.log.labeled');
    expect(findings.assets.map(({ asset }) => asset)).toEqual(['147.32.81.167']);
    const noise = findings.actors.filter(({ standing }) => standing === 'noise').length;
    expect(noise / findings.actors.length).toBeGreaterThan(0.95);
    expect(findings.answers.every(({ verdict }) => verdict === 'cannot tell')).toBe(true);
  });
});
