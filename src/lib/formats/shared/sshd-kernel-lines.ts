import { encodeUtf8 } from '../../base/bytes';
import { TIME_BASIS } from '../../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { CountedPrograms, PROGRAM_TEXT, type CountingExports } from './counted-programs';
import { AddressCache } from './interning';
import { KernelRows } from './kernel-rows';
import { parsedTime } from './time';
import { SSHD_OTHER } from './sshd';
import type { SyslogPrograms } from './syslog-programs';
import { readIsoTime, readSyslogTime } from './time-prefix';

/** What follows the text that a message begins with; as in `src/kernels/sshd.as.ts`. A user is one without blanks. */
const SHAPE = {
  /** `<user> from <address>[ port <n>][ ssh2][ [preauth]]` */
  userFromPeer: 0,
  /** The same, with a key's fingerprint after `ssh2: RSA `. */
  userKeyFromPeer: 1,
  /** `<user> <address> port <n>[ [preauth]]` */
  userAndPeer: 2,
  /** `<address>[ port <n>]`, then anything */
  peer: 3,
  /** `<user>(uid=0)`, or `<user>`, then anything */
  sessionUser: 4,
  /** Anything: such a message gives no row. */
  nothing: 5,
} as const;

type Message = readonly [start: string, shape: keyof typeof SHAPE, outcome?: number, method?: number];

const { failure, success, invalidUser, connect, disconnect, maxAttempts, noIdentification } = LOGIN_OUTCOME;
const { password, publickey, keyboardInteractive, none } = LOGIN_METHOD;

/**
 * The messages that nearly all lines of sshd are, by their beginnings (at most 80 bytes): of those that one text begins with, the first
 * counts. `SshdMessages` has the final word on what each means.
 */
export const KERNEL_MESSAGES: readonly Message[] = [
  ['Failed password for invalid user ', 'userFromPeer', failure, password],
  ['Failed password for ', 'userFromPeer', failure, password],
  ['Failed none for invalid user ', 'userFromPeer', failure, none],
  ['Failed publickey for invalid user ', 'userFromPeer', failure, publickey],
  ['Failed publickey for ', 'userKeyFromPeer', failure, publickey],
  ['Failed keyboard-interactive/pam for invalid user ', 'userFromPeer', failure, keyboardInteractive],
  ['Failed keyboard-interactive/pam for ', 'userFromPeer', failure, keyboardInteractive],
  ['Invalid user ', 'userFromPeer', invalidUser],
  ['Accepted publickey for ', 'userKeyFromPeer', success, publickey],
  ['Accepted password for ', 'userKeyFromPeer', success, password],
  ['Accepted keyboard-interactive/pam for ', 'userKeyFromPeer', success, keyboardInteractive],
  ['Received disconnect from ', 'peer', disconnect],
  ['Connection closed by invalid user ', 'userAndPeer', disconnect],
  ['Connection closed by authenticating user ', 'userAndPeer', disconnect],
  ['Connection closed by ', 'peer', disconnect],
  ['Connection reset by invalid user ', 'userAndPeer', disconnect],
  ['Connection reset by authenticating user ', 'userAndPeer', disconnect],
  ['Connection reset by ', 'peer', disconnect],
  ['Connection from ', 'peer', connect],
  ['Disconnected from invalid user ', 'userAndPeer', disconnect],
  ['Disconnected from authenticating user ', 'userAndPeer', disconnect],
  ['Disconnected from user ', 'userAndPeer', disconnect],
  ['Disconnected from ', 'peer', disconnect],
  ['Did not receive identification string from ', 'peer', noIdentification],
  ['banner exchange: Connection from ', 'peer', noIdentification],
  ['Unable to negotiate with ', 'peer', disconnect],
  ['error: maximum authentication attempts exceeded for invalid user ', 'userFromPeer', maxAttempts],
  ['error: maximum authentication attempts exceeded for ', 'userFromPeer', maxAttempts],
  ['error: PAM: Authentication failure for ', 'userFromPeer', failure, keyboardInteractive],
  ['error: Received disconnect from ', 'peer', disconnect],
  ['error: kex_exchange_identification: ', 'nothing'],
  ['pam_unix(sshd:auth): ', 'nothing'],
  ['pam_unix(sshd:session): session opened for user ', 'sessionUser', LOGIN_OUTCOME.sessionOpened],
  ['pam_unix(sshd:session): session closed for user ', 'sessionUser', LOGIN_OUTCOME.sessionClosed],
  ['PAM service(sshd) ignoring max retries; ', 'nothing'],
  ['input_userauth_request: ', 'nothing'],
  ['reverse mapping checking getaddrinfo for ', 'nothing'],
  ['Server listening on ', 'nothing'],
];

