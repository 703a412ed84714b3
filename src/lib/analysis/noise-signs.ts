import { MICROS_PER_SECOND } from '../base/time';
import { formatCount, formatDuration, formatShare, plural } from '../base/units';
import { LOGIN_OUTCOME, VERDICT } from '../tables/schemas';
import type { RowQuery } from './evidence';
import type { Sign } from './findings';
import type { Bench } from './ground';
import { neverExposedOf, type Background } from './noise-background';
import type { Bursts } from './noise-bursts';
import type { Crowd } from './noise-crowd';
import type { Distributed } from './noise-distributed';
import type { Guessing } from './noise-guessing';
import type { Scanning } from './noise-scanning';
import type { Shapes } from './noise-shape';
import type { Thresholds } from './parameters';
import type { Success } from './successes';
import type { NOISE_THRESHOLDS, NOISE_WEIGHTS } from './thresholds';

/** What decides and what it weighs, as plain values: they are looked at for every actor. */
export type Limits = Pick<Thresholds, keyof typeof NOISE_THRESHOLDS | keyof typeof NOISE_WEIGHTS>;

export interface Parts {
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

/**
 * Takes a sign, and gives who wants its words, if anybody does: they are made only for actors that are shown, and most of a million are never
 * looked at.
 */
export type Visit = (
  sign: string,
  value: number,
  weight: number,
) => ((words: { readonly text: string; readonly rows?: Sign['rows'] }) => void) | undefined;

/** Every reason for or against an actor being noise; the noise score is the sum of their weights. */
export function visitSigns(parts: Parts, actor: number, visit: Visit): void {
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
    visit(
      'probing',
      refusals,
      limits.probingWeight,
    )?.({
      text: `${plural(refusals, 'request')} refused or without result, ${formatCount(activity.reads[actor])} carried out`,
      rows: { table: 'queries', actor: name, where: { outcome: [2, 3] } },
    });
  }
  const success = parts.successes.get(actor);
  if (success && !success.isAfterGuessing) {
    visit(
      'got-in',
      activity.successes[actor],
      limits.gotInWeight,
    )?.({
      text: `${plural(activity.successes[actor], 'accepted login')} after ${plural(success.failuresBefore, 'failure')} in the ${formatDuration(ground.thresholds.guessThenSuccessSeconds * MICROS_PER_SECOND)} before: not what a guesser sees`,
      rows: { table: 'logins', actor: name, where: { outcome: [LOGIN_OUTCOME.success] } },
    });
  }
}

function visitScanning({ bench, scanning, limits }: Parts, actor: number, visit: Visit): void {
  const name = bench.ground.actors.texts[actor];
  if (scanning.decision[actor] === 1) {
    visit(
      'trw',
      scanning.logRatio[actor],
      Math.min(limits.scannerWeight, scanning.logRatio[actor]),
    )?.({
      text: `${formatCount(scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service failed: a scanner by the threshold random walk`,
      rows: { table: 'flows', actor: name },
    });
  } else if (scanning.decision[actor] === 0 && scanning.logRatio[actor] > 0.1) {
    visit(
      'trw',
      scanning.logRatio[actor],
      scanning.logRatio[actor] * limits.undecidedContactsWeight,
    )?.({
      text: `${formatCount(scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service failed: too few for the threshold random walk to decide`,
      rows: { table: 'flows', actor: name },
    });
  } else if (scanning.decision[actor] === -1) {
    visit(
      'trw',
      scanning.logRatio[actor],
      limits.benignContactsWeight,
    )?.({
      text: `${formatCount(scanning.contacts[actor] - scanning.failed[actor])} of ${plural(scanning.contacts[actor], 'first contact')} with a service were answered`,
      rows: { table: 'flows', actor: name },
    });
  }
  const { starts } = bench.contacts.byActor;
  const services = starts[actor + 1] - starts[actor];
  if (services >= limits.manyServices) {
    // Whoever is answered everywhere may be a monitor that nobody declared.
    const share = scanning.failed[actor] > 0 ? 1 : 0.5;
    const weight = share * Math.min(limits.breadthWeight, Math.log2(services / 2.5));
    visit(
      'breadth',
      services,
      weight,
    )?.({
      text: `${plural(services, 'service')} called: ${plural(bench.activity.ports[actor], 'port')} on ${plural(bench.activity.assets[actor], 'asset')}`,
      rows: { table: 'flows', actor: name },
    });
  }
}

