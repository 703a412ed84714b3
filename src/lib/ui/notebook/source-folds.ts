import { listUnder } from '../../base/lists';
import type { SourceInfo } from '../../analysis/evidence';

/** Beyond it the files of one format fold into one entry: a trail is delivered as hundreds. */
const MANY = 12;
const FEWEST_FOLDED = 3;

/** Files of one format that stand in the list as one entry. */
export interface SourceFold {
  readonly label: string;
  readonly files: readonly SourceInfo[];
  readonly rows: number;
  readonly rejected: number;
  /** How many end in the middle of a record. */
  readonly cut: number;
  /** How many could not be stored. */
  readonly unsaved: number;
}

export interface FoldedSources {
  readonly folds: readonly SourceFold[];
  readonly single: readonly SourceInfo[];
}

const collator = new Intl.Collator('en', { numeric: true });

/** As a person counts: the ninth file before the tenth. */
export function byName(sources: readonly SourceInfo[]): SourceInfo[] {
  return sources.toSorted((a, b) => collator.compare(a.name, b.name));
}

/**
 * What stands for many files of one format, by their labels, and what stands alone, by name. The files of a fold are in no order: while thousands
 * are read they change several times a second, and most folds are never opened.
 */
export function foldSources(sources: readonly SourceInfo[]): FoldedSources {
  if (sources.length <= MANY) return { folds: [], single: byName(sources) };
  const byLabel = new Map<string, SourceInfo[]>();
  for (const source of sources) {
    listUnder(byLabel, source.formatLabel, source);
  }
  const isFolded = ({ formatLabel }: SourceInfo): boolean =>
    (byLabel.get(formatLabel)?.length ?? 0) >= FEWEST_FOLDED;
  return {
    folds: [...byLabel.values()]
      .filter(({ length }) => length >= FEWEST_FOLDED)
      .map(foldOf)
      .sort((a, b) => collator.compare(a.label, b.label)),
    single: byName(sources.filter((source) => !isFolded(source))),
  };
}

function foldOf(files: readonly SourceInfo[]): SourceFold {
  return {
    label: files[0]?.formatLabel ?? '',
    files,
    rows: files.reduce((sum, source) => sum + rowsOf(source), 0),
    rejected: files.reduce((sum, source) => sum + source.rejected, 0),
    cut: files.filter(({ isCut }) => isCut).length,
    unsaved: files.filter(({ unsaved }) => unsaved !== undefined).length,
  };
}

export function rowsOf(source: SourceInfo): number {
  return Object.values(source.rows).reduce((sum, count) => sum + count, 0);
}

/** What is said of each source, in its order. */
export function bySource<T extends { readonly sourceId: number }>(
  all: readonly T[],
): ReadonlyMap<number, readonly T[]> {
  const found = new Map<number, T[]>();
  for (const one of all) {
    listUnder(found, one.sourceId, one);
  }
  return found;
}

/** A stretch of a strip, in percent of its length. */
export interface Bar {
  readonly left: number;
  readonly width: number;
}

/** The narrowest bar that is seen. */
const LEAST_PERCENT = 1.5;

/** A source's stretch as a bar on the case's axis; null without one. */
export function barOf(
  { firstUs, lastUs }: Pick<SourceInfo, 'firstUs' | 'lastUs'>,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): Bar | null {
  if (!Number.isFinite(firstUs)) return null;
  const whole = toUs - fromUs;
  return {
    left: ((firstUs - fromUs) / whole) * 100,
    width: Math.max(LEAST_PERCENT, ((lastUs - firstUs) / whole) * 100),
  };
}

/** Bars that touch or overlap as one: as many files as there may be, they take no more than a strip has room for. */
export function joinBars(bars: readonly Bar[]): Bar[] {
  const joined: Bar[] = [];
  for (const bar of [...bars].sort((a, b) => a.left - b.left)) {
    const last = joined.at(-1);
    if (last && bar.left <= last.left + last.width)
      joined[joined.length - 1] = {
        left: last.left,
        width: Math.max(last.left + last.width, bar.left + bar.width) - last.left,
      };
    else joined.push(bar);
  }
  return joined;
}
