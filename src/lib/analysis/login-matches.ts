import { quantileSorted, sortedFinite } from '../base/statistics';
import { PROTOCOL } from './service-index';
import { fitClock, offsetAt, toleranceOf, WIDEST_OFFSET_US, type ClockFit } from './clock-offset';
import type { Ground } from './context';
import type { LogHost, LoginConnections } from './login-connections';
import type { Trials } from './missing-tests';
import { rungOfSession } from './session-rungs';

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
/** A port with less of a host's matches is chance. */
const PORT_SHARE = 0.05;
/** A session smaller than nearly all that left a line need not have left one (a port scan that reads the banner). */
const SIZE_QUANTILE = 0.05;

interface Pairs {
  readonly session: number[];
  readonly connection: number[];
}

/** Matches flows and login lines by client address, client port and time, per host. Hosts whose lines match no flows are left out. */
export function matchLogins(ground: Ground, connections: LoginConnections): HostMatch[] {
  return findHostClocks(ground, connections).map((clocked) => matchHost(ground, connections, clocked));
}

/** Host names that turn out to be assets, without the tests that come after: cheap enough to run before assets are settled. */
export function findHostClocks(ground: Ground, connections: LoginConnections): ClockedHost[] {
  const pairs = candidatePairs(ground, connections);
  const result: ClockedHost[] = [];
  connections.hosts.forEach((host, id) => {
    const clocked = clockHost(ground, connections, host, id, pairs[id]);
    if (clocked) result.push(clocked);
  });
  return result;
}

/** A host with its clock, its address and what matched under that clock. */
export interface ClockedHost {
  readonly host: LogHost;
  readonly hostId: number;
  readonly asset: number;
  readonly clock: ClockFit;
  readonly sessions: ReadonlySet<number>;
  readonly connections: ReadonlySet<number>;
}

