import { area, curveStepAfter } from 'd3';
import type { TimelineFinding } from '../analysis/findings';
import type { TimeScale } from './time-scale';

export interface MassSeries {
  readonly name: string;
  readonly standing: TimelineFinding['series'][number]['standing'];
  /** SVG path of its share of the mass. */
  readonly path: string;
  readonly total: number;
}

export interface LaneMark {
  readonly x: number;
  readonly width: number;
  readonly radius: number;
  readonly kind: string;
  readonly index: number;
}

export interface Lane {
  readonly actor: string;
  readonly y: number;
  readonly marks: readonly LaneMark[];
}

export interface MassTick {
  readonly y: number;
  readonly label: string;
}

/**
 * Heights of the stacked mass. The *total* is on a log scale (noise spans orders of magnitude, and a linear scale shows only its
 * peaks); within a bin the series share that height in proportion, since stacking logarithms would make the order decide who looks big.
 */
export function massLayout(
  timeline: TimelineFinding,
  scale: TimeScale,
  top: number,
  height: number,
): { series: MassSeries[]; ticks: MassTick[]; peak: number } {
  const totals = new Float64Array(timeline.bins);
  for (const { counts } of timeline.series)
    counts.forEach((count, bin) => (totals[bin] = (totals[bin] ?? 0) + count));
  const peak = totals.reduce((most, total) => Math.max(most, total), 0);
  const heightOf = (total: number) => (peak === 0 ? 0 : (Math.log1p(total) / Math.log1p(peak)) * height);
  const base = new Float64Array(timeline.bins);
  const series = timeline.series.map(({ name, standing, counts }) => {
    const points: [number, number, number][] = [];
    for (let bin = 0; bin < timeline.bins; bin++) {
      const total = totals[bin] ?? 0;
      const share = total === 0 ? 0 : ((counts[bin] ?? 0) / total) * heightOf(total);
      const y0 = top + height - (base[bin] ?? 0);
      base[bin] = (base[bin] ?? 0) + share;
      points.push([scale.x(timeline.fromUs + bin * timeline.binUs), y0, y0 - share]);
    }
    const last = points.at(-1);
    if (last) points.push([scale.x(timeline.fromUs + timeline.bins * timeline.binUs), last[1], last[2]]);
    const draw = area<[number, number, number]>()
      .x((point) => point[0])
      .y0((point) => point[1])
      .y1((point) => point[2])
      .curve(curveStepAfter);
    return { name, standing, path: draw(points) ?? '', total: counts.reduce((sum, count) => sum + count, 0) };
  });
  const ticks: MassTick[] = [];
  for (let count = 1; count <= peak; count *= 10) {
    ticks.push({
      y: top + height - heightOf(count),
      label: count >= 1000 ? `${count / 1000}k` : String(count),
    });
  }
  return { series, ticks, peak };
}

/** Marks of the quiet actors. Radius grows with the logarithm of the bytes returned, from 3 px (none or unknown) to 9 px (1 GB). */
export function laneLayout(
  timeline: TimelineFinding,
  scale: TimeScale,
  top: number,
  laneHeight: number,
): Lane[] {
  return timeline.lanes.map((lane, row) => ({
    actor: lane.actor,
    y: top + row * laneHeight + laneHeight / 2,
    marks: lane.marks.map((mark, index) => {
      const bytes = Number.isFinite(mark.bytes) ? Math.max(0, mark.bytes) : 0;
      return {
        x: scale.x(mark.atUs),
        width: Math.max(0, scale.x(mark.endUs) - scale.x(mark.atUs)),
        radius: 3 + 6 * Math.min(1, Math.log10(1 + bytes) / 9),
        kind: mark.kind,
        index,
      };
    }),
  }));
}
