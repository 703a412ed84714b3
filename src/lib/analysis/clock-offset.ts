import { argsort } from '../base/sorting';
import { median, medianAbsoluteDeviation, quantileInPlace } from '../base/statistics';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import type { Thresholds } from './parameters';
import type { CLOCK_THRESHOLDS } from './thresholds';

/** A host's clock against the flow clock: offset(t) = offsetUs + drift · (t − atUs)/day, and a step more. Positive: the host is ahead. */
export interface ClockFit {
  readonly offsetUs: number;
  readonly atUs: number;
  readonly driftUsPerDay: number;
  /** Median absolute deviation of what the line leaves over. */
  readonly spreadUs: number;
  readonly matches: number;
  /** A clock that was put forward or back within the case: by daylight saving, or when it was set right. */
  readonly step?: ClockStep;
}

export interface ClockStep {
  /** Flow time of the change. */
  readonly atUs: number;
  /** What the offset on the other side of it has beyond `offsetUs`, which is that of the side with more matches. */
  readonly byUs: number;
  /** Whether the other side is the one before it. */
  readonly isBefore: boolean;
}

/** Width of the coarse search: wide enough for a clock that drifts by minutes over the case. */
const COARSE_US = 10 * MICROS_PER_MINUTE;
const SAMPLED = 300;

export type ClockLimits = Pick<Thresholds, keyof typeof CLOCK_THRESHOLDS>;

/** How far a log's clock may be off, in microseconds, for its lines to be looked for among the flows. */
export function widestOffsetUs({ clockWidestHours }: Pick<Thresholds, 'clockWidestHours'>): number {
  return clockWidestHours * MICROS_PER_HOUR;
}

/**
 * Offset of a host clock from candidate pairs (flow time, host time − flow time), most of which may be chance: the ten-minute window that
 * holds most differences, if it holds clearly more than chance would put there, then median and MAD within it. Drift by Theil's median of
 * pairwise slopes (Theil 1950, Sen 1968), which a minority of wrong pairs cannot move. Null: the pairs do not agree.
 */
export function fitClock(
  flowUs: ArrayLike<number>,
  differenceUs: ArrayLike<number>,
  limits: ClockLimits,
): ClockFit | null {
  const differences = new Float64Array(differenceUs);
  const order = argsort(differences);
  const { from, count } = fullestWindow(differences, order);
  if (count === 0) return null;
  const flow = new Float64Array(count);
  const inside = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    flow[k] = flowUs[order[from + k]];
    inside[k] = differences[order[from + k]];
  }
  const byChance = expectedByChance(order.length - count, limits);
  const isClear = count >= limits.clockFewestMatches && count >= 5 * byChance;
  // Fewer pairs do when they say that the clocks agree.
  const nearUs = limits.clockNearSeconds * MICROS_PER_SECOND;
  if (!isClear && !(Math.abs(median(inside)) <= nearUs && count > byChance)) return null;
  const fit = fitInside(flow, inside, limits.clockDriftMatches);
  const step = stepBetween(flowUs, differences, order, from, from + count, fit, limits);
  return step ? { ...fit, step } : fit;
}

/** Of pairs in the order of their differences, the ten minutes that hold most. */
function fullestWindow(differences: Float64Array, order: Uint32Array): { from: number; count: number } {
  let [best, bestFrom, from] = [0, 0, 0];
  for (let to = 0; to < order.length; to++) {
    while (differences[order[to]] - differences[order[from]] > COARSE_US) from += 1;
    if (to - from + 1 > best) [best, bestFrom] = [to - from + 1, from];
  }
  return { from: bestFrom, count: best };
}

/** How many of so many pairs chance puts into ten minutes. */
function expectedByChance(pairs: number, limits: ClockLimits): number {
  return (pairs * COARSE_US) / (2 * widestOffsetUs(limits));
}

/**
 * The change of a clock *own*: where the pairs that the fit leaves over hold a second offset as clearly as the first, and all but one in a
 * hundred of the two lie on two sides of one moment. `from` and `to` bound the pairs that were fitted.
 */
