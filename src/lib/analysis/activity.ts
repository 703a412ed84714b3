import { PairSet } from '../base/pair-set';
import { groupBy, type Groups } from '../base/sorting';
import { LOGIN_OUTCOME, QUERY_OUTCOME, QUERY_VERB } from '../tables/schemas';
import type { Contacts } from './contacts';
import { portsOfProgram } from './log-places';
import type { LoginEvents, QueryEvents } from './log-events';

/** What each actor did, counted: index = ActorId. Only what actors began; destinations that our assets called stay at zero. */
export interface Activity {
  readonly firstUs: Float64Array;
  readonly lastUs: Float64Array;
  /** Sessions, login rows and query rows. */
  readonly events: Uint32Array;
  readonly sessions: Uint32Array;
  readonly turnedAway: Uint32Array;
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
  /** Distinct (actor, port) pairs: `first` is the actor, `second` the port. */
  readonly portsUsed: PairSet;
  /** The pairs of `portsUsed`, grouped by actor. */
  readonly portsByActor: Groups;
}

type Counts = Omit<Activity, 'portsByActor'>;

export function countActivity(
  actorCount: number,
  contacts: Contacts,
  logins: LoginEvents,
  queries: QueryEvents,
  textOf: (id: number) => string,
): Activity {
  const activity: Counts = emptyActivity(actorCount, contacts.count);
  const assetsSeen = new PairSet(contacts.count);
  const usersSeen = new PairSet();
  countContacts(activity, contacts, assetsSeen);
  const portOf = programPorts(textOf);
  for (let i = 0; i < logins.count; i++) {
    const actor = logins.actor[i];
    touch(activity, actor, logins.timeUs[i]);
    const outcome = logins.outcome[i];
    if (outcome === LOGIN_OUTCOME.failure) activity.failures[actor] += 1;
    else if (outcome === LOGIN_OUTCOME.success) activity.successes[actor] += 1;
    if (logins.user[i] !== 0) countNew(usersSeen, actor, logins.user[i], activity.users);
    if (logins.asset[i] !== 0) countNew(assetsSeen, actor, logins.asset[i] - 1, activity.assets);
    const port = portOf(logins.service[i]);
    if (port !== 0) countNew(activity.portsUsed, actor, port, activity.ports);
  }
  for (let i = 0; i < queries.count; i++) {
    const actor = queries.actor[i];
    touch(activity, actor, queries.timeUs[i]);
    const outcome = queries.outcome[i];
    if (outcome === QUERY_OUTCOME.denied || outcome === QUERY_OUTCOME.error) activity.refusals[actor] += 1;
    else if (
      queries.verb[i] !== QUERY_VERB.auth &&
      (outcome === QUERY_OUTCOME.success || queries.bytes[i] > 0)
    )
      activity.reads[actor] += 1;
    if (queries.asset[i] !== 0) countNew(assetsSeen, actor, queries.asset[i] - 1, activity.assets);
    const port = queries.port[i] || portOf(queries.service[i]);
    if (port !== 0) countNew(activity.portsUsed, actor, port, activity.ports);
  }
  const { portsUsed } = activity;
  return { ...activity, portsByActor: groupBy(portsUsed.first, actorCount, portsUsed.size) };
}

/** First port that a program's name stands for, by string id; 0: none. */
export function programPorts(textOf: (id: number) => string): (program: number) => number {
  const ports = new Map<number, number>();
  return (program) => {
    let port = ports.get(program);
    if (port === undefined) ports.set(program, (port = portsOfProgram(textOf(program))[0] ?? 0));
    return port;
  };
}

function emptyActivity(count: number, pairs: number): Counts {
  return {
    firstUs: new Float64Array(count).fill(Infinity),
    lastUs: new Float64Array(count).fill(-Infinity),
    events: new Uint32Array(count),
    sessions: new Uint32Array(count),
    turnedAway: new Uint32Array(count),
    failures: new Uint32Array(count),
    successes: new Uint32Array(count),
    users: new Uint32Array(count),
    assets: new Uint32Array(count),
    ports: new Uint32Array(count),
    bytesToActor: new Float64Array(count),
    bytesFromActor: new Float64Array(count),
    reads: new Uint32Array(count),
    refusals: new Uint32Array(count),
    portsUsed: new PairSet(pairs),
  };
}

function touch(activity: Counts, actor: number, timeUs: number): void {
  activity.events[actor] += 1;
  if (timeUs < activity.firstUs[actor]) activity.firstUs[actor] = timeUs;
  if (timeUs > activity.lastUs[actor]) activity.lastUs[actor] = timeUs;
}

function countNew(set: PairSet, actor: number, thing: number, counts: Uint32Array): void {
  const size = set.size;
  if (set.add(actor, thing) === size) counts[actor] += 1;
}

function countContacts(activity: Counts, contacts: Contacts, assetsSeen: PairSet): void {
  const { services } = contacts;
  for (let c = 0; c < contacts.count; c++) {
    const actor = contacts.actor[c];
    const service = contacts.service[c];
    activity.events[actor] += contacts.sessions[c];
    activity.sessions[actor] += contacts.sessions[c];
    activity.turnedAway[actor] += contacts.turnedAway[c];
    activity.bytesToActor[actor] += contacts.bytesToActor[c];
    activity.bytesFromActor[actor] += contacts.bytesFromActor[c];
    if (contacts.firstUs[c] < activity.firstUs[actor]) activity.firstUs[actor] = contacts.firstUs[c];
    if (contacts.lastUs[c] > activity.lastUs[actor]) activity.lastUs[actor] = contacts.lastUs[c];
    countNew(assetsSeen, actor, services.asset[service], activity.assets);
    countNew(activity.portsUsed, actor, services.port[service], activity.ports);
  }
}
