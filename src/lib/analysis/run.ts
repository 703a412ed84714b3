import { plural } from '../base/units';
import type { InParts } from '../base/parts';
import { FailureError } from '../base/result';
import { listActors } from './actor-findings';
import { findAftermathInParts } from './aftermath';
import type { ExtraAlias } from './assets';
import { findCampaignsInParts } from './campaigns';
import { collect, type Judged, type Late, type Questions } from './collect';
import { compareInParts } from './control-group';
import type { AssetLabels, Ground } from './context';
import { findCoverageInParts } from './coverage';
import { findDecoy } from './decoy';
import type { Evidence } from './evidence';
import type { Findings } from './findings';
import {
  bareGround,
  benchOf,
  bindTo,
  findCallers,
  GROUND_STEPS,
  layParts,
  nameAssets,
  thresholdsOf,
  type Bench,
  type Laid,
  type Named,
  type Roots,
} from './ground';
import { StepMemory, type Inputs } from './memory';
import { findOwnNetworksInParts, namedOutside } from './own-networks';
import { stitchInParts } from './sessions';
import { findAliases, findContradictionsInParts } from './integrity';
import { climbLadderInParts } from './ladder';
import { readClocksInParts, type LogClocks } from './login-matches';
import { findNoiseInParts, type Noise } from './noise';
import type { CaseParameters } from './parameters';
import { findQuietInParts } from './quiet';
import type { QueryContext } from './row-query';
import { planRotation } from './rotation';
import { drawTimeline } from './timeline';
import { decideVerdicts } from './verdict';

/** How a long run stays answerable: called before each step, and in the pauses of the longer ones. */
export interface Control {
  onProgress?(step: string, done: number, total: number): void;
  isCancelled?(): boolean;
}

export const CANCELLED = 'The analysis was cancelled.';

/** The default notebook: every question over all loaded rows. Throws a FailureError with `CANCELLED` when told to stop. */
export function analyze(evidence: Evidence, parameters: CaseParameters, control: Control = {}): Findings {
  return analyzeWithGround(evidence, parameters, control).findings;
}

export interface Analyzed {
  readonly findings: Findings;
  readonly ground: Ground;
  /** What row queries over the same evidence need. */
  readonly context: QueryContext;
}

/** All steps in their order, by the names that a person sees while they run. */
const STEPS = [
  'own networks',
  'sessions',
  'actor names',
  'names',
  'clocks',
  'settled names',
  ...GROUND_STEPS,
  'coverage',
  'noise',
  'control groups',
  'ladder',
  'quiet',
  'integrity',
  'verdicts',
  'aftermath',
  'rotation',
  'decoy',
  'timeline',
  'actors',
  'findings',
] as const;
export type Step = (typeof STEPS)[number];
/** Salts of credentials are made of the files' hashes; no step before this one looks at them. */
export const FIRST_STEP_WITH_HASHES: Step = 'rotation';

export interface StepProgress {
  readonly step: Step;
  /** Steps before this one, and all of them. */
  readonly done: number;
  readonly total: number;
}

export function analyzeWithGround(
  evidence: Evidence,
  parameters: CaseParameters,
  control: Control = {},
): Analyzed {
  const steps = analysisSteps(evidence, parameters);
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) {
      control.onProgress?.('findings', STEPS.length, STEPS.length);
      return next.value;
    }
    if (control.isCancelled?.()) throw new FailureError({ what: CANCELLED });
    control.onProgress?.(next.value.step, next.value.done, next.value.total);
  }
}

/** Runs a step unless the memory holds its result, and stops before it. */
type Take = <T>(
  step: Step,
  of: readonly unknown[],
  run: (inputs: Inputs, former: T | undefined) => T,
) => Generator<StepProgress, T>;
/** The same for a step that takes long enough to pause on its way. */
type TakeInParts = <T>(
  step: Step,
  of: readonly unknown[],
  run: (inputs: Inputs) => InParts<T>,
) => Generator<StepProgress, T>;

