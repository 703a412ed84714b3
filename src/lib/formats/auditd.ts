import { decodeUtf8 } from '../base/bytes';
import { microsFromCivil, TIME_BASIS, type TimeBasis } from '../base/time';
import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../tables/schemas';
import type { Format, Head, ParseContext, RecordParser, RecordSink } from './format';
import {
  accountOf,
  clientOf,
  fieldsOf,
  isSuccess,
  known,
  opensForWriting,
  serviceOf,
  unhex,
  whoOf,
  type Fields,
} from './shared/audit-fields';
import { changeKindOfCommand } from './shared/commands';
import { portOf } from './shared/json';
import { RowWriter } from './shared/row-writer';

const MAX_LINE = 1 << 16;
/** Processes and calls whose earlier records are remembered at once; the oldest are forgotten beyond. */
const MAX_REMEMBERED = 10_000;
const MAX_ARGUMENTS = 40;

const HEAD =
  /^(?:node=(\S+) )?type=(\S+) msg=audit\((?:(\d{1,11})\.(\d{1,9})|(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{1,6})):(\d+)\)\s?:?\s?([^]*)$/;

/** What a process' earlier records said of the account that it lets in, and of the client's port. */
interface Attempt {
  account: string;
  key: string;
  method: number;
  /** The client that the port belongs to: a process number comes again. */
  client: string;
  port: number;
}

/** Account changes by record type ("Audit Record Types", Red Hat documentation; audit-records.h). */
const ACCOUNT_CHANGES: Readonly<Record<string, number>> = {
  ADD_USER: CHANGE_KIND.userCreated,
  DEL_USER: CHANGE_KIND.userDeleted,
  ADD_GROUP: CHANGE_KIND.policyChanged,
  DEL_GROUP: CHANGE_KIND.policyChanged,
  USER_MGMT: CHANGE_KIND.policyChanged,
  GRP_MGMT: CHANGE_KIND.policyChanged,
  USER_CHAUTHTOK: CHANGE_KIND.credentialChanged,
  GRP_CHAUTHTOK: CHANGE_KIND.credentialChanged,
  ACCT_LOCK: CHANGE_KIND.credentialChanged,
  ACCT_UNLOCK: CHANGE_KIND.credentialChanged,
  ROLE_ASSIGN: CHANGE_KIND.privilegeGranted,
  ROLE_REMOVE: CHANGE_KIND.privilegeRevoked,
};

/** Programs by which an account opens a session of another. */
const BECOMING = /^(?:su|sudo|doas|pkexec)$/;

const LOGGING_UNITS =
  /^(?:auditd|rsyslog|syslog|syslog-ng|syslogd|systemd-journald|filebeat|osqueryd)(?:\.service)?$/;

/** Linux audit log (auditd, also enriched or interpreted by ausearch). One event may be several records; a login's are tied by their process. */
class AuditdParser implements RecordParser {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  readonly #attempts = new Map<string, Attempt>();
  /** By event serial: who made the call whose arguments an EXECVE record lists. */
  readonly #calls = new Map<string, Fields>();

