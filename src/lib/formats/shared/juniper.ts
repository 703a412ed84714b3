import { decodeUtf8 } from '../../base/bytes';
import { CONN_STATE, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { commitFlow } from './commit-rows';
import { protocolOf } from './enumerations';
import { countOf, fillFlow } from './firewall-rows';
import { KindCounts } from './kind-counts';
import type { LineEvent } from './line-event';
import { OpenConnections } from './open-connections';

const MAX_MESSAGE = 8192;
const TCP = 6;
const HAVE_PORTS: readonly number[] = [TCP, 17, 132];

/** The tag, in whose name `_LS` is put for a logical system. */
const TAG = /RT_FLOW_SESSION_(CREATE|CLOSE|DENY)(?:_LS)?\b/;
const TEXT =
  /session (?:created|closed|denied)(?: [^/]{1,100}:)? (\S+)\/(\d{1,5})->(\S+)\/(\d{1,5})(?= )(.*)$/s;
/** Of a denied session: its protocol and ICMP type. */
const DENIED = / (\d{1,3})\(\d{1,5}\)(?: |$)/;
/** Protocol, policy, both zones, number; behind the addresses after translation, and rules whose fields releases have added to. */
const SESSION = / (\d{1,3}) \S+ \S+ \S+ (\d{1,15})(?= |$)/;
/** Packets and bytes of both sides, and seconds. */
const COUNTS = / (\d{1,15})\((\d{1,15})\) (\d{1,15})\((\d{1,15})\) (\d{1,15})(?= |$)/;

/** What a message says of a session, as texts; empty where it does not. */
interface Session {
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
  readonly protocol: string;
  readonly id: string;
  readonly reason: string;
  /** Packets, bytes from the client, packets, bytes from the server, seconds. */
  readonly counts: readonly string[];
}

/**
 * Sessions of Juniper's SRX firewalls (`RT_FLOW_SESSION_CREATE`, `_CLOSE` and `_DENY`: Juniper, "System Log Explorer"), in the structured format and in words. A
 * session that began and ended is one row, with the addresses before translation.
 */
export class JuniperMessages {
  readonly #sink: RecordSink;
  readonly #event: LineEvent;
  readonly #sessions: OpenConnections;
  readonly #kinds: KindCounts;

  constructor(sink: RecordSink, event: LineEvent, isFile: boolean) {
    this.#sink = sink;
    this.#event = event;
    this.#sessions = new OpenConnections(sink, 'beginning of a session that also ends in the log', isFile);
    this.#kinds = new KindCounts(sink, 'RT_FLOW');
  }

  get hasHeld(): boolean {
    return this.#sessions.hasHeld;
  }

  finish(): void {
    this.#sessions.finish(
      (open) => `Sessions still open at the end of the file: ${open}. Nothing was counted of them.`,
    );
  }

  /** The message from its tag on. The reason when it cannot be read. */
  read(bytes: Uint8Array, start: number, end: number): string | null {
    const text = decodeUtf8(bytes, start, Math.min(end, start + MAX_MESSAGE));
    const kind = TAG.exec(text.slice(0, 300))?.[1];
    if (kind === undefined) {
      this.#kinds.skip(/\b[A-Z][A-Z\d]*_[A-Z\d_]+\b/.exec(text.slice(8, 300))?.[0] ?? 'other');
      return null;
    }
    const session = text.includes('[junos@') ? structuredIn(text) : wordsIn(text, kind);
    if (!session)
      return `RT_FLOW_SESSION_${kind} does not go on as expected: source/port->destination/port, then the service`;
    const reason = this.#fill(kind, session);
    if (reason !== null) return reason;
    const { offset, line, host } = this.#event;
    const key = `${host} ${session.id}`;
    if (kind === 'DENY' || session.id === '') commitFlow(this.#sink.flows, offset, line);
    else if (kind === 'CREATE') this.#sessions.update(key, offset, line);
    else this.#sessions.end(key, offset, line);
    return null;
  }

  #fill(kind: string, session: Session): string | null {
    const [sentPackets, sentBytes, receivedPackets, receivedBytes, seconds] = session.counts.map(countOf) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const protocol = protocolOf(session.protocol);
    const hasPorts = HAVE_PORTS.includes(protocol);
    const isClose = kind === 'CLOSE';
    const reason = fillFlow(this.#sink, this.#event, {
      ...{ source: session.source, destination: session.destination, protocol, seconds },
      sourcePort: hasPorts ? session.sourcePort : '',
      destinationPort: hasPorts ? session.destinationPort : '',
      verdict: kind === 'DENY' ? VERDICT.reject : VERDICT.accept,
      ...(isClose ? { sentPackets, sentBytes, receivedPackets, receivedBytes } : {}),
    });
    if (reason !== null || !isClose || protocol !== TCP) return reason;
    const { row } = this.#sink.flows;
    if (receivedPackets === 0) row.connState = CONN_STATE.attempt;
    else if (receivedPackets === 1 && /SERVER RST/i.test(session.reason)) row.connState = CONN_STATE.refused;
    else if (receivedPackets > 1) row.connState = CONN_STATE.established;
    return null;
  }
}

function structuredIn(text: string): Session | undefined {
  const fields = new Map<string, string>();
  // The first of a name counts: what a user put into a later field's text must not replace it.
  for (const [, name = '', value = ''] of text.matchAll(/([\w-]{1,60})="((?:[^"\\]|\\.)*)"/g))
    if (!fields.has(name)) fields.set(name, value);
  const get = (name: string): string => fields.get(name) ?? '';
  if (get('source-address') === '' || get('destination-address') === '') return undefined;
  return {
    source: get('source-address'),
    sourcePort: get('source-port'),
    destination: get('destination-address'),
    destinationPort: get('destination-port'),
    protocol: get('protocol-id'),
    id: get('session-id-32') || get('session-id'),
    reason: get('reason'),
    counts: [
      ...[get('packets-from-client'), get('bytes-from-client'), get('packets-from-server')],
      ...[get('bytes-from-server'), get('elapsed-time')],
    ],
  };
}

function wordsIn(text: string, kind: string): Session | undefined {
  const match = TEXT.exec(text);
  if (!match) return undefined;
  const [, source = '', sourcePort = '', destination = '', destinationPort = '', rest = ''] = match;
  const [, protocol = '', id = ''] = (kind === 'DENY' ? DENIED : SESSION).exec(rest) ?? [];
  return {
    ...{ source, sourcePort, destination, destinationPort, protocol, id },
    reason: /session closed ([^/]{1,100}): /.exec(text)?.[1] ?? '',
    counts: COUNTS.exec(rest)?.slice(1) ?? ['', '', '', '', ''],
  };
}
