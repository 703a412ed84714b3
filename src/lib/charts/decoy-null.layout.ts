import { greatest, least } from '../base/extremes';
import type { DecoyFinding } from '../analysis/findings';

export interface DecoyLayout {
  readonly bars: readonly {
    readonly x: number;
    readonly width: number;
    readonly y: number;
    readonly height: number;
  }[];
  readonly observedX: number;
  readonly expectedX: number;
  readonly ticks: readonly { readonly x: number; readonly value: number }[];
}

/** Histogram of the statistic under circular shifts (from its sorted quantiles), with the observed value on the same axis. */
export function decoyLayout(
  decoy: DecoyFinding,
  box: { left: number; top: number; width: number; height: number },
): DecoyLayout {
  const values = decoy.nullQuantiles.filter(Number.isFinite);
  const low = least(values, Math.min(decoy.observed, 0));
  const high = greatest(values, Math.max(decoy.observed, low + 1e-9)) * 1.05;
  const x = (value: number) => box.left + ((value - low) / (high - low)) * box.width;
  const BINS = 40;
  const counts = new Float64Array(BINS);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = greatest(counts, 1);
  const width = box.width / BINS;
  return {
    bars: [...counts].map((count, bin) => {
      const height = (count / most) * box.height;
      return {
        x: box.left + bin * width,
        width: Math.max(0.5, width - 1),
        y: box.top + box.height - height,
        height,
      };
    }),
    observedX: x(decoy.observed),
    expectedX: x(decoy.expected),
    ticks: Array.from({ length: 5 }, (_, step) => {
      const value = low + ((high - low) * step) / 4;
      return { x: x(value), value };
    }),
  };
}
