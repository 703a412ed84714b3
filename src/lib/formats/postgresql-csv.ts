import { BYTE, decodeUtf8, encodeUtf8 } from '../base/bytes';
import { MICROS_PER_MINUTE, TIME_BASIS } from '../base/time';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { splitEndpoint } from './shared/endpoint';
import { splitCsv } from './shared/postgres';
import { PostgresSessions } from './shared/postgres-sessions';
import { RowWriter } from './shared/row-writer';
import { parsedTime } from './shared/time';
import { readIsoTime } from './shared/time-prefix';
import { zoneMinutesOf } from './shared/zone-names';

/** A record that goes on over more lines or bytes than this has lost its closing quote. */
const MAX_LINES = 5000;
const MAX_TEXT = 1 << 18;

/** A record whose quotes are still open. */
interface Open {
  text: string;
  quotes: number;
  lines: number;
  readonly offset: number;
  readonly line: number;
}

/** csvlog: one CSV record a message, in which statements keep their line breaks. Columns from "Using CSV-Format Log Output", postgresql.org/docs. */
class PostgresCsvParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #sessions: PostgresSessions;
  #open: Open | undefined;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#sessions = new PostgresSessions(sink, new RowWriter(sink));
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let quotes = 0;
    for (let i = start; i < end; i++) if (bytes[i] === BYTE.quote) quotes += 1;
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_TEXT));
    const open = this.#open;
    if (open && !(STARTS.test(text) && open.lines > 1 && open.text.length > MAX_TEXT)) {
      open.quotes += quotes;
      open.lines += 1;
      if (open.text.length < MAX_TEXT) open.text += `\n${text}`;
      this.#sink.skip('continuation of the line before');
      if (open.quotes % 2 === 0 || open.lines > MAX_LINES) this.#close();
      return;
    }
    if (text.trim() === '') {
      this.#sink.skip('blank');
      return;
    }
    this.#open = { text, quotes, lines: 1, offset, line };
    if (quotes % 2 === 0) this.#close();
  }

  finish(): void {
    if (this.#open) this.#close();
    this.#sessions.finish();
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const bytes = encodeUtf8(open.text);
    const reason = this.#read(open, bytes);
    if (reason !== undefined) this.#sink.reject(reason, bytes, 0, bytes.length, open.line);
  }

  #read(open: Open, bytes: Uint8Array): string | undefined {
    const timeEnd = readIsoTime(bytes, 0, bytes.length);
    if (timeEnd === -1) return 'the first column holds no time, such as 2024-03-10 12:00:00.123 UTC';
    let { basis } = parsedTime;
    const us = parsedTime.us;
    const values = splitCsv(open.text);
    if (values.length < 14) return `14 columns or more expected, ${values.length} found`;
    const minutes = zoneMinutesOf((values[0] ?? '').slice(timeEnd).trim());
    const shift = basis === TIME_BASIS.local && minutes !== undefined ? minutes * MICROS_PER_MINUTE : 0;
    if (basis === TIME_BASIS.local && minutes !== undefined) basis = TIME_BASIS.absolute;
    const get = (index: number): string => values[index] ?? '';
    const { address, port } = splitEndpoint(get(4));
    this.#sink.number('session line', get(5), Number(get(6) || Number.NaN), open.offset, open.line);
    const entry = {
      user: get(1),
      client: address === '[local]' ? '' : address.replace(/:(\d+)$/, ''),
      clientPort: port || lastPort(get(4)),
      application: get(22),
      process: /^\d{1,9}$/.test(get(3)) ? Number(get(3)) : 0,
      severity: get(11),
      message: get(13),
      statement: get(19),
    };
    this.#sessions.write(entry, us - shift, basis, open.offset, open.line);
    return undefined;
  }
}

/** csvlog writes IPv6 clients without brackets: `::1:16790`. */
function lastPort(endpoint: string): number {
  const match = /^[0-9a-f:.]*:[0-9a-f:.]*:(\d{1,5})$/i.exec(endpoint);
  const port = Number(match?.[1] ?? 0);
  return port <= 65535 ? port : 0;
}

const STARTS = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+,/;
const RECORD =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+,(?:"[^"]*"|[^,]*),(?:"[^"]*"|[^,]*),\d*,(?:"[^"]*"|[^,]*),[0-9a-f]+\.[0-9a-f]+,\d+,/;

function sniffCsvLog(head: Head): number {
  const starts = head.lines.filter((line) => STARTS.test(line)).slice(0, 50);
  const fit = starts.filter((line) => RECORD.test(line));
  return starts.length === 0 ? 0 : 0.97 * (fit.length / starts.length);
}

export const postgresqlCsv: Format = {
  id: 'postgresql-csv',
  label: 'PostgreSQL log (csvlog)',
  framing: 'lines',
  // A record may go on over many lines, and where it began is only known from the file's start.
  splittable: false,
  tellsStatementsAsTheyArrive: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffCsvLog,
  parser: (context) => new PostgresCsvParser(context),
};
