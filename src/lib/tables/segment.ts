import type { RowId, SourceId } from '../base/brand';
import {
  allocateColumn,
  constantColumn,
  constantValue,
  isSharedColumn,
  SEGMENT_ROWS,
  SEGMENT_SHIFT,
  type ColumnArray,
  type ColumnSpec,
} from './columns';
import type { DictionaryMap } from './merge-dictionaries';
import { SCHEMAS, TABLE_NAMES, type ColumnsFor, type TableName } from './schemas';

/** Up to SEGMENT_ROWS finished rows of one source. Never written to again once it is in a table. */
export interface Segment<T extends TableName = TableName> {
  readonly table: T;
  readonly source: SourceId;
  readonly length: number;
  /** Byte offset in the source that the rows' `offset` is relative to. */
  readonly baseOffset: number;
  /** Line number (1-based) that `lineAdjust` is relative to. */
  readonly baseLine: number;
  readonly columns: ColumnsFor<T>;
}

/** A segment as it crosses a worker boundary or rests in storage: each column is either its bytes or its one value. */
export interface SegmentData {
  readonly table: TableName;
  readonly length: number;
  readonly baseOffset: number;
  readonly baseLine: number;
  readonly columns: Readonly<Record<string, ColumnArray | number>>;
}

export interface Table<T extends TableName = TableName> {
  readonly name: T;
  readonly segments: readonly Segment<T>[];
  readonly rowCount: number;
}

export function rowIdOf(segmentIndex: number, index: number): RowId {
  return (segmentIndex * SEGMENT_ROWS + index) as RowId;
}

export function segmentIndexOf(row: number): number {
  return row >>> SEGMENT_SHIFT;
}

export function indexInSegment(row: number): number {
  return row & (SEGMENT_ROWS - 1);
}

/** The segment and index of a row; throws on an id that no row has. */
export function locate<T extends TableName>(
  table: Table<T>,
  row: number,
): { segment: Segment<T>; index: number } {
  const segment = table.segments[segmentIndexOf(row)];
  const index = indexInSegment(row);
  if (!segment || index >= segment.length) throw new RangeError(`no row ${row} in ${table.name}`);
  return { segment, index };
}

/** Byte offset (in the decompressed source) of the record that a row came from. */
export function offsetOf(segment: Segment, index: number): number {
  return segment.baseOffset + (segment.columns.offset[index] as number);
}

/** Line number, from 1, of the record that a row came from. */
export function lineOf(segment: Segment, index: number): number {
  return segment.baseLine + index + (segment.columns.lineAdjust[index] as number);
}

function specsOf(table: TableName): [string, ColumnSpec][] {
  return Object.entries(SCHEMAS[table]);
}

/** Trims columns to `length`, replaces those with one value by that value. The result owns its buffers. */
export function packColumns(
  table: TableName,
  columns: Readonly<Record<string, ColumnArray>>,
  length: number,
): Record<string, ColumnArray | number> {
  const packed: Record<string, ColumnArray | number> = {};
  for (const [name] of specsOf(table)) {
    const column = columns[name] as ColumnArray;
    packed[name] = constantValue(column, length) ?? column.slice(0, length);
  }
  return packed;
}

/** The buffers that a packed segment owns, to be transferred instead of copied. */
export function transferablesOf(data: SegmentData): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const column of Object.values(data.columns)) {
    if (typeof column !== 'number') buffers.push(column.buffer as ArrayBuffer);
  }
  return buffers;
}

/** A finished segment in its packed form, on the segment's own columns: nothing is copied, and nothing of it may be transferred. */
export function toSegmentData({ table, length, baseOffset, baseLine, columns }: Segment): SegmentData {
  const packed: Record<string, ColumnArray | number> = {};
  for (const [name] of specsOf(table)) {
    const column = (columns as unknown as Record<string, ColumnArray>)[name] as ColumnArray;
    packed[name] = constantValue(column, length) ?? column.subarray(0, length);
  }
  return { table, length, baseOffset, baseLine, columns: packed };
}

/**
 * A finished segment from its packed form, for `source`. With a map, dictionary ids are rewritten **in place** from
 * the parser's dictionaries to the case's.
 */
export function fromSegmentData(data: SegmentData, source: SourceId, map?: DictionaryMap): Segment {
  const columns: Record<string, ColumnArray> = {};
  for (const [name, spec] of specsOf(data.table)) {
    const stored = data.columns[name];
    const ids = spec.dictionary && map && !map.isSame[spec.dictionary] ? map[spec.dictionary] : undefined;
    if (stored === undefined) columns[name] = constantColumn(spec.type, spec.unknown, data.length);
    else if (typeof stored === 'number')
      columns[name] = constantColumn(spec.type, ids ? (ids[stored] as number) : stored, data.length);
    else {
      if (ids) for (let i = 0; i < data.length; i++) stored[i] = ids[stored[i] as number] as number;
      columns[name] = stored;
    }
  }
  return {
    table: data.table,
    source,
    length: data.length,
    baseOffset: data.baseOffset,
    baseLine: data.baseLine,
    columns: columns as unknown as ColumnsFor<TableName>,
  } as Segment;
}

/** A copy of the rows for which `keep` says true; undefined when none is left, the same segment when all are. */
export function filterSegment<T extends TableName>(
  segment: Segment<T>,
  keep: (index: number) => boolean,
): Segment<T> | undefined {
  const kept: number[] = [];
  for (let i = 0; i < segment.length; i++) if (keep(i)) kept.push(i);
  if (kept.length === segment.length) return segment;
  if (kept.length === 0) return undefined;
  const columns: Record<string, ColumnArray> = {};
  for (const [name, spec] of specsOf(segment.table)) {
    const from = (segment.columns as unknown as Record<string, ColumnArray>)[name] as ColumnArray;
    const to = allocateColumn(spec.type, kept.length);
    for (let i = 0; i < kept.length; i++) to[i] = from[kept[i] as number] as number;
    columns[name] = to;
  }
  // lineAdjust counts from the row's own index, which has just changed.
  const adjust = columns['lineAdjust'] as ColumnArray;
  for (let i = 0; i < kept.length; i++) adjust[i] = (adjust[i] as number) + (kept[i] as number) - i;
  return { ...segment, length: kept.length, columns: columns as unknown as ColumnsFor<T> };
}

/** Bytes that the segment's own columns take (shared constant columns count nothing). */
export function segmentBytes(segment: Segment): number {
  const columns = segment.columns as unknown as Record<string, ColumnArray>;
  let bytes = 0;
  for (const [name, spec] of specsOf(segment.table)) {
    const column = columns[name] as ColumnArray;
    if (!isSharedColumn(spec.type, column)) bytes += column.byteLength;
  }
  return bytes;
}

export function emptyTable<T extends TableName>(name: T): Table<T> {
  return { name, segments: [], rowCount: 0 };
}

export function makeTable<T extends TableName>(name: T, segments: readonly Segment<T>[]): Table<T> {
  let rowCount = 0;
  for (const segment of segments) rowCount += segment.length;
  return { name, segments, rowCount };
}

export type Tables = { readonly [T in TableName]: Table<T> };

export function makeTables(segments: readonly Segment[]): Tables {
  const tables: Record<string, Table> = {};
  for (const name of TABLE_NAMES) {
    tables[name] = makeTable(
      name,
      segments.filter((segment) => segment.table === name),
    );
  }
  return tables as unknown as Tables;
}
