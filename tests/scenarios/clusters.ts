import { Draw } from './draw';
import type { LogFile } from './databases';

/** One request to a service that was open to the Internet for four days. */
interface Request {
  /** Seconds since 1970. */
  readonly at: number;
  readonly client: string;
  readonly port: number;
  /** `partner`: reads from outside before, during and after the exposure. */
  readonly by: 'desk' | 'partner' | 'bot' | 'reader';
  /** Whether the service gave what was asked for. */
  readonly isAnswered: boolean;
  readonly bytes: number;
}

export interface ClusterIncident {
  readonly files: readonly LogFile[];
  /** UTC days on which a stranger read data. */
  readonly readOn: readonly string[];
  /** UTC days on which a caller from before read data as it always does. */
  readonly partnerOn: readonly string[];
  readonly endsAt: string;
}

export const INTRUDER = '198.51.100.77';
export const PARTNER = '203.0.113.10';
const HOST = '10.20.4.17';
const FROM = Date.UTC(2026, 2, 1) / 1000;
const OPENED = Date.UTC(2026, 2, 4, 14, 12) / 1000;
const CLOSED = Date.UTC(2026, 2, 8, 9, 40) / 1000;
const TO = Date.UTC(2026, 2, 10) / 1000;
/** Two nights: what there is, and all of it. */
const READS: readonly (readonly [number, number, number])[] = [
  [Date.UTC(2026, 2, 6, 3, 17) / 1000, 2, 60_000],
  [Date.UTC(2026, 2, 7, 2, 5) / 1000, 20, 900_000],
];

