import { greatest } from '../base/extremes';
import { MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import type { Thresholds } from './parameters';
import { BEACON_THRESHOLDS } from './thresholds';

/** RITA's beacon score and its four parts, each 0…1. */
export interface BeaconScore {
  readonly score: number;
  readonly ts: number;
  readonly ds: number;
  readonly dur: number;
  readonly hist: number;
}

/** RITA's day, and the interquartile range below which it reads no skew: both fixed in its code, unlike the limits. */
const HOURS = 24;
const MIN_IQR = 10;

/** What RITA v5's configuration lets its user set. */
export type BeaconLimits = Pick<Thresholds, keyof typeof BEACON_THRESHOLDS>;

/**
 * RITA v5's score (Active Countermeasures, github.com/activecm/rita, analysis/beacons.go) of one host pair's sessions within a day that
 * begins at `fromUs`: the weighed sum of ts, ds, dur and hist (a quarter each by default). Times in microseconds, ascending, are cut to whole seconds as RITA's are; `bytes` is what
 * the asset sent in each session. Null with too few distinct times, where RITA gives no score either.
 */
export function scoreBeacon(
  timesUs: readonly number[],
  bytes: readonly number[],
  fromUs: number,
  toUs: number,
  limits: BeaconLimits = BEACON_THRESHOLDS,
): BeaconScore | null {
  const seconds = timesUs.map((us) => Math.floor(us / MICROS_PER_SECOND));
  const deltas: number[] = [];
  for (let i = 1; i < seconds.length; i++) {
    const delta = seconds[i] - seconds[i - 1];
    if (delta > 0) deltas.push(delta);
  }
  if (deltas.length < limits.beaconTimes - 1 || bytes.length < 3) return null;
  const from = Math.floor(fromUs / MICROS_PER_SECOND);
  const to = Math.max(from + 1, Math.floor(toUs / MICROS_PER_SECOND));
  const bars = histogram(seconds, from, to);
  const filled = bars.filter((bar) => bar > 0).length;
  const ts = statisticalScore(deltas, 1);
  const ds = statisticalScore(bytes, 0);
  const hist = Math.max(flatnessScore(bars), bimodalScore(bars, filled, limits));
  const dur = durationScore(seconds, [from, to], filled, longestRun(bars), limits);
  const score =
    limits.beaconTimesWeight * ts +
    limits.beaconBytesWeight * ds +
    limits.beaconDurationWeight * dur +
    limits.beaconHistogramWeight * hist;
  return { score: round3(score), ts, ds, dur, hist };
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Mean of 1 − |Bowley skewness| and (median − MAD)/median. `flat` stands for the latter where the median is below 1. */
export function statisticalScore(values: readonly number[], flat: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, q2, q3] = quartiles(sorted);
  const isSkewed = q3 - q1 >= MIN_IQR && q2 !== q1 && q2 !== q3;
  const skew = isSkewed ? (q1 + q3 - 2 * q2) / (q3 - q1) : 0;
  const deviations = sorted.map((value) => Math.abs(value - q2)).sort((a, b) => a - b);
  const mad = middle(deviations);
  const steadiness = q2 >= 1 ? Math.max(0, (q2 - mad) / q2) : flat;
  return round3((1 - Math.abs(skew) + steadiness) / 2);
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Medians of the halves, the middle value left out of both (Moore & McCabe), as the library that RITA uses has it. */
function quartiles(sorted: readonly number[]): [number, number, number] {
  const half = sorted.length >> 1;
  const low = sorted.slice(0, half);
  const high = sorted.slice(sorted.length - half);
  return [middle(low), middle(sorted), middle(high)];
}

function histogram(seconds: readonly number[], from: number, to: number): number[] {
  const bars = new Array<number>(HOURS).fill(0);
  const step = (to - from) / HOURS;
  for (const second of seconds)
    bars[Math.min(HOURS - 1, Math.max(0, Math.floor((second - from) / step)))] += 1;
  return bars;
}

/** 1 − coefficient of variation of the hourly counts, 0 if that is negative. */
function flatnessScore(bars: readonly number[]): number {
  const mean = bars.reduce((sum, bar) => sum + bar, 0) / bars.length;
  const variance = bars.reduce((sum, bar) => sum + (bar - mean) ** 2, 0) / bars.length;
  return Math.max(0, round3(1 - Math.sqrt(variance) / mean));
}

/** Share of the filled hours that have one of the two most common heights, some outliers forgiven. */
function bimodalScore(bars: readonly number[], filled: number, limits: BeaconLimits): number {
  if (filled < limits.beaconBimodalHours) return 0;
  const width = Math.ceil(greatest(bars) * limits.beaconModeShare);
  const heights = new Map<number, number>();
  for (const bar of bars) {
    if (bar === 0) continue;
    const height = Math.floor(bar / width) * width;
    heights.set(height, (heights.get(height) ?? 0) + 1);
  }
  const counts = [...heights.values()].sort((a, b) => b - a);
  return Math.min(
    1,
    round3((counts[0] + (counts[1] ?? 0)) / Math.max(1, filled - limits.beaconOutlierHours)),
  );
}

/** Longest run of filled hours, wrapping from the day's end to its start. */
function longestRun(bars: readonly number[]): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < bars.length * 2; i++) {
    run = bars[i % bars.length] > 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return Math.min(longest, bars.length);
}

function durationScore(
  seconds: readonly number[],
  [from, to]: readonly [number, number],
  filled: number,
  run: number,
  limits: BeaconLimits,
): number {
  if (filled < limits.beaconDurationHours) return 0;
  const covered = Math.ceil(((seconds[seconds.length - 1] - seconds[0]) / (to - from)) * 1000) / 1000;
  return Math.max(Math.min(1, covered), Math.min(1, Math.ceil((run / limits.beaconRunHours) * 1000) / 1000));
}

export interface DayOfBeacon extends BeaconScore {
  readonly fromUs: number;
  readonly sessions: number;
}

/**
 * The best-scoring 24 hours of a pair's sessions, counted from its first: RITA looks at one day of logs at a time, and a beacon that ran
 * for a day of a month is still one.
 */
export function bestDay(
  timesUs: readonly number[],
  bytes: readonly number[],
  lastUs: number,
  limits: BeaconLimits = BEACON_THRESHOLDS,
): DayOfBeacon | null {
  let best: DayOfBeacon | null = null;
  let from = 0;
  while (from < timesUs.length) {
    const fromUs = timesUs[from];
    const endUs = fromUs + HOURS * MICROS_PER_HOUR;
    let to = from;
    while (to < timesUs.length && timesUs[to] < endUs) to += 1;
    const score = scoreBeacon(
      timesUs.slice(from, to),
      bytes.slice(from, to),
      fromUs,
      Math.min(endUs, lastUs),
      limits,
    );
    if (score && (!best || score.score > best.score)) best = { ...score, fromUs, sessions: to - from };
    from = to;
  }
  return best;
}
