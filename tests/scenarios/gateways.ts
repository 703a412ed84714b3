import type { CaseParameters } from '../../src/lib/analysis/parameters';
import type { LogFile } from './databases';
import { Draw } from './draw';

/**
 * Incidents at the border, in which a log shows less, or other things, than it seems to:
 * - `vpn`: passwords are sprayed at a VPN gateway, and somebody comes in with one of its users' passwords;
 * - `jump`: strangers and staff reach the database through one host, whose address its log has for all of them; beside them, one application;
 * - `ipv6`: a host and its own clients have public IPv6 addresses only, and nobody said which are ours;
 * - `daylight`: the firewall writes local time without a zone, and daylight saving begins in the midst of it.
 */
export const GATEWAYS = ['vpn', 'jump', 'ipv6', 'daylight'] as const;
export type Gateway = (typeof GATEWAYS)[number];

export interface GatewayIncident {
  readonly files: readonly LogFile[];
  readonly parameters: CaseParameters;
  readonly endsAt: string;
  readonly reader: string;
  /** Port that strangers could reach, and the UTC days on which a stranger got in or read there; null: which port is not a question here. */
  readonly port: number | null;
  readonly readOn: readonly string[];
}

const time = (iso: string): number => Date.parse(iso) / 1000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
/** `2026-03-28 23:10:00` */
const plain = (seconds: number): string => iso(seconds).slice(0, 19).replace('T', ' ');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr'];
/** `Mar 28 2026 23:10:00`, and as syslog has it without the year. */
function stamp(seconds: number, hasYear: boolean): string {
  const date = new Date(seconds * 1000);
  const day = String(date.getUTCDate());
  const year = hasYear ? ` ${date.getUTCFullYear()}` : '';
  return `${MONTHS[date.getUTCMonth()] ?? ''} ${hasYear ? day.padStart(2, '0') : day.padStart(2)}${year} ${iso(seconds).slice(11, 19)}`;
}

const FROM = time('2026-03-26T00:00:00Z');
const OPENED = time('2026-03-27T09:10:00Z');
const CLOSED = time('2026-03-31T15:20:00Z');
const TO = time('2026-04-02T00:00:00Z');
const READS = [time('2026-03-29T10:20:00Z'), time('2026-03-30T12:40:00Z')];
const READ_ON = ['2026-03-29', '2026-03-30'];
const READER = '198.51.100.77';
const OFFICE = '203.0.113.9';
const DATABASE = '10.8.5.30';

/** Lines of one log, put in order when it is done. */
class Log {
  readonly #lines: [number, string][] = [];

  add(at: number, line: string): void {
    this.#lines.push([at, line]);
  }

  file(name: string, head: readonly string[] = []): LogFile {
    const inOrder = this.#lines.sort(([a], [b]) => a - b).map(([, line]) => line);
    return { name, text: [...head, ...inOrder, ''].join('\n') };
  }
}

/** A conversation with the port in question. */
interface Call {
  readonly at: number;
  readonly seconds: number;
  readonly client: string;
  readonly port: number;
  /** What came back to the client. */
  readonly bytes: number;
  readonly isLetIn: boolean;
}

/** 140 bots: each calls some times while the port is open, and is turned away once before and once after. */
function callsOfBots(draw: Draw, addressOf: (draw: Draw) => string): Call[] {
  const calls: Call[] = [];
  for (let i = 0; i < 140; i++) {
    const client = addressOf(draw);
    const call = (from: number, to: number, isLetIn: boolean): void => {
      const at = draw.uniform(from, to);
      calls.push({ at, seconds: 3, client, port: draw.int(32_768, 60_999), bytes: 1_800, isLetIn });
    };
    for (let visits = draw.pick([1, 2, 5, 20]); visits > 0; visits--) call(OPENED, CLOSED, true);
    call(FROM, OPENED, false);
    call(CLOSED, TO, false);
  }
  return calls;
}

function callsOfReader(draw: Draw, client: string): Call[] {
  return READS.map((at, read) => {
    const port = draw.int(32_768, 60_999);
    return { at, seconds: 900, client, port, bytes: read === 0 ? 90_000 : 30_000_000, isLetIn: true };
  });
}

const botAddress = (draw: Draw): string =>
  `${draw.pick([45, 61, 80, 91, 103, 141, 177, 193])}.${draw.int(0, 255)}.${draw.int(0, 255)}.${draw.int(1, 254)}`;
const botAddress6 = (draw: Draw): string =>
  `2a0${draw.int(1, 7)}:${draw.int(16, 4095).toString(16)}:${draw.int(16, 4095).toString(16)}::${draw.int(1, 99)}`;

/** PostgreSQL with `log_connections` and `log_statement`, `log_line_prefix = '%m [%p] %u@%d %r '`. */
class Postgres {
  readonly log = new Log();
  #process = 900;

