import { decodeUtf8, encodeUtf8, startsWithAscii } from '../../base/bytes';
import type { StringId } from '../../base/brand';
import { TIME_BASIS } from '../../base/time';
import type { RecordSink } from '../format';
import { vault } from '../vault';
import { AccessLines } from './access-lines';
import { readAccountMessage, readLoggerMessage } from './accounts';
import { ByteTable } from './byte-table';
import { readCharon } from './charon';
import {
  readDovecot,
  readDropbear,
  readPostfix,
  readProftpd,
  readRunAs,
  readScreenSharing,
  type DaemonReader,
} from './daemon-logins';
import { readFail2ban } from './fail2ban';
import { HaproxyLines } from './haproxy';
import { JsonMessages } from './json-messages';
import { readHostd } from './hostd';
import { messageText, type LineEvent } from './line-event';
import { readFilterlog, readNetfilter } from './netfilter';
import { readOpenvpn } from './openvpn';
import { readConnectSecure } from './connect-secure';
import { readPfsense } from './pfsense';
import { PrivilegeMessages } from './privilege';
import { SambaAudit } from './samba';
import { SquidLines } from './squid';
import { SSHD_OTHER, SshdMessages } from './sshd';

/** Reads one message; true when it gave at least one row. */
type Reader = (bytes: Uint8Array, start: number, end: number) => boolean;

export interface Program {
  readonly read?: Reader;
  /** What a message without a row is counted as. */
  readonly kind: string;
  /** Which of its messages can give rows at all; absent where only `read` can tell. */
  readonly rowsOf?: 'pam' | 'packets';
}

/** Programs counted by name; a hostile file may name a new one on every line. */
const MAX_PROGRAMS = 200;
/** Room for those that are known by name. */
const MAX_KNOWN = 80;

const OTHER_PROGRAMS: Program = { kind: 'other programs', rowsOf: 'pam' };

/**
 * Messages of one source, sent to the reader of the program that wrote them. The same table serves syslog files and journals.
 * Fill `event`, then call `message`; every call ends in rows or in one `skip`.
 */
