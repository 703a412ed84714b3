import type { TimelineFinding } from '../../analysis/findings';
import type { TimeRange } from '../../notebook/selection';

const BINS = 160;

/** Events of all series in equal bins over the case's stretch: the silhouette behind the time axis. */
export function densityOf(timeline: TimelineFinding, range: TimeRange): readonly number[] {
  const density = new Array<number>(BINS).fill(0);
  const span = range.toUs - range.fromUs;
  if (span <= 0) return density;
  for (const { counts } of timeline.series) {
    counts.forEach((count, bin) => {
      const middleUs = timeline.fromUs + (bin + 0.5) * timeline.binUs;
      const at = Math.floor(((middleUs - range.fromUs) / span) * BINS);
      const clamped = Math.max(0, Math.min(BINS - 1, at));
      density[clamped] = (density[clamped] ?? 0) + count;
    });
  }
  return density;
}
