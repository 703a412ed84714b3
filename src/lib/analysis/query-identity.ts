import { greatest } from '../base/extremes';
import { PairSet } from '../base/pair-set';
import type { InParts } from '../base/parts';
import { groupBy, type Groups } from '../base/sorting';
import { lowerBound } from '../base/statistics';
import {
  fitClock,
  offsetAt,
  toleranceOf,
  widestOffsetUs,
  type ClockFit,
  type ClockLimits,
} from './clock-offset';
import { CLOUD_LOG, cloudLogs } from './cloud-services';
import { DIRECTION, type Ground, type Sessions } from './context';
import { GrowingIds } from './growing-column';
import type { Thresholds } from './parameters';
import { identifyByRightClock } from './right-clock';
import { PROTOCOL } from './service-index';
import { CONVERSED, rungsOfSessions } from './session-rungs';
import { CLOCK_THRESHOLDS, pickThresholds, SERVICE_LOG_THRESHOLDS } from './thresholds';

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

type Limits = ClockLimits & Pick<Thresholds, keyof typeof SERVICE_LOG_THRESHOLDS>;

/** Rows of one log, in the order in which they lie. */
export interface SampledRows {
  readonly host: number;
  readonly source: number;
  readonly address: number[];
  readonly port: number[];
  readonly timeUs: number[];
}

/**
 * Sessions that carried payload, of all clients of the logs: those of one client follow each other, in order of start. What they hold is
 * read where they lie, since of most of them nothing is ever asked.
 */
class ClientSessions {
  readonly session: Uint32Array;
  readonly limits: Limits;
  readonly #sessions: Sessions;
  readonly #starts: Uint32Array;
  /** Client + 1 by AddressId. */
  readonly #clients: Uint32Array;
  /** (client, client port) of rows that carry one, and the places of the sessions of each. */
  readonly #endpoints: PairSet;
  readonly #byEndpoint: Groups;

