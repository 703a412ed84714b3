import { argsort } from '../base/sorting';
import { median, medianAbsoluteDeviation, quantileInPlace } from '../base/statistics';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import type { Thresholds } from './parameters';
import type { CLOCK_THRESHOLDS } from './thresholds';

/** A host's clock against the flow clock: offset(t) = offsetUs + drift · (t − atUs)/day. Positive: the host is ahead. */
export interface ClockFit {
  readonly offsetUs: number;
  readonly atUs: number;
  readonly driftUsPerDay: number;
  /** Median absolute deviation of what the line leaves over. */
  readonly spreadUs: number;
  readonly matches: number;
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
  let best = 0;
  let bestFrom = 0;
  let from = 0;
  for (let to = 0; to < order.length; to++) {
    while (differences[order[to]] - differences[order[from]] > COARSE_US) from += 1;
    if (to - from + 1 > best) {
      best = to - from + 1;
      bestFrom = from;
    }
  }
  if (best === 0) return null;
  const flow = new Float64Array(best);
  const inside = new Float64Array(best);
  for (let k = 0; k < best; k++) {
    flow[k] = flowUs[order[bestFrom + k]];
    inside[k] = differences[order[bestFrom + k]];
  }
  const byChance = ((order.length - best) * COARSE_US) / (2 * widestOffsetUs(limits));
  const isClear = best >= limits.clockFewestMatches && best >= 5 * byChance;
  // Fewer pairs do when they say that the clocks agree.
  const nearUs = limits.clockNearSeconds * MICROS_PER_SECOND;
  if (!isClear && !(Math.abs(median(inside)) <= nearUs && best > byChance)) return null;
  return fitInside(flow, inside, limits.clockDriftMatches);
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
  return fit.offsetUs + (fit.driftUsPerDay * (flowUs - fit.atUs)) / MICROS_PER_DAY;
}

/** How far a line may lie from where the fit puts it and still be the same connection's. */
export function toleranceOf(fit: ClockFit): number {
  return Math.min(Math.max(5 * MICROS_PER_SECOND, 8 * fit.spreadUs), 5 * MICROS_PER_MINUTE);
}
