import { describe, expect, it } from 'vitest';
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { at, EvidenceMaker, groundOf, standingsOf, type SourceMaker } from '../../../tests/support/evidence';
import { findCoverage } from './coverage';
import type { ContradictionFinding } from './findings';
import { climbLadder } from './ladder';
import type { CaseParameters } from './parameters';
import { decideVerdicts, type Verdicts } from './verdict';

const DAY1 = at('2015-02-20T00:00:00Z');
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  services: [{ asset: 'log-1', port: 9200, authRequired: false }],
  exposure: [{ asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-23T00:00:00Z' }],
  knownActors: [{ actor: '10.0.0.9', label: 'application' }],
};

/** A regular reader of ours, one request a minute: what keeps the log alive. `but`: minutes of the case that are missing. */
function heartbeat(
  access: SourceMaker,
  but: (minute: number) => boolean = () => false,
  answer: object = { status: 200, outcome: QUERY_OUTCOME.success, bytesReturned: 900 },
): void {
  for (let minute = 0; minute < 3 * 1440; minute++) {
    if (but(minute)) continue;
    access.query({
      timeUs: DAY1 + minute * MICROS_PER_MINUTE,
      actorAddr: '10.0.0.9',
      host: 'log-1',
      service: 'elasticsearch',
      verb: QUERY_VERB.read,
      object: '/app/_search',
      ...answer,
    });
  }
}

function read(access: SourceMaker, timeUs: string, actor: string): void {
  access.query({
    timeUs,
    actorAddr: actor,
    host: 'log-1',
    service: 'elasticsearch',
    verb: QUERY_VERB.read,
    object: '/app/_search?size=1000',
    status: 200,
    outcome: QUERY_OUTCOME.success,
    bytesReturned: 60_000,
  });
}

/** A conversation of an outsider with the service in the flow log, `bytesOut` to it. */
function talk(flows: SourceMaker, startUs: string, actor: string, bytesOut = 3000): void {
  const endUs = at(startUs) + 30e6;
  const packets = Math.ceil(bytesOut / 1400) + 5;
  flows.flow({
    startUs,
    endUs,
    srcAddr: actor,
    srcPort: 40000,
    dstAddr: '10.0.0.5',
    dstPort: 9200,
    srcBytes: 2000,
    srcPackets: 10,
  });
  flows.flow({
    startUs,
    endUs,
    srcAddr: '10.0.0.5',
    srcPort: 9200,
    dstAddr: actor,
    dstPort: 40000,
    srcBytes: bytesOut,
    srcPackets: packets,
  });
}

function decide(
  maker: EvidenceMaker,
  parameters: CaseParameters = CASE,
  contradictions: readonly ContradictionFinding[] = [],
): Verdicts {
  const bench = groundOf(maker.make(), parameters);
  const standings = standingsOf(bench);
  const coverage = findCoverage(bench.ground);
  const ladder = climbLadder(bench.ground, standings, coverage);
  return decideVerdicts(bench.ground, standings, ladder, coverage, contradictions);
}

function words(verdicts: Verdicts): string[] {
  return verdicts.verdicts.map((verdict) => `${verdict.day} ${verdict.verdict}`);
}

describe('decideVerdicts', () => {
  it('does not reach back over years to a file of another machine where no log tells when an exposure began', () => {
    const maker = new EvidenceMaker();
    talk(maker.source({ format: 'vpc-flow' }), '2015-02-21T10:00:00Z', '203.0.113.7');
    heartbeat(maker.source({ format: 'access-log', heldOffAsset: true }));
    const old = { host: 'other', service: 'sshd', user: 'root', outcome: LOGIN_OUTCOME.failure };
    maker
      .source({ format: 'syslog' })
      .login({ ...old, timeUs: '2005-01-01T00:00:00Z', actorAddr: '203.0.113.9' });
    const exposure = [{ asset: 'log-1', port: 9200 }];
    const days = (thresholds: CaseParameters['thresholds']): number =>
      decide(maker, { ...CASE, exposure, thresholds }).verdicts.filter(
        ({ service }) => service === '9200/tcp',
      ).length;
    expect(days({})).toBe(3);
    expect(days({ caseApartDays: 5_000 })).toBe(3_660);
  });

  it('says of a reader that was let in before the exposure, too, that it was, and of others that they were not', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'elasticsearch-audit' });
    heartbeat(access);
    read(access, '2015-02-19T12:00:00Z', '203.0.113.10');
    for (const day of ['20', '21']) read(access, `2015-02-${day}T12:00:00Z`, '203.0.113.10');
    read(access, '2015-02-21T13:00:00Z', '198.51.100.7');
    read(access, '2015-02-22T13:00:00Z', '198.51.100.7');
    const [regular, both, stranger] = decide(maker).verdicts.map(({ why }) =>
      why.map(({ text }) => text).join(' '),
    );
    expect(regular).toContain('203.0.113.10 was let in before it was exposed, too; nobody else');
    expect(both).toContain('203.0.113.10 was let in before it was exposed, too; 1 other was not');
    expect(stranger).not.toContain('before it was exposed');
  });

  it('says not queried within coverage where a complete log off the asset shows no stranger reading', () => {
    const maker = new EvidenceMaker();
    talk(maker.source({ format: 'vpc-flow' }), '2015-02-21T10:00:00Z', '203.0.113.7');
    heartbeat(maker.source({ format: 'access-log', heldOffAsset: true }));
    const result = decide(maker);
    expect(words(result)).toEqual([
      '2015-02-20 not queried within coverage',
      '2015-02-21 not queried within coverage',
      '2015-02-22 not queried within coverage',
    ]);
    expect(result.answers[0]).toMatchObject({
      verdict: 'not queried within coverage',
      ceiling: 8,
      missing: [],
    });
  });

  it('does not rest a negative on a log that never says what was answered', () => {
    const maker = new EvidenceMaker();
    heartbeat(maker.source({ format: 'aws-waf', heldOffAsset: true }));
    const [answer] = decide(maker).answers;
    expect(answer).toMatchObject({ verdict: 'cannot tell', ceiling: 4 });
    expect(answer!.missing.join()).toMatch(/An access or audit log of .* kept off/);
  });

  it('does not call a stranger’s request unread where no row says what became of it', () => {
    const maker = new EvidenceMaker();
    const untold = { outcome: QUERY_OUTCOME.unknown };
    const log = maker.source({ format: 'redis-monitor', heldOffAsset: true });
    heartbeat(log, undefined, untold);
    log.query({
      ...{
        timeUs: '2015-02-21T12:00:30Z',
        actorAddr: '203.0.113.7',
        host: 'log-1',
        service: 'elasticsearch',
      },
      ...{ verb: QUERY_VERB.read, object: 'mail:keys', ...untold },
    });
    expect(decide(maker).answers[0]).toMatchObject({ verdict: 'cannot tell', ceiling: 4 });
  });

  it('says queried on the day that a stranger read, and by whom, whatever else is missing', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log', heldOffAsset: true });
    heartbeat(access);
    read(access, '2015-02-21T12:00:30Z', '203.0.113.7');
    const result = decide(maker);
    expect(words(result)[1]).toBe('2015-02-21 queried');
    expect(result.verdicts[1]).toMatchObject({ rung: 7, inferred: false, actors: ['203.0.113.7'] });
    expect(result.answers[0]).toMatchObject({ verdict: 'queried', actors: ['203.0.113.7'] });
    expect(result.answers[0]!.days).toEqual({
      queried: 1,
      'not queried within coverage': 2,
      'cannot tell': 0,
    });
  });

  it('cannot tell where a sensor found no request in what a stranger exchanged, and says not queried where it did', () => {
    const maker = new EvidenceMaker();
    const conn = maker.source({ format: 'zeek' });
    const http = maker.source({ format: 'zeek', heldOffAsset: true });
    heartbeat(http);
    for (const [startUs, actor] of [
      ['2015-02-20T10:00:00Z', '203.0.113.7'],
      ['2015-02-21T10:00:00Z', '203.0.113.8'],
    ] as const) {
      conn.flow({
        startUs,
        endUs: at(startUs) + 30e6,
        srcAddr: actor,
        srcPort: 40000,
        dstAddr: '10.0.0.5',
        dstPort: 9200,
        srcBytes: 600,
        srcPackets: 5,
        dstBytes: 900,
        dstPackets: 5,
      });
    }
    // Refused: a request, and no read.
    http.query({
      timeUs: '2015-02-20T10:00:01Z',
      actorAddr: '203.0.113.7',
      host: 'log-1',
      service: 'elasticsearch',
      verb: QUERY_VERB.read,
      object: '/',
      status: 403,
      outcome: QUERY_OUTCOME.denied,
    });
    const result = decide(maker);
    expect(words(result).slice(0, 2)).toEqual([
      '2015-02-20 not queried within coverage',
      '2015-02-21 cannot tell',
    ]);
    expect(result.verdicts[1]!.why.map(({ text }) => text).join()).toMatch(
      /203\.0\.113\.8 exchanged data with log-1 9200\/tcp in which .* found no request/,
    );
    expect(result.answers[0]!.missing.join()).toMatch(/packet capture/);
  });

  it('never says not queried from flow logs alone, and names what is missing', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    for (let hour = 0; hour < 72; hour++)
      talk(flows, new Date((DAY1 + hour * 3600e6) / 1000).toISOString(), `203.0.113.${hour + 1}`);
    const result = decide(maker);
    expect(result.verdicts.map((verdict) => verdict.verdict)).toEqual(Array(3).fill('cannot tell'));
    expect(result.verdicts[0]!.ceiling).toBe(3);
    expect(result.answers[0]!.missing.join(' ')).toMatch(/access or audit log of log-1 9200\/tcp/);
    for (const wish of result.answers[0]!.missing) expect(wish).toMatch(/\d{4}-\d\d-\d\d.*, UTC\)\.$/);
  });

  it('states a suspicion from sizes, and does not call it queried', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    talk(flows, '2015-02-21T10:00:00Z', '203.0.113.7', 40_000_000);
    heartbeat(maker.source({ format: 'access-log', heldOffAsset: true }));
    const result = decide(maker);
    expect(words(result)[1]).toBe('2015-02-21 cannot tell');
    expect(result.verdicts[1]).toMatchObject({ rung: 8, inferred: true, actors: ['203.0.113.7'] });
    expect(result.verdicts[1]!.why[0]!.text).toMatch(/Strong suspicion.*203\.0\.113\.7/);
  });

  it('does not trust a log that lay on the asset, unless the analyst does, and then only up to the horizon', () => {
    const made = (parameters: CaseParameters): Verdicts => {
      const maker = new EvidenceMaker();
      talk(maker.source({ format: 'vpc-flow' }), '2015-02-21T10:00:00Z', '203.0.113.7');
      heartbeat(maker.source({ name: 'access.log', format: 'access-log', heldOffAsset: false }));
      return decide(maker, parameters);
    };
    expect(made(CASE).answers[0]!.days['cannot tell']).toBe(3);
    // The stranger conversed with a service that needs no login on the 21st: from then on the host's own log is worth nothing.
    expect(words(made({ ...CASE, sources: [{ name: 'access*', trusted: true }] }))).toEqual([
      '2015-02-20 not queried within coverage',
      '2015-02-21 cannot tell',
      '2015-02-22 cannot tell',
    ]);
    const distrusted = { ...CASE, distrust: [{ asset: 'log-1', after: '2015-02-20T06:00:00Z' }] };
    expect(
      made({ ...distrusted, sources: [{ name: 'access*', trusted: true }] }).answers[0]!.days['cannot tell'],
    ).toBe(3);
  });

  it('cannot tell on the day of a gap, and says which stretch is missing', () => {
    const maker = new EvidenceMaker();
    heartbeat(
      maker.source({ format: 'access-log', heldOffAsset: true }),
      (minute) => minute > 1500 && minute < 1620,
    );
    const result = decide(maker);
    expect(words(result)).toEqual([
      '2015-02-20 not queried within coverage',
      '2015-02-21 cannot tell',
      '2015-02-22 not queried within coverage',
    ]);
    expect(result.verdicts[1]!.why[0]!.text).toMatch(
      /does not cover 2015-02-21T01:00:00Z to 2015-02-21T03:00:00Z/,
    );
    expect(result.answers[0]!.verdict).toBe('cannot tell');
  });

  it('cannot tell where a log is too thin for its silence to mean anything', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log', heldOffAsset: true });
    heartbeat(access, (minute) => minute % 1440 !== 0);
    const result = decide(maker);
    expect(result.answers[0]!.verdict).toBe('cannot tell');
    expect(result.verdicts[0]!.why[0]!.text).toMatch(/so few rows/);
  });

  describe('on a day on which lines are missing from a log of the host', () => {
    const missing = (
      service: string,
      kind: ContradictionFinding['kind'] = 'missing login lines',
    ): ContradictionFinding => ({
      asset: 'log-1',
      service,
      kind,
      actor: null,
      fromUs: at('2015-02-22T05:00:00Z') as never,
      toUs: at('2015-02-22T06:00:00Z') as never,
      expected: 9,
      found: 0,
      baseRate: 0.99,
      p: 1e-9,
      text: 'nine sessions left no line',
      rows: [],
    });
    const lastDay = (
      heldOffAsset: boolean,
      contradiction: ContradictionFinding,
    ): Verdicts['verdicts'][number] => {
      const maker = new EvidenceMaker();
      heartbeat(maker.source({ name: 'access.log', format: 'access-log', heldOffAsset }));
      return decide(maker, { ...CASE, sources: [{ name: 'access.log', trusted: true }] }, [contradiction])
        .verdicts[2]!;
    };

    it('trusts no other log that the host keeps', () => {
      expect(lastDay(false, missing('22/tcp')).verdict).toBe('cannot tell');
    });

    it('trusts a log held elsewhere, and tells what was found beside it', () => {
      const verdict = lastDay(true, missing('22/tcp'));
      expect(verdict.verdict).toBe('not queried within coverage');
      expect(verdict.why[1]!.text).toMatch(/does not rest on .* nine sessions left no line/);
    });

    it('does not trust a log held elsewhere whose own lines are missing', () => {
      expect(lastDay(true, missing('9200/tcp', 'missing query lines')).verdict).toBe('cannot tell');
    });

    it('holds missing flows against no log', () => {
      expect(lastDay(false, missing('22/tcp', 'missing flows')).verdict).toBe('not queried within coverage');
    });
  });

  it('calls it queried when a seen login and the size of the session agree', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    const row = { startUs: '2015-02-21T10:00:00Z', endUs: at('2015-02-21T10:20:00Z') };
    flows.flow({
      ...row,
      srcAddr: '203.0.113.7',
      srcPort: 40000,
      dstAddr: '10.0.0.5',
      dstPort: 22,
      srcBytes: 90_000,
      srcPackets: 900,
    });
    flows.flow({
      ...row,
      srcAddr: '10.0.0.5',
      srcPort: 22,
      dstAddr: '203.0.113.7',
      dstPort: 40000,
      srcBytes: 50e6,
      srcPackets: 36_000,
    });
    maker.source({ format: 'sshd', heldOffAsset: false }).login({
      timeUs: '2015-02-21T10:00:02Z',
      actorAddr: '203.0.113.7',
      actorPort: 40000,
      host: 'log-1',
      service: 'sshd',
      user: 'ops',
      outcome: LOGIN_OUTCOME.success,
    });
    const exposure = [
      { asset: 'log-1', port: 22, opened: '2015-02-21T00:00:00Z', closed: '2015-02-22T00:00:00Z' },
    ];
    const result = decide(maker, { ...CASE, exposure });
    expect(result.verdicts[0]).toMatchObject({
      verdict: 'queried',
      rung: 8,
      inferred: true,
      actors: ['203.0.113.7'],
    });
  });

  it('does not count what happened before the opening or after the closing', () => {
    const maker = new EvidenceMaker();
    const access = maker.source({ format: 'access-log', heldOffAsset: true });
    heartbeat(access);
    read(access, '2015-02-20T10:00:30Z', '203.0.113.7');
    const exposure = [
      { asset: 'log-1', port: 9200, opened: '2015-02-21T00:00:00Z', closed: '2015-02-23T00:00:00Z' },
    ];
    expect(decide(maker, { ...CASE, exposure }).answers[0]!.days.queried).toBe(0);
  });

  it('answers cannot tell for a service of which no row was loaded', () => {
    const maker = new EvidenceMaker();
    maker
      .source({ format: 'sshd' })
      .login({ timeUs: DAY1 - 30 * MICROS_PER_DAY, host: 'log-1', service: 'sshd' });
    const [answer] = decide(maker).answers;
    expect(answer).toMatchObject({ verdict: 'cannot tell', rung: -1, ceiling: -1 });
    expect(answer!.why[0]!.text).toMatch(/nothing can be said/);
  });
});
