import { isMappedIpv4, parseAddress } from '../base/addresses';
import { finished, type InParts } from '../base/parts';
import { formatCount, formatShare, plural } from '../base/units';
import type { AddressDictionary } from '../tables/address-dictionary';
import { LOG_STATUS } from '../tables/schemas';
import type { Evidence } from './evidence';
import { givenNetworks, SIDE, sideOf, sidesOf } from './own-ranges';
import { DEFAULT_THRESHOLDS, type CaseParameters, type Thresholds } from './parameters';
import { OWN_THRESHOLDS, pickThresholds } from './thresholds';

export interface OwnNetworks {
  /** SIDE by AddressId. */
  readonly side: Uint8Array;
  /** Why a public address is held to be ours, by AddressId. */
  readonly whyOwn: ReadonlyMap<number, string>;
  /** Address that a sensor (an interface) belongs to: StringId of the sensor → AddressId. */
  readonly addressOfSensor: ReadonlyMap<number, number>;
  /** Second addresses of such an interface. */
  readonly secondOfSensor: ReadonlyMap<number, number>;
  /** Whether the networks were given by the case. */
  readonly isGiven: boolean;
  readonly inferred: readonly string[];
}

/** Addresses looked at as hubs, at most. */
const MOST_HUBS = 64;
const COUNTERS = 8;

export type OwnLimits = Pick<Thresholds, keyof typeof OWN_THRESHOLDS>;

/**
 * Decides which addresses are ours. Given networks and the addresses among the case's assets decide alone where they are given. Otherwise:
 * private ranges (RFC 1918, RFC 4193, RFC 6598, link-local); the address that stands in nearly every record of a sensor, as an
 * interface's own address does in a VPC flow log; where most records still have no own side, the few addresses that together stand in
 * nearly all of them; and the IPv6 neighbors of any of these.
 */
export function findOwnNetworks(
  evidence: Evidence,
  parameters: CaseParameters,
  thresholds: Thresholds = DEFAULT_THRESHOLDS,
): OwnNetworks {
  const named = namedOutside(evidence, parameters);
  return finished(findOwnNetworksInParts(evidence, parameters, thresholds, named));
}

/**
 * AddressIds that only an asset of the case makes ours: no network given or private range holds them. Apart from the rest, since a name for
 * what is ours anyhow decides nothing here.
 */
export function namedOutside(evidence: Evidence, parameters: CaseParameters): number[] {
  const { addresses } = evidence.dictionaries;
  const given = givenNetworks(parameters);
  const named = new Set<number>();
  for (const asset of parameters.assets ?? []) {
    for (const text of [asset.name, ...(asset.aliases ?? [])]) {
      const words = parseAddress(text);
      const id = words ? addresses.find(...words) : 0;
      if (words && id !== 0 && sideOf(...words, given) !== SIDE.own) named.add(id);
    }
  }
  return [...named].sort((a, b) => a - b);
}

export function* findOwnNetworksInParts(
  evidence: Evidence,
  parameters: CaseParameters,
  thresholds: Thresholds,
  named: readonly number[],
): InParts<OwnNetworks> {
  const limits = pickThresholds(thresholds, OWN_THRESHOLDS);
  const { addresses } = evidence.dictionaries;
  const given = givenNetworks(parameters);
  const side = sidesOf(addresses, given);
  const isGiven = given.length > 0;
  const whyOwn = new Map<number, string>();
  for (const id of named) {
    side[id] = SIDE.own;
    whyOwn.set(id, 'the case names its address');
  }
  const inferred: string[] = [];
  const frequent = countFrequent(evidence);
  yield;
  const sensors = sensorAddresses(evidence, side, frequent, limits);
  yield;
  if (!isGiven) {
    if (evidence.tables.flows.rowCount > 0)
      inferred.push('Own networks: private address ranges, since the case names none.');
    for (const [id, reason] of sensors.reasons) {
      if (side[id] !== SIDE.outside) continue;
      side[id] = SIDE.own;
      whyOwn.set(id, reason);
      inferred.push(`${addresses.text(id)} is held to be ours: ${reason}.`);
    }
    for (const [id, reason] of findHubs(evidence, side, limits)) {
      side[id] = SIDE.own;
      whyOwn.set(id, reason);
      inferred.push(`${addresses.text(id)} is held to be ours: ${reason}.`);
    }
    inferred.push(...markNeighbors(addresses, side, whyOwn));
  }
  const secondOfSensor = new Map([...sensors.seconds].map(([sensor, [, second]]) => [sensor, second]));
  return { side, whyOwn, addressOfSensor: sensors.addressOf, secondOfSensor, isGiven, inferred };
}

