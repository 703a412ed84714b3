import { BYTE, decodeUtf8, indexOfByte } from '../base/bytes';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { JournalRows } from './shared/journal';

const NOTHING = new Uint8Array(0);
const MAX_VALUE = 1 << 16;

/** Fields that are read; the rest is passed over without making texts of it. */
const WANTED = new Set([
  '__REALTIME_TIMESTAMP',
  '__CURSOR',
  '__SEQNUM',
  '__SEQNUM_ID',
  '_SOURCE_REALTIME_TIMESTAMP',
  '_HOSTNAME',
  'SYSLOG_IDENTIFIER',
  '_COMM',
  'SYSLOG_PID',
  '_PID',
  '_TRANSPORT',
  '_MACHINE_ID',
  'MESSAGE',
]);

/**
 * The Journal Export Format (systemd.io/JOURNAL_EXPORT_FORMATS): `NAME=value` lines, or a line `NAME`, eight bytes of length (little endian) and the value's
 * bytes; an empty line ends the entry. Lengths make lines meaningless as boundaries, so the file is read whole.
 */
class JournalExportParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: JournalRows;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new JournalRows(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    let fields = new Map<string, Uint8Array>();
    let entryStart = start;
    let entryLine = line;
    let lineNumber = line;
    let at = start;
    const close = (stop: number): void => {
      if (fields.size > 0)
        this.#entry(fields, bytes, entryStart, stop, offset + entryStart - start, entryLine);
      fields = new Map();
    };
    while (at < end) {
      const newline = indexOfByte(bytes, BYTE.newline, at, end);
      const stop = newline === -1 ? end : newline;
      if (stop === at) {
        close(at);
        at += 1;
        lineNumber += 1;
        entryStart = at;
        entryLine = lineNumber;
        continue;
      }
      const equals = indexOfByte(bytes, 0x3d, at, stop);
      if (equals !== -1) {
        keep(fields, decodeUtf8(bytes, at, Math.min(equals, at + 64)), bytes, equals + 1, stop);
        at = stop + 1;
        lineNumber += 1;
        continue;
      }
      const length = stop + 9 <= end ? lengthAt(bytes, stop + 1) : Number.NaN;
      const valueEnd = stop + 9 + length;
      if (!(valueEnd <= end)) {
        close(stop);
        this.records += 1;
        this.#sink.reject(
          'the file ends inside this entry, or the length that a field in it states is wrong: was the export cut off?',
          bytes,
          at,
          end,
          lineNumber,
        );
        return;
      }
      keep(fields, decodeUtf8(bytes, at, Math.min(stop, at + 64)), bytes, stop + 9, valueEnd);
      for (let i = at; i <= Math.min(valueEnd, end - 1); i++) if (bytes[i] === BYTE.newline) lineNumber += 1;
      at = valueEnd + 1;
    }
    close(end);
  }

  #entry(
    fields: ReadonlyMap<string, Uint8Array>,
    bytes: Uint8Array,
    start: number,
    end: number,
    offset: number,
    line: number,
  ): void {
    this.records += 1;
    const text = (name: string): string => {
      const value = fields.get(name);
      return value ? decodeUtf8(value) : '';
    };
    const reason = this.#rows.write(
      {
        realtime: text('__REALTIME_TIMESTAMP'),
        sourceRealtime: text('_SOURCE_REALTIME_TIMESTAMP'),
        host: text('_HOSTNAME'),
        machine: text('_MACHINE_ID'),
        identifier: text('SYSLOG_IDENTIFIER'),
        command: text('_COMM'),
        process: text('SYSLOG_PID') || text('_PID'),
        transport: text('_TRANSPORT'),
        message: fields.get('MESSAGE') ?? NOTHING,
        cursor: text('__CURSOR'),
        seqnum: text('__SEQNUM'),
        seqnumId: text('__SEQNUM_ID'),
      },
      offset,
      line,
    );
    if (reason !== undefined) this.#sink.reject(reason, bytes, start, end, line);
  }
}

function keep(
  fields: Map<string, Uint8Array>,
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (WANTED.has(name) && !fields.has(name))
    fields.set(name, bytes.subarray(start, Math.min(end, start + MAX_VALUE)));
  // An entry of fields that are not wanted is still an entry.
  else if (fields.size === 0) fields.set('', NOTHING);
}

/** 64-bit little-endian length; NaN beyond what a double holds. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  const high = view.getUint32(4, true);
  return high > 0x1fffff ? Number.NaN : high * 4_294_967_296 + view.getUint32(0, true);
}

function sniffExport(head: Head): number {
  const start = head.lines.slice(0, 60);
  const has = (name: string): boolean => start.some((line) => line.startsWith(`${name}=`));
  return has('__CURSOR') && has('__REALTIME_TIMESTAMP') ? 0.97 : has('__REALTIME_TIMESTAMP') ? 0.8 : 0;
}

export const journaldExport: Format = {
  id: 'journald-export',
  label: 'systemd journal (journalctl -o export)',
  holdsSyslog: true,
  framing: 'whole',
  splittable: false,
  tables: ['logins', 'changes', 'flows', 'queries'],
  sniff: sniffExport,
  parser: (context) => new JournalExportParser(context),
};
