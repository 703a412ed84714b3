import { greatest } from '../base/extremes';
import { MICROS_PER_HOUR, MICROS_PER_SECOND, MICROS_PER_DAY, formatUtc } from '../base/time';
import { formatDuration } from '../base/units';
import { ceilingKey, isCloudService, logsUnnamed } from './cloud-services';
import type { AssetId, ExposureWindow, Ground } from './context';
import type { Coverage } from './coverage';
import { ceilingFor, isIndependent, type CoverageFamily } from './coverage-families';
import type { ContradictionFinding, Rung, VerdictWord } from './findings';
import type { TrustHorizon } from './log-trust';
import type { NamedReach, Reached } from './rung-book';
import { common, joined, lengthOf, without, type Stretch } from './stretches';

/** One exposed service: all windows of one asset's port. */
export interface ExposedService {
  readonly id: number;
  readonly asset: AssetId;
  readonly port: number;
  readonly protocol: number;
  readonly assetText: string;
  readonly serviceText: string;
  readonly windows: readonly ExposureWindow[];
  /** The windows within what the case's rows span. */
  readonly exposed: readonly Stretch[];
}

/** Why a day cannot be told, as data: the words and the wish list are made from it. */
export type Obstacle =
  /** `logins`: the logs that show who logged in, where these cover the day; without a login nothing is read by the front door. */
  | { readonly kind: 'no log'; readonly logins: readonly string[] }
  | { readonly kind: 'on asset'; readonly label: string }
  | { readonly kind: 'horizon'; readonly label: string; readonly text: string }
  | { readonly kind: 'holes'; readonly label: string; readonly holes: readonly Stretch[] }
  | { readonly kind: 'thin'; readonly label: string; readonly noticeableUs: number }
  /** Whoever came could read, and the service does not log such reads. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'contradiction'; readonly text: string; readonly rows: ContradictionFinding['rows'] }
  /** Strangers who conversed without a request that a sensor could read. */
  | { readonly kind: 'unread'; readonly label: string; readonly actors: readonly number[] }
  | { readonly kind: 'suspicion'; readonly actors: readonly number[]; readonly rung: Rung };

/** What a day shows of strangers on a service. */
export interface DayTraces {
  readonly reached: Reached;
  readonly named: readonly NamedReach[];
  /** Those whose conversations nothing could read (unread.ts). */
  readonly unread: readonly number[];
}

export interface DayVerdict {
  readonly day: number;
  readonly verdict: VerdictWord;
  readonly rung: Rung;
  readonly inferred: boolean;
  readonly ceiling: Rung;
  /** Those who read, or who are suspected to have; highest rung first. */
  readonly actors: readonly number[];
  readonly obstacles: readonly Obstacle[];
  /** Labels of the logs that carry a `not queried within coverage`. */
  readonly carriedBy: readonly string[];
  /** Contradictions on the asset that day which do not touch the logs that the verdict rests on. */
  readonly beside: readonly ContradictionFinding[];
}

/**
 * The verdict of one service and UTC day.
 *
 * `queried` needs a read that was seen (rung ≥ 6 observed), or a login that was seen on the day or before together with a session whose size
 * says that data came back (rung ≥ 7 inferred): two independent sources. An inference from flow sizes alone never makes `queried`: sizes
 * are estimates, and a false alarm costs trust; it makes `cannot tell` with the suspicion named, and it also forbids `not queried`, unless
 * the logs that carry the negative themselves show what that actor was answered.
 */
