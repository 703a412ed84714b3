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
}

/** Journal entries to rows: their messages are those of syslog, so its programs read them. */
export class JournalRows {
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#programs = new SyslogPrograms(sink);
  }

  /** The reason when the entry cannot be read; it has been accounted for otherwise. */
  write(entry: JournalEntry, offset: number, line: number): string | undefined {
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
