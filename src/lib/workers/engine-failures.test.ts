// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deleteCase } from '../storage/cases';
import { Database } from '../storage/database';
import type { LoadEvent } from './engine';
import { flowText, input, load, makeEngine, newCase, stage, valueOf } from './local-engine';

describe('the engine, when something goes wrong,', () => {
  it('keeps one failure from the other files', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const noise = new Uint8Array(5000).map((_, i) => (i * 7919 + (i >> 3) * 104729) & 255);
    const events = await load(engine, [
      input(noise, 'random.bin'),
      input('', 'empty.log'),
      input(flowText(20), 'good.log'),
      input(gzipSync(flowText(5000)).subarray(0, 3000), 'cut.log.gz'),
    ]);
    const byIndex = new Map(events.map((event) => [event.index, event]));
    expect(byIndex.get(0)).toMatchObject({ kind: 'failed', failure: { source: 'random.bin' } });
    expect(byIndex.get(1)).toMatchObject({
      kind: 'failed',
      failure: { what: expect.stringMatching(/empty/) },
    });
    expect(byIndex.get(2)).toMatchObject({ kind: 'done' });
    expect(byIndex.get(3)).toMatchObject({ kind: 'done', source: { isCut: true, container: 'gzip' } });
  });

  it('drops the rows of a cancelled file, and only those', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    const events: LoadEvent[] = [];
    const handle = engine.load(
      [input(flowText(60_000), 'big.log'), input(flowText(20, 100_000), 'small.log')],
      (event) => {
        events.push(event);
        if (event.index === 0 && event.kind === 'progress' && event.progress.phase === 'reading')
          handle.cancel(0);
      },
    );
    await handle.finished;
    const endings = events.filter(({ kind }) => kind !== 'progress').map(({ kind, index }) => [index, kind]);
    expect(endings.sort()).toEqual([
      [0, 'cancelled'],
      [1, 'done'],
    ]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(20);
    expect(valueOf(await makeEngine().openCase(caseId))).toHaveLength(1);
  });

  it('replaces a reader that dies, fails its file, and goes on with the next', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    let crashes = 0;
    stage.diesOf = (message) => message.kind === 'range' && message.job === 1 && ++crashes === 1;
    const events = await load(engine, [
      input(flowText(60_000), 'fatal.log'),
      input(flowText(20, 100_000), 'fine.log'),
    ]);
    const failed = events.find(({ kind }) => kind === 'failed');
    expect(failed).toMatchObject({
      failure: { source: 'fatal.log', what: expect.stringMatching(/out of memory/) },
    });
    expect(events.find(({ kind }) => kind === 'done')).toMatchObject({ source: { name: 'fine.log' } });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(20);
    expect(await load(engine, [input(flowText(60_000), 'fatal.log')])).toMatchObject([{ kind: 'done' }]);
  });

  it('brings the case back when the analysis dies', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'vpc.log')]);
    const pending = engine.analyze({});
    stage.analysisWorkers[0]!.crash('out of memory');
    expect(await pending).toMatchObject({
      ok: false,
      error: { what: expect.stringMatching(/out of memory/) },
    });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(30);
    expect(await load(engine, [input(flowText(10, 50), 'more.log')])).toMatchObject([{ kind: 'done' }]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(40);
  });

  it('fails the files that are being read when the analysis dies, and reads them again when asked', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(5, 900_000), 'before.log')]);
    const events: LoadEvent[] = [];
    let isDead = false;
    await engine.load([input(flowText(60_000), 'big.log')], (event) => {
      events.push(event);
      if (event.kind !== 'progress' || event.progress.phase !== 'reading' || isDead) return;
      isDead = true;
      stage.analysisWorkers.at(-1)!.crash('out of memory');
    }).finished;
    expect(events.at(-1)).toMatchObject({
      kind: 'failed',
      failure: { source: 'big.log', what: expect.stringMatching(/out of memory/) },
    });
    expect(await load(engine, [input(flowText(60_000), 'big.log')])).toMatchObject([{ kind: 'done' }]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(60_005);
  });

  it('says so when neither worker can be started', async () => {
    stage.diesOf = () => true;
    const engine = makeEngine();
    expect(await engine.openCase('any')).toMatchObject({ ok: false });
    const [event] = await load(engine, [input(flowText(5), 'a.log')]);
    expect(event).toMatchObject({ kind: 'failed', failure: { source: 'a.log' } });
    expect(await engine.analyze({})).toMatchObject({ ok: false });
    expect(stage.analysisWorkers.length).toBeLessThan(12);
  });

  it('keeps a source that cannot be saved for as long as the tab is open, and says so', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    // Another tab changes the same case.
    const rival = makeEngine();
    valueOf(await rival.openCase(caseId));
    await load(rival, [input(flowText(5, 70), 'theirs.log')]);
    const [event] = await load(engine, [input(flowText(30), 'ours.log')]);
    expect(event).toMatchObject({
      kind: 'done',
      source: {
        notes: [expect.stringMatching(/^Not saved: .*another tab/)],
        unsaved: expect.stringMatching(/another tab.*Reload/),
      },
    });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(30);
    expect(valueOf(await makeEngine().openCase(caseId)).map(({ name }) => name)).toEqual(['theirs.log']);
  });

  it('leaves no file of the former case behind when another is opened in the middle of loading', async () => {
    const engine = makeEngine();
    const [one, two] = [await newCase(), await newCase()];
    valueOf(await engine.openCase(one));
    const endings: string[] = [];
    const handle = engine.load([input(flowText(60_000), 'big.log')], ({ kind }) => {
      if (kind !== 'progress') endings.push(kind);
    });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(valueOf(await engine.openCase(two))).toEqual([]);
    await handle.finished;
    expect(endings).toEqual(['cancelled']);
    await load(engine, [input(flowText(7), 'small.log')]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(7);
    expect(valueOf(await makeEngine().openCase(one))).toEqual([]);
  });

  it('says so when the case is gone, and stays usable', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    const db = new Database();
    await deleteCase(db, caseId);
    db.close();
    expect(await engine.openCase(caseId)).toMatchObject({ ok: false, error: { what: expect.any(String) } });
    valueOf(await engine.openCase(await newCase()));
  });
});
