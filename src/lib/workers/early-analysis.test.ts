// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../analysis/evidence';
import type { AnalysisWork } from './analysis-runs';
import { makeAnalysisWork } from './analysis-work';
import { countingWork, flowText, input, load, makeEngine, newCase, valueOf } from './local-engine';

interface Seen {
  readonly evidence: Evidence;
  readonly hashes: readonly string[];
}

/** Notes what evidence an analysis was begun over before it was asked for, and over which it was then asked for. */
function watchedWork(): { work: AnalysisWork; early: Seen[]; asked: Seen[] } {
  const early: Seen[] = [];
  const asked: Seen[] = [];
  const seen = (evidence: Evidence): Seen => ({
    evidence,
    hashes: evidence.sources.map(({ sha256 }) => sha256),
  });
  const work: AnalysisWork = {
    ...countingWork,
    early(evidence, parameters) {
      early.push(seen(evidence));
      return countingWork.early(evidence, parameters);
    },
    steps(evidence, parameters) {
      asked.push(seen(evidence));
      return countingWork.steps(evidence, parameters);
    },
  };
  return { work, early, asked };
}

const AUTH = Array.from({ length: 40 }, (_, i) => {
  const time = new Date(1_700_000_000_000 + i * 20_000).toISOString();
  return `${time} web sshd[${900 + i}]: Failed password for root from 203.0.113.${i % 5} port ${40_000 + i} ssh2\n`;
}).join('');

describe('an analysis that begins when the rows are in', () => {
  it('is over the very evidence that is then asked about, which has its hashes by that time', async () => {
    const { work, early, asked } = watchedWork();
    const engine = makeEngine(work);
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(300), 'vpc.log')], {});
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(300);
    expect(early.map(({ hashes }) => hashes)).toEqual([['']]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.evidence).toBe(early[0]?.evidence);
    expect(asked[0]?.hashes).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it('is left where a file turns out to be there already', async () => {
    const { work, early, asked } = watchedWork();
    const engine = makeEngine(work);
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(300), 'vpc.log')], {});
    await load(engine, [input(flowText(300), 'again.log')], {});
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(300);
    expect(early.at(-1)?.evidence.sources).toHaveLength(2);
    expect(asked[0]?.evidence.sources.map(({ name }) => name)).toEqual(['vpc.log']);
  });

  it('is left where the parameters are other ones', async () => {
    const { work, early, asked } = watchedWork();
    const engine = makeEngine(work);
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(AUTH, 'auth.log')], {});
    valueOf(await engine.analyze({ zone: 'Europe/Berlin' }));
    expect(early).toHaveLength(1);
    expect(asked[0]?.evidence).not.toBe(early[0]?.evidence);
  });

  it('finds what one over a case from storage finds', async () => {
    const caseId = await newCase();
    const engine = makeEngine(makeAnalysisWork());
    valueOf(await engine.openCase(caseId));
    await load(engine, [input(flowText(2000), 'vpc.log'), input(AUTH, 'auth.log')], {});
    const steps: string[] = [];
    const found = valueOf(await engine.analyze({}, ({ step }) => steps.push(step)));
    expect(found.sources.map(({ sha256 }) => sha256.length)).toEqual([64, 64]);
    // No step is run twice for it.
    const runs = steps.filter((step, at) => step !== steps[at - 1]);
    expect(new Set(runs).size).toBe(runs.length);

    const again = makeEngine(makeAnalysisWork());
    valueOf(await again.openCase(caseId));
    expect(valueOf(await again.analyze({}))).toEqual(found);
  });
});
