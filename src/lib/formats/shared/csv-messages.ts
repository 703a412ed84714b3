import { encodeUtf8 } from '../../base/bytes';
import type { StringId } from '../../base/brand';
import type { Format, Head, ParseContext, RecordSink } from '../format';
import type { Cell, RowWriter } from './csv-rows';
import { SyslogPrograms } from './syslog-programs';
import { TextIds } from './text-ids';
import { parsedTime } from './time';
import { parseTimeText } from './time-text';

/**
 * Exports whose rows carry the log's own lines: Splunk's `_raw`, the `@message` of CloudWatch Logs and `event.original` hold a whole line or object, Sentinel's Syslog table and its like hold the
 * message beside program, host and time. The line says more than the columns around it, so it is read as what it is.
 */

/** A format is believed to be inside when it is surer than this of the first rows. */
const SURE = 0.5;

/**
 * Columns that may hold whole lines, the surest first: of Splunk's exports, CloudWatch Logs (Insights and
 * `filter-log-events`), Elastic's agents, Google Cloud's Logging, Docker's json-file driver and Fluentd's, Loki's `logcli -o jsonl`.
 */
const RAW = [
  ...['_raw', '@message', 'event.original', 'message', 'Message'],
  ...['textPayload', 'jsonPayload.message', 'log', 'line', 'MESSAGE'],
];

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const MESSAGE = names('syslogmessage message msg syslogmsg');
const PROGRAM = names(
  'processname program syslogprogram appname syslogidentifier process ident tag procname',
);
const HOST = names('computer hostname host syslogserver source logsource');
const PROCESS = names('processid pid procid syslogpid');
const TIME = names('eventtime timestamp time timegenerated datetime syslogtimestamp');
/** Programs whose messages give rows; one of them among the first rows makes the column a program's name. */
const TELLING = /^(?:sshd|sudo|su|login|useradd|usermod|passwd|kernel|filterlog|systemd-logind)\b/;

const plain = (header: string): string => header.toLowerCase().replace(/[^a-z0-9]/g, '');

type Rows = readonly (readonly string[])[];

interface MessageReader {
  readonly write: RowWriter;
  /** What to say of it. */
  readonly note: string;
  /** Commits what was held back for lines that might have followed. */
  readonly finish: () => void;
}

/** The reader of the messages that the rows carry; null when they carry none. */
export function messageReader(
  columns: readonly string[],
  rows: Rows,
  inner: readonly Format[],
  context: ParseContext,
): MessageReader | null {
  return rawReader(columns, rows, inner, context) ?? syslogReader(columns, rows, context.sink);
}

/** The format of whole lines that the rows carry; null where they carry none that is known. */
export function innerFormat(columns: readonly string[], rows: Rows, inner: readonly Format[]): Format | null {
  return rawFormat(columns, rows, inner)?.format ?? null;
}

/** Whether rows of these columns carry messages that `messageReader` would read. */
export function carriesMessages(columns: readonly string[], rows: Rows, inner: readonly Format[]): boolean {
  return rawFormat(columns, rows, inner) !== null || syslogColumns(columns, rows) !== null;
}

function rawFormat(
  columns: readonly string[],
  rows: Rows,
  inner: readonly Format[],
): { index: number; format: Format; head: Head } | null {
  for (const name of RAW) {
    const index = columns.indexOf(name);
    const found =
      index === -1
        ? null
        : formatOf(
            rows.map((row) => row[index] ?? ''),
            inner,
          );
    if (found) return { index, ...found };
  }
  return null;
}

/** What the lines are of; null where no format is sure of them. */
function formatOf(cells: readonly string[], inner: readonly Format[]): { format: Format; head: Head } | null {
  const lines = cells.map((cell) => cell.replace(/[\r\n]+$/, '')).filter((line) => line.trim() !== '');
  if (lines.length === 0) return null;
  const text = lines.join('\n');
  const head: Head = { bytes: encodeUtf8(text), text, lines, isWhole: false };
  const ranking = inner
    .map((format) => ({ format, confidence: format.sniff(head) }))
    .sort((a, b) => b.confidence - a.confidence);
  const [best] = ranking;
  return best && best.confidence > SURE ? { format: best.format, head } : null;
}

function rawReader(
  columns: readonly string[],
  rows: Rows,
  inner: readonly Format[],
  { sink, options }: ParseContext,
): MessageReader | null {
  const found = rawFormat(columns, rows, inner);
  if (!found) return null;
  const name = columns[found.index] ?? '';
  const parser = found.format.parser({ sink, head: found.head, options });
  return {
    finish: () => parser.finish?.(),
    note: `The column "${name}" holds lines of another log (${found.format.label}); they were read as such, by their own times.`,
    write: (cells, offset, line) => {
      // Docker's driver keeps the end of the line.
      const bytes = encodeUtf8(String(cells[found.index] ?? '').replace(/[\r\n]+$/, ''));
      if (bytes.length === 0) return `the column "${name}" is empty`;
      parser.record(bytes, 0, bytes.length, offset, line);
      return null;
    },
  };
}

interface SyslogColumns {
  readonly message: number;
  readonly program: number;
  readonly host: number;
  readonly process: number;
  readonly time: number;
}

function syslogColumns(columns: readonly string[], rows: Rows): SyslogColumns | null {
  const plainNames = columns.map(plain);
  const at = (words: ReadonlySet<string>): number => plainNames.findIndex((name) => words.has(name));
  const found = {
    message: at(MESSAGE),
    program: at(PROGRAM),
    host: at(HOST),
    process: at(PROCESS),
    time: at(TIME),
  };
  if (found.message === -1 || found.program === -1 || found.time === -1) return null;
  return rows.some((row) => TELLING.test((row[found.program] ?? '').trim())) ? found : null;
}

function syslogReader(columns: readonly string[], rows: Rows, sink: RecordSink): MessageReader | null {
  const found = syslogColumns(columns, rows);
  if (!found) return null;
  const programs = new SyslogPrograms(sink);
  const ids = new TextIds(sink.dictionaries);
  const cell = (cells: readonly Cell[], index: number): string =>
    index === -1 ? '' : String(cells[index] ?? '').trim();
  return {
    finish: () => undefined,
    note: `The column "${columns[found.message]}" holds syslog messages; they were read as such, with "${columns[found.program]}" as the program.`,
    write: (cells, offset, line) => {
      if (!parseTimeText(cell(cells, found.time))) return `"${columns[found.time]}" is not a time`;
      const { event } = programs;
      event.us = parsedTime.us;
      event.basis = parsedTime.basis;
      event.host = ids.string(cell(cells, found.host)) as StringId;
      const process = Number(cell(cells, found.process));
      event.process = Number.isInteger(process) && process > 0 && process <= 0xffffffff ? process : 0;
      event.offset = offset;
      event.line = line;
      const program = encodeUtf8(cell(cells, found.program));
      const message = encodeUtf8(cell(cells, found.message));
      const bytes = new Uint8Array(program.length + message.length);
      bytes.set(program);
      bytes.set(message, program.length);
      programs.message(bytes, 0, program.length, program.length, bytes.length);
      return null;
    },
  };
}
