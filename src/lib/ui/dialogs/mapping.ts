import type { CsvMapping } from '../../formats/format';
import {
  CLOCK_ONLY,
  COLUMN_JOIN,
  DATE_ONLY,
  dayFirstOf,
  HELPER_COLUMNS,
} from '../../formats/shared/csv-guess';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  SCHEMAS,
  VERDICT,
  wordsOfLogs,
  type TableName,
} from '../../tables/schemas';
import { columnWords } from '../receipts/columns';

const RECEIPT: readonly string[] = ['timeBasis', 'offset', 'lineAdjust'];

/** Pairs and lengths that some exports have in place of source, destination and end. */
const HELPER_WORDS: Readonly<Record<string, string>> = {
  localAddr: 'Own address',
  remoteAddr: 'Other address',
  localPort: 'Own port',
  remotePort: 'Other port',
  direction: 'Direction',
  durationSeconds: 'Duration (s)',
};

/** Columns whose values are words of ours, and those words. */
const ENUMERATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'flows.verdict': VERDICT,
  'logins.method': LOGIN_METHOD,
  'logins.outcome': LOGIN_OUTCOME,
  'queries.verb': QUERY_VERB,
  'queries.outcome': QUERY_OUTCOME,
  'changes.kind': CHANGE_KIND,
  'changes.outcome': CHANGE_OUTCOME,
};

/** What columns of a file can mean in `table`, in the order of the dialog. */
export function fieldsOf(table: TableName): readonly string[] {
  const own = Object.keys(SCHEMAS[table]).filter((name) => !RECEIPT.includes(name));
  return table === 'flows' ? [...own, ...HELPER_COLUMNS] : own;
}

export function fieldWords(field: string): string {
  const sides: Readonly<Record<string, string>> = { srcPort: 'From port', dstPort: 'To port' };
  return sides[field] ?? HELPER_WORDS[field] ?? columnWords(field).name;
}

/** The columns that were named and that `table` has. */
export function usedColumns(
  table: TableName,
  columns: Readonly<Record<string, string>>,
): Record<string, string> {
  const fields = new Set(fieldsOf(table));
  return Object.fromEntries(
    Object.entries(columns).filter(([field, from]) => from !== '' && fields.has(field)),
  );
}

/** What a record without any of these says of nobody and nothing: its reader would refuse it. */
const ABOUT: Readonly<Record<Exclude<TableName, 'flows'>, readonly string[]>> = {
  logins: ['actorAddr', 'user', 'actorName'],
  queries: ['object', 'verb', 'actorAddr'],
  changes: ['kind', 'target', 'principal', 'detail'],
};

/** What must still be named before rows can be read: of each group one. A time, and whom or what the rows are about; of flows both sides. */
export function missingFields(
  table: TableName,
  used: Readonly<Record<string, string>>,
): readonly (readonly string[])[] {
  const hasPair = used['localAddr'] !== undefined && used['remoteAddr'] !== undefined;
  const sides = hasPair ? [] : [['srcAddr'], ['dstAddr']];
  const needed = table === 'flows' ? [['startUs'], ...sides] : [['timeUs'], ABOUT[table]];
  return needed.filter((group) => group.every((field) => used[field] === undefined));
}

export interface ValueChoice {
  /** The column of ours. */
  readonly field: string;
  /** As it stands in the file. */
  readonly text: string;
  readonly names: readonly string[];
}

/** Values in the previewed rows that could be given one of our words, each once. */
export function valueChoices(
  table: TableName,
  used: Readonly<Record<string, string>>,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly ValueChoice[] {
  const choices: ValueChoice[] = [];
  for (const [field, header] of Object.entries(used)) {
    const enumeration = ENUMERATIONS[`${table}.${field}`];
    const at = columns.indexOf(header);
    if (!enumeration || at === -1) continue;
    const texts = new Set(rows.map((cells) => (cells[at] ?? '').trim()).filter((text) => text !== ''));
    for (const text of [...texts].slice(0, 12))
      choices.push({ field, text, names: Object.keys(wordsOfLogs(enumeration)) });
  }
  return choices;
}

/** A mapping's column as the dialog's lists name it: a guess may join two columns of the file. */
export function isJoined(header: string): boolean {
  return header.includes(COLUMN_JOIN);
}

/** Columns that hold only dates, each with one that holds only times of day: the two are one time. */
export function timePairs(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const thatHold = (form: RegExp): readonly string[] =>
    columns.filter((_, at) => {
      const cells = rows.map((row) => (row[at] ?? '').trim()).filter((cell) => cell !== '');
      return cells.length > 0 && cells.every((cell) => form.test(cell));
    });
  const clocks = thatHold(CLOCK_ONLY);
  return thatHold(DATE_ONLY).flatMap((date) => clocks.map((clock) => `${date}${COLUMN_JOIN}${clock}`));
}

/** A date of the column that can be read in two ways while no row tells which; undefined where there is none. */
export function ambiguousDate(
  header: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string | undefined {
  const at = columns.findIndex((column) => column === header || header.startsWith(`${column}${COLUMN_JOIN}`));
  if (at === -1 || dayFirstOf(rows, at) !== undefined) return undefined;
  const dates = rows.map((row) => /^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b/.exec((row[at] ?? '').trim())?.[0]);
  return dates.find((date) => date !== undefined);
}

/** The columns of the file that a mapping's column joins. */
export function partsOf(header: string): readonly string[] {
  return isJoined(header) ? header.split(COLUMN_JOIN) : [];
}

/** The guess's own words where the table stayed, and the analyst's over them; empty ones are left to the reader. */
export function mappingOf(
  guess: CsvMapping,
  chosen: {
    readonly table: TableName;
    readonly delimiter: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly time: NonNullable<CsvMapping['time']>;
    /** Said only where the file leaves it open. */
    readonly dayFirst?: boolean;
    readonly values: Readonly<Record<string, string>>;
  },
): CsvMapping {
  const guessed = chosen.table === guess.table ? (guess.values ?? {}) : {};
  const values = Object.fromEntries(
    Object.entries({ ...guessed, ...chosen.values }).filter(([, name]) => name !== ''),
  );
  return {
    table: chosen.table,
    delimiter: guess.delimiter ?? chosen.delimiter,
    columns: usedColumns(chosen.table, chosen.columns),
    time: chosen.time,
    ...(chosen.dayFirst !== undefined && { dayFirst: chosen.dayFirst }),
    ...(Object.keys(values).length > 0 ? { values } : {}),
  };
}
