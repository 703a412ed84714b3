import { greatest } from '../base/extremes';
import type { ControlGroup } from '../analysis/findings';

export interface MeasureStrip {
  readonly measure: ControlGroup['measures'][number]['measure'];
  readonly label: string;
  readonly y: number;
  /** Violin-like outline: where the control sessions are dense, it is thick. */
  readonly outline: string;
  readonly medianX: number;
  readonly ticks: readonly { readonly x: number; readonly value: number }[];
  readonly suspects: readonly {
    readonly actor: string;
    readonly x: number;
    readonly value: number;
    readonly p: number;
    readonly isDiscovery: boolean;
    readonly index: number;
  }[];
}

const LABELS = {
  bytesToActor: 'bytes to the actor',
  bytesFromActor: 'bytes from the actor',
  packets: 'packets',
  durationUs: 'duration',
} as const;

/** Values are spread over decades, and zero is a value: log1p puts both on one axis. */
const transform = (value: number): number => Math.log10(1 + Math.max(0, value));

/**
 * One strip a measure: how the control group's sessions are distributed (from their 101 quantiles) and where the suspects lie. The
 * outline's half-thickness is the density between neighboring quantiles, scaled to the strip's densest place.
 */
export function controlLayout(
  group: ControlGroup,
  box: { left: number; top: number; width: number; stripHeight: number },
): MeasureStrip[] {
  return group.measures.map((measure, row) => {
    const finite = measure.quantiles.filter(Number.isFinite);
    const values = [...finite, ...measure.suspects.map((suspect) => suspect.value).filter(Number.isFinite)];
    const high = greatest(values.map(transform), 1);
    const x = (value: number) => box.left + (transform(value) / high) * box.width;
    const middle = box.top + row * box.stripHeight + box.stripHeight / 2;
    const BINS = 60;
    const counts = new Float64Array(BINS);
    for (const value of finite) {
      const bin = Math.min(BINS - 1, Math.floor((transform(value) / high) * BINS));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const most = greatest(counts, 1);
    const half = box.stripHeight * 0.36;
    const edge = (bin: number) => box.left + (bin / BINS) * box.width;
    const upper: string[] = [];
    const lower: string[] = [];
    counts.forEach((count, bin) => {
      const thick = Math.sqrt(count / most) * half;
      upper.push(
        `${edge(bin).toFixed(1)},${(middle - thick).toFixed(1)} ${edge(bin + 1).toFixed(1)},${(middle - thick).toFixed(1)}`,
      );
      lower.unshift(
        `${edge(bin + 1).toFixed(1)},${(middle + thick).toFixed(1)} ${edge(bin).toFixed(1)},${(middle + thick).toFixed(1)}`,
      );
    });
    const ticks: { x: number; value: number }[] = [];
    for (let power = 0; power <= high; power += high > 6 ? 2 : 1) {
      const value = power === 0 ? 0 : 10 ** power;
      ticks.push({ x: x(value), value });
    }
    return {
      measure: measure.measure,
      label: LABELS[measure.measure],
      y: middle,
      outline: finite.length === 0 ? '' : `M${upper.join(' L')} L${lower.join(' L')}Z`,
      medianX: x(finite[Math.floor(finite.length / 2)] ?? 0),
      ticks,
      suspects: measure.suspects.map((suspect, index) => ({
        actor: suspect.actor,
        x: x(suspect.value),
        value: suspect.value,
        p: suspect.p,
        isDiscovery: suspect.isDiscovery,
        index,
      })),
    };
  });
}
