import { append } from '../base/extremes';
import { groupBy, type Groups } from '../base/sorting';
import { binomialAtMost, lowerBound } from '../base/statistics';
import { MICROS_PER_HOUR } from '../base/time';
import { correctedP } from './silence';
import type { Thresholds } from './parameters';
import type { Trials } from './trials';

export interface MissingStretch {
  /** −1: whoever came in that stretch. */
  readonly actor: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly expected: number;
  readonly found: number;
  /** Corrected for the number of tests of its kind, and for the kinds and logs of the case. */
  readonly p: number;
}

export interface MissingReport {
  /** Share found where nothing is suspect. */
  readonly baseRate: number;
  readonly stretches: readonly MissingStretch[];
}

/** Kinds of test: by the hour, by the run, by the actor. */
const KINDS = 3;

/** Rounds of leaving out what is suspect: it settles in two or three. */
const ROUNDS = 4;

/**
 * Where traces are missing that the base rate r lets one expect (ANALYSIS 8): p = P(Bin(n, r) ≤ k). Tested per hour, per unbroken run of
 * untraced trials, per actor, per actor's run, and over each actor's largest trials; each kind is Šidák-corrected for the number of its
 * tests, and again for the kinds and for the `logs` of the case that are tested: each finding accuses a host, so that the limit holds for any
 * false one among all (Šidák, JASA 62, 1967), not for a share of them. r is the share found outside what is suspect, by repetition, and outside what is being tested, which in a quiet log would else
 * vouch for itself; with half a trial added to either side so that a log that never missed a line does not make every first miss a
 * certainty. Where r is below `lowestTraceRate` a trace is the exception, and its absence tells nothing; with fewer than
 * `traceFewestOutside` trials outside what is being tested, the rate over all has to do.
 */
