import { seededRandom } from '../base/random';
import { lowerBound, logGamma, median, medianAbsoluteDeviation, quantileSorted } from '../base/statistics';
import { formatCount } from '../base/units';
import { LOGIN_OUTCOME } from '../tables/schemas';
import type { LoginEvents } from './log-events';
import type { Guessing } from './noise-guessing';
import type { Thresholds } from './parameters';

/** A stretch in which failures rose together, and the actors in it. */
export interface GuessingEpoch {
  readonly fromUs: number;
  readonly toUs: number;
  readonly failures: number;
  readonly actors: number;
}

export interface Distributed {
  /** Empty when the test could be made and found nothing; else why it could not. */
  readonly reason: string;
  readonly epochs: readonly GuessingEpoch[];
  /** Epoch + 1 by ActorId; 0: no member. */
  readonly epochOf: Uint16Array;
  /** Decision interval, in failures, and what a window holds; NaN when no test was made. */
  readonly limit: number;
  readonly windowLogins: number;
}

/** Runs of the simulation: its quantile is exact to a few of them. */
const RUNS = 400;
/** Bounds the list; one in ten thousand logins is a stretch of its own only in cases that nobody could read. */
const MOST_EPOCHS = 1000;

/**
 * Distributed guessing (Javed & Paxson, "Detecting Stealthy, Distributed SSH Brute-Forcing", CCS 2013): among the logins of actors that no
 * rule for single actors catches, Y is the number of failures in each window of a fixed number of logins, over all machines, and
 * S = max(0, S + Y − μ − k) raises an alarm above H. μ and the spread are the median and MAD of the windows, k is half the
 * shift that is looked for (the usual reference value; one spread unless the case says otherwise), and H is simulated: what the largest S
 * exceeds in as few runs as false alarms are allowed, each as long as this case, of beta-binomial windows with that mean and spread and no attack in them. Members of an alarm are the actors
 * that failed in it and never got in.
 */
export function findDistributed(
  logins: LoginEvents,
  guessing: Guessing,
  successes: Uint32Array,
  known: readonly (string | undefined)[],
  thresholds: Thresholds,
): Distributed {
  const epochOf = new Uint16Array(successes.length);
  const chosen = quietLogins(logins, guessing, known, thresholds);
  const { distributedFewestLogins: fewest, distributedFewestWindows: windows } = thresholds;
  const windowLogins = Math.min(thresholds.distributedLogins, Math.floor(chosen.length / (2 * windows)));
  const none = { epochs: [], epochOf, limit: Number.NaN, windowLogins: Number.NaN };
  if (windowLogins < fewest)
    return {
      reason: `fewer than ${formatCount(fewest * 2 * windows)} logins are left when single guessers are taken out`,
      ...none,
    };
  const counts = windowCounts(logins, chosen, windowLogins);
  const mean = median(counts);
  const binomial = Math.sqrt(Math.max(0, mean * (1 - mean / windowLogins)));
  const spread = Math.max(binomial, 1.4826 * medianAbsoluteDeviation(counts, mean), 0.5);
  if (mean >= windowLogins - spread)
    return { reason: 'nearly every login fails throughout, so that a rise could not show', ...none };
  const reference = mean + (thresholds.distributedShift * spread) / 2;
  const usual = { mean, spread, reference, falseAlarms: thresholds.distributedFalseAlarms };
  const limit = simulatedLimit(counts.length, windowLogins, usual, thresholds.seed);
  const epochs: GuessingEpoch[] = [];
  for (const [from, to] of alarms(counts, reference, limit)) {
    if (epochs.length === MOST_EPOCHS) break;
    const inside = chosen.subarray(from * windowLogins, (to + 1) * windowLogins);
    const members = new Set<number>();
    let failures = 0;
    for (const i of inside) {
      if (logins.outcome[i] !== LOGIN_OUTCOME.failure) continue;
      failures += 1;
      if (successes[logins.actor[i]] === 0) members.add(logins.actor[i]);
    }
    for (const actor of members) if (epochOf[actor] === 0) epochOf[actor] = epochs.length + 1;
    epochs.push({
      fromUs: logins.timeUs[inside[0]],
      toUs: logins.timeUs[inside[inside.length - 1]],
      failures,
      actors: members.size,
    });
  }
  return { reason: '', epochs, epochOf, limit, windowLogins };
}

