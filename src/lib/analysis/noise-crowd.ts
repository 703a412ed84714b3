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
  const isOpened = new Set(
    exposure.findings
      .filter((finding) => !Number.isNaN(finding.openedUs) || !PUBLIC_PORTS.has(finding.port))
      .map((finding) => `${finding.asset}:${finding.port}`),
  );
  const { services } = contacts;
  for (let service = 0; service < services.count; service++) {
    const asset = ground.assets.names[services.asset[service]];
    if (!isOpened.has(`${asset}:${services.port[service]}`)) continue;
    const members = contactsOf(contacts, service).filter((c) => {
      const actor = contacts.actor[c];
      return contacts.reached[c] > 0 && outside[actor] === 1 && ground.actors.known[actor] === undefined;
    });
    const measures: ((contact: number) => number)[] = [
      (c) => contacts.mostToActor[c],
      (c) => contacts.mostFromActor[c],
      (c) => contacts.sessions[c],
      (c) => activity.reads[contacts.actor[c]],
    ];
    for (const measure of measures) compare(members, measure, tail, contacts.actor, others, of);
  }
  for (let actor = 0; actor < others.length; actor++)
    if (others[actor] === 0xffffffff || activity.successes[actor] > 0) others[actor] = 0;
  return { others, of };
}

function compare(
  members: Uint32Array,
  measure: (contact: number) => number,
  tail: number,
  actorOf: Uint32Array,
  others: Uint32Array,
  of: Uint32Array,
): void {
  const sorted = Float64Array.from(members, measure).sort();
  const n = sorted.length;
  for (const contact of members) {
    const atLeast = n - lowerBound(sorted, measure(contact));
    const count = atLeast < tail * n ? 0 : atLeast - 1;
    const actor = actorOf[contact];
    if (count >= others[actor]) continue;
    others[actor] = count;
    of[actor] = n;
  }
}
