import { isMappedIpv4 } from '../base/addresses';
import { finished, type InParts } from '../base/parts';
import { argsort } from '../base/sorting';
import type { AddressDictionary } from '../tables/address-dictionary';
import type { ActorIds, AssetBinding, Sessions } from './context';
import type { Evidence } from './evidence';
import { surveyFlows, type FlowSurvey } from './flow-survey';
import { leaveOutSeenTwice } from './seen-twice';
import type { OwnNetworks } from './own-networks';
import type { Thresholds } from './parameters';
import type { LeftOut } from './session-keys';
import { FAMILY_SHIFT, STATE, VERDICT_SHIFT, type SessionRecords } from './session-records';
import { Stitcher } from './stitcher';

/** Sessions whose sides are still addresses: which asset and which actor they belong to is bound later. */
export interface Stitched {
  readonly sessions: Sessions;
  readonly survey: FlowSurvey;
  readonly leftOut: LeftOut;
  /** Sessions that another kind of export tells of, too, and that count there. */
  readonly toldAgain: number;
}

/**
 * Header bytes a packet: IPv4 20 + TCP 20 + the timestamps option 12 (RFC 7323), which most systems send. The larger estimate on
 * purpose: too little payload leaves a conversation unclaimed, too much would claim one that never was.
 */
const TCP_HEADER = 52;
/** IPv4 20 + UDP or ICMP 8. */
const DATAGRAM_HEADER = 28;
/** IPv6's header is 20 bytes longer (RFC 8200: 40). */
export const IPV6_EXTRA = 20;
/** Rows joined between two pauses. */
const ROWS_A_PART = 500_000;
/** Options that only the first packet each way carries (MSS, window scale, SACK permitted): a SYN of 60 bytes. */
const SYN_EXTRA = 8;

/**
 * Sessions from all flow rows, sorted by start. `actor` and `asset` stay empty until `bindSessions`. Rows that say `NODATA` or
 * `SKIPDATA` are no traffic and join nothing.
 */
export function stitchSessions(evidence: Evidence, own: OwnNetworks, thresholds: Thresholds): Stitched {
  return finished(stitchInParts(evidence, own, thresholds));
}

/** The same, pausing now and then: of all steps this one goes through the most rows. */
export function* stitchInParts(
  evidence: Evidence,
  own: OwnNetworks,
  thresholds: Thresholds,
): InParts<Stitched> {
  const survey = surveyFlows(evidence, own.side, thresholds);
  yield;
  const { segments, rowCount } = evidence.tables.flows;
  const familyOf = (index: number): number => survey.familyOfSource.get(segments[index].source) ?? 0;
  let parts = 0;
  for (const index of survey.segmentOrder)
    if (survey.families[familyOf(index)].joinUs !== null) parts += segments[index].length;
  const stitcher = new Stitcher(own, rowCount, parts);
  let rows = 0;
  for (const index of survey.segmentOrder) {
    stitcher.add(segments[index], index, survey.families[familyOf(index)], familyOf(index));
    rows += segments[index].length;
    if (rows < ROWS_A_PART) continue;
    rows = 0;
    yield;
  }
  stitcher.finish(survey.families);
  yield;
  const toldAgain = yield* leaveOutSeenTwice(stitcher.records, survey.families);
  stitcher.joinedAway += toldAgain;
  yield;
  const sessions = yield* orderSessions(stitcher, survey, evidence.dictionaries.addresses);
  return { sessions, survey, leftOut: stitcher.leftOut, toldAgain };
}

/**
 * The finished sessions, in the memory of the records that they were. A column that has to be brought into order is gathered into one that
 * is needed no more, which is then free for the next: first use of memory costs more than the work that is done on it.
 */
function* orderSessions(
  { records, joinedAway }: Stitcher,
  survey: FlowSurvey,
  addresses: AddressDictionary,
): InParts<Sessions> {
  const order = orderOf(records, joinedAway);
  yield;
  const count = order?.length ?? records.length;
  const numbers = new Gatherer(order, count, new Float64Array(records.startUs.length));
  const words = new Gatherer(order, count, records.previous);
  const kind = words.gather(records.kind);
  const ports = words.gather(records.ports);
  const state = words.gather(records.state);
  yield;
  const split = {
    ...splitPorts(ports, count),
    ...splitKind(kind, count),
    ...splitState(state, count),
  };
  const actorAddr = words.gather(records.actorAddr);
  const assetAddr = words.gather(records.assetAddr);
  const rowCount = words.gather(records.rowCount);
  const firstRow = words.gather(records.firstRow);
  yield;
  const startUs = numbers.gather(records.startUs);
  const endUs = numbers.gather(records.endUs);
  const bytesToActor = numbers.gather(records.bytesToActor);
  yield;
  const bytesFromActor = numbers.gather(records.bytesFromActor);
  const packetsToActor = numbers.gather(records.packetsToActor);
  const packetsFromActor = numbers.gather(records.packetsFromActor);
  yield;
  const sessions: Sessions = {
    count,
    ...{ actorAddr, assetAddr, rowCount, firstRow, startUs, endUs },
    ...{ bytesToActor, bytesFromActor, packetsToActor, packetsFromActor, ...split },
    actor: ports.fill(0),
    asset: state.fill(0),
    payloadToActor: numbers.spare.subarray(0, count),
    payloadFromActor: new Float64Array(count),
    seesBothWays: new Uint8Array(count),
    isIpv6: ipv6Flags(addresses),
    aggregationUs: survey.families.reduce((most, family) => Math.max(most, family.aggregationUs), 0),
    lateUs: survey.families.reduce((most, family) => Math.max(most, family.lateUs), 0),
  };
  fillPayload(sessions, kind, survey);
  return sessions;
}

