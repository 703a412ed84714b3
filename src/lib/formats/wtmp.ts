import { encodeUtf8 } from '../base/bytes';
import { FailureError } from '../base/result';
import { TIME_BASIS } from '../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink, SourceBytes } from './format';
import { RowWriter } from './shared/row-writer';
import { FAILED_SSH, remoteOf, SERVER_NOTE, serviceOfTerminal, TWICE_NOTE, WINDOW } from './shared/terminals';
import {
  isUtmpRecord,
  isZero,
  nextUtmpRecord,
  readUtmp,
  UTMP_LAYOUTS,
  utmpLayoutOf,
  utmpText,
  viewed,
  type UtmpBytes,
  type UtmpLayout,
  type UtmpRecord,
} from './shared/utmp';

/** What a file of login records tells: who got in (wtmp), who did not (btmp), or one of the two. */
type Telling = 'logins' | 'failures' | 'unsure';

/** Terminals whose session is remembered until it ends. A hostile file may name a new one in each record. */
const MAX_OPEN = 10_000;
/** Of what is no record, its first bytes are shown, in hexadecimal. */
const SHOWN_BYTES = 32;

const UNSURE_NOTE =
  'Nothing in the file tells whether its records are logins (wtmp) or failed ones (btmp), which look alike: their outcome is left open. Choose “Linux wtmp” or “Linux btmp” as its format if its origin is known.';
const MIXED_NOTE =
  'The file holds boots and ends of sessions, as wtmp does, beside failed logins, as btmp does: the outcome of its other logins is left open.';
const CHOSEN_NOTE =
  'The file holds boots or ends of sessions, which only wtmp has, but is read as btmp: the outcome of its logins is left open.';

/**
 * A failed login that can be nothing else. sshd writes its own as LOGIN_PROCESS on the terminal `ssh:notty` (OpenSSH, loginrec.c, record_failed_login);
 * login(1) as LOGIN_PROCESS with the name that was typed (util-linux, login.c, log_btmp). In wtmp a LOGIN_PROCESS is a terminal that waits: its user is
 * `LOGIN` (agetty(8)) or begins with a dot (telnetd).
 */
function isFailure({ type, line, user }: UtmpRecord): boolean {
  if (type !== 'LOGIN_PROCESS') return false;
  return line === FAILED_SSH || (user !== '' && user !== 'LOGIN' && !user.startsWith('.'));
}

/** What only a file has to which sessions' beginnings and ends are written. btmp has neither boots nor ends. */
function isOfWtmp(record: UtmpRecord): boolean {
  return record.type !== 'USER_PROCESS' && record.type !== 'EMPTY' && !isFailure(record);
}

/** Of the whole records at the head of a file: whether some are of wtmp and some of btmp. */
function tellingOf(source: UtmpBytes, layout: UtmpLayout): { isWtmp: boolean; isBtmp: boolean } {
  let [isWtmp, isBtmp] = [false, false];
  const { sizeBytes } = layout;
  for (let at = 0; at + sizeBytes <= source.bytes.length && !(isWtmp && isBtmp); at += sizeBytes) {
    if (!isUtmpRecord(source, at, layout)) continue;
    const record = readUtmp(source, at, layout);
    isWtmp ||= isOfWtmp(record);
    isBtmp ||= isFailure(record);
  }
  return { isWtmp, isBtmp };
}

interface OpenSession {
  readonly user: string;
  readonly actor: string;
  readonly service: string;
  readonly pid: number;
}

class UtmpParser implements RecordParser {
  records = 0;
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #told: Telling;
  readonly #open = new Map<string, OpenSession>();
  #success: number = LOGIN_OUTCOME.unknown;