function stepBetween(
  flowUs: ArrayLike<number>,
  differences: Float64Array,
  order: Uint32Array,
  from: number,
  to: number,
  fit: ClockFit,
  limits: ClockLimits,
): ClockStep | null {
  const left = new Uint32Array(order.length - (to - from));
  left.set(order.subarray(0, from));
  left.set(order.subarray(to), from);
  const other = fullestWindow(differences, left);
  const byChance = expectedByChance(left.length - other.count, limits);
  if (other.count < limits.clockDriftMatches || other.count < 5 * byChance) return null;
  const beyond = (pair: number): number => differences[pair] - offsetAt(fit, flowUs[pair]);
  const inside = left.subarray(other.from, other.from + other.count);
  const byUs = median(Float64Array.from(inside, beyond));
  if (Math.abs(byUs) < COARSE_US) return null;
  const tolerance = toleranceOf(fit);
  const timesOf = (pairs: Uint32Array, awayUs: number): Float64Array =>
    Float64Array.from(
      pairs.filter((pair) => Math.abs(beyond(pair) - awayUs) <= tolerance),
      (pair) => flowUs[pair],
    ).sort();
  const first = timesOf(order.subarray(from, to), 0);
  const second = timesOf(inside, byUs);
  const isBefore = median(second) < median(first);
  const [early, late] = isBefore ? [second, first] : [first, second];
  const { atUs, wrong } = parting(early, late);
  return wrong <= Math.min(early.length, late.length) / 100 ? { atUs, byUs, isBefore } : null;
}

/** The moment with the fewest of the early times behind it and of the late ones before it. Both are in order. */
function parting(early: Float64Array, late: Float64Array): { atUs: number; wrong: number } {
  let best = { atUs: Number.NaN, wrong: Infinity };
  let passed = 0;
  for (let k = 0; k < early.length; k++) {
    while (passed < late.length && late[passed] <= early[k]) passed += 1;
    const wrong = early.length - 1 - k + passed;
    if (wrong <= best.wrong)
      best = { atUs: passed < late.length ? (early[k] + late[passed]) / 2 : early[k], wrong };
  }
  return best;
}

function fitInside(flowUs: Float64Array, differenceUs: Float64Array, driftMatches: number): ClockFit {
  const atUs = median(flowUs);
  const span = spanOf(flowUs);
  const slope =
    flowUs.length >= driftMatches && span >= MICROS_PER_DAY ? medianSlope(flowUs, differenceUs) : 0;
  const levelled = differenceUs.map((difference, i) => difference - slope * (flowUs[i] - atUs));
  const offsetUs = median(levelled);
  const spreadUs = medianAbsoluteDeviation(levelled, offsetUs);
  // A slope within the noise of its own data is no drift.
  const isDrift = Math.abs(slope) * span > Math.max(2 * MICROS_PER_SECOND, 4 * spreadUs);
  if (slope !== 0 && !isDrift) {
    const flat = median(differenceUs);
    const spread = medianAbsoluteDeviation(differenceUs, flat);
    return { offsetUs: flat, atUs, driftUsPerDay: 0, spreadUs: spread, matches: differenceUs.length };
  }
  return { offsetUs, atUs, driftUsPerDay: slope * MICROS_PER_DAY, spreadUs, matches: differenceUs.length };
}

function spanOf(times: Float64Array): number {
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < times.length; k++) {
    const us = times[k];
    if (us < low) low = us;
    if (us > high) high = us;
  }
  return high - low;
}

/** Theil–Sen slope over at most 300 evenly chosen points: 45,000 pairs. */
function medianSlope(x: Float64Array, y: Float64Array): number {
  const order = argsort(x);
  const step = Math.max(1, order.length / SAMPLED);
  const chosen: number[] = [];
  for (let at = 0; at < order.length; at += step) chosen.push(order[Math.floor(at)]);
  const slopes = new Float64Array((chosen.length * (chosen.length - 1)) / 2);
  let count = 0;
  for (let i = 0; i < chosen.length; i++) {
    for (let j = i + 1; j < chosen.length; j++) {
      const dx = x[chosen[j]] - x[chosen[i]];
      if (dx > MICROS_PER_HOUR) slopes[count++] = (y[chosen[j]] - y[chosen[i]]) / dx;
    }
  }
  return count === 0 ? 0 : quantileInPlace(slopes.subarray(0, count), 0.5);
}

export function offsetAt(fit: ClockFit, flowUs: number): number {
  const { offsetUs, driftUsPerDay, atUs, step } = fit;
  const isOther = step !== undefined && flowUs < step.atUs === step.isBefore;
  return offsetUs + (driftUsPerDay * (flowUs - atUs)) / MICROS_PER_DAY + (isOther ? step.byUs : 0);
}

/** How far a clock is off, before or after it changed. */
export function mostOff({ offsetUs, step }: Pick<ClockFit, 'offsetUs' | 'step'>): number {
  return Math.max(Math.abs(offsetUs), Math.abs(offsetUs + (step?.byUs ?? 0)));
}

/** How far a line may lie from where the fit puts it and still be the same connection's. */
export function toleranceOf(fit: ClockFit): number {
  return Math.min(Math.max(5 * MICROS_PER_SECOND, 8 * fit.spreadUs), 5 * MICROS_PER_MINUTE);
}
