import { listUnder } from '../base/lists';
import type { Micros } from '../base/brand';
import { visibleText } from '../base/visible';
import type { CoverageFinding, GapFinding, Rung } from '../analysis/findings';
import { joined } from '../analysis/stretches';
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
    const sources = new Set(sourcesOf(strip));
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
      label: stripLabel(strip),
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
        sources.has(gap.sourceId) && (gap.asset === null || gap.asset === strip.asset)
          ? [{ ...spanBand(gap.fromUs, gap.toUs, scale), index, text: visibleText(gap.text) }]
          : [],
      ),
    };
  });
}

/** Names the asset, if the finding is of one, and the source. */
export function stripLabel({ asset, source }: CoverageFinding): string {
  return visibleText(asset === null ? source : `${asset} · ${source}`);
}

/** Ids of the sources that the finding is about. */
export function sourcesOf({ sourceId, sourceIds }: CoverageFinding): readonly number[] {
  return sourceIds ?? [sourceId];
}

/**
 * Coverage with the files of one kind drawn as one strip: a month of logs in daily files is one stretch to a reader. What is merged shows the
 * same asset to the same ceiling from the same kind of place, and, where `kindOf` tells them apart, is of one kind.
 */
export function mergeCoverage(
  coverage: readonly CoverageFinding[],
  kindOf: (strip: CoverageFinding) => string = () => '',
): CoverageFinding[] {
  const groups = new Map<string, CoverageFinding[]>();
  for (const strip of coverage) {
    const key = `${strip.asset ?? ''}|${strip.ceiling}|${strip.heldOffAsset}|${strip.trusted}|${kindOf(strip)}`;
    listUnder(groups, key, strip);
  }
  return [...groups.values()].map((strips) => {
    const [first] = strips as [CoverageFinding];
    if (strips.length === 1) return first;
    const kind = kindOf(first);
    const sourceIds = strips.flatMap(sourcesOf);
    return {
      ...first,
      ...sumOfBins(strips),
      source: kind === '' ? `${sourceIds.length} sources` : `${sourceIds.length} files · ${kind}`,
      sourceIds,
      stretches: joined(strips.flatMap((strip) => strip.stretches)).map(({ fromUs, toUs }) => ({
        fromUs: fromUs as Micros,
        toUs: toUs as Micros,
      })),
      share: Math.min(
        1,
        strips.reduce((sum, strip) => sum + strip.share, 0),
      ),
    };
  });
}

/** The bins of all, as wide as the widest. */
function sumOfBins(strips: readonly CoverageFinding[]): Pick<CoverageFinding, 'fromUs' | 'binUs' | 'bins'> {
  const filled = strips.filter(({ bins }) => bins.length > 0);
  const [first] = filled;
  if (!first) return { fromUs: Number.NaN as Micros, binUs: 1, bins: [] };
  let { fromUs, binUs } = first;
  let toUs = -Infinity;
  for (const strip of filled) {
    if (strip.fromUs < fromUs) fromUs = strip.fromUs;
    binUs = Math.max(binUs, strip.binUs);
    toUs = Math.max(toUs, strip.fromUs + strip.bins.length * strip.binUs);
  }
  const bins = new Array<number>(Math.ceil((toUs - fromUs) / binUs)).fill(0);
  for (const strip of filled) {
    strip.bins.forEach((count, index) => {
      const at = Math.floor((strip.fromUs + index * strip.binUs - fromUs) / binUs);
      bins[at] = (bins[at] ?? 0) + count;
    });
  }
  return { fromUs, binUs, bins };
}