/** Every (session, connection) with one client endpoint within a day, by host. */
function candidatePairs(ground: Ground, connections: LoginConnections): Pairs[] {
  const pairs: Pairs[] = connections.hosts.map(() => ({ session: [], connection: [] }));
  const { sessions } = ground;
  if (connections.count === 0) return pairs;
  for (let s = 0; s < sessions.count; s++) {
    if (sessions.protocol[s] !== PROTOCOL.tcp) continue;
    let connection = connections.headOf(sessions.actorAddr[s], sessions.actorPort[s]);
    for (let k = 0; connection !== -1 && k < PAIRS_PER_SESSION; k++) {
      if (Math.abs(connections.firstUs.at(connection) - sessions.startUs[s]) <= WIDEST_OFFSET_US) {
        const list = pairs[connections.hostOf.at(connection)];
        list.session.push(s);
        list.connection.push(connection);
      }
      connection = connections.next.at(connection);
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
  if (pairs.session.length === 0) return null;
  const clock = fitClock(
    pairs.session.map((s) => sessions.startUs[s]),
    pairs.session.map((s, i) => connections.firstUs.at(pairs.connection[i]) - sessions.startUs[s]),
  );
  if (!clock) return null;
  const tolerance = toleranceOf(clock);
  const matchedSessions = new Set<number>();
  const matchedConnections = new Set<number>();
  const assets = new Map<number, number>();
  for (let i = 0; i < pairs.session.length; i++) {
    const s = pairs.session[i];
    // A sampled export may show the middle of a session alone, whose lines stand at its beginning and its end.
    const offsetUs = offsetAt(clock, sessions.startUs[s]);
    const fromUs = connections.firstUs.at(pairs.connection[i]) - offsetUs;
    const toUs = connections.lastUs.at(pairs.connection[i]) - offsetUs;
    if (toUs < sessions.startUs[s] - tolerance || fromUs > sessions.endUs[s] + tolerance) continue;
    matchedSessions.add(s);
    matchedConnections.add(pairs.connection[i]);
    assets.set(sessions.asset[s], (assets.get(sessions.asset[s]) ?? 0) + 1);
  }
  if (matchedSessions.size === 0) return null;
  const asset = mostCounted(assets);
  return { host, hostId, asset, clock, sessions: matchedSessions, connections: matchedConnections };
}

function matchHost(ground: Ground, connections: LoginConnections, clocked: ClockedHost): HostMatch {
  const { host, asset, clock } = clocked;
  const ports = portsOf(ground, clocked.sessions, asset);
  return {
    host,
    asset,
    clock,
    matches: clocked.sessions.size,
    ports,
    sessions: sessionTrials(ground, host, clock, asset, new Set(ports), clocked.sessions),
    lines: lineTrials(ground, connections, clocked),
  };
}

function mostCounted(counts: ReadonlyMap<number, number>): number {
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function portsOf(ground: Ground, matched: ReadonlySet<number>, asset: number): number[] {
  const { sessions } = ground;
  const counts = new Map<number, number>();
  for (const s of matched) {
    if (sessions.asset[s] === asset)
      counts.set(sessions.assetPort[s], (counts.get(sessions.assetPort[s]) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= matched.size * PORT_SHARE)
    .sort((a, b) => b[1] - a[1])
    .map(([port]) => port);
}

/** Payload-bearing sessions to the host's login ports, at times that its log spans. */
function sessionTrials(
  ground: Ground,
  host: LogHost,
  clock: ClockFit,
  asset: number,
  ports: ReadonlySet<number>,
  matched: ReadonlySet<number>,
): Trials {
  const { sessions } = ground;
  const sizes = [...matched].map((s) => sessions.payloadFromActor[s]).filter((bytes) => bytes > 0);
  const smallest = quantileSorted(sortedFinite(sizes), SIZE_QUANTILE);
  const chosen: number[] = [];
  for (let s = 0; s < sessions.count; s++) {
    if (
      sessions.asset[s] !== asset ||
      sessions.protocol[s] !== PROTOCOL.tcp ||
      !ports.has(sessions.assetPort[s])
    )
      continue;
    if (rungOfSession(sessions, s).rung < 3 || !(sessions.payloadFromActor[s] >= smallest)) continue;
    const hostUs = sessions.startUs[s] + offsetAt(clock, sessions.startUs[s]);
    if (hostUs < host.firstUs || hostUs > host.lastUs) continue;
    chosen.push(s);
  }
  return trialsOf(
    chosen.length,
    (i) => sessions.startUs[chosen[i]],
    (i) => sessions.endUs[chosen[i]],
    (i) => sessions.actor[chosen[i]],
    (i) => matched.has(chosen[i]),
    (i) => sessions.payloadToActor[chosen[i]],
  );
}

/** Connections of the log at times that the flows of the asset span, in the flow clock. */
function lineTrials(ground: Ground, connections: LoginConnections, clocked: ClockedHost): Trials {
  const { sessions, actors, assets } = ground;
  const { hostId, clock, asset, connections: matched } = clocked;
  let fromUs = Infinity;
  let toUs = -Infinity;
  for (let s = 0; s < sessions.count; s++) {
    if (sessions.asset[s] !== asset) continue;
    if (sessions.startUs[s] < fromUs) fromUs = sessions.startUs[s];
    if (sessions.endUs[s] > toUs) toUs = sessions.endUs[s];
  }
  const tolerance = toleranceOf(clock);
  const chosen: number[] = [];
  const at: number[] = [];
  for (let c = 0; c < connections.count; c++) {
    if (connections.hostOf.at(c) !== hostId) continue;
    const address = connections.addr.at(c);
    // What a machine says to itself passes no flow exporter.
    if (actors.byAddress[address] === 0 || assets.byAddress[address] === asset + 1) continue;
    const us = connections.firstUs.at(c) - offsetAt(clock, connections.firstUs.at(c) - clock.offsetUs);
    if (us < fromUs + tolerance || us > toUs - tolerance) continue;
    chosen.push(c);
    at.push(us);
  }
  const order = chosen.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  return trialsOf(
    order.length,
    (i) => at[order[i]],
    (i) => at[order[i]],
    (i) => actors.byAddress[connections.addr.at(chosen[order[i]])] - 1,
    (i) => matched.has(chosen[order[i]]),
    () => 0,
  );
}

export function trialsOf(
  count: number,
  startUs: (i: number) => number,
  endUs: (i: number) => number,
  actor: (i: number) => number,
  isFound: (i: number) => boolean,
  size: (i: number) => number,
): Trials {
  const trials = {
    count,
    startUs: new Float64Array(count),
    endUs: new Float64Array(count),
    actor: new Uint32Array(count),
    found: new Uint8Array(count),
    size: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    trials.startUs[i] = startUs(i);
    trials.endUs[i] = endUs(i);
    trials.actor[i] = actor(i);
    trials.found[i] = isFound(i) ? 1 : 0;
    trials.size[i] = size(i);
  }
  return trials;
}
