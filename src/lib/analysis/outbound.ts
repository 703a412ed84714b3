import type { Micros } from '../base/brand';
import { PairSet } from '../base/pair-set';
import type { InParts } from '../base/parts';
import { groupBy } from '../base/sorting';
import { formatUtc, MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { formatBytes, plural } from '../base/units';
import { VERDICT } from '../tables/schemas';
import { bestDay, type BeaconLimits } from './beacon';
import { DIRECTION, type Ground } from './context';
import type { AftermathFinding } from './findings';
import { protocolName } from './profiles';
import { BEACON_THRESHOLDS, pickThresholds } from './thresholds';

/** Findings of each kind, at most, the heaviest first. */
const LISTED = 200;
/** Sessions of one destination that a beacon is looked for in, at most. */
const BEACON_SESSIONS = 20_000;
/** Sessions scored between two pauses. */
const SCORED_A_PART = 50_000;

interface Outbound {
  readonly asset: number;
  readonly actor: number;
  readonly port: number;
  readonly protocol: number;
  /** Session indices in order of start. */
  readonly sessions: Uint32Array;
}

/** First opening of any of the asset's services; undefined: never exposed. */
export function openedBy(ground: Ground): Map<number, number> {
  const opened = new Map<number, number>();
  for (const window of ground.exposure) {
    const known = opened.get(window.asset) ?? Infinity;
    if (window.openedUs < known) opened.set(window.asset, window.openedUs);
    else if (!opened.has(window.asset)) opened.set(window.asset, window.openedUs);
  }
  return opened;
}

/** Conversations that exposed assets began: who, and which of them are new since the exposure or as regular as a clock. */
export function* findOutbound(ground: Ground): InParts<Pick<AftermathFinding, 'outbound' | 'beacons'>> {
  const opened = openedBy(ground);
  const groups = outboundOf(ground, opened);
  yield;
  const baseline = baselineOf(ground, groups);
  const fresh: NewDestination[] = [];
  const beacons: AftermathFinding['beacons'][number][] = [];
  const limits = pickThresholds(ground.thresholds, BEACON_THRESHOLDS);
  let scored = 0;
  for (const group of groups) {
    const openedUs = opened.get(group.asset) ?? Infinity;
    const isNew = ground.sessions.startUs[group.sessions[0]] >= openedUs;
    if (isNew) fresh.push({ group, openedUs, bytes: bytesSent(ground, group) });
    const beacon = beaconOf(ground, group, limits);
    if (beacon && beacon.score >= limits.beaconScore) beacons.push(beacon);
    scored += 1 + Math.min(group.sessions.length, BEACON_SESSIONS);
    if (scored < SCORED_A_PART) continue;
    scored = 0;
    yield;
  }
  const firstUs = ({ group }: NewDestination): number => ground.sessions.startUs[group.sessions[0]];
  return {
    // Sentences are made for those that are listed: a scanned host may have called back a million.
    outbound: fresh
      .sort((a, b) => b.bytes - a.bytes || firstUs(a) - firstUs(b))
      .slice(0, LISTED)
      .map((each) => newDestination(ground, each, baseline.has(each.group.asset))),
    beacons: beacons.sort((a, b) => b.score - a.score || b.sessions - a.sessions).slice(0, LISTED),
  };
}

function outboundOf(ground: Ground, opened: ReadonlyMap<number, number>): Outbound[] {
  const { sessions, actors } = ground;
  const services = new PairSet();
  const pairs = new PairSet();
  const groupOf = new Uint32Array(sessions.count).fill(0xffffffff);
  for (let s = 0; s < sessions.count; s++) {
    if (sessions.direction[s] !== DIRECTION.outbound || sessions.verdict[s] === VERDICT.reject) continue;
    if (!opened.has(sessions.asset[s]) || actors.known[sessions.actor[s]] !== undefined) continue;
    // An outbound session's service is the far side's port.
    const service = services.add(sessions.asset[s], (sessions.protocol[s] << 16) | sessions.actorPort[s]);
    groupOf[s] = pairs.add(sessions.actor[s], service);
  }
  const groups = groupBy(groupOf, pairs.size);
  const result: Outbound[] = [];
  for (let pair = 0; pair < pairs.size; pair++) {
    const service = pairs.second[pair];
    result.push({
      asset: services.first[service],
      actor: pairs.first[pair],
      port: services.second[service] & 0xffff,
      protocol: services.second[service] >>> 16,
      sessions: groups.order.subarray(groups.starts[pair], groups.starts[pair + 1]),
    });
  }
  return result;
}

/** Assets whose flows reach back far enough before the opening for "never seen before" to mean something. */
function baselineOf(ground: Ground, groups: readonly Outbound[]): Set<number> {
  const baselineUs = ground.thresholds.baselineHours * MICROS_PER_HOUR;
  const opened = openedBy(ground);
  const first = new Map<number, number>();
  const { sessions } = ground;
  const isAsked = new Uint8Array(ground.assets.count);
  for (const group of groups) isAsked[group.asset] = 1;
  for (let s = 0; s < sessions.count; s++) {
    const asset = sessions.asset[s];
    if (isAsked[asset] !== 1) continue;
    isAsked[asset] = 0;
    first.set(asset, sessions.startUs[s]);
  }
  return new Set(
    [...first]
      .filter(([asset, us]) => us <= (opened.get(asset) ?? -Infinity) - baselineUs)
      .map(([asset]) => asset),
  );
}

interface NewDestination {
  readonly group: Outbound;
  readonly openedUs: number;
  readonly bytes: number;
}

function bytesSent({ sessions }: Ground, group: Outbound): number {
  let bytes = 0;
  for (const s of group.sessions) bytes += sessions.bytesToActor[s] > 0 ? sessions.bytesToActor[s] : 0;
  return bytes;
}

function newDestination(
  ground: Ground,
  { group, openedUs, bytes }: NewDestination,
  hasBaseline: boolean,
): AftermathFinding['outbound'][number] {
  const { sessions, assets, actors } = ground;
  const asset = assets.names[group.asset] ?? '';
  const destination = actors.texts[group.actor] ?? '';
  const firstUs = sessions.startUs[group.sessions[0]];
  const since = Number.isFinite(openedUs)
    ? `since it was exposed at ${formatUtc(openedUs)}`
    : 'within the evidence';
  return {
    asset,
    destination,
    port: group.port,
    firstUs: firstUs as Micros,
    bytes,
    sessions: group.sessions.length,
    hasBaseline,
    text:
      `${asset} called ${destination} on ${group.port}/${protocolName(group.protocol)} for the first time ${since}, at ` +
      `${formatUtc(firstUs)}: ${plural(group.sessions.length, 'session')}, ${formatBytes(bytes)} sent.` +
      (hasBaseline ? '' : ' No flows from before the exposure: whether it is new cannot be known.'),
    rows: { table: 'flows', asset, actor: destination, fromUs: firstUs },
  };
}

function beaconOf(
  ground: Ground,
  group: Outbound,
  limits: BeaconLimits,
): AftermathFinding['beacons'][number] | null {
  const { sessions, assets, actors } = ground;
  const asset = assets.names[group.asset] ?? '';
  const destination = actors.texts[group.actor] ?? '';
  if (group.sessions.length < limits.beaconTimes) return null;
  const chosen = Array.from(group.sessions.subarray(0, BEACON_SESSIONS));
  const best = bestDay(
    chosen.map((s) => sessions.startUs[s]),
    chosen.map((s) => (sessions.bytesToActor[s] > 0 ? sessions.bytesToActor[s] : 0)),
    ground.toUs,
    limits,
  );
  if (!best) return null;
  return {
    asset,
    destination,
    port: group.port,
    score: best.score,
    ts: best.ts,
    ds: best.ds,
    dur: best.dur,
    hist: best.hist,
    sessions: best.sessions,
    rows: {
      table: 'flows',
      asset,
      actor: destination,
      fromUs: best.fromUs,
      toUs: best.fromUs + MICROS_PER_DAY,
    },
  };
}
