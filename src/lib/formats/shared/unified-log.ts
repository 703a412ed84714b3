import { concatBytes, encodeUtf8 } from '../../base/bytes';
import type { StringId } from '../../base/brand';
import type { TimeBasis } from '../../base/time';
import type { RecordSink } from '../format';
import { MAX_FIELD_BYTES } from './line-event';
import { SyslogPrograms } from './syslog-programs';

/** One message of macOS' unified log. */
export interface UnifiedMessage {
  readonly us: number;
  readonly basis: TimeBasis;
  /** The program's name, or the path to it. */
  readonly process: string;
  readonly pid: number;
  readonly message: string;
}

const MOST_NAME_CHARS = 128;

/** Messages of macOS' unified log to rows: sshd, sudo and su write there what they write to syslog elsewhere. It names no host. */
export class UnifiedRows {
  readonly #programs: SyslogPrograms;

  constructor(sink: RecordSink) {
    this.#programs = new SyslogPrograms(sink);
  }

  write({ us, basis, process, pid, message }: UnifiedMessage, offset: number, line: number): void {
    const { event } = this.#programs;
    event.us = us;
    event.basis = basis;
    event.host = 0 as StringId;
    event.process = pid >= 0 && pid <= 0xffffffff ? pid : 0;
    event.offset = offset;
    event.line = line;
    const name = encodeUtf8(process.slice(process.lastIndexOf('/') + 1).slice(0, MOST_NAME_CHARS));
    const text = encodeUtf8(message.slice(0, 4 * MAX_FIELD_BYTES));
    const bytes = concatBytes([name, text], name.length + text.length);
    this.#programs.message(bytes, 0, name.length, name.length, bytes.length);
  }
}
