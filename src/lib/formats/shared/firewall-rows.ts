import { MICROS_PER_SECOND } from '../../base/time';
import { LOGIN_METHOD, UNKNOWN_PACKETS } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { internText, writeChange, writeLogin, type ChangeFields, type LineEvent } from './line-event';

/** Digits of a count that a double holds exactly. */
export const MOST_DIGITS = 15;

/** The longest session that a duration is believed of: 100 years. */
export const LONGEST_SECONDS = 3.2e9;

/** A conversation that a firewall tells of when it ends, or a packet, as texts of the log; counts are NaN where it does not say. */
export interface FirewallFlow {
  readonly source: string;
  readonly destination: string;
  /** Ports, or type and code of ICMP; empty where the protocol has none. */
  readonly sourcePort: string;
  readonly destinationPort: string;
  readonly protocol: number;
  readonly verdict: number;
  readonly seconds?: number;
  readonly sentBytes?: number;
  readonly receivedBytes?: number;
  readonly sentPackets?: number;
  readonly receivedPackets?: number;
}

/** Fills a flow row that ends at the event's time. The reason when it is none; then the row is as before. */
export function fillFlow(sink: RecordSink, event: LineEvent, flow: FirewallFlow): string | null {
  const { row } = sink.flows;
  const { addresses } = sink.dictionaries;
  row.srcAddr = addresses.internText(flow.source);
  row.dstAddr = addresses.internText(flow.destination);
  if (row.srcAddr === 0 || row.dstAddr === 0) {
    sink.flows.abandon();
    return 'source and destination are not both IP addresses';
  }
  row.srcPort = portOf(flow.sourcePort);
  row.dstPort = portOf(flow.destinationPort);
  row.protocol = flow.protocol;
  row.verdict = flow.verdict;
  row.endUs = event.us;
  const { seconds = 0 } = flow;
  row.startUs = seconds > 0 && seconds <= LONGEST_SECONDS ? event.us - seconds * MICROS_PER_SECOND : event.us;
  row.timeBasis = event.basis;
  row.sensor = event.host;
  row.srcBytes = flow.sentBytes ?? Number.NaN;
  row.dstBytes = flow.receivedBytes ?? Number.NaN;
  row.srcPackets = packetCount(flow.sentPackets ?? Number.NaN);
  row.dstPackets = packetCount(flow.receivedPackets ?? Number.NaN);
  return null;
}

/** A port number; 0 when the text is none. */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port <= 65535 ? port : 0;
}

/** A count; NaN when the text is none. */
export function countOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** A login to a firewall or through it, as texts of the log. */
export interface FirewallLogin {
  readonly actor: string;
  readonly actorPort?: number;
  readonly service: string;
  readonly user: string;
  readonly method?: number;
  readonly outcome: number;
}

/** One login row; time, host and place are the event's. A user that the firewall masks (`*****`) or does not know (`N/A`) stays unknown. */
export function writeFirewallLogin(sink: RecordSink, event: LineEvent, login: FirewallLogin): void {
  const { dictionaries } = sink;
  const { user, actorPort = 0 } = login;
  const address = dictionaries.addresses.internText(login.actor);
  writeLogin(
    sink.logins,
    event,
    internText(dictionaries, login.service),
    login.outcome,
    login.method ?? LOGIN_METHOD.unknown,
    /^(?:\**|N\/A)$/.test(user) ? 0 : internText(dictionaries, user),
    address,
    address === 0 ? internText(dictionaries, login.actor) : 0,
    actorPort <= 65535 ? actorPort : 0,
    0,
  );
}

/** A change at a firewall by somebody, who came from `actor` where the log says so. */
export interface FirewallChange extends ChangeFields {
  readonly actor: string;
}

/** One change row; time, host and place are the event's. */
export function writeFirewallChange(sink: RecordSink, event: LineEvent, change: FirewallChange): void {
  const { changes, dictionaries } = sink;
  changes.row.actorAddr = dictionaries.addresses.internText(change.actor);
  writeChange(changes, dictionaries, event, change);
}

/** A count of packets as the flows' columns hold it; NaN is unknown. */
export function packetCount(count: number): number {
  return Number.isNaN(count) ? UNKNOWN_PACKETS : Math.min(count, UNKNOWN_PACKETS - 1);
}
