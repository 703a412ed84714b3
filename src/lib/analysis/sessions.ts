import { isMappedIpv4 } from '../base/addresses';
import { argsort } from '../base/sorting';
import type { AddressDictionary } from '../tables/dictionaries';
import type { ActorIds, AssetIndex, Sessions } from './context';
import type { Evidence } from './evidence';
import { surveyFlows, type FlowSurvey } from './flow-survey';
import type { OwnNetworks } from './own-networks';
import type { Thresholds } from './parameters';
import { gathered, type SessionColumns } from './session-columns';
import { Stitcher, type LeftOut } from './stitcher';

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
/** Options that only the first packet each way carries (MSS, window scale, SACK permitted): a SYN of 60 bytes. */
const SYN_EXTRA = 8;

/**
 * Sessions from all flow rows, sorted by start. `actor` and `asset` stay empty until `bindSessions`. Rows that say `NODATA` or
 * `SKIPDATA` are no traffic and join nothing.
 */
export function stitchSessions(evidence: Evidence, own: OwnNetworks, thresholds: Thresholds): Stitched {
  const parts = stitchInParts(evidence, own, thresholds);
  for (let part = parts.next(); ; part = parts.next()) if (part.done) return part.value;
}

/** The same, pausing now and then: of all steps this one goes through the most rows. */
export function* stitchInParts(
  evidence: Evidence,
  own: OwnNetworks,
  thresholds: Thresholds,
): Generator<undefined, Stitched> {
  const survey = surveyFlows(evidence, own.side, thresholds);
  const { segments, rowCount } = evidence.tables.flows;
  const stitcher = new Stitcher(own, Math.ceil(rowCount / 2));
  let rows = 0;
  for (const index of survey.segmentOrder) {
    const segment = segments[index];
    const family = survey.familyOfSource.get(segment.source) ?? 0;
    stitcher.add(segment, index, survey.families[family], family);
    rows += segment.length;
    if (rows < ROWS_A_PART) continue;
    rows = 0;
    yield;
  }
  yield;
  stitcher.finish(survey.families);
  const sessions = orderSessions(stitcher.columns, survey, evidence.dictionaries.addresses);
  return { sessions, survey, leftOut: stitcher.leftOut };
}

function orderSessions(columns: SessionColumns, survey: FlowSurvey, addresses: AddressDictionary): Sessions {
  let order = argsort(columns.startUs, columns.length);
  let joinedAway = 0;
  for (let at = 0; at < columns.length; at++) if (columns.rowCount[at] === 0) joinedAway += 1;
  if (joinedAway > 0) order = order.filter((at) => columns.rowCount[at] > 0);
  const count = order.length;
  const seesBothWays = new Uint8Array(count);
  const payloadToActor = new Float64Array(count);
  const payloadFromActor = new Float64Array(count);
  const bytesToActor = gathered(columns.bytesToActor, order);
  const bytesFromActor = gathered(columns.bytesFromActor, order);
  const packetsToActor = gathered(columns.packetsToActor, order);
  const packetsFromActor = gathered(columns.packetsFromActor, order);
  const actorAddr = gathered(columns.actorAddr, order);
  const protocol = gathered(columns.protocol, order);
  const isIpv6 = ipv6Flags(addresses);
  for (let i = 0; i < count; i++) {
    const family = survey.families[columns.family[order[i]]];
    seesBothWays[i] = family.seesBothWays ? 1 : 0;
    if (family.seesBothWays && !family.isConversation) {
      // Both directions are exported, so a direction without a row had no packet.
      if (Number.isNaN(packetsToActor[i]) && Number.isNaN(bytesToActor[i]))
        bytesToActor[i] = packetsToActor[i] = 0;
      if (Number.isNaN(packetsFromActor[i]) && Number.isNaN(bytesFromActor[i]))
        bytesFromActor[i] = packetsFromActor[i] = 0;
    }
    const header = family.countsHeaders ? headerBytes(protocol[i], isIpv6[actorAddr[i]] === 1) : 0;
    payloadToActor[i] = payload(bytesToActor[i], packetsToActor[i], header, protocol[i]);
    payloadFromActor[i] = payload(bytesFromActor[i], packetsFromActor[i], header, protocol[i]);
  }
  return {
    count,
    actor: new Uint32Array(count),
    asset: new Uint32Array(count),
    actorAddr,
    assetAddr: gathered(columns.assetAddr, order),
    actorPort: gathered(columns.actorPort, order),
    assetPort: gathered(columns.assetPort, order),
    protocol,
    startUs: gathered(columns.startUs, order),
    endUs: gathered(columns.endUs, order),
    bytesToActor,
    bytesFromActor,
    packetsToActor,
    packetsFromActor,
    payloadToActor,
    payloadFromActor,
    verdict: gathered(columns.verdict, order),
    connState: gathered(columns.connState, order),
    tcpFlags: gathered(columns.tcpFlags, order),
    direction: gathered(columns.direction, order),
    rowCount: gathered(columns.rowCount, order),
    firstRow: gathered(columns.firstRow, order),
    seesBothWays,
    aggregationUs: survey.families.reduce((most, family) => Math.max(most, family.aggregationUs), 0),
  };
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
