import { CHANGE_KIND, CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { changeKindOfCommand } from './commands';
import {
  internText,
  messageText,
  writeChange,
  writeLogin,
  type ChangeFields,
  type LineEvent,
} from './line-event';
import { MessageCache } from './message-cache';

const MAX_SUDO_ATTEMPTS = 100;

/**
 * Services whose sessions an account opens for another. pam_unix names the caller by the login that the process descends from: of a server, whoever
 * once started it by hand, so that what stands behind `by` there says nothing of the session.
 */
const BECOMING = /^(?:su|su-l|sudo|sudo-i|doas|polkit-1)$/;

/** User, complaint (absent when sudo ran the command), and the fields from the first on. */
const SUDO_LINE =
  /^(\S[^:]{0,255}?) : (?:(?!(?:TTY|HOST|PWD)=)(.{1,200}?) ; )?((?:TTY|HOST|PWD|USER|TSID|GROUP|ENV|COMMAND)=.*)$/;

interface SudoEvent {
  /** Absent when sudo was called where it must not ask for a password. */
  readonly login?: { readonly outcome: number; readonly times?: number; readonly method?: number };
  /** The account that the command was, or was to be, run as. */
  readonly became: string;
  readonly change: ChangeFields;
}

/** What a message of sudo without blanks around it says; undefined where it says nothing of the kind. */
function sudoEventOf(text: string): SudoEvent | undefined {
  const match = SUDO_LINE.exec(text);
  if (!match) return undefined;
  const [, user = '', complaint, fields = ''] = match;
  const command = /(?:^| ; )COMMAND=(.*)$/.exec(fields)?.[1] ?? '';
  const runAs = /(?:^| ; )USER=([^;]*?)(?: ; |$)/.exec(fields)?.[1] ?? 'root';
  const tty = /(?:^| ; )TTY=([^;]*?)(?: ; |$)/.exec(fields)?.[1] ?? '';
  return {
    login: sudoLoginOf(complaint),
    became: runAs,
    change: {
      kind: complaint === undefined ? changeKindOfCommand(command) : CHANGE_KIND.commandRun,
      outcome: complaint === undefined ? CHANGE_OUTCOME.success : CHANGE_OUTCOME.failure,
      principal: user,
      target: command,
      detail: `sudo as ${runAs}${tty && tty !== 'unknown' ? ` on ${tty}` : ''}${complaint ? `: ${complaint}` : ''}`,
    },
  };
}

function sudoLoginOf(complaint: string | undefined): SudoEvent['login'] {
  if (complaint === undefined) return { outcome: LOGIN_OUTCOME.privilege };
  if (complaint === 'a password is required') return undefined;
  const wrong = /^(\d+) incorrect password attempts?/.exec(complaint);
  return {
    outcome: LOGIN_OUTCOME.failure,
    times: Math.max(1, Math.min(MAX_SUDO_ATTEMPTS, Number(wrong?.[1] ?? 1))),
    method: wrong ? LOGIN_METHOD.password : LOGIN_METHOD.unknown,
  };
}

/** Messages of sudo, su, login and of PAM modules inside other programs, to login and change rows. */
export class PrivilegeMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  /** Made at the first message of sudo: each program met has messages of its own. */
  #sudoEvents: MessageCache<SudoEvent> | undefined;

  constructor(sink: RecordSink, event: LineEvent) {
    this.#sink = sink;
    this.#event = event;
  }

  /**
   * `alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls`, or with a complaint before TTY. Format: sudoers(5), "LOG FORMAT".
   * True when it gave at least one row.
   */
  readSudo(bytes: Uint8Array, start: number, end: number): boolean {
    const known = (this.#sudoEvents ??= new MessageCache());
    let event = known.get(bytes, start, end);
    if (!event) {
      const text = messageText(bytes, start, end).trim();
      if (text.startsWith('pam_')) return this.readPam(bytes, start, end);
      event = sudoEventOf(text);
      if (!event) return false;
      known.set(bytes, start, end, event);
    }
    const { login, became, change } = event;
    if (login) this.#login('sudo', login.outcome, change.principal, { ...login, became });
    writeChange(this.#sink.changes, this.#sink.dictionaries, this.#event, change);
    return true;
  }

  /** Messages of the su programs of shadow, util-linux, BSD, Solaris (`'su root' succeeded for bob on /dev/pts/1`) and AIX (`from bob to root at /dev/pts/1`). shadow's `+ /dev/pts/0 a:b` repeats its own "Successful su" and gives no row. */
  readSu(bytes: Uint8Array, start: number, end: number): boolean {
    const text = messageText(bytes, start, end).trim();
    if (text.startsWith('pam_')) return this.readPam(bytes, start, end);
    const match =
      /^(?<bad>FAILED|Successful) su for (?<to>\S*) by (?<by>\S*)$/i.exec(text) ??
      /^(?<bad>FAILED SU )?\(to (?<to>\S+)\) (?<by>\S+) on \S+$/.exec(text) ??
      /^(?<bad>BAD SU )?(?<by>\S+) to (?<to>\S+) on \/\S+$/.exec(text) ??
      /^'su (?:- )?(?<to>\S+)' (?<bad>failed|succeeded) for (?<by>\S+) on \/\S+$/.exec(text) ??
      /^(?<bad>BAD SU )?from (?<by>\S+) to (?<to>\S+) at \/\S+$/.exec(text);
    if (!match?.groups) return false;
    const { bad = '', to = '', by = '' } = match.groups;
    const isFailure = /^(failed|bad)/i.test(bad);
    this.#login('su', isFailure ? LOGIN_OUTCOME.failure : LOGIN_OUTCOME.privilege, by, { became: to });
    writeChange(this.#sink.changes, this.#sink.dictionaries, this.#event, {
      kind: CHANGE_KIND.commandRun,
      outcome: isFailure ? CHANGE_OUTCOME.failure : CHANGE_OUTCOME.success,
      principal: by,
      target: `su ${to}`,
      detail: `su to ${to}`,
    });
    return true;
  }

  /** login(1): `FAILED LOGIN (1) on '/dev/tty1' FOR 'root', …`, `LOGIN ON tty1 BY alice[ FROM host]`, `ROOT LOGIN ON tty1[ FROM host]`; Solaris leaves ON out. */
  readLogin(bytes: Uint8Array, start: number, end: number): boolean {
    const text = messageText(bytes, start, end).trim();
    if (text.startsWith('pam_')) return this.readPam(bytes, start, end);
    const failed =
      /^(?:FAILED LOGIN|TOO MANY LOGIN TRIES).*? FROM (\S+) FOR '?([^,']*)'?|^FAILED LOGIN.*? FOR '([^']*)'/.exec(
        text,
      );
    if (failed) {
      this.#login('login', LOGIN_OUTCOME.failure, failed[2] ?? failed[3] ?? '', { from: failed[1] ?? '' });
      return true;
    }
    const opened = /^(ROOT )?LOGIN (?:ON \S+|\/dev\/\S+)(?: BY (\S+))?(?: FROM (\S+))?$/i.exec(text);
    if (!opened) return false;
    this.#login('login', LOGIN_OUTCOME.success, opened[2] ?? (opened[1] ? 'root' : ''), {
      from: opened[3] ?? '',
    });
    return true;
  }

  /**
   * `pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=192.0.2.1  user=x` and sessions. Services that log their own
   * failures (sshd, sudo, su, login) give no failure row here, or each try would count twice; cron's sessions are no logins. `service` overrides the
   * one in brackets: older Linux-PAM names it in the program (`sshd(pam_unix)[123]`).
   */
  readPam(bytes: Uint8Array, start: number, end: number, service?: string): boolean {
    const text = messageText(bytes, start, end).trim();
    const match = service === undefined ? /^pam_(unix|sss)\(([^():]{1,64}):[a-z]+\): (.*)$/.exec(text) : null;
    if (service === undefined && !match) return false;
    const module = match?.[1] ?? 'unix';
    const name = service ?? match?.[2] ?? '';
    const message = match?.[3] ?? text;
    const changed = /^password changed for (\S+)$/.exec(message);
    if (changed) {
      this.#change(CHANGE_KIND.credentialChanged, changed[1] ?? '', `${name}: ${message}`);
      return true;
    }
    if (module !== 'unix' || /^(?:crond?|atd|systemd-user|runuser(?:-l)?|samba)$/.test(name)) return false;
    const session =
      /^session (opened|closed) for user ([^\s(]*)(?:\(uid=\d+\))?(?: by (?:([^\s(]*)\(uid=\d+\))?.*)?$/.exec(
        message,
      );
    if (session) {
      const [, way, account = '', caller = ''] = session;
      const outcome = way === 'opened' ? LOGIN_OUTCOME.sessionOpened : LOGIN_OUTCOME.sessionClosed;
      if (caller !== '' && BECOMING.test(name)) this.#login(name, outcome, caller, { became: account });
      else this.#login(name, outcome, account);
      return true;
    }
    if (!message.startsWith('authentication failure;')) return false;
    if (service === undefined && /^(?:sshd|sudo|sudo-i|su|su-l|login|remote)$/.test(name)) return false;
    const user = /\suser=(\S+)\s*$/.exec(message)?.[1] ?? /\sruser=(\S+)/.exec(message)?.[1] ?? '';
    const from = /\srhost=(\S+)/.exec(message)?.[1] ?? '';
    this.#login(name, LOGIN_OUTCOME.failure, user, { from, method: LOGIN_METHOD.password });
    return true;
  }

  #login(
    service: string,
    outcome: number,
    user: string,
    more: { times?: number; method?: number; from?: string; became?: string } = {},
  ): void {
    const { dictionaries, logins } = this.#sink;
    const from = more.from ?? '';
    const address = from === '' ? 0 : dictionaries.addresses.internText(from);
    const name = address === 0 ? internText(dictionaries, from) : 0;
    const serviceId = internText(dictionaries, service);
    const userId = internText(dictionaries, user);
    const became = more.became === user ? 0 : internText(dictionaries, more.became ?? '');
    for (let t = 0; t < (more.times ?? 1); t++)
      writeLogin(
        logins,
        this.#event,
        serviceId,
        outcome,
        more.method ?? LOGIN_METHOD.unknown,
        userId,
        address,
        name,
        0,
        0,
        became,
      );
  }

  #change(kind: number, target: string, detail: string): void {
    writeChange(this.#sink.changes, this.#sink.dictionaries, this.#event, {
      kind,
      outcome: CHANGE_OUTCOME.success,
      principal: '',
      target,
      detail,
    });
  }
}