function visitGuessing({ bench, guessing, successes, limits }: Parts, actor: number, visit: Visit): void {
  const tries = guessing.tries[actor];
  const called = guessing.hosts[actor];
  if (tries === 0 && called >= limits.bannerAssets && !successes.has(actor)) {
    visit(
      'no-login',
      called,
      limits.bannerWeight,
    )?.({
      text: `connected to the login service of ${plural(called, 'asset')} and never tried to log in`,
      rows: { table: 'logins', actor: bench.ground.actors.texts[actor] },
    });
  }
  if (tries === 0) return;
  const most = guessing.mostFailures[actor];
  if (most >= limits.guessFailures || guessing.bucket[actor] === 1) {
    visit(
      'guessing',
      most,
      limits.guessingWeight,
    )?.({
      text: `${plural(most, 'failed login')} within ${plural(limits.guessWindowMinutes, 'minute')} (${formatCount(tries)} in all)`,
      rows: triesOf(bench, actor),
    });
  } else if (guessing.bucket[actor] === 2) {
    visit(
      'slow-guessing',
      most,
      limits.slowGuessingWeight,
    )?.({
      text: `more than ${plural(limits.slowBucketFailures, 'failed login')} ${formatDuration(limits.slowBucketSeconds * MICROS_PER_SECOND)} apart or less (${formatCount(tries)} in all)`,
      rows: triesOf(bench, actor),
    });
  } else if (!successes.has(actor)) {
    visit(
      'only-failures',
      tries,
      Math.min(limits.onlyFailuresWeight, 1 + Math.log2(1 + tries) / 2),
    )?.({
      text: `${plural(tries, 'failed login')} and never an accepted one`,
      rows: triesOf(bench, actor),
    });
  }
  const unknown = guessing.unknownNames[actor];
  if (unknown > 0) {
    visit(
      'unknown-names',
      unknown,
      limits.unknownNamesWeight,
    )?.({
      text: `${plural(unknown, 'user name')} that the host does not have`,
      rows: triesOf(bench, actor, [LOGIN_OUTCOME.invalidUser]),
    });
  }
  const names = guessing.names[actor];
  if (names === 0) return;
  const shared = guessing.sharedNames[actor];
  if (shared > 0) {
    // One common name proves less than ten.
    const weight = (limits.sharedNamesWeight * shared * (1 - 1 / (1 + shared))) / names;
    visit(
      'shared-names',
      shared / names,
      weight,
    )?.({
      text: `${formatCount(shared)} of ${plural(names, 'user name')} it failed with ${shared === 1 ? 'was' : 'were'} also tried by at least ${limits.sharedNameActors} unrelated networks (${formatShare(shared / names)})`,
      rows: triesOf(bench, actor),
    });
  }
  if (names >= limits.manyNames) {
    visit(
      'many-names',
      names,
      limits.manyNamesWeight,
    )?.({
      text: `${plural(names, 'user name')} tried`,
      rows: triesOf(bench, actor),
    });
  }
}

function triesOf(
  bench: Bench,
  actor: number,
  outcome: readonly number[] = [LOGIN_OUTCOME.failure, LOGIN_OUTCOME.invalidUser],
): RowQuery {
  return { table: 'logins', actor: bench.ground.actors.texts[actor], where: { outcome } };
}

function visitBursts({ bench, bursts, limits }: Parts, actor: number, visit: Visit): void {
  const name = bench.ground.actors.texts[actor];
  const ports = bursts.ports[actor];
  const fastPorts = bursts.fastPorts[actor];
  if (ports >= limits.scanPorts || fastPorts > 0) {
    const isFast = ports < limits.scanPorts;
    visit(
      'port-scan',
      isFast ? fastPorts : ports,
      limits.portScanWeight,
    )?.({
      text: isFast
        ? `${plural(fastPorts, 'port')} of one asset called faster than a bucket of ${formatCount(limits.scanPorts)} drains (one in ${formatDuration(limits.scanDrainSeconds * MICROS_PER_SECOND)})`
        : `${plural(ports, 'port')} of one asset called within ${plural(limits.scanMinutes, 'minute')}, none known to have answered`,
      rows: { table: 'flows', actor: name },
    });
  }
  const brokenOff = bursts.brokenOff[actor];
  if (brokenOff > 0) {
    visit(
      'broken-off',
      brokenOff,
      limits.brokenOffWeight,
    )?.({
      text: `${plural(brokenOff, 'connection')} ended while a user was being authenticated, in quick succession and none of them let in`,
      rows: { table: 'logins', actor: name, where: { outcome: [LOGIN_OUTCOME.disconnect] } },
    });
  }
  const weakSpots = bursts.weakSpots[actor];
  if (weakSpots >= limits.weakSpots) {
    visit(
      'weak-spots',
      weakSpots,
      limits.weakSpotsWeight,
    )?.({
      text: `asked in vain for ${plural(weakSpots, 'path')} that scanners look for`,
      rows: { table: 'queries', actor: name, where: { outcome: [2, 3] } },
    });
  }
}

