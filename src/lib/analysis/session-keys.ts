import { LOG_STATUS } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import { comparePorts } from './direction';
import type { FlowFamily } from './flow-survey';
import type { OwnNetworks } from './own-networks';
import { SIDE } from './own-ranges';
import { FAMILY_SHIFT, VERDICT_SHIFT } from './session-records';

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

/** Rows whose keys are made, and whose sessions are looked for in memory, before the first of them is joined. */
export const BLOCK = 1024;

/** Bits of `SessionKeys.way`: its destination is the asset; both sides are ours. */
export const DST_IS_ASSET = 1;
export const IS_INTERNAL = 2;

export function hashKey(actor: number, asset: number, ports: number, kind: number): number {
  let h = Math.imul(actor, 0x9e3779b1) ^ Math.imul(asset, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ Math.imul(ports, 0xc2b2ae35) ^ Math.imul(kind, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** The rows of one block that are part of a session: their index in the segment, and the key of the session. */
export class SessionKeys {
  count = 0;
  readonly row = new Uint32Array(BLOCK);
  readonly actor = new Uint32Array(BLOCK);
  readonly asset = new Uint32Array(BLOCK);
  /** The actor's port above, the asset's below. */
  readonly ports = new Uint32Array(BLOCK);
  /** As `WORDS.kind` of a record. */
  readonly kind = new Uint32Array(BLOCK);
  readonly hash = new Uint32Array(BLOCK);
  readonly way = new Uint8Array(BLOCK);
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

  constructor(own: OwnNetworks) {
    this.#own = own;
    this.#hasSensor = new Uint8Array(own.side.length);
    for (const address of own.addressOfSensor.values()) this.#hasSensor[address] = 1;
    for (const address of own.secondOfSensor.values()) this.#hasSensor[address] = 1;
  }

  /** Takes the rows from `from` to `to`, at most BLOCK of them, in place of those before. */
  read(
    segment: Segment<'flows'>,
    from: number,
    to: number,
    { isConversation }: FlowFamily,
    familyIndex: number,
  ): void {
    const { srcAddr, dstAddr, srcPort, dstPort, protocol, verdict, startUs, logStatus, sensor } =
      segment.columns;
    const { side } = this.#own;
    const { row, actor, asset, ports, kind, hash, way } = this;
    let count = 0;
    for (let i = from; i < to; i++) {
      const src = srcAddr[i];
      const dst = dstAddr[i];
      const srcSide = side[src];
      const dstSide = side[dst];
      if (
        logStatus[i] !== LOG_STATUS.ok ||
        src === 0 ||
        dst === 0 ||
        !Number.isFinite(startUs[i]) ||
        srcSide === SIDE.nobody ||
        dstSide === SIDE.nobody ||
        (srcSide === SIDE.outside && dstSide === SIDE.outside)
      ) {
        this.#leaveOut(segment, i);
        continue;
      }
      const of = protocol[i];
      const isInternal = srcSide === dstSide;
      const dstIsAsset = isInternal
        ? isConversation || dstIsCalled(src, dst, srcPort[i], dstPort[i], of)
        : dstSide === SIDE.own;
      const called = dstIsAsset ? dst : src;
      if (isInternal && sensor[i] !== 0 && this.#isSeenTwice(sensor[i], called)) {
        this.leftOut.seenTwice += 1;
        continue;
      }
      row[count] = i;
      actor[count] = dstIsAsset ? src : dst;
      asset[count] = called;
      // ICMP's "ports" are type and code, and the answer's differ from the question's.
      const isIcmp = of === 1 || of === 58;
      ports[count] = isIcmp
        ? 0
        : dstIsAsset
          ? (srcPort[i] << 16) | dstPort[i]
          : (dstPort[i] << 16) | srcPort[i];
      kind[count] = of | (verdict[i] << VERDICT_SHIFT) | (familyIndex << FAMILY_SHIFT);
      hash[count] = hashKey(actor[count], called, ports[count], kind[count]);
      way[count] = (dstIsAsset ? DST_IS_ASSET : 0) | (isInternal ? IS_INTERNAL : 0);
      count += 1;
    }
    this.count = count;
  }

  #leaveOut({ columns }: Segment<'flows'>, i: number): void {
    const { leftOut } = this;
    const status = columns.logStatus[i];
    const { side } = this.#own;
    const [src, dst] = [columns.srcAddr[i], columns.dstAddr[i]];
    if (status === LOG_STATUS.noData) leftOut.noData += 1;
    else if (status === LOG_STATUS.skipData) leftOut.skipData += 1;
    // It counts where another log tells it, which the notes on its source say.
    else if (status === LOG_STATUS.retold) return;
    else if (src === 0 || dst === 0) leftOut.noAddress += 1;
    else if (!Number.isFinite(columns.startUs[i])) leftOut.noTime += 1;
    else if (side[src] === SIDE.nobody || side[dst] === SIDE.nobody) leftOut.nobody += 1;
    else leftOut.foreign += 1;
  }

  /** Whether another sensor of ours, at the called side, records the same conversation. */
  #isSeenTwice(sensor: number, called: number): boolean {
    const { addressOfSensor, secondOfSensor } = this.#own;
    const address = addressOfSensor.get(sensor) ?? 0;
    if (address === 0 || address === called || secondOfSensor.get(sensor) === called) return false;
    return this.#hasSensor[called] === 1;
  }
}

/** Between two of our own addresses: the same answer for a record and for its reverse. */
function dstIsCalled(src: number, dst: number, srcPort: number, dstPort: number, protocol: number): boolean {
  const byPorts = comparePorts(dstPort, srcPort, protocol);
  return byPorts !== 0 ? byPorts > 0 : dst < src;
}
