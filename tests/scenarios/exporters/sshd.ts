import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../../src/lib/base/time';
import { FAIL_DELAY_US } from '../activities/talks';
import { hostTime, type Asset, type Conversation, type World } from '../world';
import { isoTime, joined, sortLines, syslogTime, type LogLine } from './lines';

interface Message {
  readonly afterUs: number;
  readonly program: string;
  readonly text: string;
}

/** What sshd (OpenSSH 8 and 9 with PAM) prints about one connection, with times from its start. */
function messagesOf(conversation: Conversation, process: number, isModern: boolean): Message[] {
  const { client, clientPort, login } = conversation;
  if (!login) return [];
  const program = `sshd[${process}]`;
  const length = conversation.endUs - conversation.startUs;
  const from = `${client} port ${clientPort}`;
  const messages: Message[] = [];
  const say = (afterUs: number, text: string, by = program): void => {
    messages.push({ afterUs, program: by, text });
  };
  if (login.ending === 'silent') {
    if (isModern) {
      say(length, 'error: kex_exchange_identification: Connection closed by remote host');
      say(length, `Connection closed by ${from}`);
    } else say(length, `Did not receive identification string from ${from}`);
    return messages;
  }
  if (login.ending === 'garbage') {
    say(length, `Bad protocol version identification 'GET / HTTP/1.1' from ${from}`);
    return messages;
  }
  const accepted = login.tries.find((each) => each.isAccepted);
  sayTries(conversation, say);
  if (accepted) {
    saySession(conversation, accepted.user, say);
    return messages;
  }
  const last = login.tries[login.tries.length - 1];
  if (!last) {
    say(length, `Connection closed by ${from} [preauth]`);
    return messages;
  }
  const who = `${last.isKnownUser ? 'authenticating' : 'invalid'} user ${last.user} ${from}`;
  if (login.ending === 'limit') {
    const forWhom = `${last.isKnownUser ? '' : 'invalid user '}${last.user}`;
    say(length, `error: maximum authentication attempts exceeded for ${forWhom} from ${from} ssh2 [preauth]`);
    say(length, `Disconnecting ${who}: Too many authentication failures [preauth]`);
    say(length, `PAM service(sshd) ignoring max retries; 6 > 3`);
  } else if (login.ending === 'bye') {
    say(length, `Received disconnect from ${from}:11: Bye Bye [preauth]`);
    say(length, `Disconnected from ${who} [preauth]`);
  } else say(length, `Connection closed by ${who} [preauth]`);
  return messages;
}

type Say = (afterUs: number, text: string, by?: string) => void;

