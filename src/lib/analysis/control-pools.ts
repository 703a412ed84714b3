import { listUnder } from '../base/lists';
import type { AssetId } from '../base/brand';
import { groupBy } from '../base/sorting';
import { PairSet } from '../base/pair-set';
import { seededRandom, type Random } from '../base/random';
import { reachedBy, REACHED } from './contacts';
import { DIRECTION, STANDING, type Ground, type Standings } from './context';
import { measureOf, tailOf, tailP, valuesOf } from './control-measures';

/** The sessions of one service, sorted into what a failed attempt looks like and what is to be held against it. */
export interface Pool {
  /** −1: several assets that have the port. */
  readonly asset: number;
  readonly port: number;
  readonly protocol: number;
  /** Sessions of noise that never got in. */
  readonly noise: Uint32Array;
  /** Sessions to be judged: of actors that are not noise, of noise that got in, and those of noise that `apart` finds. */
  readonly suspects: Uint32Array;
  /**
   * One session of each actor in `noise`, drawn at random by the case's seed *own*. Sessions of one bot are alike, and a few bots come
   * thousands of times: counted by session they are the group, and p-values of other bots against it are far from uniform (a Kolmogorov–Smirnov
   * distance of 0.4 in the generated cases). Actors can be exchanged for one another, their sessions cannot.
   */
  readonly controls: Uint32Array;
  /** The same of every actor here that is not known: by this the sizes of strangers' sessions are described. */
  readonly strangers: Uint32Array;
}

/** Both groups of sessions of one service or of several. */
interface Sorted {
  readonly noise: Uint32Array;
  readonly suspects: Uint32Array;
}

/**
 * Inbound sessions that got through to exposed services, by service. Services of one port with too few noise actors each are pooled (see
 * `pooledMembers`). `gotIn`, by ActorId, marks actors that logged in: what they did afterwards is no failed attempt.
 */
export function poolSessions(ground: Ground, standings: Standings, gotIn: Uint8Array | undefined): Pool[] {
  const { sessions, exposure } = ground;
  const exposed = new Set(exposure.map((window) => `${window.asset}:${window.port}:${window.protocol}`));
  const services = new PairSet();
  // Noise of a service in group 2 · key, its suspects in the next.
  const chosen = new Uint32Array(sessions.count);
  const groupOf = new Uint32Array(sessions.count);
  let count = 0;
  const isExposed: boolean[] = [];
  for (let i = 0; i < sessions.count; i++) {
    if (sessions.direction[i] !== DIRECTION.inbound || reachedBy(sessions, i) !== REACHED.yes) continue;
    const known = services.size;
    const key = services.add(sessions.asset[i], (sessions.protocol[i] << 16) | sessions.assetPort[i]);
    if (key === known)
      isExposed.push(exposed.has(`${sessions.asset[i]}:${sessions.assetPort[i]}:${sessions.protocol[i]}`));
    if (!isExposed[key]) continue;
    const actor = sessions.actor[i];
    const standing = standings.standing[actor];
    if (standing === STANDING.known) continue;
    chosen[count] = i;
    groupOf[count++] = 2 * key + (standing === STANDING.noise && gotIn?.[actor] !== 1 ? 0 : 1);
  }
  const { starts, order } = groupBy(groupOf, 2 * services.size, count);
  for (let k = 0; k < order.length; k++) order[k] = chosen[order[k]];
  const sorted = Array.from({ length: services.size }, (_, key) => ({
    noise: order.subarray(starts[2 * key], starts[2 * key + 1]),
    suspects: order.subarray(starts[2 * key + 1], starts[2 * key + 2]),
  }));
  return pooledByPort(ground, services, isExposed, sorted);
}

function pooledByPort(
  ground: Ground,
  services: PairSet,
  isExposed: readonly boolean[],
  sorted: readonly Sorted[],
): Pool[] {
  const draw = new OneEach(ground);
  const byPort = new Map<number, number[]>();
  for (let key = 0; key < services.size; key++) {
    if (!isExposed[key]) continue;
    listUnder(byPort, services.second[key], key);
  }
  return [...byPort].flatMap(([portKey, members]) =>
    pooledMembers(ground, draw, members, (keys) => ({
      asset: keys.length === 1 ? services.first[keys[0]] : -1,
      port: portKey & 0xffff,
      protocol: portKey >>> 16,
      noise: concatenated(keys.map((key) => sorted[key].noise)),
      suspects: concatenated(keys.map((key) => sorted[key].suspects)),
    })),
  );
}

/**
 * The groups of one port: a service's own where it has enough noise actors; one of all the others together; where that is still too small,
 * with the smallest of the rest. A p-value is uniform under the null only where suspects and controls come from the same services: with the
 * noise of every service as the measure of a few services' strangers, bots that went to one busy machine alone (a guessing spread
 * over many addresses at one host) were most of the controls and none of the judged, and p-values crowded at both ends (a
 * Kolmogorov–Smirnov distance of 0.13 in the generated cases, 0.01 without). So who is added brings its suspects along.
 */
