import { greatest, least } from '../base/extremes';
import type { Micros } from '../base/brand';
import { binomialAtLeast, lowerBound } from '../base/statistics';
import { formatUtc } from '../base/time';
import { plural } from '../base/units';
import type { Thresholds } from './parameters';

/** An instant that traffic holds between two others. */
export interface InstantBounds {
  readonly fromUs: Micros;
  readonly toUs: Micros;
  /** The middle: its median where calls come at an even rate, since then no moment between two calls is likelier than another. */
  readonly likelyUs: Micros;
  /** Services that changed together within these bounds; 1: only its own calls bound it. */
  readonly services: number;
  /** No call that was turned away bounds it, only that nobody came: a silence longer than these would be more than chance explains. */
  readonly isBySilence?: true;
}

/** One end of a service's window, as its own calls tell it. */
export interface EndCalls {
  /** Last call known to lie before the change, first known to lie after it; infinite where no call bounds it. */
  readonly fromUs: number;
  readonly toUs: number;
}

/**
 * The bounds of one end from its own calls: a stranger was turned away, the next was let in (or the other way round), so the change
 * lies between the two. Null where no call bounds it on both sides.
 */
export function ownBounds({ fromUs, toUs }: EndCalls): InstantBounds | null {
  const isBounded = Number.isFinite(fromUs) && Number.isFinite(toUs) && fromUs <= toUs;
  return isBounded ? boundsOf(fromUs, toUs, 1) : null;
}

/** Strangers' sessions within a window, by start. */
interface Sessions {
  readonly startsUs: Float64Array;
  readonly endsUs: Float64Array;
}

type SilenceLimits = Pick<
  Thresholds,
  'windowSessions' | 'closingSilenceFactor' | 'closingSilenceProbability'
>;

/**
 * For how long nobody may come to an open service before chance hardly explains it, at the rate of its sessions, or for a multiple of the
 * longest silence among them, whichever is longer. NaN: too few sessions to tell.
 */
export function longestByChanceUs({ startsUs }: Sessions, limits: SilenceLimits): number {
  const n = startsUs.length;
  const meanUs = (startsUs[n - 1] - startsUs[0]) / n;
  if (n < limits.windowSessions || !(meanUs > 0)) return Number.NaN;
  let longestUs = 0;
  for (let k = 1; k < n; k++) longestUs = Math.max(longestUs, startsUs[k] - startsUs[k - 1]);
  return Math.max(
    longestUs * limits.closingSilenceFactor,
    -Math.log(limits.closingSilenceProbability) * meanUs,
  );
}

/**
 * Bounds of an end at which nobody was turned away *own*, as in exports without denied calls: it was open with nobody coming for at most as
 * long as chance explains. The moment is exponentially distributed from the nearest call on, so its median is near that.
 */
export function silenceBounds(
  end: 'opening' | 'closing',
  sessions: Sessions,
  span: readonly [number, number],
  limits: SilenceLimits,
): InstantBounds | null {
  const { startsUs } = sessions;
  const mostUs = longestByChanceUs(sessions, limits);
  if (Number.isNaN(mostUs)) return null;
  const n = startsUs.length;
  const likelyUs = (Math.LN2 * (startsUs[n - 1] - startsUs[0])) / n;
  const callUs = end === 'opening' ? startsUs[0] : greatest(sessions.endsUs);
  const fromUs = end === 'opening' ? Math.max(callUs - mostUs, span[0]) : callUs;
  const toUs = end === 'opening' ? callUs : Math.min(callUs + mostUs, span[1]);
  const nearUs = Math.min(likelyUs, (toUs - fromUs) / 2);
  return {
    fromUs: fromUs as Micros,
    toUs: toUs as Micros,
    likelyUs: (end === 'opening' ? toUs - nearUs : fromUs + nearUs) as Micros,
    services: 1,
    isBySilence: true,
  };
}

function boundsOf(fromUs: number, toUs: number, services: number): InstantBounds {
  return {
    fromUs: fromUs as Micros,
    toUs: toUs as Micros,
    likelyUs: (fromUs + (toUs - fromUs) / 2) as Micros,
    services,
  };
}

/**
 * Bounds of every service's end, narrowed where several services can have changed at one moment *own*: one rule, or one security group,
 * covers many ports and machines, and then each call to any of them bounds the same change. Held to be so where their own bounds share a
 * moment and the odds that openings at times of their own would, in records `wholeUs` long, are at most `chance` (a binomial tail over the
 * others, with the mean share of the records that their bounds take). What is left over may hold another change, and is asked again.
 */
export function jointBounds(
  ends: readonly EndCalls[],
  wholeUs: number,
  chance: number,
): (InstantBounds | null)[] {
  const bounds = ends.map(ownBounds);
  let open = bounds.flatMap((each, k) => (each === null ? [] : [k]));
  while (open.length > 1) {
    const members = sharing(open, ends);
    const others = members.length - 1;
    const width =
      open.reduce((sum, k) => sum + Math.min(1, (ends[k].toUs - ends[k].fromUs) / wholeUs), 0) / open.length;
    if (others < 1 || binomialAtLeast(others, open.length - 1, width) > chance) break;
    const fromUs = greatest(members.map((k) => ends[k].fromUs));
    const toUs = least(members.map((k) => ends[k].toUs));
    const joint = boundsOf(fromUs, toUs, members.length);
    for (const k of members) bounds[k] = joint;
    open = open.filter((k) => !members.includes(k));
  }
  return bounds;
}

/** Of the moments, the one that lies within the most bounds: the ends that hold it. */
function sharing(candidates: readonly number[], ends: readonly EndCalls[]): number[] {
  const froms = Float64Array.from(candidates, (k) => ends[k].fromUs).sort();
  const tos = Float64Array.from(candidates, (k) => ends[k].toUs).sort();
  let most = 0;
  let moment = Number.NaN;
  froms.forEach((us, k) => {
    // Begun by now, less those that are over.
    const holding = k + 1 - lowerBound(tos, us + 1);
    if (holding > most) [most, moment] = [holding, us];
  });
  return candidates.filter((k) => ends[k].fromUs <= moment && ends[k].toUs > moment);
}

/** What the bounds say, as an addition to the sentence about the traffic. */
export function boundsWords(bounds: InstantBounds | null, happened: 'opened' | 'closed'): string {
  if (!bounds) return '';
  const between = `between ${formatUtc(bounds.fromUs)} and ${formatUtc(bounds.toUs)}`;
  if (bounds.isBySilence)
    return `; nobody was turned away that would show when it ${happened}: ${between}, since it was hardly open for longer without a call`;
  if (bounds.services === 1)
    return happened === 'opened'
      ? `; so it opened ${between}, after the last call turned away and before the first let in, unless that one has a rule of its own`
      : `; so it closed ${between}, after the last call let in and before the first turned away, unless that last one has a rule of its own`;
  return `; it ${happened} ${between} if one change did it for all ${plural(bounds.services, 'service')} whose calls fit the same moment`;
}
