import { greatest } from '../../base/extremes';
import { MICROS_PER_SECOND, TIME_BASIS } from '../../base/time';
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
  UNKNOWN_PACKETS,
  VERDICT,
  wordsOfLogs,
  type TableName,
} from '../../tables/schemas';
import type { TableBuilder } from '../../tables/builders';
import type { CsvMapping, RecordSink } from '../format';
import { commitRow } from './commit-rows';
import { COLUMN_JOIN, firstAddress, HELPER_COLUMNS } from './csv-guess';
import {
  loginMethodOf,
  loginOutcomeOf,
  protocolOf,
  queryOutcomeOf,
  queryVerbOf,
  tcpFlagsOf,
  verdictOf,
} from './enumerations';
import { outcomeOfStatus } from './http';
import { TextIds } from './text-ids';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

/** Text as a delimited file has it, or what a record of JSON holds as a number. */
export type Cell = string | number;

/** Writes one row from a record's cells; the reason, in an analyst's words, when it cannot. */
export type RowWriter = (cells: readonly Cell[], offset: number, line: number) => string | null;

type Row = Record<string, number>;
type CellReader = (text: string, row: Row) => string | null;

/** How a column is read, with a way around its text for values that are numbers already. */
interface ColumnReader {
  readonly read: CellReader;
  readonly readNumber?: (value: number, row: Row) => string | null;
}

const ENUMERATIONS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'flows.verdict': VERDICT,
  'flows.logStatus': LOG_STATUS,
  'flows.connState': CONN_STATE,
  'logins.method': LOGIN_METHOD,
  'logins.outcome': LOGIN_OUTCOME,
  'queries.verb': QUERY_VERB,
  'queries.outcome': QUERY_OUTCOME,
  'changes.kind': CHANGE_KIND,
  'changes.outcome': CHANGE_OUTCOME,
};

/** Words for values of these columns, where the mapping has no word of its own for them. */
const INTERPRETERS: Readonly<Record<string, (text: string) => number>> = {
  'flows.verdict': verdictOf,
  'logins.method': loginMethodOf,
  'logins.outcome': loginOutcomeOf,
  'queries.verb': queryVerbOf,
  'queries.outcome': queryOutcomeOf,
  'changes.outcome': (text) => {
    const outcome = loginOutcomeOf(text);
    return outcome === LOGIN_OUTCOME.success || outcome === LOGIN_OUTCOME.failure
      ? outcome === LOGIN_OUTCOME.success
        ? CHANGE_OUTCOME.success
        : CHANGE_OUTCOME.failure
      : CHANGE_OUTCOME.unknown;
  },
};

/** Cells that mean "nothing here" in one product or another. */
const EMPTY = new Set([
  '',
  '-',
  'null',
  'NULL',
  'N/A',
  'n/a',
  'None',
  'none',
  '(null)',
  'nil',
  'undefined',
  'nan',
  'NaN',
]);
const LONGEST_EMPTY = greatest([...EMPTY].map((text) => text.length));
const INBOUND = /^(?:i|in|inbound|ingress|incoming|1|remote ?to ?local|r2l|inboundconnectionaccepted)$/i;
const MAX_U32 = 0xffffffff;

/**
 * How rows of `mapping.table` are made from records with these columns. Names that the file does not have are left out; a mapping without a
 * time column gives a writer that refuses every record.
 */
export function rowWriter(
  mapping: CsvMapping,
  columns: readonly string[],
  sink: RecordSink,
  dayFirst: boolean,
): RowWriter {
  const { table } = mapping;
  const builder = sink[table];
  const row = builder.row as unknown as Row;
  const ids = new TextIds(sink.dictionaries);
  const readers: (Required<ColumnReader> & { pick: CellPicker })[] = [];
  for (const [column, header] of Object.entries(mapping.columns)) {
    const pick = cellPicker(columns, header);
    if (!pick) continue;
    const reader = readerOf(mapping, column, header, ids, dayFirst);
    if (reader) readers.push({ readNumber: onText(reader.read), ...reader, pick });
  }
  const timeColumn = table === 'flows' ? 'startUs' : 'timeUs';
  const helpers = helperReader(mapping, columns, ids);
  return (cells, offset, line) => {
    for (const { pick, read, readNumber } of readers) {
      const cell = pick(cells);
      let reason: string | null;
      if (typeof cell === 'number') reason = readNumber(cell, row);
      else {
        const text = cell.trim();
        if (text.length <= LONGEST_EMPTY && EMPTY.has(text)) continue;
        reason = read(text, row);
      }
      if (reason !== null) {
        builder.abandon();
        return reason;
      }
    }
    helpers(cells, row);
    const reason = lacking(table, row, timeColumn);
    if (reason !== null) {
      builder.abandon();
      return reason;
    }
    commitRow(builder as TableBuilder<TableName>, offset, line);
    return null;
  };
}

