import { formatUtc } from '../../base/time';

// Events that Plaso (log2timeline) drew from log files, back as the lines that they were drawn from. Attributes and data types:
// plaso/parsers of github.com/log2timeline/plaso; messages: plaso/data/formatters. An event's attributes say more than its message, which is all
// that a table may have.

/** One event of a timeline. */
export interface PlasoEvent {
  readonly type: string;
  /** Microseconds since 1970. */
  readonly us: number;
  /** Whether `us` is a local time, of a log without a zone, that was taken for UTC as it stood. */
  readonly isLocal: boolean;
  /** Number of the event in its file, from 1. */
  readonly number: number;
  /** An attribute as text; empty where the event has none. */
  attribute(...names: readonly string[]): string;
}

/** Which reader a line is for. */
export type PlasoLog =
  | 'syslog'
  | 'access log'
  | 'W3C'
  | 'firewall'
  | 'firewall, local time'
  | 'auditd'
  | 'PostgreSQL'
  | 'Windows event'
  | 'CloudTrail';

export interface PlasoLine {
  readonly log: PlasoLog;
  readonly text: string;
}

/** Fields of the lines for `W3C` and for the Windows firewall, in their order. */
export const W3C_FIELDS =
  'date time s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs-host sc-status sc-bytes cs-bytes time-taken';
const W3C_ATTRIBUTES = [
  ...['s_computername', 'dest_ip', 'http_method', 'requested_uri_stem', 'cs_uri_query', 'dest_port'],
  ...['cs_username', 'source_ip', 'user_agent', 'cs_host', 'http_status', 'sent_bytes', 'received_bytes'],
  'time_taken',
];
export const FIREWALL_FIELDS = 'date time action protocol src-ip dst-ip src-port dst-port size tcpflags path';
const FIREWALL_ATTRIBUTES = [
  ...['action', 'protocol', 'source_ip', 'destination_ip', 'source_port', 'destination_port'],
  ...['packet_size', 'tcp_flags', 'path'],
];

const oneLine = (text: string): string => text.replace(/[\r\n]+\s*/g, ' ').trim();

function timeOf({ us, isLocal }: PlasoEvent): string {
  const text = formatUtc(us);
  return isLocal ? text.slice(0, -1) : text;
}

/** `[sshd, pid: 20] …`, behind the severity or a journal's host; tables put a space for the comma. */
const SYSLOG_MESSAGE = /^(?:(\S{1,255}) )?\[([^\]\s,]{1,100})(?:[, ] ?pid: (\d{1,10}))?\] ?(.*)$/s;
/** What is made of sshd's lines, as of version 20180524. */
const SSH_MESSAGE =
  /^(Successful login|Unsuccessful connection) of user: (.*?) ?from ([0-9a-fA-F.:]+):(\d{1,5}) ?using authentication method: (\S+) ssh pid: (\d{1,10})$/;
const SSH_OPENED = /^Connection opened ([0-9a-fA-F.:]+):(\d{1,5}) ?ssh pid: (\d{1,10})$/;

/** The program, process and words of sshd's line, from the attributes that are made of it. */
function sshdLine(event: PlasoEvent): string | null {
  const message = event.attribute('message');
  const said = SSH_MESSAGE.exec(message);
  const opened = SSH_OPENED.exec(message);
  const address = event.attribute('ip_address', 'address') || (said?.[3] ?? opened?.[1] ?? '');
  const port = event.attribute('port') || (said?.[4] ?? opened?.[2] ?? '');
  const pid = event.attribute('pid') || (said?.[6] ?? opened?.[3] ?? '');
  if (address === '' || port === '') return null;
  const from = `${address} port ${port}`;
  const program = pid === '' ? 'sshd' : `sshd[${pid}]`;
  if (event.type === 'syslog:ssh:opened_connection') return `${program}: Connection from ${from}`;
  const verb = event.type === 'syslog:ssh:login' ? 'Accepted' : 'Failed';
  const method = event.attribute('authentication_method') || (said?.[5] ?? '');
  const user = event.attribute('username') || (said?.[2] ?? '');
  return `${program}: ${verb} ${method} for ${user} from ${from} ssh2`;
}