function sayTries(conversation: Conversation, say: Say): void {
  const { client, clientPort } = conversation;
  const from = `${client} port ${clientPort}`;
  let isFirst = true;
  for (const each of conversation.login?.tries ?? []) {
    if (each.isAccepted) {
      const key = each.key ? `: ED25519 ${each.key}` : '';
      say(each.afterUs, `Accepted ${each.method} for ${each.user} from ${from} ssh2${key}`);
      continue;
    }
    if (each.isKnownUser) {
      if (isFirst)
        say(
          each.afterUs,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${client}  user=${each.user}`,
        );
      say(each.afterUs + FAIL_DELAY_US, `Failed password for ${each.user} from ${from} ssh2`);
    } else {
      if (isFirst) say(each.afterUs, `Invalid user ${each.user} from ${from}`);
      say(each.afterUs, 'pam_unix(sshd:auth): check pass; user unknown');
      if (isFirst)
        say(
          each.afterUs,
          `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${client}`,
        );
      say(each.afterUs + FAIL_DELAY_US, `Failed password for invalid user ${each.user} from ${from} ssh2`);
    }
    isFirst = false;
  }
}

function saySession(conversation: Conversation, user: string, say: Say): void {
  const { client, clientPort, login } = conversation;
  const length = conversation.endUs - conversation.startUs;
  const opened = (login?.tries.find((each) => each.isAccepted)?.afterUs ?? 0) + 20_000;
  say(opened, `pam_unix(sshd:session): session opened for user ${user}(uid=1001) by (uid=0)`);
  for (const each of login?.commands ?? []) {
    say(
      each.afterUs,
      `${user.padStart(8)} : TTY=pts/0 ; PWD=/home/${user} ; USER=root ; COMMAND=${each.command}`,
      'sudo',
    );
    say(
      each.afterUs + 10_000,
      `pam_unix(sudo:session): session opened for user root(uid=0) by ${user}(uid=1001)`,
      'sudo',
    );
    say(each.afterUs + 400_000, 'pam_unix(sudo:session): session closed for user root', 'sudo');
  }
  say(length, `Received disconnect from ${client} port ${clientPort}:11: disconnected by user`);
  say(length, `Disconnected from user ${user} ${client} port ${clientPort}`);
  say(length, `pam_unix(sshd:session): session closed for user ${user}`);
}

/** Debian's hourly cron job, whose two lines are the pulse of a quiet host's log. */
function cronLines(world: World, asset: Asset): { atUs: number; program: string; text: string }[] {
  const draw = world.draw.fork(`cron ${asset.name}`);
  const lines: { atUs: number; program: string; text: string }[] = [];
  const first = Math.ceil(world.fromUs / MICROS_PER_HOUR) * MICROS_PER_HOUR + 17 * MICROS_PER_MINUTE;
  for (let atUs = first; atUs < world.toUs; atUs += MICROS_PER_HOUR) {
    const program = `CRON[${draw.int(2_000, 900_000)}]`;
    const opened = atUs + MICROS_PER_SECOND + draw.int(0, 900_000);
    lines.push({
      atUs: opened,
      program,
      text: 'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
    });
    lines.push({
      atUs: opened + draw.int(8_000, 60_000),
      program,
      text: 'pam_unix(cron:session): session closed for user root',
    });
  }
  return lines;
}

/** The host's auth.log, by its own clock and in its own order. */
export function exportSshd(world: World, asset: Asset, conversations: readonly Conversation[]): LogLine[] {
  const draw = world.draw.fork(`sshd ${asset.name}`);
  const isModern = asset.logs.auth !== 'rfc3164';
  let process = draw.int(900, 4000);
  const entries: { atUs: number; program: string; text: string; conversation: number }[] = cronLines(
    world,
    asset,
  ).map((line) => ({ ...line, conversation: -1 }));
  for (const conversation of conversations) {
    if (conversation.asset !== asset || !conversation.login) continue;
    process += draw.int(1, 9);
    for (const message of messagesOf(conversation, process, isModern))
      entries.push({
        atUs: conversation.startUs + message.afterUs,
        program: message.program,
        text: message.text,
        conversation: conversation.id,
      });
  }
  const within = entries.filter((entry) => entry.atUs >= world.fromUs && entry.atUs < world.toUs);
  if (asset.logs.auth === 'journald') return journalOf(world, asset, within);
  const lines = sortLines(
    within.map(({ atUs, program, text, conversation }) => ({
      atUs: hostTime(asset, world.fromUs, atUs),
      text: joined(asset.name, ' ', program, ': ', text),
      conversation,
    })),
  );
  return (asset.logs.foldsRepeats ? foldRepeats(lines) : lines).map(({ atUs, text, conversation }) => ({
    atUs,
    text: joined(isModern ? isoTime(atUs) : syslogTime(atUs), ' ', text),
    conversation,
  }));
}

/**
 * The same messages as `journalctl -o json` prints them. Without cursors, whose numbers would give every missing entry away: many exports leave
 * them out.
 */
function journalOf(
  world: World,
  asset: Asset,
  entries: readonly { atUs: number; program: string; text: string; conversation: number }[],
): LogLine[] {
  return sortLines(
    entries.map((entry) => {
      const atUs = Math.floor(hostTime(asset, world.fromUs, entry.atUs));
      const [, identifier, process] = /^([^[]+)(?:\[(\d+)\])?$/.exec(entry.program) ?? [];
      const record = {
        __REALTIME_TIMESTAMP: String(atUs),
        _HOSTNAME: asset.name,
        SYSLOG_IDENTIFIER: identifier,
        ...(process === undefined ? {} : { _PID: process }),
        MESSAGE: entry.text,
      };
      return { atUs, text: JSON.stringify(record), conversation: entry.conversation };
    }),
  );
}

/** rsyslog's RepeatedMsgReduction: the second and later equal lines in a row become one that counts them. */
function foldRepeats(lines: readonly LogLine[]): LogLine[] {
  const folded: LogLine[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as LogLine;
    folded.push(line);
    let last = i;
    while (last + 1 < lines.length && lines[last + 1]?.text === line.text) last += 1;
    if (last - i > 1) {
      const end = lines[last] as LogLine;
      const [, head, message] = /^(\S+ [^:]+: )(.*)$/s.exec(line.text) ?? [];
      folded.push({ ...end, text: `${head}message repeated ${last - i} times: [ ${message}]` });
      i = last;
    }
  }
  return folded;
}
