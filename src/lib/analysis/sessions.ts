import { isMappedIpv4 } from '../base/addresses';
import { finished, type InParts } from '../base/parts';
import { argsort } from '../base/sorting';
import type { AddressDictionary } from '../tables/dictionaries';
import type { ActorIds, AssetIndex, Sessions } from './context';
import type { Evidence } from './evidence';
import { surveyFlows, type FlowSurvey } from './flow-survey';
import type { OwnNetworks } from './own-networks';
import type { Thresholds } from './parameters';
import type { LeftOut } from './session-keys';
import { FAMILY_SHIFT, NUMBERS, STATE, VERDICT_SHIFT, WORDS, type SessionRecords } from './session-records';
import { Stitcher } from './stitcher';

/** Sessions whose sides are still addresses: which asset and which actor they belong to is bound later. */
export interface Stitched {
  readonly sessions: Sessions;
  readonly survey: FlowSurvey;
  readonly leftOut: LeftOut;
}

/**
 * Header bytes a packet: IPv4 20 + TCP 20 + the timestamps option 12 (RFC 7323), which most systems send. The larger estimate on
 * purpose: too little payload leaves a conversation unclaimed, too much would claim one that never was.
 */
const TCP_HEADER = 52;
/** IPv4 20 + UDP or ICMP 8. */
const DATAGRAM_HEADER = 28;
/** IPv6's header is 20 bytes longer. */
const IPV6_EXTRA = 20;
/** Rows joined between two pauses. */
const ROWS_A_PART = 500_000;
/** Records copied to columns at once: so many as stay in the processor's cache while their parts are copied one after the other. */
const COPIED_AT_ONCE = 2048;
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
  const sessions = yield* orderSessions(stitcher, survey, evidence.dictionaries.addresses);
  return { sessions, survey, leftOut: stitcher.leftOut };
}

function* orderSessions(
  stitcher: Stitcher,
  survey: FlowSurvey,
  addresses: AddressDictionary,
): InParts<Sessions> {
  const order = orderOf(stitcher);
  const isIpv6 = ipv6Flags(addresses);
  yield;
  const aggregationUs = survey.families.reduce((most, family) => Math.max(most, family.aggregationUs), 0);
  const sessions = emptySessions(order.length, aggregationUs);
  const { records } = stitcher;
  for (let from = 0; from < order.length; from += COPIED_AT_ONCE) {
    const to = Math.min(order.length, from + COPIED_AT_ONCE);
    copyWords(sessions, records.words, order, from, to);
    copyNumbers(sessions, records, order, from, to);
    fillPayload(sessions, records.words, order, survey, isIpv6, from, to);
    if (from % ROWS_A_PART < COPIED_AT_ONCE) yield;
  }
  return sessions;
}

/** The records of all sessions, by the time of their first row; of those that began at once, in the order in which they were met. */
function orderOf({ records, joinedAway }: Stitcher): Uint32Array {
  const { numbers, words, length } = records;
  const starts = new Float64Array(length - joinedAway);
  const kept = new Uint32Array(joinedAway > 0 ? starts.length : 0);
  let count = 0;
  for (let at = 0; at < length; at++) {
    if (words[at * WORDS.size + WORDS.rowCount] === 0) continue;
    if (joinedAway > 0) kept[count] = at;
    starts[count++] = numbers[at * NUMBERS.size + NUMBERS.startUs];
  }
  const order = argsort(starts);
  if (joinedAway > 0) for (let i = 0; i < count; i++) order[i] = kept[order[i]];
  return order;
}

function emptySessions(count: number, aggregationUs: number): Sessions {
  return {
    count,
    actor: new Uint32Array(count),
    asset: new Uint32Array(count),
    actorAddr: new Uint32Array(count),
    assetAddr: new Uint32Array(count),
    actorPort: new Uint16Array(count),
    assetPort: new Uint16Array(count),
    protocol: new Uint8Array(count),
    startUs: new Float64Array(count),
    endUs: new Float64Array(count),
    bytesToActor: new Float64Array(count),
    bytesFromActor: new Float64Array(count),
    packetsToActor: new Float64Array(count),
    packetsFromActor: new Float64Array(count),
    payloadToActor: new Float64Array(count),
    payloadFromActor: new Float64Array(count),
    verdict: new Uint8Array(count),
    connState: new Uint8Array(count),
    tcpFlags: new Uint8Array(count),
    direction: new Uint8Array(count),
    rowCount: new Uint32Array(count),
    firstRow: new Uint32Array(count),
    seesBothWays: new Uint8Array(count),
    aggregationUs,
  };
}

function copyWords(
  sessions: Sessions,
  words: Uint32Array,
  order: Uint32Array,
  from: number,
  to: number,
): void {
  const { actorAddr, assetAddr, actorPort, assetPort, protocol, verdict } = sessions;
  const { connState, tcpFlags, direction, rowCount, firstRow } = sessions;
  for (let i = from; i < to; i++) {
    const at = order[i] * WORDS.size;
    actorAddr[i] = words[at + WORDS.actorAddr];
    assetAddr[i] = words[at + WORDS.assetAddr];
    const ports = words[at + WORDS.ports];
    actorPort[i] = ports >>> 16;
    assetPort[i] = ports;
    const kind = words[at + WORDS.kind];
    protocol[i] = kind;
    verdict[i] = (kind >>> VERDICT_SHIFT) & 3;
    const state = words[at + WORDS.state];
    tcpFlags[i] = state;
    connState[i] = state >>> STATE.connState;
    direction[i] = (state >>> STATE.direction) & 3;
    rowCount[i] = words[at + WORDS.rowCount];
    firstRow[i] = words[at + WORDS.firstRow];
  }
}

function copyNumbers(
  sessions: Sessions,
  { numbers }: SessionRecords,
  order: Uint32Array,
  from: number,
  to: number,
): void {
  const { startUs, endUs, bytesToActor, bytesFromActor, packetsToActor, packetsFromActor } = sessions;
  for (let i = from; i < to; i++) {
    const at = order[i] * NUMBERS.size;
    startUs[i] = numbers[at + NUMBERS.startUs];
    endUs[i] = numbers[at + NUMBERS.endUs];
    bytesToActor[i] = numbers[at + NUMBERS.bytesToActor];
    bytesFromActor[i] = numbers[at + NUMBERS.bytesFromActor];
    packetsToActor[i] = numbers[at + NUMBERS.packetsToActor];
    packetsFromActor[i] = numbers[at + NUMBERS.packetsFromActor];
  }
}

/** What the kind of export tells of sessions: directions that had no packet, and payload. */
function fillPayload(
  sessions: Sessions,
  words: Uint32Array,
  order: Uint32Array,
  { families }: FlowSurvey,
  isIpv6: Uint8Array,
  from: number,
  to: number,
): void {
  const { seesBothWays, actorAddr, protocol, payloadToActor, payloadFromActor } = sessions;
  const { bytesToActor, bytesFromActor, packetsToActor, packetsFromActor } = sessions;
  for (let i = from; i < to; i++) {
    const family = families[words[order[i] * WORDS.size + WORDS.kind] >>> FAMILY_SHIFT];
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
    const [w0, w1, w2] = addresses.words(id);
    flags[id] = isMappedIpv4(w0, w1, w2) ? 0 : 1;
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
export function bindSessions(sessions: Sessions, assets: AssetIndex, actors: ActorIds): void {
  for (let i = 0; i < sessions.count; i++) {
    sessions.actor[i] = actors.byAddress[sessions.actorAddr[i]] - 1;
    sessions.asset[i] = assets.byAddress[sessions.assetAddr[i]] - 1;
  }
}
