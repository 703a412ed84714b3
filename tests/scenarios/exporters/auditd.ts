import { MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../../src/lib/base/time';
import { FAIL_DELAY_US } from '../activities/talks';
import { hostTime, type Asset, type Conversation, type LoginTalk, type World } from '../world';
import { pad, sortLines, type LogLine } from './lines';
import type { LoginFile } from './logins';

/** One event of the audit log, with its time from the conversation's start: records that share a number. */
interface AuditEvent {
  readonly afterUs: number;
  readonly records: readonly (readonly [type: string, fields: string])[];
}

/**
 * Which sshd: Red Hat's writes CRYPTO_SESSION and CRYPTO_KEY_USER, with the client's port, and its auditd neither names the machine nor leaves the
 * accounts' names out; Debian's has neither, and its auditd is told to name the machine.
 */
interface Flavor {
  readonly isRedHat: boolean;
  readonly node: string;
}

const UNSET = '4294967295';
const UIDS: Readonly<Record<string, number>> = {
  root: 0,
  ubuntu: 1000,
  anna: 1001,
  jonas: 1002,
  deploy: 1003,
};

function uidOf(user: string): number {
  return UIDS[user] ?? 1100;
}

interface Caller {
  readonly pid: number;
  readonly auid: string;
  readonly session: string;
}

function userRecord(
  type: string,
  { pid, auid, session }: Caller,
  message: string,
  names = '',
): readonly [string, string] {
  return [type, `pid=${pid} uid=0 auid=${auid} ses=${session} msg='${message}'${names}`];
}

class Talker {
  readonly events: AuditEvent[] = [];
  readonly #conversation: Conversation;
  readonly #flavor: Flavor;
  readonly #pid: number;
  readonly #session: number;

  constructor(conversation: Conversation, flavor: Flavor, pid: number, session: number) {
    this.#conversation = conversation;
    this.#flavor = flavor;
    this.#pid = pid;
    this.#session = session;
  }

  say(afterUs: number, ...records: AuditEvent['records']): void {
    this.events.push({ afterUs, records });
  }

  /** A record of sshd's, before anybody is logged in or as who is. */
  sshd(afterUs: number, type: string, message: string, who?: string): void {
    const caller = {
      pid: this.#pid,
      auid: who === undefined ? UNSET : String(uidOf(who)),
      session: who === undefined ? UNSET : String(this.#session),
    };
    // The enriched form repeats numbers as names behind a group separator.
    const names =
      this.#flavor.isRedHat && who !== undefined ? `\u001dUID="root" AUID="${who}" ID="${who}"` : '';
    this.say(afterUs, userRecord(type, caller, message, names));
  }

  keyExchange(): void {
    if (!this.#flavor.isRedHat) return;
    const { client, clientPort, server } = this.#conversation;
    for (const direction of ['from-server', 'from-client'])
      this.sshd(
        250_000,
        'CRYPTO_SESSION',
        `op=start direction=${direction} cipher=aes256-gcm@openssh.com ksize=256 mac=<implicit> pfs=curve25519-sha256 spid=${this.#pid + 1} suid=74 rport=${clientPort} laddr=${server} lport=22  exe="/usr/sbin/sshd" hostname=? addr=${client} terminal=? res=success`,
      );
  }

  keyDestroyed(afterUs: number): void {
    if (!this.#flavor.isRedHat) return;
    const { client, clientPort, server } = this.#conversation;
    this.sshd(
      afterUs,
      'CRYPTO_KEY_USER',
      `op=destroy kind=session fp=? direction=both spid=${this.#pid + 1} suid=74 rport=${clientPort} laddr=${server} lport=22  exe="/usr/sbin/sshd" hostname=? addr=${client} terminal=? res=success`,
    );
  }

  pam(afterUs: number, type: string, op: string, account: string, isGood: boolean, who?: string): void {
    const { client } = this.#conversation;
    this.sshd(
      afterUs,
      type,
      `op=PAM:${op} grantors=${isGood ? 'pam_unix' : '?'} acct="${account}" exe="/usr/sbin/sshd" hostname=${client} addr=${client} terminal=ssh res=${isGood ? 'success' : 'failed'}`,
      who,
    );
  }

  login(afterUs: number, account: string, isGood: boolean, who?: string): void {
    const { client } = this.#conversation;
    const what = isGood
      ? `op=login id=${uidOf(account)} exe="/usr/sbin/sshd" hostname=${client} addr=${client} terminal=/dev/pts/0 res=success`
      : // "(invalid user)", as hexadecimal digits since it holds a blank.
        `op=login acct=28696E76616C6964207573657229 exe="/usr/sbin/sshd" hostname=? addr=${client} terminal=sshd res=failed`;
    this.sshd(afterUs, 'USER_LOGIN', what, who);
  }

  tries(login: LoginTalk): void {
    let isFirst = true;
    for (const each of login.tries) {
      if (each.isAccepted) {
        if (each.key === undefined) this.pam(each.afterUs, 'USER_AUTH', 'authentication', each.user, true);
        else this.publicKey(each.afterUs, each.user, each.key);
        continue;
      }
      if (!each.isKnownUser && isFirst) this.login(each.afterUs, '', false);
      // pam_audit.c does not name an account that PAM does not know.
      const account = each.isKnownUser ? each.user : '?';
      this.pam(each.afterUs + FAIL_DELAY_US, 'USER_AUTH', 'authentication', account, false);
      isFirst = false;
    }
  }

  publicKey(afterUs: number, user: string, key: string): void {
    const { client, clientPort } = this.#conversation;
    const rest = `acct="${user}" exe="/usr/sbin/sshd" hostname=? addr=${client} terminal=? res=success`;
    if (!this.#flavor.isRedHat) return;
    this.sshd(afterUs, 'USER_AUTH', `op=pubkey_auth rport=${clientPort} ${rest}`);
    this.sshd(afterUs, 'USER_AUTH', `op=key algo=ssh-ed25519 size=256 fp=${key} rport=${clientPort} ${rest}`);
  }

  session(user: string, beganUs: number): void {
    const { client, endUs, startUs, login } = this.#conversation;
    const at = beganUs + 20_000;
    this.pam(at, 'USER_ACCT', 'accounting', user, true);
    this.pam(at + 1_000, 'CRED_ACQ', 'setcred', user, true);
    this.say(at + 2_000, [
      'LOGIN',
      `pid=${this.#pid} uid=0 old-auid=${UNSET} auid=${uidOf(user)} tty=(none) old-ses=${UNSET} ses=${this.#session} res=1`,
    ]);
    this.pam(at + 3_000, 'USER_START', 'session_open', user, true, user);
    this.login(at + 4_000, user, true, user);
    for (const { afterUs, command } of login?.commands ?? []) this.command(afterUs, user, command);
    const leaves = login?.leaves;
    if (leaves) this.account(leaves.afterUs, user, leaves.account);
    const length = endUs - startUs;
    this.keyDestroyed(length - 5_000);
    this.pam(length, 'USER_END', 'session_close', user, true, user);
    this.pam(length + 1_000, 'CRED_DISP', 'setcred', user, true, user);
    this.sshd(
      length + 2_000,
      'USER_LOGOUT',
      `op=login id=${uidOf(user)} exe="/usr/sbin/sshd" hostname=${client} addr=${client} terminal=/dev/pts/0 res=success`,
      user,
    );
  }

  /** What sudo was asked for, and the call that ran it. */
  command(afterUs: number, user: string, command: string): void {
    const caller = { pid: this.#pid + 40, auid: String(uidOf(user)), session: String(this.#session) };
    const hex = Buffer.from(command).toString('hex').toUpperCase();
    this.say(
      afterUs,
      userRecord('USER_CMD', caller, `cwd="/home/${user}" cmd=${hex} terminal=pts/0 res=success`),
    );
    const words = command.split(' ');
    const listed = words.map((word, index) => `a${index}="${word}"`).join(' ');
    this.say(
      afterUs + 30_000,
      [
        'SYSCALL',
        `arch=c000003e syscall=59 success=yes exit=0 ppid=${caller.pid} pid=${caller.pid + 1} auid=${caller.auid} uid=0 gid=0 euid=0 tty=pts0 ses=${caller.session} comm="${words[0]?.split('/').pop() ?? ''}" exe="${words[0] ?? ''}" key="rootcmd"`,
      ],
      ['EXECVE', `argc=${words.length} ${listed}`],
    );
  }

  account(afterUs: number, user: string, account: string): void {
    this.command(afterUs, user, `/usr/sbin/useradd -m -G sudo ${account}`);
    const caller = { pid: this.#pid + 60, auid: String(uidOf(user)), session: String(this.#session) };
    const rest = `exe="/usr/sbin/useradd" hostname=? addr=? terminal=pts/0 res=success`;
    this.say(afterUs + 90_000, userRecord('ADD_USER', caller, `op=add-user acct="${account}" ${rest}`));
    this.say(
      afterUs + 95_000,
      userRecord('USER_MGMT', caller, `op=add-user-to-group grp="sudo" acct="${account}" ${rest}`),
    );
  }
}

function eventsOf(conversation: Conversation, flavor: Flavor, pid: number, session: number): AuditEvent[] {
  const { login } = conversation;
  if (!login || login.ending === 'silent' || login.ending === 'garbage') return [];
  const talker = new Talker(conversation, flavor, pid, session);
  talker.keyExchange();
  talker.tries(login);
  const accepted = login.tries.find((each) => each.isAccepted);
  if (accepted) talker.session(accepted.user, accepted.afterUs);
  else talker.keyDestroyed(conversation.endUs - conversation.startUs);
  return talker.events;
}

/** Cron's session: the pulse of a quiet host's log. */
function cronEvents(world: World, asset: Asset): { atUs: number; records: AuditEvent['records'] }[] {
  const draw = world.draw.fork(`cron ${asset.name}`);
  const events: { atUs: number; records: AuditEvent['records'] }[] = [];
  const first = Math.ceil(world.fromUs / MICROS_PER_HOUR) * MICROS_PER_HOUR + 17 * MICROS_PER_MINUTE;
  for (let atUs = first, session = 3; atUs < world.toUs; atUs += MICROS_PER_HOUR, session++) {
    const pid = draw.int(2_000, 900_000);
    const began = atUs + MICROS_PER_SECOND + draw.int(0, 900_000);
    const rest = 'acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success';
    const before = { pid, auid: UNSET, session: UNSET };
    const inside = { pid, auid: '0', session: String(session) };
    const say = (afterUs: number, record: readonly [string, string]): void => {
      events.push({ atUs: began + afterUs, records: [record] });
    };
    say(0, userRecord('USER_ACCT', before, `op=PAM:accounting ${rest}`));
    say(400, userRecord('CRED_ACQ', before, `op=PAM:setcred ${rest}`));
    say(800, userRecord('USER_START', inside, `op=PAM:session_open ${rest}`));
    const ended = draw.int(8_000, 60_000);
    say(ended, userRecord('CRED_DISP', inside, `op=PAM:setcred ${rest}`));
    say(ended + 400, userRecord('USER_END', inside, `op=PAM:session_close ${rest}`));
  }
  return events;
}

/** The host's audit.log, by its own clock; its numbers run on whatever is taken out later. */
export function exportAuditd(
  world: World,
  asset: Asset,
  conversations: readonly Conversation[],
  isRedHat: boolean,
): LoginFile {
  const draw = world.draw.fork(`auditd ${asset.name}`);
  const flavor: Flavor = { isRedHat, node: isRedHat ? '' : `node=${asset.name} ` };
  let pid = draw.int(900, 4000);
  let session = 40;
  const entries = cronEvents(world, asset).map((event) => ({ ...event, conversation: -1 }));
  for (const conversation of conversations) {
    if (conversation.asset !== asset || !conversation.login) continue;
    pid += draw.int(2, 9);
    session += 1;
    for (const { afterUs, records } of eventsOf(conversation, flavor, pid, session))
      entries.push({ atUs: conversation.startUs + afterUs, records, conversation: conversation.id });
  }
  const within = entries.filter((entry) => entry.atUs >= world.fromUs && entry.atUs < world.toUs);
  const first = draw.int(200, 90_000);
  const lines = sortLines(
    within.map((entry, index) => ({
      atUs: hostTime(asset, world.fromUs, entry.atUs),
      text: String(index),
      conversation: entry.conversation,
    })),
  ).flatMap((line, index): LogLine[] => {
    const { records } = within[Number(line.text)] as (typeof within)[number];
    const ms = Math.floor(line.atUs / 1000);
    const stamp = `msg=audit(${Math.floor(ms / 1000)}.${pad(ms % 1000, 3)}:${first + index}):`;
    return records.map(([type, fields]) => ({
      ...line,
      text: `${flavor.node}type=${type} ${stamp} ${fields}`,
    }));
  });
  return { name: `${asset.name}-audit.log`, lines };
}
