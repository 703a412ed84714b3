import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyFindings, someSource } from '../../../tests/support/findings';
import { FakeEngine } from '../../../tests/support/fake-engine';
import type { SourceId } from '../base/brand';
import { ok } from '../base/result';
import { newDocument, type NotebookDocument } from '../notebook/document';
import { rename, setCellNote, setThreshold } from '../notebook/edits';
import type { TablePreview } from '../formats/format';
import type { LoadEvent } from '../workers/engine';
import { Busy } from './busy';
import { CaseSession } from './case-session.svelte';
import type { CaseStore } from './case-store';
import { Notices } from './notices.svelte';

let engine: FakeEngine;
let saved: NotebookDocument[];
let session: CaseSession;
let busy: Busy;
let notices: Notices;

function storeThat(save: CaseStore['save'], more: Partial<CaseStore> = {}): CaseStore {
  const no = () => Promise.reject(new Error('not asked for here'));
  const alone = { announce: () => undefined, watch: () => () => undefined };
  const unread = { noteUnread: async () => ok(undefined), takeUnread: async () => ok([]) };
  return { list: no, create: no, load: no, rename: no, delete: no, save, ...unread, ...alone, ...more };
}

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  saved = [];
  busy = new Busy();
  notices = new Notices();
  const store = storeThat(async (_id, _base, document) => {
    saved.push(document);
    return ok(document);
  });
  session = new CaseSession('c1', newDocument('Case'), [], { engine, store, busy, notices });
});

afterEach(() => {
  vi.useRealTimers();
});

/** What the first records of a table look like. */
function previewOf(guess: TablePreview['guess'], ...columns: string[]): TablePreview {
  return { formatId: 'csv', delimiter: ',', columns, rows: [], guess };
}

