import { parseAddress, parseCidr } from '../base/addresses';
import { NetworkIndex } from '../base/network-index';
import { plural } from '../base/units';
import { ACTOR_KIND, type ActorIds, type ActorIndex, type Sessions } from './context';
import type { Evidence } from './evidence';
import { IS_REMOTE_NAME, markLogActors, type IdentityLimits } from './identity';
import type { OwnNetworks } from './own-networks';
import { SIDE } from './own-ranges';
import type { CaseParameters } from './parameters';

export interface IndexedActors {
  readonly actors: ActorIds;
  /** Why principals stand for addresses, where they do. */
  readonly inferred: readonly string[];
}

/**
 * Remote sides: every address that a session or a log row names as the other end. Where a log's rows carry no address, or all
 * share one that several principals stand behind, the principals are the actors.
 */
export function indexActors(
  evidence: Evidence,
  own: OwnNetworks,
  sessions: Sessions,
  limits: IdentityLimits,
): IndexedActors {
  const { addresses, strings } = evidence.dictionaries;
  const isActor = new Uint8Array(addresses.size);
  for (let i = 0; i < sessions.count; i++) isActor[sessions.actorAddr[i]] = 1;
  const principals = new Uint8Array(strings.size);
  const isOfFlows = isActor.slice();
  for (let i = 0; i < sessions.count; i++) isOfFlows[sessions.assetAddr[i]] = 1;
  const inferred = markLogActors(evidence, own, isOfFlows, isActor, principals, limits);
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
  return {
    actors: { count: texts.length, byAddress, byPrincipal, texts, kinds: Uint8Array.from(kinds) },
    inferred,
  };
}

/** The same actors with who of them is known: the case's own, and services of the cloud. */
export function labelActors(
  evidence: Evidence,
  parameters: CaseParameters,
  { actors, inferred }: IndexedActors,
): { readonly actors: ActorIndex; readonly inferred: readonly string[] } {
  const { texts, kinds } = actors;
  const known = labelKnown(evidence, parameters, actors);
  const services = labelServices(texts, kinds, known);
  const said =
    services === 0
      ? []
      : [
          `${plural(services, 'actor is a service', 'actors are services')} of the cloud itself (named *.amazonaws.com, or roles that only a service can take) and held to be known.`,
        ];
  return { actors: { ...actors, known }, inferred: [...inferred, ...said] };
}

/**
 * ActorId of a log row, or −1 where it names nobody who is an actor. `principal` is the user of a login or query; `remoteName` the
 * host name that stands where an address is missing.
 */
export function actorOfLogRow(actors: ActorIds, address: number, principal: number, remoteName = 0): number {
  if (address !== 0 && actors.byAddress[address] !== 0) return actors.byAddress[address] - 1;
  if (remoteName !== 0) return actors.byPrincipal[remoteName] - 1;
  return principal === 0 ? -1 : actors.byPrincipal[principal] - 1;
}

/** AddressId by ActorId; 0 for actors that are no addresses. */
export function addressesOfActors(actors: ActorIds): Uint32Array {
  const addresses = new Uint32Array(actors.count);
  for (let address = 1; address < actors.byAddress.length; address++)
    if (actors.byAddress[address] !== 0) addresses[actors.byAddress[address] - 1] = address;
  return addresses;
}

/**
 * `ec2.amazonaws.com` and its like: CloudTrail names the calls that AWS makes for its customers by its own service; and service-linked roles, which no
 * one but their service can take ("Using service-linked roles", IAM User Guide).
 */
const AWS_SERVICE = /^(?:[a-z0-9-]+\.)+amazonaws\.com$|^AWS Internal$|^AWSServiceRoleFor\w+(?:\/|$)/;

function labelServices(texts: readonly string[], kinds: Uint8Array, known: (string | undefined)[]): number {
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
  { texts, byAddress, byPrincipal }: ActorIds,
): (string | undefined)[] {
  const known: (string | undefined)[] = new Array<string | undefined>(texts.length).fill(undefined);
  const rules = parameters.knownActors ?? [];
  const { addresses } = evidence.dictionaries;
  if (rules.length === 0) return known;
  const byText = new Map<string, string>();
  const networks = new NetworkIndex();
  for (const rule of rules) {
    if (rule.actor !== undefined) {
      const words = parseAddress(rule.actor);
      if (words) networks.add({ words, prefix: 128 }, rule.label);
      else byText.set(rule.actor, rule.label);
    }
    const cidr = rule.cidr === undefined ? null : parseCidr(rule.cidr);
    if (cidr) networks.add(cidr, rule.label);
  }
  for (let id = 1; id < byAddress.length; id++) {
    if (byAddress[id] === 0) continue;
    known[byAddress[id] - 1] = networks.labelOf(
      addresses.wordOf(id, 0),
      addresses.wordOf(id, 1),
      addresses.wordOf(id, 2),
      addresses.wordOf(id, 3),
    );
  }
  // A rule whose actor is no address means none of those that are one: they are most of all, and each would be a text to hash.
  for (let name = 1; name < byPrincipal.length; name++) {
    const id = byPrincipal[name];
    if (id !== 0) known[id - 1] ??= byText.get(texts[id - 1]);
  }
  return known;
}
