import type { Failure } from '../base/result';
import type { RowQuery } from '../analysis/evidence';
import { withinBrush, type TimeRange } from '../notebook/selection';
import type { Engine, RawRecord, RowPage, RowView } from '../workers/engine';
import type { Busy } from './busy';

/** Rows asked for at once: several screens, so that scrolling seldom waits. */
const PAGE_ROWS = 200;

/** Questions that get a tab and a count; a sentence may rest on hundreds. */
export const MOST_COUNTED = 24;

/** The rows behind a number: which question, page by page, and the raw record of the row under the cursor. */
export class Receipts {
  #engine: Engine;
  #busy: Busy;
  #isOpen = $state.raw(false);
  #title = $state.raw('');
  #queries = $state.raw<readonly RowQuery[]>([]);
  #active = $state.raw(0);
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

  get active(): number {
    return this.#active;
  }

  /** The question whose rows are shown, as the brush leaves it. */
  get query(): RowQuery | null {
    const query = this.#queries[this.#active];
    return query ? withinBrush(query, this.#isNarrowed ? this.#brush : null) : null;
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

  get columns(): readonly string[] {
    return this.#head?.columns ?? [];
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

  show(active: number): void {
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

  /** Counts all questions; just opened, the first one that has rows is shown. */
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
    const first = this.#counts.findIndex((count) => count > 0);
    if (isNew && this.#active === 0 && first > 0) this.show(first);
  }

  async #fetchPage(page: number): Promise<void> {
    const { query } = this;
    if (!query) return;
    const token = this.#token;
    this.#asked[page] = true;
    const result = await this.#busy.track(this.#engine.rows(query, page * PAGE_ROWS, PAGE_ROWS));
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
    const table = this.#head?.table;
    if (!row || !table) return;
    this.#rawToken += 1;
    const token = this.#rawToken;
    const result = await this.#busy.track(this.#engine.raw(table, [row.row]));
    if (token !== this.#rawToken) return;
    if (result.ok) this.#raw = result.value[0] ?? null;
    else this.#failure = result.error;
  }
}