type CellPicker = (cells: readonly Cell[]) => Cell;

const onText =
  (read: CellReader) =>
  (value: number, row: Row): string | null =>
    read(String(value), row);

function textAt(cells: readonly Cell[], at: number): string {
  const cell = cells[at] ?? '';
  return typeof cell === 'number' ? String(cell) : cell.trim();
}

/** The cell under a header, or under two headers joined by COLUMN_JOIN; null when the file has no such column. */
function cellPicker(columns: readonly string[], header: string): CellPicker | null {
  const index = columns.indexOf(header);
  if (index !== -1) return (cells) => cells[index] ?? '';
  const parts = header.split(COLUMN_JOIN).map((name) => columns.indexOf(name));
  if (parts.length !== 2 || parts.includes(-1)) return null;
  return (cells) => parts.map((part) => textAt(cells, part)).join(' ');
}

/** What a record must have to be worth a row: a time, and somebody or something it is about. */
function lacking(table: TableName, row: Row, timeColumn: string): string | null {
  const has = (name: string): boolean => (row[name] ?? 0) > 0;
  const us = row[timeColumn] ?? Number.NaN;
  if (Number.isNaN(us)) return 'the time column is empty';
  if (table === 'flows') {
    if (Number.isNaN(row['endUs'] ?? Number.NaN)) row['endUs'] = us;
    if ((row['endUs'] as number) < us) return 'the end time is before the start time';
    return has('srcAddr') || has('dstAddr') || has('sensor')
      ? null
      : 'neither a source nor a destination address is given';
  }
  if (table === 'logins')
    return has('user') || has('actorAddr') || has('actorName')
      ? null
      : 'neither a user nor an address is given';
  if (table === 'queries') {
    if (row['outcome'] === 0) row['outcome'] = outcomeOfStatus(row['status'] ?? 0);
    return has('object') || has('verb') || has('actorAddr')
      ? null
      : 'no column says what was asked for or by whom';
  }
  return has('kind') || has('target') || has('detail') || has('principal')
    ? null
    : 'no column says what was changed or by whom';
}

function readerOf(
  mapping: CsvMapping,
  column: string,
  header: string,
  ids: TextIds,
  dayFirst: boolean,
): ColumnReader | null {
  const spec = (
    SCHEMAS[mapping.table] as Readonly<Record<string, { type: string; unknown: number; dictionary?: string }>>
  )[column];
  if (!spec || column === 'timeBasis' || column === 'offset' || column === 'lineAdjust') return null;
  if (column === 'durationUs') return numberReader(column, header, Number.MAX_SAFE_INTEGER);
  if (column.endsWith('Us')) return timeReader(mapping, column, header, dayFirst);
  if (spec.dictionary === 'address') {
    // An attacker's host name in an address column is still a login or a query: the row stays, the name goes beside it where there is room.
    return reader((text, row) => {
      row[column] = addressId(ids, text);
      if (row[column] === 0 && column === 'actorAddr' && row['actorName'] === 0)
        row['actorName'] = ids.string(text);
    });
  }
  if (spec.dictionary === 'string') return reader((text, row) => void (row[column] = ids.string(text)));
  if (column === 'protocol') return wordReader(column, protocolOf);
  if (column === 'tcpFlags') return wordReader(column, tcpFlagsOf);
  const enumeration = ENUMERATIONS[`${mapping.table}.${column}`];
  if (enumeration) return enumerationReader(mapping, column, wordsOfLogs(enumeration));
  if (spec.type === 'u16') return numberReader(column, header, 65535);
  return numberReader(
    column,
    header,
    spec.type === 'u32'
      ? column.endsWith('Packets')
        ? UNKNOWN_PACKETS - 1
        : MAX_U32
      : Number.MAX_SAFE_INTEGER,
  );
}

/** Of a column that any text fits. */
function reader(take: (text: string, row: Row) => void): ColumnReader {
  return {
    read: (text, row) => {
      take(text, row);
      return null;
    },
  };
}

