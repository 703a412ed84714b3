import { readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { parquetMetadata, parquetSchema } from 'hyparquet/src/metadata.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import {
  decompressBrotli,
  decompressGzip,
  decompressLz4,
  decompressLz4Raw,
  decompressZstd,
} from 'hyparquet-compressors';
import { FailureError } from '../../base/result';

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

/** Snappy is hyparquet's own, in JavaScript; the other package's would compile WebAssembly while parsing. */
const COMPRESSORS = {
  GZIP: decompressGzip,
  ZSTD: (input: Uint8Array) => decompressZstd(input),
  BROTLI: decompressBrotli,
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

const FOOTER_BYTES = 8;

export function startsWithParquet(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && bytes[3] === 0x31;
}

/**
 * Opens a whole Parquet file. hyparquet's public reader answers with promises only, because it fetches ranges; the complete bytes are at hand here,
 * and its column decoder, which this uses, needs none. Throws a FailureError when the file is cut off or not Parquet.
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
      let groupStart = 0;
      for (const group of metadata.row_groups) {
        const rows = Number(group.num_rows);
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
          if (from < 0 || from + length > end) continue;
          const reader = { view: new DataView(bytes.buffer, bytes.byteOffset + from, length), offset: 0 };
          const { data } = readColumn(
            reader,
            { groupStart, groupRows: rows, selectStart: 0, selectEnd: rows },
            {
              ...chunk,
              pathInSchema: chunk.path_in_schema,
              element: leaf.element,
              schemaPath,
              parsers: DEFAULT_PARSERS,
              compressors: COMPRESSORS,
            },
          );
          const [only] = data;
          columns.set(
            name,
            data.length === 1 && only
              ? Array.from(only as ArrayLike<unknown>)
              : data.flatMap((part) => Array.from(part as ArrayLike<unknown>)),
          );
        }
        // The index may claim any number of rows; only those that a column has are there.
        const longest = Math.max(0, ...[...columns.values()].map((column) => column.length));
        yield { rows: Math.min(rows, longest), columns };
        groupStart += rows;
      }
    },
  };
}
