import { decodeUtf8 } from '../base/bytes';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import { portOf } from './shared/json';
import { anyTimeOf, type Time } from './shared/json-fields';
import { noTime } from './shared/reject-reasons';
import { RowWriter } from './shared/row-writer';
import { changeOfSql, shownStatement, verbOfSql, withoutSecrets } from './shared/sql';

const MAX_LINE = 1 << 16;
const MAX_STATEMENT = 1 << 15;

/** `'2018-05-21T06:00:09Z UTC [ db=dev user=bob pid=36616 userid=53 xid=2956702 ]' LOG: select 1`. */
const ACTIVITY = /^'([^']{19,30}?)(?: UTC)? \[ ([^\]]*)\]' LOG: ?([^]*)$/;
const ACTIVITY_START = /^'[^']{19,30}? \[ /;
/** A connection's event, padded, and its time: `authenticated |Mon, 21 May 2018 01:38:01:601|`. */
const CONNECTION = /^([a-z][a-z_ ]{3,40}?)\s*\|\s*([A-Z][a-z]{2}, [^|]{19,26}?)\s*\|/;
/** Fields of a user's change, the last of which is its time. */
const USER_FIELDS = 11;

const EVENTS: Readonly<Record<string, number>> = {
  authenticated: LOGIN_OUTCOME.success,
  'authentication failure': LOGIN_OUTCOME.failure,
  'initiating session': LOGIN_OUTCOME.sessionOpened,
  'disconnecting session': LOGIN_OUTCOME.sessionClosed,
};

const USER_KINDS: Readonly<Record<string, number>> = {
  create: CHANGE_KIND.userCreated,
  drop: CHANGE_KIND.userDeleted,
  alter: CHANGE_KIND.credentialChanged,
  rename: CHANGE_KIND.other,
};

const BEFORE_IT_RUNS =
  'Redshift writes a statement into its user activity log before it runs, without an address: whether it gave anything is not told. Connections stand in its connection log.';

const FORGED =
  'it looks like a connection or a user’s change among statements, any of which may hold such a line: load the connection log and the user log as files of their own';

interface Statement {
  readonly time: Time;
  readonly fields: string;
  readonly offset: number;
  readonly line: number;
  text: string;
}

/**
 * Audit logs of Amazon Redshift as they are put into a bucket or CloudWatch: connection log, user log and user activity log ("Database audit
 * logging", docs.aws.amazon.com/redshift), all in UTC.
 */
class RedshiftParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  /** A statement goes on over lines. */
  #held: Statement | null = null;
  /** Statements were met: each log is a file of its own, and a statement's further lines are whatever its sender wrote. */
  #hasStatements = false;

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE));
    const activity = ACTIVITY.exec(text);
    const connection = activity ? null : CONNECTION.exec(text);
    const user = activity || connection ? null : userFields(text);
    if (!activity && !connection && !user) {
      if (this.#held) this.#continue(this.#held, text);
      else if (text.trim() === '') this.#sink.skip('blank');
      else
        this.#sink.reject(
          "the line is neither a statement ('2018-05-21T06:00:09Z UTC [ db=… user=… ]' LOG: …) nor a connection (authenticated |Mon, 21 May 2018 01:38:01:601|…) nor a user's change",
          bytes,
          start,
          end,
          line,
        );
      return;
    }
    if (!activity && this.#hasStatements) {
      this.#sink.reject(FORGED, bytes, start, end, line);
      return;
    }
    this.finish();
    const [, stamp = ''] = activity ?? [];
    const time = activity ? anyTimeOf(stamp) : timeOf(connection?.[2] ?? user?.[USER_FIELDS - 1] ?? '');
    if (Number.isNaN(time.us)) {
      this.#sink.reject(noTime('recordtime', 'Mon, 21 May 2018 01:38:01:601'), bytes, start, end, line);
      return;
    }
    if (activity) {
      this.#hasStatements = true;
      const [, , fields = '', statement = ''] = activity;
      this.#held = { time, fields, offset, line, text: statement };
      return;
    }
    this.#rows.at(time.us, time.basis, offset, line);
    if (connection)
      this.#connection(
        connection[1] ?? '',
        text.split('|').map((part) => part.trim()),
      );
    else if (user) this.#user(user);
  }

  passOver(bytes: Uint8Array, start: number, end: number): void {
    if (ACTIVITY_START.test(decodeUtf8(bytes, start, Math.min(end, start + 64)))) this.finish();
  }

  finish(): void {
    const held = this.#held;
    this.#held = null;
    if (!held) return;
    this.#rows.at(held.time.us, held.time.basis, held.offset, held.line);
    this.#statement(held);
  }

  #continue(held: Statement, text: string): void {
    if (held.text.length < MAX_STATEMENT) held.text += `\n${text}`;
    this.#sink.skip('continuation of the line before');
  }

  #connection(event: string, fields: readonly string[]): void {
    const outcome = EVENTS[event];
    if (outcome === undefined) {
      this.#sink.skip(`event ${event}`);
      return;
    }
    const [, , host = '', port, , database = '', user = '', method = ''] = fields;
    this.#rows.login({
      actor: host === '[local]' ? '' : host,
      actorPort: portOf(port),
      service: 'redshift',
      host: database,
      user,
      method: methodOf(method),
      outcome,
    });
  }

  #user(fields: readonly string[]): void {
    const [, name = '', before = '', action = ''] = fields;
    const isSuper = /^(?:1|t|true)$/i.test(fields[5] ?? '');
    this.#rows.change({
      kind: USER_KINDS[action.toLowerCase()] ?? CHANGE_KIND.other,
      target: name,
      outcome: CHANGE_OUTCOME.success,
      detail: [action, before, isSuper ? 'superuser' : ''].filter((part) => part !== '').join(' '),
    });
  }

  #statement({ fields, text }: Statement): void {
    this.#sink.note(BEFORE_IT_RUNS);
    const field = (name: string): string => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(fields)?.[1] ?? '';
    const origin = { principal: field('user'), host: field('db') };
    this.#rows.query({
      ...origin,
      service: 'redshift',
      verb: verbOfSql(text),
      object: shownStatement(text),
      outcome: QUERY_OUTCOME.unknown,
    });
    const change = changeOfSql(text);
    if (change)
      this.#rows.change({
        ...origin,
        ...change,
        outcome: CHANGE_OUTCOME.unknown,
        detail: withoutSecrets(text),
      });
  }
}

