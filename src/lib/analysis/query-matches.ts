import type { InParts } from '../base/parts';
import { lowerBound, quantileInPlace } from '../base/statistics';
import {
  fitClock,
  offsetAt,
  toleranceOf,
  widestOffsetUs,
  type ClockFit,
  type ClockLimits,
} from './clock-offset';
import type { Ground, Sessions } from './context';
import { outsideActors } from './contacts';
import { TrialList, type Trials } from './trials';
import { RowTimes } from './row-times';
import { PROTOCOL, ServiceIndex } from './service-index';
import { CONVERSED, rungsOfSessions } from './session-rungs';
import { CLOCK_THRESHOLDS, pickThresholds } from './thresholds';

/** A service's own log, held against the sessions to its port. */
export interface QueryLogMatch {
  readonly asset: number;
  readonly port: number;
  /** Whose sessions are held against each other here; those with a trace are the measure of those without. */
  readonly of: 'answered' | 'strangers';
  readonly sessions: Trials;
}

/** A clock that some log of an asset is known to run by. */
export interface AssetClock {
  readonly asset: number;
  readonly clock: ClockFit;
}

/** Sessions from which a clock is learned, at most, and candidate rows for each. */
const SAMPLED_SESSIONS = 5_000;
const CANDIDATES = 64;

/**
 * Matches sessions and query rows by client address and time: rows rarely carry the client's port, so a session counts as traced when any
 * row of its address falls into it. That is generous to the log: what is missing nevertheless is missing.
 */
export function* matchQueries(ground: Ground, clocks: readonly AssetClock[]): InParts<QueryLogMatch[]> {
  if (ground.evidence.tables.queries.rowCount === 0) return [];
  const { strings } = ground.evidence.dictionaries;
  const rows = new RowTimes(ground, new ServiceIndex(ground.assets, (id) => strings.text(id)));
  const reached = gatherSessions(ground, rows);
  yield;
  const result: QueryLogMatch[] = [];
  const isOurs = oursOf(ground);
  for (const service of rows.firstUs.keys()) {
    const sessions = reached.get(service);
    if (!sessions) continue;
    result.push(...matchService(ground, rows, service, sessions, isOurs, clocks));
    yield;
  }
  return result;
}

interface ServiceSessions {
  /** Those that carried payload both ways, or were answered at length, in order of start. */
  readonly bearing: TrialList;
  oneSided: number;
}

/** The sessions to each service that has rows: one pass, however many services log. */
function gatherSessions(ground: Ground, rows: RowTimes): Map<number, ServiceSessions> {
  const { sessions, assets, thresholds } = ground;
  const { startUs, endUs, actor, asset, assetPort, protocol, payloadToActor } = sessions;
  const byService = new Map<number, ServiceSessions>();
  const byAsset: (Map<number, ServiceSessions[]> | undefined)[] = new Array<undefined>(assets.count);
  const isWanted = new Uint8Array(65_536);
  for (const service of rows.firstUs.keys()) {
    const reached: ServiceSessions = { bearing: new TrialList(1024), oneSided: 0 };
    byService.set(service, reached);
    const byPort = (byAsset[rows.services.assetOf(service)] ??= new Map<number, ServiceSessions[]>());
    const port = rows.services.portOf(service);
    isWanted[port] = 1;
    // Services of other protocols may share the port.
    byPort.set(port, [...(byPort.get(port) ?? []), reached]);
  }
  const rungs = rungsOfSessions(sessions);
  const { plainBytes } = thresholds;
  for (let s = 0; s < sessions.count; s++) {
    if (isWanted[assetPort[s]] === 0 || protocol[s] !== PROTOCOL.tcp) continue;
    const here = byAsset[asset[s]]?.get(assetPort[s]);
    if (here === undefined) continue;
    const bearsPayload = rungs[s] === CONVERSED || isAnsweredAtLength(sessions, s, plainBytes);
    const oneSided = !bearsPayload && isOneSided(sessions, s) ? 1 : 0;
    for (const reached of here) {
      if (bearsPayload) reached.bearing.add(startUs[s], endUs[s], actor[s], 0, payloadToActor[s]);
      reached.oneSided += oneSided;
    }
  }
  return byService;
}

