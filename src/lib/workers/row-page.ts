import type { Evidence } from '../analysis/evidence';
import { hasByteOffsets } from '../formats/registry';
import {
  CHANGE_KIND,
  CHANGE_OUTCOME,
  CONN_STATE,
  LOG_STATUS,
  LOGIN_METHOD,
  LOGIN_OUTCOME,
  QUERY_OUTCOME,
  QUERY_VERB,
  SCHEMAS,
  VERDICT,
  nameOf,
  type TableName,
} from '../tables/schemas';
import type { ColumnArray, ColumnSpec } from '../tables/columns';
import type { Dictionaries } from '../tables/dictionaries';
import { lineOf, locate, offsetOf, type Segment, type Table } from '../tables/segment';
import type { SourceInfo } from '../tables/source-info';
import type { RowView } from './engine';

type Enumeration = Readonly<Record<string, number>>;

const ENUMERATIONS: Readonly<Record<TableName, Readonly<Record<string, Enumeration>>>> = {
  flows: { verdict: VERDICT, logStatus: LOG_STATUS, connState: CONN_STATE },
  logins: { method: LOGIN_METHOD, outcome: LOGIN_OUTCOME },
  queries: { verb: QUERY_VERB, outcome: QUERY_OUTCOME },
  changes: { kind: CHANGE_KIND, outcome: CHANGE_OUTCOME },
};

/** Columns that say where a row came from: shown as line and offset beside the row, not as cells. */
const RECEIPT_COLUMNS = new Set(['timeBasis', 'offset', 'lineAdjust']);

/** IANA protocol numbers that have a name everybody uses. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'icmpv6',
  132: 'sctp',
};

const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** Longest text of one cell: an object or detail may be a whole statement, and a page holds hundreds of cells. */
const MAX_CELL_CHARS = 2_000;

/** Names of a table's columns, in the order of a page's cells. */
export function columnsOf(table: TableName): readonly string[] {
  return Object.keys(SCHEMAS[table]).filter((name) => !RECEIPT_COLUMNS.has(name));
}

/** A row of any of the tables. */
export interface PlacedRow {
  readonly table: TableName;
  readonly row: number;
}

/** The rows as texts: times as whole microseconds, addresses canonical, enumerations by name, unknown as an empty text. */
export function renderRows(evidence: Evidence, rows: Iterable<PlacedRow>): RowView[] {
  const specs = new Map<TableName, readonly [string, ColumnSpec][]>();
  const sources = new Map(evidence.sources.map((source) => [source.id as number, source]));
  const views: RowView[] = [];
  for (const { table, row } of rows) {
    const columns = specs.get(table) ?? specsOf(table);
    specs.set(table, columns);
    const { segment, index } = locate(evidence.tables[table] as Table, row);
    views.push({
      table,
      row,
      sourceId: segment.source,
      ...placeOf(segment, index, sources.get(segment.source)),
      cells: columns.map(([name, spec]) => cell(evidence.dictionaries, segment, index, name, spec)),
    });
  }
  return views;
}

function specsOf(table: TableName): [string, ColumnSpec][] {
  const schema: Readonly<Record<string, ColumnSpec>> = SCHEMAS[table];
  return columnsOf(table).map((name) => [name, schema[name] as ColumnSpec]);
}

/** Where a row came from, as a person finds it again. */
export function placeOf(
  segment: Segment,
  index: number,
  source: Pick<SourceInfo, 'name' | 'format'> | undefined,
): Pick<RowView, 'source' | 'line' | 'offset'> {
  const isInBytes = source === undefined || hasByteOffsets(source.format);
  return {
    source: source?.name ?? '',
    line: lineOf(segment, index),
    offset: isInBytes ? offsetOf(segment, index) : null,
  };
}

function cell(
  dictionaries: Dictionaries,
  segment: Segment,
  index: number,
  name: string,
  spec: ColumnSpec,
): string {
  const columns = segment.columns as unknown as Readonly<Record<string, ColumnArray>>;
  const value = columns[name]?.[index] ?? Number.NaN;
  if (spec.dictionary === 'address') return dictionaries.addresses.text(value);
  if (spec.dictionary === 'string') {
    const text = dictionaries.strings.text(value);
    return text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text;
  }
  const enumeration = ENUMERATIONS[segment.table][name];
  if (enumeration) {
    const text = nameOf(enumeration, value);
    return text === 'unknown' ? '' : text;
  }
  // Zero is the first port of "every port", not an unknown one.
  if (name === 'portFrom' && value === 0 && (columns['portTo']?.[index] ?? 0) > 0) return '0';
  if (Number.isNaN(value) || value === spec.unknown) return '';
  if (name === 'protocol') return PROTOCOLS[value] ?? String(value);
  if (name === 'tcpFlags') return flagsText(value);
  return String(value);
}

function flagsText(flags: number): string {
  return flags === 0 ? 'none' : TCP_FLAGS.filter((_, bit) => (flags >> bit) & 1).join(' ');
}
