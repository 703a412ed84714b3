import { CONN_STATE, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import { rowIdOf, type Segment } from '../tables/segment';
import { DIRECTION } from './context';
import { beganByFlags, comparePorts } from './direction';
import type { FlowFamily } from './flow-survey';
import type { OwnNetworks } from './own-networks';
import { BLOCK, DST_IS_ASSET, hashKey, IS_INTERNAL, SessionKeys, type LeftOut } from './session-keys';
import { certaintyOf, DIRECTED, FAMILY_SHIFT, SessionRecords, STATE } from './session-records';

/** How firmly a direction is known: by ports that do not say, by ports, by flags, by the exporter. */
const CERTAINTY = { guess: 0, ports: 1, flags: 2, exporter: 3 } as const;
const SYN_ACK = 18;

/** Rank of connection states when rows of one session differ: the most that was seen counts. */
const STATE_RANK = [0, 2, 3, 4, 1];

/** Share of the slots that may be taken: beyond it, looking for one that is free takes longer than a larger table costs. */
const MOST_FILLED = 0.7;

/**
 * Joins flow rows to sessions while they stream by. A row joins the last session of its key when the gap between them is at most
 * what the export's records lie apart; since joining is a union of stretches, keys that saw rows out of order are simply sorted and
 * joined again at the end, which gives what sorting all rows first would have given.
 */
export class Stitcher {
  readonly records: SessionRecords;
  /** Sessions that were joined to another one or are told of by another: their records stay, with a row count of 0. */
  joinedAway = 0;
  readonly #keyed: SessionKeys;
  /** Two words a slot: the last session of a key, + 1, and the key's hash. */
  #slots: Uint32Array;
  #keys = 0;
  readonly #disordered: number[] = [];
  /** What fetching memory ahead of its use read: kept, so that the reading is not held to be idle. */
  fetched = 0;

  /** `rows` of all segments; `parts`: those of them that are not whole conversations, and have to be joined. */
  constructor(own: OwnNetworks, rows: number, parts: number) {
    this.#keyed = new SessionKeys(own);
    this.records = new SessionRecords(Math.max(BLOCK, Math.ceil(rows / 2)));
    let slots = 1 << 12;
    while (slots < parts / 2 / MOST_FILLED) slots *= 2;
    this.#slots = new Uint32Array(2 * slots);
  }

  get leftOut(): LeftOut {
    return this.#keyed.leftOut;
  }

  add(segment: Segment<'flows'>, segmentIndex: number, family: FlowFamily, familyIndex: number): void {
    for (let from = 0; from < segment.length; from += BLOCK) {
      this.#keyed.read(segment, from, Math.min(segment.length, from + BLOCK), family, familyIndex);
      this.records.reserve(this.#keyed.count);
      if (family.joinUs === null) {
        for (let k = 0; k < this.#keyed.count; k++) this.#open(segment, segmentIndex, k, family);
      } else {
        this.#fetch();
        this.#join(segment, segmentIndex, family, family.joinUs);
      }
    }
  }

  /**
   * Reads the block's slots, so that they are in the processor's cache when they are needed: one after the other each row would wait for
   * memory, all at once they wait together.
   */
  #fetch(): void {
    const { count, hash } = this.#keyed;
    const slots = this.#slots;
    const last = slots.length - 2;
    let fetched = 0;
    for (let k = 0; k < count; k++) fetched ^= slots[(hash[k] << 1) & last];
    this.fetched ^= fetched;
  }

  /** The slot of the key of a row (its first word), or the empty one where it belongs. */
  #slotOf(k: number): number {
    const { actor, asset, ports, kind } = this.#keyed;
    const hash = this.#keyed.hash[k];
    const slots = this.#slots;
    const { records } = this;
    const last = slots.length - 2;
    let slot = (hash << 1) & last;
    for (;;) {
      const held = slots[slot];
      if (held === 0) return slot;
      if (slots[slot + 1] === hash) {
        const at = held - 1;
        if (
          records.actorAddr[at] === actor[k] &&
          records.assetAddr[at] === asset[k] &&
          records.ports[at] === ports[k] &&
          records.kind[at] === kind[k]
        )
          return slot;
      }
      slot = (slot + 2) & last;
    }
  }

  #join(segment: Segment<'flows'>, segmentIndex: number, family: FlowFamily, gapUs: number): void {
    const { startUs, endUs, tcpFlags } = segment.columns;
    const { row, count, hash } = this.#keyed;
    const { records } = this;
    for (let k = 0; k < count; k++) {
      const i = row[k];
      const start = startUs[i];
      const end = endUs[i] >= start ? endUs[i] : start;
      const slot = this.#slotOf(k);
      const last = this.#slots[slot] - 1;
      if (last !== -1 && start - records.endUs[last] <= gapUs && records.startUs[last] - end <= gapUs) {
        this.#extend(segment, k, last, family);
        continue;
      }
      const at = this.#open(segment, segmentIndex, k, family);
      this.#slots[slot] = at + 1;
      if (last === -1) {
        this.#slots[slot + 1] = hash[k];
        this.#keys += 1;
        if (this.#keys > (this.#slots.length / 2) * MOST_FILLED) this.#rehash();
      } else {
        records.previous[at] = last + 1;
        if (start < records.startUs[last]) this.#markDisordered(at);
      }
      if (isAnswered(tcpFlags[i], family)) this.#setConnState(at, CONN_STATE.established);
    }
  }

  /** A row that is a session of its own. */
  #open(segment: Segment<'flows'>, segmentIndex: number, k: number, family: FlowFamily): number {
    const from = segment.columns;
    const { row, actor, asset, ports, kind, way } = this.#keyed;
    const { records } = this;
    const i = row[k];
    const at = records.length;
    records.length = at + 1;
    const start = from.startUs[i];
    records.startUs[at] = start;
    records.endUs[at] = from.endUs[i] >= start ? from.endUs[i] : start;
    const srcPackets = from.srcPackets[i] === UNKNOWN_PACKETS ? Number.NaN : from.srcPackets[i];
    const dstPackets = from.dstPackets[i] === UNKNOWN_PACKETS ? Number.NaN : from.dstPackets[i];
    if ((way[k] & DST_IS_ASSET) !== 0) {
      records.bytesFromActor[at] = from.srcBytes[i];
      records.bytesToActor[at] = from.dstBytes[i];
      records.packetsFromActor[at] = srcPackets;
      records.packetsToActor[at] = dstPackets;
    } else {
      records.bytesToActor[at] = from.srcBytes[i];
      records.bytesFromActor[at] = from.dstBytes[i];
      records.packetsToActor[at] = srcPackets;
      records.packetsFromActor[at] = dstPackets;
    }
    records.actorAddr[at] = actor[k];
    records.assetAddr[at] = asset[k];
    records.ports[at] = ports[k];
    records.kind[at] = kind[k];
    records.rowCount[at] = 1;
    records.firstRow[at] = rowIdOf(segmentIndex, i);
    records.state[at] =
      from.tcpFlags[i] |
      (from.connState[i] << STATE.connState) |
      directionOf(way[k], ports[k], from.protocol[i], from.tcpFlags[i], family);
    return at;
  }

  #extend(segment: Segment<'flows'>, k: number, at: number, family: FlowFamily): void {
    const from = segment.columns;
    const { records } = this;
    const i = this.#keyed.row[k];
    const way = this.#keyed.way[k];
    const start = from.startUs[i];
    const end = from.endUs[i] >= start ? from.endUs[i] : start;
    if (start < records.startUs[at]) {
      records.startUs[at] = start;
      // It may now reach back to the session before.
      if (records.previous[at] !== 0) this.#markDisordered(at);
    }
    if (end > records.endUs[at]) records.endUs[at] = end;
    const dstIsAsset = (way & DST_IS_ASSET) !== 0;
    if (dstIsAsset) {
      addTo(records.bytesFromActor, records.packetsFromActor, at, from.srcBytes[i], from.srcPackets[i]);
      if (family.isConversation)
        addTo(records.bytesToActor, records.packetsToActor, at, from.dstBytes[i], from.dstPackets[i]);
    } else {
      addTo(records.bytesToActor, records.packetsToActor, at, from.srcBytes[i], from.srcPackets[i]);
      if (family.isConversation)
        addTo(records.bytesFromActor, records.packetsFromActor, at, from.dstBytes[i], from.dstPackets[i]);
    }
    records.rowCount[at] += 1;
    const flags = from.tcpFlags[i];
    if (flags === UNKNOWN_FLAGS) return;
    const state = records.state[at];
    records.state[at] = (state & ~0xff) | joinFlags(state & 0xff, flags);
    if (isAnswered(flags, family)) this.#setConnState(at, CONN_STATE.established);
    if ((way & IS_INTERNAL) !== 0 || certaintyOf(state) >= CERTAINTY.flags) return;
    const began = beganByFlags(flags, family.reportsEveryAck);
    if (began === 0) return;
    const direction = dstIsAsset === (began === 1) ? DIRECTION.inbound : DIRECTION.outbound;
    this.#setDirection(at, directed(direction, CERTAINTY.flags));
  }

  #setConnState(at: number, connState: number): void {
    const { state } = this.records;
    state[at] = (state[at] & ~(0xff << STATE.connState)) | (connState << STATE.connState);
  }

  #setDirection(at: number, direction: number): void {
    const { state } = this.records;
    state[at] = (state[at] & ~DIRECTED) | direction;
  }

  #markDisordered(at: number): void {
    const { state } = this.records;
    if ((state[at] & STATE.disordered) !== 0) return;
    state[at] |= STATE.disordered;
    this.#disordered.push(at);
  }

  /** Joins again what was seen out of order. */
  finish(families: readonly FlowFamily[]): void {
    const { records } = this;
    const keyed = this.#keyed;
    const done = new Set<number>();
    for (const disordered of this.#disordered) {
      keyed.actor[0] = records.actorAddr[disordered];
      keyed.asset[0] = records.assetAddr[disordered];
      keyed.ports[0] = records.ports[disordered];
      keyed.kind[0] = records.kind[disordered];
      keyed.hash[0] = hashKey(keyed.actor[0], keyed.asset[0], keyed.ports[0], keyed.kind[0]);
      const last = this.#slots[this.#slotOf(0)];
      if (done.has(last)) continue;
      done.add(last);
      const chain: number[] = [];
      for (let at = last; at !== 0; at = records.previous[at - 1]) chain.push(at - 1);
      this.#rejoin(chain, families[keyed.kind[0] >>> FAMILY_SHIFT].joinUs ?? 0);
    }
  }

  #rejoin(chain: number[], gapUs: number): void {
    const { startUs, endUs } = this.records;
    chain.sort((a, b) => startUs[a] - startUs[b] || a - b);
    let into = chain[0];
    for (let k = 1; k < chain.length; k++) {
      const next = chain[k];
      if (startUs[next] - endUs[into] > gapUs) into = next;
      else this.#merge(into, next);
    }
  }

  #merge(into: number, from: number): void {
    const { records } = this;
    if (records.endUs[from] > records.endUs[into]) records.endUs[into] = records.endUs[from];
    const { bytesToActor, bytesFromActor, packetsToActor, packetsFromActor } = records;
    for (const column of [bytesToActor, bytesFromActor, packetsToActor, packetsFromActor])
      column[into] = addKnown(column[into], column[from]);
    const state = records.state[from];
    const known = records.state[into];
    records.state[into] = (known & ~0xff) | joinFlags(known & 0xff, state & 0xff);
    const connState = (state >>> STATE.connState) & 0xff;
    if (STATE_RANK[connState] > STATE_RANK[(known >>> STATE.connState) & 0xff])
      this.#setConnState(into, connState);
    if (certaintyOf(state) > certaintyOf(known)) this.#setDirection(into, state & DIRECTED);
    records.rowCount[into] += records.rowCount[from];
    records.rowCount[from] = 0;
    this.joinedAway += 1;
  }

  #rehash(): void {
    const old = this.#slots;
    const slots = new Uint32Array(old.length * 2);
    const last = slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let slot = (old[from + 1] << 1) & last;
      while (slots[slot] !== 0) slot = (slot + 2) & last;
      slots[slot] = old[from];
      slots[slot + 1] = old[from + 1];
    }
    this.#slots = slots;
  }
}

