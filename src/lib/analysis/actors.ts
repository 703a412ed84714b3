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
  const isShared = new Uint8Array(addresses.size);
  const inferred = markLogActors(evidence, isActor, principals, isShared);
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
    kinds.push(principals[id] === IS_REMOTE_NAME ? ACTOR_KIND.address : ACTOR_KIND.principal);
    byPrincipal[id] = texts.length;
  }
  const known = labelKnown(evidence, parameters, texts, byAddress);
  return {
    actors: {
      count: texts.length,
      byAddress,
      byPrincipal,
      isShared,
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
  if (address !== 0 && actors.isShared?.[address] === 1 && actors.byPrincipal[principal] !== 0)
    return actors.byPrincipal[principal] - 1;
  if (address !== 0) return actors.byAddress[address] - 1;
  if (remoteName !== 0) return actors.byPrincipal[remoteName] - 1;
  return principal === 0 ? -1 : actors.byPrincipal[principal] - 1;
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

function markLogActors(
  evidence: Evidence,
  isActor: Uint8Array,
  principals: Uint8Array,
  isShared: Uint8Array,
): string[] {
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
  for (const source of evidence.sources) {
    const callers = bySource.get(source.id);
    if (callers) decideIdentity(evidence, source.name, callers, isActor, principals, isShared, inferred);
  }
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

function decideIdentity(
  evidence: Evidence,
  name: string,
  callers: Callers,
  isActor: Uint8Array,
  principals: Uint8Array,
  isShared: Uint8Array,
  inferred: string[],
): void {
  for (const address of callers.byAddress.keys()) isActor[address] = 1;
  const { addresses } = evidence.dictionaries;
  const markAll = (): void => {
    for (const id of callers.principals) if (principals[id] === 0) principals[id] = IS_PRINCIPAL;
  };
  // A few rows without an address among many with one are lines that lost theirs, not another kind of identity.
  const without = callers.rows - callers.withAddress;
  if (callers.principals.size > 0 && without > 0 && callers.withAddress < callers.rows * (1 - SHARED_SHARE)) {
    markAll();
    inferred.push(
      `${name}: ${without === callers.rows ? 'no row carries' : 'hardly a row carries'} an address, so the principal is the actor.`,
    );
    return;
  }
  for (const [address, count] of callers.byAddress) {
    if (count < callers.rows * SHARED_SHARE || callers.proven.size < SHARED_PRINCIPALS) continue;
    markAll();
    isShared[address] = 1;
    inferred.push(
      `${name}: nearly every row comes from ${addresses.text(address)}, behind which stand ${plural(callers.proven.size, 'principal')}, so the principal is the actor.`,
    );
  }
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
