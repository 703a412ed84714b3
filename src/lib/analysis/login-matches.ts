import { finished, type InParts } from '../base/parts';
import { argsort, groupBy, type Groups } from '../base/sorting';
import { quantileInPlace } from '../base/statistics';
import { VERDICT } from '../tables/schemas';
import { assetOfLogRow } from './assets';
import { PROTOCOL } from './service-index';
import { fitClock, offsetAt, toleranceOf, widestOffsetUs, type ClockFit } from './clock-offset';
import type { Ground, Sessions } from './context';
import { GrowingIds } from './growing-column';
import { foldConnections, type LogHost, type LoginConnections } from './login-connections';
import { TrialList, type Trials } from './trials';
import { clockQueryLogs } from './query-clocks';
import { identifyQueryLogs, type QueryIdentity } from './query-identity';
import { rungsOfSessions, SESSION_RUNGS } from './session-rungs';
import { CLOCK_THRESHOLDS, pickThresholds } from './thresholds';

/** A host's login log, held against the flows of the asset that it turned out to be. */
export interface HostMatch {
  readonly host: LogHost;
  readonly asset: number;
  readonly clock: ClockFit;
  readonly matches: number;
  /** Ports on which its login service was reached, the busiest first. */
  readonly ports: readonly number[];
  /** Sessions that should have left a line. */
  readonly sessions: Trials;
  /** Connections of the log that should have left a flow. */
  readonly lines: Trials;
}

/** Candidate pairs per session, at most: a client that uses one port over and over. */
const PAIRS_PER_SESSION = 64;

interface Pairs {
  readonly session: GrowingIds;
  readonly connection: GrowingIds;
}

/** A host with its clock and what matched under that clock, before it is settled which asset it is. */
export interface ClockedHost {
  readonly host: LogHost;
  readonly hostId: number;
  readonly clock: ClockFit;
  /** Session indices, ascending, and connection ids that matched, each once. */
  readonly sessions: Uint32Array;
  readonly connections: Uint32Array;
}

/** Login connections and the clocks of the logs: depends on no asset's name, so it is read once. */
export interface LogClocks {
  readonly connections: LoginConnections;
  readonly hosts: readonly ClockedHost[];
  readonly queryLogs: readonly QueryIdentity[];
}

/** Matches flows and login lines by client address, client port and time, per host. Hosts whose lines match no flows are left out. */
export function readClocks(ground: Ground): LogClocks {
  return finished(readClocksInParts(ground));
}

export function* readClocksInParts(ground: Ground): InParts<LogClocks> {
  const connections = foldConnections(ground);
  yield;
  const pairs = candidatePairs(ground, connections);
  yield;
  const hosts: ClockedHost[] = [];
  for (const [id, host] of connections.hosts.entries()) {
    const clocked = clockHost(ground, connections, host, id, pairs[id]);
    if (clocked) hosts.push(clocked);
    yield;
  }
  const identities = yield* identifyQueryLogs(ground);
  const clocks = hosts.map((clocked) => ({
    asset: assetOfHost(ground, clocked),
    named: assetOfLogRow(ground.assets, clocked.host.source, clocked.host.host),
    clock: clocked.clock,
  }));
  return {
    connections,
    hosts,
    queryLogs: [...identities, ...(yield* clockQueryLogs(ground, clocks, identities))],
  };
}

/** AssetId that most of a host's matched sessions are with. */
export function assetOfHost(ground: Ground, clocked: ClockedHost): number {
  const { asset } = ground.sessions;
  const matched = clocked.sessions;
  const counts = new Uint32Array(ground.assets.count);
  let best = asset[matched[0]];
  for (let k = 0; k < matched.length; k++) counts[asset[matched[k]]] += 1;
  // Of two with as many, the one that is matched first.
  for (let k = 0; k < matched.length; k++)
    if (counts[asset[matched[k]]] > counts[best]) best = asset[matched[k]];
  return best;
}

