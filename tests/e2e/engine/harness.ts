import { createEngine } from '../../../src/lib/workers/client';
import { createCase, deleteCase, listCases } from '../../../src/lib/storage/cases';
import { Database } from '../../../src/lib/storage/database';
import { requestPersistence, storageEstimate } from '../../../src/lib/storage/quota';

/** Findings are too many megabytes to carry out of the page only to compare them. */
async function digestOf(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What the tests drive from outside: the engine as the page has it, without the page. */
export const harness = {
  createEngine,
  createCase: (name: string) => createCase(new Database(), name, { name, parameters: {} }),
  deleteCase: (id: string) => deleteCase(new Database(), id),
  listCases: () => listCases(new Database()),
  digestOf,
  requestPersistence,
  storageEstimate,
};

declare global {
  var undertone: typeof harness;
}

globalThis.undertone = harness;
