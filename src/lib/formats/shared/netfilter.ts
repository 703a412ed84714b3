import { startsWithAscii } from '../../base/bytes';
import { CONN_STATE, UNKNOWN_FLAGS, UNKNOWN_PACKETS, UNKNOWN_PROTOCOL, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { protocolOf, verdictOf } from './enumerations';
import type { LineEvent } from './line-event';

/** Words that the kernel prints for the TCP flags of the packet. */
const FLAGS: readonly (readonly [string, number])[] = [
  ['SYN', 2],
  ['ACK', 16],
  ['FIN', 1],
  ['RST', 4],
  ['PSH', 8],
  ['URG', 32],
];

const REJECTING = /block|drop|reject|deny|denied|refus|ban/i;
const ACCEPTING = /allow|accept|pass|permit/i;

/** What the packet's log prefix calls the rule: `[UFW BLOCK]`, `IPTABLES-DROP:`; a rule that says neither leaves it unknown. */
export function verdictOfPrefix(prefix: string): number {
  if (REJECTING.test(prefix)) return VERDICT.reject;
  return ACCEPTING.test(prefix) ? VERDICT.accept : VERDICT.unknown;
}

interface Packet {
  src: number;
  dst: number;
  srcPort: number;
  dstPort: number;
  length: number;
  protocol: number;
  flags: number;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 256)));
}

function numberOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9 || i - start > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return start === end ? Number.NaN : value;
}

/**
 * A packet that iptables, nftables or ufw logged, in the kernel's words (`[123.4] [UFW BLOCK] IN=eth0 OUT= SRC=… DST=… LEN=40 … PROTO=TCP SPT=… DPT=… SYN`),
 * as one flow row of one packet. [start, end) is the message behind the syslog header; time, host and place are the event's. False when the
 * message is something else the kernel said.
 */
export function readNetfilter(
  sink: RecordSink,
  event: LineEvent,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = start;
  while (at < end && !startsWithAscii(bytes, 'IN=', at, end) && !startsWithAscii(bytes, 'OUT=', at, end))
    at += 1;
  if (at === end) return false;
  const verdict = verdictOfPrefix(textOf(bytes, start, at));
  const packet: Packet = {
    src: 0,
    dst: 0,
    srcPort: 0,
    dstPort: 0,
    length: Number.NaN,
    protocol: UNKNOWN_PROTOCOL,
    flags: 0,
  };
  while (at < end) {
    let next = at;
    while (next < end && bytes[next] !== 32) next += 1;
    // An ICMP error quotes the packet it is about in brackets; that is another packet.
    if (bytes[at] === 91) break;
    readToken(sink, packet, bytes, at, next);
    at = next + 1;
  }
  if (packet.src === 0 || packet.dst === 0) return false;
  writePacket(sink, event, packet, verdict, event.host);
  return true;
}

function readToken(sink: RecordSink, packet: Packet, bytes: Uint8Array, start: number, end: number): void {
  let equals = start;
  while (equals < end && bytes[equals] !== 61) equals += 1;
  const from = equals + 1;
  if (equals === end) {
    for (const [word, flag] of FLAGS) {
      if (end - start === word.length && startsWithAscii(bytes, word, start, end)) packet.flags |= flag;
    }
    return;
  }
  const isKey = (key: string): boolean =>
    equals - start === key.length && startsWithAscii(bytes, key, start, equals);
  const { addresses } = sink.dictionaries;
  if (isKey('SRC')) packet.src = addresses.internBytes(bytes, from, end);
  else if (isKey('DST')) packet.dst = addresses.internBytes(bytes, from, end);
  else if (isKey('SPT') || isKey('TYPE')) packet.srcPort = numberOf(bytes, from, end);
  else if (isKey('DPT') || isKey('CODE')) packet.dstPort = numberOf(bytes, from, end);
  // UDP lines have a second LEN, without the IP header.
  else if (isKey('LEN') && Number.isNaN(packet.length)) packet.length = numberOf(bytes, from, end);
  else if (isKey('PROTO')) packet.protocol = protocolOf(textOf(bytes, from, end));
}

function writePacket(
  sink: RecordSink,
  event: LineEvent,
  packet: Packet,
  verdict: number,
  sensor: number,
): void {
  const { flows } = sink;
  const i = flows.open(event.offset, event.line);
  const { columns } = flows;
  columns.startUs[i] = event.us;
  columns.endUs[i] = event.us;
  columns.srcAddr[i] = packet.src;
  columns.dstAddr[i] = packet.dst;
  columns.srcPort[i] = packet.srcPort <= 65535 ? packet.srcPort : 0;
  columns.dstPort[i] = packet.dstPort <= 65535 ? packet.dstPort : 0;
  columns.protocol[i] = packet.protocol;
  columns.srcBytes[i] = packet.length;
  columns.dstBytes[i] = Number.NaN;
  columns.srcPackets[i] = 1;
  columns.dstPackets[i] = UNKNOWN_PACKETS;
  columns.verdict[i] = verdict;
  columns.logStatus[i] = 0;
  columns.tcpFlags[i] = packet.protocol === 6 ? packet.flags : UNKNOWN_FLAGS;
  columns.connState[i] = CONN_STATE.unknown;
  columns.sensor[i] = sensor;
  columns.timeBasis[i] = event.basis;
  flows.commitDirect(event.offset, event.line);
}

/** Letters of pf's TCP flags. */
const PF_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, W: 128 };

/**
 * A packet that pf logged through pfSense's or OPNsense's filterlog: `rule,sub,anchor,tracker,interface,reason,action,direction,4|6,…`, as one flow row of
 * one packet. False when the message is no such line. https://docs.netgate.com/pfsense/en/latest/monitoring/logs/raw-filter-format.html
 */
export function readFilterlog(
  sink: RecordSink,
  event: LineEvent,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const fields = textOf(bytes, start, Math.min(end, start + 1024))
    .trim()
    .split(',');
  const version = fields[8];
  if (version !== '4' && version !== '6') return false;
  const [protocolAt, lengthAt] = version === '4' ? [15, 17] : [13, 14];
  const { addresses } = sink.dictionaries;
  const src = addresses.internText(fields[lengthAt + 1] ?? '');
  const dst = addresses.internText(fields[lengthAt + 2] ?? '');
  if (src === 0 || dst === 0) return false;
  const protocol = protocolOf(fields[protocolAt] ?? '');
  const hasPorts = protocol === 6 || protocol === 17;
  const port = (index: number): number =>
    hasPorts && /^\d{1,5}$/.test(fields[index] ?? '') ? Number(fields[index]) : 0;
  let flags = 0;
  for (const letter of protocol === 6 ? (fields[lengthAt + 6] ?? '') : '') flags |= PF_FLAGS[letter] ?? 0;
  const packet: Packet = {
    src,
    dst,
    srcPort: port(lengthAt + 3),
    dstPort: port(lengthAt + 4),
    length: /^\d+$/.test(fields[lengthAt] ?? '') ? Number(fields[lengthAt]) : Number.NaN,
    protocol,
    flags,
  };
  const sensor = event.host !== 0 ? event.host : sink.dictionaries.strings.intern(fields[4] ?? '');
  writePacket(sink, event, packet, verdictOf(fields[6] ?? ''), sensor);
  return true;
}