export function findMissing(
  trials: Trials,
  limits: Pick<Thresholds, keyof RateLimits | 'contradictionProbability'>,
  logs = 1,
): MissingReport {
  const { contradictionProbability, lowestTraceRate, traceFewestOutside } = limits;
  const families = KINDS * logs;
  const limit = correctedP(contradictionProbability, 1 / families);
  const rates: RateLimits = { lowestTraceRate, traceFewestOutside };
  const byActor = groupByActor(trials);
  let suspect = new Uint8Array(trials.count);
  let base = new BaseRate(trials, suspect, rates);
  let stretches: MissingStretch[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const marked = new Uint8Array(trials.count);
    stretches = [...hourTests(trials, base, limit, marked), ...runTests(trials, base, limit, marked)];
    stretches = joinStretches(trials, stretches, marked);
    append(stretches, actorTests(trials, byActor, base, limit, marked));
    const isSame = isEqual(marked, suspect);
    suspect = marked;
    if (isSame) break;
    base = new BaseRate(trials, suspect, rates);
  }
  const corrected = stretches.map((stretch) => ({ ...stretch, p: correctedP(stretch.p, families) }));
  return { baseRate: base.rate, stretches: corrected.sort((a, b) => a.p - b.p) };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

interface ByActor {
  readonly count: number;
  /** Number of each trial's actor, in the order in which actors come first. */
  readonly of: Uint32Array;
  readonly groups: Groups;
}

function groupByActor({ actor, count }: Trials): ByActor {
  let most = 0;
  for (let k = 0; k < actor.length; k++) {
    const id = actor[k];
    if (id >= most) most = id + 1;
  }
  const ids = new Uint32Array(most);
  const of = new Uint32Array(count);
  let actors = 0;
  for (let i = 0; i < count; i++) {
    if (ids[actor[i]] === 0) ids[actor[i]] = ++actors;
    of[i] = ids[actor[i]] - 1;
  }
  return { count: actors, of, groups: groupBy(of, actors) };
}

type RateLimits = Pick<Thresholds, 'lowestTraceRate' | 'traceFewestOutside'>;

/** Share found among trials that are not suspect. */
class BaseRate {
  readonly rate: number;
  readonly #trials: Trials;
  readonly #suspect: Uint8Array;
  readonly #limits: RateLimits;
  #expected = 0;
  #found = 0;

  constructor(trials: Trials, suspect: Uint8Array, limits: RateLimits) {
    this.#limits = limits;
    this.#trials = trials;
    this.#suspect = suspect;
    for (let i = 0; i < trials.count; i++) {
      if (suspect[i] === 1) continue;
      this.#expected += 1;
      this.#found += trials.found[i];
    }
    this.rate = (this.#found + 0.5) / (this.#expected + 1);
  }

  /** The rate outside the trials that `group` lists; 0 where it is too low for an absence to tell anything. */
  outside(group: Uint32Array): number {
    let expected = this.#expected;
    let found = this.#found;
    for (let k = 0; k < group.length; k++) {
      const i = group[k];
      if (this.#suspect[i] === 1) continue;
      expected -= 1;
      found -= this.#trials.found[i];
    }
    return this.#rateOf(found, expected);
  }

  /** The same outside the trials from `from` to before `to`. */
  outsideOf(from: number, to: number): number {
    let expected = this.#expected;
    let found = this.#found;
    for (let i = from; i < to; i++) {
      if (this.#suspect[i] === 1) continue;
      expected -= 1;
      found -= this.#trials.found[i];
    }
    return this.#rateOf(found, expected);
  }

  #rateOf(found: number, expected: number): number {
    const rate = expected < this.#limits.traceFewestOutside ? this.rate : (found + 0.5) / (expected + 1);
    return rate >= this.#limits.lowestTraceRate ? rate : 0;
  }
}

function hourTests(trials: Trials, base: BaseRate, limit: number, marked: Uint8Array): MissingStretch[] {
  const hours: { from: number; to: number; found: number }[] = [];
  let from = 0;
  while (from < trials.count) {
    const hour = Math.floor(trials.startUs[from] / MICROS_PER_HOUR);
    let to = from;
    let found = 0;
    while (to < trials.count && Math.floor(trials.startUs[to] / MICROS_PER_HOUR) === hour)
      found += trials.found[to++];
    hours.push({ from, to, found });
    from = to;
  }
  const result: MissingStretch[] = [];
  for (const hour of hours) {
    const expected = hour.to - hour.from;
    if (hour.found === expected) continue;
    const rate = base.outsideOf(hour.from, hour.to);
    const p = correctedP(binomialAtMost(hour.found, expected, rate), hours.length);
    if (p >= limit) continue;
    let first = hour.to;
    let last = hour.from;
    for (let i = hour.from; i < hour.to; i++) {
      if (trials.found[i] === 1) continue;
      marked[i] = 1;
      first = Math.min(first, i);
      last = i;
    }
    result.push({ actor: -1, ...span(trials, first, last), expected, found: hour.found, p });
  }
  return result;
}

function runTests(trials: Trials, base: BaseRate, limit: number, marked: Uint8Array): MissingStretch[] {
  const result: MissingStretch[] = [];
  let i = 0;
  while (i < trials.count) {
    if (trials.found[i] === 1) {
      i += 1;
      continue;
    }
    let to = i;
    let isOfSeveral = false;
    for (; to < trials.count && trials.found[to] === 0; to++)
      isOfSeveral ||= trials.actor[to] !== trials.actor[i];
    const length = to - i;
    // One actor's run is that actor's matter, and is tested as such.
    const p = isOfSeveral ? correctedP((1 - base.outsideOf(i, to)) ** length, trials.count) : 1;
    if (p < limit) {
      result.push({ actor: -1, ...span(trials, i, to - 1), expected: length, found: 0, p });
      marked.fill(1, i, to);
    }
    i = to;
  }
  return result;
}

function span(trials: Trials, first: number, last: number): { fromUs: number; toUs: number } {
  let toUs = trials.endUs[first];
  for (let i = first; i <= last; i++) toUs = Math.max(toUs, trials.endUs[i]);
  return { fromUs: trials.startUs[first], toUs };
}

/** Stretches that touch or share trials become one, counted anew. A stretch that is one actor's alone is left to the actor tests. */
function joinStretches(
  trials: Trials,
  stretches: readonly MissingStretch[],
  marked: Uint8Array,
): MissingStretch[] {
  const sorted = [...stretches].sort((a, b) => a.fromUs - b.fromUs);
  const joined: MissingStretch[] = [];
  for (const stretch of sorted) {
    const last = joined[joined.length - 1];
    if (last && stretch.fromUs <= last.toUs + MICROS_PER_HOUR)
      joined[joined.length - 1] = {
        ...last,
        toUs: Math.max(last.toUs, stretch.toUs),
        p: Math.min(last.p, stretch.p),
      };
    else joined.push(stretch);
  }
  const kept: MissingStretch[] = [];
  for (const stretch of joined) {
    const inside = trialsWithin(trials, stretch);
    const missing = inside.filter((i) => trials.found[i] === 0);
    if (new Set(missing.map((i) => trials.actor[i])).size === 1) {
      for (const i of missing) marked[i] = 0;
      continue;
    }
    for (const i of missing) marked[i] = 1;
    kept.push({ ...stretch, expected: inside.length, found: inside.length - missing.length });
  }
  return kept;
}

function trialsWithin(trials: Trials, stretch: MissingStretch): number[] {
  const inside: number[] = [];
  for (let i = lowerBound(trials.startUs, stretch.fromUs); i < trials.count; i++) {
    if (!(trials.startUs[i] <= stretch.toUs)) break;
    inside.push(i);
  }
  return inside;
}

/** Each actor's trials that no other test has marked, actors in the order of their first. */
function actorTests(
  trials: Trials,
  { count, of, groups }: ByActor,
  base: BaseRate,
  limit: number,
  marked: Uint8Array,
): MissingStretch[] {
  const left = new Uint32Array(count);
  let tests = 0;
  let actors = 0;
  for (let i = 0; i < trials.count; i++) {
    if (marked[i] === 1) continue;
    tests += 1;
    if (left[of[i]]++ === 0) actors += 1;
  }
  const result: MissingStretch[] = [];
  for (let i = 0; i < trials.count; i++) {
    const actor = of[i];
    if (marked[i] === 1 || left[actor] === 0) continue;
    const all = groups.order.subarray(groups.starts[actor], groups.starts[actor + 1]);
    const list = left[actor] < all.length ? all.filter((k) => marked[k] === 0) : all;
    left[actor] = 0;
    const stretch = testActor(trials, list, base, limit, { tests, actors }, marked);
    if (stretch) result.push(stretch);
  }
  return result;
}

/** All of an actor's trials, its longest untraced run, and its largest trials: the strongest of the three speaks. */
function testActor(
  trials: Trials,
  list: Uint32Array,
  base: BaseRate,
  limit: number,
  { tests, actors }: { readonly tests: number; readonly actors: number },
  marked: Uint8Array,
): MissingStretch | null {
  let found = 0;
  for (let k = 0; k < list.length; k++) found += trials.found[list[k]];
  if (found === list.length) return null;
  const rate = base.outside(list);
  const all = correctedP(binomialAtMost(found, list.length, rate), actors);
  const run = longestRun(trials, list);
  const runP = correctedP((1 - rate) ** run.length, tests);
  const largest = largestUntraced(trials, list);
  const largestP = correctedP((1 - rate) ** largest.length, actors);
  const p = Math.min(all, runP, largestP);
  // Three looks at one actor.
  const corrected = Math.min(1, 3 * p);
  if (corrected >= limit) return null;
  const chosen = all === p ? list.filter((i) => trials.found[i] === 0) : runP === p ? run : largest;
  const first = chosen.reduce((least, i) => Math.min(least, i), Infinity);
  const last = chosen.reduce((most, i) => Math.max(most, i), -Infinity);
  for (const i of chosen) marked[i] = 1;
  return {
    actor: trials.actor[list[0]],
    ...span(trials, first, last),
    expected: all === p ? list.length : chosen.length,
    found: all === p ? found : 0,
    p: corrected,
  };
}

function longestRun(trials: Trials, list: Uint32Array): Uint32Array {
  let [bestFrom, bestTo, from] = [0, 0, 0];
  for (let k = 0; k < list.length; k++) {
    if (trials.found[list[k]] !== 0) from = k + 1;
    else if (k + 1 - from > bestTo - bestFrom) [bestFrom, bestTo] = [from, k + 1];
  }
  return list.subarray(bestFrom, bestTo);
}

/** Those that come before the first traced one where the largest stand first; of equal ones the earlier. */
function largestUntraced(trials: Trials, list: Uint32Array): Uint32Array {
  let largest = -Infinity;
  let at = -1;
  for (let k = 0; k < list.length; k++) {
    const i = list[k];
    if (trials.found[i] === 0 || (at !== -1 && sizeOf(trials, i) <= largest)) continue;
    largest = sizeOf(trials, i);
    at = i;
  }
  if (at === -1) return list;
  return list.filter((i) => sizeOf(trials, i) > largest || (sizeOf(trials, i) === largest && i < at));
}

/** What is not known to be large is not. */
function sizeOf(trials: Trials, i: number): number {
  return Number.isNaN(trials.size[i]) ? -1 : trials.size[i];
}
