import { greatest } from '../base/extremes';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { median, quantileSorted } from '../base/statistics';
import type { Thresholds } from './parameters';
import { SILENCE_THRESHOLDS } from './thresholds';

/**
 * Events of one stream on a regular grid, with the first and last moment in each bin: enough to know every silence that spans a
 * bin's edge exactly, at twelve bytes a bin. A hole that begins and ends within one bin is not seen.
 */
export interface EventBins {
  readonly fromUs: number;
  readonly binUs: number;
  /** Events per bin. */
  readonly counts: Uint32Array;
  /** Microseconds from the bin's start to its first and last event; meaningless where the count is 0. */
  readonly first: Uint32Array;
  readonly last: Uint32Array;
}

export interface Silence {
  readonly fromUs: number;
  readonly toUs: number;
  /** Events that the stream's own rate lets one expect in it. */
  readonly expected: number;
  /** Probability of a silence this long, corrected for the number of silences looked at. */
  readonly p: number;
}

export interface SilenceReport {
  /** Those with corrected p below the limit, in order of time. */
  readonly gaps: readonly Silence[];
  readonly longest: Silence | null;
  /** Variance over mean of the counts around the rate profile; 1 for Poisson. */
  readonly dispersion: number;
  /** `poisson`: exp(−λ·g/dispersion). `quantile`: and beside it the tail of the stream's own silences. */
  readonly method: 'poisson' | 'quantile';
  /** At the mean rate, the shortest silence that would have been called a gap; Infinity where none would. */
  readonly noticeableUs: number;
}

export type SilenceLimits = Pick<Thresholds, keyof typeof SILENCE_THRESHOLDS>;

/**
 * Silences too long for the stream's own rate: p = exp(−λ_h · g) with λ_h by hour of the week, Šidák-corrected for the number of silences.
 * Events that come in groups (a request and its answer) are a compound Poisson process, whose groups are rarer by the dispersion of the
 * counts: λ is divided by it. Where counts are more dispersed than small groups explain, the silences themselves must agree, measured in
 * expected events: their empirical upper tail, continued beyond the longest by an exponential with the mean excess (peaks over threshold:
 * Davison & Smith, J. R. Stat. Soc. B 52, 1990); the larger p counts. The rate leaves out the gaps found in a first pass, so
 * that a long hole does not excuse itself.
 */
export function findSilences(
  bins: EventBins,
  limit: number,
  limits: SilenceLimits = SILENCE_THRESHOLDS,
): SilenceReport {
  const first = judge(bins, limit, limits, []);
  return first.gaps.length === 0 ? first : judge(bins, limit, limits, first.gaps);
}

/**
 * The silence from the last event to `untilUs`, judged as one more of the stream's own silences: its rate goes on by the hour of the week.
 * Null where there are too few events to tell a rate, or the last comes later.
 */
export function silenceAfter(
  bins: EventBins,
  untilUs: number,
  limit: number,
  limits: SilenceLimits = SILENCE_THRESHOLDS,
): Silence | null {
  const occupied = occupiedBins(bins.counts);
  if (occupied.length < 2) return null;
  const bin = occupied[occupied.length - 1] as number;
  const fromUs = bins.fromUs + bin * bins.binUs + (bins.last[bin] as number);
  if (!(untilUs > fromUs)) return null;
  const { gaps } = findSilences(bins, limit, limits);
  const profile = rateProfile(bins, occupied, limits, gaps);
  const expected = expectedAfter(profile, fromUs, untilUs);
  const { judges } = judgesOf(bins, occupied, profile, limits, gaps);
  return { fromUs, toUs: untilUs, expected, p: pOf(judges, expected) };
}

function judge(
  bins: EventBins,
  limit: number,
  limits: SilenceLimits,
  leftOut: readonly Silence[],
): SilenceReport {
  const occupied = occupiedBins(bins.counts);
  if (occupied.length < 2)
    return { gaps: [], longest: null, dispersion: Number.NaN, method: 'poisson', noticeableUs: Infinity };
  const profile = rateProfile(bins, occupied, limits, leftOut);
  const { expected, dispersion, method, judges } = judgesOf(bins, occupied, profile, limits, leftOut);
  const gaps: Silence[] = [];
  let longestAt = 0;
  let longestUs = -1;
  for (let k = 0; k < expected.length; k++) {
    const lengthUs = endOf(bins, occupied, k) - startOf(bins, occupied, k);
    if (lengthUs > longestUs) {
      longestUs = lengthUs;
      longestAt = k;
    }
    if (pOf(judges, expected[k] as number) < limit) gaps.push(silenceAt(bins, occupied, expected, judges, k));
  }
  return {
    gaps,
    longest: silenceAt(bins, occupied, expected, judges, longestAt),
    dispersion,
    method,
    noticeableUs: greatest(judges.map((judge) => noticeable(judge, limit, profile.meanRate))),
  };
}

