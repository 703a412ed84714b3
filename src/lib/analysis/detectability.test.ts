import { describe, expect, it } from 'vitest';
import { MICROS_PER_MINUTE } from '../base/time';
import { assertTablesIntegrity } from '../tables/integrity';
import { QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import { at, EvidenceMaker } from '../../../tests/support/evidence';
import {
  detectabilitySteps,
  measureDetectability,
  type AnalyzeInSteps,
  type DetectabilityOptions,
} from './detectability';
import type { Evidence } from './evidence';
import type { CaseParameters } from './parameters';
import { analysisSteps } from './run';

const START = at('2015-02-20T00:00:00Z');
const CASE: CaseParameters = {
  ownNetworks: ['10.0.0.0/8'],
  assets: [{ name: 'log-1', aliases: ['10.0.0.5'] }],
  exposure: [{ asset: 'log-1', port: 9200, opened: '2015-02-20T00:00:00Z', closed: '2015-02-22T00:00:00Z' }],
};

/** Two days of 40 bots that each greet the service and leave, and the office that reads; the log lies on the host. */
function evidence(): Evidence {
  const maker = new EvidenceMaker();
  const flows = maker.source({ format: 'vpc-flow' });
  const access = maker.source({ format: 'access-log', heldOffAsset: false });
  for (let i = 0; i < 960; i++) {
    const startUs = START + i * 3 * MICROS_PER_MINUTE;
    const actor = `198.51.${i % 40}.9`;
    const row = { startUs, endUs: startUs + 2e6 };
    const bytes = 1500 + ((i * 37) % 400);
    flows.flow({
      ...row,
      srcAddr: actor,
      srcPort: 30_000 + i,
      dstAddr: '10.0.0.5',
      dstPort: 9200,
      srcBytes: 700,
      srcPackets: 6,
    });
    flows.flow({
      ...row,
      srcAddr: '10.0.0.5',
      srcPort: 9200,
      dstAddr: actor,
      dstPort: 30_000 + i,
      srcBytes: bytes,
      srcPackets: 6,
    });
    const query = {
      timeUs: startUs,
      host: 'log-1',
      service: 'elasticsearch',
      verb: QUERY_VERB.read,
      status: 200,
      outcome: QUERY_OUTCOME.success,
    };
    access.query({ ...query, actorAddr: actor, object: '/', bytesReturned: 400 });
    if (i % 50 === 0)
      access.query({ ...query, actorAddr: '10.0.0.77', object: '/app/_search', bytesReturned: 9000 });
  }
  return maker.make();
}

const OPTIONS: DetectabilityOptions = { sessions: [1, 4], bytesToActor: [2_000_000], trials: 4, seed: 5 };

describe('measureDetectability', () => {
  it('puts attackers into a copy, in both directions and with a line where one would be left', () => {
    const loaded = evidence();
    const before = [
      loaded.tables.flows.rowCount,
      loaded.tables.queries.rowCount,
      loaded.dictionaries.addresses.size,
    ];
    const seen: { flows: number; queries: number; addresses: number }[] = [];
    const analyze: AnalyzeInSteps = (given, parameters) => {
      assertTablesIntegrity(given.tables, given.dictionaries);
      const { tables, dictionaries } = given;
      seen.push({
        flows: tables.flows.rowCount - before[0]!,
        queries: tables.queries.rowCount - before[1]!,
        addresses: dictionaries.addresses.size - before[2]!,
      });
      return analysisSteps(given, parameters);
    };
    const result = measureDetectability(loaded, CASE, analyze, OPTIONS)!;
    expect([
      loaded.tables.flows.rowCount,
      loaded.tables.queries.rowCount,
      loaded.dictionaries.addresses.size,
    ]).toEqual(before);
    // The first run is the case itself. Four attackers a combination go in by three and one; a session is two flow rows.
    expect(seen).toEqual([
      { flows: 0, queries: 0, addresses: 0 },
      { flows: 6, queries: 0, addresses: 3 },
      { flows: 2, queries: 0, addresses: 1 },
      { flows: 24, queries: 0, addresses: 3 },
      { flows: 8, queries: 0, addresses: 1 },
      { flows: 6, queries: 3, addresses: 3 },
      { flows: 2, queries: 1, addresses: 1 },
      { flows: 24, queries: 12, addresses: 3 },
      { flows: 8, queries: 4, addresses: 1 },
    ]);
    expect(result.cells.map((cell) => [cell.leavesLines, cell.sessions, cell.trials])).toEqual([
      [false, 1, 4],
      [false, 4, 4],
      [true, 1, 4],
      [true, 4, 4],
    ]);
  });

  it('finds who takes two megabytes where bots get two kilobytes, gives no false assurance, and says the same again', () => {
    const first = measureDetectability(evidence(), CASE, analysisSteps, OPTIONS)!;
    expect(first.cells.every((cell) => cell.recall === 1)).toBe(true);
    expect(first.cells.every((cell) => cell.falseAssurances === 0)).toBe(true);
    expect(first.smallestWithoutLines).toMatchObject({ sessions: 1, bytesToActor: 2_000_000 });
    expect(first.text).toMatch(/found every time from 1 session of 2\.00 MB on/);
    expect(measureDetectability(evidence(), CASE, analysisSteps, OPTIONS)).toEqual(first);
  });

  it('lets attackers begin in the hours that are asked for, over midnight too, and says so', () => {
    const starts: number[] = [];
    const whole = evidence();
    const known = whole.tables.flows.rowCount;
    const analyze: AnalyzeInSteps = (given, parameters) => {
      let row = 0;
      for (const { columns, length } of given.tables.flows.segments)
        for (let i = 0; i < length; i++, row++)
          if (row >= known && columns.dstPort[i] === 9200) starts.push(columns.startUs[i]);
      return analysisSteps(given, parameters);
    };
    const result = measureDetectability(whole, CASE, analyze, { ...OPTIONS, hours: [22, 2] })!;
    expect(starts.length).toBeGreaterThan(20);
    const hours = new Set(starts.map((us) => new Date(us / 1000).getUTCHours()));
    expect([...hours].filter((hour) => hour < 22 && hour >= 2)).toEqual([]);
    expect(hours.size).toBeGreaterThan(2);
    expect(result.text).toContain('log-1 9200/tcp between 22:00 and 02:00 UTC');
  });

  it('is null for hours in which the service was never exposed', () => {
    const exposure = [{ ...CASE.exposure![0]!, closed: '2015-02-20T06:00:00Z' }];
    expect(
      measureDetectability(evidence(), { ...CASE, exposure }, analysisSteps, { ...OPTIONS, hours: [12, 18] }),
    ).toBeNull();
  });

  it('leaves no read of those who only talk or log in, whom it may rightly call no readers', () => {
    const objects = new Set<string>();
    const loaded = evidence();
    const known = loaded.tables.queries.rowCount;
    const analyze: AnalyzeInSteps = (given, parameters) => {
      let row = 0;
      for (const { columns, length } of given.tables.queries.segments)
        for (let i = 0; i < length; i++, row++)
          if (row >= known) objects.add(given.dictionaries.strings.text(columns.object[i]));
      return analysisSteps(given, parameters);
    };
    const loggedIn = measureDetectability(loaded, CASE, analyze, { ...OPTIONS, rung: 5 })!;
    expect([...objects]).toEqual(['/']);
    expect(loggedIn.cells.every((cell) => cell.falseAssurances === 0)).toBe(true);
    expect(loggedIn.text).toContain('that logged in and read nothing');
    objects.clear();
    const talked = measureDetectability(loaded, CASE, analyze, { ...OPTIONS, rung: 3 })!;
    expect(objects.size).toBe(0);
    expect(talked.cells.map(({ leavesLines }) => leavesLines)).toEqual([false, false]);
  });

  it('has nothing to measure without a flow of an exposed service', () => {
    expect(measureDetectability(new EvidenceMaker().make(), {}, analysisSteps, OPTIONS)).toBeNull();
  });

  it('stops at every step of every analysis, counting the attackers that were tried', () => {
    const done = new Set<number>();
    let stops = 0;
    const steps = detectabilitySteps(evidence(), CASE, analysisSteps, OPTIONS);
    for (let next = steps.next(); !next.done; next = steps.next(), stops++)
      if (next.value.total > 1) done.add(next.value.done);
    expect([...done]).toEqual([0, 3, 4, 7, 8, 11, 12, 15]);
    expect(stops).toBeGreaterThan(9 * 5);
  });
});
