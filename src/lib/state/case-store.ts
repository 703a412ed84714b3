import { fail, FailureError, ok, type Result } from '../base/result';
import { newDocument, type NotebookDocument } from '../notebook/document';
import { mergeDocuments } from '../notebook/merge';
import { readDocument } from '../notebook/upgraders';
import {
  createCase,
  deleteCase,
  listCases,
  loadDocument,
  noteUnread,
  renameCase,
  saveDocument,
  takeUnread,
  type CaseSummary,
} from '../storage/cases';
import { Database } from '../storage/database';
import { missingCase, toStorageFailure } from '../storage/failures';

export type { CaseSummary };

/** What of a case another tab has changed: what its analyst made of it, or its files. */
export type CaseChange = 'document' | 'sources';

/** The cases in this browser. Errors come back as data, in words. */
export interface CaseStore {
  list(): Promise<Result<readonly CaseSummary[]>>;
  create(document: NotebookDocument): Promise<Result<string>>;
  load(id: string): Promise<Result<NotebookDocument>>;
  /**
   * Saves a document that was made of `base`. What another tab saved since then is kept beside it, and in the document that comes back; that is
   * `document` itself where there was nothing.
   */
  save(id: string, base: NotebookDocument, document: NotebookDocument): Promise<Result<NotebookDocument>>;
  /** Keeps which files are being read (`begun`) and which no longer are (`ended`). */
  noteUnread(id: string, begun: readonly string[], ended: readonly string[]): Promise<Result<void>>;
  /** Gives, once, the names of files that were being read when the case was left. */
  takeUnread(id: string): Promise<Result<readonly string[]>>;
  rename(id: string, name: string): Promise<Result<void>>;
  delete(id: string): Promise<Result<void>>;
  /** Tells other tabs of a change that is stored. */
  announce(id: string, change: CaseChange): void;
  /** Calls back when another tab has changed the case, until the returned function is called. */
  watch(id: string, onChange: (change: CaseChange) => void): () => void;
}

/** Name of the channel on which tabs tell one another of changes. */
const CHANNEL = 'undertone cases';

/** The store over IndexedDB. */
export function openCaseStore(): CaseStore {
  const db = new Database();
  const channel = new BroadcastChannel(CHANNEL);
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
    save: (id, base, document) =>
      attempt('saving the notebook', () =>
        saveDocument(db, id, (stored) => {
          const theirs = readDocument(stored);
          if (!theirs.ok) throw new FailureError(theirs.error);
          return mergeDocuments(base, document, theirs.value);
        }),
      ),
    noteUnread: (id, begun, ended) =>
      attempt('keeping which files are being read', () => noteUnread(db, id, begun, ended)),
    takeUnread: (id) => attempt('opening the case', () => takeUnread(db, id)),
    async rename(id, name) {
      const renamed = await attempt('renaming the case', () => renameCase(db, id, name));
      if (renamed.ok) this.announce(id, 'document');
      return renamed;
    },
    delete: (id) => attempt('deleting the case', () => deleteCase(db, id)),
    announce: (id, change) => channel.postMessage({ id, change } satisfies Announcement),
    watch(id, onChange) {
      const listen = ({ data }: MessageEvent<Announcement>) => {
        if (data.id === id) onChange(data.change);
      };
      channel.addEventListener('message', listen);
      return () => channel.removeEventListener('message', listen);
    },
  };
}

interface Announcement {
  readonly id: string;
  readonly change: CaseChange;
}

/** The document of a case that begins with what was dropped or imported. */
export function firstDocument(
  name: string,
  parameters: NotebookDocument['parameters'] = {},
): NotebookDocument {
  return { ...newDocument(name), parameters };
}
