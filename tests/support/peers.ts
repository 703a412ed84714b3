import { expect } from 'vitest';
import type { Format } from '../../src/lib/formats/format';
import { recognizeFormat } from '../../src/lib/formats/registry';
import type { TableName } from '../../src/lib/tables/schemas';
import { recordsAccounted } from './robust';
import { headOf, parseWith, type Parsed, type ParsedRow } from './parse';
import { sharedBytes, sharedJson, type Agreement } from './shared-data';

/** One record of a Filebeat module's `-expected.json`: flat keys, `log.offset` names the record. */
export interface Expected {
  readonly [field: string]: unknown;
}

/** Column → what a peer says it holds; a column that it does not speak of is left out. */
export type Columns = Readonly<Record<string, string | number | undefined>>;

export function microsOf(text: unknown): number {
  return typeof text === 'string' ? Date.parse(text) * 1000 : Number.NaN;
}

/** Compares the columns that the peer speaks of. */
export function compareColumns(
  agreement: Agreement,
  where: string,
  row: ParsedRow | undefined,
  columns: Columns,
): void {
  for (const [name, value] of Object.entries(columns)) {
    if (value !== undefined) agreement.compare(`${where} ${name}`, row?.[name], value);
  }
}

/**
 * Parses a Filebeat input, asks that it is recognized and that no record is lost, and compares the row of each expected record (by the
 * record's byte offset) in `table`. `columnsOf` returns what the peer says, or undefined for a record that rightly gives no row there.
 */
export function compareWithFilebeat(
  agreement: Agreement,
  format: Format,
  path: string,
  table: TableName,
  columnsOf: (expected: Expected, path: string) => Columns | undefined,
): Parsed {
  const bytes = sharedBytes(path);
  expect(recognizeFormat(headOf(bytes))[0]?.format.id, path).toBe(format.id);
  const parsed = parseWith(format, bytes);
  expect(recordsAccounted(parsed), path).toBe(parsed.records);
  const rows = new Map<number, ParsedRow>();
  for (const row of parsed.rows(table)) if (!rows.has(row.offset)) rows.set(row.offset, row);
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const expected of sharedJson<Expected[]>(`${path}-expected.json`)) {
    const columns = columnsOf(expected, path);
    if (!columns) continue;
    const offset = Number(expected['log.offset']);
    compareColumns(agreement, `${name}@${offset}`, rows.get(offset), columns);
  }
  return parsed;
}
