/** Lines left to the caller after one that could not be read here, at most: in a file full of such lines trying costs little. */
const LONGEST_PAUSE = 64;

/** How long to leave lines to the caller before the next try: twice as long after each try that read nothing. */
export class Pause {
  #left = 0;
  #next = 1;

  /** Whether this line is still to be left to the caller. */
  holds(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }

  /** `hasRead`: the last try took lines. `isLeft`: it ended at a line that it left. */
  note(hasRead: boolean, isLeft: boolean): void {
    if (hasRead) this.#next = 1;
    if (!isLeft) return;
    this.#left = this.#next - 1;
    this.#next = Math.min(LONGEST_PAUSE, this.#next * 2);
  }
}
