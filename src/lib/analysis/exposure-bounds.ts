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
  /** No call that was turned away bounds it, only that nobody came, here and at a service of another port: a silence longer than these would be more than chance explains. */
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

/** Strangers' sessions within a window, by start, and who had each. */
interface Sessions {
  readonly startsUs: Float64Array;
  readonly endsUs: Float64Array;
  readonly actors: Uint32Array;
}

type SilenceLimits = Pick<
  Thresholds,
  'windowSessions' | 'closingSilenceFactor' | 'closingSilenceProbability'
>;

/**
 * For how long nobody may come to an open service before chance hardly explains it, or for a multiple of the longest silence among its
 * sessions, whichever is longer. Chance: callers come as a Poisson process whose rate only their `n` calls in `T` tell, so the next is later than
 * `T · (p^(−1/(n − 1)) − 1)` with probability p (the ratio of exponential times is F-distributed). Sessions of one actor come of one
 * decision, and one that has gone says nothing of the door: `n` is Kish's effective sample size of the actors' sessions (Survey Sampling,
 * 1965). NaN: too few to tell.
 */
export function longestByChanceUs({ startsUs, actors }: Sessions, limits: SilenceLimits): number {
  const n = startsUs.length;
  const lengthUs = startsUs[n - 1] - startsUs[0];
  const callers = effectiveCallers(actors);
  if (callers < limits.windowSessions || !(lengthUs > 0)) return Number.NaN;
  let longestUs = 0;
  for (let k = 1; k < n; k++) longestUs = Math.max(longestUs, startsUs[k] - startsUs[k - 1]);
  return Math.max(
    longestUs * limits.closingSilenceFactor,
    waitUs(limits.closingSilenceProbability, callers, lengthUs),
  );
}

/** What the next call is later than with such a probability, after so many in such a time. */
function waitUs(probability: number, callers: number, lengthUs: number): number {
  return lengthUs * (probability ** (-1 / (callers - 1)) - 1);
}

/** Actors of equal share in the sessions that would tell as much as these: (Σ m)² / Σ m² over the sessions m of each. */
function effectiveCallers(actors: Uint32Array): number {
  const sessions = new Map<number, number>();
  for (const actor of actors) sessions.set(actor, (sessions.get(actor) ?? 0) + 1);
  let squares = 0;
  for (const count of sessions.values()) squares += count * count;
  return actors.length ** 2 / squares;
}

/**
 * Bounds of an end at which nobody was turned away *own*, as in exports without denied calls: it was open with nobody coming for at most as
 * long as chance explains. The nearer the nearest call the likelier, so the median is near that.
 */
export function silenceBounds(
  end: 'opening' | 'closing',
  sessions: Sessions,
  span: readonly [number, number],
  limits: SilenceLimits,
): InstantBounds | null {
  const { startsUs, actors } = sessions;
  const mostUs = longestByChanceUs(sessions, limits);
  if (Number.isNaN(mostUs)) return null;
  const likelyUs = waitUs(0.5, effectiveCallers(actors), startsUs[startsUs.length - 1] - startsUs[0]);
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

/** A service's end as its silence bounds it, and who came before or after. */
export interface ServiceSilence {
  readonly bounds: InstantBounds | null;
  readonly port: number;
  /** By session. */
  readonly actors: Uint32Array;
}

/** Silences of about the same time that each is held against: with more than so many of the same callers, no other will differ. */
const MOST_COMPARED = 50;

/**
 * The bounds of those ends whose silence callers of another kind share: at a service of another port, at a moment that may be the same, less than
 * half of whose actors came here *own*. A campaign that begins and ends is as many addresses and as long a silence as an opening, at every
 * machine that runs its service; where different callers fall silent together, the door is the likelier cause. Told of one service alone, 21 of
 * 26 such ends were wrong in incidents whose only strangers were such campaigns; of two, none of 26 with a thousand bots about.
 */
export function sharedSilences(ends: readonly ServiceSilence[]): (InstantBounds | null)[] {
  const shared = new Array<InstantBounds | null>(ends.length).fill(null);
  const silences = ends.flatMap(({ bounds, port, actors }, k) =>
    bounds ? [{ bounds, port, actors: new Set(actors), k }] : [],
  );
  silences.sort((a, b) => a.bounds.fromUs - b.bounds.fromUs);
  silences.forEach((one, first) => {
    let compared = 0;
    for (let j = first + 1; j < silences.length && compared < MOST_COMPARED; j++) {
      const other = silences[j];
      if (other.bounds.fromUs > one.bounds.toUs) break;
      if (other.port === one.port) continue;
      compared += 1;
      if (!areOtherCallers(one.actors, other.actors)) continue;
      shared[one.k] = one.bounds;
      shared[other.k] = other.bounds;
    }
  });
  return shared;
}

function areOtherCallers(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let both = 0;
  for (const actor of few) if (many.has(actor)) both += 1;
  return both * 2 < few.size;
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
    return `; nobody was turned away that would show when it ${happened}: ${between}, since it was hardly open for longer without a call, and other callers of another port fell silent with them`;
  if (bounds.services === 1)
    return happened === 'opened'
      ? `; so it opened ${between}, after the last call turned away and before the first let in, unless that one has a rule of its own`
      : `; so it closed ${between}, after the last call let in and before the first turned away, unless that last one has a rule of its own`;
  return `; it ${happened} ${between} if one change did it for all ${plural(bounds.services, 'service')} whose calls fit the same moment`;
}
