import { PairSet } from '../base/pair-set';
import { groupBy } from '../base/sorting';
import type { Activity } from './activity';
import type { Contacts } from './contacts';
import type { QueryEvents } from './log-events';
import type { Guessing } from './noise-guessing';

/** Many actors, one behavior: how many unrelated networks did just what an actor did; index = ActorId. */
export interface Shapes {
  readonly networks: Uint32Array;
  /** Equal for actors of one shape. */
  readonly shape: Float64Array;
}

function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Sizes a factor of two apart look alike. */
function bucket(value: number): number {
  // The exponent of two of a whole number of bytes, without a logarithm for each of millions.
  if (value >= 1 && value < 2 ** 31) return 33 - Math.clz32(value);
  return value > 0 ? Math.floor(Math.log2(value)) + 2 : 0;
}

/**
 * An actor's shape *own*: the ports it called, per port the largest answer and the largest request by powers of two, how many sessions,
 * how many failed logins, and whether all names it tried are in the shared dictionary; of who has no sessions, the largest answer that a log
 * tells of. Actors that logged in have no shape:
 * what they did inside is no mass behavior.
 */
export function findShapes(
  contacts: Contacts,
  activity: Activity,
  guessing: Guessing,
  queries: Pick<QueryEvents, 'count' | 'actor' | 'bytes'>,
  network: Uint32Array,
): Shapes {
  const count = activity.events.length;
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  for (let c = 0; c < contacts.count; c++) {
    const actor = contacts.actor[c];
    const key = mix(
      contacts.services.port[contacts.service[c]] |
        (bucket(contacts.mostToActor[c]) << 16) |
        (bucket(contacts.mostFromActor[c]) << 24),
    );
    // Sums, so that the order of contacts does not count.
    low[actor] += key;
    high[actor] += mix(key ^ 0x5bd1e995);
  }
  const mostReturned = new Float64Array(count);
  for (let i = 0; i < queries.count; i++) {
    const actor = queries.actor[i];
    if (activity.sessions[actor] === 0 && queries.bytes[i] > mostReturned[actor])
      mostReturned[actor] = queries.bytes[i];
  }
  const shape = new Float64Array(count).fill(Number.NaN);
  const ids = new PairSet(count);
  for (let actor = 0; actor < count; actor++) {
    if (activity.events[actor] === 0 || activity.successes[actor] > 0) continue;
    const tried = guessing.tries[actor];
    const isAllShared = guessing.names[actor] === guessing.sharedNames[actor] ? 1 : 0;
    const rest =
      bucket(activity.sessions[actor]) |
      (bucket(tried) << 6) |
      (isAllShared << 12) |
      (bucket(activity.reads[actor]) << 13) |
      (bucket(activity.refusals[actor]) << 19) |
      (Math.min(15, bucket(activity.assets[actor])) << 25);
    shape[actor] = ids.add(
      (low[actor] ^ mix(rest)) >>> 0,
      (high[actor] + rest + mix(bucket(mostReturned[actor]))) >>> 0,
    );
  }
  return { networks: networksAlike(shape, ids.size, network), shape };
}

/** By ActorId, how many networks have actors of its shape. */
function networksAlike(shape: Float64Array, shapes: number, network: Uint32Array): Uint32Array {
  let most = 0;
  for (let actor = 0; actor < network.length; actor++) if (network[actor] >= most) most = network[actor] + 1;
  const { order } = groupBy(network, most);
  // Network + 1 that each shape was met in last: network by network, a new one is another one.
  const metIn = new Uint32Array(shapes);
  const networksOf = new Uint32Array(shapes);
  for (let k = 0; k < order.length; k++) {
    const actor = order[k];
    const id = shape[actor];
    if (Number.isNaN(id) || metIn[id] === network[actor] + 1) continue;
    metIn[id] = network[actor] + 1;
    networksOf[id] += 1;
  }
  const networks = new Uint32Array(shape.length);
  for (let actor = 0; actor < networks.length; actor++)
    if (!Number.isNaN(shape[actor])) networks[actor] = networksOf[shape[actor]];
  return networks;
}
