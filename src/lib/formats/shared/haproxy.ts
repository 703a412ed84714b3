import { encodeUtf8 } from '../../base/bytes';
import { MICROS_PER_MINUTE, TIME_BASIS, type TimeBasis } from '../../base/time';
import { QUERY_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { protocolOf } from './enumerations';
import { FlowWriter } from './flow-writer';
import { outcomeOfStatus } from './http';
import { portOf } from './json';
import type { LineEvent } from './line-event';
import { requestLineOf } from './request-target';
import { RowWriter } from './row-writer';
import { parsedTime } from './time';
import { readClfTime } from './time-prefix';

/** Client, its port, the time of acceptance and the frontend: what every log of a connection begins with. */
const START = String.raw`^(\S{1,64}):(\d{1,5}) \[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [+-]\d{4})?)\] (\S+)`;
const RECORD = new RegExp(START);
/** Backend and server, five timers, status, bytes, two captured cookies, how it ended, connections, queues, captured headers, request. */
const HTTP = new RegExp(
  String.raw`${START} (\S+) ([-+\d/]+) (-?\d{1,3}) \+?(\d+) \S+ \S+ (\S{4}) [\d/+]+ \d+\/\d+ ((?:\{[^}]*\} ){0,2})"([^]*)$`,
);
/** Backend and server, three timers, bytes, how it ended, connections, queues. */
const TCP = new RegExp(String.raw`${START} (\S+) ([-+\d/]+) \+?(\d+) (\S\S) [\d/+]+ \d+\/\d+`);
/** Without any of the two formats: `Connect from 192.0.2.7:33312 to 198.51.100.4:8012 (www/HTTP)`. */
const CONNECT = /^Connect from (\S+):(\d{1,5}) to (\S+):(\d{1,5}) \((.*)\/\w+\)$/;
/** `192.0.2.7:33317 [06/Feb/2015:12:14:14.655] www/1: SSL handshake failure`. */
const FAILED = new RegExp(String.raw`${START}: [A-Z]`);
/** A captured header that is a client program's name and version: captures have no names. */
const AGENT = /(?:^|\|)([A-Za-z][\w .+-]{0,40}\/\d[^|]*)(?:\||$)/;

const QUARTER_HOUR_US = 15 * MICROS_PER_MINUTE;
/** A line is written when its connection ends, and reaches a relay soon after. */
const LATEST_US = 2 * MICROS_PER_MINUTE;
const FARTHEST_US = 14 * 60 * MICROS_PER_MINUTE;

/** Why a line is no record, where it looks like one. */
export const NO_HAPROXY_RECORD =
  'this is no line of option httplog or tcplog: expected client:port, [accept date], frontend, backend/server, timers, bytes and how it ended';

/** Whether a message begins as all records of connections do. */
export function isHaproxyRecord(message: string): boolean {
  return RECORD.test(message);
}

/** HAProxy's records of requests and connections ("Logging", docs.haproxy.org/configuration): rows of queries, and flows where it names both ends. */
export class HaproxyLines {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  #flows: FlowWriter | undefined;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** Reads one message; `event` tells what a syslog header did (its time is NaN where there was none). False where nothing was made of it. */
  read(message: string, event: LineEvent): boolean {
    const text = message.trim();
    const http = HTTP.exec(text);
    if (http) return this.#http(http, event);
    const tcp = TCP.exec(text);
    if (tcp) return this.#tcp(tcp, event);
    const connect = CONNECT.exec(text);
    if (connect) return this.#connect(connect, event);
    if (!FAILED.test(text)) return false;
    this.#sink.skip('connection that failed before a request');
    return true;
  }

  #http(match: RegExpExecArray, event: LineEvent): boolean {
    const [, client = '', port, date = '', frontend = '', , timers = '', code, bytes, flags = ''] = match;
    const [captured = '', quoted = ''] = match.slice(10);
    // A request line that was cut at the longest length of a line has no closing quote.
    const asked = requestLineOf(quoted.replace(/"(?: [^"]*)?$/, ''));
    const status = Math.max(0, Number(code));
    const millis = lastTimer(timers);
    if (!this.#at(date, millis, event)) return false;
    this.#rows.query({
      actor: actorOf(client),
      actorPort: portOf(port),
      // The mark of a frontend's TLS.
      service: frontend.endsWith('~') ? 'https' : 'http',
      host: asked.host || this.#sink.dictionaries.strings.text(event.host),
      servicePort: asked.port,
      verb: asked.verb,
      object: asked.path,
      status,
      outcome: outcomeOf(status, flags),
      bytesReturned: Number(bytes),
      durationUs: millis * 1000,
      agent: captured
        .split(/\} ?/)
        .map((group) => AGENT.exec(group.replace('{', ''))?.[1] ?? '')
        .join(''),
    });
    return true;
  }

  /** As for other balancers of connections, the service is what is known of where it went: the frontend's name. */
  #tcp(match: RegExpExecArray, event: LineEvent): boolean {
    const [, client = '', port, date = '', frontend = '', , timers = '', bytes, flags = ''] = match;
    const millis = lastTimer(timers);
    if (!this.#at(date, millis, event)) return false;
    this.#rows.query({
      actor: actorOf(client),
      actorPort: portOf(port),
      service: frontend.replace(/~$/, ''),
      host: this.#sink.dictionaries.strings.text(event.host),
      outcome: outcomeOf(0, flags),
      bytesReturned: Number(bytes),
      durationUs: millis * 1000,
    });
    return true;
  }

  #connect(match: RegExpExecArray, event: LineEvent): boolean {
    const [, client = '', clientPort, server = '', serverPort] = match;
    if (Number.isNaN(event.us)) return false;
    this.#flows ??= new FlowWriter(this.#sink);
    const flows = this.#flows;
    flows.ends(client, server);
    flows.ports(clientPort, serverPort);
    flows.epochs(event.us, event.us, event.basis);
    flows.row.protocol = protocolOf('tcp');
    flows.row.verdict = VERDICT.accept;
    flows.row.sensor = event.host;
    return flows.commit(event.offset, event.line) === null;
  }

  #at(date: string, millis: number, event: LineEvent): boolean {
    const bytes = encodeUtf8(date);
    if (readClfTime(bytes, 0, bytes.length) !== bytes.length) return false;
    const { us, basis } = parsedTime;
    const time = basis === TIME_BASIS.local ? zoned(us, millis, event) : { us, basis };
    this.#rows.at(time.us, time.basis, event.offset, event.line);
    return true;
  }
}

