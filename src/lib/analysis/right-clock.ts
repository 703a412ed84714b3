import { listUnder } from '../base/lists';
import { greatest, least } from '../base/extremes';
import type { InParts } from '../base/parts';
import { seededRandom } from '../base/random';
import { lowerBound } from '../base/statistics';
import { MICROS_PER_MINUTE } from '../base/time';
import { toleranceOf, widestOffsetUs, type ClockFit } from './clock-offset';
import { DIRECTION, type Ground } from './context';
import { GrowingIds } from './growing-column';
import type { Thresholds } from './parameters';
import type { QueryIdentity, SampledRows } from './query-identity';
import { PROTOCOL } from './service-index';
import { CLOCK_THRESHOLDS, pickThresholds, SERVICE_LOG_THRESHOLDS } from './thresholds';

type Limits = Pick<Thresholds, keyof typeof CLOCK_THRESHOLDS | keyof typeof SERVICE_LOG_THRESHOLDS>;

const RIGHT_CLOCK: Omit<ClockFit, 'matches'> = { offsetUs: 0, atUs: 0, driftUsPerDay: 0, spreadUs: 0 };
/** Wrong times that the right one is held against: none may do as well, so that chance has one in a thousand. */
const SHIFTS = 1_000;
/** A clock that is off by less is not told from the right one here. */
const NEAREST_US = 10 * MICROS_PER_MINUTE;
const SESSIONS_ASKED = 2_000;

/** Times of rows, ascending, by the client's AddressId. */
export function timesByClient({ address, timeUs }: SampledRows): Map<number, Float64Array> {
  const lists = new Map<number, number[]>();
  for (let row = 0; row < address.length; row++) {
    listUnder(lists, address[row], timeUs[row]);
  }
  return new Map([...lists].map(([client, times]) => [client, Float64Array.from(times).sort()]));
}

export function hasWithin(times: Float64Array, fromUs: number, toUs: number): boolean {
  const at = lowerBound(times, fromUs);
  return at < times.length && times[at] <= toUs;
}

interface Candidate {
  readonly log: SampledRows;
  readonly timesOf: ReadonlyMap<number, Float64Array>;
  /** Sessions of its clients by the asset and, in the lowest 16 bits, the port that they called. */
  readonly byService: Map<number, GrowingIds>;
}

/**
 * Logs that no pairing could tell (see `identifyQueryLogs`), whose clock may be right *own*: a client that calls at any time, such as a monitor,
 * says nothing of an unknown clock, and a sampled export holds few others. A log is a service's if most sessions of its clients there have a
 * row at their own time, and hold fewer when the log is moved by any other while: what calls at an even beat fits many of those as well, and
 * leaves it to the others. Logs that fit two services so are left out.
 */
export function* identifyByRightClock(
  ground: Ground,
  logs: readonly SampledRows[],
): InParts<QueryIdentity[]> {
  const candidates = logs
    .filter(({ port }) => port.every((each) => each === 0))
    .map((log): Candidate => ({ log, timesOf: timesByClient(log), byService: new Map() }));
  if (candidates.length === 0) return [];
  gatherSessions(ground, candidates);
  const limits = pickThresholds(ground.thresholds, { ...CLOCK_THRESHOLDS, ...SERVICE_LOG_THRESHOLDS });
  const found: QueryIdentity[] = [];
  for (const candidate of candidates) {
    const fitting: QueryIdentity[] = [];
    for (const [service, sessions] of candidate.byService) {
      yield;
      const identity = identityOf(ground, candidate, service, sessions.taken(), limits);
      if (identity) fitting.push(identity);
    }
    if (fitting.length === 1) found.push(...fitting);
  }
  return found;
}

function gatherSessions({ sessions, evidence }: Ground, candidates: readonly Candidate[]): void {
  const isClient = new Uint8Array(evidence.dictionaries.addresses.size);
  for (const { timesOf } of candidates) for (const client of timesOf.keys()) isClient[client] = 1;
  const { asset, assetPort, actorAddr, protocol, direction, payloadToActor, payloadFromActor } = sessions;
  for (let s = 0; s < sessions.count; s++) {
    if (isClient[actorAddr[s]] === 0 || protocol[s] !== PROTOCOL.tcp) continue;
    if (direction[s] === DIRECTION.outbound || !(payloadToActor[s] > 0 || payloadFromActor[s] > 0)) continue;
    const service = asset[s] * 65_536 + assetPort[s];
    for (const { timesOf, byService } of candidates) {
      if (!timesOf.has(actorAddr[s])) continue;
      let known = byService.get(service);
      if (!known) byService.set(service, (known = new GrowingIds()));
      known.push(s);
    }
  }
}

function identityOf(
  { sessions }: Ground,
  { log, timesOf }: Candidate,
  service: number,
  all: Uint32Array,
  limits: Limits,
): QueryIdentity | null {
  const fromUs = least(log.timeUs);
  const toUs = greatest(log.timeUs);
  // However far the log is moved, it covers all sessions that are asked.
  const mostUs = Math.min(widestOffsetUs(limits), (toUs - fromUs) / 4);
  if (!(mostUs > NEAREST_US)) return null;
  const inside = all.filter(
    (s) => sessions.startUs[s] >= fromUs + mostUs && sessions.endUs[s] <= toUs - mostUs,
  );
  const step = Math.max(1, inside.length / SESSIONS_ASKED);
  const asked: number[] = [];
  for (let at = 0; at < inside.length; at += step) asked.push(inside[Math.floor(at)]);
  const tolerance = toleranceOf({ ...RIGHT_CLOCK, matches: 0 });
  const hitsAt = (shiftUs: number): number => {
    let hits = 0;
    for (const s of asked) {
      const times = timesOf.get(sessions.actorAddr[s]) as Float64Array;
      const startUs = sessions.startUs[s] + shiftUs - tolerance;
      if (hasWithin(times, startUs, sessions.endUs[s] + shiftUs + tolerance)) hits += 1;
    }
    return hits;
  };
  const hits = hitsAt(0);
  if (hits < limits.serviceLogFewest || hits < asked.length * limits.serviceLogShare) return null;
  const random = seededRandom(1);
  for (let k = 0; k < SHIFTS; k++) {
    const shiftUs = NEAREST_US + random() * (mostUs - NEAREST_US);
    if (hitsAt(k % 2 === 0 ? shiftUs : -shiftUs) >= hits) return null;
  }
  const { host, source } = log;
  const clock = { ...RIGHT_CLOCK, matches: hits };
  return {
    ...{ host, source, clock, matches: hits, rows: log.timeUs.length },
    ...{ witness: asked[0], port: service % 65_536 },
  };
}
