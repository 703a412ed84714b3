import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { greatest } from '../../base/extremes';
import { FailureError } from '../../base/result';
import type { SourceBytes } from '../format';
import { readFlatColumn, readFlatValue, type ColumnSettings } from './parquet-pages';

/** A column's values in one row group, by row. */
export type ParquetColumn = readonly unknown[];

export interface ParquetRows {
  /** Names of the file's top-level columns. */
  readonly names: readonly string[];
  /** Row groups, each with the columns that were asked for and are there. */
  groups(
    wanted: (name: string) => boolean,
  ): Iterable<{ rows: number; columns: ReadonlyMap<string, ParquetColumn> }>;
}

const FOOTER_BYTES = 8;
/** Row groups hold some hundred thousand rows; what claims more than this is damaged. */
const MOST_GROUP_ROWS = 50_000_000;

export function startsWithParquet(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && bytes[3] === 0x31;
}

/** Longest index that is read again for one row; those of files with some thousand row groups have a few megabytes. */
const MOST_INDEX_BYTES = 64 << 20;

/**
 * Opens a whole Parquet file. hyparquet's public reader answers with promises only, because it fetches ranges; the complete bytes are at hand here,
 * and its page decoder, which this uses, needs none. Throws a FailureError when the file is cut off or not Parquet.
 */
export function openParquet(bytes: Uint8Array): ParquetRows {
  const end = bytes.length;
  const index = indexBytes(bytes.subarray(0, 4), bytes.subarray(-FOOTER_BYTES), end);
  const { metadata, tree } = indexOf(bytes.slice(end - FOOTER_BYTES - index));
  return {
    names: tree.children.map((child) => child.element.name),
    *groups(wanted) {
      for (const group of metadata.row_groups) {
        const rows = rowsOf(group);
        const columns = new Map<string, ParquetColumn>();
        for (const { name, from, to, settings } of flatColumns(group, tree, end)) {
          if (wanted(name)) columns.set(name, readFlatColumn(bytes.subarray(from, to), rows, settings));
        }
        // The index may claim any number of rows; only those that a column has are there.
        const longest = greatest(
          [...columns.values()].map((column) => column.length),
          0,
        );
        yield { rows: Math.min(rows, longest), columns };
      }
    },
  };
}

/**
 * The flat columns of one row (from 0) with its values, in the file's order. Of the file only the index and the columns of the row's group are
 * read, of those only the row's page is decoded: a file of gigabytes answers at once. Undefined when the file has no such row.
 */
export async function readParquetRow(
  source: SourceBytes,
  row: number,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  const end = source.size;
  const [first, last] = await Promise.all([
    source.read(0, 4),
    source.read(Math.max(0, end - FOOTER_BYTES), end),
  ]);
  const index = indexBytes(first, last, end);
  if (index > MOST_INDEX_BYTES) throw new FailureError({ what: 'The index of the Parquet file is too long' });
  const start = end - FOOTER_BYTES - index;
  const { metadata, tree } = indexOf((await source.read(start, end)).slice());
  let before = 0;
  for (const group of metadata.row_groups) {
    const rows = rowsOf(group);
    if (row >= before + rows) {
      before += rows;
      continue;
    }
    const values = new Map<string, unknown>();
    for (const { name, from, to, settings } of flatColumns(group, tree, end)) {
      values.set(name, readFlatValue(await source.read(from, to), rows, settings, row - before));
    }
    return values;
  }
  return undefined;
}

type Index = ReturnType<typeof parquetMetadata>;
type RowGroup = Index['row_groups'][number];
type SchemaTree = ReturnType<typeof parquetSchema>;

/** Length of the index, which stands before the last eight bytes. */
function indexBytes(first: Uint8Array, last: Uint8Array, size: number): number {
  const length =
    size > FOOTER_BYTES ? new DataView(last.buffer, last.byteOffset, last.byteLength).getUint32(0, true) : 0;
  if (!startsWithParquet(first) || !startsWithParquet(last.subarray(4)) || length > size - FOOTER_BYTES) {
    throw new FailureError({
      what: 'The Parquet file has no index at its end: it was cut off or is damaged',
      todo: 'Get the file again from where it was copied.',
    });
  }
  return length;
}

/** Reads the index, of which the bytes are a copy of its own. */
function indexOf(bytes: Uint8Array): { metadata: Index; tree: SchemaTree } {
  const metadata = parquetMetadata(bytes.buffer as ArrayBuffer);
  return { metadata, tree: parquetSchema(metadata) };
}

function rowsOf(group: RowGroup): number {
  return Math.min(Number(group.num_rows), MOST_GROUP_ROWS);
}

interface FlatColumn {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly settings: ColumnSettings;
}

/** The columns of a group that have one value a row, with their place in the file; a nested one has none such. */
function* flatColumns(group: RowGroup, tree: SchemaTree, end: number): Generator<FlatColumn> {
  for (const { meta_data: chunk } of group.columns) {
    const [name] = chunk?.path_in_schema ?? [];
    if (!chunk || name === undefined || chunk.path_in_schema.length !== 1) continue;
    const schemaPath = getTreePath(tree, chunk.path_in_schema);
    const leaf = schemaPath.at(-1);
    if (!leaf) continue;
    const from = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    const length = Number(chunk.total_compressed_size);
    if (!(from >= 0 && length >= 0 && from + length <= end)) continue;
    const { codec, type } = chunk;
    const settings = { pathInSchema: chunk.path_in_schema, element: leaf.element, schemaPath, codec, type };
    yield { name, from, to: from + length, settings };
  }
}