/**
 * IPv6 has no private range that servers use among themselves: what shares the /64 of a machine of ours is on its link (RFC 4291, 2.5.4: a
 * unicast address is 64 bits of subnet and 64 of interface), as a private neighbor is in IPv4. Returns what was held to be ours for it.
 */
function markNeighbors(
  addresses: AddressDictionary,
  side: Uint8Array,
  whyOwn: Map<number, string>,
): string[] {
  const linkOf = (id: number): string => `${addresses.wordOf(id, 0)} ${addresses.wordOf(id, 1)}`;
  const isIpv6 = (id: number): boolean =>
    !isMappedIpv4(addresses.wordOf(id, 0), addresses.wordOf(id, 1), addresses.wordOf(id, 2));
  const links = new Map<string, number>();
  for (const id of whyOwn.keys()) if (isIpv6(id)) links.set(linkOf(id), id);
  if (links.size === 0) return [];
  const counts = new Map<number, number>();
  for (let id = 1; id < side.length; id++) {
    const ours = side[id] === SIDE.outside && isIpv6(id) ? links.get(linkOf(id)) : undefined;
    if (ours === undefined) continue;
    side[id] = SIDE.own;
    whyOwn.set(id, `it lies in the same /64 as ${addresses.text(ours)}`);
    counts.set(ours, (counts.get(ours) ?? 0) + 1);
  }
  return [...counts].map(
    ([ours, count]) =>
      `${plural(count, 'address', 'addresses')} in the /64 of ${addresses.text(ours)} ${count === 1 ? 'is' : 'are'} held to be ours, as neighbors on its link.`,
  );
}

/** The frequent addresses of one sensor's records, by the counters of Misra & Gries (Sci. Comput. Program. 2, 1982). */
class FrequentAddresses {
  readonly ids = new Uint32Array(COUNTERS);
  readonly counts = new Float64Array(COUNTERS);
  records = 0;

  add(id: number): void {
    let free = -1;
    for (let k = 0; k < COUNTERS; k++) {
      if (this.counts[k] === 0) free = k;
      else if (this.ids[k] === id) {
        this.counts[k] += 1;
        return;
      }
    }
    if (free !== -1) {
      this.ids[free] = id;
      this.counts[free] = 1;
      return;
    }
    for (let k = 0; k < COUNTERS; k++) this.counts[k] -= 1;
  }

  /** From here on the candidates stand, and are counted record by record: those in most of them are looked at first. */
  beginExact(): void {
    const ranked = [...this.ids.keys()]
      .filter((k) => this.counts[k] > 0)
      .sort((a, b) => this.counts[b] - this.counts[a])
      .map((k) => this.ids[k]);
    this.ids.fill(0).set(ranked);
    this.counts.fill(0);
  }

  countExactly(id: number): void {
    // Not indexOf, which is a call out of compiled code for eight numbers.
    for (let k = 0; k < COUNTERS; k++) {
      if (this.ids[k] !== id) continue;
      this.counts[k] += 1;
      return;
    }
  }

  exactCounts(): Map<number, number> {
    const counts = new Map<number, number>();
    for (let k = 0; k < COUNTERS; k++) if (this.ids[k] !== 0) counts.set(this.ids[k], this.counts[k]);
    return counts;
  }
}

interface SensorAddresses {
  readonly addressOf: ReadonlyMap<number, number>;
  /** Sensor → both of its addresses, where it has two. */
  readonly seconds: ReadonlyMap<number, readonly [number, number]>;
  /** AddressId → why it is an interface of ours. */
  readonly reasons: ReadonlyMap<number, string>;
}

