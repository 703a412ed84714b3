import { lowerBound } from '../base/statistics';
import { MICROS_PER_DAY } from '../base/time';
import { REACHED, type Contacts } from './contacts';
import type { Sessions } from './context';
import type { Thresholds } from './parameters';

export interface Regulars {
  /** Contacts of those let in before the opening. */
  readonly regulars: ReadonlySet<number>;
  /** Whether the opening is where the rate of new actors rose, or since when none was turned away. */
  readonly isByRate: boolean;
}

export const NO_REGULARS: Regulars = { regulars: new Set(), isByRate: false };

/**
 * Of the actors let in before the rate of new ones rose (the first `index` of `arrivals`), those who are regulars *own*: let in while others were
 * still turned away. Who came after the last that was turned away found the port open, though the bots had not found it yet. Where nobody
 * was turned away before, as in exports that leave denied calls out, the rate has to do. But as many visitors of a single day as
 * `widenedByActors` says are nobody's partners: they found the port open, and a later wave of bots is no opening.
 */
export function regularsBefore(
  input: {
    readonly sessions: Sessions;
    readonly contacts: Contacts;
    readonly limits: Pick<Thresholds, 'widenedByActors'>;
  },
  mine: Uint32Array,
  arrivals: Uint32Array,
  arrivalUs: Float64Array,
  index: number,
): Regulars {
  const { sessions, contacts, limits } = input;
  let turnedAwayUs = -Infinity;
  for (let k = 0; k < mine.length; k++) {
    const i = mine[k];
    const us = sessions.startUs[i];
    if (us > turnedAwayUs && us < arrivalUs[index] && contacts.outcomes[i] === REACHED.turnedAway)
      turnedAwayUs = us;
  }
  if (turnedAwayUs !== -Infinity) {
    const before = lowerBound(arrivalUs, turnedAwayUs, index);
    return { regulars: new Set(arrivals.subarray(0, before)), isByRate: true };
  }
  const early = arrivals.subarray(0, index);
  const steady = early.filter(
    (contact) => contacts.lastUs[contact] - contacts.firstUs[contact] >= MICROS_PER_DAY,
  );
  const visitors = early.length - steady.length;
  return visitors < Math.max(1, limits.widenedByActors)
    ? { regulars: new Set(early), isByRate: true }
    : { regulars: new Set(steady), isByRate: false };
}
