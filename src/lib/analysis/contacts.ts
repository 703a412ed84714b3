import { PairSet } from '../base/pair-set';
import { finished, type InParts } from '../base/parts';
import { groupBy, type Groups } from '../base/sorting';
import { CONN_STATE, VERDICT } from '../tables/schemas';
import { DIRECTION, type Sessions } from './context';
import { IPV6_EXTRA } from './sessions';

/** What became of a call. `turnedAway`: rejected by a rule, refused by the host, or never answered. */
export const REACHED = { unknown: 0, yes: 1, turnedAway: 2 } as const;

/** Every service that was called, and every actor's dealings with it: what most questions ask instead of single sessions. */
export interface Contacts {
  readonly services: {
    readonly count: number;
    readonly asset: Uint32Array;
    readonly port: Uint16Array;
    readonly protocol: Uint8Array;
    /** 1: something answers there (payload, or the second step of a handshake), or the export could not show it. */
    readonly answers: Uint8Array;
  };
  readonly count: number;
  readonly actor: Uint32Array;
  readonly service: Uint32Array;
  readonly firstUs: Float64Array;
  readonly lastUs: Float64Array;
  readonly sessions: Uint32Array;
  readonly reached: Uint32Array;
  readonly turnedAway: Uint32Array;
  /** Sessions that were answered, or may have been. */
  readonly answered: Uint32Array;
  /** Whether the first session was answered: REACHED. A packet that a rule let in and nobody answered was turned away too. */
  readonly firstOutcome: Uint8Array;
  /** Start of the first session that got through; NaN. */
  readonly firstReachedUs: Float64Array;
  /** Sums and largest single session, known values only. */
  readonly bytesToActor: Float64Array;
  readonly bytesFromActor: Float64Array;
  readonly mostToActor: Float64Array;
  readonly mostFromActor: Float64Array;
  readonly longestUs: Float64Array;
  /** Contact + 1 by session; 0: the asset began it. */
  readonly ofSession: Uint32Array;
  /** Whether each of those sessions got through: REACHED, by session. */
  readonly outcomes: Uint8Array;
  readonly byService: Groups;
  readonly byActor: Groups;
}

/** The contacts of one service. */
export function contactsOf(contacts: Contacts, service: number): Uint32Array {
  const { starts, order } = contacts.byService;
  return order.subarray(starts[service], starts[service + 1]);
}

/** Whether a session got through, as far as its export says. */
export function reachedBy(sessions: Sessions, i: number): number {
  const verdict = sessions.verdict[i];
  if (verdict === VERDICT.reject) return REACHED.turnedAway;
  const state = sessions.connState[i];
  if (state === CONN_STATE.established) return REACHED.yes;
  if (state === CONN_STATE.attempt || state === CONN_STATE.refused) return REACHED.turnedAway;
  if (verdict === VERDICT.accept) return REACHED.yes;
  if (sessions.packetsToActor[i] > 0 || sessions.bytesToActor[i] > 0) return REACHED.yes;
  return sessions.seesBothWays[i] === 1 ? REACHED.turnedAway : REACHED.unknown;
}

/** Bytes a packet up to which an answer is a bare reset: IPv4 and TCP header without options, and a little padding. */
const RESET_BYTES = 46;

/**
 * REACHED, by whether the other end answered with more than a reset: a packet that a rule let in and nobody took was turned away.
 */
function answeredBy(sessions: Sessions, i: number, outcome: number): number {
  if (outcome !== REACHED.yes || sessions.connState[i] === CONN_STATE.established) return outcome;
  if (sessions.payloadToActor[i] > 0) return REACHED.yes;
  const packets = sessions.packetsToActor[i];
  const bytes = sessions.bytesToActor[i];
  if (packets > 0) {
    const reset = RESET_BYTES + (sessions.isIpv6[sessions.actorAddr[i]] === 1 ? IPV6_EXTRA : 0);
    return sessions.protocol[i] !== 6 || bytes / packets > reset ? REACHED.yes : REACHED.turnedAway;
  }
  if (bytes > 0) return REACHED.yes;
  return sessions.seesBothWays[i] === 1 ? REACHED.turnedAway : REACHED.unknown;
}

