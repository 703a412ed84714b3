import { Draw } from './draw';

/** What one conversation with the service came to. */
export type Deed = 'work' | 'knock' | 'dropped' | 'read' | 'bulk read';

export interface Conversation {
  /** Seconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  readonly client: string;
  readonly port: number;
  readonly deed: Deed;
  /** Payload each way. */
  readonly sent: number;
  readonly received: number;
}

export interface LogFile {
  readonly name: string;
  readonly text: string;
}

export interface DatabaseIncident {
  readonly files: readonly LogFile[];
  readonly asset: string;
  readonly port: number;
  /** UTC days on which a stranger read data. */
  readonly readOn: readonly string[];
  readonly endsAt: string;
}

export const READER = '198.51.100.77';
const HOST = '10.20.4.17';
const CLIENTS = ['10.20.1.11', '10.20.1.12'];
const FROM = Date.UTC(2026, 2, 1) / 1000;
const OPENED = Date.UTC(2026, 2, 4, 14, 12) / 1000;
const CLOSED = Date.UTC(2026, 2, 8, 9, 40) / 1000;
const TO = Date.UTC(2026, 2, 10) / 1000;
const READS: readonly (readonly [number, Deed])[] = [
  [Date.UTC(2026, 2, 6, 3, 17) / 1000, 'read'],
  [Date.UTC(2026, 2, 7, 2, 5) / 1000, 'bulk read'],
];
const RECEIVED: Readonly<Record<Deed, readonly [number, number]>> = {
  work: [4_000, 60_000],
  knock: [350, 900],
  dropped: [0, 0],
  read: [80_000, 90_000],
  'bulk read': [24_000_000, 25_000_000],
};

/**
 * A database that was open to the Internet for four days. Its own clients work with it all the time, bots knock and get nowhere, and where
 * `isRead`, one stranger reads a little one night and all of it the next. By seed: who the bots are and when they come.
 */
