import type { Failure } from '../base/result';
import type { NotebookDocument } from '../notebook/document';
import { mergeDocuments } from '../notebook/merge';
import { Autosave } from './autosave';
import type { Busy } from './busy';
import type { CaseChange, CaseStore } from './case-store';
import type { Notices } from './notices.svelte';
import { otherSources } from './source-list';

interface Tools {
  readonly store: CaseStore;
  readonly busy: Busy;
  readonly notices: Notices;
}

/** Takes over what another tab made (`theirs`) of the document that both had (`base`). */
export type TakeOver = (base: NotebookDocument, theirs: NotebookDocument) => void;

/** An open document's other half in this browser's storage, which other tabs with the same case write to as well. */
export class DocumentStorage {
  #id: string;
  #tools: Tools;
  #takeOver: TakeOver;
  #autosave: Autosave;
  /** What was edited and is not saved yet, also because that failed; what another tab saves meanwhile is taken into it. */
  #waiting: NotebookDocument | null = null;
  /** The notice that stands of a saving that failed. */
  #failed: number | null = null;
  /** What was stored when this tab last saved or looked: what another tab changed is told by it. */
  #stored: NotebookDocument;
  /** Saving and looking take turns: each begins from what the one before it left. */
  #turns: Promise<void> = Promise.resolve();
  #unwatch: () => void;

  constructor(id: string, document: NotebookDocument, tools: Tools, takeOver: TakeOver) {
    this.#id = id;
    this.#tools = tools;
    this.#takeOver = takeOver;
    this.#stored = document;
    this.#autosave = new Autosave(() => this.#inTurn(() => this.#save()), tools.busy);
    this.#unwatch = tools.store.watch(id, (change) => this.#heard(change));
  }

  /** Saves the document a moment after the last edit. */
  schedule(document: NotebookDocument): void {
    this.#waiting = document;
    this.#autosave.schedule();
  }

  /** Saving failed, and has not succeeded since: only this tab has the latest edits. */
  get isUnsaved(): boolean {
    return this.#failed !== null;
  }

  /** Saves now what is waiting, also what could not be saved before; resolves when that has been tried. */
  flush(): Promise<void> {
    return this.#autosave.flush();
  }

  /** Tells other tabs that the case has other files now. */
  announceSources(): void {
    this.#tools.store.announce(this.#id, 'sources');
  }

  close(): Promise<void> {
    this.#unwatch();
    return this.flush();
  }

  #heard(change: CaseChange): void {
    if (change === 'document') void this.#tools.busy.track(this.#inTurn(() => this.#follow()));
    else this.#tools.notices.fail(otherSources());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turns = this.#turns.then(work);
    return this.#turns;
  }

  async #save(): Promise<void> {
    const { store, notices, busy } = this.#tools;
    const document = this.#waiting;
    if (document === null) return;
    this.#waiting = null;
    const saved = await store.save(this.#id, this.#stored, document);
    if (!saved.ok) {
      this.#waiting ??= document;
      const again = { label: 'Save again', run: () => void busy.track(this.flush()) };
      this.#failed = notices.fail(unsavedEdits(saved.error), again);
      return;
    }
    if (this.#failed !== null) notices.dismiss(this.#failed);
    this.#failed = null;
    this.#stored = saved.value;
    store.announce(this.#id, 'document');
    if (saved.value !== document) this.#merge(document, saved.value);
  }

  async #follow(): Promise<void> {
    const loaded = await this.#tools.store.load(this.#id);
    if (!loaded.ok) {
      this.#tools.notices.fail(loaded.error);
      return;
    }
    const before = this.#stored;
    this.#stored = loaded.value;
    this.#merge(before, loaded.value);
  }

  #merge(base: NotebookDocument, theirs: NotebookDocument): void {
    if (this.#waiting) this.#waiting = mergeDocuments(base, this.#waiting, theirs);
    this.#takeOver(base, theirs);
  }
}

/** What is to be said when edits could not be stored. */
function unsavedEdits({ what }: Failure): Failure {
  return {
    what,
    kept: 'What was saved before is kept. The edits since then are in this tab only, until it is closed.',
    todo: 'Delete a case or free disk space, then save again; save the report before this tab is closed.',
  };
}
