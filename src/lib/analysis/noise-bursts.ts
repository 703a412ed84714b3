import { PairSet } from '../base/pair-set';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../base/time';
import { LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import { REACHED, type Contacts } from './contacts';
import type { Evidence } from './evidence';
import type { LoginEvents, QueryEvents } from './log-events';
import { bucketsOf, overflows, type Bucket, type BucketLimits } from './noise-guessing';
import type { Thresholds } from './parameters';

/** What programs do that people don't, beside guessing; index = ActorId. */
export interface Bursts {
  /** Most ports of one asset that were called within the parameter's minutes and are not known to have answered. */
  readonly ports: Uint32Array;
  /** Ports of one asset, answered or not, with which the scan bucket overflowed furthest; 0: it held. */
  readonly fastPorts: Uint32Array;
  /** Logins broken off before a credential was accepted or refused, of actors whose bucket they overflow; 0 for all others. */
  readonly brokenOff: Uint32Array;
  /** Distinct paths, known to be weak spots of common software, that it asked for in vain. */
  readonly weakSpots: Uint32Array;
}

/**
 * Where scanners look for administration, secrets and known holes. Nobody asks a server for several of these that it does not have by
 * mistake. The list is ours *own*, of paths that public scanners and their detections agree on (Nikto, nuclei, CrowdSec's http scenarios).
 */
const WEAK_SPOT =
  /\/(?:php-?my-?admin|pma|adminer|administrator|wp-(?:login|admin|config|content\/plugins)|xmlrpc\.php|\.env|\.git\/|\.aws\/|\.ssh\/|\.svn\/|cgi-bin\/|actuator|manager\/html|host-manager|jmx-console|web-console|solr\/admin|struts|vendor\/phpunit|eval-stdin|boaform|hnap1|setup\.cgi|shell\?|autodiscover|owa\/|ecp\/|remote\/(?:login|fgt_lang)|dana-na|\+cscoe\+|global-protect|_ignition|telescope\/requests|server-status|phpinfo|info\.php|config\.json|id_rsa|etc\/passwd)/i;

type BurstLimits = BucketLimits & Pick<Thresholds, 'scanPorts' | 'scanMinutes' | 'scanDrainSeconds'>;

/** `lateUs`: by how much a session's start may lie after its first packet. */
export function findBursts(
  contacts: Contacts,
  lateUs: number,
  logins: LoginEvents,
  queries: QueryEvents,
  evidence: Evidence,
  actorCount: number,
  limits: BurstLimits,
): Bursts {
  return {
    ...scannedPorts(contacts, lateUs, actorCount, limits),
    brokenOff: brokenOffLogins(logins, actorCount, bucketsOf(limits).fast),
    weakSpots: weakSpotsAsked(queries, evidence, actorCount),
  };
}

/**
 * Two published rules of port scans, each over the ports of one asset by their first call. Zeek's Scan::Port_Scan: 15 ports that did not answer, within 5
 * minutes. CrowdSec's iptables-scan-multi_ports: a leaky bucket, whatever the ports answered, that holds 15 and drains one every
 * 5 s, so that 16 at once overflow it and one every 5 s never does.
 */
function scannedPorts(
  contacts: Contacts,
  lateUs: number,
  actorCount: number,
  limits: BurstLimits,
): Pick<Bursts, 'ports' | 'fastPorts'> {
  const withinUs = limits.scanMinutes * MICROS_PER_MINUTE;
  const bucket = { holds: limits.scanPorts, drainUs: limits.scanDrainSeconds * MICROS_PER_SECOND, lateUs };
  const ports = new Uint32Array(actorCount);
  const fastPorts = new Uint32Array(actorCount);
  const { starts, order } = contacts.byActor;
  // How many services of each asset the actor at hand called: few actors called enough of one for a scan.
  const called = new Uint32Array(
    contacts.services.asset.reduce((last, asset) => Math.max(last, asset), 0) + 1,
  );
  for (let actor = 0; actor < actorCount; actor++) {
    const from = starts[actor];
    const to = starts[actor + 1];
    if (to - from < limits.scanPorts) continue;
    for (let k = from; k < to; k++) called[contacts.services.asset[contacts.service[order[k]]]] = 0;
    for (let k = from; k < to; k++) called[contacts.services.asset[contacts.service[order[k]]]] += 1;
    // Contacts are numbered in the order of their first session.
    const byAsset = new Map<number, { readonly all: number[]; readonly unanswered: number[] }>();
    for (let k = from; k < to; k++) {
      const c = order[k];
      const asset = contacts.services.asset[contacts.service[c]];
      if (called[asset] < limits.scanPorts) continue;
      let times = byAsset.get(asset);
      if (!times) byAsset.set(asset, (times = { all: [], unanswered: [] }));
      times.all.push(contacts.firstUs[c]);
      if (contacts.firstOutcome[c] !== REACHED.yes) times.unanswered.push(contacts.firstUs[c]);
    }
    for (const { all, unanswered } of byAsset.values()) {
      ports[actor] = Math.max(ports[actor], mostWithin(unanswered, withinUs));
      fastPorts[actor] = Math.max(fastPorts[actor], overflowing(all, bucket));
    }
  }
  return { ports, fastPorts };
}

/** Most of the ascending `times` that lie within `us` of one another. */
function mostWithin(times: readonly number[], us: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to] - times[from] > us) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

