import { finished, type InParts } from '../base/parts';
import type { AssetLabels } from './context';
import { DEFAULT_THRESHOLDS, type CaseParameters, type Thresholds } from './parameters';

/** What a step may ask of the case; every value that it looks at is noted as one that its result rests on. */
export interface Inputs {
  readonly parameters: CaseParameters;
  readonly thresholds: Thresholds;
  /** What assets are called. Only steps after the one that names them may look. */
  readonly labels: AssetLabels;
}

export const NO_LABELS: AssetLabels = { names: [], aliases: [], why: [] };

type Kind = keyof Inputs;

interface Kept {
  readonly value: unknown;
  /** Earlier results that it was made of, by identity. */
  readonly of: readonly unknown[];
  /** Values of thresholds, parameters and labels that it looked at, as text. */
  readonly reads: Map<string, string>;
}

/** Every key of the case's parameters; the compiler holds the list complete. */
const PARAMETERS: Readonly<Record<keyof CaseParameters, true>> = {
  name: true,
  zone: true,
  year: true,
  ownNetworks: true,
  assets: true,
  services: true,
  sources: true,
  knownActors: true,
  exposure: true,
  thresholds: true,
  distrust: true,
};

/**
 * Results of an analysis' steps, kept for the next run over the same evidence. A step is run again only when an earlier result that it was
 * given, or the value of a threshold, parameter or label that it looked at, is another one. What it looks at is noted while it runs, so that
 * no list can fall behind the code; a test says which steps each threshold reruns.
 */
export class StepMemory {
  readonly #kept = new Map<string, Kept>();
  #parameters: CaseParameters = {};
  #thresholds = DEFAULT_THRESHOLDS;
  #labels = NO_LABELS;
  /** Texts of the present values, made when they are first compared. */
  #texts = new Map<string, string>();
  /** Names of the steps that ran since `begin`. */
  readonly ran: string[] = [];

  /** A new run under these parameters. */
  begin(parameters: CaseParameters, thresholds: Thresholds): void {
    this.#parameters = parameters;
    this.#thresholds = thresholds;
    this.#labels = NO_LABELS;
    this.#texts = new Map();
    this.ran.length = 0;
  }

  /** What assets are called in this run, once that is settled. */
  label(labels: AssetLabels): void {
    this.#labels = labels;
  }

  /** Whether a step's result can be taken as it is. */
  holds(step: string, of: readonly unknown[]): boolean {
    const kept = this.#kept.get(step);
    if (!kept || kept.of.length !== of.length || kept.of.some((result, i) => result !== of[i])) return false;
    for (const [key, text] of kept.reads) if (this.#textOf(key) !== text) return false;
    return true;
  }

  /**
   * The result of a step: the kept one, or that of running it now. `former` is what it gave the last time: parts of it that come out the same
   * may be handed on, so that steps which rest on those alone are not run.
   */
  take<T>(step: string, of: readonly unknown[], run: (inputs: Inputs, former: T | undefined) => T): T {
    const former = this.#kept.get(step)?.value as T | undefined;
    const parts = this.takeInParts(step, of, function* (inputs): InParts<T> {
      yield;
      return run(inputs, former);
    });
    return finished(parts);
  }

  /** The same for a step that pauses now and then. One that is left at a pause is begun anew the next time. */
  *takeInParts<T>(step: string, of: readonly unknown[], run: (inputs: Inputs) => InParts<T>): InParts<T> {
    if (this.holds(step, of)) return this.#kept.get(step)?.value as T;
    this.#kept.delete(step);
    const reads = new Map<string, string>();
    const value = yield* run(this.#inputs(reads));
    this.#kept.set(step, { value, of, reads });
    this.ran.push(step);
    return value;
  }

  /**
   * The present values, each noted when it is looked at. A result may look at more of them later on (texts are made for what is shown): it
   * then sees the values of that run, and is made anew once they change.
   */
  #inputs(reads: Map<string, string>): Inputs {
    return {
      parameters: this.#noting<CaseParameters>(Object.keys(PARAMETERS), 'parameters', reads),
      thresholds: this.#noting<Thresholds>(Object.keys(this.#thresholds), 'thresholds', reads),
      labels: this.#noting<AssetLabels>(Object.keys(NO_LABELS), 'labels', reads),
    };
  }

  #noting<T>(keys: readonly string[], kind: Kind, reads: Map<string, string>): T {
    const view = {};
    for (const key of keys) {
      const name = `${kind}.${key}`;
      let isNoted = false;
      Object.defineProperty(view, key, {
        enumerable: true,
        get: () => {
          if (!isNoted) {
            isNoted = true;
            reads.set(name, this.#textOf(name));
          }
          return this.#valueOf(kind, key);
        },
      });
    }
    return view as T;
  }

  #valueOf(kind: Kind, key: string): unknown {
    const values: object = {
      parameters: this.#parameters,
      thresholds: this.#thresholds,
      labels: this.#labels,
    }[kind];
    return (values as Readonly<Record<string, unknown>>)[key];
  }

  #textOf(name: string): string {
    let text = this.#texts.get(name);
    if (text === undefined) {
      const [kind = '', key = ''] = name.split('.');
      text = JSON.stringify(this.#valueOf(kind as Kind, key)) ?? '';
      this.#texts.set(name, text);
    }
    return text;
  }
}
