// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { afterEach, expect, it, vi } from 'vitest';
import { FailureError } from '../base/result';
import { makeAnalysisWork } from './analysis-work';
import { CaseKeeper } from './case-keeper';
import { flowText, input, load, makeEngine, newCase, valueOf } from './local-engine';

const FULL = 'This browser has no room left for saving files.';

function fillStorage(): void {
  const full = () => Promise.reject(new FailureError({ what: FULL }));
  vi.spyOn(CaseKeeper.prototype, 'save').mockImplementation(full);
  vi.spyOn(CaseKeeper.prototype, 'saveTogether').mockImplementation(full);
}

afterEach(() => {
  vi.restoreAllMocks();
});

const files = () => ['a.log', 'b.log', 'c.log'].map((name, at) => input(flowText(10, at * 10), name));

it('files that storage has no room for all say so, at once and in the findings', async () => {
  const engine = makeEngine(makeAnalysisWork());
  valueOf(await engine.openCase(await newCase()));
  fillStorage();
  const events = await load(engine, files(), {});
  expect(events.map((event) => event.kind === 'done' && event.source.unsaved)).toEqual([FULL, FULL, FULL]);
  const sources = valueOf(await engine.analyze({})).sources;
  expect(sources.map(({ unsaved }) => unsaved)).toEqual([FULL, FULL, FULL]);
});

it('a file that could not be saved is saved when it is dropped again, and stays one source', async () => {
  const engine = makeEngine(makeAnalysisWork());
  const caseId = await newCase();
  valueOf(await engine.openCase(caseId));
  fillStorage();
  await load(engine, files(), {});
  vi.restoreAllMocks();
  const events = await load(engine, files().slice(0, 2), {});
  expect(events).toMatchObject([
    { kind: 'done', source: { name: 'a.log' } },
    { kind: 'done', source: { name: 'b.log' } },
  ]);
  for (const event of events) expect(event).not.toHaveProperty('source.unsaved');
  expect(valueOf(await engine.analyze({})).sources.map(({ name, unsaved }) => [name, unsaved])).toEqual([
    ['a.log', undefined],
    ['b.log', undefined],
    ['c.log', FULL],
  ]);
  const reopened = valueOf(await makeEngine().openCase(caseId));
  expect(reopened.map(({ name, rows }) => [name, rows.flows])).toEqual([
    ['a.log', 10],
    ['b.log', 10],
  ]);
});