interface ScanBucket {
  readonly holds: number;
  readonly drainUs: number;
  readonly lateUs: number;
}

/**
 * How many of the ascending `times` made the bucket overflow furthest; 0: it held. After calls from `i` to `j` it holds the most of
 * (j − i + 1) − (time between them)/drain over all i. Flow exports that gather before they write may give a call a start up to
 * `lateUs` after it, so that calls at once lie that far apart in them: nothing drains in the first `lateUs` of a run. With
 * exact times (0) that is the plain bucket.
 */
function overflowing(times: readonly number[], { holds, drainUs, lateUs }: ScanBucket): number {
  let highest = holds;
  let ports = 0;
  // First call within `lateUs` of the one at hand, and the one before those from which a bucket would hold most.
  let near = 0;
  let best = -1;
  for (let j = 0; j < times.length; j++) {
    for (; times[j] - times[near] > lateUs; near++)
      if (best === -1 || times[near] / drainUs - near > times[best] / drainUs - best) best = near;
    const held = best === -1 ? 0 : j - best + 1 - (times[j] - times[best] - lateUs) / drainUs;
    const first = held > j - near + 1 ? best : near;
    const level = Math.max(held, j - near + 1);
    if (level <= highest) continue;
    highest = level;
    ports = j - first + 1;
  }
  return ports;
}

/**
 * sshd at its default level may say no more of a refused password than that the client went away while a user was being authenticated.
 * CrowdSec counts those lines as failed logins; so do we where an actor left no other trace of trying and none of getting in.
 */
function brokenOffLogins(logins: LoginEvents, actorCount: number, bucket: Bucket): Uint32Array {
  const counts = new Uint32Array(actorCount);
  const { starts, order } = logins.byActor;
  for (let actor = 0; actor < actorCount; actor++) {
    if (starts[actor] === starts[actor + 1]) continue;
    const ended: number[] = [];
    let hasOther = false;
    for (let k = starts[actor]; k < starts[actor + 1]; k++) {
      const i = order[k];
      const outcome = logins.outcome[i];
      if (outcome === LOGIN_OUTCOME.disconnect && logins.user[i] !== 0) ended.push(i);
      else hasOther ||= TELLING.has(outcome);
    }
    if (!hasOther && overflows(logins, ended, bucket)) counts[actor] = ended.length;
  }
  return counts;
}

const TELLING: ReadonlySet<number> = new Set([
  LOGIN_OUTCOME.failure,
  LOGIN_OUTCOME.success,
  LOGIN_OUTCOME.invalidUser,
  LOGIN_OUTCOME.sessionOpened,
]);

function weakSpotsAsked(queries: QueryEvents, evidence: Evidence, actorCount: number): Uint32Array {
  const { strings } = evidence.dictionaries;
  const counts = new Uint32Array(actorCount);
  const isWeakSpot = new Int8Array(strings.size);
  const seen = new PairSet();
  for (let i = 0; i < queries.count; i++) {
    const object = queries.object[i];
    const isRefused =
      queries.outcome[i] === QUERY_OUTCOME.denied || queries.outcome[i] === QUERY_OUTCOME.error;
    if (object === 0 || !isRefused) continue;
    if (isWeakSpot[object] === 0) isWeakSpot[object] = WEAK_SPOT.test(strings.text(object)) ? 1 : -1;
    const size = seen.size;
    if (isWeakSpot[object] === 1 && seen.add(queries.actor[i], object) === size)
      counts[queries.actor[i]] += 1;
  }
  return counts;
}