  constructor({ sink }: ParseContext, told: Telling) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
    this.#told = told;
  }

  /** The complete file. Where bytes are no record, the next that is one is looked for at any offset. */
  record(all: Uint8Array, start: number, end: number): void {
    const source = viewed(all.subarray(start, end));
    const { bytes } = source;
    const layout = utmpLayoutOf(bytes) ?? (UTMP_LAYOUTS[0] as UtmpLayout);
    this.#decide(source, layout);
    const { sizeBytes } = layout;
    let at = 0;
    while (at < bytes.length) {
      this.records += 1;
      const stop = at + sizeBytes;
      if (isUtmpRecord(source, at, layout)) {
        this.#write(readUtmp(source, at, layout), at);
        at = stop;
      } else if (stop <= bytes.length && isZero(bytes, at, stop)) {
        this.#reject(
          `the record is ${sizeBytes} zero bytes: no program writes such an entry, tools that erase logins leave it, and so does a crash`,
          bytes,
          at,
          stop,
        );
        at = stop;
      } else at = this.#skipDamage(source, at, layout);
    }
    this.records = Math.max(1, this.records);
    if (bytes.length === 0) this.#sink.reject('the file holds no record', bytes, 0, 0, 1);
  }

  /** What USER_PROCESS means in this file. */
  #decide(source: UtmpBytes, layout: UtmpLayout): void {
    const { isWtmp, isBtmp } = tellingOf(source, layout);
    if (this.#told === 'failures') {
      this.#success = isWtmp ? LOGIN_OUTCOME.unknown : LOGIN_OUTCOME.failure;
      if (isWtmp) this.#sink.note(isBtmp ? MIXED_NOTE : CHOSEN_NOTE);
    } else if (isBtmp) {
      this.#success = isWtmp ? LOGIN_OUTCOME.unknown : LOGIN_OUTCOME.failure;
      if (isWtmp) this.#sink.note(MIXED_NOTE);
    } else if (isWtmp || this.#told === 'logins') this.#success = LOGIN_OUTCOME.success;
    else this.#sink.note(UNSURE_NOTE);
  }

  /** Rejects what is no record, as one; returns where the next begins. */
  #skipDamage(source: UtmpBytes, from: number, layout: UtmpLayout): number {
    const { bytes } = source;
    const at = nextUtmpRecord(source, from, layout);
    const left = at - from;
    const { sizeBytes } = layout;
    const reason =
      at === bytes.length && left < sizeBytes
        ? `the file ends inside this record: ${left} of ${sizeBytes} bytes are there`
        : `${left} bytes are no login record: expected ${sizeBytes} bytes with a type from 0 to 9 and a time after 1980`;
    this.#reject(reason, bytes, from, at);
    return at;
  }

  #reject(reason: string, bytes: Uint8Array, start: number, end: number): void {
    const shown = bytes.subarray(start, Math.min(end, start + SHOWN_BYTES));
    const text = encodeUtf8([...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
    this.#sink.reject(reason, text, 0, text.length, this.records);
  }

  #write(record: UtmpRecord, offset: number): void {
    this.#rows.at(record.us, TIME_BASIS.absolute, offset, this.records);
    if (isFailure(record)) this.#login(record, LOGIN_OUTCOME.failure);
    else if (record.type === 'USER_PROCESS') this.#user(record);
    else if (record.type === 'DEAD_PROCESS') this.#dead(record);
    else {
      // A machine that starts has no sessions left.
      if (record.type === 'BOOT_TIME') this.#open.clear();
      this.#sink.skip(record.type);
    }
  }

  #user(record: UtmpRecord): void {
    const session = this.#login(record, this.#success);
    if (this.#open.size < MAX_OPEN) this.#open.set(record.line, session);
  }

  #login(record: UtmpRecord, outcome: number): OpenSession {
    this.#sink.note(TWICE_NOTE);
    const actor = record.address || remoteOf(record.host);
    const service = serviceOfTerminal(record.line, actor);
    if (service === 'sshd' && record.line !== FAILED_SSH) this.#sink.note(SERVER_NOTE);
    // A window of a desktop or a multiplexer is opened by someone who is in already.
    const isWindow = service === WINDOW && outcome === LOGIN_OUTCOME.success;
    this.#rows.login({
      actor,
      service,
      user: record.user,
      outcome: isWindow ? LOGIN_OUTCOME.sessionOpened : outcome,
      method: LOGIN_METHOD.unknown,
      process: record.pid,
    });
    return { user: record.user, actor, service, pid: record.pid };
  }

  /** The end of a session names its terminal, and mostly nobody. */
  #dead(record: UtmpRecord): void {
    const session = this.#open.get(record.line);
    this.#open.delete(record.line);
    if (!session || this.#success !== LOGIN_OUTCOME.success) {
      this.#sink.skip('DEAD_PROCESS');
      return;
    }
    this.#rows.login({
      actor: session.actor,
      service: session.service,
      user: session.user,
      outcome: LOGIN_OUTCOME.sessionClosed,
      process: session.pid,
    });
  }
}

/** Confidence of `wtmp`, `btmp` and, where it cannot be told which, of `utmp`. */
function sniffFor(told: Telling): (head: Head) => number {
  return (head) => {
    const layout = utmpLayoutOf(head.bytes);
    if (!layout) return 0;
    const { isWtmp, isBtmp } = tellingOf(viewed(head.bytes), layout);
    const isSure = isWtmp !== isBtmp;
    if (told === 'unsure') return isSure ? 0.3 : 0.95;
    return isSure && isBtmp === (told === 'failures') ? 0.97 : 0.5;
  };
}

/** The record at this offset, in words. */
async function recordText(source: SourceBytes, offset: number): Promise<string> {
  const layout = utmpLayoutOf(await source.read(0, 1 << 16)) ?? (UTMP_LAYOUTS[0] as UtmpLayout);
  const bytes = viewed(await source.read(offset, offset + layout.sizeBytes));
  if (!isUtmpRecord(bytes, 0, layout))
    throw new FailureError({ what: `There is no login record at byte ${offset}` });
  return utmpText(readUtmp(bytes, 0, layout));
}

function utmpFormat(id: string, label: string, told: Telling): Format {
  return {
    id,
    label,
    framing: 'whole',
    splittable: false,
    tables: ['logins'],
    recordText,
    sniff: sniffFor(told),
    parser: (context) => new UtmpParser(context, told),
  };
}

export const wtmp = utmpFormat('wtmp', 'Linux wtmp (logins, binary)', 'logins');
export const btmp = utmpFormat('btmp', 'Linux btmp (failed logins, binary)', 'failures');
/** The same records, where nothing tells what they mean. */
export const utmp = utmpFormat('utmp', 'Linux login records (binary), wtmp or btmp', 'unsure');
