import { describe, expect, it } from 'vitest';
import { at, EvidenceMaker, groundOf, type SourceMaker } from '../../../tests/support/evidence';
import { LOG_STATUS, LOGIN_OUTCOME } from '../tables/schemas';
import type { AssetId } from './context';
import { findCoverage, type Coverage } from './coverage';
import type { GapFinding } from './findings';

const T0 = at('2015-03-02T00:00:00Z');
const MINUTE = 60e6;
const HOUR = 60 * MINUTE;

/** Traffic of an interface every minute from hour to hour; with `hasNoData` every other interval says NODATA. */
function watch(flows: SourceMaker, fromHour: number, toHour: number, hasNoData = false): void {
  for (let us = T0 + fromHour * HOUR, k = 0; us < T0 + toHour * HOUR; us += MINUTE, k++) {
    const interval = { startUs: us, endUs: us + MINUTE - 1e6, sensor: 'eni-1' };
    if (hasNoData && k % 2 === 1) flows.flow({ ...interval, logStatus: LOG_STATUS.noData });
    else
      flows.flow({
        ...interval,
        ...{ srcAddr: '203.0.113.7', srcPort: 40_000 + (k % 20_000), dstAddr: '10.0.0.5', dstPort: 443 },
        ...{ srcBytes: 500, srcPackets: 5 },
      });
  }
}

function coverageOf(maker: EvidenceMaker): Coverage {
  return findCoverage(groundOf(maker.make(), {}).ground);
}

const kinds = (gaps: readonly GapFinding[]): string[] => gaps.map(({ kind }) => kind);

describe('what a flow log says of an interval', () => {
  it('is no gap where it writes NODATA: nothing passed', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    watch(flows, 0, 6);
    for (let us = T0 + 6 * HOUR; us < T0 + 12 * HOUR; us += MINUTE)
      flows.flow({ startUs: us, endUs: us + MINUTE - 1e6, sensor: 'eni-1', logStatus: LOG_STATUS.noData });
    watch(flows, 12, 18);
    expect(coverageOf(maker).gaps).toEqual([]);
  });

  it('is lost where it writes SKIPDATA, though rows stand around it', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    watch(flows, 0, 12);
    const lost = { startUs: T0 + 6 * HOUR, endUs: T0 + 6 * HOUR + MINUTE - 1e6 };
    flows.flow({ ...lost, sensor: 'eni-1', logStatus: LOG_STATUS.skipData });
    const { gaps, coverage } = coverageOf(maker);
    expect(kinds(gaps)).toEqual(['lost records']);
    expect(gaps[0]).toMatchObject({ fromUs: lost.startUs, asset: '10.0.0.5' });
    expect(coverage[0]?.stretches).toHaveLength(2);
  });

  it('counts the SKIPDATA records of each stretch of loss', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    watch(flows, 0, 12);
    for (const minutes of [420, 360, 361, 420])
      flows.flow({
        ...{ startUs: T0 + minutes * MINUTE, endUs: T0 + (minutes + 1) * MINUTE },
        ...{ sensor: 'eni-1', logStatus: LOG_STATUS.skipData },
      });
    const said = coverageOf(maker).gaps.map(({ text }) => /: (.* records?)\.$/.exec(text)?.[1]);
    expect(said).toEqual(['2 SKIPDATA records', '2 SKIPDATA records']);
  });

  it('is missing where it writes neither, though it writes NODATA elsewhere', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    watch(flows, 0, 100, true);
    watch(flows, 101, 200, true);
    const { gaps } = coverageOf(maker);
    expect(kinds(gaps)).toEqual(['no records']);
    expect(Math.abs((gaps[0]?.fromUs ?? 0) - (T0 + 100 * HOUR))).toBeLessThanOrEqual(5 * MINUTE);
    expect(Math.abs((gaps[0]?.toUs ?? 0) - (T0 + 101 * HOUR))).toBeLessThanOrEqual(5 * MINUTE);
  });

  it('is silent where rows were to be expected, with the p-value of such a silence', () => {
    const maker = new EvidenceMaker();
    const flows = maker.source({ format: 'vpc-flow' });
    watch(flows, 0, 12);
    watch(flows, 14, 24);
    const { gaps, ceilingAt } = coverageOf(maker);
    expect(kinds(gaps)).toEqual(['silence']);
    expect(gaps[0]?.p).toBeLessThan(0.001);
    // Rows of one way show that somebody called, and nothing of an answer.
    expect(ceilingAt(0 as AssetId, T0 + 11 * HOUR)).toBe(1);
    expect(ceilingAt(0 as AssetId, T0 + 13 * HOUR)).toBe(-1);
  });
});

