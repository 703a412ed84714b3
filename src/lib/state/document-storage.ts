import type { NotebookDocument } from '../notebook/document';
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
  #autosave: Autosave<NotebookDocument>;
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
    this.#autosave = new Autosave((value) => this.#inTurn(() => this.#save(value)), tools.busy);
    this.#unwatch = tools.store.watch(id, (change) => this.#heard(change));
  }

  /** Saves the document a moment after the last edit. */
  schedule(document: NotebookDocument): void {
    this.#autosave.schedule(document);
  }

  /** Saves now what is waiting; resolves when it is saved. */
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

  async #save(document: NotebookDocument): Promise<void> {
    const { store, notices } = this.#tools;
    const saved = await store.save(this.#id, this.#stored, document);
    if (!saved.ok) return notices.fail(saved.error);
    this.#stored = saved.value;
    store.announce(this.#id, 'document');
    if (saved.value !== document) this.#takeOver(document, saved.value);
  }

  async #follow(): Promise<void> {
    const loaded = await this.#tools.store.load(this.#id);
    if (!loaded.ok) return this.#tools.notices.fail(loaded.error);
    const before = this.#stored;
    this.#stored = loaded.value;
    this.#takeOver(before, loaded.value);
  }
}
