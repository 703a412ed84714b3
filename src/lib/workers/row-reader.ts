import type { Evidence, RowQuery } from '../analysis/evidence';
import { locate, type Table } from '../tables/segment';
import type { Receipt, RowPage } from './engine';
import { columnsOf, placeOf, renderRows } from './row-page';
import { mergeByTime, type MergedRows } from './row-merge';

/** Rows of a query as RowIds, in the order of time. */
export type SelectRows = (evidence: Evidence, query: RowQuery) => Uint32Array;

/** A page that asks for more is asking for a table, not for a screenful. */
const MAX_PAGE_ROWS = 1_000;
/** Questions whose rows are remembered: a person scrolls through one, and goes back to the one before. */
const REMEMBERED = 4;
/** First places that a receipt names. */
const FIRST_PLACES = 5;

/** Answers questions about rows, and remembers the last selections: a page of a query costs a pass over the tables only once. */
export class RowReader {
  #evidence: Evidence | null = null;
  #select: SelectRows | null = null;
  readonly #selections = new Map<string, MergedRows>();

  /** A page of the rows that meet any of the queries, in the order of time. */
  page(
    evidence: Evidence,
    select: SelectRows,
    queries: readonly RowQuery[],
    from: number,
    count: number,
  ): RowPage {
    const rows = this.#selection(evidence, select, queries);
    const start = Math.max(0, Math.floor(from));
    const wanted = rows.slice(start, start + Math.min(Math.max(0, count), MAX_PAGE_ROWS));
    return {
      total: rows.length,
      columns: Object.fromEntries(queries.map(({ table }) => [table, columnsOf(table)])),
      rows: renderRows(evidence, wanted),
    };
  }

  receipt(evidence: Evidence, select: SelectRows, query: RowQuery): Receipt {
    const rows = select(evidence, query);
    const table = evidence.tables[query.table] as Table;
    const counts = new Map<number, number>();
    for (const row of rows) {
      const id = locate(table, row).segment.source;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const sources = new Map(evidence.sources.map((source) => [source.id as number, source]));
    return {
      query,
      count: rows.length,
      sources: evidence.sources
        .filter(({ id }) => counts.has(id))
        .map(({ id, name, sha256 }) => ({ name, sha256, count: counts.get(id) ?? 0 })),
      first: Array.from(rows.subarray(0, FIRST_PLACES), (row) => {
        const { segment, index } = locate(table, row);
        return placeOf(segment, index, sources.get(segment.source));
      }),
    };
  }

  #selection(evidence: Evidence, select: SelectRows, queries: readonly RowQuery[]): MergedRows {
    if (this.#evidence !== evidence || this.#select !== select) {
      this.#selections.clear();
      this.#evidence = evidence;
      this.#select = select;
    }
    const key = JSON.stringify(queries);
    const rows =
      this.#selections.get(key) ??
      mergeByTime(
        evidence,
        queries.map((query) => ({ table: query.table, rows: select(evidence, query) })),
      );
    // Put last, so that the first of the map is the one unused longest.
    this.#selections.delete(key);
    this.#selections.set(key, rows);
    if (this.#selections.size > REMEMBERED) {
      const oldest = this.#selections.keys().next().value;
      if (oldest !== undefined) this.#selections.delete(oldest);
    }
    return rows;
  }
}
