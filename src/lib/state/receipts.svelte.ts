import type { Failure } from '../base/result';
import type { RowQuery } from '../analysis/evidence';
import { withinBrush, type TimeRange } from '../notebook/selection';
import type { TableName } from '../tables/schemas';
import type { Engine, RawRecord, RowPage, RowView } from '../workers/engine';
import type { Busy } from './busy';

/** Rows asked for at once: several screens, so that scrolling seldom waits. */
const PAGE_ROWS = 200;

/** Questions that get a tab and a count; a sentence may rest on hundreds. */
export const MOST_COUNTED = 24;

/** Which rows are shown: those of one question, or of all together in one order of time. */
export type ShownRows = number | 'together';

/** The rows behind a number: which question, page by page, and the raw record of the row under the cursor. */
export class Receipts {
  #engine: Engine;
  #busy: Busy;
  #isOpen = $state.raw(false);
  #title = $state.raw('');
  #queries = $state.raw<readonly RowQuery[]>([]);
  #active = $state.raw<ShownRows>(0);
  #brush = $state.raw<TimeRange | null>(null);
  #isNarrowed = $state.raw(true);
  #head = $state.raw<Omit<RowPage, 'rows'> | null>(null);
  #pages = $state.raw<readonly (readonly RowView[] | undefined)[]>([]);
  #asked: boolean[] = [];
  #cursor = $state.raw(0);
  #raw = $state.raw<RawRecord | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #counts = $state.raw<readonly number[]>([]);
  #token = 0;
  #countsToken = 0;
  #rawToken = 0;

  constructor(engine: Engine, busy: Busy) {
    this.#engine = engine;
    this.#busy = busy;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get title(): string {
    return this.#title;
  }

  get queries(): readonly RowQuery[] {
    return this.#queries;
  }

  /** Rows of each question, as the brush leaves them; empty until counted. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  get active(): ShownRows {
    return this.#active;
  }

  /** The questions whose rows are shown, as the brush leaves them. */
  get shown(): readonly RowQuery[] {
    const brush = this.#isNarrowed ? this.#brush : null;
    const asked =
      this.#active === 'together' ? this.#queries : this.#queries.slice(this.#active, this.#active + 1);
    return asked.map((query) => withinBrush(query, brush));
  }

  /** The one question whose rows are shown; null where those of several are. */
  get query(): RowQuery | null {
    return this.#active === 'together' ? null : (this.shown[0] ?? null);
  }

  /** Whether the questions ask for rows of several tables, and are few enough to be asked together. */
  get hasTogether(): boolean {
    const isOfSeveral = this.#queries.some(({ table }) => table !== this.#queries[0]?.table);
    return isOfSeveral && this.#queries.length <= MOST_COUNTED;
  }

  get hasBrush(): boolean {
    return this.#brush !== null;
  }

  get isNarrowed(): boolean {
    return this.#isNarrowed && this.#brush !== null;
  }

  get total(): number | null {
    return this.#head?.total ?? null;
  }

  /** Names of the cells of a table's rows; empty until any have arrived. */
  columnsOf(table: TableName): readonly string[] {
    return this.#head?.columns[table] ?? [];
  }

  get cursor(): number {
    return this.#cursor;
  }

  get raw(): RawRecord | null {
    return this.#raw;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get current(): RowView | null {
    return this.rowAt(this.#cursor);
  }

  /** A row if it has arrived; asks for its page otherwise. */
  rowAt(index: number): RowView | null {
    const page = this.#pages[Math.floor(index / PAGE_ROWS)];
    return page?.[index % PAGE_ROWS] ?? null;
  }

  open(title: string, queries: readonly RowQuery[], brush: TimeRange | null): void {
    this.#isOpen = true;
    this.#title = title;
    this.#queries = queries;
    this.#active = 0;
    this.#brush = brush;
    this.#isNarrowed = true;
    this.#restart();
    void this.#count(true);
  }

  close(): void {
    this.#isOpen = false;
    this.#token += 1;
  }

  /** The brush moved: the rows follow while the drawer is open. */
  follow(brush: TimeRange | null): void {
    this.#brush = brush;
    if (!this.#isOpen || !this.#isNarrowed) return;
    this.#restart();
    void this.#count(false);
  }

  narrow(isNarrowed: boolean): void {
    this.#isNarrowed = isNarrowed;
    this.#restart();
    void this.#count(false);
  }

  show(active: ShownRows): void {
    this.#active = active;
    this.#restart();
  }

  /** The case changed under the drawer (a source came or went): asks again. */
  refresh(): void {
    if (!this.#isOpen) return;
    this.#restart();
    void this.#count(false);
  }

  moveTo(index: number): void {
    const last = (this.total ?? 1) - 1;
    this.#cursor = Math.max(0, Math.min(last, index));
    this.need(this.#cursor, this.#cursor + 1);
    void this.#fetchRaw();
  }

  /** Makes sure that the rows in [from, to) are there or on their way. */
  need(from: number, to: number): void {
    const last = Math.min(to, this.total ?? to) - 1;
    for (let page = Math.floor(from / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page++) {
      if (!this.#asked[page]) void this.#fetchPage(page);
    }
  }

  #restart(): void {
    this.#token += 1;
    this.#head = null;
    this.#pages = [];
    this.#asked = [];
    this.#cursor = 0;
    this.#raw = null;
    this.#failure = null;
    void this.#fetchPage(0);
  }

  /**
   * Counts all questions. Just opened, the first one that has rows is shown; if all are about one actor and several have rows, what it did
   * is shown as one story.
   */
  async #count(isNew: boolean): Promise<void> {
    this.#countsToken += 1;
    const token = this.#countsToken;
    this.#counts = [];
    if (this.#queries.length < 2) return;
    const brush = this.#isNarrowed ? this.#brush : null;
    const queries = this.#queries.slice(0, MOST_COUNTED).map((query) => withinBrush(query, brush));
    const result = await this.#busy.track(this.#engine.receipts(queries));
    if (token !== this.#countsToken || !result.ok) return;
    this.#counts = result.value.map((receipt) => receipt.count);
    if (!isNew || this.#active !== 0) return;
    const first = this.#counts.findIndex((count) => count > 0);
    const actor = this.#queries[0]?.actor;
    const isOfOne = actor !== undefined && this.#queries.every((query) => query.actor === actor);
    const isOfSeveral = this.#counts.filter((count) => count > 0).length > 1;
    if (isOfOne && isOfSeveral && this.hasTogether) this.show('together');
    else if (first > 0) this.show(first);
  }

  async #fetchPage(page: number): Promise<void> {
    const { shown } = this;
    if (shown.length === 0) return;
    const token = this.#token;
    this.#asked[page] = true;
    const result = await this.#busy.track(this.#engine.rows(shown, page * PAGE_ROWS, PAGE_ROWS));
    if (token !== this.#token) return;
    if (!result.ok) {
      this.#failure = result.error;
      return;
    }
    const { rows, ...head } = result.value;
    this.#head = head;
    const pages = [...this.#pages];
    pages[page] = rows;
    this.#pages = pages;
    if (this.#cursor >= page * PAGE_ROWS && this.#cursor < page * PAGE_ROWS + rows.length) {
      await this.#fetchRaw();
    }
  }

  async #fetchRaw(): Promise<void> {
    const row = this.current;
    if (!row) return;
    this.#rawToken += 1;
    const token = this.#rawToken;
    const result = await this.#busy.track(this.#engine.raw(row.table, [row.row]));
    if (token !== this.#rawToken) return;
    if (result.ok) this.#raw = result.value[0] ?? null;
    else this.#failure = result.error;
  }
}
