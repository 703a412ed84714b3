import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { Dexie } from 'dexie';
import { beforeEach, expect, it } from 'vitest';
import { FakeEngine } from '../../../tests/support/fake-engine';
import { newDocument } from '../notebook/document';
import type { InputFile, LoadEvent } from '../workers/engine';
import { AppState } from './app-state.svelte';
import { openCaseStore } from './case-store';
import { unreadFailure } from './unread-files';

const file = (name: string): InputFile => ({ file: new Blob(['x']), name, lastModifiedMs: 0 });

let caseId: string;

/** A tab whose files end as `end` says, and the others never. */
function openTab(end: (name: string) => 'failed' | 'cancelled' | null) {
  const engine = new FakeEngine();
  engine.load = (files, onEvent) => {
    const events = files.flatMap(({ name }, index): LoadEvent[] => {
      const kind = end(name);
      if (kind === 'failed') return [{ kind, index, failure: { what: 'No log.' } }];
      return kind ? [{ kind, index }] : [];
    });
    events.forEach(onEvent);
    const finished = events.length === files.length ? Promise.resolve() : new Promise<void>(() => undefined);
    return { cancel: () => undefined, finished };
  };
  return new AppState(engine, openCaseStore());
}

async function told(): Promise<string[]> {
  const tab = openTab(() => null);
  await tab.openCase(caseId);
  const said = tab.notices.all.map(({ failure }) => failure.what);
  await tab.close();
  return said;
}

beforeEach(async () => {
  Dexie.dependencies.indexedDB = new IDBFactory();
  Dexie.dependencies.IDBKeyRange = IDBKeyRange;
  const made = await openCaseStore().create(newDocument('Case'));
  if (!made.ok) throw new Error(made.error.what);
  caseId = made.value;
});

it('tells, once, which files were being read when the case was left', async () => {
  const tab = openTab((name) => (name === 'bad.log' ? 'failed' : name === 'not.log' ? 'cancelled' : null));
  await tab.openCase(caseId);
  void tab.take(['a.log', 'bad.log', 'b.log', 'not.log'].map(file), 'x');
  // The files that ended are taken in together, a moment later.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await tab.close();
  expect(await told()).toEqual([
    '2 files were not read to their end when this case was last open: a.log, b.log.',
  ]);
  expect(await told()).toEqual([]);
});

it('tells of them after a tab that went without a word', async () => {
  const tab = openTab(() => null);
  await tab.openCase(caseId);
  void tab.take([file('a.log')], 'x');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await told()).toEqual(['1 file was not read to its end when this case was last open: a.log.']);
});

it('has nothing to tell of files that all ended', async () => {
  const tab = openTab(() => 'failed');
  await tab.openCase(caseId);
  await tab.take([file('a.log'), file('b.log')], 'x');
  await tab.close();
  expect(await told()).toEqual([]);
});

it('names a few of many, none at full length, and writes out what would mislead', () => {
  const { what } = unreadFailure([`${'x'.repeat(500)}.log`, 'gpj\u202e.exe', 'c', 'd', 'e', 'f', 'g']);
  expect(what).toContain('7 files were not read');
  expect(what).toContain('gpj\\u202e.exe, c, d, e and 2 more.');
  expect(what).toContain('x.log');
  expect(what.length).toBeLessThan(250);
});
