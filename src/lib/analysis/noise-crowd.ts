import { PairSet } from '../base/pair-set';
import { groupBy } from '../base/sorting';
import { lowerBound } from '../base/statistics';
import { QUERY_OUTCOME } from '../tables/schemas';
import { cloudServiceName } from './cloud-services';
import { contactsOf } from './contacts';
import type { Bench } from './ground';

/** How ordinary each actor is on the exposed services that it reached; index = ActorId. */
export interface Crowd {
  /** Fewest other actors that did as much or more, over its services and measures; 0: it reached no such service, or stands out. */
  readonly others: Uint32Array;
  /** Actors on the service where that was. */
  readonly of: Uint32Array;
}

/** Ports that are meant to be called by strangers: what is usual there is no sign of a bot. */
const PUBLIC_PORTS = new Set([25, 53, 80, 443]);

/**
 * Many actors, one behavior *own*: on every exposed service that it reached, an actor is held against all other outsiders there by what
 * it got in one session, what it sent in one, how many sessions it had and how many requests were carried out for it. The measure
 * in which it stands out most decides. An actor in the uppermost 5 % (`tail`) of any measure is not
 * ordinary, and one that logged in is not asked. Services of a cloud have no sessions: there it is held against the others by its requests, by
 * what it got in one answer and by what it got in all.
 */
export function findCrowd(bench: Bench, tail: number): Crowd {
  const { contacts, activity, outside, ground, exposure } = bench;
  const others = new Uint32Array(ground.actors.count).fill(0xffffffff);
  const of = new Uint32Array(ground.actors.count);
  const opened = new Set<number>();
  for (const { asset, port, openedUs } of exposure.windows)
    if (openedUs !== -Infinity || !PUBLIC_PORTS.has(port)) opened.add(asset * 65536 + port);
  const { services } = contacts;
  const isLeftOut = new Uint8Array(outside.length);
  for (let actor = 0; actor < isLeftOut.length; actor++)
    if (outside[actor] === 0 || ground.actors.known[actor] !== undefined) isLeftOut[actor] = 1;
  const members = new Uint32Array(contacts.count);
  const actors = new Uint32Array(contacts.count);
  const values = new Float64Array(contacts.count);
  for (let service = 0; service < services.count; service++) {
    if (!opened.has(services.asset[service] * 65536 + services.port[service])) continue;
    const all = contactsOf(contacts, service);
    let count = 0;
    for (let k = 0; k < all.length; k++) {
      const c = all[k];
      if (contacts.reached[c] === 0 || isLeftOut[contacts.actor[c]] === 1) continue;
      actors[count] = contacts.actor[c];
      members[count++] = c;
    }
    const mine = actors.subarray(0, count);
    const theirs = values.subarray(0, count);
    for (let k = 0; k < count; k++) theirs[k] = activity.reads[mine[k]];
    compare(mine, theirs, tail, others, of);
    for (const column of [contacts.mostToActor, contacts.mostFromActor, contacts.sessions]) {
      for (let k = 0; k < count; k++) theirs[k] = column[members[k]];
      compare(mine, theirs, tail, others, of);
    }
  }
  compareCallers(bench, isLeftOut, tail, others, of);
  for (let actor = 0; actor < others.length; actor++)
    if (others[actor] === 0xffffffff || activity.successes[actor] > 0) others[actor] = 0;
  return { others, of };
}

/** The same on exposed services of a cloud, by the requests that were not refused there. */
function compareCallers(
  { queries, ground, exposure }: Bench,
  isLeftOut: Uint8Array,
  tail: number,
  others: Uint32Array,
  of: Uint32Array,
): void {
  const opened = new Set<number>();
  for (const { asset, protocol } of exposure.windows)
    if (cloudServiceName(protocol) !== undefined) opened.add(asset);
  if (opened.size === 0) return;
  const callers = new PairSet();
  const [requests, most, all]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < queries.count; i++) {
    const asset = (queries.asset[i] as number) - 1;
    const outcome = queries.outcome[i];
    const isRefused = outcome === QUERY_OUTCOME.denied || outcome === QUERY_OUTCOME.error;
    if (isRefused || isLeftOut[queries.actor[i]] === 1 || !opened.has(asset)) continue;
    const id = callers.add(asset, queries.actor[i]);
    const bytes = queries.bytes[i] > 0 ? (queries.bytes[i] as number) : 0;
    requests[id] = (requests[id] ?? 0) + 1;
    most[id] = Math.max(most[id] ?? 0, bytes);
    all[id] = (all[id] ?? 0) + bytes;
  }
  const { order, starts } = groupBy(callers.first.subarray(0, callers.size), ground.assets.count);
  for (const asset of opened) {
    const ids = order.subarray(starts[asset], starts[asset + 1]);
    const actors = Uint32Array.from(ids, (id) => callers.second[id]);
    for (const values of [requests, most, all])
      compare(
        actors,
        Float64Array.from(ids, (id) => values[id] as number),
        tail,
        others,
        of,
      );
  }
}

/** Of many values, whole ones below this are counted and not sorted: nearly all counts, and most sizes of what bots send and get. */
const COUNTED = 1 << 16;
const MANY = 1 << 12;

function countedBelow(values: Float64Array): number {
  if (values.length < MANY) return 0;
  for (let k = 0; k < values.length; k++) if (values[k] < COUNTED && !Number.isInteger(values[k])) return 0;
  return COUNTED;
}

/** `values` are those of `actors`, entry by entry. */
function compare(
  actors: Uint32Array,
  values: Float64Array,
  tail: number,
  others: Uint32Array,
  of: Uint32Array,
): void {
  const n = actors.length;
  const limit = countedBelow(values);
  const large = values.filter((value) => value >= limit).sort();
  // Entries of a value or more.
  const atLeastOf = new Uint32Array(limit + 1);
  for (let k = 0; k < n; k++) if (values[k] < limit) atLeastOf[values[k]] += 1;
  atLeastOf[limit] = large.length;
  for (let value = limit - 1; value >= 0; value--) atLeastOf[value] += atLeastOf[value + 1];
  for (let k = 0; k < n; k++) {
    const value = values[k];
    const atLeast = value < limit ? atLeastOf[value] : large.length - lowerBound(large, value);
    const count = atLeast < tail * n ? 0 : atLeast - 1;
    const actor = actors[k];
    if (count >= others[actor]) continue;
    others[actor] = count;
    of[actor] = n;
  }
}
