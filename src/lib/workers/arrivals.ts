import { listUnder } from '../base/lists';
import { toFailure, type Failure } from '../base/result';
import type { Completion, JobStart } from './analysis.protocol';
import type { KeptSource } from './kept-source';
import type { EvidenceStore } from './evidence-store';
import type { RowsMessage } from './ingest.protocol';

export interface Arrival {
  readonly start: JobStart;
  /** Resolves with null once all ranges are merged, and with why when they never will be. */
  readonly whole: Promise<Failure | null>;
  readonly settle: (failure: Failure | null) => void;
  /** Resolves once it has become a source, or none. */
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** A file whose rows and hash are in, until it is saved. */
export interface Waiting {
  readonly job: number;
  readonly sha256: string;
  readonly resolve: (completion: Completion) => void;
  readonly reject: (error: unknown) => void;
}

/** A source that is to be saved. */
export interface Added {
  readonly waiting: Waiting;
  readonly start: JobStart;
  readonly source: KeptSource;
}

export const GONE: Failure = { what: 'This file is no longer being loaded.' };

/** Files on their way into the evidence: their rows come from the ingest workers, their beginnings and endings from the page. */
export class Arrivals {
  readonly #store: EvidenceStore;
  readonly #loading = new Map<number, Arrival>();
  /** Rows that came before the message that announces their job: the two take different ways. */
  readonly #early = new Map<number, RowsMessage[]>();
  readonly #ended = new Set<number>();
  #firstJob = 0;

  constructor(store: EvidenceStore) {
    this.#store = store;
  }

  /** Jobs that have begun and not ended. */
  get count(): number {
    return this.#loading.size;
  }

  /** Resolves once no rows of the present jobs are on their way: they only wait for their hashes, or to be saved. */
  async areWhole(): Promise<void> {
    await Promise.all([...this.#loading.values()].map(({ whole }) => whole));
  }

  /** Resolves once all of the present jobs have become sources, or none. */
  async haveEnded(): Promise<void> {
    await Promise.all([...this.#loading.values()].map(({ ended }) => ended));
  }

  /** The job while it is under way. */
  get(job: number): Arrival | undefined {
    return this.#loading.get(job);
  }

  /** Another case: jobs before `firstJob` were of the former one. */
  open(firstJob: number): void {
    this.#firstJob = firstJob;
    for (const { settle, end } of this.#loading.values()) {
      settle(GONE);
      end();
    }
    this.#loading.clear();
    this.#early.clear();
    this.#ended.clear();
  }

  /** Whether the job is one that may begin. */
  awaits(job: number): boolean {
    return job >= this.#firstJob && !this.#ended.has(job);
  }

  begin(start: JobStart): void {
    let settle: (failure: Failure | null) => void = () => undefined;
    const whole = new Promise<Failure | null>((resolve) => {
      settle = resolve;
    });
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#store.begin(start);
    this.#loading.set(start.job, { start, whole, settle, ended, end });
    const early = this.#early.get(start.job) ?? [];
    this.#early.delete(start.job);
    for (const message of early) this.receive(message);
  }

  /** Rows from an ingest worker. */
  receive(message: RowsMessage): void {
    const { job } = message;
    if (!this.awaits(job)) return;
    const arrival = this.#loading.get(job);
    if (!arrival) {
      listUnder(this.#early, job, message);
      return;
    }
    try {
      if (message.kind === 'segment') this.#store.addSegment(job, message.range, message.data);
      else if (this.#store.addResult(job, message.result)) arrival.settle(null);
    } catch (error) {
      // No memory left for this file, most likely: the others, and the case, go on.
      this.#store.drop(job);
      arrival.settle(toFailure(error, arrival.start.name));
    }
  }

  /** The job has become a source, or none. */
  end(job: number): void {
    this.#loading.get(job)?.end();
    this.#loading.delete(job);
    this.#ended.add(job);
  }

  /** Forgets a job and its rows. */
  drop(job: number): void {
    this.#early.delete(job);
    this.#store.drop(job);
    this.#loading.get(job)?.settle(GONE);
    this.end(job);
  }
}
