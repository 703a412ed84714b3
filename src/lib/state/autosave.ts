import type { Busy } from './busy';

const REST_MS = 400;

/** Saves a moment after the last change, one saving at a time, the last change always. */
export class Autosave {
  #save: () => Promise<void>;
  #busy: Busy;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #release: (() => void) | null = null;

  /** `save` saves what has changed since it was last called, and nothing where nothing has. */
  constructor(save: () => Promise<void>, busy: Busy) {
    this.#save = save;
    this.#busy = busy;
  }

  schedule(): void {
    this.#release ??= this.#busy.hold();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), REST_MS);
  }

  /** Saves now what is waiting; resolves when it is saved. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    const release = this.#release;
    this.#release = null;
    this.#running = this.#running.then(() => this.#save()).finally(() => release?.());
    return this.#running;
  }
}
