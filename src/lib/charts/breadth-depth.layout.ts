import { greatest } from '../base/extremes';
import { visibleText } from '../base/visible';
import type { ActorFinding, Rung, Standing } from '../analysis/findings';

export interface ActorMark {
  readonly actor: string;
  readonly standing: Standing;
  readonly succeeded: boolean;
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** Noise is mass: many actors at one place are one disk, its area the count. */
export interface MassMark {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly count: number;
  readonly standing: Standing;
  readonly rung: Rung;
  readonly breadth: number;
}

export interface BreadthDepthLayout {
  readonly marks: readonly ActorMark[];
  readonly masses: readonly MassMark[];
  readonly xTicks: readonly { readonly x: number; readonly label: string }[];
  readonly yTicks: readonly { readonly y: number; readonly rung: number }[];
}

/** Breadth: how many (asset, port) places an actor touched, at least one. */
function breadthOf(actor: ActorFinding): number {
  return Math.max(1, actor.assets, actor.ports);
}

/**
 * Breadth (log, to the right) against depth (rung, upward). Quiet and known actors and whoever succeeded are single marks; the
 * rest is drawn as disks per place.
 */
export function breadthDepthLayout(
  actors: readonly ActorFinding[],
  box: { left: number; top: number; width: number; height: number },
): BreadthDepthLayout {
  const widest = greatest(actors.map(breadthOf), 10);
  const x = (breadth: number) => box.left + (Math.log10(breadth) / Math.log10(widest)) * box.width;
  const y = (rung: number) => box.top + box.height - (Math.max(0, rung) / 8) * box.height;
  const marks: ActorMark[] = [];
  const cells = new Map<string, { standing: Standing; rung: Rung; breadth: number; count: number }>();
  const stacked = new Map<string, number>();
  for (const actor of actors) {
    const breadth = breadthOf(actor);
    if (actor.quietRank !== null || actor.succeeded || actor.standing === 'known') {
      const place = `${breadth}:${actor.rung}`;
      const at = stacked.get(place) ?? 0;
      stacked.set(place, at + 1);
      marks.push({
        actor: actor.actor,
        standing: actor.standing,
        succeeded: actor.succeeded,
        x: x(breadth) + (at % 8) * 11,
        y: y(actor.rung) - Math.floor(at / 8) * 11,
        label: `${visibleText(actor.actor)}, ${actor.standing}, rung ${actor.rung}, ${breadth} place${breadth === 1 ? '' : 's'}`,
      });
      continue;
    }
    const column = Math.round(Math.log2(breadth) * 2);
    const key = `${actor.standing}:${column}:${actor.rung}`;
    const cell = cells.get(key);
    if (cell) cell.count += 1;
    else cells.set(key, { standing: actor.standing, rung: actor.rung, breadth, count: 1 });
  }
  const most = greatest(
    [...cells.values()].map((cell) => cell.count),
    1,
  );
  const masses = [...cells.values()].map((cell) => ({
    x: x(cell.breadth),
    y: y(cell.rung) + (cell.standing === 'noise' ? 0 : 5),
    radius: 2.5 + 13 * Math.sqrt(cell.count / most),
    ...cell,
  }));
  const xTicks: { x: number; label: string }[] = [];
  for (let breadth = 1; breadth <= widest; breadth *= 10)
    xTicks.push({ x: x(breadth), label: String(breadth) });
  const yTicks = Array.from({ length: 9 }, (_, rung) => ({ y: y(rung), rung }));
  return { marks, masses: masses.sort((a, b) => b.radius - a.radius), xTicks, yTicks };
}