/** `Mon, 21 May 2018 01:38:01:601`: a colon before the milliseconds, and UTC without a word of it. */
function timeOf(text: string): Time {
  return anyTimeOf(`${text.replace(/:(\d{3})$/, '.$1')} GMT`);
}

function userFields(text: string): string[] | null {
  const fields = text.split('|').map((part) => part.trim());
  const isUser =
    fields.length >= USER_FIELDS &&
    /^\d{1,9}$/.test(fields[0] ?? '') &&
    Object.hasOwn(USER_KINDS, (fields[3] ?? '').toLowerCase());
  return isUser ? fields : null;
}

function methodOf(method: string): number {
  if (/^(?:password|md5|sha256)$/i.test(method)) return LOGIN_METHOD.password;
  if (/iam|plugin|token/i.test(method)) return LOGIN_METHOD.token;
  return method === '' ? LOGIN_METHOD.unknown : LOGIN_METHOD.other;
}

function sniffRedshift(head: Head): number {
  const lines = head.lines.filter((line) => line.trim() !== '').slice(0, 50);
  const [first = ''] = lines;
  const isOne = (line: string): boolean => {
    const text = line.slice(0, 1000);
    const event = CONNECTION.exec(text)?.[1] ?? '';
    return ACTIVITY.test(text) || (event !== '' && text.split('|').length > 10) || userFields(text) !== null;
  };
  // A statement's further lines may be anything.
  return isOne(first) || lines.filter(isOne).length * 2 > lines.length ? 0.97 : 0;
}

export const redshift: Format = {
  id: 'redshift',
  label: 'Amazon Redshift audit log',
  framing: 'lines',
  // A statement goes on over lines that begin with anything.
  splittable: false,
  heldOffAsset: true,
  // The user activity log has each query before it is run.
  tellsStatementsAsTheyArrive: true,
  tables: ['logins', 'queries', 'changes'],
  sniff: sniffRedshift,
  parser: (context) => new RedshiftParser(context),
};