/**
 * The lines that a machine's sshd mostly writes, read in WebAssembly; those of other programs that give no row are counted there. All other
 * lines are left to the caller, who reads every line: nothing here may come out differently there.
 */
export class SshdKernelLines {
  readonly #rows: KernelRows<'logins'>;
  readonly #counted: CountedPrograms;

  constructor(module: WebAssembly.Module, sink: RecordSink, programs: SyslogPrograms) {
    const { dictionaries, logins } = sink;
    this.#counted = new CountedPrograms(sink, programs);
    this.#rows = new KernelRows(module, {
      builder: logins,
      dictionaries,
      addresses: new AddressCache(dictionaries.addresses),
      addressColumns: ['actorAddr'],
      imports: {
        nameText: (from: number, to: number, kind: number) =>
          kind === PROGRAM_TEXT
            ? this.#counted.valueOf(this.#rows.memory, from, to)
            : dictionaries.strings.internBytes(this.#rows.memory, from, to),
        dayAt: (at: number, length: number) => dayAt(this.#rows.memory, at, length),
        zonedAt: (at: number, length: number) => zonedAt(this.#rows.memory, at, length),
      },
      endRun: (first, count) => {
        // Nobody becomes another account in sshd's own lines; the column is not the kernel's, and may hold what another file left in it.
        logins.columns.became.fill(0, first, first + count);
        const skipped = this.#kernel.skipped();
        if (skipped > 0) sink.skip(SSHD_OTHER, skipped);
      },
    });
    this.#kernel.setService(dictionaries.strings.intern('sshd'));
    this.#listMessages();
    this.#counted.listQuiet(this.#kernel, this.#rows.memory);
  }

  get taken(): number {
    return this.#rows.taken;
  }

  /** Reads lines from `from` on; returns where the first one starts that it leaves. See `KernelRows.read`. */
  read(bytes: Uint8Array, from: number, end: number, origin: number, line: number): number {
    return this.#rows.read(bytes, from, end, origin, line);
  }

  /** Passes on what was counted; to be called when no line is left. */
  finish(): void {
    this.#counted.flush(this.#kernel);
  }

  get #kernel(): SshdExports {
    return this.#rows.exports as unknown as SshdExports;
  }

  #listMessages(): void {
    const text = this.#kernel.text.value;
    for (const [start, shape, outcome, method] of KERNEL_MESSAGES) {
      const bytes = encodeUtf8(start);
      this.#rows.memory.set(bytes, text);
      const isListed = this.#kernel.addMessage(
        bytes.length,
        SHAPE[shape],
        outcome ?? LOGIN_OUTCOME.unknown,
        method ?? LOGIN_METHOD.unknown,
      );
      if (isListed === 0) throw new Error(`the kernel has no room for "${start}"`);
    }
  }
}

interface SshdExports extends CountingExports {
  skipped(): number;
  setService(id: number): void;
  addMessage(length: number, shape: number, outcome: number, method: number): number;
}

const MIDNIGHT = encodeUtf8('00:00:00');
const RFC_TIME_BYTES = 15;

/** Start of the day of the RFC 3164 time (15 bytes) or ISO 8601 time (19 bytes) at `at`; −1 when that is none. */
function dayAt(bytes: Uint8Array, at: number, length: number): number {
  const time = bytes.slice(at, at + length);
  time.set(MIDNIGHT, length - MIDNIGHT.length);
  const read = length === RFC_TIME_BYTES ? readSyslogTime : readIsoTime;
  return read(time, 0, length) === length ? parsedTime.us : -1;
}

/** The ISO 8601 time of `length` bytes at `at`, which ends with its zone; −1 when it does not. */
function zonedAt(bytes: Uint8Array, at: number, length: number): number {
  const isTime = readIsoTime(bytes, at, at + length) === at + length;
  return isTime && parsedTime.basis === TIME_BASIS.absolute ? parsedTime.us : -1;
}
