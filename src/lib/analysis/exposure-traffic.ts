import { isMappedIpv4 } from '../base/addresses';
import type { InParts } from '../base/parts';
import { argsort, groupBy } from '../base/sorting';
import { lowerBound } from '../base/statistics';
import { formatUtc } from '../base/time';
import { formatDuration, plural } from '../base/units';
import type { AddressDictionary } from '../tables/address-dictionary';
import {
  jointBounds,
  longestByChanceUs,
  sharedSilences,
  silenceBounds,
  type EndCalls,
  type InstantBounds,
  type ServiceSilence,
} from './exposure-bounds';
import { endCalls } from './exposure-calls';
import { NO_REGULARS, regularsBefore } from './exposure-regulars';
import { contactsOf, REACHED, type Contacts } from './contacts';
import type { ActorIndex, Sessions } from './context';
import type { Thresholds } from './parameters';
import { isServicePort } from './profiles';
import type { EXPOSURE_THRESHOLDS } from './thresholds';

/** What the flows say of one service: since when and until when outsiders got through to it. */
export interface TrafficWindow {
  readonly service: number;
  /** First and last session that got through, of actors that are no regulars of the time before. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** The same, NaN where the flows do not show that the port was closed before (or after). */
  readonly openedUs: number;
  readonly closedUs: number;
  /** What calls that were turned away bound both ends by, or a silence that chance does not explain; null: neither. */
  readonly opening: InstantBounds | null;
  readonly closing: InstantBounds | null;
  /** Start and end of each of those sessions, by start. */
  readonly startsUs: Float64Array;
  readonly endsUs: Float64Array;
  readonly actors: Uint32Array;
  /** Actors that were let in before the opening: regulars, not part of it. */
  readonly regulars: number;
  readonly text: string;
}

export interface TrafficInput {
  readonly sessions: Sessions;
  readonly contacts: Contacts;
  readonly actors: ActorIndex;
  readonly outside: Uint8Array;
  readonly assetCount: number;
  readonly addresses: AddressDictionary;
  readonly limits: Pick<Thresholds, keyof typeof EXPOSURE_THRESHOLDS>;
}

/** First port of the ephemeral range (Linux): few callers to such a port are more likely a mistaken direction than a service. */
const EPHEMERAL = 32768;
const ICMP = new Set([1, 58]);
/** Arrivals at one service that take long enough for a pause. */
const MANY = 5_000;

/**
 * Per service, the stretch in which outsiders who are neither known nor regulars got through. The opening is where the arrivals of
 * new actors change their rate (the split with the largest Poisson likelihood ratio), or since when outsiders were no longer turned away; the closing is where they are turned away again or a silence that chance does not explain begins.
 */
export function* trafficWindows(input: TrafficInput): InParts<TrafficWindow[]> {
  const { contacts } = input;
  const { services } = contacts;
  const spans = assetSpans(input);
  const callers = countCallers(input);
  yield;
  const sessionsOf = sessionTimes(input, callers);
  yield;
  const isV6 = v6Flags(input);
  const windows: TrafficWindow[] = [];
  const openings: EndCalls[] = [];
  const closings: EndCalls[] = [];
  for (let service = 0; service < services.count; service++) {
    if (callers[service] === 0) continue;
    const arrivals = arrivalsOf(input, service);
    const asset = services.asset[service];
    const { window, opening, closing } = windowOf(input, service, arrivals, sessionsOf, isV6, [
      spans.first[asset],
      spans.last[asset],
    ]);
    windows.push(window);
    openings.push(opening);
    closings.push(closing);
    if (arrivals.length > MANY) yield;
  }
  const { jointChance } = input.limits;
  const wholeUs = lengthOf(spans);
  const [opened, closed] = [openings, closings].map((ends) => jointBounds(ends, wholeUs, jointChance));
  const silentBefore = sharedSilences(windows.map((window) => silenceOf(window, 'opening', services)));
  const silentAfter = sharedSilences(windows.map((window) => silenceOf(window, 'closing', services)));
  return windows.map((window, k) => ({
    ...window,
    opening: opened[k] ?? silentBefore[k],
    closing: closed[k] ?? silentAfter[k],
  }));
}

