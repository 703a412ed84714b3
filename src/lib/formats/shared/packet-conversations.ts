import { MICROS_PER_MINUTE } from '../../base/time';
import { formatCount } from '../../base/units';
import { SEGMENT_ROWS } from '../../tables/columns';
import type { RecordSink } from '../format';
import { columnsOf, NO_FLAGS, SEEN, SIDE, writeConversation } from './conversation-rows';
import { PROTOCOL, type PacketDecoder } from './packet-decoder';
import { endHash } from './packet-hash';

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

const FLAG = { fin: 1, syn: 2, reset: 4, ack: 16 } as const;

const NONE = -1;

type Key = Pick<PacketDecoder, 'words' | 'srcPort' | 'dstPort' | 'protocol'>;

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
  /** Of chance: nobody, be it who is captured or who made the file, can choose addresses that all fall into one chain. Rows do not depend on it. */
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] as number;
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
    if (packet.flags !== NO_FLAGS) this.#see(slot, side * SIDE, packet);
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
    const a = endHash(words, 0, srcPort, this.#seed);
    const b = endHash(words, 4, dstPort, this.#seed);
    const h = Math.imul((a + b) ^ protocol, 0x9e3779b1) ^ (a ^ b);
    return (h ^ (h >>> 16)) & (this.#heads.length - 1);
  }

  #find(packet: PacketDecoder): number {
    const { next, ports } = this.#columns;
    // Which conversations with ports a later fragment meets in its chain is chance.
    const needsNone = packet.isLaterFragment;
    let slot = this.#heads[this.#hash(packet)];
    while (slot !== NONE && ((needsNone && ports[slot] !== 0) || this.#sideOf(slot, packet) === NONE))
      slot = next[slot];
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
    columns.flags[slot] = NO_FLAGS;
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
    if (flags === NO_FLAGS || (flags & (FLAG.syn | FLAG.ack)) !== FLAG.syn) return false;
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
    this.#columns.flags[slot] = before === NO_FLAGS ? flags : before | flags;
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
      writeConversation(this.#sink, this.#columns, slot);
      next[slot] = this.#free;
      this.#free = slot;
    }
    over.length = 0;
  }
}

function isClosed(bits: number): boolean {
  const [one, other] = [bits & 0xff, bits >> SIDE];
  return ((one | other) & SEEN.reset) !== 0 || (one & other & SEEN.fin) !== 0;
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