function judgesOf(
  bins: EventBins,
  occupied: Uint32Array,
  profile: RateProfile,
  limits: SilenceLimits,
  leftOut: readonly Silence[],
): Pick<SilenceReport, 'dispersion' | 'method'> & {
  readonly expected: Float64Array;
  readonly judges: Judge[];
} {
  const expected = expectedInSilences(bins, occupied, profile);
  const dispersion = dispersionOf(bins, occupied, profile, leftOut);
  const method = dispersion > limits.overdispersed ? 'quantile' : 'poisson';
  const scale = dispersion > 1 ? dispersion : 1;
  // The silences seen are those across a bin's edge, but any between two groups of events might have been the longest.
  const judges: Judge[] = [
    { tail: { threshold: 0, share: 1, scale }, tests: Math.max(expected.length, profile.events / scale) },
  ];
  if (method === 'quantile') judges.push({ tail: tailOf(expected, scale, limits), tests: expected.length });
  return { expected, dispersion, method, judges };
}

/** A silence is too long only where every judge says so. */
function pOf(judges: readonly Judge[], expected: number): number {
  let highest = 0;
  for (const { tail, tests } of judges) highest = Math.max(highest, correctedP(tailP(tail, expected), tests));
  return highest;
}

/** Silence k lies between the k-th and the next occupied bin. */
function startOf(bins: EventBins, occupied: Uint32Array, k: number): number {
  const bin = occupied[k] as number;
  return bins.fromUs + bin * bins.binUs + (bins.last[bin] as number);
}

function endOf(bins: EventBins, occupied: Uint32Array, k: number): number {
  const bin = occupied[k + 1] as number;
  return bins.fromUs + bin * bins.binUs + (bins.first[bin] as number);
}

function silenceAt(
  bins: EventBins,
  occupied: Uint32Array,
  expected: Float64Array,
  judges: readonly Judge[],
  k: number,
): Silence {
  return {
    fromUs: startOf(bins, occupied, k),
    toUs: endOf(bins, occupied, k),
    expected: expected[k] as number,
    p: pOf(judges, expected[k] as number),
  };
}

function occupiedBins(counts: Uint32Array): Uint32Array {
  const occupied = new Uint32Array(counts.length);
  let size = 0;
  for (let i = 0; i < counts.length; i++) if ((counts[i] as number) > 0) occupied[size++] = i;
  return occupied.subarray(0, size);
}

interface RateProfile {
  /** Expected events up to the start of each bin from the first occupied one on; linear within a bin. */
  readonly cumulative: Float64Array;
  /** Events per microsecond by hour of the week or day, or one for all. */
  readonly rates: Float64Array;
  /** Events per microsecond, over all that was learned from. */
  readonly meanRate: number;
  readonly events: number;
  /** Rates that were learned: what the dispersion loses in degrees of freedom. */
  readonly slots: number;
}

/** Counts vary with the hour of the week, of the day, or not at all, depending on how much there is to learn it from. */
function rateProfile(
  bins: EventBins,
  occupied: Uint32Array,
  { weeklyFromDays, dailyFromDays }: SilenceLimits,
  leftOut: readonly Silence[],
): RateProfile {
  const from = occupied[0] as number;
  const to = (occupied[occupied.length - 1] as number) + 1;
  const span = (to - from) * bins.binUs;
  const slots =
    span >= weeklyFromDays * MICROS_PER_DAY ? 168 : span >= dailyFromDays * MICROS_PER_DAY ? 24 : 1;
  const events = new Float64Array(slots);
  const seen = new Float64Array(slots);
  let gap = 0;
  let allEvents = 0;
  let allBins = 0;
  for (let i = from; i < to; i++) {
    const startUs = bins.fromUs + i * bins.binUs;
    while (gap < leftOut.length && (leftOut[gap] as Silence).toUs < startUs + bins.binUs) gap += 1;
    const hole = leftOut[gap];
    if (hole && hole.fromUs < startUs && hole.toUs >= startUs + bins.binUs) continue;
    const slot = Math.floor(startUs / MICROS_PER_HOUR) % slots;
    events[slot] = (events[slot] as number) + (bins.counts[i] as number);
    seen[slot] = (seen[slot] as number) + 1;
    allEvents += bins.counts[i] as number;
    allBins += 1;
  }
  const overall = allEvents / Math.max(1, allBins);
  const perBin = events.map((count, slot) =>
    (seen[slot] as number) > 0 ? count / (seen[slot] as number) : overall,
  );
  const cumulative = new Float64Array(bins.counts.length + 1);
  for (let i = 0; i < bins.counts.length; i++) {
    const slot = Math.floor((bins.fromUs + i * bins.binUs) / MICROS_PER_HOUR) % slots;
    cumulative[i + 1] = (cumulative[i] as number) + (perBin[slot] as number);
  }
  const rates = perBin.map((count) => count / bins.binUs);
  return { cumulative, rates, meanRate: overall / bins.binUs, events: allEvents, slots };
}

