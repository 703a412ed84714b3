import { groupBy } from '../base/sorting';
import { PairSet } from '../base/pair-set';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { LoginEvents } from './log-events';
import type { Thresholds } from './parameters';

/** How each actor guessed; index = ActorId. */
export interface Guessing {
  /** Most failures within one window of the parameter's length. */
  readonly mostFailures: Uint16Array;
  /** 1: the fast bucket overflowed, 2: the slow one did. */
  readonly bucket: Uint8Array;
  /** Distinct names that failed. */
  readonly names: Uint32Array;
  /** Of those, names that enough unrelated actors failed with as well. */
  readonly sharedNames: Uint32Array;
  /** Rows that count as a try: failures, or, where a log has none of them, invalid users. */
  readonly tries: Uint32Array;
  /** Machines in whose login log the actor stands at all. */
  readonly hosts: Uint32Array;
  /** Distinct names that the host says it does not have. */
  readonly unknownNames: Uint32Array;
  /** 1 by StringId of a name in the shared dictionary. */
  readonly isShared: Uint8Array;
  /** Distinct names that failed, over all actors. */
  readonly allNames: number;
  readonly allShared: number;
  /** Distinct (actor, failed name) pairs. */
  readonly pairs: PairSet;
}

/** A leaky bucket, as in CrowdSec's `ssh-bf` and `ssh-slow-bf`: what it holds, and the time in which one event drains. */
export interface Bucket {
  readonly capacity: number;
  readonly leakUs: number;
}

export type BucketLimits = Pick<
  Thresholds,
  'fastBucketFailures' | 'fastBucketSeconds' | 'slowBucketFailures' | 'slowBucketSeconds'
>;

export function bucketsOf(limits: BucketLimits): { readonly fast: Bucket; readonly slow: Bucket } {
  return {
    fast: { capacity: limits.fastBucketFailures, leakUs: limits.fastBucketSeconds * MICROS_PER_SECOND },
    slow: { capacity: limits.slowBucketFailures, leakUs: limits.slowBucketSeconds * MICROS_PER_SECOND },
  };
}

/**
 * Failures per window (Zeek's detect-bruteforcing), leaky buckets (CrowdSec), and how much of an actor's names come from the
 * dictionary that unrelated actors share. `networkOf` gives what makes two actors related (their /24 or /48).
 */
export function findGuessing(
  logins: LoginEvents,
  actorCount: number,
  stringCount: number,
  networkOf: (actor: number) => number,
  limits: BucketLimits & Pick<Thresholds, 'guessWindowMinutes' | 'sharedNameActors'>,
): Guessing {
  const mostFailures = new Uint16Array(actorCount);
  const bucket = new Uint8Array(actorCount);
  const tries = new Uint32Array(actorCount);
  const pairs = new PairSet();
  const { fast, slow } = bucketsOf(limits);
  const windowUs = limits.guessWindowMinutes * MICROS_PER_MINUTE;
  for (let actor = 0; actor < actorCount; actor++) {
    if (logins.byActor.starts[actor] === logins.byActor.starts[actor + 1]) continue;
    const tryEvents = triesOf(logins, actor);
    tries[actor] = tryEvents.length;
    if (tryEvents.length === 0) continue;
    let from = 0;
    let most = 0;
    for (let k = 0; k < tryEvents.length; k++) {
      const at = logins.timeUs[tryEvents[k]];
      while (at - logins.timeUs[tryEvents[from]] > windowUs) from += 1;
      most = Math.max(most, k - from + 1);
      const user = logins.user[tryEvents[k]];
      if (user !== 0) pairs.add(actor, user);
    }
    mostFailures[actor] = Math.min(65535, most);
    bucket[actor] = overflows(logins, tryEvents, fast) ? 1 : overflows(logins, tryEvents, slow) ? 2 : 0;
  }
  const shared = shareNames(pairs, stringCount, networkOf, limits.sharedNameActors);
  const names = new Uint32Array(actorCount);
  const sharedNames = new Uint32Array(actorCount);
  for (let p = 0; p < pairs.size; p++) {
    names[pairs.first[p]] += 1;
    if (shared.isShared[pairs.second[p]] === 1) sharedNames[pairs.first[p]] += 1;
  }
  const { hosts, unknownNames } = countDistinct(logins, actorCount, stringCount);
  return { mostFailures, bucket, names, sharedNames, tries, hosts, unknownNames, ...shared, pairs };
}

/**
 * Indices of the rows in which an actor tried a credential. sshd prints `Invalid user` beside `Failed password`, so the first
 * counts only where the second is missing (keys refused, connection cut before the password).
 */
export function triesOf(logins: LoginEvents, actor: number): number[] {
  const failures: number[] = [];
  const invalid: number[] = [];
  const { starts, order } = logins.byActor;
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const i = order[k];
    if (logins.outcome[i] === LOGIN_OUTCOME.failure) failures.push(i);
    else if (logins.outcome[i] === LOGIN_OUTCOME.invalidUser) invalid.push(i);
  }
  return failures.length >= invalid.length ? failures : invalid;
}

/** Machines whose login log each actor stands in, and names that a host says it does not have. */
function countDistinct(
  { byActor, asset, outcome, user }: LoginEvents,
  actorCount: number,
  stringCount: number,
): { hosts: Uint32Array; unknownNames: Uint32Array } {
  const hosts = new Uint32Array(actorCount);
  const unknownNames = new Uint32Array(actorCount);
  let assets = 0;
  for (let i = 0; i < asset.length; i++) if (asset[i] > assets) assets = asset[i];
  // The last actor, + 1, that was seen with each.
  const seenAsset = new Uint32Array(assets + 1);
  const seenName = new Uint32Array(stringCount);
  for (let actor = 0; actor < actorCount; actor++) {
    for (let k = byActor.starts[actor]; k < byActor.starts[actor + 1]; k++) {
      const i = byActor.order[k];
      if (asset[i] !== 0 && seenAsset[asset[i]] !== actor + 1) {
        seenAsset[asset[i]] = actor + 1;
        hosts[actor] += 1;
      }
      if (outcome[i] !== LOGIN_OUTCOME.invalidUser || seenName[user[i]] === actor + 1) continue;
      seenName[user[i]] = actor + 1;
      unknownNames[actor] += 1;
    }
  }
  return { hosts, unknownNames };
}

export function overflows(
  logins: LoginEvents,
  events: readonly number[],
  { capacity, leakUs }: Bucket,
): boolean {
  let level = 0;
  let last = -Infinity;
  for (const i of events) {
    const at = logins.timeUs[i];
    level = Math.max(0, level - (at - last) / leakUs) + 1;
    last = at;
    if (level > capacity) return true;
  }
  return false;
}

function shareNames(
  pairs: PairSet,
  stringCount: number,
  networkOf: (actor: number) => number,
  fewest: number,
): { isShared: Uint8Array; allNames: number; allShared: number } {
  const isShared = new Uint8Array(stringCount);
  const groups = groupBy(pairs.second, stringCount, pairs.size);
  let allNames = 0;
  let allShared = 0;
  const networks = new Set<number>();
  for (let name = 0; name < stringCount; name++) {
    const from = groups.starts[name];
    const to = groups.starts[name + 1];
    if (from === to) continue;
    allNames += 1;
    networks.clear();
    for (let k = from; k < to && networks.size < fewest; k++)
      networks.add(networkOf(pairs.first[groups.order[k]]));
    if (networks.size < fewest) continue;
    isShared[name] = 1;
    allShared += 1;
  }
  return { isShared, allNames, allShared };
}
