import type { ActorId } from '../base/brand';
import { PairSet } from '../base/pair-set';
import type { InParts } from '../base/parts';
import { MICROS_PER_DAY, MICROS_PER_HOUR } from '../base/time';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { Comparison } from './control-group';
import { STANDING, type Standings } from './context';
import type { Sign } from './findings';
import type { Bench } from './ground';
import type { Ladder } from './ladder';
import type { Noise } from './noise';
import { accountsElsewhere } from './quiet-accounts';
import { findOddHours } from './quiet-hours';
import { findDeeds } from './quiet-deeds';
import { findKnownPaths } from './quiet-paths';
import { visitSigns, type Parts, type QuietLimits } from './quiet-signs';
import { judgeVolumes } from './quiet-volume';
import { pickThresholds, QUIET_THRESHOLDS, QUIET_WEIGHTS } from './thresholds';

export interface Quiet {
  readonly standings: Standings;
  readonly score: Float64Array;
  /** 1 for the first; 0: not ranked. Ranked are the quiet, and the noisy that guessed their way in. */
  readonly rank: Uint32Array;
  /** 1 by ActorId: it got in (an accepted login) or read data, whatever its standing. */
  readonly succeeded: Uint8Array;
  signsOf(actor: number): Sign[];
}

/** Actors scored between two pauses. */
const ACTORS_A_PART = 50_000;

/**
 * Scores every actor that is not known (ANALYSIS, section 4) and ranks those worth a person's time: the quiet ones, and the noisy ones that
 * guessed their way in. Its standings are those of the noise question with `quiet` in them.
 */
export function* findQuietInParts(
  bench: Bench,
  noise: Noise,
  ladder: Ladder,
  comparison: Comparison,
): InParts<Quiet> {
  const { ground, activity } = bench;
  const standing = noise.standings.standing.slice();
  const count = ground.actors.count;
  const { thresholds } = ground;
  const limits = {
    ...pickThresholds(thresholds, QUIET_THRESHOLDS),
    ...pickThresholds(thresholds, QUIET_WEIGHTS),
  };
  const openings = openingsWithBaseline(bench, thresholds.baselineHours * MICROS_PER_HOUR);
  const volumes = judgeVolumes(bench, standing, openings, limits);
  yield;
  const habit = successDays(bench);
  const deeds = findDeeds(ground, noise.standings, ladder);
  yield;
  const paths = findKnownPaths(bench);
  yield;
  const depth = depthsOf(limits);
  const parts: Parts = {
    limits,
    depth,
    bench,
    noise,
    ladder,
    comparison,
    openings,
    volumes,
    habit,
    deeds,
    elsewhere: accountsElsewhere(bench, limits),
    oddHours: findOddHours(bench, limits),
    paths,
  };
  const score = new Float64Array(count);
  const succeeded = new Uint8Array(count);
  const ranked: number[] = [];
  for (let actor = 0; actor < count; actor++) {
    if (actor % ACTORS_A_PART === ACTORS_A_PART - 1) yield;
    if (activity.events[actor] === 0) continue;
    const { rung } = ladder.rungOf(actor as ActorId);
    if (activity.successes[actor] > 0 || rung >= 6 || ladder.book.outlasting.has(actor)) succeeded[actor] = 1;
    if (standing[actor] === STANDING.known) continue;
    if (standing[actor] === STANDING.noise && succeeded[actor] === 0) continue;
    let sum = 0;
    visitSigns(parts, actor, (_, __, weight) => (sum += weight));
    score[actor] = sum;
    const isQuiet = standing[actor] !== STANDING.noise && sum >= limits.quietScore;
    if (isQuiet) standing[actor] = STANDING.quiet;
    const isLoud =
      standing[actor] === STANDING.noise &&
      (noise.successes.get(actor)?.isAfterGuessing === true ||
        comparison.isDiscovery[actor] === 1 ||
        ladder.book.outlasting.has(actor));
    if (isQuiet || isLoud) ranked.push(actor);
  }
  const taken = bytesTaken(bench);
  ranked.sort(
    (a, b) =>
      score[b] - score[a] || taken[b] - taken[a] || activity.firstUs[a] - activity.firstUs[b] || a - b,
  );
  const rank = new Uint32Array(count);
  ranked.forEach((actor, index) => (rank[actor] = index + 1));
  return {
    standings: { ...noise.standings, standing },
    score,
    rank,
    succeeded,
    signsOf(actor) {
      const signs: Sign[] = [];
      if (activity.events[actor] === 0 || standing[actor] === STANDING.known) return signs;
      if (standing[actor] === STANDING.noise && succeeded[actor] === 0) return signs;
      visitSigns(parts, actor, (sign, value, weight, text) => signs.push({ sign, value, weight, ...text() }));
      return signs;
    },
  };
}

function depthsOf(limits: QuietLimits): number[] {
  const { depthConnected, depthConversed, depthRequested } = limits;
  const { depthAuthenticated, depthQueried, depthReturned, depthBulk } = limits;
  const shallow = [0, 0, depthConnected, depthConversed, depthRequested];
  return [...shallow, depthAuthenticated, depthQueried, depthReturned, depthBulk];
}

/** By service: when its exposure opened, where there is evidence enough before that; NaN elsewhere, where nobody can be called new. */
function openingsWithBaseline(bench: Bench, baselineUs: number): Float64Array {
  const { services } = bench.contacts;
  const openings = new Float64Array(services.count).fill(Number.NaN);
  const opened = new Map<string, number>();
  for (const window of bench.exposure.windows) {
    const key = `${window.asset}:${window.port}:${window.protocol}`;
    // A supposed opening makes nobody a caller from before: an export without the calls that were denied has its first strangers before it.
    if (window.isOpeningSupposed !== true && window.openedUs - bench.ground.fromUs >= baselineUs)
      opened.set(key, Math.min(window.openedUs, opened.get(key) ?? Infinity));
  }
  for (let service = 0; service < services.count; service++) {
    const key = `${services.asset[service]}:${services.port[service]}:${services.protocol[service]}`;
    openings[service] = opened.get(key) ?? Number.NaN;
  }
  return openings;
}

function successDays(bench: Bench): Uint32Array {
  const { logins, ground } = bench;
  const days = new Uint32Array(ground.actors.count);
  const seen = new PairSet();
  for (let i = 0; i < logins.count; i++) {
    if (logins.outcome[i] !== LOGIN_OUTCOME.success) continue;
    const size = seen.size;
    if (seen.add(logins.actor[i], Math.floor(logins.timeUs[i] / MICROS_PER_DAY)) === size)
      days[logins.actor[i]] += 1;
  }
  return days;
}

/** What each actor got, by sessions or by the logs' own counts, whichever tells of more: of two with the same score, who got more comes first. */
function bytesTaken({ activity, queries }: Bench): Float64Array {
  const told = new Float64Array(activity.bytesToActor.length);
  for (let i = 0; i < queries.count; i++)
    if (queries.bytes[i] > 0) told[queries.actor[i]] += queries.bytes[i] as number;
  return told.map((bytes, actor) => Math.max(bytes, activity.bytesToActor[actor]));
}