  session(call: Omit<Call, 'bytes'>, user: string, statements: readonly string[]): void {
    const { at, client, port, seconds, isLetIn } = call;
    const process = (this.#process += 1);
    const say = (after: number, who: string, message: string): void => {
      const clock = iso(at + after)
        .slice(0, 23)
        .replace('T', ' ');
      this.log.add(at + after, `${clock} UTC [${process}] ${who} ${client}(${port}) ${message}`);
    };
    const who = `${user}@shop`;
    say(0, '[unknown]@[unknown]', `LOG:  connection received: host=${client} port=${port}`);
    if (!isLetIn) {
      say(0.02, who, `FATAL:  password authentication failed for user "${user}"`);
      return;
    }
    say(0.03, who, `LOG:  connection authorized: user=${user} database=shop`);
    statements.forEach((statement, i) => say(0.1 + i, who, `LOG:  statement: ${statement}`));
    say(
      seconds,
      who,
      `LOG:  disconnection: session time: 0:00:30.000 user=${user} database=shop host=${client} port=${port}`,
    );
  }

  /** The one application, and what it does all day. */
  work(draw: Draw, client: string, times: number): void {
    for (let i = 0; i < times; i++) {
      const call = {
        at: draw.uniform(FROM, TO),
        seconds: 30,
        client,
        port: draw.int(32_768, 60_999),
        isLetIn: true,
      };
      this.session(call, 'app', [`SELECT status FROM orders WHERE id = ${draw.int(1, 9_999)}`]);
    }
  }
}

/** sshd by syslog; keys for who is at home, passwords for the others. */
class Sshd {
  readonly log = new Log();
  #process = 2_000;

