import { PairSet } from '../base/pair-set';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Contacts } from './contacts';
import type { LoginEvents, QueryEvents } from './log-events';

/** What each actor did, counted: index = ActorId. Only what actors began; destinations that our assets called stay at zero. */
export interface Activity {
  readonly firstUs: Float64Array;
  readonly lastUs: Float64Array;
  /** Sessions, login rows and query rows. */
  readonly events: Uint32Array;
  readonly sessions: Uint32Array;
  readonly turnedAway: Uint32Array;
  /** Sessions that were answered, or may have been. */
  readonly answered: Uint32Array;
  readonly failures: Uint32Array;
  readonly successes: Uint32Array;
  /** Distinct user names tried. */
  readonly users: Uint32Array;
  readonly assets: Uint32Array;
  readonly ports: Uint32Array;
  readonly bytesToActor: Float64Array;
  readonly bytesFromActor: Float64Array;
  /** Queries that were carried out, and those that were refused or failed. */
  readonly reads: Uint32Array;
  readonly refusals: Uint32Array;
  /** Queries that were neither refused nor sent elsewhere; of some it is not known whether they were carried out. */
  readonly unrefused: Uint32Array;
  /** Distinct ports that each actor called: those of actor a stand from `portStarts[a]` to `portStarts[a + 1]`. */
  readonly portsUsed: Uint16Array;
  readonly portStarts: Uint32Array;
}

type Counts = Omit<Activity, 'portsUsed' | 'portStarts'>;

/** Things seen of one actor after the other: a stamp a thing, so that nothing needs to be cleared in between. */
class Stamps {
  readonly #stamps: Uint32Array;
  constructor(size: number) {
    this.#stamps = new Uint32Array(size);
  }
  /** Whether the actor is seen with this thing for the first time. All of an actor's things must be asked before the next actor's. */
  isNew(actor: number, thing: number): boolean {
    if (this.#stamps[thing] === actor + 1) return false;
    this.#stamps[thing] = actor + 1;
    return true;
  }
}

interface Seen {
  readonly assets: Stamps;
  readonly ports: Stamps;
  readonly users: Stamps;
  readonly portOf: (asset: number, program: number) => number;
  portsUsed: Uint16Array;
  portCount: number;
}

/** `portOf` gives the port that a program's name stands for on an asset (−1: no machine of ours); 0: none. */
export function countActivity(
  actorCount: number,
  assetCount: number,
  stringCount: number,
  contacts: Contacts,
  logins: LoginEvents,
  queries: QueryEvents,
  portOf: (asset: number, program: number) => number,
): Activity {
  const activity = emptyActivity(actorCount);
  const seen: Seen = {
    assets: new Stamps(assetCount),
    ports: new Stamps(65536),
    users: new Stamps(stringCount),
    portOf: remembered(portOf),
    portsUsed: new Uint16Array(contacts.count + 1024),
    portCount: 0,
  };
  const portStarts = new Uint32Array(actorCount + 1);
  sumContacts(activity, contacts);
  for (let actor = 0; actor < actorCount; actor++) {
    portStarts[actor] = seen.portCount;
    seeServices(activity, seen, contacts, actor);
    countLogins(activity, seen, logins, actor);
    countQueries(activity, seen, queries, actor);
    activity.ports[actor] = seen.portCount - portStarts[actor];
  }
  portStarts[actorCount] = seen.portCount;
  return { ...activity, portsUsed: seen.portsUsed.slice(0, seen.portCount), portStarts };
}

function remembered(portOf: (asset: number, program: number) => number): typeof portOf {
  const pairs = new PairSet();
  const ports: number[] = [];
  return (asset, program) => {
    const id = pairs.add(asset + 1, program);
    return (ports[id] ??= portOf(asset, program));
  };
}

function emptyActivity(count: number): Counts {
  return {
    firstUs: new Float64Array(count).fill(Infinity),
    lastUs: new Float64Array(count).fill(-Infinity),
    events: new Uint32Array(count),
    sessions: new Uint32Array(count),
    turnedAway: new Uint32Array(count),
    answered: new Uint32Array(count),
    failures: new Uint32Array(count),
    successes: new Uint32Array(count),
    users: new Uint32Array(count),
    assets: new Uint32Array(count),
    ports: new Uint32Array(count),
    bytesToActor: new Float64Array(count),
    bytesFromActor: new Float64Array(count),
    reads: new Uint32Array(count),
    refusals: new Uint32Array(count),
    unrefused: new Uint32Array(count),
  };
}

function addPort(seen: Seen, actor: number, port: number): void {
  if (!seen.ports.isNew(actor, port)) return;
  if (seen.portCount === seen.portsUsed.length) {
    const larger = new Uint16Array(seen.portsUsed.length * 2);
    larger.set(seen.portsUsed);
    seen.portsUsed = larger;
  }
  seen.portsUsed[seen.portCount++] = port;
}

function touch(activity: Counts, actor: number, timeUs: number): void {
  activity.events[actor] += 1;
  if (timeUs < activity.firstUs[actor]) activity.firstUs[actor] = timeUs;
  if (timeUs > activity.lastUs[actor]) activity.lastUs[actor] = timeUs;
}

/** In the order in which contacts lie in memory: by actor, each sum would be a jump. */
function sumContacts(activity: Counts, contacts: Contacts): void {
  for (let c = 0; c < contacts.count; c++) {
    const actor = contacts.actor[c];
    activity.sessions[actor] += contacts.sessions[c];
    activity.turnedAway[actor] += contacts.turnedAway[c];
    activity.answered[actor] += contacts.answered[c];
    activity.bytesToActor[actor] += contacts.bytesToActor[c];
    activity.bytesFromActor[actor] += contacts.bytesFromActor[c];
    if (contacts.lastUs[c] > activity.lastUs[actor]) activity.lastUs[actor] = contacts.lastUs[c];
  }
}

function seeServices(activity: Counts, seen: Seen, contacts: Contacts, actor: number): void {
  const { services } = contacts;
  const { starts, order } = contacts.byActor;
  activity.events[actor] = activity.sessions[actor];
  // Contacts are numbered in the order of their first session.
  if (starts[actor] < starts[actor + 1]) activity.firstUs[actor] = contacts.firstUs[order[starts[actor]]];
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const service = contacts.service[order[k]];
    if (seen.assets.isNew(actor, services.asset[service])) activity.assets[actor] += 1;
    addPort(seen, actor, services.port[service]);
  }
}

