import { listUnder } from '../base/lists';
import type { GapFinding } from '../analysis/findings';
import { median } from '../base/statistics';
import { formatDuration, formatCount } from '../base/units';

/** Silences of one log that come back at a regular interval and are about as long as each other. */
export interface GapRun {
  /** In their order; the first says whose they are. */
  readonly gaps: readonly [GapFinding, ...GapFinding[]];
  readonly longest: GapFinding;
  /** From the beginning of one to the beginning of the next. */
  readonly periodUs: number;
}

/** What stands in the list as one entry. */
export type GapEntry =
  { readonly kind: 'gap'; readonly gap: GapFinding } | { readonly kind: 'run'; readonly run: GapRun };

/** Fewer are told one by one. */
const FEWEST = 5;
/** How far lengths may lie from their median: one that is much longer is no longer what the others are, and stands alone. */
const LENGTH_SLACK = 0.5;
/** How far beginnings may lie from the grid of the period, in periods. */
const GRID_SLACK = 0.15;
/** As much of the intervals must be one period or several whole ones. */
const REGULAR_SHARE = 0.8;

/**
 * The gaps, with regular silences of one log folded into one entry where the first of them stood: a log that is written once an hour has
 * hundreds, which say one thing, and hide what is unlike them.
 */
export function foldRegular(gaps: readonly GapFinding[]): readonly GapEntry[] {
  const logs = new Map<string, GapFinding[]>();
  for (const gap of gaps) {
    if (gap.kind !== 'silence') continue;
    const key = JSON.stringify([gap.sourceId, gap.asset]);
    listUnder(logs, key, gap);
  }
  const runs = [...logs.values()].flatMap((log) => regularOf(log) ?? []);
  const runOf = new Map(runs.flatMap((run) => run.gaps.map((gap) => [gap, run] as const)));
  return gaps.flatMap((gap): GapEntry[] => {
    const run = runOf.get(gap);
    if (!run) return [{ kind: 'gap', gap }];
    return run.gaps[0] === gap ? [{ kind: 'run', run }] : [];
  });
}

function lengthOf({ fromUs, toUs }: GapFinding): number {
  return toUs - fromUs;
}

function regularOf(silences: readonly GapFinding[]): GapRun | null {
  const usualUs = median(silences.map(lengthOf));
  const alike = silences
    .filter((gap) => Math.abs(lengthOf(gap) - usualUs) <= LENGTH_SLACK * usualUs)
    .sort((a, b) => a.fromUs - b.fromUs);
  const [first, ...others] = alike;
  if (!first || alike.length < FEWEST) return null;
  const stepsUs = others.map(({ fromUs }, at) => fromUs - (alike[at] as GapFinding).fromUs);
  const periodUs = median(stepsUs);
  const isOnGrid = (stepUs: number): boolean => {
    const periods = Math.round(stepUs / periodUs);
    return periods >= 1 && Math.abs(stepUs / periodUs - periods) <= GRID_SLACK;
  };
  if (stepsUs.filter(isOnGrid).length < REGULAR_SHARE * stepsUs.length) return null;
  const longest = others.reduce((most, gap) => (lengthOf(gap) > lengthOf(most) ? gap : most), first);
  return { gaps: [first, ...others], longest, periodUs };
}

/** What a run says, without whose it is. */
export function runWords({ gaps, longest, periodUs }: GapRun): string {
  return (
    `${formatCount(gaps.length)} silences, one about every ${formatDuration(periodUs)} and the longest of ${formatDuration(lengthOf(longest))}: ` +
    `regular, as in a log that is written or exported at intervals. What happened within them it cannot show.`
  );
}