function timeReader(mapping: CsvMapping, column: string, header: string, dayFirst: boolean): ColumnReader {
  // A header may name the zone that its cells leave out: `TimeGenerated [UTC]`.
  const isUtc = /\b(?:utc|gmt)\b/i.test(header);
  const read: CellReader = (text, row) => {
    if (!parseTimeText(text, mapping.time ?? 'auto', dayFirst)) return `"${header}" is not a time`;
    row[column] = parsedTime.us;
    // The row has one basis; a local end with an absolute start does not occur in one export.
    if (parsedTime.basis !== TIME_BASIS.absolute && !(isUtc && parsedTime.basis === TIME_BASIS.local)) {
      row['timeBasis'] = parsedTime.basis;
    }
    return null;
  };
  return { read };
}

/** Whole numbers, hexadecimal ones, ones with grouping commas, and floats that a spreadsheet made of integers (`443.0`). */
function numberReader(column: string, header: string, most: number): ColumnReader {
  const readNumber = (value: number, row: Row): string | null => {
    if (Number.isNaN(value)) return `"${header}" is not a number`;
    if (value < 0 || value > most) return `"${header}" is out of range`;
    // Minus zero is zero.
    row[column] = value + 0;
    return null;
  };
  return {
    read: (text, row) => readNumber(Number(text.includes(',') ? text.replaceAll(',', '') : text), row),
    readNumber,
  };
}

function enumerationReader(
  mapping: CsvMapping,
  column: string,
  enumeration: Readonly<Record<string, number>>,
): ColumnReader {
  const interpret = INTERPRETERS[`${mapping.table}.${column}`];
  const known = new Map(Object.entries(enumeration));
  for (const [text, name] of Object.entries(mapping.values ?? {})) {
    const value = enumeration[name];
    if (value !== undefined) known.set(text.trim(), value);
  }
  return wordReader(column, (text) => known.get(text) ?? interpret?.(text) ?? 0);
}

/** Words that are remembered with what they mean: a log has few of them, unless it is hostile. */
const MOST_WORDS = 1000;

function wordReader(column: string, meaning: (text: string) => number): ColumnReader {
  const known = new Map<string, number>();
  return reader((text, row) => {
    let value = known.get(text);
    if (value === undefined) {
      value = meaning(text);
      if (known.size < MOST_WORDS) known.set(text, value);
    }
    row[column] = value;
  });
}

/** Local/remote pairs with a direction, and durations, which exports have in place of source/destination and an end. */
function helperReader(
  mapping: CsvMapping,
  columns: readonly string[],
  ids: TextIds,
): (cells: readonly Cell[], row: Row) => void {
  if (mapping.table !== 'flows' || !Object.keys(mapping.columns).some((column) => HELPER_COLUMNS.has(column)))
    return () => undefined;
  const index = (column: string): number => columns.indexOf(mapping.columns[column] ?? '\0');
  const cell = (cells: readonly Cell[], at: number): string => (at === -1 ? '' : textAt(cells, at));
  const [local, remote, localPort, remotePort, direction, duration] = [
    index('localAddr'),
    index('remoteAddr'),
    index('localPort'),
    index('remotePort'),
    index('direction'),
    index('durationSeconds'),
  ];
  return (cells, row) => {
    if (row['srcAddr'] === 0 && row['dstAddr'] === 0 && (local !== -1 || remote !== -1)) {
      const localId = addressId(ids, cell(cells, local));
      const remoteId = addressId(ids, cell(cells, remote));
      const isInbound = INBOUND.test(cell(cells, direction));
      row['srcAddr'] = isInbound ? remoteId : localId;
      row['dstAddr'] = isInbound ? localId : remoteId;
      const [from, to] = isInbound ? [remotePort, localPort] : [localPort, remotePort];
      if (from !== -1) row['srcPort'] = portOf(cell(cells, from));
      if (to !== -1) row['dstPort'] = portOf(cell(cells, to));
    }
    const seconds = duration === -1 ? Number.NaN : Number(cell(cells, duration) || Number.NaN);
    if (seconds >= 0 && seconds < 1e9 && Number.isNaN(row['endUs'] as number)) {
      row['endUs'] = (row['startUs'] as number) + Math.round(seconds * MICROS_PER_SECOND);
    }
  };
}

/** Most cells hold the bare address; lists and addresses with a port behind them are looked into. */
function addressId(ids: TextIds, text: string): number {
  const id = ids.address(text);
  if (id !== 0) return id;
  const first = firstAddress(text);
  return first === null ? 0 : ids.address(first);
}

function portOf(text: string): number {
  const port = Number(text);
  return port >= 0 && port <= 65535 ? port : 0;
}
