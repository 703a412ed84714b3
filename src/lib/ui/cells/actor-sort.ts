import type { ActorFinding, Standing } from '../../analysis/findings';

export type ActorSortKey =
  | 'rank'
  | 'standing'
  | 'actor'
  | 'rung'
  | 'events'
  | 'failures'
  | 'successes'
  | 'bytes'
  | 'first'
  | 'last'
  | 'noise'
  | 'quiet';

export interface ActorSort {
  readonly key: ActorSortKey;
  readonly isDescending: boolean;
}

const ORDER: Readonly<Record<Standing, number>> = { quiet: 0, unknown: 1, known: 2, noise: 3 };

/** What is compared; NaN (not in the logs) goes last in both directions. */
function valueOf(actor: ActorFinding, key: ActorSortKey): number | string {
  switch (key) {
    case 'rank':
      return actor.quietRank ?? (actor.succeeded ? 1e6 : 2e6) - actor.quietScore;
    case 'standing':
      return ORDER[actor.standing];
    case 'actor':
      return actor.actor;
    case 'rung':
      return actor.rung;
    case 'bytes':
      return actor.bytesToActor;
    case 'first':
      return actor.firstUs;
    case 'last':
      return actor.lastUs;
    case 'noise':
      return actor.noiseScore;
    case 'quiet':
      return actor.quietScore;
    case 'events':
    case 'failures':
    case 'successes':
      return actor[key];
  }
}

const collator = new Intl.Collator('en', { numeric: true });

/** Sorted copy: addresses by their numbers, unknown values last, equal ones in the order of the quiet ranks. */
export function sortActors(actors: readonly ActorFinding[], sort: ActorSort): ActorFinding[] {
  const direction = sort.isDescending ? -1 : 1;
  return actors.toSorted((a, b) => {
    const left = valueOf(a, sort.key);
    const right = valueOf(b, sort.key);
    if (typeof left === 'string' || typeof right === 'string') {
      return direction * collator.compare(String(left), String(right));
    }
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    if (left !== right) return direction * (left - right);
    return (a.quietRank ?? Number.MAX_SAFE_INTEGER) - (b.quietRank ?? Number.MAX_SAFE_INTEGER);
  });
}
