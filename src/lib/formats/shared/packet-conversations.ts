import { MICROS_PER_MINUTE, TIME_BASIS } from '../../base/time';
import { formatCount } from '../../base/units';
import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, VERDICT } from '../../tables/schemas';
import { SEGMENT_ROWS } from '../../tables/columns';
import type { RecordSink } from '../format';
import { PROTOCOL, type PacketDecoder } from './packet-decoder';

/** Without a packet for so long a conversation is over: Zeek's tcp_, udp_ and icmp_inactivity_timeout (docs.zeek.org, base/init-bare.zeek). */
const TCP_IDLE_US = 5 * MICROS_PER_MINUTE;
const OTHER_IDLE_US = MICROS_PER_MINUTE;

/** Conversations that are kept in mind at once, of some 130 bytes each; beyond, the oldest are written out. */
export const MOST_OPEN = 1 << 18;
/** How many of those are written out then. */
const OLDEST_SHARE = 1 / 4;
/** Of so many, one is asked for its time. */
const SAMPLED = 16;
/** Packets between two looks for conversations that are over. */
const SWEEP_PACKETS = 1 << 16;
const FIRST_CAPACITY = 1 << 10;

/** A copy of a packet (from a mirror port, or as it passes several interfaces) comes right behind it. */
const COPY_US = 10_000;
/** How far apart in order packets of one moment are captured at most, where several queues of a network card are read. */
const DISORDER_US = 1_000_000;
/** Fragmented packets whose conversation is remembered for the fragments that follow. */
const FRAGMENTED = 1 << 12;

/** What TCP packets have shown: of the side that sent the first packet, and shifted by SIDE of the other. */
const SEEN = { syn: 1, synAck: 2, fin: 4, reset: 8, other: 16 } as const;
const SIDE = 8;
const FLAG = { fin: 1, syn: 2, reset: 4, ack: 16 } as const;

const WELL_KNOWN_PORTS = 1024;
/** Where Linux begins to hand out ports to clients; other systems begin above it. */
const CLIENT_PORTS = 32_768;

const NONE = -1;

type Key = Pick<PacketDecoder, 'words' | 'srcPort' | 'dstPort' | 'protocol'>;