/** Every clocked host with what should have left a trace on the other side. */
export function* matchLogins(ground: Ground, clocks: LogClocks): InParts<HostMatch[]> {
  const drafts = clocks.hosts.map((clocked) => draftOf(ground, clocked));
  yield;
  gatherSessions(ground, drafts);
  const isMatchedLine = new Uint8Array(clocks.connections.count);
  const linesOf = linesByHost(clocks.connections);
  const matches: HostMatch[] = [];
  for (const draft of drafts) {
    yield;
    const { clocked, asset, ports } = draft;
    for (const c of clocked.connections) isMatchedLine[c] = 1;
    const { starts, order } = linesOf;
    const lines = order.subarray(starts[clocked.hostId], starts[clocked.hostId + 1]);
    matches.push({
      host: clocked.host,
      asset,
      clock: clocked.clock,
      matches: clocked.sessions.length,
      ports,
      sessions: draft.trials.taken(),
      lines: lineTrials(ground, clocks.connections, draft, lines, isMatchedLine),
    });
    for (const c of clocked.connections) isMatchedLine[c] = 0;
  }
  return matches;
}

interface Draft {
  readonly clocked: ClockedHost;
  readonly asset: number;
  readonly ports: readonly number[];
  readonly isLoginPort: Uint8Array;
  /** What nearly all sessions that left a line have at least, either way; both NaN: the export gives no sizes. */
  readonly leastFrom: number;
  readonly leastTo: number;
  /** Sessions to the login ports of the asset that should have left a line. */
  readonly trials: TrialList;
  /** How many of the matched sessions were passed. */
  matched: number;
  /** First start and last end of any session with the asset. */
  fromUs: number;
  toUs: number;
}

function draftOf(ground: Ground, clocked: ClockedHost): Draft {
  const { sessions } = ground;
  const asset = assetOfHost(ground, clocked);
  const ports = portsOf(ground, clocked.sessions, asset);
  const isLoginPort = new Uint8Array(65_536);
  for (const port of ports) isLoginPort[port] = 1;
  return {
    clocked,
    asset,
    ports,
    isLoginPort,
    leastFrom: leastOf(sessions.bytesFromActor, clocked.sessions, ground.thresholds.tracedSizeQuantile),
    leastTo: leastOf(sessions.bytesToActor, clocked.sessions, ground.thresholds.tracedSizeQuantile),
    trials: new TrialList(clocked.sessions.length * 2),
    matched: 0,
    fromUs: Infinity,
    toUs: -Infinity,
  };
}

/** A session smaller than nearly all that left a line need not have left one (a port scan that reads the banner). */
function leastOf(sizes: Float64Array, matched: Uint32Array, quantile: number): number {
  const known = new Float64Array(matched.length);
  let count = 0;
  for (let k = 0; k < matched.length; k++) {
    const s = matched[k];
    if (sizes[s] > 0) known[count++] = sizes[s];
  }
  return quantileInPlace(known.subarray(0, count), quantile);
}

/** One pass over all sessions for all hosts: those of one host alone lie all over them. */
function gatherSessions(ground: Ground, drafts: readonly Draft[]): void {
  const { sessions } = ground;
  const { startUs, endUs, asset, assetPort, protocol, verdict } = sessions;
  const rungs = rungsOfSessions(sessions);
  const byAsset: (Draft[] | undefined)[] = new Array<Draft[] | undefined>(ground.assets.count);
  for (const draft of drafts) (byAsset[draft.asset] ??= []).push(draft);
  for (let s = 0; s < sessions.count; s++) {
    const here = byAsset[asset[s]];
    if (here === undefined) continue;
    for (const draft of here) {
      if (startUs[s] < draft.fromUs) draft.fromUs = startUs[s];
      if (endUs[s] > draft.toUs) draft.toUs = endUs[s];
      if (draft.isLoginPort[assetPort[s]] === 0 || protocol[s] !== PROTOCOL.tcp) continue;
      if (verdict[s] !== VERDICT.reject) addTrial(sessions, rungs, draft, s);
    }
  }
}

