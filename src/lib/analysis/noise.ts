import { isMappedIpv4 } from '../base/addresses';
import { PairSet } from '../base/pair-set';
import { finished, type InParts } from '../base/parts';
import { MICROS_PER_SECOND } from '../base/time';
import { formatCount, formatDuration, formatShare, plural } from '../base/units';
import { LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import { STANDING, type Standings } from './context';
import type { Sign } from './findings';
import type { Bench } from './ground';
import { findBursts, type Bursts } from './noise-bursts';
import { findCrowd, type Crowd } from './noise-crowd';
import { findDistributed, type Distributed } from './noise-distributed';
import { findGuessing, type Guessing } from './noise-guessing';
import { walkFirstContacts, type Scanning } from './noise-scanning';
import { findShapes, type Shapes } from './noise-shape';
import type { Thresholds } from './parameters';
import { findSuccesses, type Success } from './successes';
import { NOISE_THRESHOLDS, NOISE_WEIGHTS, pickThresholds } from './thresholds';

/** Everything the noise question found; `standings` is what the later questions need of it. */
export interface Noise {
  readonly standings: Standings;
  readonly guessing: Guessing;
  readonly distributed: Distributed;
  readonly scanning: Scanning;
  readonly shapes: Shapes;
  readonly successes: ReadonlyMap<number, Success>;
  /** What makes two actors related, by ActorId: the same /24 (IPv4) or /48 (IPv6), or being the same principal. */
  readonly network: Uint32Array;
  /** Named reasons of an actor; the noise score is the sum of their weights. */
  signsOf(actor: number): Sign[];
}

export function findNoise(bench: Bench): Noise {
  return finished(findNoiseInParts(bench));
}

export function* findNoiseInParts(bench: Bench): InParts<Noise> {
  const { ground, contacts, logins, activity } = bench;
  const { actors, thresholds, evidence } = ground;
  const limits: Limits = {
    ...pickThresholds(thresholds, NOISE_THRESHOLDS),
    ...pickThresholds(thresholds, NOISE_WEIGHTS),
  };
  const network = networksOf(bench);
  const networkOf = (actor: number): number => network[actor];
  const strings = evidence.dictionaries.strings.size;
  const guessing = findGuessing(logins, actors.count, strings, networkOf, limits);
  yield;
  const scanning = walkFirstContacts(contacts, actors.count, bench.isServiceExposed, limits);
  const shapes = findShapes(contacts, activity, guessing, networkOf);
  yield;
  const successes = findSuccesses(logins, activity.successes, thresholds);
  const background = countBackground(bench);
  const crowd = findCrowd(bench, limits.ordinaryTail);
  yield;
  const distributed = findDistributed(logins, guessing, activity.successes, actors.known, thresholds);
  const bursts = findBursts(contacts, logins, bench.queries, evidence, actors.count, limits);
  const parts: Parts = {
    ...{ bench, guessing, distributed, scanning, shapes, bursts },
    ...{ crowd, successes, background, limits },
  };
  yield;
  const standing = new Uint8Array(actors.count);
  const noiseScore = new Float64Array(actors.count);
  for (let actor = 0; actor < actors.count; actor++) {
    if (activity.events[actor] > 0) {
      let score = 0;
      visitSigns(parts, actor, (_, __, weight) => (score += weight));
      noiseScore[actor] = score;
    }
    if (actors.known[actor] !== undefined) standing[actor] = STANDING.known;
    else if (noiseScore[actor] >= limits.noiseScore) standing[actor] = STANDING.noise;
  }
  return {
    standings: {
      standing,
      noiseScore,
      campaign: new Uint32Array(actors.count),
      firstUs: activity.firstUs,
      lastUs: activity.lastUs,
    },
    guessing,
    distributed,
    scanning,
    shapes,
    successes,
    network,
    signsOf(actor) {
      const signs: Sign[] = [];
      if (activity.events[actor] === 0) return signs;
      visitSigns(parts, actor, (sign, value, weight, text) => {
        signs.push({ sign, value, weight, ...text() });
      });
      return signs;
    },
  };
}

function networksOf(bench: Bench): Uint32Array {
  const { addressOf, ground } = bench;
  // IPv4 networks have no second half, IPv6 ones 16 bits of it, and a principal is a network of its own.
  const ids = new PairSet(addressOf.length);
  const network = new Uint32Array(addressOf.length);
  for (let actor = 0; actor < addressOf.length; actor++) {
    const [w0, w1, w2, w3] = ground.evidence.dictionaries.addresses.words(addressOf[actor]);
    if (addressOf[actor] === 0) network[actor] = ids.add(actor, 2 << 16);
    else if (isMappedIpv4(w0, w1, w2)) network[actor] = ids.add(w3 >>> 8, 1 << 16);
    else network[actor] = ids.add(w0, w1 >>> 16);
  }
  return network;
}

interface Background {
  /** Contacts turned away before the first exposure opened, when none got through. */
  readonly before: Uint32Array;
  readonly contacts: Uint32Array;
  readonly turnedAway: Uint32Array;
  readonly answered: Uint32Array;
}

function countBackground(bench: Bench): Background {
  const { contacts, ground, exposure } = bench;
  const before = new Uint32Array(ground.actors.count);
  const total = new Uint32Array(ground.actors.count);
  const turnedAway = new Uint32Array(ground.actors.count);
  const answered = new Uint32Array(ground.actors.count);
  const reachedBefore = new Uint8Array(ground.actors.count);
  let opened = Infinity;
  for (const window of exposure.windows) if (window.openedUs < opened) opened = window.openedUs;
  for (let c = 0; c < contacts.count; c++) {
    const actor = contacts.actor[c];
    total[actor] += contacts.sessions[c];
    turnedAway[actor] += contacts.turnedAway[c];
    answered[actor] += contacts.answered[c];
    if (contacts.firstUs[c] >= opened) continue;
    if (contacts.firstReachedUs[c] < opened) reachedBefore[actor] = 1;
    else if (contacts.turnedAway[c] > 0) before[actor] += 1;
  }
  for (let actor = 0; actor < before.length; actor++) if (reachedBefore[actor] === 1) before[actor] = 0;
  return { before, contacts: total, turnedAway, answered };
}

/** What decides and what it weighs, as plain values: they are looked at for every actor. */
type Limits = Pick<Thresholds, keyof typeof NOISE_THRESHOLDS | keyof typeof NOISE_WEIGHTS>;

interface Parts {
  readonly limits: Limits;
  readonly bench: Bench;
  readonly guessing: Guessing;
  readonly distributed: Distributed;
  readonly scanning: Scanning;
  readonly shapes: Shapes;
  readonly bursts: Bursts;
  readonly crowd: Crowd;
  readonly successes: ReadonlyMap<number, Success>;
  readonly background: Background;
}

/** Texts are made only for actors that are shown: most of a million are never looked at. */
type Visit = (
  sign: string,
  value: number,
  weight: number,
  text: () => { readonly text: string; readonly rows?: Sign['rows'] },
) => void;

function visitSigns(parts: Parts, actor: number, visit: Visit): void {
  visitScanning(parts, actor, visit);
  visitGuessing(parts, actor, visit);
  visitDistributed(parts, actor, visit);
  visitBursts(parts, actor, visit);
  visitMany(parts, actor, visit);
  visitBackground(parts, actor, visit);
  const { limits } = parts;
  const { activity, ground } = parts.bench;
  const name = ground.actors.texts[actor];
  const refusals = activity.refusals[actor];
  if (refusals >= limits.probes && refusals > activity.reads[actor]) {
    visit('probing', refusals, limits.probingWeight, () => ({
      text: `${plural(refusals, 'request')} refused or without result, ${formatCount(activity.reads[actor])} carried out`,
      rows: { table: 'queries', actor: name, where: { outcome: [2, 3] } },
    }));
  }
  const success = parts.successes.get(actor);
  if (success && !success.isAfterGuessing) {
    visit('got-in', activity.successes[actor], limits.gotInWeight, () => ({
      text: `${plural(activity.successes[actor], 'accepted login')} after ${plural(success.failuresBefore, 'failure')} in the ${formatDuration(ground.thresholds.guessThenSuccessSeconds * MICROS_PER_SECOND)} before: not what a guesser sees`,
      rows: { table: 'logins', actor: name, where: { outcome: [LOGIN_OUTCOME.success] } },
    }));
  }
}

function visitScanning({ bench, scanning, limits }: Parts, actor: number, visit: Visit): void {
  const name = bench.ground.actors.texts[actor];
  if (scanning.decision[actor] === 1) {
    visit('trw', scanning.logRatio[actor], Math.min(limits.scannerWeight, scanning.logRatio[actor]), () => ({
      text: `${formatCount(scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service failed: a scanner by the threshold random walk`,
      rows: { table: 'flows', actor: name },
    }));
  } else if (scanning.decision[actor] === 0 && scanning.logRatio[actor] > 0.1) {
    visit('trw', scanning.logRatio[actor], scanning.logRatio[actor] * limits.undecidedContactsWeight, () => ({
      text: `${formatCount(scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service failed: too few for the threshold random walk to decide`,
      rows: { table: 'flows', actor: name },
    }));
  } else if (scanning.decision[actor] === -1) {
    visit('trw', scanning.logRatio[actor], limits.benignContactsWeight, () => ({
      text: `${formatCount(scanning.contacts[actor] - scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service were answered`,
      rows: { table: 'flows', actor: name },
    }));
  }
  const services = scanning.services[actor];
  if (services >= limits.manyServices) {
    // Whoever is answered everywhere may be a monitor that nobody declared.
    const share = scanning.failed[actor] > 0 ? 1 : 0.5;
    const weight = share * Math.min(limits.breadthWeight, Math.log2(services / 2.5));
    visit('breadth', services, weight, () => ({
      text: `${plural(services, 'service')} called: ${plural(bench.activity.ports[actor], 'port')} on ${plural(bench.activity.assets[actor], 'asset')}`,
      rows: { table: 'flows', actor: name },
    }));
  }
}

function visitGuessing({ bench, guessing, successes, limits }: Parts, actor: number, visit: Visit): void {
  const tries = guessing.tries[actor];
  const called = guessing.hosts[actor];
  if (tries === 0 && called >= limits.bannerAssets && !successes.has(actor)) {
    visit('no-login', called, limits.bannerWeight, () => ({
      text: `connected to the login service of ${plural(called, 'asset')} and never tried to log in`,
      rows: { table: 'logins', actor: bench.ground.actors.texts[actor] },
    }));
  }
  if (tries === 0) return;
  const rows = {
    table: 'logins' as const,
    actor: bench.ground.actors.texts[actor],
    where: { outcome: [LOGIN_OUTCOME.failure, LOGIN_OUTCOME.invalidUser] },
  };
  const most = guessing.mostFailures[actor];
  if (most >= limits.guessFailures || guessing.bucket[actor] === 1) {
    visit('guessing', most, limits.guessingWeight, () => ({
      text: `${plural(most, 'failed login')} within ${plural(limits.guessWindowMinutes, 'minute')} (${formatCount(tries)} in all)`,
      rows,
    }));
  } else if (guessing.bucket[actor] === 2) {
    visit('slow-guessing', most, limits.slowGuessingWeight, () => ({
      text: `more than ${plural(limits.slowBucketFailures, 'failed login')} ${formatDuration(limits.slowBucketSeconds * MICROS_PER_SECOND)} apart or less (${formatCount(tries)} in all)`,
      rows,
    }));
  } else if (!successes.has(actor)) {
    visit('only-failures', tries, Math.min(limits.onlyFailuresWeight, 1 + Math.log2(1 + tries) / 2), () => ({
      text: `${plural(tries, 'failed login')} and never an accepted one`,
      rows,
    }));
  }
  const unknown = guessing.unknownNames[actor];
  if (unknown > 0) {
    visit('unknown-names', unknown, limits.unknownNamesWeight, () => ({
      text: `${plural(unknown, 'user name')} that the host does not have`,
      rows: { ...rows, where: { outcome: [LOGIN_OUTCOME.invalidUser] } },
    }));
  }
  const names = guessing.names[actor];
  if (names === 0) return;
  const shared = guessing.sharedNames[actor];
  if (shared > 0) {
    // One common name proves less than ten.
    const weight = (limits.sharedNamesWeight * shared * (1 - 1 / (1 + shared))) / names;
    visit('shared-names', shared / names, weight, () => ({
      text: `${formatCount(shared)} of ${plural(names, 'user name')} it failed with ${shared === 1 ? 'was' : 'were'} also tried by at least ${limits.sharedNameActors} unrelated networks (${formatShare(shared / names)})`,
      rows,
    }));
  }
  if (names >= limits.manyNames) {
    visit('many-names', names, limits.manyNamesWeight, () => ({
      text: `${plural(names, 'user name')} tried`,
      rows,
    }));
  }
}

function visitBursts({ bench, bursts, limits }: Parts, actor: number, visit: Visit): void {
  const name = bench.ground.actors.texts[actor];
  const ports = bursts.ports[actor];
  if (ports >= limits.scanPorts) {
    visit('port-scan', ports, limits.portScanWeight, () => ({
      text: `${plural(ports, 'port')} of one asset called within ${plural(limits.scanMinutes, 'minute')}`,
      rows: { table: 'flows', actor: name },
    }));
  }
  const brokenOff = bursts.brokenOff[actor];
  if (brokenOff > 0) {
    visit('broken-off', brokenOff, limits.brokenOffWeight, () => ({
      text: `${plural(brokenOff, 'connection')} ended while a user was being authenticated, in quick succession and none of them let in`,
      rows: { table: 'logins', actor: name, where: { outcome: [LOGIN_OUTCOME.disconnect] } },
    }));
  }
  const weakSpots = bursts.weakSpots[actor];
  if (weakSpots >= limits.weakSpots) {
    visit('weak-spots', weakSpots, limits.weakSpotsWeight, () => ({
      text: `asked in vain for ${plural(weakSpots, 'path')} that scanners look for`,
      rows: { table: 'queries', actor: name, where: { outcome: [2, 3] } },
    }));
  }
}

function visitDistributed({ bench, distributed, limits }: Parts, actor: number, visit: Visit): void {
  const epoch = distributed.epochs[distributed.epochOf[actor] - 1];
  if (epoch === undefined) return;
  visit('distributed-guessing', epoch.actors, limits.distributedWeight, () => ({
    text: `failed in a stretch in which failures of ${plural(epoch.actors, 'actor')} rose together (${plural(epoch.failures, 'failure')} by actors that no rule for single ones catches)`,
    rows: {
      table: 'logins',
      actor: bench.ground.actors.texts[actor],
      fromUs: epoch.fromUs,
      toUs: epoch.toUs + 1,
    },
  }));
}

/** Of the two ways in which an actor is one of many, the one that says more. */
function visitMany({ bench, shapes, crowd, limits }: Parts, actor: number, visit: Visit): void {
  const networks = shapes.networks[actor];
  const others = crowd.others[actor];
  const rows = {
    table: bench.activity.sessions[actor] > 0 ? ('flows' as const) : ('logins' as const),
    actor: bench.ground.actors.texts[actor],
  };
  if (others >= networks && others >= limits.sharedNameActors) {
    visit('in-the-crowd', others, Math.min(limits.manyActorsWeight, Math.log(1 + others)), () => ({
      text: `${plural(others, 'other actor')} of ${formatCount(crowd.of[actor])} did as much or more on every exposed service it reached`,
      rows,
    }));
  } else if (networks >= limits.sharedNameActors) {
    visit('one-of-many', networks, Math.min(limits.manyActorsWeight, Math.log(networks)), () => ({
      text: `${plural(networks - 1, 'other network')} did just the same: same ports, sessions and sizes`,
      rows,
    }));
  }
}

function visitBackground({ bench, background, limits }: Parts, actor: number, visit: Visit): void {
  const rows = {
    table: 'flows' as const,
    actor: bench.ground.actors.texts[actor],
    where: { verdict: [VERDICT.reject] },
  };
  const before = background.before[actor];
  if (before > 0) {
    visit('background-before', before, limits.turnedAwayBeforeWeight, () => ({
      text: `it was turned away at ${plural(before, 'service')} before anything was exposed`,
      rows,
    }));
  }
  const total = background.contacts[actor];
  const turnedAway = background.turnedAway[actor];
  if (
    total > 0 &&
    background.answered[actor] === 0 &&
    bench.outside[actor] === 1 &&
    bench.activity.events[actor] === total
  ) {
    visit('never-through', total, limits.neverThroughWeight, () => ({
      text: `none of its ${plural(total, 'session')} got an answer`,
      rows: { table: 'flows', actor: bench.ground.actors.texts[actor] },
    }));
  } else if (turnedAway >= limits.turnedAwaySessions && turnedAway >= total * limits.turnedAwayShare) {
    visit('turned-away', turnedAway / total, limits.turnedAwayWeight, () => ({
      text: `${formatShare(turnedAway / total)} of ${plural(total, 'session')} turned away`,
      rows,
    }));
  }
}
