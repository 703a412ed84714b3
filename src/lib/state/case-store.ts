import { fail, ok, type Result } from '../base/result';
import { newDocument, type NotebookDocument } from '../notebook/document';
import { readDocument } from '../notebook/upgraders';
import {
  createCase,
  deleteCase,
  listCases,
  loadDocument,
  renameCase,
  saveDocument,
  type CaseSummary,
} from '../storage/cases';
import { Database } from '../storage/database';
import { missingCase, toStorageFailure } from '../storage/failures';

export type { CaseSummary };

/** The cases in this browser. Errors come back as data, in words. */
export interface CaseStore {
  list(): Promise<Result<readonly CaseSummary[]>>;
  create(document: NotebookDocument): Promise<Result<string>>;
  load(id: string): Promise<Result<NotebookDocument>>;
  save(id: string, document: NotebookDocument): Promise<Result<void>>;
  rename(id: string, name: string): Promise<Result<void>>;
  delete(id: string): Promise<Result<void>>;
}

/** The store over IndexedDB. */
export function openCaseStore(): CaseStore {
  const db = new Database();
  async function attempt<T>(doing: string, work: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await work());
    } catch (caught) {
      return fail(toStorageFailure(caught, doing));
    }
  }
  return {
    list: () => attempt('reading the list of cases', () => listCases(db)),
    create: (document) => attempt('making a case', () => createCase(db, document.name, document)),
    async load(id) {
      const stored = await attempt('opening the case', () => loadDocument(db, id));
      if (!stored.ok) return stored;
      return stored.value === undefined ? fail(missingCase().failure) : readDocument(stored.value);
    },
    save: (id, document) => attempt('saving the notebook', () => saveDocument(db, id, document)),
    rename: (id, name) => attempt('renaming the case', () => renameCase(db, id, name)),
    delete: (id) => attempt('deleting the case', () => deleteCase(db, id)),
  };
}

/** The document of a case that begins with what was dropped or imported. */
export function firstDocument(
  name: string,
  parameters: NotebookDocument['parameters'] = {},
): NotebookDocument {
  return { ...newDocument(name), parameters };
}
