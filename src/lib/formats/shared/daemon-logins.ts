import { CHANGE_OUTCOME, LOGIN_METHOD, LOGIN_OUTCOME } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { changeKindOfCommand } from './commands';
import { splitEndpoint } from './endpoint';
import { internText, messageText, writeChange, writeLogin, type LineEvent } from './line-event';

// Logins as daemons other than OpenSSH write them to syslog, and commands as doas and pkexec do.

/** Tries that one line may stand for. */
const MAX_ATTEMPTS = 100;

/** What a message says of one login, or of several tries alike. */
export interface LoginSaid {
  readonly service: string;
  readonly outcome: number;
  readonly user?: string;
  /** The account that `user` became. */
  readonly became?: string;
  /** An address, with or without a port. */
  readonly from?: string;
  readonly method?: number;
  readonly key?: string;
  readonly times?: number;
}

/** True when the message gave at least one row. */
export type DaemonReader = (
  sink: RecordSink,
  event: LineEvent,
  bytes: Uint8Array,
  start: number,
  end: number,
) => boolean;

/** The reader of messages that `loginOf` understands as text. */
export function readerOf(loginOf: (text: string) => LoginSaid | undefined): DaemonReader {
  return (sink, event, bytes, start, end) => {
    const said = loginOf(messageText(bytes, start, end).trim());
    if (said) write(sink, event, said);
    return said !== undefined;
  };
}

function write({ dictionaries, logins }: RecordSink, event: LineEvent, said: LoginSaid): void {
  const { address: text, port } = splitEndpoint(said.from ?? '');
  const address = text === '' ? 0 : dictionaries.addresses.internText(text);
  const name = address === 0 ? internText(dictionaries, text) : 0;
  const service = internText(dictionaries, said.service);
  const user = internText(dictionaries, said.user ?? '');
  const became = said.became === said.user ? 0 : internText(dictionaries, said.became ?? '');
  const key = internText(dictionaries, said.key ?? '');
  const method = said.method ?? LOGIN_METHOD.unknown;
  for (let t = 0; t < (said.times ?? 1); t++)
    writeLogin(logins, event, service, said.outcome, method, user, address, name, port, key, became);
}

function timesOf(text: string | undefined): number {
  return Math.max(1, Math.min(MAX_ATTEMPTS, Number(text ?? 1) || 1));
}

/** Dropbear, the SSH server of routers and appliances: messages of svr-auth*.c and svr-session.c, 2012 to 2024. */
export const readDropbear = readerOf((text) => {
  const service = 'dropbear';
  const accepted =
    /^(Password|PAM password|Pubkey) auth succeeded for '(.*)'(?: with (?:\S+ )?key (?:\S+ )?(\S+))? from (\S+)$/.exec(
      text,
    );
  if (accepted) {
    const [, how, user = '', key, from] = accepted;
    const method = how === 'Pubkey' ? LOGIN_METHOD.publickey : LOGIN_METHOD.password;
    return { service, outcome: LOGIN_OUTCOME.success, user, from, method, key };
  }
  const bad = /^Bad (?:PAM )?password attempt for '(.*)' from (\S+)$/.exec(text);
  if (bad)
    return {
      service,
      outcome: LOGIN_OUTCOME.failure,
      user: bad[1],
      from: bad[2],
      method: LOGIN_METHOD.password,
    };
  const unknown = /^Login attempt for nonexistent user(?: '(.*)')? from (\S+)$/.exec(text);
  if (unknown) return { service, outcome: LOGIN_OUTCOME.invalidUser, user: unknown[1], from: unknown[2] };
  const tooMany = /^Exit before auth from <([^>]+)>: .*Max auth tries reached - user '(.*?)'/.exec(text);
  if (tooMany) return { service, outcome: LOGIN_OUTCOME.maxAttempts, user: tooMany[2], from: tooMany[1] };
  const before = /^Exit before auth from <([^>]+)>: (?:\(user '(.*)', \d+ fails\))?/.exec(text);
  if (before) return { service, outcome: LOGIN_OUTCOME.disconnect, user: before[2], from: before[1] };
  const closed = /^Exit \((.*)\) from <([^>]+)>: /.exec(text);
  return closed
    ? { service, outcome: LOGIN_OUTCOME.sessionClosed, user: closed[1], from: closed[2] }
    : undefined;
});

