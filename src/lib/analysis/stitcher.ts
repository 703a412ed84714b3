import { CONN_STATE, LOG_STATUS, UNKNOWN_FLAGS, UNKNOWN_PACKETS } from '../tables/schemas';
import { rowIdOf, type Segment } from '../tables/segment';
import { DIRECTION } from './context';
import { beganByFlags, comparePorts } from './direction';
import type { FlowFamily } from './flow-survey';
import { SIDE, type OwnNetworks } from './own-networks';
import { SessionColumns } from './session-columns';

/** Rows that became no part of a session, by reason. */
export interface LeftOut {
  noAddress: number;
  noTime: number;
  noData: number;
  skipData: number;
  /** Neither side is ours. */
  foreign: number;
  /** Multicast, broadcast. */
  nobody: number;
  /** Between two of our interfaces, and also recorded at the called one. */
  seenTwice: number;
}

const CERTAINTY = { guess: 0, ports: 1, flags: 2, exporter: 3 } as const;
/** Set on a session whose key saw a row out of the order of time. */
const DISORDERED = 0x80;

/** Rank of connection states when rows of one session differ: the most that was seen counts. */
const STATE_RANK = [0, 2, 3, 4, 1];

function hashKey(actor: number, asset: number, ports: number, rest: number): number {
  let h = Math.imul(actor, 0x9e3779b1) ^ Math.imul(asset, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ Math.imul(ports, 0xc2b2ae35) ^ Math.imul(rest, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/**
 * Joins flow rows to sessions while they stream by. A row joins the last session of its key when the gap between them is at most
 * the export's aggregation interval; since joining is a union of stretches, keys that saw rows out of order are simply sorted and
 * joined again at the end, which gives what sorting all rows first would have given.
 */
export class Stitcher {
  readonly columns: SessionColumns;
  readonly leftOut: LeftOut = {
    noAddress: 0,
    noTime: 0,
    noData: 0,
    skipData: 0,
    foreign: 0,
    nobody: 0,
    seenTwice: 0,
  };
  readonly #own: OwnNetworks;
  readonly #hasSensor: Uint8Array;
  /** Last session of each key, + 1, and the key's hash. */
  #slots = new Uint32Array(1 << 12);
  #hashes = new Uint32Array(1 << 12);
  #keys = 0;

  constructor(own: OwnNetworks, expected: number) {
    this.#own = own;
    this.columns = new SessionColumns(Math.max(1024, expected));
    this.#hasSensor = new Uint8Array(own.side.length);
    for (const address of own.addressOfSensor.values()) this.#hasSensor[address] = 1;
    for (const address of own.secondOfSensor.values()) this.#hasSensor[address] = 1;
  }

  add(segment: Segment<'flows'>, segmentIndex: number, family: FlowFamily, familyIndex: number): void {
    this.columns.reserve(segment.length);
    const { srcAddr, dstAddr, srcPort, dstPort, protocol, startUs, logStatus, sensor } = segment.columns;
    const { side, addressOfSensor } = this.#own;
    const { leftOut } = this;
    let lastSensor = 0;
    let sensorAddress = 0;
    for (let i = 0; i < segment.length; i++) {
      if (logStatus[i] !== LOG_STATUS.ok) {
        if (logStatus[i] === LOG_STATUS.noData) leftOut.noData += 1;
        else leftOut.skipData += 1;
        continue;
      }
      const src = srcAddr[i];
      const dst = dstAddr[i];
      if (src === 0 || dst === 0) {
        leftOut.noAddress += 1;
        continue;
      }
      if (!Number.isFinite(startUs[i])) {
        leftOut.noTime += 1;
        continue;
      }
      const srcSide = side[src];
      const dstSide = side[dst];
      if (srcSide === SIDE.nobody || dstSide === SIDE.nobody) {
        leftOut.nobody += 1;
        continue;
      }
      if (srcSide === SIDE.outside && dstSide === SIDE.outside) {
        leftOut.foreign += 1;
        continue;
      }
      const isInternal = srcSide === dstSide;
      const dstIsAsset = isInternal
        ? family.isConversation || dstIsCalled(src, dst, srcPort[i], dstPort[i], protocol[i])
        : dstSide === SIDE.own;
      if (isInternal && sensor[i] !== 0) {
        if (sensor[i] !== lastSensor) {
          lastSensor = sensor[i];
          sensorAddress = addressOfSensor.get(lastSensor) ?? 0;
        }
        const asset = dstIsAsset ? dst : src;
        const isAtAsset = sensorAddress === asset || this.#own.secondOfSensor.get(lastSensor) === asset;
        if (sensorAddress !== 0 && !isAtAsset && this.#hasSensor[asset] === 1) {
          leftOut.seenTwice += 1;
          continue;
        }
      }
      const row = rowIdOf(segmentIndex, i);
      if (family.isConversation) this.#open(segment, i, row, dstIsAsset, isInternal, family, familyIndex);
      else this.#join(segment, i, row, dstIsAsset, isInternal, family, familyIndex);
    }
  }

  /** Joins again what was seen out of order. Joined-away sessions are left with a row count of 0. */
  finish(families: readonly FlowFamily[]): void {
    const { columns } = this;
    const chain: number[] = [];
    for (const held of this.#slots) {
      if (held === 0 || columns.previous[held - 1] === 0) continue;
      chain.length = 0;
      let isDisordered = false;
      for (let at = held; at !== 0; at = columns.previous[at - 1]) {
        chain.push(at - 1);
        if ((columns.certainty[at - 1] & DISORDERED) !== 0) isDisordered = true;
      }
      if (isDisordered) this.#rejoin(chain, families[columns.family[held - 1]].aggregationUs);
    }
    for (let i = 0; i < columns.length; i++) columns.certainty[i] &= ~DISORDERED;
  }

  #rejoin(chain: number[], gapUs: number): void {
    const { startUs, endUs } = this.columns;
    chain.sort((a, b) => startUs[a] - startUs[b] || a - b);
    let into = chain[0];
    for (let k = 1; k < chain.length; k++) {
      const next = chain[k];
      if (startUs[next] - endUs[into] > gapUs) into = next;
      else this.#merge(into, next);
    }
  }

  #merge(into: number, from: number): void {
    const c = this.columns;
    if (c.endUs[from] > c.endUs[into]) c.endUs[into] = c.endUs[from];
    c.bytesToActor[into] = addKnown(c.bytesToActor[into], c.bytesToActor[from]);
    c.bytesFromActor[into] = addKnown(c.bytesFromActor[into], c.bytesFromActor[from]);
    c.packetsToActor[into] = addKnown(c.packetsToActor[into], c.packetsToActor[from]);
    c.packetsFromActor[into] = addKnown(c.packetsFromActor[into], c.packetsFromActor[from]);
    c.tcpFlags[into] = joinFlags(c.tcpFlags[into], c.tcpFlags[from]);
    if (STATE_RANK[c.connState[from]] > STATE_RANK[c.connState[into]]) c.connState[into] = c.connState[from];
    const certainty = c.certainty[from] & ~DISORDERED;
    if (certainty > (c.certainty[into] & ~DISORDERED)) {
      c.direction[into] = c.direction[from];
      c.certainty[into] = certainty;
    }
    c.rowCount[into] += c.rowCount[from];
    c.rowCount[from] = 0;
  }

  /** A row that is a session of its own. */
  #open(
    segment: Segment<'flows'>,
    i: number,
    row: number,
    dstIsAsset: boolean,
    isInternal: boolean,
    family: FlowFamily,
    familyIndex: number,
  ): number {
    const from = segment.columns;
    const to = this.columns;
    const at = to.length;
    to.length = at + 1;
    const isIcmp = from.protocol[i] === 1 || from.protocol[i] === 58;
    to.actorAddr[at] = dstIsAsset ? from.srcAddr[i] : from.dstAddr[i];
    to.assetAddr[at] = dstIsAsset ? from.dstAddr[i] : from.srcAddr[i];
    // ICMP's "ports" are type and code, and the answer's differ from the question's.
    to.actorPort[at] = isIcmp ? 0 : dstIsAsset ? from.srcPort[i] : from.dstPort[i];
    to.assetPort[at] = isIcmp ? 0 : dstIsAsset ? from.dstPort[i] : from.srcPort[i];
    to.protocol[at] = from.protocol[i];
    to.verdict[at] = from.verdict[i];
    to.startUs[at] = from.startUs[i];
    to.endUs[at] = from.endUs[i] >= from.startUs[i] ? from.endUs[i] : from.startUs[i];
    const srcPackets = from.srcPackets[i] === UNKNOWN_PACKETS ? Number.NaN : from.srcPackets[i];
    const dstPackets = from.dstPackets[i] === UNKNOWN_PACKETS ? Number.NaN : from.dstPackets[i];
    to.bytesFromActor[at] = dstIsAsset ? from.srcBytes[i] : from.dstBytes[i];
    to.bytesToActor[at] = dstIsAsset ? from.dstBytes[i] : from.srcBytes[i];
    to.packetsFromActor[at] = dstIsAsset ? srcPackets : dstPackets;
    to.packetsToActor[at] = dstIsAsset ? dstPackets : srcPackets;
    to.tcpFlags[at] = from.tcpFlags[i];
    to.connState[at] = from.connState[i];
    to.rowCount[at] = 1;
    to.firstRow[at] = row;
    to.family[at] = familyIndex;
    to.previous[at] = 0;
    this.#setDirection(at, dstIsAsset, isInternal, from.tcpFlags[i], family);
    return at;
  }

  #setDirection(
    at: number,
    srcIsActor: boolean,
    isInternal: boolean,
    flags: number,
    family: FlowFamily,
  ): void {
    const c = this.columns;
    if (isInternal) {
      c.direction[at] = DIRECTION.internal;
      c.certainty[at] = CERTAINTY.exporter;
      return;
    }
    const srcBegan = srcIsActor ? DIRECTION.inbound : DIRECTION.outbound;
    const dstBegan = srcIsActor ? DIRECTION.outbound : DIRECTION.inbound;
    if (family.isConversation) {
      c.direction[at] = srcBegan;
      c.certainty[at] = CERTAINTY.exporter;
      return;
    }
    const began = beganByFlags(flags, family.reportsEveryAck);
    if (began !== 0) {
      c.direction[at] = began === 1 ? srcBegan : dstBegan;
      c.certainty[at] = CERTAINTY.flags;
      return;
    }
    const byPorts = comparePorts(c.assetPort[at], c.actorPort[at], c.protocol[at]);
    c.direction[at] = byPorts > 0 ? DIRECTION.inbound : byPorts < 0 ? DIRECTION.outbound : srcBegan;
    c.certainty[at] = byPorts === 0 ? CERTAINTY.guess : CERTAINTY.ports;
  }

  #join(
    segment: Segment<'flows'>,
    i: number,
    row: number,
    dstIsAsset: boolean,
    isInternal: boolean,
    family: FlowFamily,
    familyIndex: number,
  ): void {
    const from = segment.columns;
    const c = this.columns;
    const actor = dstIsAsset ? from.srcAddr[i] : from.dstAddr[i];
    const asset = dstIsAsset ? from.dstAddr[i] : from.srcAddr[i];
    const protocol = from.protocol[i];
    const isIcmp = protocol === 1 || protocol === 58;
    const actorPort = isIcmp ? 0 : dstIsAsset ? from.srcPort[i] : from.dstPort[i];
    const assetPort = isIcmp ? 0 : dstIsAsset ? from.dstPort[i] : from.srcPort[i];
    const verdict = from.verdict[i];
    const hash = hashKey(
      actor,
      asset,
      (actorPort << 16) | assetPort,
      protocol | (verdict << 8) | (familyIndex << 10),
    );
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    let last = -1;
    for (;;) {
      const held = this.#slots[slot];
      if (held === 0) break;
      if (this.#hashes[slot] === hash) {
        const at = held - 1;
        if (
          c.actorAddr[at] === actor &&
          c.assetAddr[at] === asset &&
          c.actorPort[at] === actorPort &&
          c.assetPort[at] === assetPort &&
          c.protocol[at] === protocol &&
          c.verdict[at] === verdict &&
          c.family[at] === familyIndex
        ) {
          last = at;
          break;
        }
      }
      slot = (slot + 1) & mask;
    }
    const start = from.startUs[i];
    const end = from.endUs[i] >= start ? from.endUs[i] : start;
    if (
      last !== -1 &&
      start - c.endUs[last] <= family.aggregationUs &&
      c.startUs[last] - end <= family.aggregationUs
    ) {
      this.#extend(segment, i, last, dstIsAsset, isInternal, family);
      return;
    }
    const at = this.#open(segment, i, row, dstIsAsset, isInternal, family, familyIndex);
    this.#slots[slot] = at + 1;
    if (last === -1) {
      this.#hashes[slot] = hash;
      this.#keys += 1;
      if (this.#keys * 2 > this.#slots.length) this.#rehash();
    } else {
      c.previous[at] = last + 1;
      if (start < c.startUs[last]) c.certainty[at] |= DISORDERED;
    }
    if ((from.tcpFlags[i] & 18) === 18 && from.tcpFlags[i] !== UNKNOWN_FLAGS && !family.reportsEveryAck)
      c.connState[at] = CONN_STATE.established;
  }

  #extend(
    segment: Segment<'flows'>,
    i: number,
    at: number,
    dstIsAsset: boolean,
    isInternal: boolean,
    family: FlowFamily,
  ): void {
    const from = segment.columns;
    const c = this.columns;
    const start = from.startUs[i];
    const end = from.endUs[i] >= start ? from.endUs[i] : start;
    if (start < c.startUs[at]) {
      c.startUs[at] = start;
      // It may now reach back to the session before.
      if (c.previous[at] !== 0) c.certainty[at] |= DISORDERED;
    }
    if (end > c.endUs[at]) c.endUs[at] = end;
    const bytes = from.srcBytes[i];
    const packets = from.srcPackets[i];
    if (dstIsAsset) {
      c.bytesFromActor[at] = addKnown(c.bytesFromActor[at], bytes);
      if (packets !== UNKNOWN_PACKETS) c.packetsFromActor[at] = addKnown(c.packetsFromActor[at], packets);
    } else {
      c.bytesToActor[at] = addKnown(c.bytesToActor[at], bytes);
      if (packets !== UNKNOWN_PACKETS) c.packetsToActor[at] = addKnown(c.packetsToActor[at], packets);
    }
    const flags = from.tcpFlags[i];
    c.rowCount[at] += 1;
    if (flags === UNKNOWN_FLAGS) return;
    c.tcpFlags[at] = joinFlags(c.tcpFlags[at], flags);
    if ((flags & 18) === 18 && !family.reportsEveryAck) c.connState[at] = CONN_STATE.established;
    if (isInternal || (c.certainty[at] & ~DISORDERED) >= CERTAINTY.flags) return;
    const began = beganByFlags(flags, family.reportsEveryAck);
    if (began === 0) return;
    c.direction[at] = dstIsAsset === (began === 1) ? DIRECTION.inbound : DIRECTION.outbound;
    c.certainty[at] = (c.certainty[at] & DISORDERED) | CERTAINTY.flags;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const hashes = new Uint32Array(slots.length);
    const mask = slots.length - 1;
    for (let old = 0; old < this.#slots.length; old++) {
      if (this.#slots[old] === 0) continue;
      let slot = this.#hashes[old] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = this.#slots[old];
      hashes[slot] = this.#hashes[old];
    }
    this.#slots = slots;
    this.#hashes = hashes;
  }
}

/** Between two of our own addresses: the same answer for a record and for its reverse. */
function dstIsCalled(src: number, dst: number, srcPort: number, dstPort: number, protocol: number): boolean {
  const byPorts = comparePorts(dstPort, srcPort, protocol);
  return byPorts !== 0 ? byPorts > 0 : dst < src;
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
