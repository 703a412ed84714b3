import { listUnder } from '../base/lists';
import { finished, type InParts } from '../base/parts';
import { groupBy } from '../base/sorting';
import { formatBytes, formatDuration, plural } from '../base/units';
import type { Micros } from '../base/brand';
import { findRhythms, joinByRhythm, sharedRhythm } from './campaign-rhythm';
import { joinBySweeps } from './campaign-sweeps';
import { findTools, sentByAll, type Tools } from './campaign-tools';
import { STANDING } from './context';
import type { CampaignFinding } from './findings';
import type { Bench } from './ground';
import type { Noise } from './noise';
import type { Thresholds } from './parameters';
import { CAMPAIGN_THRESHOLDS, pickThresholds } from './thresholds';

type Limits = Pick<Thresholds, keyof typeof CAMPAIGN_THRESHOLDS>;

/** Actors tried as a match for one actor, those with the rarest shared name first. */
const MOST_CANDIDATES = 64;
/** Actors looked at for one actor, compared or not: a common name is shared by thousands. */
const MOST_SEEN = 512;
const LISTED = 40;

class Forest {
  readonly #parents: Uint32Array;
  /** The program that a tree's members are sure to use, by its root; NaN. */
  readonly #programs: Float64Array;

  constructor({ program, isSure }: Tools) {
    this.#programs = program.map((key, actor) => (isSure[actor] === 1 ? key : Number.NaN));
    this.#parents = new Uint32Array(program.length);
    for (let at = 0; at < program.length; at++) this.#parents[at] = at;
  }
  root(at: number): number {
    let node = at;
    while (this.#parents[node] !== node) {
      this.#parents[node] = this.#parents[this.#parents[node]];
      node = this.#parents[node];
    }
    return node;
  }
  /** Leaves apart what is sure to be of two programs, whatever else it shares. */
  join(a: number, b: number): void {
    const first = this.root(a);
    const second = this.root(b);
    const [ofFirst, ofSecond] = [this.#programs[first], this.#programs[second]];
    const isKnown = !Number.isNaN(ofFirst);
    if (isKnown && !Number.isNaN(ofSecond) && ofFirst !== ofSecond) return;
    const into = Math.min(first, second);
    this.#parents[Math.max(first, second)] = into;
    this.#programs[into] = isKnown ? ofFirst : ofSecond;
  }
}

/**
 * Noise actors that are one campaign: they guess with one program (see `findTools`), or, where they are not sure to use two, their failed user
 * names are contained in one another's, or, with fewer than `campaignNames`, they called the same ports in the same shape, ports contained in one another's at the same steady interval, or one list of ports (see `joinBySweeps`). Writes each member's campaign into `standings`.
 */
export function findCampaigns(bench: Bench, noise: Noise): CampaignFinding[] {
  return finished(findCampaignsInParts(bench, noise));
}

export function* findCampaignsInParts(bench: Bench, noise: Noise): InParts<CampaignFinding[]> {
  const { standings, guessing, shapes } = noise;
  const count = standings.standing.length;
  const isNoise = (actor: number): boolean => standings.standing[actor] === STANDING.noise;
  const tools = findTools(bench, guessing, isNoise);
  yield;
  const forest = new Forest(tools);
  joinByTools(tools, forest);
  const limits = pickThresholds(bench.ground.thresholds, CAMPAIGN_THRESHOLDS);
  joinByNames(noise, forest, isNoise, limits);
  // Actor + 1 by shape.
  const byShape = new Uint32Array(count);
  for (let actor = 0; actor < count; actor++) {
    if (!isNoise(actor) || guessing.names[actor] >= limits.campaignNames || Number.isNaN(shapes.shape[actor]))
      continue;
    const first = byShape[shapes.shape[actor]];
    if (first === 0) byShape[shapes.shape[actor]] = actor + 1;
    else forest.join(actor, first - 1);
  }
  yield;
  // Names say more than a clock; who has a set of them is joined by that.
  const isUnnamed = (actor: number): boolean =>
    isNoise(actor) && guessing.names[actor] < limits.campaignNames;
  const rhythms = findRhythms(bench, isUnnamed, limits);
  joinByRhythm(bench, rhythms, limits, (actor, other) => forest.join(actor, other));
  joinBySweeps(bench, isUnnamed, limits, (actor, other) => forest.join(actor, other));
  yield;
  const { activity } = bench;
  const clusters = clustersOf(forest, count, isNoise, limits.campaignActors);
  const eventsOf = (actors: readonly number[]): number => {
    let events = 0;
    for (const actor of actors) events += activity.events[actor];
    return events;
  };
  const sized = clusters.map((actors) => ({ actors, events: eventsOf(actors) }));
  sized.sort((a, b) => b.events - a.events || a.actors[0] - b.actors[0]);
  const users = new Tally(bench.ground.evidence.dictionaries.strings.size);
  const ports = new Tally(65_536);
  return sized.map(({ actors, events }, index) => {
    for (const actor of actors) standings.campaign[actor] = index + 1;
    return describeCampaign(
      bench,
      { actors, events, index },
      { users, ports },
      { rhythmUs: sharedRhythm(rhythms, actors, limits), sentBytes: sentByAll(tools, actors) },
    );
  });
}

/** Guessers with one program are one campaign, whichever of its names each got to. */
function joinByTools({ program }: Tools, forest: Forest): void {
  const first = new Map<number, number>();
  for (let actor = 0; actor < program.length; actor++) {
    if (Number.isNaN(program[actor])) continue;
    const known = first.get(program[actor]);
    if (known === undefined) first.set(program[actor], actor);
    else forest.join(actor, known);
  }
}

/** The trees with so many members; a tree's root is the first of them. */
function clustersOf(
  forest: Forest,
  count: number,
  isNoise: (actor: number) => boolean,
  fewest: number,
): number[][] {
  const roots = new Uint32Array(count);
  for (let actor = 0; actor < count; actor++) roots[actor] = isNoise(actor) ? forest.root(actor) : count;
  const { starts, order } = groupBy(roots, count);
  const clusters: number[][] = [];
  for (let root = 0; root < count; root++) {
    const size = starts[root + 1] - starts[root];
    if (size > 0 && size >= fewest) clusters.push([...order.subarray(starts[root], starts[root + 1])]);
  }
  return clusters;
}

export function campaignId(index: number): string {
  return `C${index}`;
}

function joinByNames(
  noise: Noise,
  forest: Forest,
  isNoise: (actor: number) => boolean,
  { campaignNames, campaignContainment }: Limits,
): void {
  const { pairs } = noise.guessing;
  const namesOf = new Map<number, Set<number>>();
  const actorsOf = new Map<number, number[]>();
  for (let p = 0; p < pairs.size; p++) {
    const actor = pairs.first[p];
    if (!isNoise(actor) || noise.guessing.names[actor] < campaignNames) continue;
    const names = namesOf.get(actor);
    if (names) names.add(pairs.second[p]);
    else namesOf.set(actor, new Set([pairs.second[p]]));
    listUnder(actorsOf, pairs.second[p], actor);
  }
  for (const [actor, names] of namesOf) {
    const rare = [...names].sort(
      (a, b) => (actorsOf.get(a)?.length ?? 0) - (actorsOf.get(b)?.length ?? 0) || a - b,
    );
    const tried = new Set<number>([actor]);
    let seen = 0;
    for (const name of rare.slice(0, Math.ceil(names.size * (1 - campaignContainment)) + 1)) {
      for (const other of actorsOf.get(name) ?? []) {
        if (tried.size > MOST_CANDIDATES || seen++ > MOST_SEEN) break;
        // Who is in the same campaign already need not be compared again.
        if (tried.has(other) || forest.root(other) === forest.root(actor)) continue;
        tried.add(other);
        const otherNames = namesOf.get(other);
        if (
          otherNames &&
          otherNames.size >= names.size &&
          isContained(names, otherNames, campaignContainment)
        )
          forest.join(actor, other);
      }
    }
  }
}

function isContained(names: ReadonlySet<number>, others: ReadonlySet<number>, least: number): boolean {
  let shared = 0;
  for (const name of names) if (others.has(name)) shared += 1;
  return shared >= names.size * least;
}

function describeCampaign(
  bench: Bench,
  {
    actors,
    events,
    index,
  }: { readonly actors: readonly number[]; readonly events: number; readonly index: number },
  { users, ports }: { readonly users: Tally; readonly ports: Tally },
  { rhythmUs, sentBytes }: { readonly rhythmUs: number; readonly sentBytes: number },
): CampaignFinding {
  const { ground, activity, logins } = bench;
  const { strings } = ground.evidence.dictionaries;
  const { starts, order } = logins.byActor;
  const { portsUsed, portStarts } = activity;
  for (const actor of actors) {
    for (let k = starts[actor]; k < starts[actor + 1]; k++)
      if (logins.user[order[k]] !== 0) users.add(logins.user[order[k]]);
    for (let k = portStarts[actor]; k < portStarts[actor + 1]; k++) ports.add(portsUsed[k]);
  }
  const topUsers = users.takeTop().map((id) => strings.text(id));
  const topPorts = ports.takeTop();
  const parts: string[] = [];
  if (topPorts.length > 0) parts.push(`${noun(topPorts, 'port')} ${topPorts.slice(0, 5).join(', ')}`);
  if (topUsers.length > 0) parts.push(`${noun(topUsers, 'user name')} ${topUsers.slice(0, 5).join(', ')}`);
  if (!Number.isNaN(sentBytes)) parts.push(`${formatBytes(sentBytes)} sent in a connection`);
  if (!Number.isNaN(rhythmUs)) parts.push(`an interval of ${formatDuration(rhythmUs)}`);
  let firstUs = Infinity;
  let lastUs = -Infinity;
  for (const actor of actors) {
    firstUs = Math.min(firstUs, activity.firstUs[actor]);
    lastUs = Math.max(lastUs, activity.lastUs[actor]);
  }
  return {
    id: campaignId(index + 1),
    actors: actors.map((actor) => ground.actors.texts[actor]),
    fingerprint: `${plural(actors.length, 'actor')} with the same ${parts.join(', ') || 'shape of sessions'}`,
    users: topUsers,
    ports: topPorts,
    events,
    firstUs: firstUs as Micros,
    lastUs: lastUs as Micros,
  };
}

function noun(things: readonly unknown[], one: string): string {
  return things.length === 1 ? one : `${one}s`;
}

/** How often each thing was met in one campaign after the other. */
class Tally {
  readonly #counts: Uint32Array;
  readonly #met: number[] = [];

  constructor(things: number) {
    this.#counts = new Uint32Array(things);
  }

  add(thing: number): void {
    if (this.#counts[thing]++ === 0) this.#met.push(thing);
  }

  /** The things met most, and forgets all. */
  takeTop(): number[] {
    const counts = this.#counts;
    const top = this.#met.sort((a, b) => counts[b] - counts[a] || a - b).slice(0, LISTED);
    for (const thing of this.#met) counts[thing] = 0;
    this.#met.length = 0;
    return top;
  }
}