function sensorAddresses(
  evidence: Evidence,
  side: Uint8Array,
  sensors: Sensors,
  limits: OwnLimits,
): SensorAddresses {
  const exact = countExactly(evidence, sensors);
  const holders = new Map<number, number[]>();
  for (const [sensor, { records, counts }] of exact) {
    const needed = records * limits.ownSensorShare;
    holders.set(
      sensor,
      [...counts].filter(([, count]) => count >= needed).map(([id]) => id),
    );
  }
  const addressOf = new Map<number, number>();
  const taken = new Set<number>();
  const settle = (sensor: number, id: number): void => {
    addressOf.set(sensor, id);
    taken.add(id);
  };
  // Sensors with one candidate first: they settle those whose only peer was another of our interfaces.
  for (const [sensor, ids] of holders) if (ids.length === 1) settle(sensor, ids[0]);
  for (const [sensor, ids] of holders) {
    const left = ids.filter((id) => !taken.has(id) && side[id] === SIDE.own);
    if (!addressOf.has(sensor) && left.length === 1) settle(sensor, left[0]);
  }
  const seconds = secondAddresses(evidence, side, exact, holders, limits);
  for (const [sensor, [first]] of seconds) settle(sensor, first);
  const reasons = new Map<number, string>();
  for (const [sensor, id] of addressOf) {
    const { records, counts } = exact.get(sensor) ?? { records: 0, counts: new Map<number, number>() };
    // A file with a handful of records says nothing: either side stands in all of them.
    if (records < limits.ownFewestRecords) continue;
    const name = evidence.dictionaries.strings.text(sensor);
    const share = formatShare((counts.get(id) ?? 0) / records);
    reasons.set(id, `it stands in ${share} of the ${formatCount(records)} records of ${name}`);
  }
  return { addressOf, seconds, reasons };
}

/**
 * Interfaces with a second address (IPv4 and IPv6, a secondary address): the records without the first nearly all hold the second. Where the
 * first stands in nearly all, only one of the other IP version that spoke with outsiders is believed. Only own addresses are considered.
 */
