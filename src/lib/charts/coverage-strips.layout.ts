import { visibleText } from '../base/visible';
import type { CoverageFinding, GapFinding, Rung } from '../analysis/findings';
import { spanBand, type Band, type TimeScale } from './time-scale';

export interface CoverageStrip {
  readonly key: string;
  readonly label: string;
  readonly source: string;
  readonly sourceId: number;
  readonly asset: string | null;
  readonly ceiling: Rung;
  readonly heldOffAsset: boolean;
  readonly share: number;
  readonly y: number;
  /** Where the source speaks at all. */
  readonly stretches: readonly Band[];
  /** Events as a silhouette inside the strip; opacity 0…1. */
  readonly bins: readonly (Band & { readonly strength: number })[];
  readonly gaps: readonly (Band & { readonly index: number; readonly text: string })[];
}

/** Most rectangles one strip's silhouette is made of: neighbors are merged beyond it. */
const MOST_BINS = 160;

export function coverageLayout(
  coverage: readonly CoverageFinding[],
  gaps: readonly GapFinding[],
  scale: TimeScale,
  top: number,
  stripHeight: number,
): CoverageStrip[] {
  return coverage.map((strip, row) => {
    const merge = Math.max(1, Math.ceil(strip.bins.length / MOST_BINS));
    const bins: (Band & { strength: number })[] = [];
    let most = 1;
    const sums: number[] = [];
    for (let at = 0; at < strip.bins.length; at += merge) {
      const sum = strip.bins.slice(at, at + merge).reduce((total, count) => total + count, 0);
      sums.push(sum);
      most = Math.max(most, sum);
    }
    sums.forEach((sum, index) => {
      if (sum === 0) return;
      const from = strip.fromUs + index * merge * strip.binUs;
      bins.push({
        ...spanBand(from, from + merge * strip.binUs, scale),
        strength: Math.log1p(sum) / Math.log1p(most),
      });
    });
    return {
      key: `${strip.sourceId}:${strip.asset ?? ''}`,
      label: visibleText(strip.asset === null ? strip.source : `${strip.asset} · ${strip.source}`),
      source: strip.source,
      sourceId: strip.sourceId,
      asset: strip.asset,
      ceiling: strip.ceiling,
      heldOffAsset: strip.heldOffAsset,
      share: strip.share,
      y: top + row * stripHeight,
      stretches: strip.stretches.map((stretch) => spanBand(stretch.fromUs, stretch.toUs, scale)),
      bins,
      gaps: gaps.flatMap((gap, index) =>
        gap.sourceId === strip.sourceId && (gap.asset === null || gap.asset === strip.asset)
          ? [{ ...spanBand(gap.fromUs, gap.toUs, scale), index, text: visibleText(gap.text) }]
          : [],
      ),
    };
  });
}

/**
 * Coverage with the files of one kind drawn as one strip: a month of logs in daily files is one stretch to a reader. What
 * is merged shows the same asset to the same ceiling from the same kind of place; the strips of single files are in the evidence.
 */
export function mergeCoverage(coverage: readonly CoverageFinding[]): CoverageFinding[] {
  const groups = new Map<string, CoverageFinding[]>();
  for (const strip of coverage) {
    const key = `${strip.asset ?? ''}|${strip.ceiling}|${strip.heldOffAsset}`;
    groups.set(key, [...(groups.get(key) ?? []), strip]);
  }
  return [...groups.values()].map((strips) => {
    const [first] = strips as [CoverageFinding];
    if (strips.length === 1) return first;
    return {
      ...first,
      source: `${strips.length} sources`,
      stretches: strips.flatMap((strip) => strip.stretches).sort((a, b) => a.fromUs - b.fromUs),
      share: Math.min(
        1,
        strips.reduce((sum, strip) => sum + strip.share, 0),
      ),
      bins: [],
    };
  });
}
