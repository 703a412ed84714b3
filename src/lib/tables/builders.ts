import { allocateColumn, SEGMENT_ROWS, type ColumnArray } from './columns';
import { packColumns, type SegmentData } from './segment';
import { SCHEMAS, type ColumnsFor, type RowFor, type TableName } from './schemas';

/** Receives finished segments as they fill. */
export type SegmentSink = (segment: SegmentData) => void;

type AllColumns = Readonly<Record<string, ColumnArray>>;

/**
 * Columns that builders were done with, at most one set a table. Memory for a full segment, made anew, costs more time than reading a small
 * file into it, and an export may have thousands of those. Of what they held nothing is left in a segment: a builder writes every column.
 */
const spare = new Map<TableName, AllColumns>();

/**
 * Rows being gathered for one table of one source. Fill `row`, then `commit(offset, line)`; the row is reset to unknown
 * values afterwards. A hot parser may write `columns` at index `length` itself and call `commitDirect`, in which case it
 * must write every column.
 */
export class TableBuilder<T extends TableName> {
  readonly table: T;
  readonly row: RowFor<T>;
  columns: ColumnsFor<T>;
  length = 0;
  /** Rows committed since the builder was made. */
  total = 0;

  readonly #names: readonly string[];
  readonly #unknowns: readonly number[];
  readonly #emit: SegmentSink;
  readonly #own: AllColumns;
  #baseOffset = 0;
  #baseLine = 0;

  constructor(table: T, emit: SegmentSink) {
    this.table = table;
    this.#emit = emit;
    this.#names = Object.keys(SCHEMAS[table]);
    this.#unknowns = Object.values(SCHEMAS[table]).map((spec) => spec.unknown);
    this.#own = spare.get(table) ?? allocateAll(table);
    spare.delete(table);
    this.columns = this.#own as unknown as ColumnsFor<T>;
    this.row = {} as RowFor<T>;
    this.#reset();
  }

  /** Ends the row. `offset`: byte offset of its record in the source; `line`: its line number, from 1. */
  commit(offset: number, line: number): void {
    const index = this.open(offset, line);
    const columns = this.columns as unknown as Record<string, ColumnArray>;
    const row = this.row as unknown as Record<string, number>;
    const names = this.#names;
    const unknowns = this.#unknowns;
    for (let k = 0; k < names.length; k++) {
      const name = names[k] as string;
      (columns[name] as ColumnArray)[index] = row[name] as number;
      row[name] = unknowns[k] as number;
    }
    this.#stamp(index, offset, line);
    this.length = index + 1;
    this.total += 1;
  }

  /** Forgets what was put in `row` so far: the record turned out not to be one. */
  abandon(): void {
    this.#reset();
  }

  /** Makes room for one row at the returned index, for a parser that writes `columns` itself. */
  open(offset: number, line: number): number {
    const ahead = offset - this.#baseOffset;
    // Offsets are kept as 32 bits ahead of the segment's first: a record from before it (an event put together late) starts a new one.
    if (this.length === SEGMENT_ROWS || ahead > 0xfffffff0 || ahead < 0) this.flush();
    if (this.length === 0) {
      this.#baseOffset = offset;
      this.#baseLine = line;
    }
    return this.length;
  }

  /** Ends a row whose columns were written directly at the index that `open` gave. */
  commitDirect(offset: number, line: number): void {
    this.#stamp(this.length, offset, line);
    this.length += 1;
    this.total += 1;
  }

  /** Byte offset in the source that the rows' `offset` counts from; stands while rows are added that `open` or `openRun` made room for. */
  get baseOffset(): number {
    return this.#baseOffset;
  }

  /** Line number that the rows' `lineAdjust` counts from; stands as long as `baseOffset`. */
  get baseLine(): number {
    return this.#baseLine;
  }

  /**
   * Makes room for a run of rows that a parser writes to `columns` itself, all columns but `lineAdjust`: from the returned index to the end
   * of the segment. `offset` and `line` are those of the first row, no row of the run starts behind `lastOffset`, and the lines follow
   * one another.
   */
  openRun(offset: number, lastOffset: number, line: number): number {
    // Two calls since either end may not fit the segment that stands; the first row of a new one sets its base.
    this.open(lastOffset, line);
    return this.open(offset, line);
  }

  /** Ends a run of `count` rows, the first of which is on line `line`. */
  commitRun(count: number, line: number): void {
    const from = this.length;
    this.columns.lineAdjust.fill(line - this.#baseLine - from, from, from + count);
    this.commitWritten(count);
  }

  /** Ends a run of `count` rows of which `lineAdjust` was written too, since their lines do not follow one another. */
  commitWritten(count: number): void {
    this.length += count;
    this.total += count;
  }

  /** Gathers rows in these columns (of SEGMENT_ROWS entries) from now on: a parser that writes from outside JavaScript needs them in its own memory. */
  gatherIn(columns: Partial<ColumnsFor<T>>): void {
    const before = this.columns as unknown as Record<string, ColumnArray>;
    for (const [name, column] of Object.entries(columns) as [string, ColumnArray][])
      column.set((before[name] as ColumnArray).subarray(0, this.length));
    this.columns = { ...this.columns, ...columns };
  }

  /** Hands the rows gathered so far to the sink. */
  flush(): void {
    if (this.length === 0) return;
    const columns = this.columns as unknown as Readonly<Record<string, ColumnArray>>;
    this.#emit({
      table: this.table,
      length: this.length,
      baseOffset: this.#baseOffset,
      baseLine: this.#baseLine,
      columns: packColumns(this.table, columns, this.length),
    });
    this.length = 0;
  }

  /** Hands the last rows to the sink, and its memory to the next builder of this table: it takes no more rows. */
  close(): void {
    this.flush();
    // Whatever would still write fails here, not in the rows of another file.
    this.columns = {} as ColumnsFor<T>;
    spare.set(this.table, this.#own);
  }

  #stamp(index: number, offset: number, line: number): void {
    this.columns.offset[index] = offset - this.#baseOffset;
    this.columns.lineAdjust[index] = line - this.#baseLine - index;
  }

  #reset(): void {
    const row = this.row as unknown as Record<string, number>;
    this.#names.forEach((name, k) => {
      row[name] = this.#unknowns[k] as number;
    });
  }
}

function allocateAll(table: TableName): AllColumns {
  return Object.fromEntries(
    Object.entries(SCHEMAS[table]).map(([name, { type }]) => [name, allocateColumn(type, SEGMENT_ROWS)]),
  );
}
