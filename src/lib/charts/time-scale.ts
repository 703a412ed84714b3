import { scaleUtc } from 'd3';
import type { ExposureFinding } from '../analysis/findings';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MS } from '../base/time';
import type { TimeRange } from '../notebook/selection';
import { formatTime, zoneLabel } from '../notebook/times';

export interface TimeTick {
  readonly us: number;
  readonly x: number;
  readonly label: string;
}

/** Microseconds to pixels in [left, left + width] and back. */
export interface TimeScale {
  readonly range: TimeRange;
  readonly left: number;
  readonly width: number;
  x(us: number): number;
  us(x: number): number;
  /** Ticks on round wall-clock times of `zone`, about one per 90 pixels. */
  ticks(zone: string): TimeTick[];
}

export function timeScale(range: TimeRange, left: number, width: number): TimeScale {
  const span = Math.max(1, range.toUs - range.fromUs);
  const x = (us: number) => left + ((us - range.fromUs) / span) * width;
  return {
    range,
    left,
    width,
    x: (us) => Math.min(left + width, Math.max(left, x(us))),
    us: (pixel) =>
      range.fromUs + ((Math.min(left + width, Math.max(left, pixel)) - left) / Math.max(1, width)) * span,
    // A label is centered on its tick: one that would stick out of the picture is left away.
    ticks: (zone) =>
      timeTicks(range, zone, Math.max(2, Math.floor(width / 90)))
        .map((tick) => ({ ...tick, x: x(tick.us) }))
        .filter((tick) => tick.x >= left + 12 && tick.x <= left + width - 12),
  };
}

/** Offset of `zone` in microseconds at `us`, read from how the two wall clocks differ. */
function offsetUs(us: number, zone: string): number {
  const label = zoneLabel(us, zone);
  const match = /^([+-])(\d\d):(\d\d)/.exec(label);
  if (!match) return 0;
  const micros = (Number(match[2]) * 60 + Number(match[3])) * (MICROS_PER_HOUR / 60);
  return match[1] === '-' ? -micros : micros;
}

/** Round wall-clock times inside the range. d3 knows round UTC times; the zone's clock is reached by its offset at each tick. */
function timeTicks(range: TimeRange, zone: string, count: number): { us: number; label: string }[] {
  const shift = offsetUs(range.fromUs, zone);
  const local = scaleUtc().domain([
    (range.fromUs + shift) / MICROS_PER_MS,
    (range.toUs + shift) / MICROS_PER_MS,
  ]);
  const dates = local.ticks(count);
  // Labels end at the second: ticks between two would say it again.
  const step =
    dates.length > 1 ? (Number(dates[1]) - Number(dates[0])) * MICROS_PER_MS : range.toUs - range.fromUs;
  return dates
    .filter((date) => Number(date) % 1000 === 0)
    .map((date) => {
      const wall = Number(date) * MICROS_PER_MS;
      const us = wall - offsetUs(wall - shift, zone);
      return { us, label: tickLabel(us, zone, step) };
    })
    .filter((tick) => tick.us >= range.fromUs && tick.us <= range.toUs);
}

function tickLabel(us: number, zone: string, stepUs: number): string {
  if (stepUs >= MICROS_PER_DAY * 0.9)
    return formatTime(us, zone, 'day').slice(stepUs > 300 * MICROS_PER_DAY ? 0 : 5);
  const text = formatTime(us, zone, stepUs < 60_000_000 ? 'second' : 'minute');
  const clock = text.slice(11);
  return clock.startsWith('00:00') && !/[1-9]/.test(clock) ? text.slice(5, 10) : clock;
}

export interface Band {
  readonly x: number;
  readonly width: number;
}

/** The stretches in which anything was exposed, merged; an end that the evidence does not hold runs to the edge. */
export function exposureBands(
  exposure: readonly Pick<ExposureFinding, 'openedUs' | 'closedUs'>[],
  scale: TimeScale,
): Band[] {
  const spans = exposure
    .map((window): [number, number] => [
      Number.isFinite(window.openedUs) ? window.openedUs : scale.range.fromUs,
      Number.isFinite(window.closedUs) ? window.closedUs : scale.range.toUs,
    ])
    .filter(([from, to]) => to > scale.range.fromUs && from < scale.range.toUs)
    .sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else merged.push([...span]);
  }
  return merged.map(([from, to]) => ({ x: scale.x(from), width: Math.max(1, scale.x(to) - scale.x(from)) }));
}

/** A stretch as a rectangle's x and width, at least one pixel wide so that it can be seen. */
export function spanBand(fromUs: number, toUs: number, scale: TimeScale): Band {
  const from = Number.isFinite(fromUs) ? fromUs : scale.range.fromUs;
  const to = Number.isFinite(toUs) ? toUs : scale.range.toUs;
  const x = scale.x(from);
  return { x, width: Math.max(1, scale.x(to) - x) };
}

/** A brush from two pixel positions; null when they are too close to mean a stretch. */
export function brushFrom(scale: TimeScale, a: number, b: number): TimeRange | null {
  if (Math.abs(a - b) < 3) return null;
  return { fromUs: Math.round(scale.us(Math.min(a, b))), toUs: Math.round(scale.us(Math.max(a, b))) };
}

/** Moves or resizes a brush by keyboard: a step is a hundredth of the range. Stays inside the range. */
export function nudgeBrush(
  range: TimeRange,
  brush: TimeRange | null,
  key: string,
  extends_: boolean,
): TimeRange | null {
  const span = range.toUs - range.fromUs;
  const step = Math.round(span / 100);
  const current = brush ?? { fromUs: range.fromUs, toUs: range.fromUs + Math.round(span / 10) };
  const by = key === 'ArrowLeft' ? -step : key === 'ArrowRight' ? step : 0;
  if (by === 0) return brush;
  if (extends_) {
    return {
      fromUs: current.fromUs,
      toUs: Math.min(range.toUs, Math.max(current.fromUs + step, current.toUs + by)),
    };
  }
  const width = current.toUs - current.fromUs;
  const fromUs = Math.min(range.toUs - width, Math.max(range.fromUs, current.fromUs + by));
  return { fromUs, toUs: fromUs + width };
}
