import type { ActorId } from '../base/brand';
import { hypergeometricAtLeast } from '../base/statistics';
import { formatUtc, MICROS_PER_HOUR, MICROS_PER_SECOND } from '../base/time';
import { formatBytes, formatCount, formatDuration, plural } from '../base/units';
import { LOGIN_OUTCOME, QUERY_OUTCOME } from '../tables/schemas';
import type { Comparison } from './control-group';
import { MEASURES } from './control-measures';
import { RUNGS, type Sign } from './findings';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import type { Noise } from './noise';
import { visitOwnMachine } from './own-machine';
import type { Thresholds } from './parameters';
import { visitAccount, type AccountElsewhere } from './quiet-accounts';
import { visitHours, type OddHours } from './quiet-hours';
import { visitDeeds, type Deeds } from './quiet-deeds';
import { visitOutlasting } from './quiet-outlasting';
import { visitPath, type KnownPath } from './quiet-paths';
import type { Volumes } from './quiet-volume';
import type { QUIET_THRESHOLDS, QUIET_WEIGHTS } from './thresholds';

export type Visit = (
  sign: string,
  value: number,
  weight: number,
  text: () => { text: string; rows?: Sign['rows'] },
) => void;

/** What decides and what it weighs, as plain values: they are looked at for every actor. */
export type QuietLimits = Pick<Thresholds, keyof typeof QUIET_THRESHOLDS | keyof typeof QUIET_WEIGHTS>;

export interface Parts {
  readonly limits: QuietLimits;
  /** Worth of rung 0…8, before breadth divides it. */
  readonly depth: readonly number[];
  readonly bench: Bench;
  readonly noise: Noise;
  readonly ladder: Ladder;
  readonly comparison: Comparison;
  /** By service; see openingsWithBaseline. */
  readonly openings: Float64Array;
  readonly volumes: Volumes;
  /** Days on which each actor got in. */
  readonly habit: Uint32Array;
  readonly deeds: Deeds;
  readonly elsewhere: ReadonlyMap<number, AccountElsewhere>;
  readonly oddHours: ReadonlyMap<number, OddHours>;
  readonly paths: ReadonlyMap<number, KnownPath>;
}

/** Every reason for or against an actor being worth a person's time; the quiet score is the sum of their weights. */
export function visitSigns(parts: Parts, actor: number, visit: Visit): void {
  let given = 0;
  const summing: Visit = (sign, value, weight, text) => {
    given += weight;
    visit(sign, value, weight, text);
  };
  visitDepth(parts, actor, summing);
  visitControl(parts, actor, summing);
  visitKnowing(parts, actor, summing);
  visitOutlasting(parts.bench, parts.ladder, parts.limits.outlastedWeight, actor, summing);
  visitDeeds(parts.bench, parts.deeds, parts.limits, actor, summing);
  visitAccount(parts.bench, parts.elsewhere, parts.limits.accountElsewhereWeight, actor, summing);
  visitHours(parts.bench, parts.oddHours, parts.limits.oddHoursWeight, actor, summing);
  visitHabit(parts, actor, visit);
  visitRarity(parts, actor, given, visit);
  visitOwnMachine(parts, actor, parts.limits.ownMachineWeight, given, visit);
}

function visitDepth({ bench, ladder, limits, depth: depths }: Parts, actor: number, visit: Visit): void {
  const { rung, inferred } = ladder.rungOf(actor as ActorId);
  const depth = depths[rung] ?? 0;
  if (depth === 0) return;
  const { assets, ports } = bench.activity;
  const breadth = Math.max(1, assets[actor]) * Math.max(1, ports[actor]);
  // That a service needs no login says nothing of who talks to it: an inferred rung is worth what it was inferred from.
  const trust =
    (bench.outside[actor] === 1 ? 1 : limits.insideTrust) *
    (inferred && rung <= 5 ? limits.inferredTrust : 1);
  visit('depth', rung, (depth * trust) / (1 + Math.log2(breadth)), () => ({
    text: `reached rung ${rung} (${RUNGS.at(rung)}${inferred ? ', inferred' : ''})${breadthOf(assets[actor], ports[actor])}`,
    rows: rowsOf(bench, actor),
  }));
}

