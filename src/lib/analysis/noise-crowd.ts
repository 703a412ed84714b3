import { lowerBound } from '../base/statistics';
import type { Bench } from './ground';
import { contactsOf } from './contacts';

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
 * ordinary, and one that logged in is not asked.
 */
export function findCrowd(bench: Bench, tail: number): Crowd {
  const { contacts, activity, outside, ground, exposure } = bench;
  const others = new Uint32Array(ground.actors.count).fill(0xffffffff);
  const of = new Uint32Array(ground.actors.count);
  const opened = new Set<number>();
  for (const { asset, port, openedUs } of exposure.windows)
    if (openedUs !== -Infinity || !PUBLIC_PORTS.has(port)) opened.add(asset * 65536 + port);
  const { services } = contacts;
  const members = new Uint32Array(contacts.count);
  const values = new Float64Array(contacts.count);
  for (let service = 0; service < services.count; service++) {
    if (!opened.has(services.asset[service] * 65536 + services.port[service])) continue;
    const all = contactsOf(contacts, service);
    let count = 0;
    for (const c of all) {
      const actor = contacts.actor[c];
      if (contacts.reached[c] === 0 || outside[actor] === 0 || ground.actors.known[actor] !== undefined)
        continue;
      members[count++] = c;
    }
    const mine = members.subarray(0, count);
    for (let k = 0; k < count; k++) values[k] = activity.reads[contacts.actor[mine[k]]];
    compare(mine, values, tail, contacts.actor, others, of);
    for (const column of [contacts.mostToActor, contacts.mostFromActor, contacts.sessions]) {
      for (let k = 0; k < count; k++) values[k] = column[mine[k]];
      compare(mine, values, tail, contacts.actor, others, of);
    }
  }
  for (let actor = 0; actor < others.length; actor++)
    if (others[actor] === 0xffffffff || activity.successes[actor] > 0) others[actor] = 0;
  return { others, of };
}

/** `values` are those of `members`, entry by entry. */
function compare(
  members: Uint32Array,
  values: Float64Array,
  tail: number,
  actorOf: Uint32Array,
  others: Uint32Array,
  of: Uint32Array,
): void {
  const n = members.length;
  const sorted = values.slice(0, n).sort();
  for (let k = 0; k < n; k++) {
    const atLeast = n - lowerBound(sorted, values[k]);
    const count = atLeast < tail * n ? 0 : atLeast - 1;
    const actor = actorOf[members[k]];
    if (count >= others[actor]) continue;
    others[actor] = count;
    of[actor] = n;
  }
}