/**
 * Adds a session to a login port if it is at least as large, either way, as nearly all that left a line, at a time that the log spans.
 * Sizes are compared as the export gives them: payload is an estimate that calls many a short login attempt empty.
 */
function addTrial(sessions: Sessions, rungs: Uint8Array, draft: Draft, s: number): void {
  const { leastFrom, leastTo } = draft;
  const { host, clock, sessions: matched } = draft.clocked;
  const isSized =
    (!Number.isNaN(leastFrom) || !Number.isNaN(leastTo)) &&
    !(Number.isNaN(sessions.bytesFromActor[s]) && Number.isNaN(sessions.bytesToActor[s]));
  const isLikeLogged = isSized
    ? !(sessions.bytesFromActor[s] < leastFrom) && !(sessions.bytesToActor[s] < leastTo)
    : SESSION_RUNGS[rungs[s]].rung >= 2;
  if (!isLikeLogged) return;
  const startUs = sessions.startUs[s];
  const hostUs = startUs + offsetAt(clock, startUs);
  if (!(hostUs >= host.firstUs && hostUs <= host.lastUs)) return;
  while (draft.matched < matched.length && matched[draft.matched] < s) draft.matched += 1;
  const isFound = matched[draft.matched] === s ? 1 : 0;
  draft.trials.add(startUs, sessions.endUs[s], sessions.actor[s], isFound, sessions.bytesToActor[s]);
}

function linesByHost(connections: LoginConnections): Groups {
  return groupBy(connections.hostOf, connections.hosts.length, connections.count);
}

/** Every (session, connection) with one client endpoint within a day, by host. */
function candidatePairs(ground: Ground, connections: LoginConnections): Pairs[] {
  const pairs: Pairs[] = connections.hosts.map(() => ({
    session: new GrowingIds(),
    connection: new GrowingIds(),
  }));
  const { sessions, thresholds } = ground;
  const widestUs = widestOffsetUs(thresholds);
  const { isClient, firstUs, hostOf, next } = connections;
  if (connections.count === 0) return pairs;
  for (let s = 0; s < sessions.count; s++) {
    if (isClient[sessions.actorAddr[s]] === 0 || sessions.protocol[s] !== PROTOCOL.tcp) continue;
    let connection = connections.headOf(sessions.actorAddr[s], sessions.actorPort[s]);
    for (let k = 0; connection !== -1 && k < PAIRS_PER_SESSION; k++) {
      if (Math.abs(firstUs[connection] - sessions.startUs[s]) <= widestUs) {
        const list = pairs[hostOf[connection]];
        list.session.push(s);
        list.connection.push(connection);
      }
      connection = next[connection];
    }
  }
  return pairs;
}

function clockHost(
  ground: Ground,
  connections: LoginConnections,
  host: LogHost,
  hostId: number,
  pairs: Pairs,
): ClockedHost | null {
  const { sessions } = ground;
  const { firstUs, lastUs } = connections;
  const pairSession = pairs.session.taken();
  const pairConnection = pairs.connection.taken();
  const flowUs = new Float64Array(pairSession.length);
  const differenceUs = new Float64Array(pairSession.length);
  for (let i = 0; i < flowUs.length; i++) {
    flowUs[i] = sessions.startUs[pairSession[i]];
    differenceUs[i] = firstUs[pairConnection[i]] - flowUs[i];
  }
  const fit = fitClock(flowUs, differenceUs, pickThresholds(ground.thresholds, CLOCK_THRESHOLDS));
  if (!fit) return null;
  const isHeldBy = (clock: ClockFit, i: number, tolerance: number): boolean => {
    const s = pairSession[i];
    const c = pairConnection[i];
    const offsetUs = offsetAt(clock, sessions.startUs[s]);
    return (
      lastUs[c] - offsetUs >= sessions.startUs[s] - tolerance &&
      firstUs[c] - offsetUs <= sessions.endUs[s] + tolerance
    );
  };
  const clock = simplest(fit, flowUs.length, isHeldBy);
  const tolerance = toleranceOf(clock);
  const matchedSessions = new GrowingIds();
  const matchedConnections = new GrowingIds();
  const isMatched = new Uint8Array(connections.count);
  let lastSession = -1;
  for (let i = 0; i < pairSession.length; i++) {
    const s = pairSession[i];
    const c = pairConnection[i];
    // A sampled export may show the middle of a session alone, whose lines stand at its beginning and its end.
    if (!isHeldBy(clock, i, tolerance)) continue;
    // Pairs of one session follow each other.
    if (s !== lastSession) matchedSessions.push((lastSession = s));
    if (isMatched[c] === 0) matchedConnections.push(c);
    isMatched[c] = 1;
  }
  if (matchedSessions.length === 0) return null;
  return { host, hostId, clock, sessions: matchedSessions.taken(), connections: matchedConnections.taken() };
}

