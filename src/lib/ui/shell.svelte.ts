import type { SourceInfo } from '../analysis/evidence';
import type { CsvMapping, TablePreview } from '../formats/format';
import { CELL_IDS, type CellId } from '../notebook/document';

/** A table that the keys act on: the one that had the focus last. */
export interface ActiveTable {
  move(delta: number): void;
  /** What a pin, tag or note would be about; null where the row under the cursor is nothing of that kind. */
  subject(): string | null;
}

export type CaseTab = 'general' | 'assets' | 'services' | 'actors' | 'exposure' | 'distrust';

export type Dialog =
  | { readonly kind: 'help' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'source'; readonly source: SourceInfo }
  | { readonly kind: 'case'; readonly tab: CaseTab }
  | {
      readonly kind: 'mapping';
      readonly name: string;
      readonly preview: TablePreview;
      /** Whether the file is read already, by what its columns' names say. */
      readonly isRead: boolean;
      readonly onread: (mapping: CsvMapping) => void;
    }
  | { readonly kind: 'query'; readonly after: string | null }
  | { readonly kind: 'mark'; readonly subject: string; readonly focus: 'tags' | 'note' };

export type Place = CellId | 'answer';
export const PLACES: readonly Place[] = ['answer', ...CELL_IDS];

const RECEIPTS = 'aside.drawer';

/** What is open on the page and where the person is; nothing of it is saved. */
export class Shell {
  #dialog = $state.raw<Dialog | null>(null);
  #place = $state.raw<Place>('answer');
  #isRailOpen = $state.raw(false);
  #copiesRaw = $state.raw(false);
  #freshNote: string | null = null;
  #table: ActiveTable | null = null;
  #beforeReceipts: HTMLElement | null = null;

  get dialog(): Dialog | null {
    return this.#dialog;
  }

  get place(): Place {
    return this.#place;
  }

  /** On a narrow screen the rail is folded away until asked for. */
  get isRailOpen(): boolean {
    return this.#isRailOpen;
  }

  /** Whether copied text keeps its indicators as they are; off unless asked for. */
  get copiesRaw(): boolean {
    return this.#copiesRaw;
  }

  get table(): ActiveTable | null {
    return this.#table;
  }

  open(dialog: Dialog): void {
    this.#dialog = dialog;
  }

  /** Closes a dialog, unless another one has taken its place already (a command of the palette that opens one). */
  close(dialog: Dialog): void {
    if (this.#dialog === dialog) this.#dialog = null;
  }

  /** The id for a note that is about to be added: its field opens with the focus in it. */
  newNoteId(): string {
    this.#freshNote = crypto.randomUUID();
    return this.#freshNote;
  }

  /** Whether a note was just added; true once. */
  takeFresh(id: string): boolean {
    const isFresh = this.#freshNote === id;
    if (isFresh) this.#freshNote = null;
    return isFresh;
  }

  toggleRail(): void {
    this.#isRailOpen = !this.#isRailOpen;
  }

  closeRail(): void {
    this.#isRailOpen = false;
  }

  setCopiesRaw(copiesRaw: boolean): void {
    this.#copiesRaw = copiesRaw;
  }

  /** Called while scrolling: the cell that the person is reading. */
  arrivedAt(place: Place): void {
    this.#place = place;
  }

  /** Scrolls to a cell and puts the focus on its title, so that the keyboard goes on from there. */
  goTo(place: Place): void {
    this.#place = place;
    this.closeRail();
    const title = document.getElementById(`cell-${place}`);
    title?.scrollIntoView({ block: 'start' });
    title?.focus({ preventScroll: true });
  }

  step(delta: number): void {
    const at = PLACES.indexOf(this.#focusedPlace() ?? this.#place);
    const next = PLACES[Math.max(0, Math.min(PLACES.length - 1, at + delta))];
    if (next) this.goTo(next);
  }

  /**
   * The cell whose title has the focus. What scrolling reports lags behind a jump while the page is still on its way there; where the
   * keyboard stands does not.
   */
  #focusedPlace(): Place | undefined {
    const id = document.activeElement?.id;
    return PLACES.find((place) => id === `cell-${place}`);
  }

  /** Into the receipts, which lie behind the whole page for those who go by the keyboard, or back to where that was done. False: none are open. */
  crossReceipts(): boolean {
    const drawer = document.querySelector<HTMLElement>(RECEIPTS);
    if (!drawer) return false;
    const focused = document.activeElement;
    if (drawer.contains(focused)) this.#beforeReceipts?.focus();
    else {
      this.#beforeReceipts = focused instanceof HTMLElement ? focused : null;
      const rows = drawer.querySelector<HTMLElement>('[role=grid]') ?? drawer.querySelector('button');
      rows?.focus();
    }
    return true;
  }

  /** Closes the receipts; a focus within them goes back to where they were entered from. */
  closeReceipts(receipts: { close(): void }): void {
    const isWithin = document.querySelector(RECEIPTS)?.contains(document.activeElement) ?? false;
    receipts.close();
    if (isWithin) this.#beforeReceipts?.focus();
  }

  activate(table: ActiveTable): void {
    this.#table = table;
  }

  deactivate(table: ActiveTable): void {
    if (this.#table === table) this.#table = null;
  }
}