function silenceOf(
  window: TrafficWindow,
  end: 'opening' | 'closing',
  services: Contacts['services'],
): ServiceSilence {
  return { bounds: window[end], port: services.port[window.service], actors: window.actors };
}

/** Contacts of strangers let in, by the first time that each was. */
function arrivalsOf(input: TrafficInput, service: number): Uint32Array {
  const { contacts } = input;
  const all = contactsOf(contacts, service);
  const arrivals = new Uint32Array(all.length);
  const firstUs = new Float64Array(all.length);
  let count = 0;
  for (let k = 0; k < all.length; k++) {
    const contact = all[k];
    if (!isStrangerLetIn(input, contact)) continue;
    arrivals[count] = contact;
    firstUs[count++] = contacts.firstReachedUs[contact];
  }
  const order = argsort(firstUs, count);
  for (let k = 0; k < count; k++) order[k] = arrivals[order[k]];
  return order;
}

/** 1 by ActorId of those whose address is none of IPv4. */
function v6Flags({ actors, addresses }: TrafficInput): Uint8Array {
  const flags = new Uint8Array(actors.count);
  for (let id = 1; id < actors.byAddress.length; id++) {
    const actor = actors.byAddress[id] - 1;
    if (actor === -1) continue;
    const [w0, w1, w2] = [addresses.wordOf(id, 0), addresses.wordOf(id, 1), addresses.wordOf(id, 2)];
    if (!isMappedIpv4(w0, w1, w2)) flags[actor] = 1;
  }
  return flags;
}

function isStrangerLetIn({ contacts, outside, actors }: TrafficInput, contact: number): boolean {
  const actor = contacts.actor[contact];
  return contacts.reached[contact] > 0 && outside[actor] === 1 && actors.known[actor] === undefined;
}

/** Strangers let in, by service; 0 for what is no service. A scan of every port leaves many of these, so they are counted first. */
function countCallers(input: TrafficInput): Uint32Array {
  const { contacts } = input;
  const { services } = contacts;
  const callers = new Uint32Array(services.count);
  for (let contact = 0; contact < contacts.count; contact++)
    if (isStrangerLetIn(input, contact)) callers[contacts.service[contact]] += 1;
  for (let service = 0; service < services.count; service++) {
    const port = services.port[service];
    // A ping that is answered opens nothing.
    if (ICMP.has(services.protocol[service])) callers[service] = 0;
    if (port < EPHEMERAL || isServicePort(port, services.protocol[service])) continue;
    if (callers[service] < input.limits.ephemeralActors) callers[service] = 0;
  }
  return callers;
}

function assetSpans(input: TrafficInput): { first: Float64Array; last: Float64Array } {
  const first = new Float64Array(input.assetCount).fill(Infinity);
  const last = new Float64Array(input.assetCount).fill(-Infinity);
  const { sessions } = input;
  for (let i = 0; i < sessions.count; i++) {
    const asset = sessions.asset[i];
    if (sessions.startUs[i] < first[asset]) first[asset] = sessions.startUs[i];
    if (sessions.endUs[i] > last[asset]) last[asset] = sessions.endUs[i];
  }
  return { first, last };
}

/** From the first record of any asset to the last. */
function lengthOf({ first, last }: ReturnType<typeof assetSpans>): number {
  const fromUs = first.reduce((least, us) => Math.min(least, us), Infinity);
  return last.reduce((most, us) => Math.max(most, us), -Infinity) - fromUs;
}

/** Sessions of outsiders grouped by service, in the order of time. */
interface SessionTimes {
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
}

function sessionTimes(input: TrafficInput, callers: Uint32Array): SessionTimes {
  const { sessions, contacts, outside, actors } = input;
  const isAsked = new Uint8Array(outside.length);
  for (let actor = 0; actor < isAsked.length; actor++)
    if (outside[actor] === 1 && actors.known[actor] === undefined) isAsked[actor] = 1;
  const chosen = new Uint32Array(sessions.count);
  const groupOf = new Uint32Array(sessions.count);
  let count = 0;
  for (let i = 0; i < sessions.count; i++) {
    if (contacts.ofSession[i] === 0 || isAsked[sessions.actor[i]] === 0) continue;
    const service = contacts.service[contacts.ofSession[i] - 1];
    if (callers[service] === 0) continue;
    chosen[count] = i;
    groupOf[count++] = service;
  }
  const { starts, order } = groupBy(groupOf, contacts.services.count, count);
  for (let k = 0; k < count; k++) order[k] = chosen[order[k]];
  return { starts, order };
}

