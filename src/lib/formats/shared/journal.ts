import { TIME_BASIS } from '../../base/time';
import type { StringId } from '../../base/brand';
import { encodeUtf8 } from '../../base/bytes';
import type { RecordSink } from '../format';
import { internText } from './line-event';
import { SyslogPrograms } from './syslog-programs';

/** A journal entry's fields that matter; texts as the journal holds them. */
export interface JournalEntry {
  readonly realtime: string;
  readonly sourceRealtime: string;
  readonly host: string;
  readonly identifier: string;
  readonly command: string;
  readonly process: string;
  readonly transport: string;
  readonly message: Uint8Array;
  /** __CURSOR, whose `s=` names the series and `i=` holds the number (hexadecimal), or __SEQNUM_ID and __SEQNUM (systemd 254 and later). */
  readonly cursor: string;
  readonly seqnum: string;
  readonly seqnumId: string;
}

/** Journal entries to rows: their messages are those of syslog, so its programs read them. */
export class JournalRows {
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#programs = new SyslogPrograms(sink);
  }

  #number({ cursor, seqnum, seqnumId, host }: JournalEntry, offset: number, line: number): void {
    const inCursor = /^s=([0-9a-f]+);i=([0-9a-f]+);/.exec(cursor);
    const value = seqnum === '' ? Number.parseInt(inCursor?.[2] ?? '', 16) : Number(seqnum);
    const series = seqnumId || (inCursor?.[1] ?? '');
    if (series !== '')
      this.#sink.number('journal', `${host} ${series.slice(0, 8)}`.trim(), value, offset, line);
  }

  /** The reason when the entry cannot be read; it has been accounted for otherwise. */
  write(entry: JournalEntry, offset: number, line: number): string | undefined {
    this.#number(entry, offset, line);
    // Microseconds since 1970; the source's own stamp is when it happened, the other when it was written down.
    const stamp = /^\d{10,17}$/.test(entry.sourceRealtime) ? entry.sourceRealtime : entry.realtime;
    if (!/^\d{10,17}$/.test(stamp)) return 'the entry has no time (__REALTIME_TIMESTAMP)';
    // What the audit subsystem says of a login its program has said before.
    if (entry.transport === 'audit') {
      this.#sink.skip('audit record');
      return undefined;
    }
    const program = encodeUtf8((entry.identifier || entry.command).slice(0, 128));
    if (program.length === 0) {
      this.#sink.skip('no program named');
      return undefined;
    }
    const { event } = this.#programs;
    const pid = /^\d{1,10}$/.test(entry.process) ? Number(entry.process) : 0;
    event.us = Number(stamp);
    event.basis = TIME_BASIS.absolute;
    event.host = internText(this.#sink.dictionaries, entry.host) as StringId;
    event.process = pid <= 0xffffffff ? pid : 0;
    event.offset = offset;
    event.line = line;
    const bytes = new Uint8Array(program.length + entry.message.length);
    bytes.set(program);
    bytes.set(entry.message, program.length);
    this.#programs.message(bytes, 0, program.length, program.length, bytes.length);
    return undefined;
  }
}
