import { expect, it } from 'vitest';
import { FakeEngine } from '../../../tests/support/fake-engine';
import { someSource } from '../../../tests/support/findings';
import { ok } from '../base/result';
import { newDocument } from '../notebook/document';
import type { CaseSession } from './case-session.svelte';
import { exportReport } from './exports';

/** A case file of a case with these sources. */
async function caseFile(part: Pick<CaseSession, 'sources' | 'isUnsaved'>) {
  const engine = new FakeEngine();
  engine.exportCase = async () => ok(new Blob(['x']));
  const session = { ...part, document: newDocument('Case'), findings: null, save: async () => undefined };
  const made = await exportReport('case', session as unknown as CaseSession, engine);
  if (!made.ok) throw new Error(made.error.what);
  return made.value;
}

it('says what a case file lacks because this browser could not save it', async () => {
  const sources = [someSource('kept.log'), someSource('flows.csv', { unsaved: 'No room.' })];
  const { lacks } = await caseFile({ sources, isUnsaved: true });
  expect(lacks?.what).toBe(
    'The case file lacks what this browser could not save: 1 file (flows.csv) and the latest edits.',
  );
  expect((await caseFile({ sources: sources.slice(0, 1), isUnsaved: false })).lacks).toBeUndefined();
});
