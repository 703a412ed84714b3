import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { FailureError } from '../../base/result';
import { readFlatColumn } from './parquet-pages';

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

/**
 * Opens a whole Parquet file. hyparquet's public reader answers with promises only, because it fetches ranges; the complete bytes are at hand here,
 * and its page decoder, which this uses, needs none. Throws a FailureError when the file is cut off or not Parquet.
 */
export function openParquet(bytes: Uint8Array): ParquetRows {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length;
  const footer = end > FOOTER_BYTES ? view.getUint32(end - FOOTER_BYTES, true) : 0;
  if (
    !startsWithParquet(bytes) ||
    !startsWithParquet(bytes.subarray(end - 4)) ||
    footer > end - FOOTER_BYTES
  ) {
    throw new FailureError({
      what: 'The Parquet file has no index at its end: it was cut off or is damaged',
      todo: 'Get the file again from where it was copied.',
    });
  }
  const metadata = parquetMetadata(bytes.slice(end - FOOTER_BYTES - footer).buffer as ArrayBuffer);
  const tree = parquetSchema(metadata);
  return {
    names: tree.children.map((child) => child.element.name),
    *groups(wanted) {
      for (const group of metadata.row_groups) {
        const rows = Math.min(Number(group.num_rows), MOST_GROUP_ROWS);
        const columns = new Map<string, ParquetColumn>();
        for (const { meta_data: chunk } of group.columns) {
          const [name] = chunk?.path_in_schema ?? [];
          // Flat columns only: a nested one has no one value a row.
          if (!chunk || name === undefined || chunk.path_in_schema.length !== 1 || !wanted(name)) continue;
          const schemaPath = getTreePath(tree, chunk.path_in_schema);
          const leaf = schemaPath.at(-1);
          if (!leaf) continue;
          const from = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
          const length = Number(chunk.total_compressed_size);
          if (!(from >= 0 && length >= 0 && from + length <= end)) continue;
          const { codec, type } = chunk;
          const settings = {
            pathInSchema: chunk.path_in_schema,
            element: leaf.element,
            schemaPath,
            codec,
            type,
          };
          columns.set(name, readFlatColumn(bytes.subarray(from, from + length), rows, settings));
        }
        // The index may claim any number of rows; only those that a column has are there.
        const longest = Math.max(0, ...[...columns.values()].map((column) => column.length));
        yield { rows: Math.min(rows, longest), columns };
      }
    },
  };
}
