import type { Detectability, DetectabilityOptions } from '../analysis/detectability';
import type { CaseParameters } from '../analysis/parameters';
import type { Failure } from '../base/result';
import type { AnalysisProgress, Engine } from '../workers/engine';
import type { Busy } from './busy';

/** The measurement of how small an attack would have been found: minutes of work, begun and stopped by a person. */
export class DetectabilityMeasurement {
  #result = $state.raw<Detectability | null>(null);
  #failure = $state.raw<Failure | null>(null);
  #progress = $state.raw<AnalysisProgress | null>(null);
  #isRunning = $state(false);
  #hasRun = $state(false);
  #abort: AbortController | null = null;
  readonly #engine: Engine;
  readonly #busy: Busy;

  constructor(engine: Engine, busy: Busy) {
    this.#engine = engine;
    this.#busy = busy;
  }

  /** Null before the first measurement, and where there is nothing to measure (see `hasRun`). */
  get result(): Detectability | null {
    return this.#result;
  }
  get failure(): Failure | null {
    return this.#failure;
  }
  get progress(): AnalysisProgress | null {
    return this.#progress;
  }
  get isRunning(): boolean {
    return this.#isRunning;
  }
  /** Whether one was finished over the findings that are shown. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  async run(parameters: CaseParameters, options: DetectabilityOptions = {}): Promise<void> {
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.#isRunning = true;
    this.#failure = null;
    const result = await this.#busy.track(
      this.#engine.measureDetectability(
        parameters,
        options,
        (progress) => {
          if (this.#abort === abort) this.#progress = progress;
        },
        abort.signal,
      ),
    );
    if (this.#abort !== abort) return;
    this.#settle();
    if (result.ok) {
      this.#result = result.value;
      this.#hasRun = true;
    } else if (result.error !== 'superseded') this.#failure = result.error;
  }

  cancel(): void {
    this.#abort?.abort();
    this.#settle();
  }

  /** What was measured over other evidence or parameters no longer holds. */
  forget(): void {
    this.cancel();
    this.#result = null;
    this.#failure = null;
    this.#hasRun = false;
  }

  #settle(): void {
    this.#abort = null;
    this.#isRunning = false;
    this.#progress = null;
  }
}