function matchService(
  ground: Ground,
  rows: RowTimes,
  service: number,
  { bearing, oneSided }: ServiceSessions,
  isOurs: Uint8Array,
  clocks: readonly AssetClock[],
): QueryLogMatch[] {
  const asset = rows.services.assetOf(service);
  const port = rows.services.portOf(service);
  const firstUs = rows.firstUs.get(service) ?? Number.NaN;
  const lastUs = rows.lastUs.get(service) ?? Number.NaN;
  if (bearing.count === 0) return [];
  const { startUs, endUs, actor, size } = bearing.taken();
  const known = clocks.filter((each) => each.asset === asset).map(({ clock }) => clock);
  const limits = pickThresholds(ground.thresholds, CLOCK_THRESHOLDS);
  const clock = clockOfService(rows, service, bearing.taken(), known, limits);
  if (!clock) return [];
  // Of a session in a sampled export a request may stand in a row that was not kept, an interval before or after what is shown.
  const unseenUs =
    oneSided > ground.thresholds.oneSidedShare * bearing.count ? ground.sessions.aggregationUs : 0;
  const tolerance = toleranceOf(clock) + unseenUs;
  const isTraced = tracesInOrder(ground, rows, service, clock, tolerance);
  const isAsking = askingOf(ground, bearing.taken(), isOurs);
  const answered = new TrialList(bearing.count);
  const strangers = new TrialList(bearing.count);
  for (let i = 0; i < bearing.count; i++) {
    const hostUs = startUs[i] + offsetAt(clock, startUs[i]);
    if (!(hostUs >= firstUs && hostUs <= lastUs)) continue;
    const trials = isAsking(i) ? answered : strangers;
    trials.add(startUs[i], endUs[i], actor[i], isTraced(actor[i], startUs[i], endUs[i]), size[i]);
  }
  return [
    { asset, port, of: 'answered' as const, sessions: answered.taken() },
    { asset, port, of: 'strangers' as const, sessions: withoutLeast(ground, strangers.taken()) },
  ].filter((match) => match.sessions.count > 0);
}

/** A stranger answered by less than nearly all that left a line need not have left one: what it sent was no request. */
function withoutLeast({ thresholds }: Ground, trials: Trials): Trials {
  const { count, startUs, endUs, actor, found, size } = trials;
  const traced = size.filter((bytes, i) => found[i] === 1 && bytes > 0);
  if (traced.length === 0) return trials;
  const least = quantileInPlace(traced, thresholds.tracedSizeQuantile);
  const left = new TrialList(count);
  for (let i = 0; i < count; i++)
    if (!(size[i] < least)) left.add(startUs[i], endUs[i], actor[i], found[i], size[i]);
  return left.taken();
}

/**
 * Whether in a session something was surely asked of the service *own*. Our own clients speak its language in every session; strangers also
 * send it what is no request and leaves no line, and a rate over both would hold them to our clients' habits. But a stranger who is
 * answered by more than a banner, a refusal or an error takes (`plainBytes`) was answered a request, and a log that has our clients' requests
 * should have that one. It may be the only stranger that ever asked, so that no other could tell what strangers leave. Where too few
 * sessions are our clients', strangers are held against strangers alone.
 */
function askingOf(
  { thresholds }: Ground,
  { count, actor, size }: Trials,
  isOurs: Uint8Array,
): (i: number) => boolean {
  let ours = 0;
  for (let i = 0; i < count; i++) ours += isOurs[actor[i]];
  if (ours < thresholds.traceFewestOutside) return (i) => isOurs[actor[i]] === 1;
  const { plainBytes } = thresholds;
  return (i) => isOurs[actor[i]] === 1 || size[i] > plainBytes;
}

/** 1 by ActorId of those that are known or in our own networks. */
function oursOf({ actors, assets }: Ground): Uint8Array {
  const isOurs = outsideActors(actors, assets.isOwn);
  for (let actor = 0; actor < isOurs.length; actor++)
    isOurs[actor] = isOurs[actor] === 0 || actors.known[actor] !== undefined ? 1 : 0;
  return isOurs;
}