/** Services of a cloud, and logs that name no port, have none; logs of a whole organization name no asset either. */
function breadthOf(assets: number, ports: number): string {
  const of = [
    ...(assets > 0 ? [plural(assets, 'asset')] : []),
    ...(ports > 0 ? [plural(ports, 'port')] : []),
  ];
  return of.length > 0 ? ` on ${of.join(' and ')}` : '';
}

function rowsOf(bench: Bench, actor: number): Sign['rows'] {
  const name = bench.ground.actors.texts[actor];
  if (bench.activity.sessions[actor] > 0) return { table: 'flows', actor: name };
  if (bench.logins.byActor.starts[actor + 1] > bench.logins.byActor.starts[actor])
    return { table: 'logins', actor: name };
  return { table: 'queries', actor: name };
}

const MEASURE_WORDS = ['bytes to it', 'bytes from it', 'packets', 'duration'] as const;

function visitControl({ bench, comparison, limits }: Parts, actor: number, visit: Visit): void {
  if (comparison.isDiscovery[actor] !== 1) {
    visitRatio(bench, comparison, limits, actor, visit);
    return;
  }
  const p = comparison.bestP[actor];
  const { sessions, assets, actors } = bench.ground;
  const i = comparison.bestSession[actor];
  const measure = comparison.bestMeasure[actor];
  visit(
    `control-${MEASURES[measure]}`,
    p,
    Math.min(limits.controlWeight, comparison.bestWeight[actor]),
    () => {
      const value =
        measure === 0
          ? formatBytes(sessions.bytesToActor[i])
          : measure === 1
            ? formatBytes(sessions.bytesFromActor[i])
            : measure === 2
              ? formatCount(sessions.packetsToActor[i] + sessions.packetsFromActor[i])
              : formatDuration(sessions.endUs[i] - sessions.startUs[i]);
      return {
        text: `${value} (${MEASURE_WORDS[measure]}) in one session on port ${sessions.assetPort[i]}: p = ${p.toPrecision(2)} among one session each of ${plural(comparison.controls[actor], 'noise actor')}`,
        rows: {
          table: 'flows',
          actor: actors.texts[actor],
          asset: assets.names[sessions.asset[i]],
          port: sessions.assetPort[i],
          fromUs: sessions.startUs[i],
          toUs: sessions.endUs[i] + 1,
        },
      };
    },
  );
}

/** Without a control group there is no p-value, but megabytes are still no banner. */
function visitRatio(
  bench: Bench,
  comparison: Comparison,
  limits: QuietLimits,
  actor: number,
  visit: Visit,
): void {
  const ratio = comparison.ratio[actor];
  if (!(ratio > 1)) return;
  const { sessions, actors, assets } = bench.ground;
  const i = comparison.ratioSession[actor];
  const controls = comparison.ratioControls[actor];
  visit('more-than-noise', ratio, Math.min(limits.ratioWeight, Math.log10(ratio)), () => ({
    text: `${formatBytes(sessions.bytesToActor[i])} to it in one session on port ${sessions.assetPort[i]}; ${
      controls === 0
        ? 'no noise session is there to compare with'
        : `${plural(controls, 'noise session')} there got less, too few for a p-value`
    }`,
    rows: {
      table: 'flows',
      actor: actors.texts[actor],
      asset: assets.names[sessions.asset[i]],
      port: sessions.assetPort[i],
      fromUs: sessions.startUs[i],
      toUs: sessions.endUs[i] + 1,
    },
  }));
}