function windowOf(
  input: TrafficInput,
  service: number,
  arrivals: Uint32Array,
  times: SessionTimes,
  isV6: Uint8Array,
  span: readonly [number, number],
): { window: TrafficWindow; opening: EndCalls; closing: EndCalls } {
  const { contacts, sessions } = input;
  const mine = times.order.subarray(times.starts[service], times.starts[service + 1]);
  const arrivalUs = new Float64Array(arrivals.length);
  for (let k = 0; k < arrivals.length; k++) arrivalUs[k] = contacts.firstReachedUs[arrivals[k]];
  const split = openingSplit(arrivalUs, span[0], Math.max(sessions.aggregationUs, 1e6), input.limits);
  const { regulars: old, isByRate } = split.isSignificant
    ? regularsBefore(input, mine, arrivals, arrivalUs, split.index)
    : NO_REGULARS;
  const firstUs = arrivalUs[arrivals.findIndex((contact) => !old.has(contact))];
  const through = sessionsThrough(input, mine, firstUs, old);
  let lastUs = firstUs;
  const { endsUs } = through;
  for (let k = 0; k < endsUs.length; k++) if (endsUs[k] > lastUs) lastUs = endsUs[k];
  const [before, after] = countTurnedAway(input, mine, firstUs, lastUs);
  const isOpeningKnown = isByRate || before > 0;
  const isClosingKnown = after > 0 || isSilenceAnEnd(through, span[1], input.limits);
  const kinds = new Uint8Array(2);
  for (let k = 0; k < arrivals.length; k++) kinds[isV6[contacts.actor[arrivals[k]]]] = 1;
  const ends = endCalls({
    limits: input.limits,
    sessions,
    outcomes: contacts.outcomes,
    mine,
    firstUs,
    isRegular: (session) => old.size > 0 && old.has(contacts.ofSession[session] - 1),
    isOfKind: (actor) => kinds[isV6[actor]] === 1,
  });
  const window = {
    service,
    firstUs,
    lastUs,
    openedUs: isOpeningKnown ? firstUs : Number.NaN,
    closedUs: isClosingKnown ? lastUs : Number.NaN,
    ...through,
    opening: isByRate && before === 0 ? silenceBounds('opening', through, span, input.limits) : null,
    closing: isClosingKnown && after === 0 ? silenceBounds('closing', through, span, input.limits) : null,
    regulars: old.size,
    text: describe(firstUs, lastUs, isOpeningKnown, isClosingKnown, before, after, old.size, span),
  };
  return { window, ...ends };
}

type Through = Pick<TrafficWindow, 'startsUs' | 'endsUs' | 'actors'>;

/** Sessions from `firstUs` on that got through and are no regular's. */
function sessionsThrough(
  { sessions, contacts }: TrafficInput,
  mine: Uint32Array,
  firstUs: number,
  regulars: ReadonlySet<number>,
): Through {
  const startsUs = new Float64Array(mine.length);
  const endsUs = new Float64Array(mine.length);
  const actors = new Uint32Array(mine.length);
  let count = 0;
  for (let k = 0; k < mine.length; k++) {
    const i = mine[k];
    if (contacts.outcomes[i] !== REACHED.yes || sessions.startUs[i] < firstUs) continue;
    if (regulars.size > 0 && regulars.has(contacts.ofSession[i] - 1)) continue;
    startsUs[count] = sessions.startUs[i];
    endsUs[count] = sessions.endUs[i];
    actors[count++] = sessions.actor[i];
  }
  return {
    startsUs: startsUs.subarray(0, count),
    endsUs: endsUs.subarray(0, count),
    actors: actors.subarray(0, count),
  };
}

