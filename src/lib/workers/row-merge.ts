import type { Evidence } from '../analysis/evidence';
import { argsort } from '../base/sorting';
import { TABLE_NAMES, type TableName } from '../tables/schemas';
import { indexInSegment, segmentIndexOf } from '../tables/segment';
import type { PlacedRow } from './row-page';

/** Rows of one table as RowIds, in the order of time. */
export interface SelectedRows {
  readonly table: TableName;
  readonly rows: Uint32Array;
}

/** Rows of one or more tables in one order of time. */
export interface MergedRows {
  readonly length: number;
  /** The rows from `start` to `end` (exclusive); fewer at the end. */
  slice(start: number, end: number): PlacedRow[];
}

/**
 * The rows of several selections in the order of time, each row once. At the same time a change comes before a flow, a flow before a login
 * and a login before what was asked by way of it: what is opened is reached, what is reached is entered.
 */
export function mergeByTime(evidence: Evidence, selections: readonly SelectedRows[]): MergedRows {
  const [first] = selections;
  if (first && selections.length === 1) return rowsOfOne(first);
  const parts = ORDER.flatMap((table) => {
    const ofTable = selections.filter((selection) => selection.table === table);
    return ofTable.length > 0 ? [{ table, rows: eachOnce(ofTable) }] : [];
  });
  const total = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const tables = new Uint8Array(total);
  const ids = new Uint32Array(total);
  const times = new Float64Array(total);
  let count = 0;
  for (const { table, rows } of parts) {
    tables.fill(TABLE_NAMES.indexOf(table), count, count + rows.length);
    ids.set(rows, count);
    fillTimes(evidence, table, rows, times.subarray(count));
    count += rows.length;
  }
  const order = argsort(times);
  return {
    length: total,
    slice: (start, end) =>
      Array.from(order.subarray(start, end), (at) => ({
        table: TABLE_NAMES[tables[at] as number] as TableName,
        row: ids[at] as number,
      })),
  };
}

const ORDER: readonly TableName[] = ['changes', 'flows', 'logins', 'queries'];

function rowsOfOne({ table, rows }: SelectedRows): MergedRows {
  return {
    length: rows.length,
    slice: (start, end) => Array.from(rows.subarray(start, end), (row) => ({ table, row })),
  };
}

function eachOnce(selections: readonly SelectedRows[]): Uint32Array {
  const [first] = selections;
  if (first && selections.length === 1) return first.rows;
  // Sorted, not put into a Set, which has room for 2^24 rows only.
  const all = new Uint32Array(selections.reduce((sum, { rows }) => sum + rows.length, 0));
  let count = 0;
  for (const { rows } of selections) {
    all.set(rows, count);
    count += rows.length;
  }
  return all.sort().filter((row, i) => i === 0 || row !== all[i - 1]);
}

function fillTimes(evidence: Evidence, table: TableName, rows: Uint32Array, into: Float64Array): void {
  const { segments } = evidence.tables[table];
  // A column is asked for once a segment: where it rests in storage, that costs more than looking at a row.
  const columns: (Float64Array | undefined)[] = [];
  rows.forEach((row, i) => {
    const s = segmentIndexOf(row);
    const column = (columns[s] ??= timesOf(segments[s]?.columns as unknown as Record<string, Float64Array>));
    into[i] = column[indexInSegment(row)] as number;
  });
}

function timesOf(columns: Readonly<Record<string, Float64Array>>): Float64Array {
  return (columns['startUs'] ?? columns['timeUs']) as Float64Array;
}