/** One pass over the sessions that an actor began (or that ran between two of our machines). Sessions must be bound. */
export function gatherContacts(sessions: Sessions, actorCount: number): Contacts {
  return finished(gatherContactsInParts(sessions, actorCount));
}

/** Sessions between two pauses. */
const SESSIONS_A_PART = 400_000;

export function* gatherContactsInParts(sessions: Sessions, actorCount: number): InParts<Contacts> {
  const numbers = yield* numberContacts(sessions, actorCount);
  const { services, actor, service, ofSession } = numbers;
  const count = actor.length;
  const contacts = {
    services: { ...servicesOf(services), answers: new Uint8Array(services.size) },
    count,
    actor,
    service,
    firstUs: new Float64Array(count),
    lastUs: new Float64Array(count).fill(-Infinity),
    sessions: new Uint32Array(count),
    reached: new Uint32Array(count),
    turnedAway: new Uint32Array(count),
    answered: new Uint32Array(count),
    firstOutcome: new Uint8Array(count),
    firstReachedUs: new Float64Array(count).fill(Number.NaN),
    bytesToActor: new Float64Array(count),
    bytesFromActor: new Float64Array(count),
    mostToActor: new Float64Array(count),
    mostFromActor: new Float64Array(count),
    longestUs: new Float64Array(count),
    ofSession,
    outcomes: new Uint8Array(sessions.count),
    byService: groupBy(service, services.size, count),
    byActor: numbers.byActor,
  };
  for (let from = 0; from < sessions.count; from += SESSIONS_A_PART) {
    addSessions(contacts, sessions, from);
    yield;
  }
  return contacts;
}

function servicesOf({ first, second, size }: PairSet): Omit<Contacts['services'], 'answers'> {
  const port = new Uint16Array(size);
  const protocol = new Uint8Array(size);
  for (let service = 0; service < size; service++) {
    port[service] = second[service];
    protocol[service] = second[service] >>> 16;
  }
  return { count: size, asset: first.slice(0, size), port, protocol };
}

interface Numbers extends Pick<Contacts, 'actor' | 'service' | 'ofSession' | 'byActor'> {
  readonly services: PairSet;
}

/**
 * Contacts in the order of their first session. Found actor by actor: a table of services is small enough to stay in the cache, while one of
 * all (actor, service) pairs would be looked up somewhere else in memory for every session.
 */
function* numberContacts(sessions: Sessions, actorCount: number): InParts<Numbers> {
  const services = new PairSet();
  const serviceOf = new Uint32Array(sessions.count);
  for (let from = 0; from < sessions.count; from += SESSIONS_A_PART) {
    numberServices(sessions, services, serviceOf, from);
    yield;
  }
  const drafts = draftContacts(sessions, actorCount, serviceOf, services.size);
  yield;
  return { services, ...settleContacts(sessions, serviceOf, drafts) };
}

// Loops of their own: within a generator they would run much slower.

/** Writes service + 1 of each session; 0 where the asset began it. */
function numberServices(
  { count, direction, asset, protocol, assetPort }: Sessions,
  services: PairSet,
  serviceOf: Uint32Array,
  from: number,
): void {
  const to = Math.min(count, from + SESSIONS_A_PART);
  for (let i = from; i < to; i++) {
    if (direction[i] === DIRECTION.outbound) continue;
    serviceOf[i] = services.add(asset[i], (protocol[i] << 16) | assetPort[i]) + 1;
  }
}

interface Drafts {
  /** Contact + 1 by session, numbered actor by actor. */
  readonly ofSession: Uint32Array;
  /** Where the contacts of each actor begin. */
  readonly starts: Uint32Array;
}

