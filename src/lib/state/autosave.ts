import type { Busy } from './busy';

const REST_MS = 400;

/** Saves the latest value a moment after the last change, one saving at a time, the last one always. */
export class Autosave<T> {
  #save: (value: T) => Promise<void>;
  #busy: Busy;
  #pending: { value: T } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #release: (() => void) | null = null;

  constructor(save: (value: T) => Promise<void>, busy: Busy) {
    this.#save = save;
    this.#busy = busy;
  }

  schedule(value: T): void {
    this.#pending = { value };
    this.#release ??= this.#busy.hold();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), REST_MS);
  }

  /** Saves now what is waiting; resolves when it is saved. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    const waiting = this.#pending;
    this.#pending = null;
    const release = this.#release;
    this.#release = null;
    if (!waiting) return this.#running;
    this.#running = this.#running.then(() => this.#save(waiting.value)).finally(() => release?.());
    return this.#running;
  }
}