function countLogins(activity: Counts, seen: Seen, logins: LoginEvents, actor: number): void {
  const { starts, order } = logins.byActor;
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const i = order[k];
    touch(activity, actor, logins.timeUs[i]);
    const outcome = logins.outcome[i];
    if (outcome === LOGIN_OUTCOME.failure) activity.failures[actor] += 1;
    else if (outcome === LOGIN_OUTCOME.success) activity.successes[actor] += 1;
    if (logins.user[i] !== 0 && seen.users.isNew(actor, logins.user[i])) activity.users[actor] += 1;
    const asset = logins.asset[i] - 1;
    if (asset !== -1 && seen.assets.isNew(actor, asset)) activity.assets[actor] += 1;
    const port = seen.portOf(asset, logins.service[i]);
    if (port !== 0) addPort(seen, actor, port);
  }
}

function countQueries(activity: Counts, seen: Seen, queries: QueryEvents, actor: number): void {
  const { starts, order } = queries.byActor;
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const i = order[k];
    touch(activity, actor, queries.timeUs[i]);
    const outcome = queries.outcome[i];
    const isCarriedOut = outcome === QUERY_OUTCOME.success || queries.bytes[i] > 0;
    if (outcome === QUERY_OUTCOME.denied || outcome === QUERY_OUTCOME.error) activity.refusals[actor] += 1;
    else if (queries.isMoved[i] === 0) {
      activity.unrefused[actor] += 1;
      if (queries.verb[i] !== QUERY_VERB.auth && isCarriedOut) activity.reads[actor] += 1;
    }
    const asset = queries.asset[i] - 1;
    if (asset !== -1 && seen.assets.isNew(actor, asset)) activity.assets[actor] += 1;
    const port = queries.port[i] || seen.portOf(asset, queries.service[i]);
    if (port !== 0) addPort(seen, actor, port);
  }
}