function draftContacts(
  { count, actor }: Sessions,
  actorCount: number,
  serviceOf: Uint32Array,
  services: number,
): Drafts {
  const firstOf = new Uint32Array(actorCount + 1);
  for (let i = 0; i < count; i++) if (serviceOf[i] !== 0) firstOf[actor[i] + 1] += 1;
  for (let id = 0; id < actorCount; id++) firstOf[id + 1] += firstOf[id];
  const cursor = firstOf.slice();
  const order = new Uint32Array(firstOf[actorCount]);
  const called = new Uint32Array(order.length);
  for (let i = 0; i < count; i++) {
    if (serviceOf[i] === 0) continue;
    const place = cursor[actor[i]]++;
    order[place] = i;
    called[place] = serviceOf[i];
  }
  const ofSession = new Uint32Array(count);
  const starts = new Uint32Array(actorCount + 1);
  // By service + 1: the actor + 1 whose contact with it was numbered last, and that contact.
  const seenBy = new Uint32Array(services + 1);
  const contactWith = new Uint32Array(services + 1);
  let contacts = 0;
  for (let id = 0; id < actorCount; id++) {
    starts[id] = contacts;
    for (let place = firstOf[id]; place < firstOf[id + 1]; place++) {
      const service = called[place];
      if (seenBy[service] !== id + 1) {
        seenBy[service] = id + 1;
        contactWith[service] = ++contacts;
      }
      ofSession[order[place]] = contactWith[service];
    }
  }
  starts[actorCount] = contacts;
  return { ofSession, starts };
}

/** Numbers the contacts anew, in the order of their first session: that of each actor's own contacts stays. */
function settleContacts(
  { count, actor }: Sessions,
  serviceOf: Uint32Array,
  { ofSession, starts }: Drafts,
): Omit<Numbers, 'services'> {
  const contacts = starts[starts.length - 1];
  const order = new Uint32Array(contacts);
  const settled = new Uint32Array(contacts + 1);
  const actorOf = new Uint32Array(contacts);
  const service = new Uint32Array(contacts);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const draft = ofSession[i];
    if (draft === 0) continue;
    if (settled[draft] === 0) {
      actorOf[next] = actor[i];
      service[next] = serviceOf[i] - 1;
      order[draft - 1] = next;
      settled[draft] = ++next;
    }
    ofSession[i] = settled[draft];
  }
  return { ofSession, actor: actorOf, service, byActor: { starts, order } };
}

function addSessions(contacts: Contacts, sessions: Sessions, from: number): void {
  const to = Math.min(sessions.count, from + SESSIONS_A_PART);
  for (let i = from; i < to; i++) if (contacts.ofSession[i] !== 0) addSession(contacts, sessions, i);
}

function addSession(contacts: Contacts, sessions: Sessions, i: number): void {
  const at = contacts.ofSession[i] - 1;
  const outcome = reachedBy(sessions, i);
  const answered = answeredBy(sessions, i, outcome);
  contacts.outcomes[i] = outcome;
  if (answered !== REACHED.turnedAway) {
    contacts.answered[at] += 1;
    contacts.services.answers[contacts.service[at]] = 1;
  }
  if (contacts.sessions[at] === 0) {
    contacts.firstUs[at] = sessions.startUs[i];
    contacts.firstOutcome[at] = answered;
  }
  contacts.sessions[at] += 1;
  if (outcome === REACHED.yes) {
    if (contacts.reached[at] === 0) contacts.firstReachedUs[at] = sessions.startUs[i];
    contacts.reached[at] += 1;
  } else if (outcome === REACHED.turnedAway) contacts.turnedAway[at] += 1;
  if (sessions.endUs[i] > contacts.lastUs[at]) contacts.lastUs[at] = sessions.endUs[i];
  const length = sessions.endUs[i] - sessions.startUs[i];
  if (length > contacts.longestUs[at]) contacts.longestUs[at] = length;
  const to = sessions.bytesToActor[i];
  const from = sessions.bytesFromActor[i];
  if (to > 0) {
    contacts.bytesToActor[at] += to;
    if (to > contacts.mostToActor[at]) contacts.mostToActor[at] = to;
  }
  if (from > 0) {
    contacts.bytesFromActor[at] += from;
    if (from > contacts.mostFromActor[at]) contacts.mostFromActor[at] = from;
  }
}

/** 1 by ActorId of actors that are not in our own networks. Principals count as outside: nothing says where they are. */
export function outsideActors(
  actors: { readonly count: number; readonly byAddress: Uint32Array },
  isOwn: Uint8Array,
): Uint8Array {
  const outside = new Uint8Array(actors.count).fill(1);
  for (let address = 1; address < actors.byAddress.length; address++) {
    if (actors.byAddress[address] !== 0 && isOwn[address] === 1) outside[actors.byAddress[address] - 1] = 0;
  }
  return outside;
}
