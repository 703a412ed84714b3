import { quantileSorted, sortedFinite } from '../base/statistics';
import { VERDICT } from '../tables/schemas';
import { PROTOCOL } from './service-index';
import { fitClock, offsetAt, toleranceOf, WIDEST_OFFSET_US, type ClockFit } from './clock-offset';
import type { Ground } from './context';
import { foldConnections, type LogHost, type LoginConnections } from './login-connections';
import type { Trials } from './missing-tests';
import { identifyQueryLogs, type QueryIdentity } from './query-identity';
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

/** A host with its clock and what matched under that clock, before it is settled which asset it is. */
export interface ClockedHost {
  readonly host: LogHost;
  readonly hostId: number;
  readonly clock: ClockFit;
  /** Session indices and connection ids that matched, each once. */
  readonly sessions: readonly number[];
  readonly connections: readonly number[];
}

/** Login connections and the clocks of the logs: depends on no asset's name, so it is read once. */
export interface LogClocks {
  readonly connections: LoginConnections;
  readonly hosts: readonly ClockedHost[];
  readonly queryLogs: readonly QueryIdentity[];
}

/** Matches flows and login lines by client address, client port and time, per host. Hosts whose lines match no flows are left out. */
export function readClocks(ground: Ground): LogClocks {
  const connections = foldConnections(ground);
  const pairs = candidatePairs(ground, connections);
  const hosts: ClockedHost[] = [];
  connections.hosts.forEach((host, id) => {
    const clocked = clockHost(ground, connections, host, id, pairs[id]);
    if (clocked) hosts.push(clocked);
  });
  return { connections, hosts, queryLogs: identifyQueryLogs(ground) };
}

