import { seededRandom, type Random } from '../base/random';
import { ruleOfThree } from '../base/statistics';
import { MICROS_PER_HOUR } from '../base/time';
import { formatBytes, formatShare, plural } from '../base/units';
import { attackSpans, attackTimes, type HoursOfDay } from './attack-times';
import type { ExposureWindow, Ground } from './context';
import { findCoverage } from './coverage';
import type { Evidence } from './evidence';
import type { Findings } from './findings';
import { findTemplates, inject, type Attack, type AttackRung, type Templates } from './injection';
import type { CaseParameters } from './parameters';
import { serviceName } from './profiles';

export interface DetectabilityOptions {
  /** The exposed service to attack; default: the first exposure. */
  readonly asset?: string;
  readonly port?: number;
  /** Sessions and bytes to the attacker in each: every combination is tried. */
  readonly sessions?: readonly number[];
  readonly bytesToActor?: readonly number[];
  /** Attackers per combination. They are put in a few at a time, so that they do not make a crowd of each other. */
  readonly trials?: number;
  /** Found means among the first so many quiet actors. */
  readonly rank?: number;
  /** When their sessions begin; default: at any hour of the exposure. */
  readonly hours?: HoursOfDay;
  /** How far they come: talk and ask nothing (3), log in and read nothing (5), or read (7, the default). */
  readonly rung?: AttackRung;
  /** Whether the attackers leave lines in logs that lie on the asset, where the case has such; default both ways. */
  readonly leavesLines?: readonly boolean[];
  readonly seed?: number;
}

/** One combination: how many of its attackers were found. */
export interface DetectabilityCell {
  readonly sessions: number;
  readonly bytesToActor: number;
  readonly leavesLines: boolean;
  readonly trials: number;
  readonly found: number;
  readonly recall: number;
  /** Quiet rank of each attacker; null: not ranked. */
  readonly ranks: readonly (number | null)[];
  /** Attacked days that were nevertheless called `not queried within coverage`: must be 0. */
  readonly falseAssurances: number;
}

export interface Detectability {
  readonly asset: string;
  readonly service: string;
  readonly seed: number;
  readonly cells: readonly DetectabilityCell[];
  readonly rung: AttackRung;
  readonly hours: HoursOfDay | null;
  /** The attack with the fewest bytes in all that was found every time: if it left its lines, and if it erased them from the host. */
  readonly smallest: DetectabilityCell | null;
  readonly smallestWithoutLines: DetectabilityCell | null;
  /** Share of the exposed hours in which flows could have shown a conversation. */
  readonly coverage: number;
  /** 1 − coverage × recall of the quietest combination without lines: what may have gone by unseen (ANALYSIS 6). */
  readonly missed: number;
  readonly text: string;
}

interface Analyzed {
  readonly findings: Findings;
  readonly ground: Ground;
}

/** `analysisSteps` of run.ts. */
export type AnalyzeInSteps = (evidence: Evidence, parameters: CaseParameters) => Iterator<unknown, Analyzed>;

/** Attackers tried so far, and in all. */
export interface DetectabilityProgress {
  readonly done: number;
  readonly total: number;
}

const DEFAULT_SESSIONS = [1, 3, 10];
const DEFAULT_BYTES = [5_000, 50_000, 500_000, 5_000_000];
const DEFAULT_TRIALS = 6;
const TOGETHER = 3;
const TALKING = 3;
const READING = 7;
const DEFAULT_RANK = 10;

/**
 * How small an attack would have been found (ANALYSIS 9): quiet attackers are put into a copy of the loaded tables, in the look of the
 * export that they are put into, and everything is run again. Deterministic by seed. Takes one analysis per combination and three
 * attackers; not part of the default run. Null: no exposed service, none of its flows was loaded, or it was not exposed in the hours asked for.
 */
export function measureDetectability(
  evidence: Evidence,
  parameters: CaseParameters,
  analyze: AnalyzeInSteps,
  options: DetectabilityOptions = {},
): Detectability | null {
  const steps = detectabilitySteps(evidence, parameters, analyze, options);
  for (let next = steps.next(); ; next = steps.next()) if (next.done) return next.value;
}

