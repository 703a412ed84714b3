import type { ActorId, Micros } from '../base/brand';
import { argsort } from '../base/sorting';
import { ACTOR_KIND, STANDING } from './context';
import type { ActorFinding, Sign, Standing } from './findings';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import { campaignId } from './campaigns';
import type { Noise } from './noise';
import { serviceName } from './profiles';
import type { Quiet } from './quiet';

/** Actors listed with their reasons, and how many of them may be noise: beyond that it is counted and drawn, not listed. */
const MOST_LISTED = 20_000;
const MOST_NOISE = 5_000;
const MOST_SERVICES = 12;

export function standingWord(standing: number): Standing {
  if (standing === STANDING.noise) return 'noise';
  if (standing === STANDING.quiet) return 'quiet';
  return standing === STANDING.known ? 'known' : 'unknown';
}

/**
 * The actors that began something, those worth a person's time first (by rank), then known and unknown ones, then noise by size.
 * Who succeeded is listed whatever its standing. `counts` covers all actors, `leftOut` is the number of noise actors beyond the list.
 */
export function listActors(
  bench: Bench,
  noise: Noise,
  ladder: Ladder,
  quiet: Quiet,
): { actors: ActorFinding[]; leftOut: number; counts: ActorCounts } {
  const { activity } = bench;
  const { standing } = noise.standings;
  const ranked: number[] = [];
  const others: number[] = [];
  const noisy: number[] = [];
  const settled: number[] = [];
  for (let actor = 0; actor < standing.length; actor++) {
    if (activity.events[actor] === 0) continue;
    if (quiet.rank[actor] > 0) ranked.push(actor);
    else if (standing[actor] === STANDING.known || quiet.succeeded[actor] === 1) settled.push(actor);
    else if (standing[actor] === STANDING.noise) noisy.push(actor);
    else others.push(actor);
  }
  ranked.sort((a, b) => quiet.rank[a] - quiet.rank[b]);
  const worth = [...ranked, ...bySize(settled, activity.events), ...bySize(others, activity.events)];
  const most = noisy.length === 0 ? MOST_LISTED : Math.min(MOST_LISTED, worth.length + MOST_NOISE);
  const shown = worth.slice(0, most);
  for (const actor of bySize(noisy, activity.events)) {
    if (shown.length === most) break;
    shown.push(actor);
  }
  return {
    actors: shown.map((actor) => describeActor(bench, noise, ladder, quiet, actor)),
    leftOut: worth.length + noisy.length - shown.length,
    counts: countActors(standing, activity.events),
  };
}

/** By number of events, the largest first; of those with as many, in their given order. */
function bySize(actors: readonly number[], events: Uint32Array): Uint32Array {
  const sizes = new Float64Array(actors.length);
  for (let k = 0; k < sizes.length; k++) sizes[k] = -events[actors[k]];
  const order = argsort(sizes);
  for (let k = 0; k < order.length; k++) order[k] = actors[order[k]];
  return order;
}

export interface ActorCounts {
  readonly actors: number;
  readonly noiseActors: number;
  readonly events: number;
  readonly noiseEvents: number;
}

function countActors(standing: Uint8Array, perActor: Uint32Array): ActorCounts {
  let [actors, noiseActors, events, noiseEvents] = [0, 0, 0, 0];
  for (let actor = 0; actor < standing.length; actor++) {
    if (perActor[actor] === 0) continue;
    actors += 1;
    events += perActor[actor];
    if (standing[actor] !== STANDING.noise) continue;
    noiseActors += 1;
    noiseEvents += perActor[actor];
  }
  return { actors, noiseActors, events, noiseEvents };
}

function describeActor(
  bench: Bench,
  noise: Noise,
  ladder: Ladder,
  quiet: Quiet,
  actor: number,
): ActorFinding {
  const { activity, ground } = bench;
  const { standing, noiseScore, campaign } = noise.standings;
  const { rung, inferred } = ladder.rungOf(actor as ActorId);
  const label = ground.actors.known[actor];
  const why: Sign[] = [
    ...quiet.signsOf(actor).map((sign) => ({ ...sign, score: 'quiet' as const })),
    ...noise.signsOf(actor).map((sign) => ({ ...sign, score: 'noise' as const })),
  ];
  return {
    actor: ground.actors.texts[actor],
    kind: ground.actors.kinds[actor] === ACTOR_KIND.address ? 'address' : 'principal',
    standing: standingWord(standing[actor]),
    ...(label === undefined ? {} : { label }),
    noiseScore: noiseScore[actor],
    quietScore: quiet.score[actor],
    quietRank: quiet.rank[actor] === 0 ? null : quiet.rank[actor],
    rung,
    rungInferred: inferred,
    succeeded: quiet.succeeded[actor] === 1,
    firstUs: activity.firstUs[actor] as Micros,
    lastUs: activity.lastUs[actor] as Micros,
    campaign: campaign[actor] === 0 ? null : campaignId(campaign[actor]),
    sessions: activity.sessions[actor],
    events: activity.events[actor],
    failures: activity.failures[actor],
    successes: activity.successes[actor],
    users: activity.users[actor],
    assets: activity.assets[actor],
    ports: activity.ports[actor],
    bytesToActor: activity.bytesToActor[actor],
    bytesFromActor: activity.bytesFromActor[actor],
    services: servicesOf(bench, actor),
    why,
  };
}

function servicesOf(bench: Bench, actor: number): string[] {
  const { contacts, activity } = bench;
  const services = new Set<string>();
  const { starts, order } = contacts.byActor;
  for (let k = starts[actor]; k < starts[actor + 1] && services.size < MOST_SERVICES; k++) {
    const service = contacts.service[order[k]];
    services.add(serviceName(contacts.services.port[service], contacts.services.protocol[service]));
  }
  if (activity.sessions[actor] > 0) return [...services];
  const { portsUsed, portStarts } = activity;
  for (let k = portStarts[actor]; k < portStarts[actor + 1] && services.size < MOST_SERVICES; k++)
    services.add(serviceName(portsUsed[k], 6));
  return [...services];
}
