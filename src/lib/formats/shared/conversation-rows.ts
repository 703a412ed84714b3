import { TIME_BASIS } from '../../base/time';
import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, VERDICT } from '../../tables/schemas';
import type { RecordSink } from '../format';
import { PROTOCOL } from './packet-decoder';

/** What TCP packets have shown: of the side that sent the first packet, and shifted by SIDE of the other. */
export const SEEN = { syn: 1, synAck: 2, fin: 4, reset: 8, other: 16 } as const;
export const SIDE = 8;
/** Of a conversation without TCP flags. */
export const NO_FLAGS = -1;

const WELL_KNOWN_PORTS = 1024;
/** Where Linux begins to hand out ports to clients; other systems begin above it. */
const CLIENT_PORTS = 32_768;

/** Columns of conversations: what was given by the first packet, and what adds up. */
export function columnsOf(capacity: number) {
  return {
    words: new Uint32Array(capacity * 8),
    ports: new Uint32Array(capacity),
    protocol: new Uint8Array(capacity),
    startUs: new Float64Array(capacity),
    endUs: new Float64Array(capacity),
    /** Two of each: of the first packet's sender, and of the other side. */
    bytes: new Float64Array(capacity * 2),
    packets: new Uint32Array(capacity * 2),
    prints: new Int32Array(capacity * 2),
    flags: new Int16Array(capacity),
    seen: new Uint16Array(capacity),
    /** Sequence number of the SYN that began it. */
    first: new Uint32Array(capacity),
    offset: new Float64Array(capacity),
    line: new Uint32Array(capacity),
    sensor: new Uint32Array(capacity),
    hash: new Uint32Array(capacity),
    /** Next of its hash chain, or of the free ones. */
    next: new Int32Array(capacity),
    /** 0: free; else a number that no other conversation has had in this place. */
    serial: new Uint32Array(capacity),
  };
}

export type ConversationColumns = ReturnType<typeof columnsOf>;

/** Commits the row of a conversation. */
export function writeConversation(sink: RecordSink, columns: ConversationColumns, slot: number): void {
  const { words, ports, protocol } = columns;
  const { addresses } = sink.dictionaries;
  const { flows } = sink;
  const place = columns.offset[slot];
  const line = columns.line[slot];
  // The side that began it, where that was not the first to be seen.
  const src = isReversed(protocol[slot], ports[slot], columns.seen[slot]) ? 1 : 0;
  const dst = 1 - src;
  const i = flows.open(place, line);
  const out = flows.columns;
  const address = (at: number): number =>
    addresses.intern(words[at], words[at + 1], words[at + 2], words[at + 3]);
  out.startUs[i] = columns.startUs[slot];
  out.endUs[i] = columns.endUs[slot];
  out.srcAddr[i] = address(slot * 8 + 4 * src);
  out.dstAddr[i] = address(slot * 8 + 4 * dst);
  out.srcPort[i] = src === 0 ? ports[slot] >>> 16 : ports[slot];
  out.dstPort[i] = dst === 0 ? ports[slot] >>> 16 : ports[slot];
  out.protocol[i] = protocol[slot];
  out.srcBytes[i] = columns.bytes[slot * 2 + src];
  out.dstBytes[i] = columns.bytes[slot * 2 + dst];
  out.srcPackets[i] = columns.packets[slot * 2 + src];
  out.dstPackets[i] = columns.packets[slot * 2 + dst];
  // Packets show no firewall's decision about them.
  out.verdict[i] = VERDICT.unknown;
  out.logStatus[i] = LOG_STATUS.ok;
  out.tcpFlags[i] = columns.flags[slot] === NO_FLAGS ? UNKNOWN_FLAGS : columns.flags[slot];
  out.connState[i] = stateOf(columns, slot, src);
  out.sensor[i] = columns.sensor[slot];
  out.timeBasis[i] = TIME_BASIS.absolute;
  flows.commitDirect(place, line);
}

/** CONN_STATE, as Zeek's conn_state would give it (base/protocols/conn/main.zeek). Of ICMP and others nothing is agreed. */
function stateOf(columns: ConversationColumns, slot: number, src: number): number {
  const { packets, protocol, seen } = columns;
  const isAnswered = packets[slot * 2 + 1 - src] > 0;
  const isAsked = packets[slot * 2 + src] > 0;
  if (protocol[slot] === PROTOCOL.udp)
    return isAnswered ? (isAsked ? CONN_STATE.established : CONN_STATE.midstream) : CONN_STATE.attempt;
  if (protocol[slot] !== PROTOCOL.tcp || columns.flags[slot] === NO_FLAGS) return CONN_STATE.unknown;
  const bits = seen[slot];
  const asked = src === 0 ? bits & 0xff : bits >> SIDE;
  const answered = src === 0 ? bits >> SIDE : bits & 0xff;
  if ((asked & SEEN.syn) === 0) return CONN_STATE.midstream;
  if ((answered & SEEN.synAck) !== 0) return CONN_STATE.established;
  if (answered === SEEN.reset) return CONN_STATE.refused;
  return isAnswered ? CONN_STATE.midstream : CONN_STATE.attempt;
}

/**
 * Whether the sender of the first packet is not who began the conversation: by the handshake; where its beginning was not captured, by the ports,
 * of which the lower one is a server's.
 */
function isReversed(protocol: number, ports: number, bits: number): boolean {
  const [from, to] = [ports >>> 16, ports & 0xffff];
  if (protocol === PROTOCOL.udp) return from < WELL_KNOWN_PORTS && to >= WELL_KNOWN_PORTS && from > 0;
  if (protocol === PROTOCOL.icmp) return from === 0 && to === 8;
  if (protocol === PROTOCOL.icmp6) return from === 129 && to === 128;
  if (protocol !== PROTOCOL.tcp) return false;
  const other = bits >> SIDE;
  if ((bits & SEEN.syn) !== 0) return false;
  if ((other & SEEN.syn) !== 0 || (bits & SEEN.synAck) !== 0) return true;
  if ((other & SEEN.synAck) !== 0 || from === 0) return false;
  return (from < WELL_KNOWN_PORTS && to >= WELL_KNOWN_PORTS) || (from < CLIENT_PORTS && to >= CLIENT_PORTS);
}