function syslogLine(event: PlasoEvent): string | null {
  const message = SYSLOG_MESSAGE.exec(event.attribute('message'));
  const journalHost = event.type === 'systemd:journal' ? (message?.[1] ?? '') : '';
  const start = `${timeOf(event)} ${event.attribute('hostname') || journalHost || '-'} `;
  // Of a line whose time is followed by the process alone, `[20]: …` is left.
  const [, ownPid = '', body] = /^(?:\[(\d{1,10})\]: )?(.*)$/s.exec(
    event.attribute('body', 'message_body') || (message?.[4] ?? ''),
  ) as unknown as [string, string | undefined, string];
  if (body === '') {
    const line = event.type.startsWith('syslog:ssh:') ? sshdLine(event) : null;
    return line && start + oneLine(line);
  }
  const isSsh = event.type.startsWith('syslog:ssh:');
  const reporter = event.attribute('reporter') || (message?.[2] ?? (isSsh ? 'sshd' : ''));
  if (reporter === '') return null;
  const pid = event.attribute('pid') || ownPid || (message?.[3] ?? '');
  return start + oneLine(`${reporter}${pid === '' ? '' : `[${pid}]`}: ${body}`);
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const APACHE_MESSAGE =
  /^http_request: (.*?) from: (\S+)(?: code: (\d{3}))?(?: referer: (.*?))?(?: user_agent: (.*?))?(?: server_name: (\S+))?(?: port: (\d{1,5}))?$/s;

/** Escapes of the log itself are kept. */
const quoted = (text: string): string => oneLine(text).replace(/(?<!\\)"/g, '\\"') || '-';

function accessLine(event: PlasoEvent): string | null {
  const message = APACHE_MESSAGE.exec(event.attribute('message'));
  const client = event.attribute('ip_address') || (message?.[2] ?? '');
  const request = event.attribute('http_request') || (message?.[1] ?? '');
  if (client === '' || request === '') return null;
  const iso = formatUtc(event.us);
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  const time = `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
  const code = event.attribute('http_response_code') || (message?.[3] ?? '-');
  const size = event.attribute('http_response_bytes') || '-';
  const referer = event.attribute('http_request_referer') || (message?.[4] ?? '');
  const agent = event.attribute('http_request_user_agent') || (message?.[5] ?? '');
  const user = event.attribute('user_name').replace(/\s/g, '+') || '-';
  const server = event.attribute('server_name') || (message?.[6] ?? '');
  const port = event.attribute('port_number') || (message?.[7] ?? '');
  const host = server !== '' && port !== '' ? `${server}:${port} ` : '';
  return `${host}${client} - ${user} [${time}] "${quoted(request)}" ${code} ${size} "${quoted(referer)}" "${quoted(agent)}"`;
}

/** The attributes in a row behind date and time, as logs with a line of fields have them. */
function fieldsLine(event: PlasoEvent, names: readonly string[]): string {
  const iso = formatUtc(event.us);
  const values = names.map((name) => event.attribute(name).replace(/\s/g, '+') || '-');
  return [iso.slice(0, 10), iso.slice(11, 19), ...values].join(' ');
}

/** The serial number, which joins the records of one event, is not kept: each has one of its own. */
function auditLine(event: PlasoEvent): string | null {
  const type = event.attribute('audit_type');
  if (!/^[A-Z0-9_[\]]{1,40}$/.test(type)) return null;
  const seconds = (Math.floor(event.us / 1000) / 1000).toFixed(3);
  const body = event.attribute('body', 'message_body');
  return `type=${type} msg=audit(${seconds}:${event.number}): ${oneLine(body)}`;
}

const POSTGRES_MESSAGE = /^PID (\d+) (?:(\S+@\S+) )?([A-Z]\w+) ([^]*)$/;

function postgresLine(event: PlasoEvent): string | null {
  const message = POSTGRES_MESSAGE.exec(event.attribute('message'));
  const severity = event.attribute('severity') || (message?.[3] ?? '');
  const said = event.attribute('log_line') || (message?.[4] ?? '');
  if (severity === '' || said === '') return null;
  const pid = event.attribute('pid') || (message?.[1] ?? '0');
  const user = event.attribute('user') || (message?.[2] ?? '');
  const time = formatUtc(event.us).replace('T', ' ').replace('Z', '');
  return `${time}${event.isLocal ? '' : ' UTC'} [${pid}] ${user === '' ? '' : `${user} `}${severity}:  ${oneLine(said)}`;
}

/**
 * The line that an event was made of, as far as the event tells it; null for events of no log that is read, and where attributes that matter are
 * missing.
 */
export function plasoLine(event: PlasoEvent): PlasoLine | null {
  const of = (log: PlasoLog, text: string | null): PlasoLine | null =>
    text === null || text === '' ? null : { log, text };
  const { type } = event;
  if (/^(?:syslog:(?:line|ssh|cron)|systemd:journal$)/.test(type)) return of('syslog', syslogLine(event));
  switch (type) {
    case 'apache:access_log:entry':
    case 'apache:access':
      return of('access log', accessLine(event));
    case 'iis:log:line':
      return event.attribute('source_ip') === '' ? null : of('W3C', fieldsLine(event, W3C_ATTRIBUTES));
    case 'windows:firewall_log:entry':
    case 'windows:firewall:log_line':
      return of(
        event.isLocal ? 'firewall, local time' : 'firewall',
        event.attribute('source_ip') === '' ? null : fieldsLine(event, FIREWALL_ATTRIBUTES),
      );
    case 'selinux:line':
      return of('auditd', auditLine(event));
    case 'postgresql:application_log:entry':
      return of('PostgreSQL', postgresLine(event));
    case 'windows:evtx:record': {
      const xml = event.attribute('xml_string');
      return of('Windows event', /<Event[\s>][^]*/.exec(xml)?.[0] ?? null);
    }
    case 'aws:cloudtrail:entry':
      return of('CloudTrail', event.attribute('cloud_trail_event'));
    default:
      return null;
  }
}