  session({ at, client, port, seconds }: Call, user: string | null, host: string): void {
    const process = (this.#process += 1);
    const say = (after: number, message: string): void =>
      this.log.add(at + after, `${stamp(at + after, false)} ${host} sshd[${process}]: ${message}`);
    const from = `from ${client} port ${port} ssh2`;
    if (user === null) say(2, `Failed password for root ${from}`);
    else {
      say(1, `Accepted password for ${user} ${from}`);
      say(seconds, `Disconnected from user ${user} ${client} port ${port}`);
    }
  }
}

const STAFF = ['ann', 'bob', 'cyd', 'dan', 'eva', 'fay', 'gus', 'hal', 'ida', 'jon', 'kim', 'leo'];

function vpn(draw: Draw): LogFile[] {
  const log = new Log();
  const postgres = new Postgres();
  const knock = (at: number, client: string, user: string, lease: string | null): void => {
    const peer = `${client}:${draw.int(32_768, 60_999)}`;
    if (lease === null)
      log.add(at, `${plain(at)} ${peer} TLS Auth Error: Auth Username/Password verification failed for peer`);
    log.add(at + 1, `${plain(at + 1)} ${peer} [${user}] Peer Connection Initiated with [AF_INET]${peer}`);
    const sent =
      lease === null ? 'AUTH_FAILED' : `PUSH_REPLY,route 10.8.0.0 255.255.0.0,ifconfig ${lease} 10.8.0.1`;
    const who = lease === null ? peer : `${user}/${peer}`;
    log.add(at + 2, `${plain(at + 2)} ${who} SENT CONTROL [${user}]: '${sent}' (status=1)`);
  };
  const sheet = (at: number, client: string, user: string, statements: readonly string[]): void =>
    postgres.session(
      { at, client, port: draw.int(32_768, 60_999), seconds: 40, isLetIn: true },
      user,
      statements,
    );
  STAFF.forEach((user, i) => {
    for (let day = FROM; day < TO; day += 86_400) {
      if (draw.chance(0.25)) continue;
      const at = day + draw.uniform(6, 9) * 3_600;
      knock(at, `203.0.113.${i + 10}`, user, `10.8.0.${i + 20}`);
      sheet(at + 600, `10.8.0.${i + 20}`, user, [`SELECT * FROM timesheet WHERE person = '${user}'`]);
    }
  });
  for (let i = 0; i < 140; i++) {
    const client = botAddress(draw);
    for (let tries = draw.pick([2, 3, 9, 30]); tries > 0; tries--)
      knock(draw.uniform(FROM, TO), client, draw.pick(['admin', 'test', 'vpn', ...STAFF]), null);
  }
  for (const at of READS) {
    knock(at, READER, 'ann', '10.8.0.77');
    sheet(at + 60, '10.8.0.77', 'ann', ['COPY customers TO STDOUT']);
  }
  postgres.work(draw, '10.8.5.20', 300);
  return [log.file('openvpn.log'), postgres.log.file('postgresql.log')];
}

function jump(draw: Draw): LogFile[] {
  const [sshd, postgres, flows] = [new Sshd(), new Postgres(), new Log()];
  const host = '10.8.1.10';
  const flow = (
    { at, seconds, client, port, bytes, isLetIn }: Call,
    asset: string,
    to: number,
    eni: string,
  ): void => {
    const row = (ends: string, packets: number, size: number): void =>
      flows.add(
        at,
        `2 123456789012 ${eni} ${ends} 6 ${packets} ${size} ${Math.floor(at)} ${Math.floor(at + seconds)} ${isLetIn ? 'ACCEPT' : 'REJECT'} OK`,
      );
    row(`${client} ${asset} ${port} ${to}`, isLetIn ? 12 : 1, isLetIn ? 2_400 : 44);
    if (isLetIn) row(`${asset} ${client} ${to} ${port}`, 10 + Math.ceil(bytes / 1_400), bytes + 900);
  };
  const through = (call: Call, user: string, statement: string): void => {
    const onward = { ...call, at: call.at + 60, client: host, port: draw.int(32_768, 60_999) };
    flow(onward, DATABASE, 5432, 'eni-db');
    postgres.session(onward, user, [statement]);
  };
  for (const call of callsOfBots(draw, botAddress)) {
    flow(call, host, 22, 'eni-jump');
    if (call.isLetIn) sshd.session(call, null, 'jump1');
  }
  STAFF.slice(0, 5).forEach((user) => {
    const call = {
      at: draw.uniform(OPENED, CLOSED),
      seconds: 1_200,
      client: OFFICE,
      port: draw.int(32_768, 60_999),
      bytes: 60_000,
      isLetIn: true,
    };
    flow(call, host, 22, 'eni-jump');
    sshd.session(call, user, 'jump1');
    through(call, user, 'SELECT count(*) FROM orders');
  });
  for (const call of callsOfReader(draw, READER)) {
    flow(call, host, 22, 'eni-jump');
    sshd.session(call, 'dan', 'jump1');
    through(call, 'dan', 'COPY customers TO STDOUT');
  }
  postgres.work(draw, '10.8.5.20', 500);
  const head =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
  return [flows.file('flow.log', [head]), sshd.log.file('auth.log'), postgres.log.file('postgresql.log')];
}

const READER6 = '2001:db8:ffff:77::9';

function ipv6(draw: Draw): LogFile[] {
  const [conn, postgres] = [new Log(), new Postgres()];
  const host = '2001:db8:20:5::12';
  const row = ({ at, seconds, client, port, bytes, isLetIn }: Call): void => {
    const ends = [at.toFixed(6), `C${client}${port}`.replaceAll(':', ''), client, port, host, 5432, 'tcp'];
    const told = isLetIn ? [seconds.toFixed(6), 600, bytes, 'SF', 'ShADadFf'] : ['-', '-', '-', 'S0', 'S'];
    conn.add(at, [...ends, ...told].join('\t'));
  };
  for (const call of callsOfBots(draw, botAddress6)) {
    row(call);
    if (call.isLetIn) postgres.session({ ...call, isLetIn: false }, 'postgres', []);
  }
  for (const call of callsOfReader(draw, READER6)) {
    row(call);
    postgres.session(call, 'app', ['COPY customers TO STDOUT']);
  }
  postgres.work(draw, '2001:db8:20:5::31', 300);
  const fields =
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes resp_bytes conn_state history';
  const head = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tconn',
  ];
  return [
    conn.file('conn.log', [...head, `#fields\t${fields.replaceAll(' ', '\t')}`]),
    postgres.log.file('postgresql.log'),
  ];
}

function daylight(draw: Draw): LogFile[] {
  const [asa, sshd] = [new Log(), new Sshd()];
  const host = '10.8.0.20';
  let number = 100;
  // Berlin: an hour ahead of UTC, two from 29 March, 01:00 UTC on.
  const say = (at: number, message: string): void =>
    asa.add(
      at,
      `<166>${stamp(at + (at >= time('2026-03-29T01:00:00Z') ? 7_200 : 3_600), true)} asa1 : %ASA-${message}`,
    );
  const built = ({ at, seconds, client, port, bytes, isLetIn }: Call): void => {
    if (!isLetIn) {
      say(
        at,
        `4-106023: Deny tcp src outside:${client}/${port} dst inside:${host}/22 by access-group "outside_in" [0x0, 0x0]`,
      );
      return;
    }
    number += 1;
    const ends = `outside:${client}/${port}`;
    const lasted = `0:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
    say(
      at,
      `6-302013: Built inbound TCP connection ${number} for ${ends} (${client}/${port}) to inside:${host}/22 (203.0.113.2/22)`,
    );
    say(
      at + seconds,
      `6-302014: Teardown TCP connection ${number} for ${ends} to inside:${host}/22 duration ${lasted} bytes ${bytes + 1_200} TCP FINs`,
    );
  };
  for (const call of callsOfBots(draw, botAddress)) {
    built(call);
    if (call.isLetIn) sshd.session(call, null, 'log7');
  }
  for (const call of callsOfReader(draw, READER)) {
    built(call);
    sshd.session(call, 'ops', 'log7');
  }
  return [asa.file('asa.log'), sshd.log.file('auth.log')];
}

export function gatewayIncident(kind: Gateway, seed: number): GatewayIncident {
  const files = { vpn, jump, ipv6, daylight }[kind](new Draw(seed).fork(kind));
  const port = { vpn: null, jump: 22, ipv6: 5432, daylight: 22 }[kind];
  const reader = kind === 'ipv6' ? READER6 : READER;
  const knownActors = kind === 'jump' ? [{ actor: OFFICE, label: 'office' }] : [];
  return { files, parameters: { knownActors }, endsAt: iso(TO), reader, port, readOn: READ_ON };
}