/**
 * The same, stopping before each step that is run: a worker hears its messages in between, and a run that nobody wants any more is simply
 * left. `memory` must be of the same evidence; what it holds is not run again.
 */
export function* analysisSteps(
  evidence: Evidence,
  parameters: CaseParameters,
  memory = new StepMemory(),
): Generator<StepProgress, Analyzed> {
  memory.begin(parameters, thresholdsOf(parameters));
  const progress = (step: Step): StepProgress => ({ step, done: STEPS.indexOf(step), total: STEPS.length });
  const take: Take = function* (step, of, run) {
    if (!memory.holds(step, of)) yield progress(step);
    return memory.take(step, of, run);
  };
  const takeInParts: TakeInParts = function* (step, of, run) {
    if (!memory.holds(step, of)) yield progress(step);
    const parts = memory.takeInParts(step, of, run);
    let part = parts.next();
    for (; !part.done; part = parts.next()) yield progress(step);
    return part.value;
  };
  const outside = namedOutside(evidence, parameters);
  const own = yield* takeInParts('own networks', [outside.join(' ')], (inputs) =>
    findOwnNetworksInParts(evidence, inputs.parameters, inputs.thresholds, outside),
  );
  const stitched = yield* takeInParts('sessions', [own], ({ thresholds }) =>
    stitchInParts(evidence, own, thresholds),
  );
  const { laid, clocked, labels } = yield* takeGround(take, takeInParts, { evidence, own, stitched }, memory);
  const { clocks } = clocked;
  const coverage = yield* takeInParts('coverage', [laid, clocked], (inputs) =>
    findCoverageInParts(benchOf(laid, inputs).ground, clocks),
  );
  const judged = yield* takeInParts('noise', [laid], (inputs) => judgeNoise(benchOf(laid, inputs)));
  const { noise } = judged;
  const { standings } = noise;
  const comparison = yield* takeInParts('control groups', [laid, judged], (inputs) => {
    const bench = benchOf(laid, inputs);
    return compareInParts(bench.ground, standings, gotIn(bench));
  });
  const ladder = yield* takeInParts('ladder', [laid, clocked, coverage, judged, comparison], (inputs) =>
    climbLadderInParts(
      benchOf(laid, inputs).ground,
      standings,
      coverage,
      comparison.groups,
      clocks,
      laid.contacts,
    ),
  );
  const quiet = yield* takeInParts('quiet', [laid, judged, ladder, comparison], (inputs) =>
    findQuietInParts(benchOf(laid, inputs), noise, ladder, comparison),
  );
  const integrity = yield* takeInParts('integrity', [laid, clocked], (inputs) =>
    findContradictionsInParts(benchOf(laid, inputs).ground, clocks),
  );
  const questions = { laid, coverage, judged, ladder, quiet, comparison, integrity };
  const late = yield* takeLate(take, takeInParts, questions);
  yield { step: 'findings', done: STEPS.indexOf('findings'), total: STEPS.length };
  const bench = benchOf(laid, { parameters, thresholds: thresholdsOf(parameters), labels });
  return {
    findings: collect(bench, clocked.aliases, questions, late),
    ground: bench.ground,
    context: { assets: bench.ground.assets, actors: laid.actors, thresholds: bench.ground.thresholds },
  };
}

interface Clocked {
  readonly clocks: LogClocks;
  readonly aliases: readonly ExtraAlias[];
}

