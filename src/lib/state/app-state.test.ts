import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeEngine } from '../../../tests/support/fake-engine';
import { ok } from '../base/result';
import { newDocument, type NotebookDocument } from '../notebook/document';
import type { InputFile } from '../workers/engine';
import { AppState } from './app-state.svelte';
import type { CaseStore } from './case-store';

const file = (name: string): InputFile => ({ file: new Blob(['x']), name, lastModifiedMs: 0 });

let engine: FakeEngine;
let made: NotebookDocument[];
let app: AppState;

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  made = [];
  const no = () => Promise.reject(new Error('not asked for here'));
  const store: CaseStore = {
    list: async () => ok([]),
    create: async (document) => ok(`c${made.push(document)}`),
    load: async () => ok(newDocument('Case')),
    save: async (_id, _base, document) => ok(document),
    noteUnread: async () => ok(undefined),
    takeUnread: async () => ok([]),
    announce: () => undefined,
    watch: () => () => undefined,
    rename: no,
    delete: no,
  };
  app = new AppState(engine, store);
});

afterEach(() => {
  vi.useRealTimers();
});

it('reads files that are dropped while a case is still being made into that case', async () => {
  await Promise.all([app.take([file('a.log')], 'a.log'), app.take([file('b.log')], 'b.log')]);
  expect(made.map(({ name }) => name)).toEqual(['a.log']);
  expect(engine.calls.filter((call) => call.startsWith('load'))).toEqual(['load a.log', 'load b.log']);
});

it('reads files that are dropped while a case is being opened into that case', async () => {
  const opening = app.openCase('old');
  await Promise.all([opening, app.take([file('a.log')], 'a.log')]);
  expect(made).toEqual([]);
  expect(app.session?.id).toBe('old');
  expect(engine.calls).toContain('load a.log');
});

it('makes a case of files that come after one could not be opened', async () => {
  engine.openCase = async (id) =>
    id === 'gone' ? { ok: false, error: { what: 'This case is gone.' } } : ok([]);
  await Promise.all([app.openCase('gone'), app.take([file('a.log')], 'a.log')]);
  expect(made.map(({ name }) => name)).toEqual(['a.log']);
  expect(engine.calls).toContain('load a.log');
});

it('has something to lose with the tab only while files are read', async () => {
  let end = () => {};
  engine.load = (_files, onEvent) => ({
    cancel: () => undefined,
    finished: new Promise<void>((resolve) => (end = resolve)).then(() =>
      onEvent({ kind: 'failed', index: 0, failure: { what: 'No log.' } }),
    ),
  });
  expect(app.losesIfClosed).toBe(false);
  const taking = app.take([file('a.log')], 'a.log');
  await vi.advanceTimersByTimeAsync(0);
  expect(app.losesIfClosed).toBe(true);
  end();
  await taking;
  expect(app.losesIfClosed).toBe(false);
});