describe('edits', () => {
  it('are saved once they rest, the last state of them', async () => {
    session.edit(setCellNote('noise', 'a'), 'note');
    session.edit(setCellNote('noise', 'ab'), 'note');
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved.map((document) => document.cellNotes.noise)).toEqual(['ab']);
  });

  it('are saved at once when the tab goes', async () => {
    session.edit(rename('Other'));
    await session.save();
    expect(saved.at(-1)?.name).toBe('Other');
  });

  it('that could not be saved are known to be lost with the tab, and are saved once there is room, with those since', async () => {
    let isFull = true;
    const store = storeThat(async (_id, _base, document) => {
      if (isFull) return { ok: false, error: { what: 'No room.' } };
      saved.push(document);
      return ok(document);
    });
    session = new CaseSession('c1', newDocument('Case'), [], { engine, store, busy, notices });
    session.edit(setCellNote('noise', 'a'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(session.isUnsaved).toBe(true);
    const [notice] = notices.all;
    expect(notice?.failure).toMatchObject({
      what: 'No room.',
      kept: expect.stringContaining('this tab only'),
    });
    isFull = false;
    notice?.action?.run();
    await vi.advanceTimersByTimeAsync(0);
    expect(saved.map((document) => document.cellNotes.noise)).toEqual(['a']);
    expect([session.isUnsaved, notices.all]).toEqual([false, []]);
  });

  it('undo and redo step by step, a run of typing as one step', () => {
    session.edit(rename('A'));
    session.edit(setCellNote('noise', 'x'), 'cell-note:noise');
    session.edit(setCellNote('noise', 'xy'), 'cell-note:noise');
    session.undo();
    expect(session.document).toMatchObject({ name: 'A', cellNotes: {} });
    session.undo();
    expect(session.document.name).toBe('Case');
    expect(session.canUndo).toBe(false);
    session.redo();
    session.redo();
    expect(session.document).toMatchObject({ name: 'A', cellNotes: { noise: 'xy' } });
    expect(session.canRedo).toBe(false);
  });

  it('rerun the analysis only when a parameter changed', async () => {
    session.edit(setCellNote('noise', 'a'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(engine.analyses).toHaveLength(0);
    session.edit(setThreshold('robustZ', 4));
    await vi.advanceTimersByTimeAsync(1000);
    expect(engine.analyses.map(({ parameters }) => parameters.thresholds)).toEqual([{ robustZ: 4 }]);
  });
});

describe('the analysis', () => {
  it('shows only the latest run, whichever ends last', async () => {
    void session.analyze();
    void session.analyze();
    const [first, second] = engine.analyses;
    second!.resolve(ok(emptyFindings({ inferred: ['new'] })));
    await vi.advanceTimersByTimeAsync(0);
    first!.resolve(ok(emptyFindings({ inferred: ['old'] })));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.findings?.inferred).toEqual(['new']);
    expect(session.isAnalyzing).toBe(false);
  });

  it('keeps the last findings and says why when a run fails', async () => {
    void session.analyze();
    engine.analyses[0]!.resolve(ok(emptyFindings({ inferred: ['kept'] })));
    await vi.advanceTimersByTimeAsync(0);
    void session.analyze();
    engine.analyses[1]!.resolve({ ok: false, error: { what: 'The worker stopped.' } });
    await vi.advanceTimersByTimeAsync(0);
    expect(session.findings?.inferred).toEqual(['kept']);
    expect(session.analysisFailure?.what).toBe('The worker stopped.');
  });

  it('can be stopped: the last findings stay, and it is said that they are of before, until it runs again', async () => {
    void session.analyze();
    engine.analyses[0]!.resolve(ok(emptyFindings({ inferred: ['kept'] })));
    await vi.advanceTimersByTimeAsync(0);
    session.stopAnalysis();
    expect(session.isStopped).toBe(false);
    void session.analyze();
    session.stopAnalysis();
    expect(engine.calls).toContain('cancel analysis');
    expect([session.isAnalyzing, session.isStopped]).toEqual([false, true]);
    engine.analyses[1]!.resolve({ ok: false, error: 'superseded' });
    await vi.advanceTimersByTimeAsync(0);
    expect(session.findings?.inferred).toEqual(['kept']);
    expect(session.analysisFailure).toBeNull();
    void session.analyze();
    expect(session.isStopped).toBe(false);
  });

  it('holds the idle promise until it has ended', async () => {
    session.analyzeSoon();
    let isIdle = false;
    void busy.idle().then(() => (isIdle = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(isIdle).toBe(false);
    engine.analyses[0]!.resolve(ok(emptyFindings()));
    await vi.advanceTimersByTimeAsync(10);
    expect(isIdle).toBe(true);
  });
});

describe('files', () => {
  const file = (name: string) => ({ file: new Blob(['x']), name, lastModifiedMs: 0 });

  it('become sources, and the analysis runs while others are still read', async () => {
    engine.onLoad = (input, index) => [{ kind: 'done', index, source: someSource(input.name) }];
    await session.load([file('auth.log')]);
    expect(session.sources.map((source) => source.name)).toEqual(['auth.log']);
    await vi.advanceTimersByTimeAsync(500);
    expect(engine.analyses).toHaveLength(1);
    expect(session.loading.rows).toHaveLength(0);
  });

  it('of which there are many are analyzed seldom while they are read, and soon once all are in', async () => {
    let tell: (event: LoadEvent) => void = () => undefined;
    let finish: () => void = () => undefined;
    engine.load = (_files, onEvent) => {
      tell = onEvent;
      return { cancel: () => undefined, finished: new Promise((resolve) => (finish = resolve)) };
    };
    const names = Array.from({ length: 30 }, (_, i) => `auth-${i}.log`);
    const loaded = session.load(names.map(file));
    await vi.advanceTimersByTimeAsync(0);
    const end = async (from: number, to: number) => {
      for (let index = from; index < to; index++) {
        const source = someSource(names[index]!, { id: index as SourceId });
        tell({ kind: 'done', index, source });
        await vi.advanceTimersByTimeAsync(300);
      }
    };
    await end(0, 8);
    expect(engine.analyses).toHaveLength(1);
    // It took 1.4 s; from here on, four times as long would be over in 5.6 s.
    engine.analyses[0]!.resolve(ok(emptyFindings()));
    await end(8, 26);
    expect(engine.analyses).toHaveLength(1);
    await end(26, 28);
    expect(engine.analyses).toHaveLength(2);
    engine.analyses[1]!.resolve(ok(emptyFindings()));
    await end(28, 30);
    expect(session.sources.map(({ name }) => name)).toEqual(names);
    finish();
    await loaded;
    await vi.advanceTimersByTimeAsync(200);
    expect(engine.analyses).toHaveLength(3);
  });

  it('that could not be saved are told of, once for all of them', async () => {
    const unsaved = 'This case was changed in another tab. Reload this tab to continue with it.';
    engine.onLoad = (input, index) => [
      { kind: 'done', index, source: someSource(input.name, { id: index as SourceId, unsaved }) },
    ];
    await session.load([file('a.log'), file('b.log')]);
    expect(notices.all.map(({ kind, failure }) => [kind, failure.what])).toEqual([
      ['error', `2 files could not be saved in this browser. ${unsaved}`],
    ]);
  });

  it('that failed stay on the page with their reason', async () => {
    engine.onLoad = (input, index) => [
      { kind: 'failed', index, failure: { what: 'It is empty.', source: input.name } },
    ];
    await session.load([file('empty.log')]);
    expect(session.loading.rows.map((row) => [row.status, row.failure?.what])).toEqual([
      ['failed', 'It is empty.'],
    ]);
  });

  it('with columns that were named once need no second dialog', async () => {
    const preview = previewOf({ table: 'flows', columns: {} }, 'when', 'src');
    engine.onLoad = (input, index) =>
      input.format === 'csv'
        ? [{ kind: 'done', index, source: someSource(input.name) }]
        : [{ kind: 'needs mapping', index, preview }];
    await session.load([file('a.csv')]);
    const [row] = session.loading.rows;
    expect(row?.status).toBe('needs mapping');
    const mapping = { table: 'flows', columns: { startUs: 'when' } } as const;
    await session.map(row!, mapping);
    expect(session.sources.map((source) => source.name)).toEqual(['a.csv']);
    await session.load([file('b.csv')]);
    await vi.advanceTimersByTimeAsync(10);
    expect(engine.calls.filter((call) => call.startsWith('load'))).toEqual([
      'load a.csv',
      'load a.csv:csv',
      'load b.csv',
      'load b.csv:csv',
    ]);
  });

  it('are all read by the columns that one of them had named, and asked for them again by an undo', async () => {
    const preview = previewOf({ table: 'flows', columns: {} }, 'when', 'src');
    engine.onLoad = (input, index) =>
      input.format === 'csv'
        ? [
            {
              kind: 'done',
              index,
              source: someSource(input.name, { id: (input.name === 'a.csv' ? 1 : 2) as SourceId }),
            },
          ]
        : [{ kind: 'needs mapping', index, preview }];
    await session.load([file('a.csv'), file('b.csv')]);
    const named = () => session.sources.map(({ name }) => name).sort();
    const asked = () =>
      session.loading.rows.filter(({ status }) => status === 'needs mapping').map(({ input }) => input.name);
    await session.map(session.loading.rows[0]!, { table: 'flows', columns: { startUs: 'when' } });
    await vi.advanceTimersByTimeAsync(10);
    expect([named(), asked()]).toEqual([['a.csv', 'b.csv'], []]);
    session.undo();
    await vi.advanceTimersByTimeAsync(10);
    expect([named(), asked().sort()]).toEqual([[], ['a.csv', 'b.csv']]);
    session.redo();
    await vi.advanceTimersByTimeAsync(10);
    expect([named(), asked()]).toEqual([['a.csv', 'b.csv'], []]);
  });

  it('of one name are told apart when an undo takes one of them out', async () => {
    const preview = previewOf({ table: 'flows', columns: {} }, 'when', 'src');
    const removed: SourceId[] = [];
    engine.removeSource = async (id?: SourceId) => {
      if (id !== undefined) removed.push(id);
      return ok([]);
    };
    engine.onLoad = (input, index) => [
      { kind: 'done', index, source: someSource(input.name, { id: 1 as SourceId }) },
    ];
    await session.load([file('log.csv')]);
    engine.onLoad = (input, index) =>
      input.format === 'csv'
        ? [{ kind: 'done', index, source: someSource(input.name, { id: 2 as SourceId }) }]
        : [{ kind: 'needs mapping', index, preview }];
    await session.load([file('log.csv')]);
    await session.map(session.loading.rows[0]!, { table: 'flows', columns: { startUs: 'when' } });
    session.undo();
    await vi.advanceTimersByTimeAsync(10);
    expect(removed).toEqual([2]);
  });

  it('whose columns were named otherwise are read by what their names say again after one undo', async () => {
    const source = someSource('a.csv', { format: 'csv' });
    const preview = previewOf({ table: 'logins', columns: { timeUs: 'time' } }, 'time', 'user');
    engine.onLoad = (_input, index) => [{ kind: 'done', index, source }];
    engine.sources = [source];
    await session.load([file('a.csv')]);
    session.remap(source, preview, { table: 'queries', columns: { timeUs: 'time' } });
    await vi.advanceTimersByTimeAsync(0);
    session.undo();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.calls.filter((call) => call.startsWith('change')).at(-1)).toBe(
      `change ${source.id} {"format":"csv","mapping":{"table":"queries","columns":{}}}`,
    );
    expect(session.document.mappings).toEqual({});
  });

  it('of which the names say enough are read at once, by what was said of such columns where something was', async () => {
    const preview = previewOf({ table: 'logins', columns: { timeUs: 'time' } }, 'time', 'user');
    engine.onLoad = (input, index) => [
      ...(input.format === undefined ? [{ kind: 'guessed' as const, index, preview }] : []),
      { kind: 'done', index, source: someSource(input.name) },
    ];
    await session.load([file('a.csv')]);
    expect(engine.calls.filter((call) => call.startsWith('load'))).toEqual(['load a.csv']);
    const [source] = session.sources;
    session.remap(source!, preview, { table: 'queries', columns: { timeUs: 'time' } });
    expect((await session.previewSource(source!))?.guess).toEqual({ table: 'flows', columns: {} });
    await session.load([file('b.csv')]);
    await vi.advanceTimersByTimeAsync(10);
    expect(engine.calls.filter((call) => call.startsWith('load'))).toEqual([
      'load a.csv',
      'load b.csv',
      'load b.csv:csv',
    ]);
  });

  it('are read again for another format, and back for an undo', async () => {
    const source = someSource('auth.log', { format: 'syslog' });
    engine.onLoad = (_input, index) => [{ kind: 'done', index, source }];
    engine.sources = [source];
    await session.load([file('auth.log')]);
    session.changeSource(source, { format: 'csv' });
    await vi.advanceTimersByTimeAsync(0);
    session.undo();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.calls.filter((call) => call.startsWith('change'))).toEqual([
      `change ${source.id} {"format":"csv"}`,
      `change ${source.id} {"format":"syslog"}`,
    ]);
  });
});

describe('the receipts', () => {
  it('open on the first question that has rows, with the raw record of its first row', async () => {
    engine.rowTotal = 450;
    session.openRows('203.0.113.9', [{ table: 'flows' }, { table: 'logins' }]);
    await vi.advanceTimersByTimeAsync(0);
    const { receipts } = session;
    expect(receipts.counts).toEqual([0, 450]);
    expect(receipts.query?.table).toBe('logins');
    expect(receipts.raw?.text).toBe('line 1');
    receipts.moveTo(449);
    await vi.advanceTimersByTimeAsync(0);
    expect(receipts.current?.line).toBe(450);
    expect(receipts.raw?.text).toBe('line 450');
  });

  it('tell what one actor did in one order of time, over all tables that have rows of it', async () => {
    engine.rowTotal = 3;
    session.openRows('203.0.113.9', [
      { table: 'logins', actor: '203.0.113.9' },
      { table: 'queries', actor: '203.0.113.9' },
    ]);
    await vi.advanceTimersByTimeAsync(0);
    const { receipts } = session;
    expect(receipts.active).toBe('together');
    expect(receipts.shown).toHaveLength(2);
    expect(receipts.query).toBeNull();
    expect(receipts.total).toBe(3);
    receipts.show(1);
    expect(receipts.query).toMatchObject({ table: 'queries' });
  });

  it('follow the brush, and widen to the whole case when asked', () => {
    session.setBrush({ fromUs: 100, toUs: 200 });
    session.openRows('x', [{ table: 'flows', fromUs: 50 }]);
    expect(session.receipts.query).toEqual({ table: 'flows', fromUs: 100, toUs: 200 });
    session.setBrush({ fromUs: 120, toUs: 130 });
    expect(session.receipts.query).toMatchObject({ fromUs: 120, toUs: 130 });
    session.receipts.narrow(false);
    expect(session.receipts.query).toEqual({ table: 'flows', fromUs: 50 });
  });
});
