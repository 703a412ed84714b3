import type { InParts } from '../base/parts';
import { lowerBound } from '../base/statistics';
import { fitClock, offsetAt, toleranceOf, WIDEST_OFFSET_US, type ClockFit } from './clock-offset';
import type { Ground, Sessions } from './context';
import { GrowingIds } from './growing-column';
import { TrialList, type Trials } from './missing-tests';
import { RowTimes } from './row-times';
import { PROTOCOL, ServiceIndex } from './service-index';
import { CONVERSED, rungsOfSessions } from './session-rungs';

/** A service's own log, held against the sessions to its port. */
export interface QueryLogMatch {
  readonly asset: number;
  readonly port: number;
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
  for (const [service, firstUs] of rows.firstUs) {
    const lastUs = rows.lastUs.get(service) ?? firstUs;
    const sessions = reached.get(service);
    if (!sessions) continue;
    result.push(...matchService(ground, rows, service, sessions, firstUs, lastUs, clocks));
    yield;
  }
  return result;
}

interface ServiceSessions {
  /** Those that carried payload both ways, in order of start. */
  readonly bearing: GrowingIds;
  oneSided: number;
}

/** The sessions to each service that has rows: one pass, however many services log. */
function gatherSessions(ground: Ground, rows: RowTimes): Map<number, ServiceSessions> {
  const { sessions, assets } = ground;
  const byService = new Map<number, ServiceSessions>();
  const byAsset: (Map<number, ServiceSessions[]> | undefined)[] = new Array<undefined>(assets.count);
  const isWanted = new Uint8Array(65_536);
  for (const service of rows.firstUs.keys()) {
    const reached: ServiceSessions = { bearing: new GrowingIds(), oneSided: 0 };
    byService.set(service, reached);
    const byPort = (byAsset[rows.services.assetOf(service)] ??= new Map<number, ServiceSessions[]>());
    const port = rows.services.portOf(service);
    isWanted[port] = 1;
    // Services of other protocols may share the port.
    byPort.set(port, [...(byPort.get(port) ?? []), reached]);
  }
  const rungs = rungsOfSessions(sessions);
  for (let s = 0; s < sessions.count; s++) {
    if (isWanted[sessions.assetPort[s]] === 0 || sessions.protocol[s] !== PROTOCOL.tcp) continue;
    const here = byAsset[sessions.asset[s]]?.get(sessions.assetPort[s]);
    if (here === undefined) continue;
    const bearsPayload = rungs[s] === CONVERSED;
    const oneSided = !bearsPayload && isOneSided(sessions, s) ? 1 : 0;
    for (const reached of here) {
      if (bearsPayload) reached.bearing.push(s);
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
  firstUs: number,
  lastUs: number,
  clocks: readonly AssetClock[],
): QueryLogMatch[] {
  const { sessions, assets, actors } = ground;
  const asset = rows.services.assetOf(service);
  const port = rows.services.portOf(service);
  if (bearing.length === 0) return [];
  const clock = clockOfService(
    ground,
    rows,
    service,
    bearing.taken(),
    clocks.filter((known) => known.asset === asset).map((known) => known.clock),
  );
  if (!clock) return [];
  // Of a session in a sampled export a request may stand in a row that was not kept, an interval before or after what is shown.
  const unseenUs = oneSided > ONE_SIDED_SHARE * bearing.length ? sessions.aggregationUs : 0;
  const tolerance = toleranceOf(clock) + unseenUs;
  // Our own clients speak the service's language in every session; strangers also send it what is no request and leaves no line. A rate
  // over both would hold the strangers to our clients' habits.
  const ours = new TrialList(bearing.length);
  const strangers = new TrialList(bearing.length);
  const isTraced = tracesInOrder(ground, rows, service, clock, tolerance);
  const { startUs, endUs, actor, actorAddr, payloadToActor } = sessions;
  for (const s of bearing.taken()) {
    const hostUs = startUs[s] + offsetAt(clock, startUs[s]);
    if (!(hostUs >= firstUs && hostUs <= lastUs)) continue;
    const isOurs = assets.isOwn[actorAddr[s]] === 1 || actors.known[actor[s]] !== undefined;
    const trials = isOurs ? ours : strangers;
    trials.add(startUs[s], endUs[s], actor[s], isTraced(s), payloadToActor[s]);
  }
  return [ours, strangers]
    .map((trials) => ({ asset, port, sessions: trials.taken() }))
    .filter((match) => match.sessions.count > 0);
}

/**
 * More sessions than this, for each that carries payload both ways, that carry it one way alone, and the export is a sample *own*: a complete
 * one has both directions of whatever was answered.
 */
const ONE_SIDED_SHARE = 0.5;

function isOneSided(sessions: Sessions, s: number): boolean {
  return (
    (sessions.payloadToActor[s] > 0 && !(sessions.packetsFromActor[s] > 0)) ||
    (sessions.payloadFromActor[s] > 0 && !(sessions.packetsToActor[s] > 0))
  );
}

function isTracedBy(
  ground: Ground,
  rows: RowTimes,
  service: number,
  clock: ClockFit,
  tolerance: number,
  s: number,
): boolean {
  const { sessions } = ground;
  const times = rows.of(sessions.actor[s], service);
  if (!times) return false;
  const offset = offsetAt(clock, sessions.startUs[s]);
  const at = lowerBound(times, sessions.startUs[s] + offset - tolerance);
  return at < times.length && times[at] <= sessions.endUs[s] + offset + tolerance;
}

/**
 * The same, asked for sessions in the order of their start: the first row that may be a session's is then never before that of the one before
 * it, so that the search goes on from there.
 */
function tracesInOrder(
  { sessions, actors }: Ground,
  rows: RowTimes,
  service: number,
  clock: ClockFit,
  tolerance: number,
): (session: number) => number {
  const { ofActor, lists } = rows.ofService(service, actors.count);
  const cursors = new Uint32Array(lists.length);
  return (s) => {
    const list = ofActor[sessions.actor[s]] - 1;
    if (list === -1) return 0;
    const times = lists[list];
    const offset = offsetAt(clock, sessions.startUs[s]);
    const earliest = sessions.startUs[s] + offset - tolerance;
    let at = cursors[list];
    while (at < times.length && times[at] < earliest) at += 1;
    cursors[list] = at;
    return at < times.length && times[at] <= sessions.endUs[s] + offset + tolerance ? 1 : 0;
  };
}

const SAME_CLOCK: ClockFit = { offsetUs: 0, atUs: 0, driftUsPerDay: 0, spreadUs: 0, matches: 0 };

/**
 * The clock under which most sessions have a row: those known of the host's logs, the flows' own, or one fitted to the rows themselves.
 * Null where under none of them a single session has one.
 */
function clockOfService(
  ground: Ground,
  rows: RowTimes,
  service: number,
  bearing: Uint32Array,
  known: readonly ClockFit[],
): ClockFit | null {
  const step = Math.max(1, Math.ceil(bearing.length / SAMPLED_SESSIONS));
  const sampled = new Uint32Array(Math.ceil(bearing.length / step));
  for (let i = 0; i < sampled.length; i++) sampled[i] = bearing[i * step];
  const fitted = fitToRows(ground, rows, service, sampled);
  let best: ClockFit | null = null;
  let most = 0;
  for (const clock of [...known, SAME_CLOCK, fitted]) {
    if (!clock) continue;
    const tolerance = toleranceOf(clock);
    let traced = 0;
    for (const s of sampled) if (isTracedBy(ground, rows, service, clock, tolerance, s)) traced += 1;
    if (traced > most) {
      most = traced;
      best = clock;
    }
  }
  return best;
}

/** Only from clients with few rows: a busy one has a row near any time, and says nothing of the clock. */
function fitToRows(ground: Ground, rows: RowTimes, service: number, sampled: Uint32Array): ClockFit | null {
  const { sessions } = ground;
  const flowUs: number[] = [];
  const differences: number[] = [];
  for (const s of sampled) {
    const times = rows.of(sessions.actor[s], service);
    if (!times) continue;
    const from = lowerBound(times, sessions.startUs[s] - WIDEST_OFFSET_US);
    const to = lowerBound(times, sessions.startUs[s] + WIDEST_OFFSET_US);
    if (to - from > CANDIDATES) continue;
    for (let at = from; at < to; at++) {
      flowUs.push(sessions.startUs[s]);
      differences.push(times[at] - sessions.startUs[s]);
    }
  }
  return fitClock(flowUs, differences);
}