export function judgeDay(
  ground: Ground,
  coverage: Coverage,
  service: ExposedService,
  day: number,
  { reached, named, unread }: DayTraces,
  contradictions: readonly ContradictionFinding[],
  horizon: TrustHorizon,
): DayVerdict {
  const dayStretch = { fromUs: day * MICROS_PER_DAY, toUs: (day + 1) * MICROS_PER_DAY };
  const exposed = common(service.exposed, [dayStretch]);
  const ceiling = ceilingOfDay(coverage, service, exposed);
  const readers = named.filter(hasRead);
  if (readers.length > 0) {
    const rung = greatest(readers.map((reader) => provenRung(reader))) as Rung;
    const inferred = readers.every((reader) => reader.observed < 6);
    return {
      day,
      verdict: 'queried',
      rung,
      inferred,
      ceiling: Math.max(ceiling, rung) as Rung,
      actors: byRung(readers),
      obstacles: [],
      carriedBy: [],
      beside: [],
    };
  }
  const { obstacles, carriedBy, isHeldOff } = negativeEvidence(ground, coverage, service, exposed, horizon);
  const touching = touched(service, dayStretch, contradictions);
  const voiding = touching.filter((finding) => voids(finding, service, isHeldOff));
  const all = [...obstacles, ...voiding.map(asObstacle)];
  const suspects = named.filter((entry) => entry.inferred >= 6 && !isExplained(entry, carriedBy));
  if (suspects.length > 0) {
    const rung = greatest(suspects.map((entry) => entry.inferred)) as Rung;
    all.unshift({ kind: 'suspicion', actors: byRung(suspects), rung });
  }
  if (unread.length > 0 && carriedBy.length > 0)
    all.push({ kind: 'unread', label: carriedBy.join(' and '), actors: unread });
  if (isPublicUnlogged(ground, service, exposed)) all.push({ kind: 'unnamed' });
  const inferred = reached.inferred > reached.observed;
  return {
    day,
    verdict: all.length === 0 && carriedBy.length > 0 ? 'not queried within coverage' : 'cannot tell',
    rung: inferred ? reached.inferred : reached.observed,
    inferred,
    ceiling,
    actors: byRung(suspects.length > 0 ? suspects : named.filter((entry) => entry.observed >= 5)),
    obstacles: all,
    carriedBy,
    beside: touching.filter((finding) => !voiding.includes(finding)),
  };
}

/** Whether whoever came could read without a name in that time, where the service logs no such reads. */
function isPublicUnlogged(ground: Ground, service: ExposedService, exposed: readonly Stretch[]): boolean {
  if (logsUnnamed(service.protocol)) return false;
  const windows = ground.exposureOf(service.asset).filter(({ protocol }) => protocol === service.protocol);
  return windows.some(({ openedUs, closedUs }) =>
    exposed.some(({ fromUs, toUs }) => openedUs < toUs && closedUs > fromUs),
  );
}

function keyOf(service: ExposedService): number {
  return ceilingKey(service.port, service.protocol);
}

function hasRead(entry: NamedReach): boolean {
  return entry.observed >= 6 || (entry.wasLetIn && entry.inferred >= 7);
}

/**
 * An odd size (rung 7 inferred) of an actor whose requests stand in a complete log that shows no read: the log knows better. Bulk (rung 8)
 * is not explained by refusals.
 */
function isExplained(entry: NamedReach, carriedBy: readonly string[]): boolean {
  return carriedBy.length > 0 && entry.observed >= 4 && entry.inferred === 7;
}

function provenRung(entry: NamedReach): Rung {
  return entry.observed >= 6 ? entry.observed : entry.inferred;
}

function byRung(entries: readonly NamedReach[]): number[] {
  return [...entries]
    .sort((a, b) => Math.max(b.observed, b.inferred) - Math.max(a.observed, a.inferred) || a.actor - b.actor)
    .map((entry) => entry.actor);
}

function ceilingOfDay(coverage: Coverage, service: ExposedService, exposed: readonly Stretch[]): Rung {
  let highest: Rung = -1;
  for (const stretch of exposed) {
    for (let us = stretch.fromUs; us < stretch.toUs; us += MICROS_PER_HOUR) {
      const rung = coverage.serviceCeilingAt(service.asset, keyOf(service), us);
      if (rung > highest) highest = rung;
    }
  }
  return highest;
}