export function conversations(seed: number, isRead: boolean): Conversation[] {
  const draw = new Draw(seed);
  const told: Conversation[] = [];
  const tell = (of: Draw, at: number, client: string, deed: Deed): void => {
    const received = of.int(...RECEIVED[deed]);
    const seconds = deed === 'bulk read' ? 240 : deed === 'dropped' ? 0 : of.uniform(0.2, 5);
    const sent = deed === 'dropped' ? 0 : of.int(300, deed === 'work' ? 9_000 : 700);
    told.push({ at, seconds, client, port: of.int(32_768, 60_999), deed, sent, received });
  };
  const work = draw.fork('work');
  for (let i = 0; i < 900; i++) tell(work, work.uniform(FROM, TO), work.pick(CLIENTS), 'work');
  const bots = draw.fork('bots');
  for (let i = 0; i < 150; i++) {
    const bot = `${bots.pick([45, 61, 80, 91, 103, 118, 141, 177, 185, 193])}.${bots.int(0, 255)}.${bots.int(0, 255)}.${bots.int(1, 254)}`;
    const since = OPENED + bots.uniform(60, 40_000);
    for (let visits = bots.pick([1, 1, 2, 5, 20]); visits > 0; visits--)
      tell(bots, bots.uniform(since, CLOSED), bot, 'knock');
    for (const at of [bots.uniform(FROM, OPENED), bots.uniform(CLOSED, TO)]) tell(bots, at, bot, 'dropped');
  }
  if (isRead) for (const [at, deed] of READS) tell(draw.fork(deed), at, READER, deed);
  return told.sort((a, b) => a.at - b.at);
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const day = (seconds: number): string => iso(seconds).slice(0, 10);
const isAccepted = ({ deed }: Conversation): boolean => deed !== 'dropped';
const isRead = ({ deed }: Conversation): boolean => deed === 'read' || deed === 'bulk read';

function file(
  name: string,
  lines: readonly (readonly [number, string])[],
  head: readonly string[] = [],
): LogFile {
  const inOrder = [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
  return { name, text: [...head, ...inOrder, ''].join('\n') };
}

function zeekHead(path: string, fields: string, types: string): string[] {
  const separators = ['#separator \\x09', '#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-'];
  return [
    ...separators,
    `#path\t${path}`,
    `#fields\t${fields.split(' ').join('\t')}`,
    `#types\t${types.split(' ').join('\t')}`,
  ];
}

const uidOf = (index: number): string => `C${String(index).padStart(16, '0')}`;

/** Zeek's conn.log, off the host. */
function zeekConn(told: readonly Conversation[], port: number): LogFile {
  const head = zeekHead(
    'conn',
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes',
    'time string addr port addr port enum string interval count count string string count count count count',
  );
  const lines = told.map((one, i): [number, string] => {
    const start = [one.at.toFixed(6), uidOf(i), one.client, one.port, HOST, port, 'tcp', '-'];
    if (!isAccepted(one)) return [one.at, [...start, '-', '-', '-', 'S0', 'S', 1, 60, 0, 0].join('\t')];
    const packets = [5 + Math.ceil(one.sent / 1400), 4 + Math.ceil(one.received / 1400)] as const;
    const counted = [packets[0], one.sent + 52 * packets[0], packets[1], one.received + 52 * packets[1]];
    const sizes = [one.seconds.toFixed(6), one.sent, one.received, 'SF', 'ShADadFf'];
    return [one.at, [...start, ...sizes, ...counted].join('\t')];
  });
  return file('conn.log', lines, head);
}

/** VPC flow records, version 2: one each way. */
function vpcFlow(told: readonly Conversation[], port: number): LogFile {
  const row = (one: Conversation, isAnswer: boolean): [number, string] => {
    const [from, to] = isAnswer ? [HOST, one.client] : [one.client, HOST];
    const ports = isAnswer ? [port, one.port] : [one.port, port];
    const payload = isAnswer ? one.received : one.sent;
    const packets = isAccepted(one) ? 4 + Math.ceil(payload / 1400) : 1;
    const span = [Math.floor(one.at), Math.floor(one.at + Math.max(1, one.seconds))];
    const sizes = [6, packets, payload + 52 * packets, ...span, isAccepted(one) ? 'ACCEPT' : 'REJECT', 'OK'];
    return [one.at, ['2 123456789012 eni-0a1b2c3d', from, to, ...ports, ...sizes].join(' ')];
  };
  const lines = told.flatMap((one) =>
    isAccepted(one) ? [row(one, false), row(one, true)] : [row(one, false)],
  );
  const head =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
  return file('flow.log', lines, [head]);
}

/** nfdump's CSV with whole connections in each record: SYN, ACK, PSH and FIN both ways. */
function nfdumpCsv(told: readonly Conversation[], port: number): LogFile {
  const time = (seconds: number): string => iso(seconds).slice(0, 23).replace('T', ' ');
  const row = (one: Conversation, isAnswer: boolean): [number, string] => {
    const ends = isAnswer ? [HOST, one.client, port, one.port] : [one.client, HOST, one.port, port];
    const payload = isAnswer ? one.received : one.sent;
    const packets = isAccepted(one) ? 4 + Math.ceil(payload / 1400) : 1;
    const times = [time(one.at), time(one.at + one.seconds), one.seconds.toFixed(3)];
    const sizes = [
      'TCP',
      isAccepted(one) ? '...AP.SF' : '......S.',
      0,
      0,
      packets,
      payload + 52 * packets,
      0,
      0,
    ];
    return [one.at, [...times, ...ends, ...sizes, ...Array<number>(11).fill(0)].join(',')];
  };
  const lines = told.flatMap((one) =>
    isAccepted(one) ? [row(one, false), row(one, true)] : [row(one, false)],
  );
  return file('nfdump.csv', lines, [
    'ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb',
  ]);
}

/** pfSense's filter log: first packets only. */
function filterlog(told: readonly Conversation[], port: number): LogFile {
  const lines = told.map((one, i): [number, string] => {
    const action = isAccepted(one) ? 'pass' : 'block';
    const packet = `77,,,1000000103,vmx0,match,${action},in,4,0x0,,52,${i % 65_536},0,DF,6,tcp,60,${one.client},${HOST},${one.port},${port},0,S,${i},,64240,,mss`;
    return [one.at, `<134>1 ${iso(one.at).slice(0, 19)}+00:00 fw01 filterlog 41234 - - ${packet}`];
  });
  return file('filter.log', lines);
}

function mongod(told: readonly Conversation[]): LogFile {
  const lines = told.filter(isAccepted).flatMap((one, i) => {
    const say = (
      after: number,
      c: string,
      ctx: string,
      id: number,
      msg: string,
      attr: object,
    ): [number, string] => [
      one.at + after,
      JSON.stringify({ t: { $date: iso(one.at + after) }, s: 'I', c, id, ctx, msg, attr }),
    ];
    const remote = `${one.client}:${one.port}`;
    const ctx = `conn${i}`;
    const find = { find: 'customers', filter: {}, $db: 'shop' };
    const sizes = { nreturned: 5_000, reslen: one.received, durationMillis: 640 };
    return [
      say(0.01, 'NETWORK', 'listener', 22_943, 'Connection accepted', { remote, connectionId: i }),
      ...(isRead(one)
        ? [
            say(0.1, 'COMMAND', ctx, 51_803, 'Slow query', {
              type: 'command',
              ns: 'shop.customers',
              command: find,
              ...sizes,
              remote,
            }),
          ]
        : []),
      say(one.seconds, 'NETWORK', ctx, 22_944, 'Connection ended', { remote, connectionId: i }),
    ];
  });
  return file('mongod.log', lines);
}

/** With `log_connections`, `log_disconnections` and `log_statement = all`, and the prefix that servers come with: no client in it. */
function postgres(told: readonly Conversation[]): LogFile {
  const lines = told.filter(isAccepted).flatMap((one, i) => {
    const say = (after: number, text: string): [number, string] => [
      one.at + after,
      `${iso(one.at + after)
        .slice(0, 23)
        .replace('T', ' ')} UTC [${i + 2_000}] ${text}`,
    ];
    const received = say(0.01, `LOG:  connection received: host=${one.client} port=${one.port}`);
    if (one.deed === 'knock')
      return [received, say(0.05, 'FATAL:  password authentication failed for user "postgres"')];
    const user = one.deed === 'work' ? 'app' : 'reporting';
    const asked =
      one.deed === 'work' ? 'SELECT status FROM orders WHERE id = 7' : 'COPY customers TO STDOUT WITH CSV';
    return [
      received,
      say(0.04, `LOG:  connection authorized: user=${user} database=shop`),
      say(0.1, `LOG:  statement: ${asked}`),
      say(
        one.seconds,
        `LOG:  disconnection: session time: 0:00:01.000 user=${user} database=shop host=${one.client} port=${one.port}`,
      ),
    ];
  });
  return file('postgresql.log', lines);
}

/** Logins stand in it before they are judged, and once more when they are refused. */
function mysqlGeneral(told: readonly Conversation[]): LogFile {
  const lines = told.filter(isAccepted).flatMap((one, i) => {
    const say = (after: number, text: string): [number, string] => [
      one.at + after,
      `${iso(one.at + after).slice(0, 23)}000Z\t${String(i + 9).padStart(5)} ${text}`,
    ];
    const user = one.deed === 'work' ? 'shop' : one.deed === 'knock' ? 'root' : 'backup';
    const connect = say(0.1, `Connect\t${user}@${one.client} on shop using TCP/IP`);
    if (one.deed === 'knock')
      return [
        connect,
        say(0.101, `Connect\tAccess denied for user 'root'@'${one.client}' (using password: YES)`),
      ];
    const asked = one.deed === 'work' ? 'SELECT * FROM basket WHERE id = 7' : 'SELECT * FROM `customers`';
    return [connect, say(0.12, `Query\t${asked}`), say(0.13 + one.seconds, 'Quit\t')];
  });
  return file('mysql-general.log', lines, ['Time                 Id Command    Argument']);
}

function redisMonitor(told: readonly Conversation[]): LogFile {
  const lines = told.filter(isAccepted).map((one, i): [number, string] => {
    const knocks = ['"INFO"', '"PING"', '"COMMAND" "DOCS"', '"CONFIG" "GET" "dir"'];
    const asked =
      one.deed === 'work' ? '"GET" "session:7"' : isRead(one) ? '"HGETALL" "customers"' : knocks[i % 4];
    return [one.at + 0.1, `${(one.at + 0.1).toFixed(6)} [0 ${one.client}:${one.port}] ${asked}`];
  });
  return file('monitor.txt', lines, ['OK']);
}

/** As Zeek writes it unless told otherwise: openings, and no reads. */
function smbFiles(told: readonly Conversation[]): LogFile {
  const head = zeekHead(
    'smb_files',
    'ts uid id.orig_h id.orig_p id.resp_h id.resp_p fuid action path name size prev_name',
    'time string addr port addr port string enum string string count string',
  );
  const lines = told.flatMap((one, i): [number, string][] => {
    if (one.deed === 'knock' || one.deed === 'dropped') return [];
    const name = one.deed === 'work' ? `letter-${i}.docx` : 'payroll.xlsx';
    const start = [one.at.toFixed(6), uidOf(i), one.client, one.port, HOST, 445, '-', 'SMB::FILE_OPEN'];
    return [[one.at, [...start, '\\\\files\\staff', name, one.received, '-'].join('\t')]];
  });
  return file('smb_files.log', lines, head);
}

/** By the kind of service: its port, and the logs of the network and of the service itself (or of a sensor that takes it apart). */
const SERVICES = {
  MongoDB: [27_017, zeekConn, mongod],
  PostgreSQL: [5_432, vpcFlow, postgres],
  MySQL: [3_306, filterlog, mysqlGeneral],
  Redis: [6_379, nfdumpCsv, redisMonitor],
  'a file share': [445, zeekConn, smbFiles],
} as const;
export type Database = keyof typeof SERVICES;
export const DATABASES = Object.keys(SERVICES) as Database[];

export function databaseIncident(kind: Database, seed: number, wasRead: boolean): DatabaseIncident {
  const [port, network, own] = SERVICES[kind];
  const told = conversations(seed, wasRead);
  return {
    files: [network(told, port), own(told)],
    asset: HOST,
    port,
    readOn: told.filter(isRead).map(({ at }) => day(at)),
    endsAt: iso(TO),
  };
}