function* takeGround(
  take: Take,
  takeInParts: TakeInParts,
  roots: Roots,
  memory: StepMemory,
): Generator<StepProgress, { laid: Laid; clocked: Clocked; labels: AssetLabels }> {
  const { own, stitched } = roots;
  const callers = yield* take('actor names', [own, stitched], (inputs) => findCallers(roots, inputs));
  const first = yield* take('names', [callers], (inputs, former?: Named) =>
    nameAssets(roots, callers, inputs, former),
  );
  // Clocks and matches do not depend on names, so they are read once, before the names are settled.
  const clocked = yield* takeInParts('clocks', [callers, first.assets], function* (inputs): InParts<Clocked> {
    const ground = bareGround({ ...roots, ...inputs }, bindTo(roots, first));
    const clocks = yield* readClocksInParts(ground);
    return { clocks, aliases: matchedAliases(ground, clocks) };
  });
  const { aliases } = clocked;
  const named = yield* take('settled names', [first, clocked], (inputs, former?: Named) =>
    bindTo(roots, aliases.length > 0 ? nameAssets(roots, callers, inputs, former, aliases) : first),
  );
  memory.label(named.labels);
  const laid = yield* layParts(take, takeInParts, roots, named);
  return { laid, clocked, labels: named.labels };
}

function* judgeNoise(bench: Bench): InParts<Judged> {
  const noise = yield* findNoiseInParts(bench);
  yield;
  return { noise, campaigns: yield* findCampaignsInParts(bench, noise) };
}

/** What only the findings read. */
function* takeLate(
  take: Take,
  takeInParts: TakeInParts,
  questions: Questions,
): Generator<StepProgress, Late> {
  const { laid, coverage, judged, ladder, quiet, integrity } = questions;
  const { standings } = quiet;
  const noise: Noise = { ...judged.noise, standings };
  // Who is known was settled before anyone could be called quiet, and that is all that verdicts ask of standings.
  const verdicts = yield* take('verdicts', [laid, coverage, judged, ladder, integrity], (inputs) =>
    decideVerdicts(
      benchOf(laid, inputs).ground,
      judged.noise.standings,
      ladder,
      coverage,
      integrity.contradictions,
    ),
  );
  const aftermath = yield* takeInParts('aftermath', [laid, ladder, quiet], (inputs) =>
    findAftermathInParts(benchOf(laid, inputs).ground, standings, ladder),
  );
  const rotation = yield* take('rotation', [laid, coverage, ladder, verdicts], (inputs) =>
    planRotation(benchOf(laid, inputs).ground, ladder, coverage, verdicts.answers),
  );
  const decoy = yield* take('decoy', [laid, judged, quiet], (inputs) =>
    findDecoy(benchOf(laid, inputs), noise),
  );
  const timeline = yield* take('timeline', [laid, judged, ladder, quiet], (inputs) =>
    drawTimeline(benchOf(laid, inputs), noise, ladder, quiet),
  );
  const listed = yield* take('actors', [laid, judged, ladder, quiet], (inputs) =>
    listActors(benchOf(laid, inputs), noise, ladder, quiet),
  );
  return { noise, verdicts, aftermath, rotation, decoy, timeline, listed };
}

/** Host names and files that the flows show to be the machine at an address. */
function matchedAliases(ground: Ground, clocks: LogClocks): ExtraAlias[] {
  const { assets, evidence } = ground;
  return findAliases(ground, clocks).map(({ host, source, asset, matches, of }) => {
    const info = evidence.sources.find(({ id }) => id === source);
    const name = host === 0 ? (info?.name ?? '') : evidence.dictionaries.strings.text(host);
    const how =
      of === 'request'
        ? 'fall into sessions that the flows show between their client and this address'
        : 'name a client and its port that the flows show in a session with this address at that time';
    return {
      host,
      source,
      address: assets.byAddress.indexOf(asset + 1),
      reason: `${plural(matches, of)} of ${name} ${how}`,
    };
  });
}

/** Actors whose sessions are no measure of a failed attempt. */
function gotIn(bench: Bench): Uint8Array {
  const { successes } = bench.activity;
  const isIn = new Uint8Array(successes.length);
  for (let actor = 0; actor < isIn.length; actor++) if (successes[actor] > 0) isIn[actor] = 1;
  return isIn;
}
