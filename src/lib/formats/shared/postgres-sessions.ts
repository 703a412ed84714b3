import type { TimeBasis } from '../../base/time';
import { QUERY_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { portOf } from './json';
import { outcomeOfError, writePostgres, writeStatement, type PostgresMessage } from './postgres';
import type { RowWriter } from './row-writer';

/** Server processes that are remembered at once, more than servers have; the oldest are forgotten beyond. Each may hold a long statement. */
const MAX_SESSIONS = 5_000;

/** A message that is kept until a later one tells more. */
interface Kept {
  readonly entry: PostgresMessage;
  readonly us: number;
  readonly basis: TimeBasis;
  readonly offset: number;
  readonly line: number;
}

interface Session {
  client: string;
  clientPort: number;
  user: string;
  /** A statement that was begun, and of which the log has not told yet what became of it. */
  begun: Kept | null;
  /** An error whose statement is yet to come, on a line of its own. */
  error: PostgresMessage | null;
}

/** Of what is logged before a statement runs: with `log_statement`, and without its duration. */
const BEGINS = /^(?:statement|execute \S+|fastpath function call): ?/;
/** What a process writes only once the statement before is over. */
const GOES_ON =
  /^(?:statement|execute|fastpath|duration: \S+ ms(?:\s|$)|connection received: |connection authorized: |disconnection: )/;

/**
 * The messages of one log, held together by the server process that wrote them. Where the prefix names no client (neither the default of
 * `log_line_prefix`, `%m [%p] `, nor Debian's does), it is the one whose connection the process took (`log_connections`). A statement that is
 * logged before it runs (`log_statement`) was carried out when its process goes on without an error, since errors are always logged unless
 * `log_min_messages` is set above `error` (postgresql.org/docs, "Error Reporting and Logging").
 */
export class PostgresSessions {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #sessions = new Map<number, Session>();

  constructor(sink: RecordSink, rows: RowWriter) {
    this.#sink = sink;
    this.#rows = rows;
  }

  /** Rows of one message, now or once it is known what became of its statement. */
  write(entry: PostgresMessage, us: number, basis: TimeBasis, offset: number, line: number): void {
    const session = entry.process === 0 ? undefined : this.#sessionOf(entry);
    const kept = { entry: session ? withPeer(entry, session) : entry, us, basis, offset, line };
    const { severity, message } = entry;
    if (!session) return this.#put(kept);
    this.#settleError(session);
    if (severity === 'ERROR') {
      this.#fail(session, kept);
    } else if (severity === 'FATAL' || severity === 'PANIC') {
      this.#end(session, QUERY_OUTCOME.error);
      this.#put(kept);
    } else if (severity === 'LOG' && GOES_ON.test(message)) this.#goOn(session, kept);
    else this.#put(kept);
  }

  /**
   * The statement that the error before is about, where the log tells it on a line of its own (its first line will do). True where it gave a row:
   * the statement was not logged as it began (`log_statement = mod`).
   */
  statement(
    process: number,
    text: string,
    us: number,
    basis: TimeBasis,
    offset: number,
    line: number,
  ): boolean {
    const session = this.#sessions.get(process);
    const error = session?.error;
    if (!session || !error || isOfBegun(session, text)) {
      if (session) this.#settleError(session);
      return false;
    }
    session.error = null;
    this.#end(session, QUERY_OUTCOME.success);
    this.#put({ entry: { ...error, statement: text }, us, basis, offset, line });
    return true;
  }

  /** What became of the statements that are still open stays unknown. More may follow, from the same clients. */
  finish(): void {
    for (const session of this.#sessions.values()) this.#close(session);
  }

  #put({ entry, us, basis, offset, line }: Kept): void {
    this.#rows.at(us, basis, offset, line);
    const kind = writePostgres(this.#rows, entry);
    if (kind !== undefined) this.#sink.skip(kind);
  }

  /** A message that is only written once the statement before is over. */
  #goOn(session: Session, kept: Kept): void {
    const { message, process } = kept.entry;
    const duration = /^duration: ([\d.]+) ms$/.exec(message);
    const isToldOf = duration !== null && session.begun !== null;
    this.#end(session, QUERY_OUTCOME.success, duration ? Number(duration[1]) * 1000 : Number.NaN);
    if (BEGINS.test(message)) session.begun = kept;
    else if (isToldOf) this.#sink.skip('duration of the statement before');
    else this.#put(kept);
    if (message.startsWith('disconnection: ')) this.#sessions.delete(process);
  }

  /** An error may end the statement that was begun, or be about another one, which its own line will tell. */
  #fail(session: Session, kept: Kept): void {
    const { entry } = kept;
    const isUntold = entry.statement === '';
    if (session.begun === null || (!isUntold && !isOfBegun(session, entry.statement))) {
      this.#end(session, QUERY_OUTCOME.success);
      this.#put(kept);
      return;
    }
    session.error = entry;
    this.#sink.skip('error of a statement');
    if (!isUntold) this.#settleError(session);
  }

  /** No line told of another statement: the error was that of the one that was begun. */
  #settleError(session: Session): void {
    const { error } = session;
    session.error = null;
    if (error) this.#end(session, outcomeOfError(error.message));
  }

  #close(session: Session): void {
    this.#settleError(session);
    this.#end(session, QUERY_OUTCOME.unknown);
  }

  #end(session: Session, outcome: number, durationUs = Number.NaN): void {
    const { begun } = session;
    session.begun = null;
    if (!begun) return;
    this.#rows.at(begun.us, begun.basis, begun.offset, begun.line);
    writeStatement(this.#rows, begun.entry, begun.entry.message, durationUs, outcome);
  }

  #sessionOf({ process, message, severity }: PostgresMessage): Session {
    let session = this.#sessions.get(process);
    const received = severity === 'LOG' && message.startsWith('connection received: ');
    if (session && received) {
      // A process number that is used again.
      this.#close(session);
      this.#sessions.delete(process);
      session = undefined;
    }
    if (!session) {
      const [oldest] = this.#sessions;
      if (oldest && this.#sessions.size >= MAX_SESSIONS) {
        this.#close(oldest[1]);
        this.#sessions.delete(oldest[0]);
      }
      session = { client: '', clientPort: 0, user: '', begun: null, error: null };
      this.#sessions.set(process, session);
    }
    if (received) {
      const host = /\shost=(\S+)/.exec(message)?.[1] ?? '';
      session.client = host === '[local]' ? '' : host;
      session.clientPort = portOf(/\sport=(\S+)/.exec(message)?.[1] ?? '');
    } else if (severity === 'LOG' && /^(?:replication )?connection authorized: /.test(message))
      session.user = /\suser=(\S+)/.exec(message)?.[1] ?? '';
    return session;
  }
}

function isOfBegun({ begun }: Session, statement: string): boolean {
  return begun !== null && begun.entry.message.replace(BEGINS, '').startsWith(statement.trim());
}

/** The message with what its session knows of its client. */
function withPeer(entry: PostgresMessage, { client, clientPort, user }: Session): PostgresMessage {
  const isNamed = entry.client !== '';
  return {
    ...entry,
    client: isNamed ? entry.client : client,
    clientPort: entry.clientPort || (!isNamed || entry.client === client ? clientPort : 0),
    user: entry.user || user,
  };
}
