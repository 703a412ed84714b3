import { createEngine } from '../../../src/lib/workers/client';
import { createCase, deleteCase, listCases } from '../../../src/lib/storage/cases';
import { Database } from '../../../src/lib/storage/database';
import { requestPersistence, storageEstimate } from '../../../src/lib/storage/quota';

/** What the tests drive from outside: the engine as the page has it, without the page. */
export const harness = {
  createEngine,
  createCase: (name: string) => createCase(new Database(), name, { name, parameters: {} }),
  deleteCase: (id: string) => deleteCase(new Database(), id),
  listCases: () => listCases(new Database()),
  requestPersistence,
  storageEstimate,
};

declare global {
  var undertone: typeof harness;
}

globalThis.undertone = harness;
