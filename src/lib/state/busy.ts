/** Counts what is under way, so that a browser test can wait for rest instead of for a while. */
export class Busy {
  #pending = 0;
  #waiting: (() => void)[] = [];

  /** Holds the page busy until the promise has settled; gives the promise back. */
  track<T>(promise: Promise<T>): Promise<T> {
    const release = this.hold();
    promise.then(release, release);
    return promise;
  }

  /** Holds the page busy until the returned function is called (a second call does nothing). */
  hold(): () => void {
    this.#pending += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#pending -= 1;
      this.#settle();
    };
  }

  /** Resolves once nothing is under way, and what ended last has had its turn to begin something else. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#pending > 0 || this.#waiting.length === 0) return;
    setTimeout(() => {
      if (this.#pending > 0) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    }, 0);
  }
}
