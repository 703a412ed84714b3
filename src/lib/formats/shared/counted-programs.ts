import { BYTE, encodeUtf8, startsWithAscii } from '../../base/bytes';
import type { RecordSink } from '../format';
import { isFirewallName } from './firewall-lines';
import { jsonStart } from './json-messages';
import type { Program, SyslogPrograms } from './syslog-programs';

/** Kind of text that a kernel asks for; as in `src/kernels/other-programs.as.ts`. */
export const PROGRAM_TEXT = 2;
/** As many as the kernel has counts for, but 0. */
const MAX_COUNTED = 255;

const SSHD = encodeUtf8('sshd');
/** Services whose sessions are no logins, for PAM's messages about them; `PrivilegeMessages` has the final word. */
const SESSIONS_OF = ['cron', 'crond', 'atd', 'systemd-user'];

/** What the sshd kernel exports for the lines of other programs. */
export interface CountingExports {
  readonly text: WebAssembly.Global<'i32'>;
  counted(program: number): number;
  addQuiet(length: number): number;
}

/** Programs whose lines a kernel counts instead of handing them over: those of which it can see that a message gives no row. */
export class CountedPrograms {
  readonly #sink: RecordSink;
  readonly #programs: SyslogPrograms;
  readonly #numbers = new Map<Program, number>();

  constructor(sink: RecordSink, programs: SyslogPrograms) {
    this.#sink = sink;
    this.#programs = programs;
  }

  /** Tells the kernel which of PAM's messages give no row, whatever comes behind. */
  listQuiet(kernel: CountingExports, memory: Uint8Array): void {
    for (const service of SESSIONS_OF) {
      const start = encodeUtf8(`pam_unix(${service}:session): session `);
      memory.set(start, kernel.text.value);
      if (kernel.addQuiet(start.length) === 0) throw new Error(`the kernel has no room for ${service}`);
    }
  }

  /** What the kernel is to know a program by; 0 for one whose lines all have to be read. */
  valueOf(bytes: Uint8Array, from: number, to: number): number {
    if (to - from === SSHD.length && SSHD.every((byte, i) => bytes[from + i] === byte)) return 0;
    if (isFirewallName(bytes, from, to)) return 0;
    const program = this.#programs.program(bytes, from, to);
    if (program.rowsOf === undefined || beginsObject(bytes, to)) return 0;
    const number = this.#numbers.get(program) ?? this.#numbers.size + 1;
    if (number > MAX_COUNTED) return 0;
    this.#numbers.set(program, number);
    return number * 2 + (program.rowsOf === 'packets' ? 1 : 0);
  }

  /** Passes on what the kernel has counted. */
  flush(kernel: CountingExports): void {
    for (const [program, number] of this.#numbers) {
      const lines = kernel.counted(number);
      if (lines > 0) this.#sink.skip(program.kind, lines);
    }
  }
}

/** Longest `[pid]: ` behind a program's name. */
const LONGEST_PID = 16;

/**
 * Whether the first message of a program, whose name ends at `nameEnd`, is a JSON object or an event of CEF or LEEF. A program that writes
 * such only later is counted as the rest of its messages are.
 */
function beginsObject(bytes: Uint8Array, nameEnd: number): boolean {
  const limit = Math.min(bytes.length, nameEnd + LONGEST_PID);
  let at = nameEnd;
  while (at < limit && bytes[at] !== BYTE.colon) at += 1;
  if (at === limit) return false;
  at += 1;
  while (at < bytes.length && bytes[at] === BYTE.space) at += 1;
  const end = Math.min(bytes.length, at + 80);
  return (
    jsonStart(bytes, at, end) !== -1 ||
    startsWithAscii(bytes, 'CEF:', at, end) ||
    startsWithAscii(bytes, 'LEEF:', at, end)
  );
}