describe('a login log', () => {
  const login = (log: SourceMaker, us: number): unknown =>
    log.login({
      timeUs: us,
      ...{ host: 'web', actorAddr: '203.0.113.7', service: 'sshd', user: 'root' },
      outcome: LOGIN_OUTCOME.failure,
    });

  it('that was cut within a line ends there, and says so', () => {
    const maker = new EvidenceMaker();
    const log = maker.source({ name: 'auth.log', format: 'syslog', isCut: true });
    for (let k = 0; k < 100; k++) login(log, T0 + k * MINUTE);
    const { gaps } = coverageOf(maker);
    expect(kinds(gaps)).toEqual(['cut']);
    expect(gaps[0]).toMatchObject({ source: 'auth.log', fromUs: T0 + 99 * MINUTE });
  });

  it('in which time runs back says where and how far, and an unsorted one nothing', () => {
    const ordered = new EvidenceMaker();
    const log = ordered.source({ name: 'auth.log', format: 'syslog' });
    for (let k = 0; k < 200; k++) login(log, T0 + (k < 150 ? k : k - 60) * MINUTE);
    const found = coverageOf(ordered).gaps;
    expect(kinds(found)).toEqual(['backwards']);
    expect(found[0]).toMatchObject({ fromUs: T0 + 90 * MINUTE, toUs: T0 + 149 * MINUTE });
    const unsorted = new EvidenceMaker();
    const mixed = unsorted.source({ name: 'auth.log', format: 'syslog' });
    for (let k = 0; k < 200; k++) login(mixed, T0 + ((k * 77) % 200) * MINUTE);
    expect(kinds(coverageOf(unsorted).gaps)).toEqual([]);
  });

  it('of whose lines one was held back until a later one told how it ended runs in order', () => {
    // The statement of line 50 stands behind those of the lines until 65.
    const late = new EvidenceMaker();
    const held = late.source({ name: 'postgresql.log', format: 'postgresql' });
    for (let k = 0; k < 200; k++) {
      const line = k < 50 || k > 65 ? k : k === 65 ? 50 : k + 1;
      held.query({
        timeUs: T0 + line * MINUTE,
        ...{ offset: line * 100, host: 'db', actorAddr: '203.0.113.7' },
      });
    }
    expect(kinds(coverageOf(late).gaps)).toEqual([]);
  });
});

describe('a log delivered in very many files', () => {
  const FILES = 260;
  const MACHINES = 80;
  /** Each file speaks of every fourth machine. */
  const EVERY = 4;

  it('is told of once for each machine, with all of its files, its rows and its gaps', () => {
    const maker = new EvidenceMaker();
    for (let file = 0; file < FILES; file++) {
      const flows = maker.source({ name: `${file}.log`, format: 'vpc-flow' });
      for (let machine = 0; machine < MACHINES; machine++) {
        if ((file + machine) % EVERY !== 0) continue;
        // One of them is not heard of for days.
        if (machine === 7 && file >= 100 && file < 200) continue;
        const startUs = T0 + file * HOUR + machine * MINUTE;
        flows.flow({
          ...{ startUs, endUs: startUs + MINUTE, srcAddr: '203.0.113.7', srcPort: 40_000 },
          ...{ dstAddr: `10.0.0.${machine + 1}`, dstPort: 443, srcBytes: 500, srcPackets: 5 },
        });
      }
      flows.done();
    }
    const { coverage, gaps } = coverageOf(maker);
    const ofMachines = coverage.filter(({ asset }) => asset?.startsWith('10.0.0.'));
    expect(ofMachines).toHaveLength(MACHINES);
    const [first] = ofMachines;
    expect(first?.source).toContain(`${FILES / EVERY} files`);
    expect(first?.sourceIds).toHaveLength(FILES / EVERY);
    expect(first?.bins.reduce((sum, count) => sum + count, 0)).toBe(FILES / EVERY);
    expect(first?.stretches).toHaveLength(1);
    const silent = ofMachines.find(({ asset }) => asset === '10.0.0.8');
    expect(silent?.stretches).toHaveLength(2);
    expect(gaps.filter(({ kind }) => kind === 'silence').map(({ asset, source }) => [asset, source])).toEqual(
      [['10.0.0.8', '97.log']],
    );
  });
});
