import type { ColumnArray } from './columns';
import type { Dictionaries } from './dictionaries';
import { SCHEMAS, TABLE_NAMES, type TableName } from './schemas';
import type { Table, Tables } from './segment';

/**
 * Throws on the first broken promise of a table: columns shorter than the segment, dictionary ids out of range,
 * infinite times, receipts that point before the start of the file.
 */
export function assertTableIntegrity(table: Table, dictionaries: Dictionaries): void {
  const sizes = { address: dictionaries.addresses.size, string: dictionaries.strings.size };
  let rows = 0;
  table.segments.forEach((segment, s) => {
    const where = `${table.name}[${s}]`;
    if (segment.table !== table.name) throw new Error(`${where}: a segment of ${segment.table}`);
    if (segment.length === 0) throw new Error(`${where}: an empty segment`);
    rows += segment.length;
    for (const [name, spec] of Object.entries(SCHEMAS[table.name])) {
      const column = (segment.columns as unknown as Record<string, ColumnArray>)[name];
      if (!column || column.length < segment.length)
        throw new Error(`${where}.${name}: shorter than ${segment.length}`);
      for (let i = 0; i < segment.length; i++) {
        const value = column[i] as number;
        if (spec.dictionary && value >= sizes[spec.dictionary])
          throw new Error(`${where}.${name}[${i}]: no id ${value}`);
        if (Math.abs(value) === Infinity) throw new Error(`${where}.${name}[${i}]: infinite`);
        if (
          name === 'startUs' &&
          value > ((segment.columns as unknown as { endUs: Float64Array }).endUs[i] as number)
        ) {
          throw new Error(`${where}[${i}]: ends before it starts`);
        }
        if (name === 'lineAdjust' && segment.baseLine + i + value < 1)
          throw new Error(`${where}[${i}]: line before 1`);
      }
    }
  });
  if (rows !== table.rowCount) throw new Error(`${table.name}: ${rows} rows, ${table.rowCount} said`);
}

export function assertTablesIntegrity(tables: Tables, dictionaries: Dictionaries): void {
  for (const name of TABLE_NAMES) assertTableIntegrity(tables[name as TableName] as Table, dictionaries);
}