/** Columns of conversations: what was given by the first packet, and what adds up. */
function columnsOf(capacity: number) {
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

/** What became of a packet. */
export const JOINED = { begins: 0, continues: 1, copy: 2 } as const;

/**
 * Joins packets to conversations of both directions, and writes a row of each when it is over. Rows come in batches, sorted by where their first
 * packet stands: a segment of the table holds offsets ahead of its first row only.
 */
export class PacketConversations {
  readonly #sink: RecordSink;
  #columns = columnsOf(FIRST_CAPACITY);
  #capacity = FIRST_CAPACITY;
  #free = NONE;
  #used = 0;
  #open = 0;
  #heads = new Int32Array(FIRST_CAPACITY * 2).fill(NONE);
  /** Nobody who is captured can choose addresses that all fall into one chain: it is the first packet's time. */
  #seed = 0;
  #serial = 0;
  readonly #over: number[] = [];
  #untilSweep = SWEEP_PACKETS;
  readonly #fragmentSlots = new Int32Array(FRAGMENTED);
  readonly #fragmentSerials = new Uint32Array(FRAGMENTED);
  readonly #fragmentIds = new Uint32Array(FRAGMENTED);

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  /** Takes the packet in the decoder; one of JOINED. `line`: its number; `sensor`: string id of where it was captured. */
  add(packet: PacketDecoder, us: number, offset: number, line: number, sensor: number): number {
    if (this.#serial === 0) this.#seed = (us % 0x7fffffff) | 0;
    if (--this.#untilSweep === 0) this.#sweep(us);
    let slot = packet.isLaterFragment ? this.#ofFragment(packet) : NONE;
    if (slot === NONE) slot = this.#find(packet);
    if (slot !== NONE && (this.#isIdle(slot, us) || this.#beginsAnew(slot, packet, us))) {
      this.#end(slot);
      slot = NONE;
    }
    const isNew = slot === NONE;
    if (isNew) slot = this.#make(packet, us, offset, line, sensor);
    const side = isNew ? 0 : this.#sideOf(slot, packet);
    if (packet.isFragment && !packet.isLaterFragment) this.#rememberFragment(packet, slot);
    const at = slot * 2 + side;
    const { prints, startUs, endUs, bytes, packets } = this.#columns;
    const { print } = packet;
    if (print !== 0 && prints[at] === print && !isNew && Math.abs(us - endUs[slot]) <= COPY_US)
      return JOINED.copy;
    prints[at] = print;
    if (us > endUs[slot]) endUs[slot] = us;
    else if (us < startUs[slot]) startUs[slot] = us;
    bytes[at] += packet.ipBytes;
    packets[at] += 1;
    if (packet.flags !== -1) this.#see(slot, side * SIDE, packet);
    return isNew ? JOINED.begins : JOINED.continues;
  }

  /** No packet follows. */
  finish(): void {
    this.#endWhere(() => true);
    this.#write();
  }

  // Finding

  #hash({ words, srcPort, dstPort, protocol }: Key): number {
    // Both directions have the same: each end on its own, and then what does not depend on their order.
    const a = endHash(words, 0, srcPort + this.#seed);
    const b = endHash(words, 4, dstPort + this.#seed);
    const h = Math.imul((a + b) ^ protocol, 0x9e3779b1) ^ (a ^ b);
    return (h ^ (h >>> 16)) & (this.#heads.length - 1);
  }

  #find(packet: PacketDecoder): number {
    const { next } = this.#columns;
    let slot = this.#heads[this.#hash(packet)];
    while (slot !== NONE && this.#sideOf(slot, packet) === NONE) slot = next[slot];
    return slot;
  }

  /** 0 where the packet goes the way of the conversation's first, 1 the other way, NONE where it belongs to another one. */
  #sideOf(slot: number, packet: PacketDecoder): number {
    const { words, ports, protocol } = this.#columns;
    const own = packet.words;
    if (protocol[slot] !== packet.protocol) return NONE;
    const [from, to] = [packet.srcPort, packet.dstPort];
    const both = ports[slot];
    const hasPorts = !packet.isLaterFragment;
    const at = slot * 8;
    if (
      words[at + 3] === own[3] &&
      words[at + 7] === own[7] &&
      (!hasPorts || both === ((from << 16) | to) >>> 0) &&
      sameUpper(words, at, own, 0) &&
      sameUpper(words, at + 4, own, 4)
    )
      return 0;
    return words[at + 3] === own[7] &&
      words[at + 7] === own[3] &&
      (!hasPorts || both === ((to << 16) | from) >>> 0) &&
      sameUpper(words, at, own, 4) &&
      sameUpper(words, at + 4, own, 0)
      ? 1
      : NONE;
  }

  /** The conversation of the first fragment, which alone has ports. Where that is not known, fragments are a conversation without ports. */
  #ofFragment(packet: PacketDecoder): number {
    const at = fragmentPlace(packet);
    const slot = this.#fragmentSlots[at];
    const isKnown =
      this.#fragmentIds[at] === packet.id &&
      this.#fragmentSerials[at] !== 0 &&
      this.#fragmentSerials[at] === this.#columns.serial[slot];
    return isKnown && this.#sideOf(slot, packet) !== NONE ? slot : NONE;
  }

  #rememberFragment(packet: PacketDecoder, slot: number): void {
    const at = fragmentPlace(packet);
    this.#fragmentSlots[at] = slot;
    this.#fragmentIds[at] = packet.id;
    this.#fragmentSerials[at] = this.#columns.serial[slot];
  }

  // Beginning and ending

  #make(packet: PacketDecoder, us: number, offset: number, line: number, sensor: number): number {
    if (this.#open === MOST_OPEN) this.#makeRoom(us);
    const slot = this.#place();
    const columns = this.#columns;
    columns.words.set(packet.words, slot * 8);
    columns.ports[slot] = (packet.srcPort << 16) | packet.dstPort;
    columns.protocol[slot] = packet.protocol;
    columns.startUs[slot] = us;
    columns.endUs[slot] = us;
    columns.bytes.fill(0, slot * 2, slot * 2 + 2);
    columns.packets.fill(0, slot * 2, slot * 2 + 2);
    columns.prints.fill(0, slot * 2, slot * 2 + 2);
    columns.flags[slot] = NONE;
    columns.seen[slot] = 0;
    columns.offset[slot] = offset;
    columns.line[slot] = line;
    columns.sensor[slot] = sensor;
    columns.serial[slot] = this.#serial = (this.#serial + 1) >>> 0 || 1;
    const hash = this.#hash(packet);
    columns.hash[slot] = hash;
    columns.next[slot] = this.#heads[hash];
    this.#heads[hash] = slot;
    this.#open += 1;
    return slot;
  }

  #place(): number {
    if (this.#free !== NONE) {
      const slot = this.#free;
      this.#free = this.#columns.next[slot];
      return slot;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const before = this.#columns;
    this.#capacity *= 2;
    this.#columns = columnsOf(this.#capacity);
    for (const [name, column] of Object.entries(before))
      (this.#columns as Record<string, { set(values: ArrayLike<number>): void }>)[name].set(column);
    // The chains are as long as before with twice as many heads; hashes are made anew from what the columns hold.
    this.#heads = new Int32Array(this.#capacity * 2).fill(NONE);
    const { words, ports, protocol, serial, hash, next } = this.#columns;
    const key = { words: new Uint32Array(8), srcPort: 0, dstPort: 0, protocol: 0 };
    for (let slot = 0; slot < this.#used; slot++) {
      if (serial[slot] === 0) continue;
      key.words.set(words.subarray(slot * 8, slot * 8 + 8));
      key.srcPort = ports[slot] >>> 16;
      key.dstPort = ports[slot] & 0xffff;
      key.protocol = protocol[slot];
      hash[slot] = this.#hash(key);
      next[slot] = this.#heads[hash[slot]];
      this.#heads[hash[slot]] = slot;
    }
  }

  /** Takes it out of its chain; its row waits for a batch. */
  #end(slot: number): void {
    const { next, serial, hash } = this.#columns;
    const heads = this.#heads;
    const head = hash[slot];
    if (heads[head] === slot) heads[head] = next[slot];
    else {
      let before = heads[head];
      while (next[before] !== slot) before = next[before];
      next[before] = next[slot];
    }
    serial[slot] = 0;
    this.#open -= 1;
    this.#over.push(slot);
    if (this.#over.length === SEGMENT_ROWS) this.#write();
  }

  #endWhere(isOver: (slot: number) => boolean): void {
    for (let slot = 0; slot < this.#used; slot++)
      if (this.#columns.serial[slot] !== 0 && isOver(slot)) this.#end(slot);
  }

  #sweep(us: number): void {
    this.#untilSweep = SWEEP_PACKETS;
    this.#endWhere((slot) => this.#isIdle(slot, us));
  }

  #makeRoom(us: number): void {
    this.#sweep(us);
    if (this.#open < MOST_OPEN) return;
    const { serial, endUs } = this.#columns;
    // Sorting a part tells well enough which are the oldest, and costs a part.
    const last: number[] = [];
    for (let slot = 0; slot < this.#used; slot += SAMPLED) if (serial[slot] !== 0) last.push(endUs[slot]);
    const limit = Float64Array.from(last).sort()[Math.floor(last.length * OLDEST_SHARE)] ?? Infinity;
    this.#endWhere((slot) => endUs[slot] <= limit);
    this.#sink.note(
      `More than ${formatCount(MOST_OPEN)} conversations were open at once: those that had been silent longest were written out, and what came of them later is a row of its own.`,
    );
  }

  /** Whether so long without a packet ends it. Zeek gives up a SYN without an answer sooner; repeated ones come up to half a minute apart. */
  #isIdle(slot: number, us: number): boolean {
    const { startUs, endUs, protocol, seen, packets } = this.#columns;
    const bits = seen[slot];
    const isOpen =
      protocol[slot] === PROTOCOL.tcp && !isClosed(bits) && (bits !== SEEN.syn || packets[slot * 2 + 1] > 0);
    const idle = isOpen ? TCP_IDLE_US : OTHER_IDLE_US;
    return us - endUs[slot] > idle || startUs[slot] - us > idle;
  }

  /**
   * Whether it is a SYN of another connection between the same ports: the one before has ended, or its beginning was not captured, rather than
   * captured behind what followed it.
   */
  #beginsAnew(slot: number, { flags, sequence }: PacketDecoder, us: number): boolean {
    if (flags === NONE || (flags & (FLAG.syn | FLAG.ack)) !== FLAG.syn) return false;
    const { seen, first, startUs } = this.#columns;
    const bits = seen[slot];
    const had = (bits | (bits >> SIDE)) & 0xff;
    if ((had & SEEN.syn) !== 0 && first[slot] === sequence) return false;
    if ((had & (SEEN.fin | SEEN.reset)) !== 0) return true;
    return (had & (SEEN.syn | SEEN.synAck)) === 0 && us - startUs[slot] > DISORDER_US;
  }

  #see(slot: number, shift: number, { flags, sequence }: PacketDecoder): void {
    const { seen, first } = this.#columns;
    const before = this.#columns.flags[slot];
    this.#columns.flags[slot] = before === NONE ? flags : before | flags;
    let bits = 0;
    if ((flags & FLAG.syn) !== 0) {
      bits |= (flags & FLAG.ack) !== 0 ? SEEN.synAck : SEEN.syn;
      if (bits === SEEN.syn) first[slot] = sequence;
    }
    if ((flags & FLAG.fin) !== 0) bits |= SEEN.fin;
    if ((flags & FLAG.reset) !== 0) bits |= SEEN.reset;
    if ((flags & (FLAG.syn | FLAG.reset)) === 0) bits |= SEEN.other;
    seen[slot] |= bits << shift;
  }

  // Writing

  #write(): void {
    const { offset, next } = this.#columns;
    const over = this.#over.sort((a, b) => offset[a] - offset[b]);
    for (const slot of over) {
      this.#row(slot);
      next[slot] = this.#free;
      this.#free = slot;
    }
    over.length = 0;
  }

  #row(slot: number): void {
    const columns = this.#columns;
    const { words, ports, protocol } = columns;
    const { addresses } = this.#sink.dictionaries;
    const { flows } = this.#sink;
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
    out.tcpFlags[i] = columns.flags[slot] === NONE ? UNKNOWN_FLAGS : columns.flags[slot];
    out.connState[i] = this.#stateOf(slot, src);
    out.sensor[i] = columns.sensor[slot];
    out.timeBasis[i] = TIME_BASIS.absolute;
    flows.commitDirect(place, line);
  }

  /** CONN_STATE, as Zeek's conn_state would give it (base/protocols/conn/main.zeek). Of ICMP and others nothing is agreed. */
  #stateOf(slot: number, src: number): number {
    const { packets, protocol, seen } = this.#columns;
    const isAnswered = packets[slot * 2 + 1 - src] > 0;
    const isAsked = packets[slot * 2 + src] > 0;
    if (protocol[slot] === PROTOCOL.udp)
      return isAnswered ? (isAsked ? CONN_STATE.established : CONN_STATE.midstream) : CONN_STATE.attempt;
    if (protocol[slot] !== PROTOCOL.tcp || this.#columns.flags[slot] === NONE) return CONN_STATE.unknown;
    const bits = seen[slot];
    const asked = src === 0 ? bits & 0xff : bits >> SIDE;
    const answered = src === 0 ? bits >> SIDE : bits & 0xff;
    if ((asked & SEEN.syn) === 0) return CONN_STATE.midstream;
    if ((answered & SEEN.synAck) !== 0) return CONN_STATE.established;
    if (answered === SEEN.reset) return CONN_STATE.refused;
    return isAnswered ? CONN_STATE.midstream : CONN_STATE.attempt;
  }
}

function isClosed(bits: number): boolean {
  const [one, other] = [bits & 0xff, bits >> SIDE];
  return ((one | other) & SEEN.reset) !== 0 || (one & other & SEEN.fin) !== 0;
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

/** The port is mixed in on its own: ports that count up with addresses would cancel them out. */
function endHash(words: Uint32Array, at: number, port: number): number {
  let h = Math.imul(words[at + 3], 0x85ebca6b) ^ words[at + 2];
  h = Math.imul(h ^ (h >>> 15) ^ words[at + 1], 0xc2b2ae35) ^ words[at];
  h = Math.imul((h ^ (h >>> 13)) + port, 0x27d4eb2f);
  return h ^ (h >>> 15);
}

function sameUpper(words: Uint32Array, at: number, others: Uint32Array, from: number): boolean {
  return (
    words[at] === others[from] && words[at + 1] === others[from + 1] && words[at + 2] === others[from + 2]
  );
}

function fragmentPlace({ words, id }: PacketDecoder): number {
  const h = Math.imul(words[3] ^ words[7] ^ Math.imul(id, 0x9e3779b1), 0x85ebca6b);
  return (h ^ (h >>> 16)) & (FRAGMENTED - 1);
}
