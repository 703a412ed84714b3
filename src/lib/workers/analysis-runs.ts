import type { Detectability, DetectabilityOptions, DetectabilityProgress } from '../analysis/detectability';
import type { Evidence } from '../analysis/evidence';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import { breathe } from '../ingest/pace';
import type { AnalysisProgress } from './engine';
import type { SelectRows } from './row-reader';

/** The questions themselves, a step at a time; given from outside, so that the host can be tested without them. */
export interface AnalysisWork {
  steps(
    evidence: Evidence,
    parameters: CaseParameters,
  ): Iterator<AnalysisProgress, { readonly findings: Findings; readonly select: SelectRows }>;
  /** As many of the steps as need no hash of a file: what they find is kept for `steps` over the same evidence. */
  early(evidence: Evidence, parameters: CaseParameters): Iterator<AnalysisProgress, void>;
  /** How small an attack would have been found: many analyses, a step at a time. */
  detectability(
    evidence: Evidence,
    parameters: CaseParameters,
    options: DetectabilityOptions,
  ): Iterator<DetectabilityProgress, Detectability | null>;
  /** The evidence is about to change: what was kept of former runs over it is of no more use, and takes room. */
  forget(): void;
  /** Rows of a question as long as no analysis has said who is who. */
  readonly select: SelectRows;
}

/** The evidence that the screen's numbers rest on, and the way to ask for its rows. */
export interface Ground {
  readonly evidence: Evidence;
  readonly select: SelectRows;
}

type Tell = (progress: AnalysisProgress) => void;

/** An analysis that was begun before anybody asked for it. */
interface EarlyRun {
  readonly parameters: string;
  /** Resolves once its steps have run and its files are sources, or at once when it is left. */
  ended: Promise<unknown>;
  readonly leave: () => void;
  /** Who has asked for it meanwhile. */
  tell: Tell | null;
}

/**
 * The analyses of the open case and the measurements beside them: each on a snapshot of the evidence, a step at a time, so that messages
 * are heard in between. The latest of each kind supersedes the one before.
 */
export class AnalysisRuns {
  readonly #work: AnalysisWork;
  #ground: Ground | null = null;
  #analysis = 0;
  #measurement = 0;
  #early: EarlyRun | null = null;

  constructor(work: AnalysisWork) {
    this.#work = work;
  }

  /** What the last analysis saw; null when there was none in this case. */
  get ground(): Ground | null {
    return this.#ground;
  }

  /** Another case is being opened: what runs is of the former one. */
  leaveCase(): void {
    this.#analysis += 1;
    this.#measurement += 1;
    this.leaveBegun();
    this.#ground = null;
    this.#work.forget();
  }

  /**
   * Begins what the page is going to ask for, while the files' hashes are still being made: a large file's takes longer than reading it.
   * `settled` resolves when all of them are sources. An `analyze` under the same parameters waits for both and goes on from there.
   */
  begin(evidence: Evidence, parameters: CaseParameters, settled: Promise<unknown>): void {
    this.leaveBegun();
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const early: EarlyRun = { parameters: JSON.stringify(parameters), ended: left, leave, tell: null };
    this.#early = early;
    const run = stepThrough(
      this.#work.early(evidence, parameters),
      (progress) => early.tell?.(progress),
      () => this.#early === early,
    ).catch(() => undefined);
    early.ended = Promise.race([left, Promise.all([run, settled])]);
  }

  /** The evidence is going to be another one: what was begun is of no use. */
  leaveBegun(): void {
    this.#early?.leave();
    this.#early = null;
  }

  /** `evidence` is taken once the changes that were asked for before are done: they must be in what the analysis sees. */
  async analyze(
    changes: Promise<unknown>,
    evidenceUnder: (parameters: CaseParameters) => Evidence,
    parameters: CaseParameters,
    tell: Tell,
  ): Promise<Findings | 'superseded'> {
    const run = ++this.#analysis;
    await changes;
    if (run !== this.#analysis) return 'superseded';
    await this.#joinBegun(parameters, tell);
    if (run !== this.#analysis) return 'superseded';
    const evidence = evidenceUnder(parameters);
    const steps = this.#work.steps(evidence, parameters);
    const result = await stepThrough(steps, tell, () => run === this.#analysis);
    // Another case may have been opened in the instant in which the last step ended.
    if (result === 'superseded' || run !== this.#analysis) return 'superseded';
    this.#ground = { evidence, select: result.select };
    return result.findings;
  }

  /** Waits for what was begun, where it is under these parameters; anything else is left. */
  async #joinBegun(parameters: CaseParameters, tell: Tell): Promise<void> {
    const early = this.#early;
    if (early?.parameters !== JSON.stringify(parameters)) return this.leaveBegun();
    early.tell = tell;
    await early.ended;
    if (this.#early === early) this.#early = null;
  }

  async measure(
    changes: Promise<unknown>,
    evidenceUnder: (parameters: CaseParameters) => Evidence,
    parameters: CaseParameters,
    options: DetectabilityOptions,
    tell: Tell,
  ): Promise<Detectability | null | 'superseded'> {
    const run = ++this.#measurement;
    await changes;
    if (run !== this.#measurement) return 'superseded';
    const steps = this.#work.detectability(evidenceUnder(parameters), parameters, options);
    const told = (progress: DetectabilityProgress): void => tell({ step: 'detectability', ...progress });
    return stepThrough(steps, told, () => run === this.#measurement);
  }

  cancelAnalysis(): void {
    this.#analysis += 1;
    this.leaveBegun();
  }

  cancelMeasurement(): void {
    this.#measurement += 1;
  }
}

async function stepThrough<Progress, Outcome>(
  steps: Iterator<Progress, Outcome>,
  tell: (progress: Progress) => void,
  isWanted: () => boolean,
): Promise<Outcome | 'superseded'> {
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) return next.value;
    tell(next.value);
    await breathe();
    if (!isWanted()) return 'superseded';
  }
}
