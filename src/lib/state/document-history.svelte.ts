import type { NotebookDocument } from '../notebook/document';
import type { Edit } from '../notebook/edits';
import { mergeDocuments } from '../notebook/merge';

/** Documents are immutable and share their parts, so keeping many costs little; this many steps is more than anyone walks back. */
const MOST_STEPS = 500;

/** Undo and redo over the notebook's document. */
export class DocumentHistory {
  #document = $state.raw() as NotebookDocument;
  #past = $state.raw<readonly NotebookDocument[]>([]);
  #future = $state.raw<readonly NotebookDocument[]>([]);
  #mergeKey: string | null = null;

  constructor(document: NotebookDocument) {
    this.#document = document;
  }

  get document(): NotebookDocument {
    return this.#document;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Applies an edit. Edits in a row with the same `mergeKey` (typing in one note) are one step. False: it changed nothing. */
  apply(edit: Edit, mergeKey: string | null = null): boolean {
    const changed = edit(this.#document);
    if (changed === this.#document) return false;
    const isMerged = mergeKey !== null && mergeKey === this.#mergeKey && this.#past.length > 0;
    if (!isMerged) this.#past = [...this.#past, this.#document].slice(-MOST_STEPS);
    this.#mergeKey = mergeKey;
    this.#future = [];
    this.#document = changed;
    return true;
  }

  /** Changes the document without a step of its own: undo goes to what was before the step that follows. */
  amend(edit: Edit): void {
    this.#document = edit(this.#document);
  }

  /**
   * Takes over what another tab made (`theirs`) of the document that both had (`base`), into every step as well: an undo takes back what was
   * done here, and never what was done there.
   */
  takeOver(base: NotebookDocument, theirs: NotebookDocument): void {
    const merge = (step: NotebookDocument) => mergeDocuments(base, step, theirs);
    this.#document = merge(this.#document);
    this.#past = this.#past.map(merge);
    this.#future = this.#future.map(merge);
    this.#mergeKey = null;
  }

  undo(): boolean {
    const before = this.#past.at(-1);
    if (!before) return false;
    this.#past = this.#past.slice(0, -1);
    this.#future = [this.#document, ...this.#future];
    this.#mergeKey = null;
    this.#document = before;
    return true;
  }

  redo(): boolean {
    const [next, ...rest] = this.#future;
    if (!next) return false;
    this.#future = rest;
    this.#past = [...this.#past, this.#document];
    this.#mergeKey = null;
    this.#document = next;
    return true;
  }
}
