/// <reference types="vite/client" />
import * as duckdb from '@duckdb/duckdb-wasm';
import duckdbWorker from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import duckdbWasm from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import { Dictionaries, mergeDictionaries } from '../../../src/lib/tables/dictionaries';
import { QUERY_VERB, LOGIN_OUTCOME, VERDICT, CONN_STATE } from '../../../src/lib/tables/schemas';
import {
  fromSegmentData,
  segmentBytes,
  type SegmentData,
  type Segment,
} from '../../../src/lib/tables/segment';
import { IngestPool, type WorkerLike } from '../../../src/lib/workers/ingest-pool';
import type { RowsMessage } from '../../../src/lib/workers/ingest.protocol';
import { createCase } from '../../../src/lib/storage/cases';
import { Database } from '../../../src/lib/storage/database';
import type { CaseParameters } from '../../../src/lib/analysis/parameters';
import type { Findings } from '../../../src/lib/analysis/findings';
import { createEngine } from '../../../src/lib/workers/client';
import type { Engine } from '../../../src/lib/workers/engine';
import type { DatasetName } from '../datasets';
import type { Answer, BaselineRequest } from './baseline.worker';
import type { ReadOnlyRequest } from './read-only.worker';

export interface Timed extends Answer {
  readonly seconds: number;
  readonly bytesPerRow?: number;
  readonly detail?: Record<string, number>;
}

function theFiles(): File[] {
  return [...(document.querySelector<HTMLInputElement>('#file')?.files ?? [])];
}

function theFile(): File {
  const [file] = theFiles();
  if (!file) throw new Error('no file was given');
  return file;
}

/** Every contender's workers run before the clock does, as they would on a page that stands open: they say so with their first message. */
async function started(worker: Worker): Promise<Worker> {
  await new Promise((resolve) => {
    worker.onmessage = resolve;
  });
  return worker;
}

async function readOnly(workers: number, way: ReadOnlyRequest['way']): Promise<Timed> {
  const file = theFile();
  const members = await Promise.all(
    Array.from({ length: workers }, () =>
      started(new Worker(new URL('./read-only.worker.ts', import.meta.url), { type: 'module' })),
    ),
  );
  const step = Math.ceil(file.size / workers);
  const start = performance.now();
  await Promise.all(
    members.map(
      (worker, index) =>
        new Promise((resolve) => {
          worker.onmessage = resolve;
          const from = index * step;
          const to = Math.min(file.size, from + step);
          worker.postMessage({ file, from, to, way } satisfies ReadOnlyRequest);
        }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const worker of members) worker.terminate();
  return { seconds, rows: 0, sum: 0, matches: 0 };
}

async function baseline(kind: BaselineRequest['kind'], name: DatasetName): Promise<Timed> {
  const worker = await started(
    new Worker(new URL('./baseline.worker.ts', import.meta.url), { type: 'module' }),
  );
  const start = performance.now();
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<Answer>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ kind, name, file: theFile() } satisfies BaselineRequest);
  });
  const seconds = (performance.now() - start) / 1000;
  worker.terminate();
  return { ...answer, seconds };
}

/** The same numbers that the contenders give, from the finished columns. */
function answerOf(name: DatasetName, segments: readonly Segment[]): Answer {
  const answer: Answer = { rows: 0, sum: 0, matches: 0 };
  for (const segment of segments) {
    const columns = segment.columns as unknown as Record<string, ArrayLike<number>>;
    const pick: Partial<Record<DatasetName, [string, string, string, number]>> = {
      vpc: ['flows', 'srcBytes', 'verdict', VERDICT.accept],
      zeek: ['flows', 'srcBytes', 'connState', CONN_STATE.established],
      sshd: ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      'sshd-iso': ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      syslog: ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      postgres: ['queries', 'durationUs', 'verb', QUERY_VERB.read],
      access: ['queries', 'bytesReturned', 'status', 200],
      cloudtrail: ['queries', 'bytesReturned', 'verb', QUERY_VERB.read],
      'es-audit': ['queries', 'actorPort', 'verb', QUERY_VERB.read],
      eve: ['flows', 'srcBytes', 'connState', CONN_STATE.established],
      'zeek-json': ['flows', 'srcBytes', 'connState', CONN_STATE.established],
    };
    const [table, sumColumn, matchColumn, value] = pick[name] ?? ['', '', '', 0];
    if (segment.table !== table) continue;
    const sums = columns[sumColumn];
    const matches = columns[matchColumn];
    if (!sums || !matches) continue;
    for (let i = 0; i < segment.length; i++) {
      // Of all programs' sessions only sshd's have a port.
      if (name === 'syslog' && sums[i] === 0) continue;
      answer.rows += 1;
      answer.sum += sums[i] ?? 0;
      if (matches[i] === value) answer.matches += 1;
    }
  }
  return answer;
}