/**
 * Whether logs that could have shown a read cover the exposed part of the day without a gap, and are out of reach of who may hold the
 * asset; what the rounding of log times leaves open is none (`uncoveredSeconds`). A log so thin that a silence of a whole day would not be
 * noticed proves nothing by its silence.
 */
function negativeEvidence(
  ground: Ground,
  coverage: Coverage,
  service: ExposedService,
  exposed: readonly Stretch[],
  horizon: TrustHorizon,
): { obstacles: Obstacle[]; carriedBy: string[]; isHeldOff: boolean } {
  const uncoveredUs = ground.thresholds.uncoveredSeconds * MICROS_PER_SECOND;
  const able = coverage.familiesOf(service.asset).filter((family) => ceilingFor(family, keyOf(service)) >= 6);
  if (able.length === 0) {
    const logins = coverage
      .familiesOf(service.asset)
      .filter((family) => family.ceilings.get(keyOf(service)) === 5 && !isCloudService(service.protocol))
      .filter((family) => lengthOf(without(exposed, family.stretches)) <= uncoveredUs)
      .map((family) => family.label);
    return { obstacles: [{ kind: 'no log', logins }], carriedBy: [], isHeldOff: false };
  }
  const usable: { family: CoverageFamily; stretches: readonly Stretch[] }[] = [];
  const obstacles: Obstacle[] = [];
  for (const family of able) {
    if (!isIndependent(family)) obstacles.push({ kind: 'on asset', label: family.label });
    else if (!(family.noticeableUs <= MICROS_PER_DAY))
      obstacles.push({ kind: 'thin', label: family.label, noticeableUs: family.noticeableUs });
    else usable.push({ family, stretches: trustedStretches(family, horizon) });
  }
  if (usable.length === 0) return { obstacles, carriedBy: [], isHeldOff: false };
  const covered = joined(usable.flatMap((entry) => entry.stretches));
  const holes = without(exposed, covered);
  if (lengthOf(holes) <= uncoveredUs) {
    const carriedBy = usable.map((entry) => entry.family.label);
    return { obstacles: [], carriedBy, isHeldOff: usable.every((entry) => entry.family.isHeldOff) };
  }
  const label = usable.map((entry) => entry.family.label).join(', ');
  const beforeHorizon = without(exposed, joined(usable.flatMap((entry) => entry.family.stretches)));
  const isHorizon = lengthOf(beforeHorizon) <= uncoveredUs;
  obstacles.push(
    isHorizon ? { kind: 'horizon', label, text: horizon.text } : { kind: 'holes', label, holes },
  );
  return { obstacles, carriedBy: [], isHeldOff: false };
}

function trustedStretches(family: CoverageFamily, horizon: TrustHorizon): readonly Stretch[] {
  if (family.isHeldOff || horizon.fromUs === Infinity) return family.stretches;
  return without(family.stretches, [{ fromUs: horizon.fromUs, toUs: Infinity }]);
}

function touched(
  service: ExposedService,
  day: Stretch,
  contradictions: readonly ContradictionFinding[],
): ContradictionFinding[] {
  return contradictions.filter(
    (finding) =>
      finding.asset === service.assetText && finding.fromUs < day.toUs && finding.toUs >= day.fromUs,
  );
}

/**
 * Whether a contradiction takes a day's negative away. Lines missing from one log of a host void all that the host keeps, since whoever
 * removed them could have removed more; a log held elsewhere falls only with lines of its own service. That flows are missing says
 * nothing against a log.
 */
function voids(finding: ContradictionFinding, service: ExposedService, isHeldOff: boolean): boolean {
  if (finding.kind === 'missing flows') return false;
  return !isHeldOff || finding.service === service.serviceText;
}

function asObstacle(finding: ContradictionFinding): Obstacle {
  return { kind: 'contradiction', text: finding.text, rows: finding.rows };
}

export function stretchText(stretch: Stretch): string {
  return `${formatUtc(stretch.fromUs)} to ${formatUtc(stretch.toUs)} (${formatDuration(stretch.toUs - stretch.fromUs)})`;
}
