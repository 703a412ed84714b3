import { TIME_BASIS } from '../../base/time';
import type { StringId } from '../../base/brand';
import { concatBytes, encodeUtf8 } from '../../base/bytes';
import type { RecordSink } from '../format';
import { internText } from './line-event';
import { SyslogPrograms } from './syslog-programs';

/** A program's name is cut at so many bytes. */
export const MOST_NAME_BYTES = 128;

/** A journal entry's fields that matter; texts as the journal holds them. */
export interface JournalEntry {
  readonly realtime: string;
  readonly sourceRealtime: string;
  readonly host: string;
  /** _MACHINE_ID, which stays when a machine is renamed and across its boots; empty where the export leaves it out. */
  readonly machine: string;
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

/** What a journal's entry says of when and where. */
export interface JournalStamp {
  us: number;
  host: StringId;
  /** 0 where it is not said. */
  process: number;
  offset: number;
  line: number;
}

/** Journal entries to rows: their messages are those of syslog, so its programs read them. */
export class JournalRows {
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#programs = new SyslogPrograms(sink);
  }

  /** A series is named as that of a journal file is: its numbers run on through boots, and whatever the machine calls itself meanwhile. */
  #number({ cursor, seqnum, seqnumId, host, machine }: JournalEntry, offset: number, line: number): void {
    const inCursor = /^s=([0-9a-f]+);i=([0-9a-f]+);/.exec(cursor);
    const value = seqnum === '' ? Number.parseInt(inCursor?.[2] ?? '', 16) : Number(seqnum);
    const series = seqnumId || (inCursor?.[1] ?? '');
    const writer = /^[0-9a-f]{32}$/.test(machine) ? machine.slice(0, 8) : host;
    if (series !== '')
      this.#sink.number('journal', `${writer} ${series.slice(0, 8)}`.trim(), value, offset, line);
  }

  /** The reason when the entry cannot be read; it has been accounted for otherwise. */
  write(entry: JournalEntry, offset: number, line: number): string | undefined {
    this.#number(entry, offset, line);
    // Microseconds since 1970; the source's own stamp is when it happened, the other when it was written down.
    const stamp = /^\d{10,17}$/.test(entry.sourceRealtime) ? entry.sourceRealtime : entry.realtime;
    if (!/^\d{10,17}$/.test(stamp)) return 'the entry has no time (__REALTIME_TIMESTAMP)';
    const program = encodeUtf8((entry.identifier || entry.command).slice(0, MOST_NAME_BYTES));
    const bytes = concatBytes([program, entry.message], program.length + entry.message.length);
    this.read(
      {
        us: Number(stamp),
        host: internText(this.#sink.dictionaries, entry.host) as StringId,
        process: /^\d{1,10}$/.test(entry.process) ? Number(entry.process) : 0,
        offset,
        line,
      },
      entry.transport === 'audit',
      bytes,
      [0, program.length, program.length, bytes.length],
    );
    return undefined;
  }

  /** An entry by where `bytes` holds the name of its program and its message, the name's start and end and the message's. */
  read(
    { us, host, process, offset, line }: JournalStamp,
    isAudit: boolean,
    bytes: Uint8Array,
    [nameStart, nameEnd, start, end]: readonly [number, number, number, number],
  ): void {
    // What the audit subsystem says of a login its program has said before.
    if (isAudit) this.#sink.skip('audit record');
    else if (nameStart === nameEnd) this.#sink.skip('no program named');
    else {
      const { event } = this.#programs;
      event.us = us;
      event.basis = TIME_BASIS.absolute;
      event.host = host;
      event.process = process <= 0xffffffff ? process : 0;
      event.offset = offset;
      event.line = line;
      this.#programs.message(bytes, nameStart, nameEnd, start, end);
    }
  }
}