function secondAddresses(
  evidence: Evidence,
  side: Uint8Array,
  exact: ReadonlyMap<number, ExactCounts>,
  holders: ReadonlyMap<number, readonly number[]>,
  limits: OwnLimits,
): Map<number, [number, number]> {
  const { addresses, strings } = evidence.dictionaries;
  const isFew = (sensor: number): boolean => holders.get(sensor)?.length === 1;
  /** By StringId of the sensor; 0: no second address is looked for. */
  const firsts = new Uint32Array(strings.size);
  let isAny = false;
  for (const [sensor, { records, counts }] of exact) {
    const held = holders.get(sensor)?.length ?? 0;
    if (held > 1 || records < limits.ownFewestRecords) continue;
    const [first] = [...counts].filter(([id]) => side[id] === SIDE.own).sort((a, b) => b[1] - a[1]);
    if (first === undefined || first[1] < records / 2 || first[1] === records) continue;
    firsts[sensor] = first[0];
    isAny = true;
  }
  if (!isAny) return new Map();
  const others = new Map<number, Map<number, number>>();
  for (const segment of evidence.tables.flows.segments) {
    const { sensor, srcAddr, dstAddr, logStatus } = segment.columns;
    for (let i = 0; i < segment.length; i++) {
      const first = firsts[sensor[i]];
      if (first === 0 || logStatus[i] !== LOG_STATUS.ok) continue;
      const [src, dst] = [srcAddr[i], dstAddr[i]];
      if (src === first || dst === first || src === 0 || dst === 0) continue;
      if (isFew(sensor[i]) && side[src] !== SIDE.outside && side[dst] !== SIDE.outside) continue;
      let counts = others.get(sensor[i]);
      if (!counts) others.set(sensor[i], (counts = new Map()));
      for (const id of [src, dst]) if (side[id] === SIDE.own) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  const found = new Map<number, [number, number]>();
  const isIpv4 = (id: number): boolean =>
    isMappedIpv4(addresses.wordOf(id, 0), addresses.wordOf(id, 1), addresses.wordOf(id, 2));
  for (const [sensor, counts] of others) {
    const { records = 0, counts: known } = exact.get(sensor) ?? {};
    const first = firsts[sensor];
    const without = records - (known?.get(first) ?? 0);
    const [second] = [...counts].sort((a, b) => b[1] - a[1]);
    if (!second || second[1] < without * limits.ownSensorShare) continue;
    if (!isFew(sensor) || isIpv4(first) !== isIpv4(second[0])) found.set(sensor, [first, second[0]]);
  }
  return found;
}

/** Records of a sensor that are all looked at for frequent addresses, and the step in which later ones are. */
const ALL_UP_TO = 1024;
const THEN_EVERY = 64;

/** The sensors of a case, by the order in which they first appear; `of`: index + 1 by StringId, since every row asks for its own. */
interface Sensors {
  readonly of: Uint32Array;
  readonly ids: number[];
  readonly frequent: FrequentAddresses[];
}

/** Candidates only: an address in nearly all records is in nearly all of any part of them. */
function countFrequent(evidence: Evidence): Sensors {
  const sensors: Sensors = {
    of: new Uint32Array(evidence.dictionaries.strings.size),
    ids: [],
    frequent: [],
  };
  const { of, ids, frequent } = sensors;
  for (const segment of evidence.tables.flows.segments) {
    const { sensor, srcAddr, dstAddr, logStatus } = segment.columns;
    for (let i = 0; i < segment.length; i++) {
      const id = sensor[i];
      if (id === 0 || logStatus[i] !== LOG_STATUS.ok || srcAddr[i] === 0 || dstAddr[i] === 0) continue;
      if (of[id] === 0) {
        of[id] = ids.push(id);
        frequent.push(new FrequentAddresses());
      }
      const mine = frequent[of[id] - 1];
      mine.records += 1;
      if (mine.records > ALL_UP_TO && mine.records % THEN_EVERY !== 0) continue;
      mine.add(srcAddr[i]);
      mine.add(dstAddr[i]);
    }
  }
  return sensors;
}

interface ExactCounts {
  readonly records: number;
  readonly counts: Map<number, number>;
}

/** How many records each candidate stands in, exactly. */
function countExactly(evidence: Evidence, { of, ids, frequent }: Sensors): Map<number, ExactCounts> {
  // Most addresses are candidates of no sensor at all.
  const isCandidate = new Uint8Array(evidence.dictionaries.addresses.size);
  for (const mine of frequent) {
    mine.beginExact();
    for (const id of mine.ids) isCandidate[id] = 1;
  }
  isCandidate[0] = 0;
  for (const segment of evidence.tables.flows.segments) {
    const { sensor, srcAddr, dstAddr, logStatus } = segment.columns;
    for (let i = 0; i < segment.length; i++) {
      const id = sensor[i];
      const src = srcAddr[i];
      const dst = dstAddr[i];
      if (id === 0 || logStatus[i] !== LOG_STATUS.ok || src === 0 || dst === 0) continue;
      if (isCandidate[src] === 1) frequent[of[id] - 1].countExactly(src);
      if (isCandidate[dst] === 1 && dst !== src) frequent[of[id] - 1].countExactly(dst);
    }
  }
  const exact = new Map<number, ExactCounts>();
  ids.forEach((sensor, k) =>
    exact.set(sensor, { records: frequent[k].records, counts: frequent[k].exactCounts() }),
  );
  return exact;
}

/**
 * Addresses that explain the records in which neither side is ours: taken greedily by the number of records they were called in, until
 * nearly all are explained. None is named unless they succeed together and each was called by several peers.
 */
function findHubs(evidence: Evidence, side: Uint8Array, limits: OwnLimits): Map<number, string> {
  const { ownHubPeers, ownHubShare } = limits;
  const called = new Float64Array(side.length);
  const peers = new Map<number, Set<number>>();
  let foreign = 0;
  let records = 0;
  for (const segment of evidence.tables.flows.segments) {
    const { srcAddr, dstAddr, logStatus } = segment.columns;
    for (let i = 0; i < segment.length; i++) {
      const src = srcAddr[i];
      const dst = dstAddr[i];
      if (logStatus[i] !== LOG_STATUS.ok || src === 0 || dst === 0) continue;
      records += 1;
      if (side[src] !== SIDE.outside || side[dst] !== SIDE.outside) continue;
      foreign += 1;
      called[src] += 1;
      called[dst] += 1;
      addPeer(peers, src, dst, ownHubPeers);
      addPeer(peers, dst, src, ownHubPeers);
    }
  }
  const hubs = new Map<number, string>();
  if (foreign < limits.ownFewestRecords || foreign < records / 2) return hubs;
  const candidates = [...peers.keys()].filter((id) => (peers.get(id)?.size ?? 0) >= ownHubPeers);
  candidates.sort((a, b) => called[b] - called[a] || a - b);
  const chosen: number[] = [];
  let explained = 0;
  for (const id of candidates.slice(0, MOST_HUBS)) {
    if (explained >= foreign * ownHubShare) break;
    chosen.push(id);
    explained += called[id];
  }
  if (explained < foreign * ownHubShare || chosen.length * ownHubPeers > peers.size) return hubs;
  const beside =
    chosen.length === 1 ? '' : `with ${plural(chosen.length - 1, 'other address', 'other addresses')} `;
  for (const id of chosen)
    hubs.set(
      id,
      `no address in the records is private or named, and ${beside}it stands in nearly all of them`,
    );
  return hubs;
}

function addPeer(peers: Map<number, Set<number>>, id: number, peer: number, most: number): void {
  let known = peers.get(id);
  if (!known) peers.set(id, (known = new Set()));
  if (known.size < most) known.add(peer);
}