/** The ingest workers as the page runs them, rows arriving as finished columns with the case's ids. No hashing, no saving. */
async function undertone(name: DatasetName, workers: number): Promise<Timed> {
  const file = theFile();
  const dictionaries = new Dictionaries();
  const pending = new Map<number, SegmentData[]>();
  const segments: Segment[] = [];
  const pool = new IngestPool(
    workers,
    () =>
      new Worker(new URL('../../../src/lib/workers/ingest.worker.ts', import.meta.url), {
        type: 'module',
      }) as unknown as WorkerLike,
    (port) => {
      port.onmessage = (event: MessageEvent<RowsMessage>) => {
        const message = event.data;
        if (message.kind === 'segment') {
          const list = pending.get(message.range) ?? [];
          list.push(message.data);
          pending.set(message.range, list);
          return;
        }
        const map = mergeDictionaries(dictionaries, message.result.dictionaries);
        for (const data of pending.get(message.result.index) ?? [])
          segments.push(fromSegmentData(data, 0 as Segment['source'], map));
        pending.delete(message.result.index);
        merged += 1;
      };
    },
  );
  let merged = 0;
  const signal = new AbortController().signal;
  await pool.prepare();
  const start = performance.now();
  const inspected = await pool.run(
    0,
    { kind: 'inspect', request: { blob: file, options: {}, workers } },
    signal,
  );
  if (!inspected.ok || inspected.value.kind !== 'inspected' || inspected.value.inspection.kind !== 'plan') {
    throw new Error(`not recognized: ${JSON.stringify(inspected)}`);
  }
  const { ranges, head, container, formatId } = inspected.value.inspection;
  const inspectedAt = performance.now();
  const results = await Promise.all(
    ranges.map((range) =>
      pool.run(
        0,
        { kind: 'range', job: 0, range: { blob: file, container, formatId, head, options: {}, range } },
        signal,
      ),
    ),
  );
  for (const result of results) if (!result.ok) throw new Error(JSON.stringify(result.error));
  const parsedAt = performance.now();
  while (merged < ranges.length) await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (performance.now() - start) / 1000;
  pool.dispose();
  const answer = answerOf(name, segments);
  const held = segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  return {
    ...answer,
    seconds,
    bytesPerRow: held / Math.max(1, answer.rows),
    detail: {
      inspectSeconds: (inspectedAt - start) / 1000,
      parseSeconds: (parsedAt - inspectedAt) / 1000,
      mergeSeconds: seconds - (parsedAt - start) / 1000,
      ranges: ranges.length,
    },
  };
}

async function duckdbWasmRead(): Promise<Timed> {
  const file = theFile();
  const worker = new Worker(duckdbWorker);
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await db.instantiate(duckdbWasm);
  await db.registerFileHandle('flows.log', file, duckdb.DuckDBDataProtocol.BROWSER_FILEREADER, true);
  const connection = await db.connect();
  const start = performance.now();
  await connection.query(`CREATE TABLE flows AS SELECT * FROM read_csv('flows.log', delim=' ', header=false, columns={
    'version':'TINYINT','account':'VARCHAR','eni':'VARCHAR','src':'VARCHAR','dst':'VARCHAR','sport':'USMALLINT','dport':'USMALLINT',
    'proto':'UTINYINT','packets':'UINTEGER','bytes':'UBIGINT','start':'BIGINT','finish':'BIGINT','action':'VARCHAR','status':'VARCHAR'})`);
  const seconds = (performance.now() - start) / 1000;
  const result = await connection.query(
    `SELECT count(*)::DOUBLE AS n, sum(bytes)::DOUBLE AS s, sum(CASE WHEN action = 'ACCEPT' THEN 1 ELSE 0 END)::DOUBLE AS m FROM flows`,
  );
  const row = result.toArray()[0] as unknown as { n: number; s: number; m: number };
  await connection.close();
  await db.terminate();
  return { seconds, rows: Number(row.n), sum: Number(row.s), matches: Number(row.m) };
}