/** Tries in the order of time, without those of known actors and of guessers who give themselves away. */
function quietLogins(
  logins: LoginEvents,
  guessing: Guessing,
  known: readonly (string | undefined)[],
  thresholds: Thresholds,
): Uint32Array {
  const chosen = new Uint32Array(logins.count);
  let count = 0;
  for (let i = 0; i < logins.count; i++) {
    const outcome = logins.outcome[i];
    if (outcome !== LOGIN_OUTCOME.failure && outcome !== LOGIN_OUTCOME.success) continue;
    const actor = logins.actor[i];
    const isLoud = guessing.bucket[actor] !== 0 || guessing.mostFailures[actor] >= thresholds.guessFailures;
    if (!isLoud && known[actor] === undefined) chosen[count++] = i;
  }
  return chosen.subarray(0, count);
}

function windowCounts(logins: LoginEvents, chosen: Uint32Array, size: number): Float64Array {
  const counts = new Float64Array(Math.floor(chosen.length / size));
  for (let k = 0; k < counts.length * size; k++)
    if (logins.outcome[chosen[k]] === LOGIN_OUTCOME.failure) counts[Math.floor(k / size)] += 1;
  return counts;
}

/** Windows of each alarm: from the last one at which S was 0 to the one at which it was largest. */
export function alarms(counts: ArrayLike<number>, reference: number, limit: number): [number, number][] {
  const found: [number, number][] = [];
  let sum = 0;
  let from = 0;
  let peak = -1;
  let highest = 0;
  for (let k = 0; k <= counts.length; k++) {
    const next = k < counts.length ? Math.max(0, sum + counts[k] - reference) : 0;
    if (sum === 0 && next > 0) from = k;
    if (next > highest) {
      highest = next;
      peak = k;
    }
    if (next === 0) {
      if (highest > limit) found.push([from, peak]);
      highest = 0;
    }
    sum = next;
  }
  return found;
}

/** What windows without an attack are like, and how often they may raise an alarm. */
interface Usual {
  readonly mean: number;
  readonly spread: number;
  /** What is taken off each window's failures: the mean and half the shift that is looked for. */
  readonly reference: number;
  /** Share of cases without an attack that may raise an alarm. */
  readonly falseAlarms: number;
}

/** H for a case of `windows` windows; see findDistributed. */
export function simulatedLimit(
  windows: number,
  size: number,
  { mean, spread, reference, falseAlarms }: Usual,
  seed: number,
): number {
  const cumulative = betaBinomial(size, mean / size, spread);
  const random = seededRandom(seed);
  const highest = new Float64Array(RUNS);
  for (let run = 0; run < RUNS; run++) {
    let sum = 0;
    for (let k = 0; k < windows; k++) {
      sum = Math.max(0, sum + lowerBound(cumulative, random()) - reference);
      if (sum > highest[run]) highest[run] = sum;
    }
  }
  return quantileSorted(highest.sort(), 1 - falseAlarms);
}

/** Cumulative beta-binomial probabilities of 0…n, its two parameters from mean and spread (method of moments). */
function betaBinomial(n: number, share: number, spread: number): Float64Array {
  const p = Math.min(Math.max(share, 0.5 / n), 1 - 0.5 / n);
  // Var = n p (1 − p) (1 + (n − 1) ρ); ρ just above 0 is the binomial.
  const rho = Math.min(0.99, Math.max(1e-6, (spread ** 2 / (n * p * (1 - p)) - 1) / (n - 1)));
  const alpha = p * (1 / rho - 1);
  const beta = (1 - p) * (1 / rho - 1);
  const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);
  const cumulative = new Float64Array(n + 1);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    const logChoose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
    sum += Math.exp(logChoose + logBeta(k + alpha, n - k + beta) - logBeta(alpha, beta));
    cumulative[k] = sum;
  }
  cumulative[n] = Infinity;
  return cumulative;
}
