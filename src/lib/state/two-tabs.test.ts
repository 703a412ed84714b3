import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { beforeEach, expect, it, vi } from 'vitest';
import { FakeEngine } from '../../../tests/support/fake-engine';
import { someSource } from '../../../tests/support/findings';
import { Dexie } from 'dexie';
import { newDocument, type NotebookDocument } from '../notebook/document';
import { rename, setCellNote, setThreshold } from '../notebook/edits';
import { Busy } from './busy';
import { CaseSession } from './case-session.svelte';
import { openCaseStore, type CaseStore } from './case-store';
import { Notices } from './notices.svelte';

interface Tab {
  readonly engine: FakeEngine;
  readonly store: CaseStore;
  readonly notices: Notices;
  readonly session: CaseSession;
}

let caseId: string;
let one: Tab;
let two: Tab;

async function openTab(): Promise<Tab> {
  const store = openCaseStore();
  const loaded = await store.load(caseId);
  if (!loaded.ok) throw new Error(loaded.error.what);
  const tools = { engine: new FakeEngine(), store, busy: new Busy(), notices: new Notices() };
  return { ...tools, session: new CaseSession(caseId, loaded.value, [], tools) };
}

async function stored(): Promise<NotebookDocument> {
  const loaded = await one.store.load(caseId);
  if (!loaded.ok) throw new Error(loaded.error.what);
  return loaded.value;
}

beforeEach(async () => {
  Dexie.dependencies.indexedDB = new IDBFactory();
  Dexie.dependencies.IDBKeyRange = IDBKeyRange;
  const made = await openCaseStore().create(newDocument('Case'));
  if (!made.ok) throw new Error(made.error.what);
  caseId = made.value;
  one = await openTab();
  two = await openTab();
  return async () => {
    await one.session.close();
    await two.session.close();
  };
});

it('shows what is written in one tab in the other, and keeps it when that one is edited', async () => {
  one.session.edit(setCellNote('noise', 'from one'));
  await one.session.save();
  await vi.waitFor(() => expect(two.session.document.cellNotes.noise).toBe('from one'));
  two.session.edit(setCellNote('quiet', 'from two'));
  await two.session.save();
  expect((await stored()).cellNotes).toEqual({ noise: 'from one', quiet: 'from two' });
  await vi.waitFor(() => expect(one.session.document.cellNotes.quiet).toBe('from two'));
});

it('keeps what two tabs write in the same moment', async () => {
  one.session.edit(setCellNote('noise', 'from one'));
  two.session.edit(rename('Renamed in two'));
  await Promise.all([one.session.save(), two.session.save()]);
  expect(await stored()).toMatchObject({ name: 'Renamed in two', cellNotes: { noise: 'from one' } });
  await vi.waitFor(() => expect(one.session.document.name).toBe('Renamed in two'));
  expect(two.session.document.cellNotes.noise).toBe('from one');
});

it('analyzes again where the other tab has changed a threshold, and only there', async () => {
  one.session.edit(setCellNote('noise', 'text'));
  await one.session.save();
  one.session.edit(setThreshold('robustZ', 4));
  await one.session.save();
  await vi.waitFor(() => expect(two.engine.analyses).toHaveLength(1));
  expect(two.engine.analyses[0]?.parameters.thresholds).toEqual({ robustZ: 4 });
});

it('says in one tab that the files were changed in the other', async () => {
  one.engine.onLoad = (input, index) => [{ kind: 'done', index, source: someSource(input.name) }];
  await one.session.load([{ file: new Blob(['x']), name: 'a.log', lastModifiedMs: 0 }]);
  await vi.waitFor(() =>
    expect(two.notices.all.map(({ failure }) => failure.what)).toEqual([
      'Files of this case were added, taken out or read anew in another tab.',
    ]),
  );
  expect(one.notices.all).toEqual([]);
});

it('keeps what the other tab saved while an edit here still waited to be saved', async () => {
  two.session.edit(rename('Renamed in two'));
  one.session.edit(setCellNote('noise', 'from one'));
  await one.session.save();
  await vi.waitFor(() => expect(two.session.document.cellNotes.noise).toBe('from one'));
  await two.session.save();
  expect(await stored()).toMatchObject({ name: 'Renamed in two', cellNotes: { noise: 'from one' } });
});

it('undoes what was done here and leaves what the other tab did meanwhile', async () => {
  two.session.edit(rename('Renamed in two'));
  await two.session.save();
  one.session.edit(setCellNote('noise', 'from one'));
  await one.session.save();
  await vi.waitFor(() => expect(two.session.document.cellNotes.noise).toBe('from one'));
  two.session.undo();
  expect(two.session.document).toMatchObject({ name: 'Case', cellNotes: { noise: 'from one' } });
  two.session.redo();
  expect(two.session.document).toMatchObject({ name: 'Renamed in two', cellNotes: { noise: 'from one' } });
});