  constructor({ sink }: ParseContext) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  record(bytes: Uint8Array, start: number, end: number, offset: number, line: number): void {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_LINE)).trim();
    if (text === '' || text === '----') {
      this.#sink.skip(text === '' ? 'blank' : 'separator');
      return;
    }
    const match = HEAD.exec(text);
    if (!match) {
      const hasType = /^(?:node=\S+ )?type=/.test(text);
      this.#sink.reject(
        hasType
          ? 'the time and number of the event are missing or unreadable: expected msg=audit(1710072000.123:45)'
          : 'the line does not begin with type= (or node=… type=), as audit records do',
        bytes,
        start,
        end,
        line,
      );
      return;
    }
    const [, host = '', type = '', seconds] = match;
    const serial = match[12] ?? '';
    this.#sink.number('audit', host, Number(serial), offset, line);
    const { us, basis } =
      seconds === undefined
        ? interpreted(match)
        : { us: Number(seconds) * 1e6 + fraction(match[4] ?? ''), basis: TIME_BASIS.absolute };
    this.#rows.at(us, basis, offset, line);
    const fields = fieldsOf(match[13] ?? '');
    if (!this.#write(type, host, serial, fields)) this.#sink.skip(`${type.slice(0, 40)} record`);
  }

  /** True when the record gave at least one row. */
  #write(type: string, host: string, serial: string, fields: Fields): boolean {
    switch (type) {
      case 'USER_AUTH':
      case 'USER_ERR':
        return this.#authentication(host, fields);
      case 'USER_ACCT':
      case 'CRED_ACQ':
        this.#attempt(host, fields);
        return false;
      // Red Hat's sshd says the client's port in these two and in no other.
      case 'CRYPTO_SESSION':
        return this.#keyExchange(host, fields);
      case 'CRYPTO_KEY_USER':
        this.#attempt(host, fields);
        return false;
      case 'USER_LOGIN':
        return this.#login(host, fields);
      case 'USER_START':
        return this.#session(host, fields, LOGIN_OUTCOME.sessionOpened);
      case 'USER_END':
        return this.#session(host, fields, LOGIN_OUTCOME.sessionClosed);
      case 'USER_CMD':
        return this.#command(host, fields);
      case 'SYSCALL':
        remember(this.#calls, serial, fields);
        return false;
      case 'EXECVE':
        return this.#execution(host, serial, fields);
      case 'PATH':
        return this.#path(host, serial, fields);
      case 'DAEMON_START':
      case 'DAEMON_END':
      case 'DAEMON_ABORT':
      case 'SERVICE_START':
      case 'SERVICE_STOP':
      case 'CONFIG_CHANGE':
        return this.#logging(type, host, fields);
      default:
        return type in ACCOUNT_CHANGES && this.#account(type, host, fields);
    }
  }

  /** What this process' records about one client have said so far. */
  #attempt(host: string, fields: Fields): Attempt {
    const process = `${host} ${fields['pid'] ?? ''}`;
    const client = clientOf(fields);
    const port = portOf(fields['rport'] ?? 0);
    let attempt = this.#attempts.get(process);
    const isOther =
      (client !== '' && attempt?.client !== '' && attempt?.client !== client) ||
      (port !== 0 && attempt?.port !== 0 && attempt?.port !== port);
    if (!attempt || isOther)
      attempt = { account: '', key: '', method: LOGIN_METHOD.unknown, client: '', port: 0 };
    if (client !== '') attempt.client = client;
    if (port !== 0) attempt.port = port;
    const account = accountOf(fields);
    if (account !== '') attempt.account = account;
    if (fields['op'] === 'key' && fields['fp'] !== undefined) attempt.key = fields['fp'];
    remember(this.#attempts, process, attempt);
    return attempt;
  }

  /** Both sides agreed on keys, each way a record: all that there is of a client that leaves before it tries to log in. */
  #keyExchange(host: string, fields: Fields): boolean {
    const { method } = this.#attempt(host, fields);
    if (fields['op'] !== 'start' || fields['direction'] !== 'from-client' || !isSuccess(fields)) return false;
    this.#row(host, fields, { outcome: LOGIN_OUTCOME.connect, user: '', method });
    return true;
  }

  /**
   * A refused credential is said by PAM once a try, and again by sshd's own `op=password` and by USER_LOGIN: PAM's record counts, and public keys', of which PAM
   * knows nothing. What succeeds is said by USER_LOGIN.
   */
  #authentication(host: string, fields: Fields): boolean {
    const attempt = this.#attempt(host, fields);
    const op = fields['op'] ?? '';
    const isKey = /^pubkey/.test(op);
    if (isKey) attempt.method = LOGIN_METHOD.publickey;
    else if (op === 'PAM:authentication') attempt.method = LOGIN_METHOD.password;
    if (isSuccess(fields)) {
      if (serviceOf(fields) !== 'su' || op !== 'PAM:authentication') return false;
      const account = accountOf(fields);
      this.#row(host, fields, {
        outcome: LOGIN_OUTCOME.privilege,
        user: whoOf(fields),
        became: account,
        method: attempt.method,
      });
      this.#change(host, fields, {
        kind: CHANGE_KIND.commandRun,
        target: `su ${account}`.trim(),
        detail: `USER_AUTH (su to ${account || 'an account that is not named'})`,
      });
      return true;
    }
    if (op !== 'PAM:authentication' && !isKey) return false;
    this.#row(host, fields, {
      outcome: LOGIN_OUTCOME.failure,
      user: accountOf(fields),
      method: attempt.method,
    });
    return true;
  }

  #login(host: string, fields: Fields): boolean {
    const attempt = this.#attempt(host, fields);
    if (!isSuccess(fields)) return false;
    const user = accountOf(fields) || fields['ID'] || attempt.account || fields['id'] || fields['auid'] || '';
    this.#row(host, fields, {
      outcome: LOGIN_OUTCOME.success,
      user,
      method: attempt.method,
      key: attempt.key,
    });
    return true;
  }

  /** Cron's and at's sessions are rows, too: on a quiet machine they alone show that the log was being written. */
  #session(host: string, fields: Fields, outcome: number): boolean {
    const op = fields['op'] ?? '';
    const service = serviceOf(fields);
    if (!/^PAM:session_/.test(op) || !isSuccess(fields) || /^(?:systemd|runuser)$/.test(service))
      return false;
    const account = accountOf(fields);
    // The login's account is the one that had itself become another, however often before.
    const caller = BECOMING.test(service) ? whoOf(fields) : '';
    const who = caller === '' ? { user: account } : { user: caller, became: account };
    this.#row(host, fields, { outcome, ...who, method: LOGIN_METHOD.unknown });
    return true;
  }

  #row(
    host: string,
    fields: Fields,
    more: { outcome: number; user: string; became?: string; method: number; key?: string },
  ): void {
    const pid = Number(fields['pid'] ?? 0);
    const client = clientOf(fields);
    this.#rows.login({
      actor: client,
      actorPort: client === '' ? 0 : this.#attempt(host, fields).port,
      host,
      service: serviceOf(fields),
      user: more.user,
      became: more.became,
      method: more.method,
      outcome: more.outcome,
      key: more.key,
      process: pid >= 0 && pid <= 0xffffffff ? pid : 0,
    });
  }

  /** What sudo ran. */
  #command(host: string, fields: Fields): boolean {
    const user = whoOf(fields);
    const command = unhex(fields['cmd'] ?? '');
    this.#rows.login({
      host,
      service: 'sudo',
      user,
      outcome: isSuccess(fields) ? LOGIN_OUTCOME.privilege : LOGIN_OUTCOME.failure,
    });
    this.#change(host, fields, {
      kind: changeKindOfCommand(command),
      target: command,
      detail: 'USER_CMD (sudo)',
    });
    return true;
  }

  #execution(host: string, serial: string, fields: Fields): boolean {
    const call = this.#calls.get(serial) ?? {};
    const words: string[] = [];
    for (let i = 0; i < MAX_ARGUMENTS && fields[`a${i}`] !== undefined; i++)
      words.push(unhex(fields[`a${i}`] ?? ''));
    const command = words.join(' ');
    if (command === '') return false;
    const detail = `EXECVE${call['exe'] === undefined ? '' : ` ${call['exe']}`}${call['uid'] === undefined ? '' : ` as uid ${call['uid']}`}`;
    this.#change(
      host,
      { ...call, res: call['success'] === 'no' ? 'failed' : 'success' },
      { kind: changeKindOfCommand(command), target: command, detail },
    );
    return true;
  }

  /** A file of authorized keys that a call made, removed or opened for writing; other paths give no row. */
  #path(host: string, serial: string, fields: Fields): boolean {
    const name = unhex(fields['name'] ?? '');
    if (!/\/?authorized_keys2?$/.test(name)) return false;
    const call = this.#calls.get(serial) ?? {};
    const kind = fields['nametype'] ?? '';
    if (kind !== 'CREATE' && kind !== 'DELETE' && !(kind === 'NORMAL' && opensForWriting(call))) return false;
    this.#change(
      host,
      { ...call, res: call['success'] === 'no' ? 'failed' : 'success' },
      {
        kind: kind === 'DELETE' ? CHANGE_KIND.keyDeleted : CHANGE_KIND.keyCreated,
        target: name,
        detail: `PATH ${kind}${call['exe'] === undefined ? '' : ` ${call['exe']}`}`,
      },
    );
    return true;
  }

  #account(type: string, host: string, fields: Fields): boolean {
    const op = fields['op'] ?? '';
    const target =
      accountOf(fields) || fields['ID'] || (fields['id'] === undefined ? '' : `uid ${fields['id']}`);
    // Looking a password up in order to check it is no change of it.
    if (type === 'USER_CHAUTHTOK' && /display|attempted/.test(op)) return false;
    this.#change(host, fields, {
      kind: ACCOUNT_CHANGES[type] ?? CHANGE_KIND.other,
      target,
      detail: `${type} ${op}`.trim(),
    });
    return true;
  }

  #logging(type: string, host: string, fields: Fields): boolean {
    const unit = fields['unit'] ?? '';
    let kind: number | undefined;
    if (type === 'DAEMON_START') kind = CHANGE_KIND.loggingStarted;
    else if (type.startsWith('DAEMON_')) kind = CHANGE_KIND.loggingStopped;
    else if (type === 'CONFIG_CHANGE') {
      if (fields['audit_enabled'] === '0') kind = CHANGE_KIND.loggingStopped;
      else if (/remove|del/.test(fields['op'] ?? '')) kind = CHANGE_KIND.policyChanged;
    } else if (LOGGING_UNITS.test(unit))
      kind = type === 'SERVICE_STOP' ? CHANGE_KIND.loggingStopped : CHANGE_KIND.loggingStarted;
    if (kind === undefined) return false;
    this.#change(host, fields, {
      kind,
      target: unit || 'audit',
      detail: `${type} ${fields['op'] ?? ''}`.trim(),
    });
    return true;
  }

  #change(host: string, fields: Fields, more: { kind: number; target: string; detail: string }): void {
    this.#rows.change({
      actor: known(fields['addr']),
      principal: whoOf(fields),
      kind: more.kind,
      target: more.target,
      host,
      outcome: isSuccess(fields) ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      detail: more.detail,
    });
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  const [oldest] = map.keys();
  if (map.size >= MAX_REMEMBERED && oldest !== undefined && !map.has(key)) map.delete(oldest);
  map.set(key, value);
}

function fraction(digits: string): number {
  return Number(digits.padEnd(6, '0').slice(0, 6));
}

/** The time as ausearch -i prints it: month, day and year, in local time. */
function interpreted(match: RegExpExecArray): { us: number; basis: TimeBasis } {
  const [month, day, year, hour, minute, second] = match.slice(5, 11).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const us = microsFromCivil(year, month, day, hour, minute, second) + fraction(match[11] ?? '');
  return { us, basis: TIME_BASIS.local };
}

function sniffAuditd(head: Head): number {
  const lines = head.lines.filter((line) => line !== '' && line !== '----').slice(0, 50);
  const fit = lines.filter((line) => /^(?:node=\S+ )?type=\S+ msg=audit\([\d/ .:]+\)/.test(line));
  return lines.length === 0 ? 0 : 0.98 * (fit.length / lines.length);
}

export const auditd: Format = {
  id: 'auditd',
  label: 'Linux audit log (auditd)',
  framing: 'lines',
  // A login's account, key and outcome stand in several records.
  splittable: false,
  tables: ['logins', 'changes'],
  sniff: sniffAuditd,
  parser: (context) => new AuditdParser(context),
};