/** The whole engine: until every row can be asked for, hashed and saved; then closing and opening the case again. */
async function engineLoad(name: DatasetName): Promise<Timed> {
  const file = theFile();
  const caseId = await createCase(new Database(), `bench ${name}`, {});
  const engine = createEngine();
  const opened = await engine.openCase(caseId);
  if (!opened.ok) throw new Error(opened.error.what);
  let longestBlockMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longestBlockMs = Math.max(longestBlockMs, entry.duration);
  });
  observer.observe({ type: 'longtask' });
  await engine.prepare();
  const start = performance.now();
  let rows = 0;
  await engine.load([{ file, name: file.name, lastModifiedMs: file.lastModified }], (event) => {
    if (event.kind === 'done') rows = Object.values(event.source.rows).reduce((sum, count) => sum + count, 0);
    if (event.kind === 'failed') throw new Error(event.failure.what);
  }).finished;
  const seconds = (performance.now() - start) / 1000;
  observer.disconnect();
  engine.dispose();
  // Its worker runs, as it does on a page that stands open: loading did not wait for that either.
  const again = createEngine();
  await again.openCase(await createCase(new Database(), 'empty', {}));
  const reopenStart = performance.now();
  const reopened = await again.openCase(caseId);
  if (!reopened.ok) throw new Error(reopened.error.what);
  const reopenSeconds = (performance.now() - reopenStart) / 1000;
  const last = await again.rows({ table: 'flows' }, rows - 1, 1);
  if (!last.ok || last.value.rows.length !== 1) throw new Error('the last row was not found');
  const lastRowSeconds = (performance.now() - reopenStart) / 1000;
  again.dispose();
  return { seconds, rows, sum: 0, matches: 0, detail: { reopenSeconds, lastRowSeconds, longestBlockMs } };
}

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
async function tab(heldBytes: number): Promise<TabFigures> {
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

/** Files as one case through the whole engine, then the default notebook in the analysis worker. */
async function engineAnalyze(parameters: CaseParameters): Promise<TimedAnalysis> {
  const engine = createEngine();
  const caseId = await createCase(new Database(), 'bench analysis', parameters);
  const opened = await engine.openCase(caseId);
  if (!opened.ok) throw new Error(opened.error.what);
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

export interface SmallFigures {
  readonly seconds: number;
  readonly rows: number;
  readonly sources: number;
  /** Tasks of the page over 50 ms while it loaded, and the longest of all that it was told of. */
  readonly blocks: number;
  readonly longestBlockMs: number;
}

/** All chosen files at once, through the whole engine. */
async function small(): Promise<SmallFigures> {
  const engine = createEngine();
  const opened = await engine.openCase(await createCase(new Database(), 'bench small', {}));
  if (!opened.ok) throw new Error(opened.error.what);
  await engine.prepare();
  const blocks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) blocks.push(entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const start = performance.now();
  let rows = 0;
  let sources = 0;
  await engine.load(
    theFiles().map((file) => ({ file, name: file.name, lastModifiedMs: file.lastModified })),
    (event) => {
      if (event.kind === 'failed') throw new Error(event.failure.what);
      if (event.kind !== 'done') return;
      sources += 1;
      rows += Object.values(event.source.rows).reduce((sum, count) => sum + count, 0);
    },
  ).finished;
  const seconds = (performance.now() - start) / 1000;
  observer.disconnect();
  engine.dispose();
  return { seconds, rows, sources, blocks: blocks.length, longestBlockMs: Math.max(0, ...blocks) };
}

declare global {
  interface Window {
    bench: {
      readOnly: typeof readOnly;
      baseline: typeof baseline;
      undertone: typeof undertone;
      duckdbWasmRead: typeof duckdbWasmRead;
      engineLoad: typeof engineLoad;
      engineAnalyze: typeof engineAnalyze;
      tab: typeof tab;
      small: typeof small;
    };
  }
}

window.bench = { readOnly, baseline, undertone, duckdbWasmRead, engineLoad, engineAnalyze, tab, small };