/** AssetId that most of a host's matched sessions are with. */
export function assetOfHost(ground: Ground, clocked: ClockedHost): number {
  const counts = new Map<number, number>();
  for (const s of clocked.sessions) {
    const asset = ground.sessions.asset[s];
    counts.set(asset, (counts.get(asset) ?? 0) + 1);
  }
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Every clocked host with what should have left a trace on the other side. */
export function matchLogins(ground: Ground, clocks: LogClocks): HostMatch[] {
  const drafts = clocks.hosts.map((clocked) => {
    const asset = assetOfHost(ground, clocked);
    return {
      clocked,
      asset,
      ports: portsOf(ground, clocked.sessions, asset),
      sessions: [] as number[],
      spanUs: [Infinity, -Infinity],
    };
  });
  gatherSessions(ground, drafts);
  const isMatched = new Uint8Array(ground.sessions.count);
  const isMatchedLine = new Uint8Array(clocks.connections.count);
  const linesOf = linesByHost(clocks.connections);
  return drafts.map((draft) => {
    const { clocked, asset, ports } = draft;
    for (const s of clocked.sessions) isMatched[s] = 1;
    for (const c of clocked.connections) isMatchedLine[c] = 1;
    const match: HostMatch = {
      host: clocked.host,
      asset,
      clock: clocked.clock,
      matches: clocked.sessions.length,
      ports,
      sessions: sessionTrials(ground, clocked, draft.sessions, isMatched),
      lines: lineTrials(ground, clocks.connections, draft, linesOf[clocked.hostId], isMatchedLine),
    };
    for (const s of clocked.sessions) isMatched[s] = 0;
    for (const c of clocked.connections) isMatchedLine[c] = 0;
    return match;
  });
}

interface Draft {
  readonly clocked: ClockedHost;
  readonly asset: number;
  readonly ports: readonly number[];
  /** Sessions to the login ports of the asset. */
  readonly sessions: number[];
  /** First start and last end of any session with the asset. */
  readonly spanUs: number[];
}

/** One pass over all sessions for all hosts. */
function gatherSessions(ground: Ground, drafts: readonly Draft[]): void {
  const { sessions } = ground;
  const byAsset: (Draft[] | undefined)[] = new Array<Draft[] | undefined>(ground.assets.count);
  for (const draft of drafts) (byAsset[draft.asset] ??= []).push(draft);
  for (let s = 0; s < sessions.count; s++) {
    const here = byAsset[sessions.asset[s]];
    if (here === undefined) continue;
    for (const draft of here) {
      if (sessions.startUs[s] < draft.spanUs[0]) draft.spanUs[0] = sessions.startUs[s];
      if (sessions.endUs[s] > draft.spanUs[1]) draft.spanUs[1] = sessions.endUs[s];
      if (sessions.protocol[s] === PROTOCOL.tcp && draft.ports.includes(sessions.assetPort[s]))
        draft.sessions.push(s);
    }
  }
}

function linesByHost(connections: LoginConnections): number[][] {
  const lines: number[][] = connections.hosts.map(() => []);
  for (let c = 0; c < connections.count; c++) lines[connections.hostOf.at(c)].push(c);
  return lines;
}

/** Every (session, connection) with one client endpoint within a day, by host. */
function candidatePairs(ground: Ground, connections: LoginConnections): Pairs[] {
  const pairs: Pairs[] = connections.hosts.map(() => ({ session: [], connection: [] }));
  const { sessions } = ground;
  if (connections.count === 0) return pairs;
  for (let s = 0; s < sessions.count; s++) {
    if (sessions.protocol[s] !== PROTOCOL.tcp || connections.isClient[sessions.actorAddr[s]] === 0) continue;
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
  for (let i = 0; i < pairs.session.length; i++) {
    const s = pairs.session[i];
    // A sampled export may show the middle of a session alone, whose lines stand at its beginning and its end.
    const offsetUs = offsetAt(clock, sessions.startUs[s]);
    const fromUs = connections.firstUs.at(pairs.connection[i]) - offsetUs;
    const toUs = connections.lastUs.at(pairs.connection[i]) - offsetUs;
    if (toUs < sessions.startUs[s] - tolerance || fromUs > sessions.endUs[s] + tolerance) continue;
    matchedSessions.add(s);
    matchedConnections.add(pairs.connection[i]);
  }
  if (matchedSessions.size === 0) return null;
  return { host, hostId, clock, sessions: [...matchedSessions], connections: [...matchedConnections] };
}

function portsOf(ground: Ground, matched: readonly number[], asset: number): number[] {
  const { sessions } = ground;
  const counts = new Map<number, number>();
  for (const s of matched) {
    if (sessions.asset[s] === asset)
      counts.set(sessions.assetPort[s], (counts.get(sessions.assetPort[s]) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= matched.length * PORT_SHARE)
    .sort((a, b) => b[1] - a[1])
    .map(([port]) => port);
}

/**
 * Sessions to the host's login ports that are at least as large, either way, as nearly all that left a line, at times that its log spans.
 * Sizes are compared as the export gives them: payload is an estimate that calls many a short login attempt empty.
 */
function sessionTrials(
  ground: Ground,
  { host, clock, sessions: matched }: ClockedHost,
  toLogin: readonly number[],
  isMatched: Uint8Array,
): Trials {
  const { sessions } = ground;
  const least = (sizes: Float64Array): number =>
    quantileSorted(sortedFinite(matched.map((s) => sizes[s]).filter((bytes) => bytes > 0)), SIZE_QUANTILE);
  const leastFrom = least(sessions.bytesFromActor);
  const leastTo = least(sessions.bytesToActor);
  const isLikeLogged = (s: number): boolean =>
    Number.isNaN(leastFrom) && Number.isNaN(leastTo)
      ? rungOfSession(sessions, s).rung >= 2
      : !(sessions.bytesFromActor[s] < leastFrom) && !(sessions.bytesToActor[s] < leastTo);
  const chosen = toLogin.filter((s) => {
    if (sessions.verdict[s] === VERDICT.reject || !isLikeLogged(s)) return false;
    const hostUs = sessions.startUs[s] + offsetAt(clock, sessions.startUs[s]);
    return hostUs >= host.firstUs && hostUs <= host.lastUs;
  });
  return trialsOf(
    chosen.length,
    (i) => sessions.startUs[chosen[i]],
    (i) => sessions.endUs[chosen[i]],
    (i) => sessions.actor[chosen[i]],
    (i) => isMatched[chosen[i]] === 1,
    (i) => sessions.bytesToActor[chosen[i]],
  );
}

/** Connections of the log at times that the flows of the asset span, in the flow clock. */
function lineTrials(
  ground: Ground,
  connections: LoginConnections,
  { clocked: { clock }, asset, spanUs }: Draft,
  lines: readonly number[],
  isMatched: Uint8Array,
): Trials {
  const { actors, assets } = ground;
  const tolerance = toleranceOf(clock);
  const chosen: number[] = [];
  const at: number[] = [];
  for (const c of lines) {
    const address = connections.addr.at(c);
    // What a machine says to itself passes no flow exporter.
    if (actors.byAddress[address] === 0 || assets.byAddress[address] === asset + 1) continue;
    const us = connections.firstUs.at(c) - offsetAt(clock, connections.firstUs.at(c) - clock.offsetUs);
    if (us < spanUs[0] + tolerance || us > spanUs[1] - tolerance) continue;
    chosen.push(c);
    at.push(us);
  }
  const order = chosen.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  return trialsOf(
    order.length,
    (i) => at[order[i]],
    (i) => at[order[i]],
    (i) => actors.byAddress[connections.addr.at(chosen[order[i]])] - 1,
    (i) => isMatched[chosen[order[i]]] === 1,
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