function directed(direction: number, certainty: number): number {
  return (direction << STATE.direction) | (certainty << STATE.certainty);
}

/** Who began a session, by its first row. */
function directionOf(
  way: number,
  ports: number,
  protocol: number,
  flags: number,
  family: FlowFamily,
): number {
  if ((way & IS_INTERNAL) !== 0) return directed(DIRECTION.internal, CERTAINTY.exporter);
  const srcIsActor = (way & DST_IS_ASSET) !== 0;
  const srcBegan = srcIsActor ? DIRECTION.inbound : DIRECTION.outbound;
  const dstBegan = srcIsActor ? DIRECTION.outbound : DIRECTION.inbound;
  if (family.isConversation) return directed(srcBegan, CERTAINTY.exporter);
  const began = beganByFlags(flags, family.reportsEveryAck);
  if (began !== 0) return directed(began === 1 ? srcBegan : dstBegan, CERTAINTY.flags);
  const byPorts = comparePorts(ports & 0xffff, ports >>> 16, protocol);
  if (byPorts === 0) return directed(srcBegan, CERTAINTY.guess);
  return directed(byPorts > 0 ? DIRECTION.inbound : DIRECTION.outbound, CERTAINTY.ports);
}

/** Whether a row's flags hold the second step of a handshake, where they are that of one packet each. */
function isAnswered(flags: number, family: FlowFamily): boolean {
  return (flags & SYN_ACK) === SYN_ACK && flags !== UNKNOWN_FLAGS && !family.reportsEveryAck;
}

/** What one row tells of one way. */
function addTo(
  bytes: Float64Array,
  packets: Float64Array,
  at: number,
  moreBytes: number,
  morePackets: number,
): void {
  bytes[at] = addKnown(bytes[at], moreBytes);
  if (morePackets !== UNKNOWN_PACKETS) packets[at] = addKnown(packets[at], morePackets);
}

/** Sum of what is known; NaN only when nothing is. */
function addKnown(sum: number, value: number): number {
  if (Number.isNaN(value)) return sum;
  return Number.isNaN(sum) ? value : sum + value;
}

function joinFlags(a: number, b: number): number {
  if (a === UNKNOWN_FLAGS) return b;
  return b === UNKNOWN_FLAGS ? a : a | b;
}
