import { knownBytes } from '../notebook/known-bytes';
import type { Findings } from '../analysis/findings';
import { defang } from '../base/addresses';
import { formatUtc } from '../base/time';
import { visibleText } from '../base/visible';
import { defangText } from './defang';

/**
 * Excel takes a CSV file for one of the system's old code page unless it begins with this mark; LibreOffice, pandas, DuckDB and readr know
 * it, too, and leave it out of the first heading.
 */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Characters that a cell may hold in Excel ("Excel specifications and limits", support.microsoft.com): what is beyond goes into cells and
 * rows that it does not belong to.
 */
const MOST_IN_CELL = 32_767;
/** Room for the words that tell of a cut. */
const WORDS_OF_CUT = 120;

/** A text that a cell can hold; a longer one ends between two words and with how much is missing and where all of it is. */
function cutToCell(text: string): string {
  if (text.length <= MOST_IN_CELL) return text;
  const room = MOST_IN_CELL - WORDS_OF_CUT;
  const space = text.lastIndexOf(' ', room);
  // A last word longer than this is no word: it is cut where the room ends.
  const end = space > room - 1_000 ? space : room - (/[\ud800-\udbff]/.test(text.charAt(room - 1)) ? 1 : 0);
  return `${text.slice(0, end)} [cut: ${text.length - end} of ${text.length} characters are left out here; the findings in JSON have all]`;
}

/**
 * One CSV cell. Text that a spreadsheet would run as a formula gets a leading apostrophe: it begins with = + − @, a tab or a carriage
 * return, in ASCII or full width (OWASP, "CSV Injection"). Quoted by RFC 4180 where it must be. What is too long for a cell says so.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = cutToCell(
    visibleText(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(value) ? `'${value}` : value),
  );
  return /[",\r\n;\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table by RFC 4180, its lines ended by CR LF, without a mark before it. */
export function csvTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

/** The same for spreadsheets. */
function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return BYTE_ORDER_MARK + csvTable(header, rows);
}

/** A row of any table as a line of a spreadsheet. */
export interface CsvRow {
  readonly us: number;
  readonly what: string;
  readonly table: string;
  readonly source: string;
  readonly line: number;
  readonly offset: number | null;
  /** The row's own cells by the names of their columns, as texts. */
  readonly cells: Readonly<Record<string, string>>;
}

/** Cells that are told in columns of their own. */
const TOLD = new Set(['startUs', 'timeUs']);

/**
 * Rows in the order given: when, what in words, where it stands, then the cells that any of them fills. In UTF-8 with its mark, addresses defanged,
 * times ISO 8601 in UTC, sizes in bytes, durations in microseconds.
 */
export function rowsCsv(rows: readonly CsvRow[]): string {
  const names = [
    ...new Set(rows.flatMap(({ cells }) => Object.keys(cells).filter((name) => cells[name] !== ''))),
  ].filter((name) => !TOLD.has(name));
  return csv(
    [
      'time (UTC)',
      'what',
      'table',
      'source',
      'line',
      'byte offset',
      ...names.map((name) => (name === 'endUs' ? 'end (UTC)' : name)),
    ],
    rows.map(({ us, what, table, source, line, offset, cells }) => [
      timeText(us),
      defangText(what),
      table,
      source,
      line,
      offset ?? '',
      ...names.map((name) => {
        const text = cells[name] ?? '';
        return name === 'endUs' && text !== '' ? timeText(Number(text)) : defangText(text);
      }),
    ]),
  );
}

function timeText(us: number): string {
  return Number.isFinite(us) ? formatUtc(us) : '';
}

/** One line an actor, in UTF-8 with its mark. Addresses defanged. Times ISO 8601 in UTC, sizes in bytes; an empty cell is unknown. */
export function actorsCsv(findings: Findings): string {
  const header = [
    'actor',
    'standing',
    'label',
    'quiet rank',
    'rung',
    'rung inferred',
    'succeeded',
    'noise score',
    'quiet score',
    'campaign',
    'first seen (UTC)',
    'last seen (UTC)',
    'sessions',
    'events',
    'failures',
    'successes',
    'user names',
    'assets',
    'ports',
    'bytes to actor',
    'bytes from actor',
    'services',
    'why',
  ];
  return csv(
    header,
    findings.actors.map((actor) => [
      defang(actor.actor),
      actor.standing,
      actor.label ?? '',
      actor.quietRank ?? '',
      actor.rung,
      String(actor.rungInferred),
      String(actor.succeeded),
      Number(actor.noiseScore.toFixed(3)),
      Number(actor.quietScore.toFixed(3)),
      actor.campaign ?? '',
      formatUtc(actor.firstUs),
      formatUtc(actor.lastUs),
      actor.sessions,
      actor.events,
      actor.failures,
      actor.successes,
      actor.users,
      actor.assets,
      actor.ports,
      knownBytes(actor.bytesToActor, findings),
      knownBytes(actor.bytesFromActor, findings),
      actor.services.join(' '),
      actor.why.map((sign) => `${sign.sign}: ${sign.text}`).join('; '),
    ]),
  );
}

/** One line an asset, service and UTC day, in UTF-8 with its mark. */
export function verdictsCsv(findings: Findings): string {
  return csv(
    ['asset', 'service', 'day (UTC)', 'verdict', 'rung', 'rung inferred', 'ceiling', 'actors', 'why'],
    findings.verdicts.map((verdict) => [
      verdict.asset,
      verdict.service,
      verdict.day,
      verdict.verdict,
      verdict.rung,
      String(verdict.inferred),
      verdict.ceiling,
      verdict.actors.map(defang).join(' '),
      verdict.why.map((statement) => statement.text).join(' '),
    ]),
  );
}
