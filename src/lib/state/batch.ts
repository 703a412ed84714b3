/**
 * Gathers what comes in quick succession: the first at once, whatever follows within `everyMs` together. A page that draws every word of a
 * thousand files draws for longer than they take to read.
 */
export class Batch<T> {
  readonly #take: (items: readonly T[]) => void;
  readonly #everyMs: number;
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(take: (items: readonly T[]) => void, everyMs: number) {
    this.#take = take;
    this.#everyMs = everyMs;
  }

  add(item: T): void {
    this.#waiting.push(item);
    if (this.#timer === undefined) this.#giveAndRest();
  }

  /** Gives what waits, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#waiting.splice(0);
    if (items.length > 0) this.#take(items);
  }

  #giveAndRest(): void {
    this.flush();
    this.#timer = setTimeout(() => {
      if (this.#waiting.length > 0) this.#giveAndRest();
      else this.#timer = undefined;
    }, this.#everyMs);
  }
}