function visitKnowing(parts: Parts, actor: number, visit: Visit): void {
  const { bench, noise, limits } = parts;
  const { activity, ground } = bench;
  const name = ground.actors.texts[actor];
  const success = noise.successes.get(actor);
  if (success) {
    const user = ground.evidence.dictionaries.strings.text(success.user);
    const rows = { table: 'logins' as const, actor: name };
    if (success.isAfterGuessing) {
      visit('success-after-guessing', success.failuresBefore, limits.afterGuessingWeight, () => ({
        text: `login as ${user} accepted after ${plural(success.failuresBefore, 'failure')} in the ${formatDuration(ground.thresholds.guessThenSuccessSeconds * MICROS_PER_SECOND)} before it`,
        rows,
      }));
      if (success.lastedUs >= limits.longSessionSeconds * MICROS_PER_SECOND) {
        visit('long-session', success.lastedUs / MICROS_PER_SECOND, limits.longSessionWeight, () => ({
          text: `that session lasted ${formatDuration(success.lastedUs)}`,
          rows,
        }));
      }
    } else if (success.failuresEver === 0) {
      visit('first-try', activity.successes[actor], limits.firstTryWeight, () => ({
        text: `${user} was accepted at the first try: it knew the name and the credential`,
        rows: { ...rows, where: { outcome: [LOGIN_OUTCOME.success] } },
      }));
    } else {
      visit('few-failures', success.failuresEver, limits.fewFailuresWeight, () => ({
        text: `login as ${user} accepted after ${plural(success.failuresEver, 'failure')}`,
        rows,
      }));
    }
  }
  visitNames(parts, actor, visit);
  visitPath(bench, parts.paths, limits.knownPathWeight, actor, visit);
  // A machine of ours knows where to ask because it was set up to: only of a stranger that is knowledge.
  const isStranger = bench.outside[actor] === 1;
  if (
    isStranger &&
    activity.reads[actor] > 0 &&
    activity.refusals[actor] === 0 &&
    activity.ports[actor] <= 1
  ) {
    visit('unscanned-query', activity.reads[actor], limits.unscannedQueryWeight, () => ({
      text: `${plural(activity.reads[actor], 'query', 'queries')}, none refused, and no scan before: it knew where to ask`,
      rows: {
        table: 'queries',
        actor: name,
        where: { outcome: [QUERY_OUTCOME.unknown, QUERY_OUTCOME.success] },
      },
    }));
  }
}

/** How surprising it is that so many of its names lie outside the dictionary that unrelated actors share. */
function visitNames({ bench, noise, limits }: Parts, actor: number, visit: Visit): void {
  const { guessing } = noise;
  const names = guessing.names[actor];
  const foreign = names - guessing.sharedNames[actor];
  if (foreign === 0 || guessing.allShared === 0) return;
  // Among (actor, name) pairs: names that only one actor tries are many, so the draw is from what actors did, not from the list.
  const total = guessing.pairs.size;
  let marked = 0;
  for (let p = 0; p < total; p++) if (guessing.isShared[guessing.pairs.second[p]] === 0) marked += 1;
  const p = hypergeometricAtLeast(foreign, names, marked, total);
  if (p >= limits.ownNamesProbability) return;
  visit('own-names', p, Math.min(limits.ownNamesWeight, -Math.log10(p)), () => ({
    text: `${formatCount(foreign)} of ${plural(names, 'user name')} it tried ${foreign === 1 ? 'is' : 'are'} not in the dictionary that others share: p = ${p.toPrecision(2)}`,
    rows: { table: 'logins', actor: bench.ground.actors.texts[actor] },
  }));
}

/**
 * Being new or keeping to one place is nothing by itself: most bots are. It counts beside a sign of access. `before` is what the
 * other signs add up to.
 */
