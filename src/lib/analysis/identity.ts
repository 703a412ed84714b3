import { plural } from '../base/units';
import { CHANGE_OUTCOME, LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { CLOUD_LOG, cloudLogs } from './cloud-services';
import type { Evidence, SourceInfo } from './evidence';
import type { OwnNetworks } from './own-networks';
import { isPrivate, SIDE } from './own-ranges';
import type { Thresholds } from './parameters';
import type { IDENTITY_THRESHOLDS } from './thresholds';

export type IdentityLimits = Pick<Thresholds, keyof typeof IDENTITY_THRESHOLDS>;

/** Addresses spelled out in a reason. */
const NAMED = 3;

/** How a name came to stand for an actor: as a principal, or as a remote host that is named instead of numbered. */
export const IS_PRINCIPAL = 1;
export const IS_REMOTE_NAME = 2;

/** Who calls in one log: all files of it together, since a busy hour's file may have other callers than a quiet one's. */
interface Callers {
  readonly isCloud: boolean;
  readonly sources: SourceInfo[];
  rows: number;
  withAddress: number;
  readonly byAddress: Map<number, number>;
  /** Principals that got in, by the address that they came from. */
  readonly behind: Map<number, Set<number>>;
  readonly principals: Set<number>;
  /** Principals that got in: a guesser's user names are no identities. */
  readonly proven: Set<number>;
  /** Of these, those with a row that has no address. */
  readonly unplaced: Set<number>;
}

/**
 * Marks the addresses that are actors and, where addresses identify nobody, the principals that stand for them: in a log without addresses;
 * behind one address that nearly all rows of a log share; in the log of a cloud, where nearly all addresses are private and so say nothing of
 * where on the Internet a caller is; and for calls that a cloud makes in someone's name. Returns why, in sentences. `isOfFlows`: addresses that
 * flows name, which stay what they are.
 */
export function markLogActors(
  evidence: Evidence,
  own: OwnNetworks,
  isOfFlows: Uint8Array,
  isActor: Uint8Array,
  principals: Uint8Array,
  limits: IdentityLimits,
): string[] {
  const logs = gatherCallers(evidence, principals);
  // An address that is somebody elsewhere stays somebody: only where it is nothing but a shared door does the principal replace it.
  const doors = logs.map((callers) => doorsOf(evidence, own, isOfFlows, callers, limits));
  logs.forEach((callers, log) => {
    for (const address of callers.byAddress.keys())
      if (!doors[log].addresses.has(address)) isActor[address] = 1;
  });
  const inferred: string[] = [];
  logs.forEach((callers, log) => {
    const reason = decideIdentity(callers, doors[log], isActor, principals, limits);
    if (reason !== '') inferred.push(`${logName(callers)}: ${reason}`);
  });
  return inferred;
}

function gatherCallers(evidence: Evidence, principals: Uint8Array): Callers[] {
  const { logins, queries, changes } = evidence.tables;
  const callersOf = callersBySource(evidence);
  for (const { source, length, columns } of logins.segments) {
    const callers = callersOf(source);
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
    const callers = callersOf(source);
    for (let i = 0; i < length; i++) {
      const isProven = columns.outcome[i] !== QUERY_OUTCOME.denied;
      countCaller(callers, columns.actorAddr[i], columns.principal[i], isProven);
    }
  }
  for (const { source, length, columns } of changes.segments) {
    const callers = callersOf(source);
    for (let i = 0; i < length; i++) {
      const isProven = columns.outcome[i] !== CHANGE_OUTCOME.failure;
      countCaller(callers, columns.actorAddr[i], columns.principal[i], isProven);
    }
  }
  return callersOf.all();
}

interface CallersOf {
  (source: number): Callers;
  all(): Callers[];
}

/** The log of a cloud is one however many files it came in; any other is one where an asset is known to have written all of them. */
function callersBySource(evidence: Evidence): CallersOf {
  const infos = new Map(evidence.sources.map((info) => [info.id as number, info]));
  const kinds = cloudLogs(evidence);
  const byLog = new Map<string, Callers>();
  const bySource = new Map<number, Callers>();
  const callersOf = (source: number): Callers => {
    const known = bySource.get(source);
    if (known) return known;
    const info = infos.get(source);
    const isCloud = kinds[source] !== CLOUD_LOG.no;
    const part = isCloud ? '' : (info?.asset ?? `#${source}`);
    const key = `${info?.format ?? ''} ${part}`;
    let callers = byLog.get(key);
    if (!callers) {
      callers = {
        isCloud,
        sources: [],
        rows: 0,
        withAddress: 0,
        byAddress: new Map(),
        behind: new Map(),
        principals: new Set(),
        proven: new Set(),
        unplaced: new Set(),
      };
      byLog.set(key, callers);
    }
    if (info) callers.sources.push(info);
    bySource.set(source, callers);
    return callers;
  };
  return Object.assign(callersOf, { all: () => [...byLog.values()] });
}

function logName({ sources }: Callers): string {
  const [first] = sources;
  if (first === undefined) return 'A log';
  return sources.length === 1
    ? first.name
    : `${first.formatLabel || first.format} (${plural(sources.length, 'file')})`;
}

function countCaller(callers: Callers, address: number, principal: number, isProven: boolean): void {
  callers.rows += 1;
  if (address !== 0) {
    callers.withAddress += 1;
    callers.byAddress.set(address, (callers.byAddress.get(address) ?? 0) + 1);
  }
  if (principal === 0) return;
  callers.principals.add(principal);
  if (!isProven) return;
  callers.proven.add(principal);
  if (address === 0) {
    callers.unplaced.add(principal);
    return;
  }
  const behind = callers.behind.get(address);
  if (behind) behind.add(principal);
  else callers.behind.set(address, new Set([principal]));
}

/** Addresses of a log that identify nobody, and why. */
interface Doors {
  readonly addresses: ReadonlySet<number>;
  readonly reason: string;
}

const NO_DOORS: Doors = { addresses: new Set(), reason: '' };

function doorsOf(
  evidence: Evidence,
  own: OwnNetworks,
  isOfFlows: Uint8Array,
  callers: Callers,
  { sharedAddressShare, sharedAddressPrincipals }: IdentityLimits,
): Doors {
  const { addresses } = evidence.dictionaries;
  if (callers.proven.size === 0) return NO_DOORS;
  if (callers.isCloud && !own.isGiven) {
    const inside = [...callers.byAddress].filter(
      ([id]) => own.side[id] === SIDE.own && isOfFlows[id] === 0 && isPrivate(...addresses.words(id)),
    );
    const rows = inside.reduce((sum, [, count]) => sum + count, 0);
    if (rows > 0 && rows >= callers.withAddress * sharedAddressShare) {
      const named = inside
        .sort((a, b) => b[1] - a[1])
        .slice(0, NAMED)
        .map(([id]) => addresses.text(id));
      return {
        addresses: new Set(inside.map(([id]) => id)),
        reason:
          `nearly every call comes from a private address (${named.join(', ')}${inside.length > NAMED ? ', …' : ''}), as through a private endpoint or in ` +
          'an anonymized export, which says nothing of where a caller is',
      };
    }
  }
  for (const [address, count] of callers.byAddress) {
    if (count < callers.rows * sharedAddressShare) continue;
    // Principals of the few other callers do not make a shared door of one application's address.
    const behind = callers.behind.get(address)?.size ?? 0;
    if (behind < sharedAddressPrincipals) continue;
    return {
      addresses: new Set([address]),
      reason: `nearly every row comes from ${addresses.text(address)}, behind which stand ${plural(behind, 'principal')}`,
    };
  }
  return NO_DOORS;
}

function decideIdentity(
  callers: Callers,
  doors: Doors,
  isActor: Uint8Array,
  principals: Uint8Array,
  { sharedAddressShare }: IdentityLimits,
): string {
  const without = callers.rows - callers.withAddress;
  // A few rows without an address among many with one are lines that lost theirs, not another kind of identity.
  const hasNoAddresses = without > 0 && callers.withAddress < callers.rows * (1 - sharedAddressShare);
  const replaced = [...doors.addresses].filter((address) => isActor[address] === 0);
  const mark = (ids: Iterable<number>): void => {
    for (const id of ids) if (principals[id] === 0) principals[id] = IS_PRINCIPAL;
  };
  if (callers.principals.size > 0 && (hasNoAddresses || replaced.length > 0)) {
    mark(callers.principals);
    const reason = hasNoAddresses
      ? `${without === callers.rows ? 'no row carries' : 'hardly a row carries'} an address`
      : doors.reason;
    return `${reason}, so the principal is the actor.`;
  }
  for (const address of doors.addresses) isActor[address] = 1;
  if (!callers.isCloud || callers.unplaced.size === 0) return '';
  mark(callers.unplaced);
  return `${plural(without, 'call')} that the cloud made in someone's name carry no address; the principal is their actor.`;
}