/** Dovecot's login processes (doc.dovecot.org, "Logging"; 2.0 to 2.4): `imap-login: Login: user=<bob>, method=PLAIN, rip=192.0.2.1, …`. */
export const readDovecot = readerOf((text) => {
  const [, protocol = '', said = ''] =
    /^(imap|pop3|managesieve|submission)-login: (?:Info: )?(.*)$/.exec(text) ?? [];
  if (protocol === '') return undefined;
  const user = /\buser=<([^>]*)>/.exec(said)?.[1];
  const from = /\brip=([^,\s]+)/.exec(said)?.[1];
  if (from === undefined) return undefined;
  const method = LOGIN_METHOD.password;
  if (/^(?:Login|Logged in): /.test(said))
    return { service: protocol, outcome: LOGIN_OUTCOME.success, user, from, method };
  const failed = /\(auth failed, (\d+) attempts?/.exec(said);
  return failed
    ? { service: protocol, outcome: LOGIN_OUTCOME.failure, user, from, method, times: timesOf(failed[1]) }
    : undefined;
});

/** Postfix' smtpd, which checks credentials through SASL (postfix.org, SASL_README). */
export const readPostfix = readerOf((text) => {
  const failed = /\[([0-9a-fA-F.:]+)\](?::\d+)?: SASL (\S+) authentication failed\b/.exec(text);
  if (failed) {
    const user = /\bsasl_username=(\S+)/.exec(text)?.[1];
    return {
      service: 'smtp',
      outcome: LOGIN_OUTCOME.failure,
      user,
      from: failed[1],
      method: LOGIN_METHOD.password,
    };
  }
  const accepted = /^\w+: client=\S*\[([0-9a-fA-F.:]+)\].*, sasl_username=([^,\s]+)/.exec(text);
  return accepted
    ? {
        service: 'smtp',
        outcome: LOGIN_OUTCOME.success,
        user: accepted[2],
        from: accepted[1],
        method: LOGIN_METHOD.password,
      }
    : undefined;
});

/** ProFTPD (mod_auth.c): `host (client[192.0.2.1]) - USER bob (Login failed): Incorrect password`. */
export const readProftpd = readerOf((text) => {
  const [, from, said = ''] = /\[([0-9a-fA-F.:]+)\]\)(?: -|:) (.*)$/.exec(text) ?? [];
  const service = 'ftp';
  const method = LOGIN_METHOD.password;
  const accepted = /^USER (.+): Login successful/.exec(said);
  if (accepted) return { service, outcome: LOGIN_OUTCOME.success, user: accepted[1], from, method };
  const unknown = /^USER (.+): no such user found/.exec(said);
  if (unknown) return { service, outcome: LOGIN_OUTCOME.invalidUser, user: unknown[1], from, method };
  const failed = /^USER (.+) \(Login failed\)/.exec(said);
  return failed ? { service, outcome: LOGIN_OUTCOME.failure, user: failed[1], from, method } : undefined;
});

/** OpenBSD's and opendoas' doas (`bob ran command id as root from /home/bob`), polkit's pkexec (`bob: Executing command [USER=root] …`). */
export const readRunAs: DaemonReader = (sink, event, bytes, start, end) => {
  const text = messageText(bytes, start, end).trim();
  const failed = /^(?:failed auth|command not permitted) for (\S+)/.exec(text);
  if (failed) {
    write(sink, event, { service: 'doas', outcome: LOGIN_OUTCOME.failure, user: failed[1] });
    return true;
  }
  const doas = /^(\S+) ran command (.*) as (\S+) from \S*$/.exec(text);
  const pkexec = /^(\S+): Executing command \[USER=(\S*)\].*\[COMMAND=(.*)\]$/.exec(text);
  if (!doas && !pkexec) return false;
  const [user = '', command = '', runAs = ''] = doas
    ? [doas[1], doas[2], doas[3]]
    : [pkexec?.[1], pkexec?.[3], pkexec?.[2]];
  const service = doas ? 'doas' : 'pkexec';
  write(sink, event, { service, outcome: LOGIN_OUTCOME.privilege, user, became: runAs });
  writeChange(sink.changes, sink.dictionaries, event, {
    kind: changeKindOfCommand(command),
    outcome: CHANGE_OUTCOME.success,
    principal: user,
    target: command,
    detail: `${service} as ${runAs}`,
  });
  return true;
};

/** macOS' screen sharing (VNC), as in fail2ban's filter for it: `Authentication: FAILED :: User Name: alice :: Viewer Address: 192.0.2.7 :: Type: DH`. */
export const readScreenSharing = readerOf((text) => {
  const match =
    /^Authentication: (FAILED|SUCCEEDED) :: User Name: (.*) :: Viewer Address: (\S+)(?: ::|$)/.exec(text);
  if (!match) return undefined;
  const [, result, user = '', from] = match;
  return {
    service: 'screen sharing',
    outcome: result === 'FAILED' ? LOGIN_OUTCOME.failure : LOGIN_OUTCOME.success,
    user: user === 'N/A' ? '' : user,
    from,
    method: LOGIN_METHOD.password,
  };
});
