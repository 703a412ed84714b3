import { MICROS_PER_MINUTE, TIME_BASIS } from '../base/time';
import { shortLivedUtf8 } from '../base/bytes';
import type { Format, Head } from './format';
import { countOf, numberOf, textAt, type JsonObject } from './shared/json';
import { JsonRecords } from './shared/json-records';
import { wantedAt } from './shared/json-wanted';
import { portAt } from './shared/json-fields';
import { PostgresSessions } from './shared/postgres-sessions';
import { noTime } from './shared/reject-reasons';
import { parsedTime } from './shared/time';
import { readIsoTime } from './shared/time-prefix';
import { zoneMinutesOf } from './shared/zone-names';

const WANTED = wantedAt(
  ...['timestamp', 'remote_host', 'remote_port', 'user', 'application_name', 'pid', 'error_severity'],
  ...['message', 'statement', 'session_id', 'line_num'],
);

/** jsonlog, since PostgreSQL 15. Keys from "Using JSON-Format Log Output", postgresql.org/docs. */
class PostgresJsonParser extends JsonRecords {
  readonly #sessions = new PostgresSessions(this.sink, this.rows);

  protected override take(record: JsonObject, offset: number, line: number): string | null {
    const time = shortLivedUtf8(textAt(record, 'timestamp'));
    const timeEnd = readIsoTime(time, 0, time.length);
    if (timeEnd === -1) return noTime('timestamp', '2024-03-10 12:00:00.123 UTC');
    const minutes = zoneMinutesOf(textAt(record, 'timestamp').slice(timeEnd).trim());
    const isNamed = parsedTime.basis === TIME_BASIS.local && minutes !== undefined;
    const us = parsedTime.us - (isNamed ? minutes * MICROS_PER_MINUTE : 0);
    const basis = isNamed ? TIME_BASIS.absolute : parsedTime.basis;
    const session = textAt(record, 'session_id');
    if (session !== '') this.sink.number('session line', session, numberOf(record['line_num']), offset, line);
    const host = textAt(record, 'remote_host');
    const entry = {
      user: textAt(record, 'user'),
      client: host === '[local]' ? '' : host,
      clientPort: portAt(record, 'remote_port'),
      application: textAt(record, 'application_name'),
      process: countOf(record['pid'], 0xffffffff, 0),
      severity: textAt(record, 'error_severity'),
      message: textAt(record, 'message'),
      statement: textAt(record, 'statement'),
    };
    this.#sessions.write(entry, us, basis, offset, line);
    return null;
  }

  finish(): void {
    this.#sessions.finish();
  }
}

function sniffJsonLog(head: Head): number {
  const start = head.text.slice(0, 4000);
  const has = (key: string): boolean => start.includes(`"${key}"`);
  return /^\s*[[{]/.test(start) && has('error_severity') && has('timestamp') && has('pid') ? 0.95 : 0;
}

export const postgresqlJson: Format = {
  id: 'postgresql-json',
  label: 'PostgreSQL log (jsonlog)',
  framing: 'json',
  // What became of a statement is told by a later record.
  splittable: false,
  tellsStatementsAsTheyArrive: true,
  tables: ['queries', 'logins', 'changes'],
  sniff: sniffJsonLog,
  parser: (context) => new PostgresJsonParser(context, WANTED),
};
