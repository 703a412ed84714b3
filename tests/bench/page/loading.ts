import { greatest } from '../../../src/lib/base/extremes';
import { createCase } from '../../../src/lib/storage/cases';
import { Database } from '../../../src/lib/storage/database';
import { createEngine } from '../../../src/lib/workers/client';
import type { LoadEvent } from '../../../src/lib/workers/engine';
import type { DatasetName } from '../datasets';
import { theFile, theFiles, type Timed } from './files';

/** The whole engine: until every row can be asked for, hashed and saved; then closing and opening the case again. */
export async function engineLoad(name: DatasetName): Promise<Timed> {
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

export interface SmallFigures {
  readonly seconds: number;
  readonly rows: number;
  readonly sources: number;
  /** Tasks of the page over 50 ms while it loaded, and the longest of all that it was told of. */
  readonly blocks: number;
  readonly longestBlockMs: number;
}

/**
 * All chosen files at once, through the whole engine: but for the first `large` of them, which are loaded and analyzed before the clock
 * starts.
 */
export async function small(large: number): Promise<SmallFigures> {
  const engine = createEngine();
  const opened = await engine.openCase(await createCase(new Database(), 'bench small', {}));
  if (!opened.ok) throw new Error(opened.error.what);
  await engine.prepare();
  const inputs = theFiles().map((file) => ({ file, name: file.name, lastModifiedMs: file.lastModified }));
  let rows = 0;
  let sources = 0;
  const take = (event: LoadEvent): void => {
    if (event.kind === 'failed') throw new Error(event.failure.what);
    if (event.kind !== 'done') return;
    sources += 1;
    rows += Object.values(event.source.rows).reduce((sum, count) => sum + count, 0);
  };
  if (large > 0) {
    await engine.load(inputs.slice(0, large), take).finished;
    const analyzed = await engine.analyze({});
    if (!analyzed.ok) throw new Error('the large files could not be analyzed');
  }
  const blocks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) blocks.push(entry.duration);
  });
  observer.observe({ type: 'longtask' });
  const start = performance.now();
  await engine.load(inputs.slice(large), take).finished;
  const seconds = (performance.now() - start) / 1000;
  observer.disconnect();
  engine.dispose();
  return { seconds, rows, sources, blocks: blocks.length, longestBlockMs: greatest(blocks, 0) };
}
