import type { InParts } from '../base/parts';
import { lowerBound } from '../base/statistics';
import { MICROS_PER_SECOND } from '../base/time';
import { assetOfLogRow } from './assets';
import { offsetAt, toleranceOf, widestOffsetUs, type ClockFit } from './clock-offset';
import { DIRECTION, type Ground } from './context';
import type { Thresholds } from './parameters';
import { hasWithin, timesByClient } from './right-clock';
import { sampleLogs, type QueryIdentity, type SampledRows } from './query-identity';
import { PROTOCOL } from './service-index';
import { CLOCK_THRESHOLDS, pickThresholds, SERVICE_LOG_THRESHOLDS } from './thresholds';

/** A login log's clock. */
interface HostClock {
  /** The asset that its sessions are with. */
  readonly asset: number;
  /** The asset that it is named after; another one as long as nothing has joined the host's name with its address. */
  readonly named: number;
  readonly clock: ClockFit;
}

type Limits = Pick<Thresholds, keyof typeof CLOCK_THRESHOLDS | keyof typeof SERVICE_LOG_THRESHOLDS>;

const TRUE_CLOCK: Omit<ClockFit, 'matches'> = { offsetUs: 0, atUs: 0, driftUsPerDay: 0, spreadUs: 0 };

/** A log of which it is known who wrote it, with the two clocks that it may run by. */
interface Candidate {
  readonly log: SampledRows;
  readonly hostClock: ClockFit;
  /** Times of rows, ascending, by the client's AddressId. */
  readonly timesOf: ReadonlyMap<number, Float64Array>;
  readonly byPort: Map<number, Tally>;
}

/** Sessions of one port that a row falls into under one of both clocks and under the other not. */
interface Tally {
  readonly witness: number;
  forTrue: number;
  forHost: number;
}

/**
 * Clocks of services' logs that no pairing could tell (see `identifyQueryLogs`): a sampled export holds one session of ten, most of them
 * one way only, so that no clock can be fitted. Where it is known which asset wrote the log, and its login log is off, only two clocks are at issue *own*:
 * that one, or the true one. Sessions of that asset decide, by which of both they have a row of their client. A client with rows at any time
 * says nothing, and sessions that have one under both clocks, or under neither, don't either.
 */
export function* clockQueryLogs(
  ground: Ground,
  hosts: readonly HostClock[],
  identities: readonly QueryIdentity[],
): InParts<QueryIdentity[]> {
  const limits = pickThresholds(ground.thresholds, { ...CLOCK_THRESHOLDS, ...SERVICE_LOG_THRESHOLDS });
  const byAsset = candidatesOf(ground, hosts, identities, limits);
  if (byAsset.size === 0) return [];
  yield;
  tallySessions(ground, byAsset, limits);
  return [...byAsset.values()].flat().flatMap((candidate) => decide(candidate, limits));
}

function candidatesOf(
  ground: Ground,
  hosts: readonly HostClock[],
  identities: readonly QueryIdentity[],
  limits: Limits,
): Map<number, Candidate[]> {
  const agreesUs = limits.clockNearSeconds * MICROS_PER_SECOND;
  const off = hosts.filter(({ clock }) => Math.abs(clock.offsetUs) > agreesUs);
  const byAsset = new Map<number, Candidate[]>();
  if (off.length === 0) return byAsset;
  for (const log of sampleLogs(ground)) {
    if (identities.some(({ host, source }) => host === log.host && (host !== 0 || source === log.source)))
      continue;
    const writer = assetOfLogRow(ground.assets, log.source, log.host);
    const host = off.find(({ asset, named }) => writer !== -1 && (writer === asset || writer === named));
    if (!host) continue;
    const candidate = {
      ...{ log, hostClock: host.clock, timesOf: timesByClient(log) },
      byPort: new Map<number, Tally>(),
    };
    byAsset.set(host.asset, [...(byAsset.get(host.asset) ?? []), candidate]);
  }
  return byAsset;
}

function tallySessions({ sessions }: Ground, byAsset: Map<number, Candidate[]>, limits: Limits): void {
  const { startUs, endUs, asset, assetPort, actorAddr, protocol, direction } = sessions;
  const widestUs = widestOffsetUs(limits);
  for (let s = 0; s < sessions.count; s++) {
    const candidates = byAsset.get(asset[s]);
    if (!candidates || protocol[s] !== PROTOCOL.tcp || direction[s] === DIRECTION.outbound) continue;
    if (!(sessions.payloadToActor[s] > 0 || sessions.payloadFromActor[s] > 0)) continue;
    for (const { timesOf, hostClock, byPort } of candidates) {
      const times = timesOf.get(actorAddr[s]);
      if (!times) continue;
      const near = lowerBound(times, endUs[s] + widestUs) - lowerBound(times, startUs[s] - widestUs);
      if (near > limits.serviceLogBusy) continue;
      const tolerance = toleranceOf(hostClock);
      const hostUs = offsetAt(hostClock, startUs[s]);
      const isTrue = hasWithin(times, startUs[s] - tolerance, endUs[s] + tolerance);
      const isHosts = hasWithin(times, startUs[s] + hostUs - tolerance, endUs[s] + hostUs + tolerance);
      if (isTrue === isHosts) continue;
      let tally = byPort.get(assetPort[s]);
      if (!tally) byPort.set(assetPort[s], (tally = { witness: s, forTrue: 0, forHost: 0 }));
      if (isTrue) tally.forTrue += 1;
      else tally.forHost += 1;
    }
  }
}

function decide({ log, hostClock, byPort }: Candidate, limits: Limits): QueryIdentity[] {
  const most = (tally: Tally): number => Math.max(tally.forTrue, tally.forHost);
  const [best] = [...byPort].sort(([a, first], [b, second]) => most(second) - most(first) || a - b);
  if (!best) return [];
  const [port, tally] = best;
  const { witness, forTrue, forHost } = tally;
  const matches = most(tally);
  const isClear =
    matches >= limits.serviceLogFewest && matches >= limits.serviceLogAhead * Math.min(forTrue, forHost);
  if (!isClear) return [];
  const clock = forHost > forTrue ? hostClock : { ...TRUE_CLOCK, matches };
  const { host, source } = log;
  return [{ host, source, witness, port, clock, matches, rows: log.timeUs.length }];
}