  constructor({ sessions, evidence, thresholds }: Ground, logs: readonly SampledRows[]) {
    this.limits = pickThresholds(thresholds, { ...CLOCK_THRESHOLDS, ...SERVICE_LOG_THRESHOLDS });
    this.#sessions = sessions;
    this.#clients = new Uint32Array(evidence.dictionaries.addresses.size);
    this.#endpoints = new PairSet();
    let clients = 0;
    for (const { address, port } of logs) {
      for (let row = 0; row < address.length; row++) {
        if (this.#clients[address[row]] === 0) this.#clients[address[row]] = ++clients;
        if (port[row] !== 0) this.#endpoints.add(this.#clients[address[row]], port[row]);
      }
    }
    const chosen = new GrowingIds();
    const client = new GrowingIds();
    const rungs = rungsOfSessions(sessions);
    for (let s = 0; s < sessions.count; s++) {
      const id = this.#clients[sessions.actorAddr[s]];
      if (id === 0 || rungs[s] !== CONVERSED || sessions.protocol[s] !== PROTOCOL.tcp) continue;
      if (sessions.direction[s] === DIRECTION.outbound) continue;
      chosen.push(s);
      client.push(id - 1);
    }
    const { starts, order } = groupBy(client.taken(), clients);
    const ids = chosen.taken();
    this.#starts = starts;
    for (let place = 0; place < order.length; place++) order[place] = ids[order[place]];
    this.session = order;
    this.#byEndpoint = groupBy(this.#endpointsOf(), this.#endpoints.size);
  }

  /** The endpoint of each place; of those that no row names, which are beyond all others, none. */
  #endpointsOf(): Uint32Array {
    if (this.#endpoints.size === 0) return new Uint32Array(0);
    const { actorAddr, actorPort } = this.#sessions;
    const endpoints = new Uint32Array(this.session.length);
    for (let place = 0; place < endpoints.length; place++) {
      const s = this.session[place];
      endpoints[place] = this.#endpoints.find(this.#clients[actorAddr[s]], actorPort[s]);
    }
    return endpoints;
  }

  startOf(place: number): number {
    return this.#sessions.startUs[this.session[place]];
  }

  endOf(place: number): number {
    return this.#sessions.endUs[this.session[place]];
  }

  /** The asset and, in the lowest 16 bits, the port that it called. */
  serviceOf(place: number): number {
    const s = this.session[place];
    return this.#sessions.asset[s] * 65_536 + this.#sessions.assetPort[s];
  }

  /** First place of a client's sessions that begin at `us` or later. */
  firstFrom(address: number, us: number): number {
    let low = this.#starts[this.#clients[address] - 1];
    let high = this.#starts[this.#clients[address]];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.startOf(middle) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  firstOf(address: number): number {
    return this.#starts[this.#clients[address] - 1];
  }

  /** Places of the sessions from one port of a client, ascending. */
  fromPort(address: number, port: number): Uint32Array {
    const endpoint = this.#endpoints.find(this.#clients[address], port);
    const { starts, order } = this.#byEndpoint;
    return order.subarray(starts[endpoint], starts[endpoint + 1]);
  }
}

/**
 * For every query log, the asset and port whose sessions its rows fall into: by client address (and port, where rows carry it) and time,
 * under a clock of the log's own. A client that calls all assets alike counts little for each. Logs that fit no asset, or two as well, are
 * left out.
 */
export function* identifyQueryLogs(ground: Ground): InParts<QueryIdentity[]> {
  const logs = sampleLogs(ground);
  if (logs.length === 0 || ground.sessions.count === 0) return [];
  const clients = new ClientSessions(ground, logs);
  const found: QueryIdentity[] = [];
  const untold: SampledRows[] = [];
  for (const log of logs) {
    yield;
    const identity = identify(log, clients);
    if (identity) found.push(identity);
    else untold.push(log);
  }
  return [...found, ...(yield* identifyByRightClock(ground, untold))];
}

/** Rows with a client of every log of services that have ports, evenly spread. */
export function sampleLogs(ground: Ground): SampledRows[] {
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

interface Candidate {
  readonly witness: number;
  /** See ClientSessions.serviceOf. */
  readonly service: number;
  readonly flowUs: number[];
  readonly differenceUs: number[];
}

function identify(log: SampledRows, clients: ClientSessions): QueryIdentity | null {
  const candidates = [...candidatesOf(log, clients).values()];
  const clocked = candidates
    .map((candidate) => ({
      ...candidate,
      clock: fitClock(candidate.flowUs, candidate.differenceUs, clients.limits),
    }))
    .filter((candidate): candidate is typeof candidate & { clock: ClockFit } => candidate.clock !== null);
  if (clocked.length === 0) return null;
  const rows = log.timeUs.length;
  const covers = clocked.map((candidate) => {
    const hits = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) if (placeOfRow(log, row, clients, candidate) !== -1) hits[row] = 1;
    return hits;
  });
  const matches = covers.map((hits) => hits.reduce((sum, hit) => sum + hit, 0));
  const best = matches.indexOf(greatest(matches));
  // Client ports leave little to chance, and a sampled export holds few of the sessions; by address alone most rows must agree,
  // or most sessions.
  const hasPorts = log.port.some((port) => port !== 0);
  const { serviceLogFewest, serviceLogShare } = clients.limits;
  const isMatched = matches[best] >= (hasPorts ? serviceLogFewest : rows * serviceLogShare);
  if (!isMatched && !isLogOfSessions(log, clients, clocked[best])) return null;
  for (let other = 0; other < covers.length; other++) {
    if (other !== best && !isAhead(covers[best], covers[other], clients.limits)) return null;
  }
  const { witness, service } = clocked[best];
  const port = service % 65_536;
  const clock = sharpened(log, clients, clocked[best]);
  const { host, source } = log;
  return { host, source, witness, port, clock, matches: matches[best], rows };
}

/**
 * Whether most sessions that the log's clients had with the candidate have a row of it, few rows though have a session: a sampled export
 * holds one session of ten, but a log that is whole has those that it holds.
 */
function isLogOfSessions(
  log: SampledRows,
  clients: ClientSessions,
  candidate: Candidate & { readonly clock: ClockFit },
): boolean {
  const hits = new Set<number>();
  let [firstUs, lastUs] = [Infinity, -Infinity];
  for (let row = 0; row < log.timeUs.length; row++) {
    const place = placeOfRow(log, row, clients, candidate);
    if (place !== -1) hits.add(place);
    firstUs = Math.min(firstUs, log.timeUs[row]);
    lastUs = Math.max(lastUs, log.timeUs[row]);
  }
  const { offsetUs } = candidate.clock;
  let sessions = 0;
  for (const address of new Set(log.address)) {
    const to = clients.firstFrom(address, lastUs - offsetUs);
    for (let place = clients.firstFrom(address, firstUs - offsetUs); place < to; place++)
      if (clients.serviceOf(place) === candidate.service) sessions += 1;
  }
  const { serviceLogFewest, serviceLogShare } = clients.limits;
  return hits.size >= serviceLogFewest && hits.size >= sessions * serviceLogShare;
}

/**
 * The clock by the first request of each session. A session goes on after its first request, and exporters that gather for minutes make it
 * longer still, so that requests at large lie anywhere in it and seem late.
 */
function sharpened(
  log: SampledRows,
  clients: ClientSessions,
  candidate: Candidate & { readonly clock: ClockFit },
): ClockFit {
  const earliest = new Map<number, number>();
  for (let row = 0; row < log.timeUs.length; row++) {
    const place = placeOfRow(log, row, clients, candidate);
    if (place === -1) continue;
    const difference = log.timeUs[row] - clients.startOf(place);
    if (!(difference >= (earliest.get(place) ?? Infinity))) earliest.set(place, difference);
  }
  const entries = [...earliest];
  const fit = fitClock(
    entries.map(([place]) => clients.startOf(place)),
    entries.map(([, difference]) => difference),
    clients.limits,
  );
  return fit ?? candidate.clock;
}

/** Whether the rows that speak for one of the two only speak clearly for the first. Those of a client that calls both alike say nothing. */
function isAhead(first: Uint8Array, second: Uint8Array, limits: Limits): boolean {
  let forFirst = 0;
  let forSecond = 0;
  for (let row = 0; row < first.length; row++) {
    if (first[row] > second[row]) forFirst += 1;
    else if (second[row] > first[row]) forSecond += 1;
  }
  return forFirst >= limits.serviceLogFewest && forFirst >= forSecond * limits.serviceLogAhead;
}

/** Every (asset, port) that clients of the log called within a day of a row, with the time differences. */
function candidatesOf(log: SampledRows, clients: ClientSessions): Map<number, Candidate> {
  const candidates = new Map<number, Candidate>();
  const add = (place: number, us: number): void => {
    const service = clients.serviceOf(place);
    let candidate = candidates.get(service);
    if (!candidate) {
      candidate = { witness: clients.session[place], service, flowUs: [], differenceUs: [] };
      candidates.set(service, candidate);
    }
    candidate.flowUs.push(clients.startOf(place));
    candidate.differenceUs.push(us - clients.startOf(place));
  };
  const widestUs = widestOffsetUs(clients.limits);
  for (let row = 0; row < log.timeUs.length; row++) {
    const us = log.timeUs[row];
    if (log.port[row] !== 0) {
      for (const place of clients.fromPort(log.address[row], log.port[row])) {
        const startUs = clients.startOf(place);
        if (startUs >= us - widestUs && startUs < us + widestUs) add(place, us);
      }
      continue;
    }
    const from = clients.firstFrom(log.address[row], us - widestUs);
    const to = clients.firstFrom(log.address[row], us + widestUs);
    // Any offset fits a client with many sessions around a row: it says nothing of the clock.
    if (to - from > clients.limits.serviceLogBusy) continue;
    for (let place = from; place < to; place++) add(place, us);
  }
  return candidates;
}

/** The place of the session of the candidate that a row falls into under its clock, or −1. */
function placeOfRow(
  log: SampledRows,
  row: number,
  clients: ClientSessions,
  { clock, service }: Candidate & { readonly clock: ClockFit },
): number {
  const address = log.address[row];
  const us = log.timeUs[row] - offsetAt(clock, log.timeUs[row] - clock.offsetUs);
  const tolerance = toleranceOf(clock);
  const to = clients.firstFrom(address, us + tolerance);
  // Sessions are in order of start; a long one may have begun well before the row.
  const from = Math.max(clients.firstOf(address), to - clients.limits.serviceLogBusy);
  const earliest = us - tolerance;
  if (log.port[row] === 0) {
    for (let place = to - 1; place >= from; place--)
      if (clients.serviceOf(place) === service && clients.endOf(place) >= earliest) return place;
    return -1;
  }
  const places = clients.fromPort(address, log.port[row]);
  for (let k = lowerBound(places, to) - 1; k >= 0 && places[k] >= from; k--) {
    const place = places[k];
    if (clients.serviceOf(place) === service && clients.endOf(place) >= earliest) return place;
  }
  return -1;
}