/** What of the traffic began in [fromUs, toUs): the part that belongs to one of several openings. Undefined: none. */
export function trafficWithin(
  traffic: TrafficWindow,
  fromUs: number,
  toUs: number,
): TrafficWindow | undefined {
  const { startsUs, endsUs } = traffic;
  const first = lowerBound(startsUs, fromUs);
  const end = lowerBound(startsUs, toUs);
  if (first === 0 && end === startsUs.length) return traffic;
  if (first >= end) return undefined;
  const firstUs = startsUs[first];
  const lastUs = endsUs.subarray(first, end).reduce((latest, us) => Math.max(latest, us), -Infinity);
  return {
    ...traffic,
    firstUs,
    lastUs,
    openedUs: first === 0 ? traffic.openedUs : firstUs,
    closedUs: end === startsUs.length ? traffic.closedUs : lastUs,
    opening: first === 0 ? traffic.opening : null,
    closing: end === startsUs.length ? traffic.closing : null,
    startsUs: startsUs.subarray(first, end),
    endsUs: endsUs.subarray(first, end),
    actors: traffic.actors.subarray(first, end),
    text: `outsiders get through from ${formatUtc(firstUs)} to ${formatUtc(lastUs)}`,
  };
}

/** Sessions turned away before the first that got through, and after the last. */
function countTurnedAway(
  { sessions, contacts }: TrafficInput,
  mine: Uint32Array,
  firstUs: number,
  lastUs: number,
): [number, number] {
  let before = 0;
  let after = 0;
  for (let k = 0; k < mine.length; k++) {
    const i = mine[k];
    if (contacts.outcomes[i] !== REACHED.turnedAway) continue;
    const start = sessions.startUs[i];
    if (start >= firstUs && start <= lastUs) continue;
    if (start < firstUs) before += 1;
    else after += 1;
  }
  return [before, after];
}

/**
 * The arrival at which the rate of new actors rises the most: of all splits, the one with the largest log-likelihood ratio of two
 * Poisson rates against one. Significant where the ratio, less ln n for having looked at n splits, exceeds the parameter (5: about 1 in 150),
 * the rate rose so many times as another says, and enough actors came after.
 */
export function openingSplit(
  arrivalUs: ArrayLike<number>,
  fromUs: number,
  unitUs: number,
  limits: Pick<Thresholds, 'windowSessions' | 'openingRise' | 'openingLogRatio'>,
): { index: number; isSignificant: boolean } {
  const n = arrivalUs.length;
  const end = arrivalUs[n - 1] + unitUs;
  const whole = end - fromUs;
  let index = 0;
  let best = -Infinity;
  for (let i = 0; n - i >= limits.windowSessions; i++) {
    const before = Math.max(arrivalUs[i] - fromUs, 0);
    const after = end - arrivalUs[i];
    if (before <= 0 || i / before > (n - i) / after / limits.openingRise) continue;
    const ratio =
      (i === 0 ? 0 : i * Math.log(i / before)) +
      (n - i) * Math.log((n - i) / after) -
      n * Math.log(n / whole);
    if (ratio > best) {
      best = ratio;
      index = i;
    }
  }
  return { index, isSignificant: best - Math.log(n) > limits.openingLogRatio };
}

/** Whether chance hardly gives the silence that follows, and it is much longer than any inside. */
function isSilenceAnEnd(through: Through, untilUs: number, limits: TrafficInput['limits']): boolean {
  return untilUs - through.endsUs[through.endsUs.length - 1] > longestByChanceUs(through, limits);
}

function describe(
  firstUs: number,
  lastUs: number,
  isOpeningKnown: boolean,
  isClosingKnown: boolean,
  before: number,
  after: number,
  regulars: number,
  span: readonly [number, number],
): string {
  const opening = isOpeningKnown
    ? `outsiders get through from ${formatUtc(firstUs)} on${before > 0 ? `; ${plural(before, 'call')} before that ${before === 1 ? 'was' : 'were'} turned away` : `, after ${formatDuration(firstUs - span[0])} of records without a new one`}`
    : `outsiders get through from ${formatUtc(firstUs)} on, and the flows do not show that it was closed before`;
  const closing = isClosingKnown
    ? `the last at ${formatUtc(lastUs)}${after > 0 ? `; ${plural(after, 'call')} after that ${after === 1 ? 'was' : 'were'} turned away` : ', then silence'}`
    : `the last at ${formatUtc(lastUs)}, and the flows do not show that it was closed after`;
  const old = regulars > 0 ? ` (${plural(regulars, 'actor')} that came before the opening left out)` : '';
  return `${opening}; ${closing}${old}`;
}