function visitRarity(parts: Parts, actor: number, before: number, visitSign: Visit): void {
  let given = before;
  const visit: Visit = (sign, value, weight, text) => {
    given += weight;
    visitSign(sign, value, weight, text);
  };
  const { bench, noise, ladder, comparison, openings, limits } = parts;
  const { activity, ground, contacts, outside } = bench;
  const { rung, inferred } = ladder.rungOf(actor as ActorId);
  // Being turned away or sent elsewhere is a request too (rung 4), and no access.
  const isAnswered = rung > 4 || (rung === 4 && activity.unrefused[actor] > 0);
  const hasAccess =
    (isAnswered && !inferred) || comparison.isDiscovery[actor] === 1 || noise.successes.has(actor);
  if (hasAccess) visitVolume(parts, actor, visit);
  if (hasAccess && ground.assets.count > 1 && activity.assets[actor] === 1 && activity.ports[actor] <= 1) {
    // A desk of ours that uses one service alone is what most desks are.
    const trust = outside[actor] === 1 ? 1 : limits.insideTrust;
    visit('one-asset', 1, limits.oneAssetWeight * trust, () => ({
      text: `seen on one asset${activity.ports[actor] === 1 ? ' and one port' : ''} only`,
    }));
  }
  let usedBefore = 0;
  let opened = Infinity;
  const { starts, order } = contacts.byActor;
  for (let k = starts[actor]; k < starts[actor + 1]; k++) {
    const c = order[k];
    const openedUs = openings[contacts.service[c]];
    if (Number.isNaN(openedUs) || contacts.reached[c] === 0) continue;
    opened = Math.min(opened, openedUs);
    if (contacts.firstReachedUs[c] < openedUs) usedBefore += 1;
  }
  if (usedBefore > 0) {
    const { mostBefore, mostAfter } = parts.volumes;
    const hasMore = mostAfter[actor] > mostBefore[actor] * limits.regularFactor;
    // What it did before the exposure as well can't be due to it: that takes back all that the other signs gave.
    const weight = hasMore ? limits.regularWithMoreWeight : Math.min(limits.regularWeight, -given);
    visit('regular', usedBefore, weight, () => ({
      text: hasMore
        ? `it came to ${plural(usedBefore, 'service')} before that was exposed, but took at most ${formatBytes(mostBefore[actor])} at once then and ${formatBytes(mostAfter[actor])} since`
        : `it came to ${plural(usedBefore, 'service')} before that was exposed, and took as much then: a caller from before`,
      rows: { table: 'flows', actor: ground.actors.texts[actor], toUs: opened },
    }));
  } else if (hasAccess && outside[actor] === 1 && opened !== Infinity && activity.firstUs[actor] >= opened) {
    visit('newcomer', 1, limits.newcomerWeight, () => ({
      text: `first seen after the exposure opened, with ${formatDuration(opened - ground.fromUs)} of records before it`,
    }));
  }
}

function visitVolume({ bench, volumes, limits }: Parts, actor: number, visit: Visit): void {
  const z = volumes.z[actor];
  if (!(z > limits.robustZ)) return;
  const hourUs = volumes.hourUs[actor];
  visit('volume', z, limits.volumeWeight, () => ({
    text: `${formatBytes(volumes.bytes[actor])} went out in the hour of ${formatUtc(hourUs)}, most of it to this actor: robust z = ${z.toFixed(1)} against the same hour of other weeks or days`,
    rows: {
      table: 'flows',
      actor: bench.ground.actors.texts[actor],
      fromUs: hourUs,
      toUs: hourUs + MICROS_PER_HOUR,
    },
  }));
}

/** Who gets in day after day is more likely at work than at large. */
function visitHabit({ bench, habit, limits }: Parts, actor: number, visit: Visit): void {
  const days = habit[actor];
  if (days < limits.habitDays) return;
  visit('habit', days, Math.max(limits.habitWeight, -Math.log2(days) / 2), () => ({
    text: `accepted logins on ${plural(days, 'day')}`,
    rows: {
      table: 'logins',
      actor: bench.ground.actors.texts[actor],
      where: { outcome: [LOGIN_OUTCOME.success] },
    },
  }));
}
