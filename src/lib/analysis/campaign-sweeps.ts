import { PairSet } from '../base/pair-set';
import { groupBy } from '../base/sorting';
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
  readonly actors: readonly number[];
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
  // A set of ports is a path through a tree: from a node (+ 1; 0: the root) by the next larger port.
  const tree = new PairSet();
  const nodeOf = new Uint32Array(portStarts.length - 1);
  const callers = new Uint32Array(65_536);
  const actorsOfSize = new Uint32Array(MOST_PORTS + 1);
  let calls = 0;
  for (let actor = 0; actor < nodeOf.length; actor++) {
    const size = portStarts[actor + 1] - portStarts[actor];
    if (size === 0 || size > MOST_PORTS || !isWanted(actor)) continue;
    calls += size;
    actorsOfSize[size] += 1;
    if (size === 1) {
      callers[portsUsed[portStarts[actor]]] += 1;
      continue;
    }
    for (const port of portsUsed.slice(portStarts[actor], portStarts[actor + 1]).sort()) {
      callers[port] += 1;
      nodeOf[actor] = tree.add(nodeOf[actor], port) + 1;
    }
  }
  const { starts, order } = groupBy(nodeOf, tree.size + 1);
  const lists: List[] = [];
  let sets = 0;
  for (let node = 1; node <= tree.size; node++) {
    const count = starts[node + 1] - starts[node];
    if (count === 0) continue;
    sets += 1;
    if (count < limits.campaignActors) continue;
    lists.push({ ports: pathTo(tree, node), actors: [...order.subarray(starts[node], starts[node + 1])] });
  }
  const byChance = ({ ports }: List): number =>
    ports.reduce(
      (expected, port, k) => (expected * (k + 1) * callers[port]) / calls,
      actorsOfSize[ports.length],
    );
  return lists.filter((list) => {
    const count = list.actors.length;
    const expected = byChance(list);
    return (
      expected <= MOST_BY_CHANCE * count && poissonAtLeast(count, expected) * sets <= limits.sweepProbability
    );
  });
}

/** Ports on the way to a node, ascending. */
function pathTo({ first, second }: PairSet, node: number): number[] {
  const ports: number[] = [];
  for (let at = node; at !== 0; at = first[at - 1]) ports.unshift(second[at - 1]);
  return ports;
}