function visitDistributed({ bench, distributed, limits }: Parts, actor: number, visit: Visit): void {
  if (distributed.epochOf[actor] === 0) return;
  const epoch = distributed.epochs[distributed.epochOf[actor] - 1];
  visit(
    'distributed-guessing',
    epoch.actors,
    limits.distributedWeight,
  )?.({
    text: `failed in a stretch in which failures of ${plural(epoch.actors, 'actor')} rose together (${plural(epoch.failures, 'failure')} by actors that no rule for single ones catches)`,
    rows: {
      table: 'logins',
      actor: bench.ground.actors.texts[actor],
      fromUs: epoch.fromUs,
      toUs: epoch.toUs + 1,
    },
  });
}

/** Of the two ways in which an actor is one of many, the one that says more. */
function visitMany({ bench, shapes, crowd, limits }: Parts, actor: number, visit: Visit): void {
  const networks = shapes.networks[actor];
  const others = crowd.others[actor];
  if (others >= networks && others >= limits.sharedNameActors) {
    visit(
      'in-the-crowd',
      others,
      Math.min(limits.manyActorsWeight, Math.log(1 + others)),
    )?.({
      text: `${plural(others, 'other actor')} of ${formatCount(crowd.of[actor])} did as much or more on every exposed service it reached`,
      rows: mostOf(bench, actor),
    });
  } else if (networks >= limits.sharedNameActors) {
    visit(
      'one-of-many',
      networks,
      Math.min(limits.manyActorsWeight, Math.log(networks)),
    )?.({
      text: `${plural(networks - 1, 'other network')} did just the same: same ports, sessions and sizes`,
      rows: mostOf(bench, actor),
    });
  }
}

/** The rows that tell most of what an actor did. */
function mostOf({ activity, queries, ground }: Bench, actor: number): RowQuery {
  const { starts } = queries.byActor;
  const asked = starts[actor + 1] - starts[actor];
  const tried = activity.failures[actor] + activity.successes[actor];
  const table = activity.sessions[actor] > 0 ? 'flows' : asked > tried ? 'queries' : 'logins';
  return { table, actor: ground.actors.texts[actor] };
}

function visitBackground({ bench, background, limits }: Parts, actor: number, visit: Visit): void {
  const before = background.turnedAwayBefore[actor];
  if (before > 0) {
    visit(
      'background-before',
      before,
      limits.turnedAwayBeforeWeight,
    )?.({
      text: `it was turned away at ${plural(before, 'service')} before anything was exposed`,
      rows: rejectedOf(bench, actor),
    });
  }
  const never = background.neverExposed[actor];
  if (never >= limits.neverExposedAssets) {
    visit(
      'never-exposed',
      never,
      limits.neverExposedWeight,
    )?.({
      text: `it called ${plural(never, 'asset')} that ${never === 1 ? 'was' : 'were'} never exposed, and was turned away`,
      rows: callsToNeverExposed(bench, background, actor),
    });
  }
  const total = bench.activity.sessions[actor];
  const turnedAway = bench.activity.turnedAway[actor];
  if (
    total > 0 &&
    bench.activity.answered[actor] === 0 &&
    bench.outside[actor] === 1 &&
    bench.activity.events[actor] === total
  ) {
    visit(
      'never-through',
      total,
      limits.neverThroughWeight,
    )?.({
      text: `none of its ${plural(total, 'session')} got an answer`,
      rows: { table: 'flows', actor: bench.ground.actors.texts[actor] },
    });
  } else if (turnedAway >= limits.turnedAwaySessions && turnedAway >= total * limits.turnedAwayShare) {
    visit(
      'turned-away',
      turnedAway / total,
      limits.turnedAwayWeight,
    )?.({
      text: `${formatShare(turnedAway / total)} of ${plural(total, 'session')} turned away`,
      rows: rejectedOf(bench, actor),
    });
  }
}

/** Beyond so many assets the receipt shows all calls that were turned away. */
const MOST_NAMED = 100;

function callsToNeverExposed(bench: Bench, background: Background, actor: number): RowQuery {
  const assets = neverExposedOf(bench, background, actor);
  if (assets.length > MOST_NAMED) return rejectedOf(bench, actor);
  const { names } = bench.ground.assets;
  return {
    table: 'flows',
    actor: bench.ground.actors.texts[actor],
    assets: assets.map((asset) => names[asset]),
  };
}

function rejectedOf(bench: Bench, actor: number): RowQuery {
  const { texts } = bench.ground.actors;
  return { table: 'flows', actor: texts[actor], where: { verdict: [VERDICT.reject] } };
}
