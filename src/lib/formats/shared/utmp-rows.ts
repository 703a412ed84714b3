import { TIME_BASIS, type TimeBasis } from '../../base/time';
import { LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { RowWriter } from './row-writer';
import { FAILED_SSH, remoteOf, SERVER_NOTE, serviceOfTerminal, WINDOW } from './terminals';
import type { UtmpRecord } from './utmp';

/** What a file of login records tells: who got in (wtmp), who did not (btmp), or one of the two. */
export type Telling = 'logins' | 'failures' | 'unsure';

/** Terminals whose session is remembered until it ends. A hostile file may name a new one in each record. */
const MAX_OPEN = 10_000;
const UNSURE_NOTE =
  'Nothing in the file tells whether its records are logins (wtmp) or failed ones (btmp), which look alike: their outcome is left open.';
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

/** Whether records are of a wtmp, of a btmp, or of both. */
export class UtmpSigns {
  isWtmp = false;
  isBtmp = false;

  see(record: UtmpRecord): void {
    this.isWtmp ||= isOfWtmp(record);
    this.isBtmp ||= isFailure(record);
  }
}

interface OpenSession {
  readonly user: string;
  readonly actor: string;
  readonly service: string;
  readonly pid: number;
}

/** Login records to rows: logins, failed logins, and the ends of sessions. */
export class UtmpRows {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #open = new Map<string, OpenSession>();
  #success: number = LOGIN_OUTCOME.unknown;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** What USER_PROCESS means in this file. */
  decide(told: Telling, { isWtmp, isBtmp }: UtmpSigns): void {
    const isFailures = told === 'failures' || isBtmp;
    if (isFailures) this.#success = isWtmp ? LOGIN_OUTCOME.unknown : LOGIN_OUTCOME.failure;
    else if (isWtmp || told === 'logins') this.#success = LOGIN_OUTCOME.success;
    if (isFailures && isWtmp) this.#sink.note(isBtmp ? MIXED_NOTE : CHOSEN_NOTE);
    else if (!isFailures && !isWtmp && told === 'unsure') this.#sink.note(UNSURE_NOTE);
  }

  write(record: UtmpRecord, offset: number, line: number, basis: TimeBasis = TIME_BASIS.absolute): void {
    this.#rows.at(record.us, basis, offset, line);
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
    if (this.#open.size < MAX_OPEN || this.#open.has(record.line)) this.#open.set(record.line, session);
  }

  #login(record: UtmpRecord, outcome: number): OpenSession {
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