/**
 * The right clock, where pairs that do not agree among themselves on an offset fit it as well *own*. An export that samples rows shows a long
 * session as many short ones, each later than its line by another while: their median is no clock.
 */
function simplest(
  fit: ClockFit,
  pairs: number,
  isHeldBy: (clock: ClockFit, pair: number, tolerance: number) => boolean,
): ClockFit {
  const right: ClockFit = {
    offsetUs: 0,
    atUs: fit.atUs,
    driftUsPerDay: 0,
    spreadUs: 0,
    matches: fit.matches,
  };
  const tolerance = toleranceOf(right);
  if (Math.abs(fit.offsetUs) <= tolerance || fit.spreadUs <= tolerance) return fit;
  let byFit = 0;
  let byRight = 0;
  for (let i = 0; i < pairs; i++) {
    if (isHeldBy(fit, i, tolerance)) byFit += 1;
    if (isHeldBy(right, i, tolerance)) byRight += 1;
  }
  return byRight >= byFit ? right : fit;
}

function portsOf(ground: Ground, matched: Uint32Array, asset: number): number[] {
  const { sessions, thresholds } = ground;
  const fewest = matched.length * thresholds.loginPortShare;
  const counts = new Map<number, number>();
  for (let k = 0; k < matched.length; k++) {
    const s = matched[k];
    if (sessions.asset[s] === asset)
      counts.set(sessions.assetPort[s], (counts.get(sessions.assetPort[s]) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= fewest)
    .sort((a, b) => b[1] - a[1])
    .map(([port]) => port);
}

/** Connections of the log at times that the flows of the asset span, in the flow clock. */
function lineTrials(
  ground: Ground,
  connections: LoginConnections,
  { clocked: { clock }, asset, fromUs, toUs }: Draft,
  lines: Uint32Array,
  isMatched: Uint8Array,
): Trials {
  const { actors, assets } = ground;
  const tolerance = toleranceOf(clock);
  const chosen = new Uint32Array(lines.length);
  const at = new Float64Array(lines.length);
  let count = 0;
  const passing = new Set<number>();
  for (let k = 0; k < lines.length; k++)
    if (isMatched[lines[k]] === 1) passing.add(connections.addr[lines[k]]);
  for (let k = 0; k < lines.length; k++) {
    const c = lines[k];
    const address = connections.addr[c];
    // What a machine says to itself passes no flow exporter.
    if (actors.byAddress[address] === 0 || assets.byAddress[address] === asset + 1) continue;
    // Nor does what comes from a machine of ours pass a firewall at the border: of one that never did it tells nothing.
    if (assets.isOwn[address] === 1 && !passing.has(address)) continue;
    const us = connections.firstUs[c] - offsetAt(clock, connections.firstUs[c] - clock.offsetUs);
    if (us < fromUs + tolerance || us > toUs - tolerance) continue;
    chosen[count] = c;
    at[count++] = us;
  }
  const order = argsort(at, count);
  const trials = new TrialList(count);
  for (let i = 0; i < count; i++) {
    const c = chosen[order[i]];
    const us = at[order[i]];
    trials.add(us, us, actors.byAddress[connections.addr[c]] - 1, isMatched[c], 0);
  }
  return trials.taken();
}