/** The date of acceptance names no zone. A header that does was written when the connection had ended, so that the whole quarters of an hour between are the zone. */
function zoned(
  localUs: number,
  millis: number,
  { us, basis }: LineEvent,
): { readonly us: number; readonly basis: TimeBasis } {
  const apart = localUs + (millis > 0 ? millis * 1000 : 0) - us;
  const zoneUs = Math.round(apart / QUARTER_HOUR_US) * QUARTER_HOUR_US;
  const isKnown =
    basis === TIME_BASIS.absolute && Math.abs(zoneUs) <= FARTHEST_US && Math.abs(apart - zoneUs) <= LATEST_US;
  return isKnown
    ? { us: localUs - zoneUs, basis: TIME_BASIS.absolute }
    : { us: localUs, basis: TIME_BASIS.local };
}

/** A client on the same machine may come by a socket of its file system. */
function actorOf(client: string): string {
  return client === 'unix' ? '' : client.replace(/^\[|\]$/g, '');
}

/** Milliseconds from acceptance to the end; NaN where it did not get that far (−1). A `+` before it: it went on. */
function lastTimer(timers: string): number {
  const text = timers.slice(timers.lastIndexOf('/') + 1).replace('+', '');
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * By the status and the first two flags of how it ended: who ended it (P: the proxy itself, by a rule or a limit; S: the server; R and I: the proxy
 * could not) and when (R: before the request, T: kept waiting on purpose).
 */
function outcomeOf(status: number, flags: string): number {
  // The proxy answers 400 to what is no HTTP, and 408 to what never came.
  const isRefused = /^PT/.test(flags) || (/^PR/.test(flags) && status !== 400 && status !== 408);
  if (isRefused) return QUERY_OUTCOME.denied;
  if (status !== 0) return outcomeOfStatus(status);
  return /^(?:S[CQ]|sC|sQ|[RI])/.test(flags) ? QUERY_OUTCOME.error : QUERY_OUTCOME.unknown;
}