/** The same, stopping at every step of every analysis: a worker hears its messages in between, and is simply left when it is cancelled. */
export function* detectabilitySteps(
  evidence: Evidence,
  parameters: CaseParameters,
  analyze: AnalyzeInSteps,
  options: DetectabilityOptions = {},
): Generator<DetectabilityProgress, Detectability | null> {
  const { ground } = yield* analyzed(analyze, evidence, parameters, { done: 0, total: 1 });
  const [window, ...others] = chooseWindows(ground, options);
  if (!window) return null;
  const spans = attackSpans(ground, [window, ...others], options.hours);
  const templates = findTemplates(ground, window.asset, window.port);
  if (!templates.flow || spans.length === 0) return null;
  const seed = options.seed ?? ground.thresholds.seed;
  const combinations = combinationsOf(options, templates, window.port);
  const cells: DetectabilityCell[] = [];
  const trials = options.trials ?? DEFAULT_TRIALS;
  const total = combinations.length * trials;
  for (const combination of combinations) {
    // Each combination draws anew from its own seed: adding one does not change the others.
    const random = seededRandom(
      seed * 1_000_003 + combination.sessions * 7919 + Math.log2(combination.bytesToActor) * 104_729,
    );
    const part: Trial = {
      ground,
      parameters,
      analyze,
      window,
      spans,
      templates,
      combination,
      options,
      random,
    };
    cells.push(yield* tryCombination(part, { done: cells.length * trials, total }));
  }
  return summarize(ground, window, spans, cells, options, seed);
}

interface Combination {
  readonly sessions: number;
  readonly bytesToActor: number;
  readonly leavesLines: boolean;
}

function combinationsOf(options: DetectabilityOptions, templates: Templates, port: number): Combination[] {
  // Where no log of the asset itself could keep or lose a line, both ways are one.
  const { rung = READING } = options;
  const template = port === 22 ? templates.login : rung === READING ? templates.query : templates.probe;
  const given = options.leavesLines ?? [false, true];
  const lines = rung === TALKING || template === null || template.isHeldOff ? given.slice(0, 1) : given;
  return lines.flatMap((leavesLines) =>
    (options.sessions ?? DEFAULT_SESSIONS).flatMap((sessions) =>
      (options.bytesToActor ?? DEFAULT_BYTES).map((bytesToActor) => ({
        sessions,
        bytesToActor,
        leavesLines,
      })),
    ),
  );
}

/** All windows of the service that was chosen, or of the first. */
function chooseWindows(ground: Ground, options: DetectabilityOptions): ExposureWindow[] {
  const first = ground.exposure.find(
    (window) =>
      (options.asset === undefined || ground.assets.names[window.asset] === options.asset) &&
      (options.port === undefined || window.port === options.port),
  );
  return ground.exposure.filter(
    ({ asset, port, protocol }) =>
      asset === first?.asset && port === first.port && protocol === first.protocol,
  );
}

function* analyzed(
  analyze: AnalyzeInSteps,
  evidence: Evidence,
  parameters: CaseParameters,
  progress: DetectabilityProgress,
): Generator<DetectabilityProgress, Analyzed> {
  const steps = analyze(evidence, parameters);
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) return next.value;
    yield progress;
  }
}

type Spans = ReturnType<typeof attackSpans>;

interface Trial {
  readonly ground: Ground;
  readonly parameters: CaseParameters;
  readonly analyze: AnalyzeInSteps;
  readonly window: ExposureWindow;
  readonly spans: Spans;
  readonly templates: Templates;
  readonly combination: Combination;
  readonly options: DetectabilityOptions;
  readonly random: Random;
}

function* tryCombination(
  { ground, parameters, analyze, window, spans, templates, combination, options, random }: Trial,
  { done, total }: DetectabilityProgress,
): Generator<DetectabilityProgress, DetectabilityCell> {
  const trials = options.trials ?? DEFAULT_TRIALS;
  const rank = options.rank ?? DEFAULT_RANK;
  const rung = options.rung ?? READING;
  const ranks: (number | null)[] = [];
  let falseAssurances = 0;
  while (ranks.length < trials) {
    const count = Math.min(TOGETHER, trials - ranks.length);
    const { asset, port, protocol } = window;
    const attacks = Array.from({ length: count }, (): Attack => ({
      ...{ asset, port, protocol, rung, ...combination },
      startsUs: attackTimes(spans, combination.sessions, random),
    }));
    const injected = inject(ground, attacks, templates, random);
    const progress = { done: done + ranks.length, total };
    const { findings } = yield* analyzed(analyze, injected.evidence, parameters, progress);
    const byActor = new Map(findings.actors.map((actor) => [actor.actor, actor.quietRank]));
    for (const actor of injected.actors) ranks.push(byActor.get(actor) ?? null);
    // Of those who read nothing it is right to say that they did not.
    if (rung === READING) falseAssurances += assurancesOn(ground, window, attacks, findings);
  }
  const found = ranks.filter((place) => place !== null && place <= rank).length;
  return {
    ...combination,
    trials: ranks.length,
    found,
    recall: ranks.length === 0 ? Number.NaN : found / ranks.length,
    ranks,
    falseAssurances,
  };
}