/** Brings columns of one type into order, each into the memory of the one before it. */
class Gatherer<T extends Float64Array | Uint32Array> {
  readonly #order: Uint32Array | null;
  readonly #count: number;
  /** Memory that no column is in. */
  spare: T;

  /** `order` is null where all is in order already. */
  constructor(order: Uint32Array | null, count: number, spare: T) {
    this.#order = order;
    this.#count = count;
    this.spare = spare;
  }

  gather(column: T): T {
    const order = this.#order;
    const count = this.#count;
    if (order === null) return column.subarray(0, count) as T;
    const into = this.spare;
    for (let i = 0; i < count; i++) into[i] = column[order[i]];
    this.spare = column;
    return into.subarray(0, count) as T;
  }
}

/**
 * The records of all sessions, by the time of their first row; of those that began at once, in the order in which they were met. Null where
 * they are in that order.
 */
function orderOf({ startUs, rowCount, length }: SessionRecords, joinedAway: number): Uint32Array | null {
  if (joinedAway === 0) return isAscending(startUs, length) ? null : argsort(startUs, length);
  const starts = new Float64Array(length - joinedAway);
  const kept = new Uint32Array(starts.length);
  let count = 0;
  for (let at = 0; at < length; at++) {
    if (rowCount[at] === 0) continue;
    kept[count] = at;
    starts[count++] = startUs[at];
  }
  const order = argsort(starts);
  for (let i = 0; i < count; i++) order[i] = kept[order[i]];
  return order;
}

function isAscending(values: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (values[i] < values[i - 1]) return false;
  return true;
}

function splitPorts(ports: Uint32Array, count: number): Pick<Sessions, 'actorPort' | 'assetPort'> {
  const actorPort = new Uint16Array(count);
  const assetPort = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    actorPort[i] = ports[i] >>> 16;
    assetPort[i] = ports[i];
  }
  return { actorPort, assetPort };
}

function splitKind(kind: Uint32Array, count: number): Pick<Sessions, 'protocol' | 'verdict'> {
  const protocol = new Uint8Array(count);
  const verdict = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    protocol[i] = kind[i];
    verdict[i] = (kind[i] >>> VERDICT_SHIFT) & 3;
  }
  return { protocol, verdict };
}

function splitState(
  state: Uint32Array,
  count: number,
): Pick<Sessions, 'tcpFlags' | 'connState' | 'direction'> {
  const tcpFlags = new Uint8Array(count);
  const connState = new Uint8Array(count);
  const direction = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    tcpFlags[i] = state[i];
    connState[i] = state[i] >>> STATE.connState;
    direction[i] = (state[i] >>> STATE.direction) & 3;
  }
  return { tcpFlags, connState, direction };
}

/** What the kind of export tells of sessions: directions that had no packet, and payload. */
function fillPayload(sessions: Sessions, kind: Uint32Array, { families }: FlowSurvey): void {
  const { count, seesBothWays, isIpv6, actorAddr, protocol, payloadToActor, payloadFromActor } = sessions;
  const { bytesToActor, bytesFromActor, packetsToActor, packetsFromActor } = sessions;
  for (let i = 0; i < count; i++) {
    const family = families[kind[i] >>> FAMILY_SHIFT];
    if (family.seesBothWays) {
      seesBothWays[i] = 1;
      if (!family.isConversation) {
        // Both directions are exported, so a direction without a row had no packet.
        if (Number.isNaN(packetsToActor[i]) && Number.isNaN(bytesToActor[i]))
          bytesToActor[i] = packetsToActor[i] = 0;
        if (Number.isNaN(packetsFromActor[i]) && Number.isNaN(bytesFromActor[i]))
          bytesFromActor[i] = packetsFromActor[i] = 0;
      }
    }
    const header = family.countsHeaders ? headerBytes(protocol[i], isIpv6[actorAddr[i]] === 1) : 0;
    payloadToActor[i] = payload(bytesToActor[i], packetsToActor[i], header, protocol[i]);
    payloadFromActor[i] = payload(bytesFromActor[i], packetsFromActor[i], header, protocol[i]);
  }
}

function ipv6Flags(addresses: AddressDictionary): Uint8Array {
  const flags = new Uint8Array(addresses.size);
  for (let id = 1; id < flags.length; id++) {
    const isIpv4 = isMappedIpv4(addresses.wordOf(id, 0), addresses.wordOf(id, 1), addresses.wordOf(id, 2));
    flags[id] = isIpv4 ? 0 : 1;
  }
  return flags;
}

function headerBytes(protocol: number, isIpv6: boolean): number {
  return (protocol === 6 ? TCP_HEADER : DATAGRAM_HEADER) + (isIpv6 ? IPV6_EXTRA : 0);
}

/** Estimated payload (ANALYSIS, section 1): max(0, bytes − headers); NaN where bytes or packets are not known. */
function payload(bytes: number, packets: number, header: number, protocol: number): number {
  if (header === 0) return bytes;
  if (bytes === 0) return 0;
  const firstPacket = protocol === 6 ? SYN_EXTRA : 0;
  const left = bytes - header * packets - firstPacket;
  return left > 0 ? left : Number.isNaN(left) ? Number.NaN : 0;
}

/** Writes which actor and which asset each session belongs to. May be called again when aliases have joined assets. */
export function bindSessions(sessions: Sessions, assets: AssetBinding, actors: ActorIds): void {
  for (let i = 0; i < sessions.count; i++) {
    sessions.actor[i] = actors.byAddress[sessions.actorAddr[i]] - 1;
    sessions.asset[i] = assets.byAddress[sessions.assetAddr[i]] - 1;
  }
}