/**
 * Whether a session was answered by more than anyone gets who asks nothing, and acknowledged it. A reader sends little beside
 * acknowledgments, and headers estimated some bytes too large swallow its requests.
 */
function isAnsweredAtLength(sessions: Sessions, s: number, plainBytes: number): boolean {
  return sessions.payloadToActor[s] > plainBytes && sessions.packetsFromActor[s] > 0;
}

function isOneSided(sessions: Sessions, s: number): boolean {
  return (
    (sessions.payloadToActor[s] > 0 && !(sessions.packetsFromActor[s] > 0)) ||
    (sessions.payloadFromActor[s] > 0 && !(sessions.packetsToActor[s] > 0))
  );
}

function isTracedBy(
  rows: RowTimes,
  service: number,
  { actor, startUs, endUs }: Trials,
  i: number,
  clock: ClockFit,
  tolerance: number,
): boolean {
  const times = rows.of(actor[i], service);
  if (!times) return false;
  const offset = offsetAt(clock, startUs[i]);
  const at = lowerBound(times, startUs[i] + offset - tolerance);
  return at < times.length && times[at] <= endUs[i] + offset + tolerance;
}

/**
 * The same, asked for sessions in the order of their start: the first row that may be a session's is then never before that of the one before
 * it, so that the search goes on from there.
 */
function tracesInOrder(
  { actors }: Ground,
  rows: RowTimes,
  service: number,
  clock: ClockFit,
  tolerance: number,
): (actor: number, startUs: number, endUs: number) => number {
  const { ofActor, lists } = rows.ofService(service, actors.count);
  const cursors = new Uint32Array(lists.length);
  return (actor, startUs, endUs) => {
    const list = ofActor[actor] - 1;
    if (list === -1) return 0;
    const times = lists[list];
    const offset = offsetAt(clock, startUs);
    const earliest = startUs + offset - tolerance;
    let at = cursors[list];
    while (at < times.length && times[at] < earliest) at += 1;
    cursors[list] = at;
    return at < times.length && times[at] <= endUs + offset + tolerance ? 1 : 0;
  };
}

const SAME_CLOCK: ClockFit = { offsetUs: 0, atUs: 0, driftUsPerDay: 0, spreadUs: 0, matches: 0 };

/**
 * The clock under which most sessions have a row: those known of the host's logs, the flows' own, or one fitted to the rows themselves.
 * Null where under none of them a single session has one.
 */
function clockOfService(
  rows: RowTimes,
  service: number,
  bearing: Trials,
  known: readonly ClockFit[],
  limits: ClockLimits,
): ClockFit | null {
  const step = Math.max(1, Math.ceil(bearing.count / SAMPLED_SESSIONS));
  const fitted = fitToRows(rows, service, bearing, step, limits);
  let best: ClockFit | null = null;
  let most = 0;
  for (const clock of [...known, SAME_CLOCK, fitted]) {
    if (!clock) continue;
    const tolerance = toleranceOf(clock);
    let traced = 0;
    for (let i = 0; i < bearing.count; i += step)
      if (isTracedBy(rows, service, bearing, i, clock, tolerance)) traced += 1;
    if (traced > most) {
      most = traced;
      best = clock;
    }
  }
  return best;
}

/** Only from clients with few rows: a busy one has a row near any time, and says nothing of the clock. */
function fitToRows(
  rows: RowTimes,
  service: number,
  { count, actor, startUs }: Trials,
  step: number,
  limits: ClockLimits,
): ClockFit | null {
  const widestUs = widestOffsetUs(limits);
  const flowUs: number[] = [];
  const differences: number[] = [];
  for (let i = 0; i < count; i += step) {
    const times = rows.of(actor[i], service);
    if (!times) continue;
    const from = lowerBound(times, startUs[i] - widestUs);
    const to = lowerBound(times, startUs[i] + widestUs);
    if (to - from > CANDIDATES) continue;
    for (let at = from; at < to; at++) {
      flowUs.push(startUs[i]);
      differences.push(times[at] - startUs[i]);
    }
  }
  return fitClock(flowUs, differences, limits);
}