function expectedUntil(bins: EventBins, profile: RateProfile, us: number): number {
  const position = Math.min(Math.max((us - bins.fromUs) / bins.binUs, 0), bins.counts.length);
  const bin = Math.min(Math.floor(position), bins.counts.length - 1);
  const below = profile.cumulative[bin] as number;
  return below + ((profile.cumulative[bin + 1] as number) - below) * (position - bin);
}

/** Events that the rates let one expect from one moment to another, wherever the bins end. */
function expectedAfter({ rates }: RateProfile, fromUs: number, untilUs: number): number {
  let expected = 0;
  for (let us = fromUs; us < untilUs;) {
    const hour = Math.floor(us / MICROS_PER_HOUR);
    const next = Math.min(untilUs, (hour + 1) * MICROS_PER_HOUR);
    expected += (rates[hour % rates.length] as number) * (next - us);
    us = next;
  }
  return expected;
}

function expectedInSilences(bins: EventBins, occupied: Uint32Array, profile: RateProfile): Float64Array {
  const expected = new Float64Array(occupied.length - 1);
  for (let k = 0; k < expected.length; k++) {
    const until = expectedUntil(bins, profile, endOf(bins, occupied, k));
    expected[k] = until - expectedUntil(bins, profile, startOf(bins, occupied, k));
  }
  return expected;
}

/**
 * The larger of the dispersions bin by bin and hour by hour: the first is the steadier estimate, the second sees groups that are longer
 * than a bin. Holes already known do not count.
 */
function dispersionOf(
  bins: EventBins,
  occupied: Uint32Array,
  profile: RateProfile,
  leftOut: readonly Silence[],
): number {
  const from = occupied[0] as number;
  const to = (occupied[occupied.length - 1] as number) + 1;
  const perHour = Math.max(1, Math.round(MICROS_PER_HOUR / bins.binUs));
  const fine = dispersionAt(bins, from, to, 1, profile, leftOut);
  if ((to - from) / perHour < 24) return fine;
  const coarse = dispersionAt(bins, from, to, perHour, profile, leftOut);
  return coarse > fine ? coarse : fine;
}

/** Mean of (count − expected)²/expected over groups of `width` bins, less the degrees of freedom that the rates took. */
function dispersionAt(
  bins: EventBins,
  from: number,
  to: number,
  width: number,
  profile: RateProfile,
  leftOut: readonly Silence[],
): number {
  let sum = 0;
  let groups = 0;
  for (let start = from; start + width <= to; start += width) {
    const startUs = bins.fromUs + start * bins.binUs;
    const endUs = startUs + width * bins.binUs;
    if (leftOut.some((hole) => hole.fromUs < endUs && hole.toUs > startUs)) continue;
    let count = 0;
    for (let i = start; i < start + width; i++) count += bins.counts[i] as number;
    const expected = (profile.cumulative[start + width] as number) - (profile.cumulative[start] as number);
    if (expected <= 0) continue;
    sum += (count - expected) ** 2 / expected;
    groups += 1;
  }
  const freedom = groups - profile.slots;
  return freedom > 0 ? sum / freedom : groups > 1 ? sum / (groups - 1) : Number.NaN;
}

/** One way to hold a silence to be too long. */
interface Judge {
  readonly tail: Tail;
  readonly tests: number;
}

/** P(U > u) = share · exp(−(u − threshold)/scale) for u above the threshold. */
interface Tail {
  readonly threshold: number;
  readonly share: number;
  readonly scale: number;
}

function tailOf(expected: Float64Array, scale: number, limits: SilenceLimits): Tail {
  if (expected.length < limits.tailSilences) return { threshold: 0, share: 1, scale };
  const ascending = expected.slice().sort();
  const threshold = quantileSorted(ascending, limits.tailQuantile);
  // The longest is what is being judged, so it may not stretch the scale that it is judged by.
  const excesses: number[] = [];
  for (let i = 0; i < ascending.length - 1; i++) {
    const value = ascending[i] as number;
    if (value > threshold) excesses.push(value - threshold);
  }
  if (excesses.length === 0) return { threshold: 0, share: 1, scale };
  const mean = excesses.reduce((sum, excess) => sum + excess, 0) / excesses.length;
  return { threshold, share: 1 - limits.tailQuantile, scale: Math.max(1, mean, median(excesses) / Math.LN2) };
}

function tailP(tail: Tail, expected: number): number {
  if (expected <= tail.threshold) return 1;
  return tail.share * Math.exp(-(expected - tail.threshold) / tail.scale);
}

/** 1 − (1 − p)ⁿ, without losing a small p to rounding (Šidák 1967). */
export function correctedP(p: number, tests: number): number {
  return p >= 1 ? 1 : -Math.expm1(tests * Math.log1p(-p));
}

function noticeable({ tail, tests }: Judge, limit: number, meanRate: number): number {
  if (!(meanRate > 0)) return Infinity;
  const single = -Math.expm1(Math.log1p(-limit) / Math.max(1, tests));
  const expected = tail.threshold + tail.scale * Math.log(tail.share / single);
  return Math.max(0, expected) / meanRate;
}