function pooledMembers(
  ground: Ground,
  draw: OneEach,
  members: readonly number[],
  groupOf: (keys: readonly number[]) => Omit<Pool, 'controls' | 'strangers'>,
): Pool[] {
  const isEnough = (pool: Pool): boolean => pool.controls.length >= ground.thresholds.controlSessions;
  const alone = members.map((key) => ({ key, pool: draw.pool(groupOf([key])) }));
  const thin = alone.filter(({ pool }) => !isEnough(pool)).map(({ key }) => key);
  const rest = alone.filter(({ pool }) => isEnough(pool));
  if (thin.length === 0) return rest.map(({ pool }) => pool);
  rest.sort((a, b) => a.pool.controls.length - b.pool.controls.length || a.key - b.key);
  let together = draw.pool(groupOf(thin));
  while (!isEnough(together) && rest.length > 0) {
    thin.push((rest.shift() as (typeof rest)[number]).key);
    together = draw.pool(groupOf(thin));
  }
  return [...rest.map(({ pool }) => pool), together];
}

/** Draws one session of each actor out of a group. */
class OneEach {
  readonly #ground: Ground;
  readonly #actorOf: Uint32Array;
  readonly #random: Random;
  /** Sessions of each actor met so far, and the place of the one that is kept; only those of the group at hand are not 0. */
  readonly #seen: Uint32Array;
  readonly #place: Uint32Array;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#actorOf = ground.sessions.actor;
    this.#random = seededRandom(ground.thresholds.seed);
    this.#seen = new Uint32Array(ground.actors.count);
    this.#place = new Uint32Array(ground.actors.count);
  }

  pool(sorted: Omit<Pool, 'controls' | 'strangers'>): Pool {
    const pool = this.#drawn(sorted);
    const apart = sessionsApart(this.#ground, pool);
    if (apart.size === 0) return pool;
    return this.#drawn({
      ...sorted,
      noise: sorted.noise.filter((session) => !apart.has(session)),
      suspects: concatenated([sorted.suspects, Uint32Array.from(apart)]),
    });
  }

  #drawn(sorted: Omit<Pool, 'controls' | 'strangers'>): Pool {
    const controls = this.#of(sorted.noise);
    return { ...sorted, controls, strangers: concatenated([controls, this.#of(sorted.suspects)]) };
  }

  /** Reservoir sampling of one: of n sessions each is kept with probability 1/n (Vitter, ACM TOMS 11, 1985). */
  #of(group: Uint32Array): Uint32Array {
    const kept = new Uint32Array(group.length);
    let count = 0;
    for (let k = 0; k < group.length; k++) {
      const session = group[k];
      const actor = this.#actorOf[session];
      const seen = ++this.#seen[actor];
      if (seen === 1) {
        this.#place[actor] = count;
        kept[count++] = session;
      } else if (this.#random() * seen < 1) kept[this.#place[actor]] = session;
    }
    for (let k = 0; k < group.length; k++) this.#seen[this.#actorOf[group[k]]] = 0;
    return kept.slice(0, count);
  }
}

/**
 * Sessions of noise that no failed attempt explains *own*: where a login is needed, who fails to log in gets little. A guesser whose guess was
 * right at last and who then erased the lines that say so is noise by all that the logs still hold, and must not be the measure of
 * failing. Told by the tail of what strangers get, over all noise sessions there (Bonferroni). Where more actors than the parameters
 * allow stand apart, that is a behavior, and a behavior is noise.
 */
function sessionsApart(ground: Ground, pool: Pool): ReadonlySet<number> {
  const none: ReadonlySet<number> = new Set();
  const { sessions, thresholds } = ground;
  if (pool.controls.length < thresholds.controlSessions) return none;
  const asset = sessions.asset[pool.controls[0]];
  if (!ground.profileOf(asset as AssetId, pool.port, pool.protocol).authRequired) return none;
  const tail = tailOf(valuesOf(ground, pool.strangers, 0));
  const limit = thresholds.falseDiscovery / pool.noise.length;
  const { plainBytes } = thresholds;
  const apart = new Set<number>();
  const actors = new Set<number>();
  const { noise } = pool;
  for (let k = 0; k < noise.length; k++) {
    const session = noise[k];
    const bytes = measureOf(ground, session, 0);
    if (!(bytes > plainBytes) || tailP(tail, bytes) > limit) continue;
    apart.add(session);
    actors.add(sessions.actor[session]);
  }
  return actors.size <= Math.max(thresholds.apartActors, thresholds.apartShare * pool.controls.length)
    ? apart
    : none;
}

function concatenated(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
