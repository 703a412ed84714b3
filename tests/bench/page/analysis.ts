import type { CaseParameters } from '../../../src/lib/analysis/parameters';
import type { Findings } from '../../../src/lib/analysis/findings';
import { createCase } from '../../../src/lib/storage/cases';
import { Database } from '../../../src/lib/storage/database';
import { createEngine } from '../../../src/lib/workers/client';
import type { Engine } from '../../../src/lib/workers/engine';
import { theFile, theFiles } from './files';

export interface TabFigures {
  readonly rows: number;
  readonly loadSeconds: number;
  readonly analyzeSeconds: number;
  readonly reopenSeconds: number;
  /** The default notebook again, on the reopened case. */
  readonly againSeconds: number;
  readonly longestBlockMs: number;
  readonly actors: number;
  readonly verdicts: number;
  readonly isSame: boolean;
}

/** Notes differ with where rows are kept; nothing else may. */
function comparable(findings: object): string {
  return JSON.stringify(findings, (key, value: unknown) => (key === 'notes' ? undefined : value));
}

/**
 * The default notebook over one large file in this tab; then the case opened anew by an engine that may hold only `heldBytes` of its
 * rows in memory, which must find the same.
 */
export async function tab(heldBytes: number): Promise<TabFigures> {
  const file = theFile();
  const caseId = await createCase(new Database(), 'bench tab', {});
  const engine = createEngine();
  await engine.openCase(caseId);
  let longestBlockMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longestBlockMs = Math.max(longestBlockMs, entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const start = performance.now();
  let rows = 0;
  await engine.load([{ file, name: file.name, lastModifiedMs: file.lastModified }], (event) => {
    if (event.kind === 'done') rows = event.source.rows.flows;
    if (event.kind === 'failed') throw new Error(event.failure.what);
  }).finished;
  const loaded = performance.now();
  observer.disconnect();
  const analyzed = await engine.analyze({});
  const analyzedAt = performance.now();
  if (!analyzed.ok) throw new Error(JSON.stringify(analyzed.error));
  const first = comparable(analyzed.value);
  engine.dispose();
  const small = createEngine({ heldBytes });
  const reopening = performance.now();
  const opened = await small.openCase(caseId);
  if (!opened.ok) throw new Error(opened.error.what);
  const reopened = performance.now();
  const again = await small.analyze({});
  if (!again.ok) throw new Error(JSON.stringify(again.error));
  const ended = performance.now();
  small.dispose();
  return {
    rows,
    loadSeconds: (loaded - start) / 1000,
    analyzeSeconds: (analyzedAt - loaded) / 1000,
    reopenSeconds: (reopened - reopening) / 1000,
    againSeconds: (ended - reopened) / 1000,
    longestBlockMs,
    actors: analyzed.value.actors.length,
    verdicts: analyzed.value.verdicts.length,
    isSame: comparable(again.value) === first,
  };
}

export interface TimedAnalysis {
  /** Until every row can be asked for, hashed and saved. */
  readonly loadSeconds: number;
  /** The default notebook, from the call to the findings on the page. */
  readonly analyzeSeconds: number;
  /** The same once more with another late threshold, and with nothing changed at all. */
  readonly rerunSeconds: number;
  readonly stepSeconds: Readonly<Record<string, number>>;
  /** From a call that supersedes a running analysis until the former one has answered; the longest of several. */
  readonly supersedeSeconds: number;
  readonly totals: Findings['totals'];
  /** Rows that are in two files and count once. */
  readonly duplicates: number;
  readonly quiet: readonly string[];
  readonly exposed: readonly string[];
}

async function openCase(parameters: CaseParameters): Promise<Engine> {
  const engine = createEngine();
  const caseId = await createCase(new Database(), 'bench analysis', { parameters });
  const opened = await engine.openCase(caseId);
  if (!opened.ok) throw new Error(opened.error.what);
  await engine.prepare();
  return engine;
}

/** As on the page: from the files to their findings, in seconds. The analysis is told of with the files and asked for when all are sources. */
export async function dropToFindings(parameters: CaseParameters): Promise<number> {
  const engine = await openCase(parameters);
  const files = theFiles().map((file) => ({ file, name: file.name, lastModifiedMs: file.lastModified }));
  const start = performance.now();
  let left = files.length;
  await new Promise<void>((resolve, reject) => {
    engine.load(
      files,
      (event) => {
        if (event.kind === 'failed') reject(new Error(event.failure.what));
        if (event.kind === 'done' && --left === 0) resolve();
      },
      parameters,
    );
  });
  const result = await engine.analyze(parameters);
  const seconds = (performance.now() - start) / 1000;
  engine.dispose();
  if (!result.ok) throw new Error('the analysis failed');
  return seconds;
}

/** Files as one case through the whole engine, then the default notebook in the analysis worker: one after the other. */
export async function engineAnalyze(parameters: CaseParameters): Promise<TimedAnalysis> {
  const engine = await openCase(parameters);
  const start = performance.now();
  await engine.load(
    theFiles().map((file) => ({ file, name: file.name, lastModifiedMs: file.lastModified })),
    (event) => {
      if (event.kind === 'failed') throw new Error(event.failure.what);
    },
  ).finished;
  const loaded = performance.now();
  const stepSeconds: Record<string, number> = {};
  let step = '';
  let stepStart = loaded;
  const result = await engine.analyze(parameters, (progress) => {
    const now = performance.now();
    if (step !== '') stepSeconds[step] = (stepSeconds[step] ?? 0) + (now - stepStart) / 1000;
    step = progress.step;
    stepStart = now;
  });
  const analyzed = performance.now();
  stepSeconds[step] = (stepSeconds[step] ?? 0) + (analyzed - stepStart) / 1000;
  if (!result.ok || typeof result.value === 'string') throw new Error('the analysis failed');
  const thresholds = { ...parameters.thresholds, decoyShifts: 2001 };
  const again = await engine.analyze({ ...parameters, thresholds });
  if (!again.ok) throw new Error('the second analysis failed');
  const rerunSeconds = (performance.now() - analyzed) / 1000;
  const supersedeSeconds = await supersede(engine, parameters);
  engine.dispose();
  const { totals, actors, exposure, sources } = result.value;
  return {
    loadSeconds: (loaded - start) / 1000,
    analyzeSeconds: (analyzed - loaded) / 1000,
    rerunSeconds,
    stepSeconds,
    supersedeSeconds,
    totals,
    duplicates: sources.reduce((sum, source) => sum + source.duplicates, 0),
    quiet: actors
      .filter((actor) => actor.standing === 'quiet')
      .sort((a, b) => (a.quietRank ?? Infinity) - (b.quietRank ?? Infinity))
      .map(({ actor }) => actor),
    exposed: [...new Set(exposure.map(({ asset, port }) => `${asset} ${port}`))].sort(),
  };
}

/** Begins analyses anew (another aggregation interval leaves nothing to keep) and supersedes each a little later than the one before. */
async function supersede(engine: Engine, parameters: CaseParameters): Promise<number> {
  let longest = 0;
  for (let delayMs = 50; delayMs < 1300; delayMs += 240) {
    const aggregationSeconds = 60 + delayMs;
    const running = engine.analyze({
      ...parameters,
      thresholds: { ...parameters.thresholds, aggregationSeconds },
    });
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const start = performance.now();
    void engine.analyze(parameters);
    await running;
    longest = Math.max(longest, performance.now() - start);
  }
  return longest / 1000;
}
