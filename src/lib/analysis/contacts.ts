import { PairSet } from '../base/pair-set';
import { finished, type InParts } from '../base/parts';
import { groupBy, type Groups } from '../base/sorting';
import { CONN_STATE, VERDICT } from '../tables/schemas';
import { DIRECTION, type Sessions } from './context';

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
export function answeredBy(sessions: Sessions, i: number): number {
  const outcome = reachedBy(sessions, i);
  if (outcome !== REACHED.yes || sessions.connState[i] === CONN_STATE.established) return outcome;
  if (sessions.payloadToActor[i] > 0) return REACHED.yes;
  const packets = sessions.packetsToActor[i];
  const bytes = sessions.bytesToActor[i];
  if (packets > 0)
    return sessions.protocol[i] !== 6 || bytes / packets > RESET_BYTES ? REACHED.yes : REACHED.turnedAway;
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
  const services = new PairSet();
  const pairs = new PairSet(Math.max(512, sessions.count >> 1));
  const ofSession = new Uint32Array(sessions.count);
  for (let from = 0; from < sessions.count; from += SESSIONS_A_PART) {
    numberContacts(sessions, services, pairs, ofSession, from);
    yield;
  }
  const count = pairs.size;
  const contacts = {
    services: {
      count: services.size,
      asset: services.first.slice(0, services.size),
      port: Uint16Array.from(services.second.subarray(0, services.size), (key) => key & 0xffff),
      protocol: Uint8Array.from(services.second.subarray(0, services.size), (key) => key >>> 16),
      answers: new Uint8Array(services.size),
    },
    count,
    actor: pairs.first.slice(0, count),
    service: pairs.second.slice(0, count),
    firstUs: new Float64Array(count).fill(Infinity),
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
    byService: groupBy(pairs.second, services.size, count),
    byActor: groupBy(pairs.first, actorCount, count),
  };
  for (let from = 0; from < sessions.count; from += SESSIONS_A_PART) {
    addSessions(contacts, sessions, from);
    yield;
  }
  return contacts;
}

// Loops of their own: within a generator they would run much slower.
function numberContacts(
  sessions: Sessions,
  services: PairSet,
  pairs: PairSet,
  ofSession: Uint32Array,
  from: number,
): void {
  const to = Math.min(sessions.count, from + SESSIONS_A_PART);
  for (let i = from; i < to; i++) {
    if (sessions.direction[i] === DIRECTION.outbound) continue;
    const service = services.add(sessions.asset[i], (sessions.protocol[i] << 16) | sessions.assetPort[i]);
    ofSession[i] = pairs.add(sessions.actor[i], service) + 1;
  }
}

function addSessions(contacts: Contacts, sessions: Sessions, from: number): void {
  const to = Math.min(sessions.count, from + SESSIONS_A_PART);
  for (let i = from; i < to; i++) if (contacts.ofSession[i] !== 0) addSession(contacts, sessions, i);
}

function addSession(contacts: Contacts, sessions: Sessions, i: number): void {
  const at = contacts.ofSession[i] - 1;
  const outcome = reachedBy(sessions, i);
  const answered = answeredBy(sessions, i);
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