function assurancesOn(
  ground: Ground,
  window: ExposureWindow,
  attacks: readonly Attack[],
  findings: Findings,
): number {
  const asset = ground.assets.names[window.asset];
  const service = serviceName(window.port, window.protocol);
  const days = new Set(
    attacks.flatMap((attack) => attack.startsUs.map((us) => new Date(us / 1000).toISOString().slice(0, 10))),
  );
  return findings.verdicts.filter(
    (verdict) =>
      verdict.asset === asset &&
      verdict.service === service &&
      days.has(verdict.day) &&
      verdict.verdict === 'not queried within coverage',
  ).length;
}

function summarize(
  ground: Ground,
  window: ExposureWindow,
  spans: Spans,
  cells: readonly DetectabilityCell[],
  { rung = READING, hours }: DetectabilityOptions,
  seed: number,
): Detectability {
  const asset = ground.assets.names[window.asset] ?? '';
  const service = serviceName(window.port, window.protocol);
  const smallestOf = (leavesLines: boolean): DetectabilityCell | null =>
    cells
      .filter((cell) => cell.leavesLines === leavesLines && cell.recall === 1)
      .sort((a, b) => a.sessions * a.bytesToActor - b.sessions * b.bytesToActor)[0] ?? null;
  const withoutLines = cells.filter((cell) => !cell.leavesLines);
  const quietest = [...withoutLines].sort(
    (a, b) => a.sessions * a.bytesToActor - b.sessions * b.bytesToActor,
  )[0];
  const coverage = flowCoverage(ground, window, spans);
  const smallestWithoutLines = smallestOf(false);
  const missed = 1 - coverage * (quietest?.recall ?? 0);
  return {
    asset,
    service,
    seed,
    cells,
    rung,
    hours: hours ?? null,
    smallest: smallestOf(true),
    smallestWithoutLines,
    coverage,
    missed,
    text: `${sentence(`${asset} ${service}${manner(rung, hours)}`, smallestWithoutLines, withoutLines, coverage)} ${missedSentence(quietest, missed)}`,
  };
}

/** How the attackers went about it, where that was chosen. */
function manner(rung: AttackRung, hours: HoursOfDay | undefined): string {
  const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
  const when = hours ? ` between ${clock(hours[0])} and ${clock(hours[1])} UTC` : '';
  if (rung === TALKING) return `${when} that only talked and asked for nothing, and`;
  return rung === READING ? when : `${when} that logged in and read nothing, and`;
}

function missedSentence(quietest: DetectabilityCell | undefined, missed: number): string {
  if (!quietest) return '';
  return (
    `Of the quietest kind that was tried (${plural(quietest.sessions, 'session')} of ${formatBytes(quietest.bytesToActor)}), ` +
    `${formatShare(missed)} went by unseen in these trials: 1 − coverage × detectability.`
  );
}

function flowCoverage(ground: Ground, { asset }: ExposureWindow, spans: Spans): number {
  const coverage = findCoverage(ground);
  let hours = 0;
  let seen = 0;
  for (const [fromUs, toUs] of spans)
    for (let us = fromUs; us < toUs; us += MICROS_PER_HOUR) {
      hours += 1;
      if (coverage.ceilingAt(asset, us, true) >= 3) seen += 1;
    }
  return hours === 0 ? 0 : seen / hours;
}

function sentence(
  where: string,
  smallest: DetectabilityCell | null,
  cells: readonly DetectabilityCell[],
  coverage: number,
): string {
  const covered = `Flows cover ${formatShare(coverage)} of its exposure.`;
  if (!smallest) {
    const found = cells.reduce((sum, cell) => sum + cell.found, 0);
    const tried = cells.reduce((sum, cell) => sum + cell.trials, 0);
    return `Of ${plural(tried, 'made-up attacker')} on ${where} that erased its lines from the host, ${found} were found; no kind was found every time. ${covered}`;
  }
  const bound = formatShare(ruleOfThree(smallest.trials));
  return (
    `A made-up attacker on ${where} that erased its lines from the host was found every time from ${plural(smallest.sessions, 'session')} ` +
    `of ${formatBytes(smallest.bytesToActor)} on (${plural(smallest.trials, 'trial')}; with so many, up to ${bound} may still be missed). ${covered}`
  );
}
