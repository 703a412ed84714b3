import { cidrContains, parseAddress, parseCidr, type Cidr } from '../base/addresses';
import { plural } from '../base/units';
import { CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { ACTOR_KIND, type ActorIndex, type Sessions } from './context';
import type { Evidence } from './evidence';
import { SIDE, type OwnNetworks } from './own-networks';
import type { CaseParameters } from './parameters';

export interface IndexedActors {
  readonly actors: ActorIndex;
  /** Why principals stand for addresses, where they do. */
  readonly inferred: readonly string[];
}

/** Share of a source's rows that must come from one address for it to be no identity (a NAT, a proxy, a cloud service). */
const SHARED_SHARE = 0.95;
/** Principals that must stand behind it. */
const SHARED_PRINCIPALS = 3;

/**
 * Remote sides: every address that a session or a log row names as the other end. Where a log's rows carry no address, or all
 * share one that several principals stand behind, the principals are the actors.
 */
export function indexActors(
  evidence: Evidence,
  parameters: CaseParameters,
  own: OwnNetworks,
  sessions: Sessions,
): IndexedActors {
  const { addresses, strings } = evidence.dictionaries;
  const isActor = new Uint8Array(addresses.size);
  for (let i = 0; i < sessions.count; i++) isActor[sessions.actorAddr[i]] = 1;
  const principals = new Uint8Array(strings.size);
  const inferred = markLogActors(evidence, isActor, principals);
  const byAddress = new Uint32Array(addresses.size);
  const byPrincipal = new Uint32Array(strings.size);
  const texts: string[] = [];
  const kinds: number[] = [];
  for (let id = 1; id < isActor.length; id++) {
    if (isActor[id] === 0 || own.side[id] === SIDE.nobody) continue;
    texts.push(addresses.text(id));
    kinds.push(ACTOR_KIND.address);
    byAddress[id] = texts.length;
  }
  for (let id = 1; id < principals.length; id++) {
    if (principals[id] === 0) continue;
    texts.push(strings.text(id));
    // A remote host that is named instead of numbered is still a place, not a person.
    const isPlace = principals[id] === IS_REMOTE_NAME && !AWS_SERVICE.test(strings.text(id));
    kinds.push(isPlace ? ACTOR_KIND.address : ACTOR_KIND.principal);
    byPrincipal[id] = texts.length;
  }
  const known = labelKnown(evidence, parameters, texts, byAddress);
  const services = labelServices(texts, kinds, known);
  if (services > 0)
    inferred.push(
      `${plural(services, 'actor is a service', 'actors are services')} of the cloud itself (named *.amazonaws.com) and held to be known.`,
    );
  return {
    actors: {
      count: texts.length,
      byAddress,
      byPrincipal,
      texts,
      kinds: Uint8Array.from(kinds),
      known,
    },
    inferred,
  };
}

/**
 * ActorId of a log row, or −1 where it names nobody who is an actor. `principal` is the user of a login or query; `remoteName` the
 * host name that stands where an address is missing.
 */
export function actorOfLogRow(
  actors: ActorIndex,
  address: number,
  principal: number,
  remoteName = 0,
): number {
  if (address !== 0 && actors.byAddress[address] !== 0) return actors.byAddress[address] - 1;
  if (remoteName !== 0) return actors.byPrincipal[remoteName] - 1;
  return principal === 0 ? -1 : actors.byPrincipal[principal] - 1;
}

/** AddressId by ActorId; 0 for actors that are no addresses. */
export function addressesOfActors(actors: ActorIndex): Uint32Array {
  const addresses = new Uint32Array(actors.count);
  for (let address = 1; address < actors.byAddress.length; address++)
    if (actors.byAddress[address] !== 0) addresses[actors.byAddress[address] - 1] = address;
  return addresses;
}

const IS_PRINCIPAL = 1;
const IS_REMOTE_NAME = 2;

interface Callers {
  rows: number;
  withAddress: number;
  readonly byAddress: Map<number, number>;
  readonly principals: Set<number>;
  /** Principals that got in: a guesser's user names are no identities. */
  readonly proven: Set<number>;
}

function markLogActors(evidence: Evidence, isActor: Uint8Array, principals: Uint8Array): string[] {
  const bySource = new Map<number, Callers>();
  const { logins, queries, changes } = evidence.tables;
  for (const { source, length, columns } of logins.segments) {
    const callers = callersOf(bySource, source);
    for (let i = 0; i < length; i++) {
      const outcome = columns.outcome[i];
      if (columns.actorAddr[i] === 0 && columns.actorName[i] !== 0)
        principals[columns.actorName[i]] = IS_REMOTE_NAME;
      else if (outcome === LOGIN_OUTCOME.success || outcome === LOGIN_OUTCOME.failure)
        countCaller(callers, columns.actorAddr[i], columns.user[i], outcome === LOGIN_OUTCOME.success);
      else if (columns.actorAddr[i] !== 0) countCaller(callers, columns.actorAddr[i], 0, false);
    }
  }
  for (const { source, length, columns } of queries.segments) {
    const callers = callersOf(bySource, source);
    for (let i = 0; i < length; i++) {
      const isProven = columns.outcome[i] !== QUERY_OUTCOME.denied;
      countCaller(callers, columns.actorAddr[i], columns.principal[i], isProven);
    }
  }
  for (const { source, length, columns } of changes.segments) {
    const callers = callersOf(bySource, source);
    for (let i = 0; i < length; i++) {
      const isProven = columns.outcome[i] !== CHANGE_OUTCOME.failure;
      countCaller(callers, columns.actorAddr[i], columns.principal[i], isProven);
    }
  }
  const inferred: string[] = [];
  const all = evidence.sources.flatMap((source) => {
    const callers = bySource.get(source.id);
    return callers ? [{ name: source.name, callers, shared: sharedAddress(callers) }] : [];
  });
  // An address that is somebody elsewhere stays somebody: only where it is nothing but the shared door does the principal replace it.
  for (const { callers, shared } of all)
    for (const address of callers.byAddress.keys()) if (address !== shared) isActor[address] = 1;
  for (const { name, callers, shared } of all)
    decideIdentity(evidence, name, callers, shared, isActor, principals, inferred);
  return inferred;
}

function callersOf(bySource: Map<number, Callers>, source: number): Callers {
  let callers = bySource.get(source);
  if (!callers) {
    callers = { rows: 0, withAddress: 0, byAddress: new Map(), principals: new Set(), proven: new Set() };
    bySource.set(source, callers);
  }
  return callers;
}

function countCaller(callers: Callers, address: number, principal: number, isProven: boolean): void {
  callers.rows += 1;
  if (address !== 0) {
    callers.withAddress += 1;
    callers.byAddress.set(address, (callers.byAddress.get(address) ?? 0) + 1);
  }
  if (principal === 0) return;
  callers.principals.add(principal);
  if (isProven) callers.proven.add(principal);
}

/** The address that nearly all of a source's rows come from and that several principals got in through; 0: none. */
function sharedAddress(callers: Callers): number {
  if (callers.proven.size < SHARED_PRINCIPALS) return 0;
  for (const [address, count] of callers.byAddress) if (count >= callers.rows * SHARED_SHARE) return address;
  return 0;
}

function decideIdentity(
  evidence: Evidence,
  name: string,
  callers: Callers,
  shared: number,
  isActor: Uint8Array,
  principals: Uint8Array,
  inferred: string[],
): void {
  const without = callers.rows - callers.withAddress;
  // A few rows without an address among many with one are lines that lost theirs, not another kind of identity.
  const hasNoAddresses = without > 0 && callers.withAddress < callers.rows * (1 - SHARED_SHARE);
  const replacesAddress = shared !== 0 && isActor[shared] === 0;
  if (callers.principals.size === 0 || !(hasNoAddresses || replacesAddress)) {
    if (shared !== 0) isActor[shared] = 1;
    return;
  }
  for (const id of callers.principals) if (principals[id] === 0) principals[id] = IS_PRINCIPAL;
  inferred.push(
    hasNoAddresses
      ? `${name}: ${without === callers.rows ? 'no row carries' : 'hardly a row carries'} an address, so the principal is the actor.`
      : `${name}: nearly every row comes from ${evidence.dictionaries.addresses.text(shared)}, behind which stand ${plural(callers.proven.size, 'principal')}, so the principal is the actor.`,
  );
}

/** `ec2.amazonaws.com` and its like: CloudTrail names the calls that AWS makes for its customers by its own service. */
const AWS_SERVICE = /^(?:[a-z0-9-]+\.)+amazonaws\.com$|^AWS Internal$/;

function labelServices(
  texts: readonly string[],
  kinds: readonly number[],
  known: (string | undefined)[],
): number {
  let count = 0;
  texts.forEach((text, actor) => {
    if (known[actor] !== undefined || kinds[actor] !== ACTOR_KIND.principal || !AWS_SERVICE.test(text))
      return;
    known[actor] = 'AWS service';
    count += 1;
  });
  return count;
}

function labelKnown(
  evidence: Evidence,
  parameters: CaseParameters,
  texts: readonly string[],
  byAddress: Uint32Array,
): (string | undefined)[] {
  const known: (string | undefined)[] = new Array<string | undefined>(texts.length).fill(undefined);
  const rules = parameters.knownActors ?? [];
  if (rules.length === 0) return known;
  const byText = new Map<string, string>();
  const networks: { cidr: Cidr; label: string }[] = [];
  for (const rule of rules) {
    if (rule.actor !== undefined) {
      const words = parseAddress(rule.actor);
      if (words) networks.push({ cidr: { words, prefix: 128, text: rule.actor }, label: rule.label });
      else byText.set(rule.actor, rule.label);
    }
    const cidr = rule.cidr === undefined ? null : parseCidr(rule.cidr);
    if (cidr) networks.push({ cidr, label: rule.label });
  }
  for (let id = 1; id < byAddress.length; id++) {
    if (byAddress[id] === 0) continue;
    const words = evidence.dictionaries.addresses.words(id);
    known[byAddress[id] - 1] = networks.find(({ cidr }) => cidrContains(cidr, ...words))?.label;
  }
  texts.forEach((text, actor) => {
    known[actor] ??= byText.get(text);
  });
  return known;
}
