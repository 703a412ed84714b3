import type { CsvMapping, Format, ParseContext, SourceOptions, TablePreview } from '../format';
import { COLUMN_JOIN, dayFirstOf, guessMapping } from './csv-guess';
import { carriesMessages, messageReader } from './csv-messages';
import { rowWriter, type RowWriter } from './csv-rows';

// Tables of any origin, delimited or as JSON records: what their columns mean is told by the columns' names, or by a person.

const PREVIEW_ROWS = 20;

/** A table as its head shows it. */
export interface TableShape {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Empty for records that have no delimiter. */
  readonly delimiter: string;
}

export interface TableReading {
  /** Null where nobody knows what the columns mean. */
  readonly write: RowWriter | null;
  /** The columns that `write` is given the cells of. */
  readonly columns: readonly string[];
  /** Whether the cells hold lines of logs that are read here by themselves. */
  readonly areLines: boolean;
  /** Commits what `write` held back. */
  readonly finish?: () => void;
}

/** Whether rows come of the table without a person's help. `inner`: the formats that a column of whole lines may hold. */
export function isUnderstood({ columns, rows, delimiter }: TableShape, inner: readonly Format[]): boolean {
  return guessMapping(columns, rows, delimiter).isEnough || carriesMessages(columns, rows, inner);
}

function isNamed({ mapping }: SourceOptions): boolean {
  return mapping !== undefined && Object.keys(mapping.columns).length > 0;
}

/** Whether a person must say what the columns mean before the source gives rows. */
export function needsNames(
  shape: TableShape | null,
  options: SourceOptions,
  inner: readonly Format[],
): boolean {
  return !isNamed(options) && (!shape || !isUnderstood(shape, inner));
}

/** What the mapping dialog shows of a table. */
export function previewOf(formatId: string, { columns, rows, delimiter }: TableShape): TablePreview {
  return {
    formatId,
    delimiter,
    columns,
    rows: rows.slice(0, PREVIEW_ROWS),
    guess: guessMapping(columns, rows, delimiter).mapping,
  };
}

/** How to read the table's records. `word`: what its columns are called ("columns", "fields"). */
export function readingOf(
  shape: TableShape,
  context: ParseContext,
  inner: readonly Format[],
  word: string,
): TableReading {
  const { columns, rows, delimiter } = shape;
  const { sink, options } = context;
  const messages = isNamed(options) ? null : messageReader(columns, rows, inner, context);
  if (messages) {
    sink.note(messages.note);
    return { write: messages.write, columns, areLines: true, finish: messages.finish };
  }
  const guess = guessMapping(columns, rows, delimiter);
  const mapping = isNamed(options) ? options.mapping : guess.isEnough ? guess.mapping : undefined;
  if (!mapping) return { write: null, columns, areLines: false };
  const timeColumn = mapping.columns[mapping.table === 'flows' ? 'startUs' : 'timeUs'] ?? '';
  const timeAt = columns.findIndex(
    (name) => name === timeColumn || timeColumn.startsWith(`${name}${COLUMN_JOIN}`),
  );
  const dayFirst = mapping.dayFirst ?? (timeAt === -1 ? undefined : dayFirstOf(rows, timeAt));
  const sample = (rows[0]?.[timeAt] ?? '').slice(0, 20);
  if (dayFirst === undefined && /^\d{1,2}\/\d{1,2}\//.test(sample))
    sink.note(`Dates such as ${sample} were read as month/day: no line of the beginning tells.`);
  if (!isNamed(options)) {
    const pairs = Object.entries(mapping.columns).map(([column, name]) => `${column} from "${name}"`);
    sink.note(`The ${word} were recognized by their names: ${pairs.join(', ')}.`);
  }
  // Records that name their fields are asked for those that are read, and one that the head does not have may come up later.
  const all = delimiter === '' ? namesIn(mapping, columns) : columns;
  return { write: rowWriter(mapping, all, sink, dayFirst ?? false), columns: all, areLines: false };
}

/** The columns that a mapping reads, each once. */
function namesIn(mapping: CsvMapping, columns: readonly string[]): string[] {
  const names = Object.values(mapping.columns).flatMap((name) => {
    const parts = name.split(COLUMN_JOIN);
    return !columns.includes(name) && parts.every((part) => columns.includes(part)) ? parts : [name];
  });
  return [...new Set(names)];
}
