import { groupBy } from '../base/sorting';
import { fitClock, offsetAt, toleranceOf, WIDEST_OFFSET_US, type ClockFit } from './clock-offset';
import { CLOUD_LOG, cloudLogs } from './cloud-services';
import { DIRECTION, type Ground } from './context';
import { PROTOCOL } from './service-index';
import { rungOfSession } from './session-rungs';

/** Which asset's port a service's own log speaks of, as the flows show it. */
export interface QueryIdentity {
  /** StringId of the host name in the rows, or 0: then the whole source. */
  readonly host: number;
  readonly source: number;
  /** A session with the asset: asset ids change when names are settled, sessions do not. */
  readonly witness: number;
  readonly port: number;
  readonly clock: ClockFit;
  /** Rows looked at that fall into a session of their client with that port, and all that were looked at. */
  readonly matches: number;
  readonly rows: number;
}

/** Rows looked at per log, evenly spread. */
const SAMPLED = 4_000;
/** A client with more sessions around a row than this says nothing of the clock: any offset fits it. */
const BUSY = 200;
/** Share of rows that must match where they carry no client port. */
const MATCHED_SHARE = 0.5;
/** Rows that must speak for the best asset against each other one, and how many times as many as speak for that. */
const FEWEST = 5;
const AHEAD = 3;

interface SampledRows {
  readonly host: number;
  readonly source: number;
  readonly address: number[];
  readonly port: number[];
  readonly timeUs: number[];
}

/** Sessions of one client that carried payload, in order of start. */
type SessionsOf = (address: number) => ArrayLike<number>;

/**
 * For every query log, the asset and port whose sessions its rows fall into: by client address (and port, where rows carry it) and time,
 * under a clock of the log's own. A client that calls all assets alike counts little for each. Logs that fit no asset, or two as well, are
 * left out.
 */
export function identifyQueryLogs(ground: Ground): QueryIdentity[] {
  const logs = sampleLogs(ground);
  if (logs.length === 0 || ground.sessions.count === 0) return [];
  const sessionsOf = indexSessions(ground, logs);
  return logs.map((log) => identify(ground, log, sessionsOf)).filter((found) => found !== null);
}

