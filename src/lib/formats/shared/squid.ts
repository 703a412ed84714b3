import { addressRange, parseAddress } from '../../base/addresses';
import { encodeUtf8 } from '../../base/bytes';
import { TIME_BASIS, type TimeBasis } from '../../base/time';
import { QUERY_OUTCOME, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { protocolOf } from './enumerations';
import { FlowWriter } from './flow-writer';
import { outcomeOfStatus } from './http';
import { requestLineOf } from './request-target';
import { RowWriter } from './row-writer';
import { parsedTime, parseEpochBytes } from './time';
import { readClfTime } from './time-prefix';

/** `%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt`; with log_mime_hdrs the headers stand behind. */
const NATIVE =
  /^\s*(\d{9,11}\.\d{1,6})\s+(-?\d+) (\S+) ([A-Z][A-Z_]+)\/(\d{3}) (-?\d+) (\S+) (\S+) (\S+) ([A-Z][A-Z_\d]+)\/(\S+)(?: |$)/;
/** `common` and `combined`: a web server's line with the code and hierarchy behind. */
const AS_SERVER =
  /^(\S+) \S+ (\S+) \[([^\]]{20,32})\] "([^]*?)" (\d{3}) (\d+|-)(?: "[^"]*" "([^"]*)")? ([A-Z][A-Z_]+):([A-Z][A-Z_\d]+)\s*$/;
/** Hierarchy codes of requests that went to the server itself, whose address stands beside: not to a parent, nowhere. */
const DIRECT = /^(?:HIER_)?(?:DIRECT|PINNED|ORIGINAL_DST)$/;

/** Why a line is none of Squid's. */
export const NO_SQUID_LINE =
  'this is no line of Squid’s: expected time, milliseconds, client, code/status, bytes, method, URL, user, hierarchy/server and type';

/** Whether a line is one of Squid's, in either layout. */
export function isSquidLine(line: string): boolean {
  return NATIVE.test(line) || AS_SERVER.test(line);
}

const INSIDE = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat']);

/** One line, whatever its layout. */
interface Entry {
  readonly us: number;
  readonly basis: TimeBasis;
  readonly millis: number;
  readonly client: string;
  readonly code: string;
  readonly status: number;
  readonly sent: number;
  readonly request: string;
  readonly user: string;
  readonly agent: string;
  /** The server's address; empty where it is not told. */
  readonly peer: string;
}

/**
 * Lines of Squid's access log, in its own layout, `common` or `combined` (squid-cache.org, "logformat" and "Squid Log Files").
 *
 * Squid is a proxy for those inside: who asks is ours, and what answers is elsewhere. A request is therefore a query of the other host, which proves no
 * access to anything of ours, and where the server's address is told also a flow from the client to it: so that the destinations and rhythms of
 * machines that were exposed show, though on the wire they only speak with the proxy. A client with a public address may be a stranger who
 * found the proxy open; its requests are queries alone, since neither end of such a flow is ours.
 */
export class SquidLines {
  readonly #sink: RecordSink;
  readonly #rows: RowWriter;
  #flows: FlowWriter | undefined;

  constructor(sink: RecordSink) {
    this.#sink = sink;
    this.#rows = new RowWriter(sink);
  }

  /** Reads one line without its end; false where it is none of Squid's. */
  read(text: string, offset: number, line: number): boolean {
    const entry = nativeEntry(text) ?? serverEntry(text);
    if (!entry) return false;
    const asked = askedOf(entry.request);
    this.#query(entry, asked, offset, line);
    if (isFlowOfOurs(entry)) this.#flow(entry, asked.port, offset, line);
    return true;
  }

  #query(entry: Entry, asked: Asked, offset: number, line: number): void {
    this.#rows.at(entry.us, entry.basis, offset, line);
    this.#rows.query({
      actor: entry.client,
      principal: entry.user,
      service: asked.port === 443 ? 'https' : 'http',
      host: asked.host,
      servicePort: asked.port,
      verb: asked.verb,
      object: asked.path,
      status: entry.status,
      outcome: /DENIED/.test(entry.code) ? QUERY_OUTCOME.denied : outcomeOfStatus(entry.status),
      bytesReturned: entry.sent,
      durationUs: entry.millis * 1000,
      agent: entry.agent,
    });
  }

  /** The time is that of the end. The client's port is not told, and what it sent neither. */
  #flow(entry: Entry, port: number, offset: number, line: number): void {
    const flows = (this.#flows ??= new FlowWriter(this.#sink));
    const { row } = flows;
    flows.ends(entry.client, entry.peer);
    flows.ports(0, port);
    flows.epochs(entry.us - (entry.millis > 0 ? entry.millis * 1000 : 0), entry.us, entry.basis);
    row.protocol = protocolOf('tcp');
    row.dstBytes = entry.sent;
    row.verdict = VERDICT.accept;
    // A time that no clock shows has been in the query already.
    flows.commit(offset, line);
  }
}

function nativeEntry(text: string): Entry | undefined {
  const match = NATIVE.exec(text);
  if (!match) return undefined;
  const [, time = '', millis, client = '', code = '', status, sent, method = '', url = ''] = match;
  const [user = '', hierarchy = '', peer = ''] = match.slice(9);
  const bytes = encodeUtf8(time);
  if (!parseEpochBytes(bytes, 0, bytes.length, 's')) return undefined;
  return {
    us: parsedTime.us,
    basis: TIME_BASIS.absolute,
    millis: countOf(millis),
    client,
    code,
    status: Number(status),
    sent: countOf(sent),
    request: `${method} ${url}`,
    user,
    agent: '',
    peer: DIRECT.test(hierarchy) ? peer : '',
  };
}

function serverEntry(text: string): Entry | undefined {
  const match = AS_SERVER.exec(text);
  if (!match) return undefined;
  const [, client = '', user = '', time = '', request = '', status, sent, agent = '', code = ''] = match;
  const bytes = encodeUtf8(time);
  if (readClfTime(bytes, 0, bytes.length) !== bytes.length) return undefined;
  return {
    us: parsedTime.us,
    basis: parsedTime.basis,
    millis: Number.NaN,
    client,
    code,
    status: Number(status),
    sent: countOf(sent),
    request,
    user,
    agent,
    peer: '',
  };
}

function countOf(text = ''): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly verb: number;
  readonly path: string;
}

/** Of a tunnel (`CONNECT host:port`) the two ends are known, and nothing that was asked inside. */
function askedOf(request: string): Asked {
  const tunnel = /^CONNECT (\[[^\]]*\]|[^:]+):(\d{1,5})(?: |$)/.exec(request);
  if (!tunnel) return requestLineOf(request);
  const [, host = '', port] = tunnel;
  return {
    ...requestLineOf('CONNECT'),
    host: host.replace(/^\[|\]$/g, ''),
    port: Math.min(Number(port), 65_535),
    path: '',
  };
}

function isFlowOfOurs({ client, peer }: Entry): boolean {
  const words = parseAddress(client);
  return words !== null && INSIDE.has(addressRange(...words)) && parseAddress(peer) !== null;
}
