import { poissonAtLeast } from '../base/statistics';
import type { Bench } from './ground';
import type { Thresholds } from './parameters';

/** Ports of one actor, at most: who calls more goes through ports, not through a list. */
const MOST_PORTS = 16;

/** Share of those with one list that chance may explain: this share of a campaign may be strangers to it. */
const MOST_BY_CHANCE = 0.1;

type Limits = Pick<Thresholds, 'campaignActors' | 'sweepProbability'>;

/** Actors that called just the same ports. */
interface List {
  /** Ascending, none twice. */
  readonly ports: readonly number[];
  readonly actors: number[];
}

/**
 * Calls `join` for actors that went through one list of at least two ports *own*. Scanners of the Internet's background call what is popular; who
 * is after certain services calls their ports, from each address, whatever the order and whatever answers. Were the k ports of an actor drawn by how
 * many actors call each, a set of them would come up N_k · k! · Π q times (N_k: actors of k ports, q: a port's share of all calls), about
 * Poisson distributed. It is a list where more actors have it than that explains (Bonferroni over all sets, as in statistically validated
 * networks: Tumminello et al., PLoS ONE 6, 2011) and few of them can be there by chance. Guessers who are after one port
 * make it popular, so the error is on the safe side. A list that another contains is a part of it. Only of actors for which `isWanted`.
 */
export function joinBySweeps(
  bench: Bench,
  isWanted: (actor: number) => boolean,
  limits: Limits,
  join: (actor: number, other: number) => void,
): void {
  const lists = listsOf(bench, isWanted, limits);
  lists.sort((a, b) => b.ports.length - a.ports.length || a.actors[0] - b.actors[0]);
  const whole: List[] = [];
  for (const list of lists) {
    const first = whole.find(({ ports }) => list.ports.every((port) => ports.includes(port)));
    if (!first) whole.push(list);
    for (const actor of list.actors) join(actor, (first ?? list).actors[0]);
  }
}

function listsOf(bench: Bench, isWanted: (actor: number) => boolean, limits: Limits): List[] {
  const { portsUsed, portStarts } = bench.activity;
  const byPorts = new Map<string, List>();
  const callers = new Map<number, number>();
  const actorsOfSize = new Uint32Array(MOST_PORTS + 1);
  let calls = 0;
  for (let actor = 0; actor + 1 < portStarts.length; actor++) {
    const size = portStarts[actor + 1] - portStarts[actor];
    if (size === 0 || size > MOST_PORTS || !isWanted(actor)) continue;
    const used = portsUsed.subarray(portStarts[actor], portStarts[actor + 1]);
    for (let k = 0; k < size; k++) callers.set(used[k], (callers.get(used[k]) ?? 0) + 1);
    calls += size;
    actorsOfSize[size] += 1;
    if (size === 1) continue;
    const ports = [...used].sort((a, b) => a - b);
    const key = ports.join();
    const known = byPorts.get(key);
    if (known) known.actors.push(actor);
    else byPorts.set(key, { ports, actors: [actor] });
  }
  const byChance = ({ ports }: List): number =>
    ports.reduce(
      (expected, port, k) => (expected * (k + 1) * (callers.get(port) ?? 0)) / calls,
      actorsOfSize[ports.length],
    );
  return [...byPorts.values()].filter((list) => {
    const count = list.actors.length;
    if (count < limits.campaignActors) return false;
    const expected = byChance(list);
    return (
      expected <= MOST_BY_CHANCE * count &&
      poissonAtLeast(count, expected) * byPorts.size <= limits.sweepProbability
    );
  });
}