function sampleLogs(ground: Ground): SampledRows[] {
  const counts = new Map<string, number>();
  const isCloud = cloudLogs(ground.evidence);
  const keyOf = (host: number, source: number): string => (host === 0 ? `source ${source}` : `host ${host}`);
  const { segments } = ground.evidence.tables.queries;
  for (const { columns, source, length } of segments) {
    if (isCloud[source] !== CLOUD_LOG.no) continue;
    for (let i = 0; i < length; i++) {
      if (columns.actorAddr[i] === 0 || Number.isNaN(columns.timeUs[i])) continue;
      const key = keyOf(columns.host[i], source);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const logs = new Map<string, SampledRows>();
  const seen = new Map<string, number>();
  for (const { columns, source, length } of segments) {
    if (isCloud[source] !== CLOUD_LOG.no) continue;
    for (let i = 0; i < length; i++) {
      if (columns.actorAddr[i] === 0 || Number.isNaN(columns.timeUs[i])) continue;
      const host = columns.host[i];
      const key = keyOf(host, source);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      if (before % Math.ceil((counts.get(key) ?? 1) / SAMPLED) !== 0) continue;
      let log = logs.get(key);
      if (!log) logs.set(key, (log = { host, source, address: [], port: [], timeUs: [] }));
      log.address.push(columns.actorAddr[i]);
      log.port.push(columns.actorPort[i]);
      log.timeUs.push(columns.timeUs[i]);
    }
  }
  return [...logs.values()];
}

function indexSessions(ground: Ground, logs: readonly SampledRows[]): SessionsOf {
  const { sessions } = ground;
  const dense = new Uint32Array(ground.evidence.dictionaries.addresses.size);
  let clients = 0;
  for (const log of logs)
    for (const address of log.address) if (dense[address] === 0) dense[address] = ++clients;
  const chosen: number[] = [];
  const client: number[] = [];
  for (let s = 0; s < sessions.count; s++) {
    const id = dense[sessions.actorAddr[s]];
    if (id === 0 || sessions.protocol[s] !== PROTOCOL.tcp || sessions.direction[s] === DIRECTION.outbound)
      continue;
    if (rungOfSession(sessions, s).rung < 3) continue;
    chosen.push(s);
    client.push(id - 1);
  }
  const groups = groupBy(client, clients);
  const ordered = groups.order.map((at) => chosen[at]);
  return (address) => {
    const id = dense[address];
    return id === 0 ? [] : ordered.subarray(groups.starts[id - 1], groups.starts[id]);
  };
}

interface Candidate {
  readonly witness: number;
  readonly asset: number;
  readonly port: number;
  readonly flowUs: number[];
  readonly differenceUs: number[];
}

function identify(ground: Ground, log: SampledRows, sessionsOf: SessionsOf): QueryIdentity | null {
  const candidates = [...candidatesOf(ground, log, sessionsOf).values()];
  const clocked = candidates
    .map((candidate) => ({ ...candidate, clock: fitClock(candidate.flowUs, candidate.differenceUs) }))
    .filter((candidate): candidate is typeof candidate & { clock: ClockFit } => candidate.clock !== null);
  if (clocked.length === 0) return null;
  const rows = log.timeUs.length;
  const covers = clocked.map((candidate) => {
    const hits = new Uint8Array(rows);
    for (let row = 0; row < rows; row++)
      if (sessionOfRow(ground, log, row, sessionsOf(log.address[row]), candidate) !== -1) hits[row] = 1;
    return hits;
  });
  const matches = covers.map((hits) => hits.reduce((sum, hit) => sum + hit, 0));
  const best = matches.indexOf(Math.max(...matches));
  // Client ports leave little to chance, and a sampled export holds few of the sessions; by address alone most rows must agree.
  const hasPorts = log.port.some((port) => port !== 0);
  if (matches[best] < (hasPorts ? FEWEST : rows * MATCHED_SHARE)) return null;
  for (let other = 0; other < covers.length; other++) {
    if (other !== best && !isAhead(covers[best], covers[other])) return null;
  }
  const { witness, port } = clocked[best];
  const clock = sharpened(ground, log, sessionsOf, clocked[best]);
  const { host, source } = log;
  return { host, source, witness, port, clock, matches: matches[best], rows };
}

/**
 * The clock by the first request of each session. A session goes on after its first request, and exporters that gather for minutes make it
 * longer still, so that requests at large lie anywhere in it and seem late.
 */
function sharpened(
  ground: Ground,
  log: SampledRows,
  sessionsOf: SessionsOf,
  candidate: Candidate & { readonly clock: ClockFit },
): ClockFit {
  const earliest = new Map<number, number>();
  for (let row = 0; row < log.timeUs.length; row++) {
    const s = sessionOfRow(ground, log, row, sessionsOf(log.address[row]), candidate);
    if (s === -1) continue;
    const difference = log.timeUs[row] - ground.sessions.startUs[s];
    if (!(difference >= (earliest.get(s) ?? Infinity))) earliest.set(s, difference);
  }
  const entries = [...earliest];
  const fit = fitClock(
    entries.map(([s]) => ground.sessions.startUs[s]),
    entries.map(([, difference]) => difference),
  );
  return fit ?? candidate.clock;
}

/** Whether the rows that speak for one of the two only speak clearly for the first. Those of a client that calls both alike say nothing. */
function isAhead(first: Uint8Array, second: Uint8Array): boolean {
  let forFirst = 0;
  let forSecond = 0;
  for (let row = 0; row < first.length; row++) {
    if (first[row] > second[row]) forFirst += 1;
    else if (second[row] > first[row]) forSecond += 1;
  }
  return forFirst >= FEWEST && forFirst >= forSecond * AHEAD;
}

/** Every (asset, port) that clients of the log called within a day of a row, with the time differences. */
function candidatesOf(ground: Ground, log: SampledRows, sessionsOf: SessionsOf): Map<number, Candidate> {
  const { sessions } = ground;
  const candidates = new Map<number, Candidate>();
  for (let row = 0; row < log.timeUs.length; row++) {
    const list = sessionsOf(log.address[row]);
    const us = log.timeUs[row];
    const from = firstFrom(ground, list, us - WIDEST_OFFSET_US);
    const to = firstFrom(ground, list, us + WIDEST_OFFSET_US);
    if (log.port[row] === 0 && to - from > BUSY) continue;
    for (let k = from; k < to; k++) {
      const s = list[k];
      if (log.port[row] !== 0 && sessions.actorPort[s] !== log.port[row]) continue;
      const key = sessions.asset[s] * 65_536 + sessions.assetPort[s];
      let candidate = candidates.get(key);
      if (!candidate) {
        candidate = {
          witness: s,
          asset: sessions.asset[s],
          port: sessions.assetPort[s],
          flowUs: [],
          differenceUs: [],
        };
        candidates.set(key, candidate);
      }
      candidate.flowUs.push(sessions.startUs[s]);
      candidate.differenceUs.push(us - sessions.startUs[s]);
    }
  }
  return candidates;
}

function firstFrom(ground: Ground, list: ArrayLike<number>, us: number): number {
  const { startUs } = ground.sessions;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startUs[list[middle]] < us) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The session of the candidate that a row falls into under its clock, or −1. */
function sessionOfRow(
  ground: Ground,
  log: SampledRows,
  row: number,
  list: ArrayLike<number>,
  candidate: Candidate & { readonly clock: ClockFit },
): number {
  const { sessions } = ground;
  const us = log.timeUs[row] - offsetAt(candidate.clock, log.timeUs[row] - candidate.clock.offsetUs);
  const tolerance = toleranceOf(candidate.clock);
  // Sessions are in order of start; a long one may have begun well before the row.
  for (
    let k = firstFrom(ground, list, us + tolerance) - 1, looked = 0;
    k >= 0 && looked < BUSY;
    k--, looked++
  ) {
    const s = list[k];
    if (sessions.asset[s] !== candidate.asset || sessions.assetPort[s] !== candidate.port) continue;
    if (log.port[row] !== 0 && sessions.actorPort[s] !== log.port[row]) continue;
    if (sessions.endUs[s] >= us - tolerance) return s;
  }
  return -1;
}