function requests(seed: number, isRead: boolean, hasPartner: boolean): Request[] {
  const draw = new Draw(seed);
  const told: Request[] = [];
  const tell = (of: Draw, at: number, client: string, by: Request['by'], bytes: number): void => {
    told.push({ at, client, by, port: of.int(32_768, 60_999), isAnswered: by !== 'bot', bytes });
  };
  const desks = draw.fork('desks');
  for (let i = 0; i < 900; i++)
    tell(desks, desks.uniform(FROM, TO), `10.20.1.${desks.int(11, 30)}`, 'desk', desks.int(700, 9_000));
  const partner = draw.fork('partner');
  for (let at = FROM + 3_600; hasPartner && at < TO; at += 21_600)
    tell(partner, at + partner.uniform(0, 900), PARTNER, 'partner', partner.int(9_000, 20_000));
  const bots = draw.fork('bots');
  for (let i = 0; i < 150; i++) {
    const bot = `${bots.pick([45, 61, 80, 91, 118, 141, 177, 185, 193])}.${bots.int(0, 255)}.${bots.int(0, 255)}.${bots.int(1, 254)}`;
    const since = OPENED + bots.uniform(60, 40_000);
    for (let visits = bots.pick([1, 1, 2, 5, 20]); visits > 0; visits--)
      tell(bots, bots.uniform(since, CLOSED), bot, 'bot', bots.int(150, 600));
  }
  if (isRead)
    for (const [at, count, bytes] of READS)
      for (let i = 0; i < count; i++) tell(draw.fork(`${at} ${i}`), at + 2 * i, INTRUDER, 'reader', bytes);
  return told.sort((a, b) => a.at - b.at);
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const syslogTime = (seconds: number): string => {
  const at = new Date(seconds * 1000);
  return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${iso(seconds).slice(11, 19)}`;
};

/** VPC flow records, version 2; who comes while the port is closed is turned away. */
function vpcFlow(told: readonly Request[], port: number, draw: Draw): LogFile {
  const rows: [number, string][] = [];
  const row = (at: number, ends: readonly (string | number)[], payload: number, action: string): void => {
    const packets = action === 'ACCEPT' ? 4 + Math.ceil(payload / 1400) : 1;
    const span = [Math.floor(at), Math.floor(at) + 3];
    const fields = ['2 123456789012 eni-0a1b2c3d', ...ends, 6, packets, payload + 52 * packets, ...span];
    rows.push([at, [...fields, action, 'OK'].join(' ')]);
  };
  for (const one of told) {
    row(one.at, [one.client, HOST, one.port, port], 500, 'ACCEPT');
    row(one.at, [HOST, one.client, port, one.port], one.bytes, 'ACCEPT');
  }
  for (const client of new Set(told.filter(({ by }) => by === 'bot').map((one) => one.client)))
    for (const at of [draw.uniform(FROM, OPENED), draw.uniform(CLOSED, TO)])
      row(at, [client, HOST, draw.int(32_768, 60_999), port], 0, 'REJECT');
  const head =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
  return { name: 'flow.log', text: text([head, ...rows.sort(([a], [b]) => a - b).map(([, line]) => line)]) };
}

const ASKED_IN_VAIN: readonly (readonly [string, number])[] = [
  ['/.env', 404],
  ['/wp-login.php', 404],
  ['/admin', 301],
  ['/manager/html', 403],
];
const pathOf = (one: Request, i: number): string =>
  one.by === 'reader'
    ? '/applog-2026.03/_search?size=1000'
    : one.by === 'bot'
      ? (ASKED_IN_VAIN[i % ASKED_IN_VAIN.length]?.[0] ?? '')
      : `/applog-2026.03/_search?q=order:${i}`;
const statusOf = (one: Request, i: number): number =>
  one.by === 'bot' ? (ASKED_IN_VAIN[i % ASKED_IN_VAIN.length]?.[1] ?? 404) : 200;

/** The JSON that ingress-nginx documents for its log, before a cluster of Elasticsearch. */
function ingress(told: readonly Request[]): LogFile {
  const lines = told.map((one, i) => {
    const [path = '', query = ''] = pathOf(one, i).split('?');
    return JSON.stringify({
      ...{ time: `${iso(one.at).slice(0, 19)}+00:00`, remote_addr: one.client, x_forwarded_for: one.client },
      ...{ request_id: String(i).padStart(32, '0'), remote_user: '', bytes_sent: one.bytes },
      ...{
        request_time: 0.02,
        status: statusOf(one, i),
        vhost: 'logs.example.com',
        request_proto: 'HTTP/1.1',
      },
      ...{ path, request_query: query, request_length: 400, duration: 0.02, method: 'GET' },
      ...{ http_referrer: '', http_user_agent: one.by === 'bot' ? 'zgrab/0.x' : 'python-requests/2.31' },
    });
  });
  return { name: 'ingress.log', text: text(lines) };
}

/** A web server's own log as logrotate leaves it: the newest without a number. It names no host. */
function rotated(told: readonly Request[]): LogFile[] {
  const lines = told.map((one, i) => {
    const [day = '', month = '', year = ''] = new Date(one.at * 1000).toUTCString().slice(5, 16).split(' ');
    const time = `${day}/${month}/${year}:${iso(one.at).slice(11, 19)} +0000`;
    return `${one.client} - - [${time}] "GET ${pathOf(one, i)} HTTP/1.1" ${statusOf(one, i)} ${one.bytes} "-" "Mozilla/5.0"`;
  });
  const third = Math.ceil(lines.length / 3);
  return ['access.log.2', 'access.log.1', 'access.log'].map((name, part) => ({
    name,
    text: text(lines.slice(part * third, (part + 1) * third)),
  }));
}

/** The API server's audit log: an account of the cluster's own is used from elsewhere. */
function kubernetes(told: readonly Request[]): LogFile {
  const lines = told.map((one, i) => {
    const isBot = one.by === 'bot';
    const uri = isBot ? '/api' : '/api/v1/namespaces/prod/secrets';
    return JSON.stringify({
      ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: `id-${i}` },
      ...{ stage: 'ResponseComplete', requestURI: uri, verb: isBot ? 'get' : 'list' },
      user: { username: isBot ? 'system:anonymous' : 'system:serviceaccount:ci:deployer' },
      ...{ sourceIPs: [one.client], userAgent: isBot ? 'zgrab/0.x' : 'kubectl/v1.29.1' },
      ...(isBot ? {} : { objectRef: { resource: 'secrets', namespace: 'prod', apiVersion: 'v1' } }),
      responseStatus: { code: isBot ? 403 : 200 },
      ...{ requestReceivedTimestamp: iso(one.at), stageTimestamp: iso(one.at + 0.01) },
    });
  });
  return { name: 'audit.log', text: text(lines) };
}

/** Samba's audit lines in a syslog file; bots are not let into a share. */
function samba(told: readonly Request[]): LogFile {
  const lines = told
    .filter(({ by }) => by !== 'bot')
    .map((one, i) => {
      const what = one.by === 'reader' ? `hr/payroll-${i}.xlsx` : `letters/${i}.docx`;
      return `${syslogTime(one.at)} files01 smbd_audit[${2_000 + i}]: staff|${one.client}|pread_send|ok|${what}`;
    });
  return { name: 'syslog', text: text(lines) };
}

/** A sensor's records by way of syslog: requests with what was answered. */
function suricataBySyslog(told: readonly Request[]): LogFile {
  const lines = told.map((one, i) => {
    const http = {
      ...{ hostname: HOST, http_port: 9200, url: pathOf(one, i), http_method: 'GET', protocol: 'HTTP/1.1' },
      ...{ status: statusOf(one, i), length: one.bytes },
    };
    const ends = { src_ip: one.client, src_port: one.port, dest_ip: HOST, dest_port: 9200, proto: 'TCP' };
    const timestamp = iso(one.at).replace('Z', '000+0000');
    const record = { timestamp, flow_id: i + 1, event_type: 'http', ...ends, tx_id: 0, http };
    return `${syslogTime(one.at)} sensor1 suricata[77]: ${JSON.stringify(record)}`;
  });
  return { name: 'sensor-syslog', text: text(lines) };
}

/** By kind of incident: the port, whether a partner reads from outside all the time, and the service's own logs. */
const KINDS = {
  'Elasticsearch behind an ingress': [443, true, (told: readonly Request[]) => [ingress(told)]],
  'a wiki whose access log was rotated': [0, false, rotated],
  'the API of a Kubernetes cluster': [6443, true, (told: readonly Request[]) => [kubernetes(told)]],
  'a file share of Samba': [445, false, (told: readonly Request[]) => [samba(told)]],
  'Elasticsearch seen by a sensor, by way of syslog': [
    9200,
    true,
    (told: readonly Request[]) => [suricataBySyslog(told)],
  ],
} as const;
export type ClusterKind = keyof typeof KINDS;
export const CLUSTER_KINDS = Object.keys(KINDS) as ClusterKind[];

export function clusterIncident(kind: ClusterKind, seed: number, wasRead: boolean): ClusterIncident {
  const [port, hasPartner, own] = KINDS[kind];
  const told = requests(seed, wasRead, hasPartner);
  const days = (by: Request['by']): string[] => [
    ...new Set(told.filter((one) => one.by === by).map(({ at }) => iso(at).slice(0, 10))),
  ];
  const network = port === 0 ? [] : [vpcFlow(told, port, new Draw(seed).fork('turned away'))];
  return {
    files: [...network, ...own(told)],
    readOn: days('reader'),
    partnerOn: days('partner'),
    endsAt: iso(TO),
  };
}