export class SyslogPrograms {
  readonly event: LineEvent = {
    us: Number.NaN,
    basis: TIME_BASIS.absolute,
    host: 0 as StringId,
    process: 0,
    offset: 0,
    line: 0,
  };
  readonly #sink: RecordSink;
  readonly #sshd: SshdMessages;
  readonly #programs = new ByteTable<Program>(MAX_PROGRAMS + MAX_KNOWN);
  #unknown = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#sshd = new SshdMessages(sink, this.event);
    this.#register();
  }

  message(bytes: Uint8Array, programStart: number, programEnd: number, start: number, end: number): void {
    if (programEnd - programStart === 4 && startsWithAscii(bytes, 'sshd', programStart, programEnd)) {
      this.sshd(bytes, start, end);
      return;
    }
    const program = this.program(bytes, programStart, programEnd);
    if (!program.read?.(bytes, start, end)) this.#sink.skip(program.kind);
  }

  /** The program of this name, other than `sshd`. */
  program(bytes: Uint8Array, start: number, end: number): Program {
    return this.#programs.get(bytes, start, end) ?? this.#unknownProgram(bytes, start, end);
  }

  /** A message known to be sshd's. */
  sshd(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#sshd.read(bytes, start, end)) this.#sink.skip(SSHD_OTHER);
  }

  #register(): void {
    const sink = this.#sink;
    const event = this.event;
    const privilege = new PrivilegeMessages(sink, event);
    const sshd: Reader = (bytes, start, end) => this.#sshd.read(bytes, start, end);
    const account: Reader = (bytes, start, end) =>
      privilege.readPam(bytes, start, end) || readAccountMessage(sink, event, bytes, start, end);
    const add = (names: readonly string[], read: Reader, kind?: string): void => {
      for (const name of names) {
        const key = encodeUtf8(name);
        this.#programs.set(key, 0, key.length, { read, kind: kind ?? `${name} other` });
      }
    };
    add(['sshd-session', 'sshd-auth', '/usr/sbin/sshd'], sshd, SSHD_OTHER);
    add(['sudo', 'sudo-i'], (bytes, start, end) => privilege.readSudo(bytes, start, end), 'sudo other');
    add(['su', 'su-l'], (bytes, start, end) => privilege.readSu(bytes, start, end), 'su other');
    add(['login'], (bytes, start, end) => privilege.readLogin(bytes, start, end));
    add(
      [
        'useradd',
        'usermod',
        'userdel',
        'adduser',
        'groupadd',
        'groupmod',
        'gpasswd',
        'passwd',
        'chpasswd',
        'chage',
        'newusers',
      ],
      account,
    );
    const daemon = (names: readonly string[], read: DaemonReader): void =>
      add(
        names,
        (bytes, start, end) => privilege.readPam(bytes, start, end) || read(sink, event, bytes, start, end),
      );
    daemon(['dropbear'], readDropbear);
    daemon(['dovecot', 'imap-login', 'pop3-login'], readDovecot);
    daemon(['postfix/smtpd', 'postfix/submission/smtpd', 'postfix/smtps/smtpd'], readPostfix);
    daemon(['proftpd'], readProftpd);
    daemon(['doas', 'pkexec'], readRunAs);
    daemon(['screensharingd'], readScreenSharing);
    daemon(['openvpn'], readOpenvpn);
    daemon(['fail2ban.filter'], readFail2ban);
    daemon(['charon', 'charon-systemd'], readCharon);
    daemon(['hostd', 'Hostd'], readHostd);
    daemon(['PulseSecure:', 'PulseSecure', 'Ivanti:', 'Ivanti', 'Juniper'], readConnectSecure);
    daemon(['php-fpm', 'php', 'opnsense', 'audit'], readPfsense);
    const vaultObjects = new JsonMessages(sink, event, vault);
    add(['vault'], (bytes, start, end) => vaultObjects.read(bytes, start, end));
    // What these write may be JSON, whatever their first message is.
    for (const name of ['mongod', 'mongos', 'suricata', 'cloudtrail', 'kube-apiserver']) {
      const objects = new JsonMessages(sink, event);
      add([name], (bytes, start, end) => objects.read(bytes, start, end), `program ${name}`);
    }
    let samba: SambaAudit | undefined;
    add(['smbd_audit', 'smbd'], (bytes, start, end) =>
      (samba ??= new SambaAudit(sink, event)).read(bytes, start, end),
    );
    const web = new AccessLines(sink);
    add(
      ['nginx', 'apache', 'apache2', 'httpd'],
      (bytes, start, end) => web.read(bytes, start, end, event.offset, event.line, event.host) === undefined,
    );
    // Made when their first line comes: few files have any, and what writes rows takes room.
    let haproxy: HaproxyLines | undefined;
    let squid: SquidLines | undefined;
    add(['haproxy'], (bytes, start, end) =>
      (haproxy ??= new HaproxyLines(sink)).read(messageText(bytes, start, end), event),
    );
    add(
      ['squid', '(squid)', ...[1, 2, 3, 4].map((worker) => `(squid-${worker})`)],
      (bytes, start, end) =>
        (squid ??= new SquidLines(sink)).read(
          messageText(bytes, start, end).trimEnd(),
          event.offset,
          event.line,
        ),
      'squid other',
    );
    const kernel = encodeUtf8('kernel');
    this.#programs.set(kernel, 0, kernel.length, {
      read: (bytes, start, end) => readNetfilter(sink, event, bytes, start, end),
      kind: 'kernel other',
      rowsOf: 'packets',
    });
    add(['filterlog'], (bytes, start, end) => readFilterlog(sink, event, bytes, start, end));
    for (const name of ['rsyslogd', 'syslog-ng', 'syslogd', 'auditd', 'systemd-journald', 'systemd-journal'])
      add([name], (bytes, start, end) => readLoggerMessage(sink, event, name, bytes, start, end));
  }

  /** A program met for the first time: PAM's in its older and newer shape are read whatever the program, the rest is counted. */
  #unknownProgram(bytes: Uint8Array, start: number, end: number): Program {
    if (this.#unknown >= MAX_PROGRAMS) {
      this.#sink.note(
        `The file names more than ${MAX_PROGRAMS} programs; messages of the later ones are counted together as "${OTHER_PROGRAMS.kind}".`,
      );
      return OTHER_PROGRAMS;
    }
    this.#unknown += 1;
    const name = decodeUtf8(bytes, start, end);
    const privilege = new PrivilegeMessages(this.#sink, this.event);
    const older = /^(.{1,64})\(pam_unix\)$/.exec(name)?.[1];
    // Packages name a server after its configuration.
    const isVpn = name.startsWith('ovpn-');
    const objects = new JsonMessages(this.#sink, this.event);
    const program: Program = {
      kind: isVpn ? 'openvpn other' : `program ${name}`,
      rowsOf: older === undefined && !isVpn ? 'pam' : undefined,
      read: (message, from, to) =>
        isVpn
          ? readOpenvpn(this.#sink, this.event, message, from, to)
          : older !== undefined
            ? privilege.readPam(message, from, to, older)
            : startsWithAscii(message, 'pam_', from, to)
              ? privilege.readPam(message, from, to)
              : objects.read(message, from, to),
    };
    this.#programs.set(bytes, start, end, program);
    return program;
  }
}
