import { encodeUtf8 } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { JournalRows } from './shared/journal';
import { asArray, textAt } from './shared/json';
import { JsonReader } from './shared/json-reader';
import { wantedAt } from './shared/json-wanted';
import { firstText } from './shared/json-fields';
import { NOT_JSON } from './shared/reject-reasons';

const MAX_MESSAGE = 1 << 16;

/** MESSAGE is text, or an array of byte values when it is not valid UTF-8 (systemd.journal-fields(7), "JSON"); null when it was too long. */
function messageOf(value: unknown): Uint8Array {
  if (typeof value === 'string') return encodeUtf8(value.slice(0, MAX_MESSAGE));
  const bytes = asArray(value).slice(0, MAX_MESSAGE);
  // A field given several times is an array of texts.
  if (typeof bytes[0] === 'string') return encodeUtf8(bytes[0].slice(0, MAX_MESSAGE));
  return Uint8Array.from(bytes, (byte) => (typeof byte === 'number' ? byte : 0x3f));
}

const WANTED = wantedAt(
  ...['__REALTIME_TIMESTAMP', '_SOURCE_REALTIME_TIMESTAMP', '_HOSTNAME', 'SYSLOG_IDENTIFIER', '_COMM'],
  ...['SYSLOG_PID', '_PID', '_TRANSPORT', 'MESSAGE', '__CURSOR', '__SEQNUM', '__SEQNUM_ID'],
  '_MACHINE_ID',
);

class JournalJsonParser implements RecordParser {
  readonly objects = new JsonReader(WANTED);
  readonly #sink: RecordSink;
  readonly #rows: JournalRows;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new JournalRows(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const record = this.objects.read(bytes, start, end);
    const reason = record
      ? this.#rows.write(
          {
            realtime: textAt(record, '__REALTIME_TIMESTAMP'),
            sourceRealtime: textAt(record, '_SOURCE_REALTIME_TIMESTAMP'),
            host: textAt(record, '_HOSTNAME'),
            machine: textAt(record, '_MACHINE_ID'),
            identifier: textAt(record, 'SYSLOG_IDENTIFIER'),
            command: textAt(record, '_COMM'),
            process: firstText(record, 'SYSLOG_PID', '_PID'),
            transport: textAt(record, '_TRANSPORT'),
            message: messageOf(record['MESSAGE']),
            cursor: textAt(record, '__CURSOR'),
            seqnum: textAt(record, '__SEQNUM'),
            seqnumId: textAt(record, '__SEQNUM_ID'),
          },
          offset,
          line,
        )
      : NOT_JSON;
    if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
  }
}

function sniffJournal(head: Head): number {
  const start = head.text.slice(0, 8000);
  if (!/^\s*[[{]/.test(start)) return 0;
  const has = (key: string): boolean => start.includes(`"${key}"`);
  return has('__REALTIME_TIMESTAMP') && has('MESSAGE')
    ? 0.97
    : has('_SOURCE_REALTIME_TIMESTAMP') && has('MESSAGE')
      ? 0.9
      : 0;
}

export const journaldJson: Format = {
  id: 'journald-json',
  label: 'systemd journal (journalctl -o json)',
  holdsSyslog: true,
  framing: 'json',
  splittable: true,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: sniffJournal,
  parser: (context) => new JournalJsonParser(context),
};
