/** Things that should have left a trace elsewhere, in order of time. Parallel arrays. */
export interface Trials {
  readonly count: number;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly actor: Uint32Array;
  /** 1 where the trace was found. */
  readonly found: Uint8Array;
  /** What makes one worth erasing: bytes to the actor. */
  readonly size: Float64Array;
}

/** Trials in the making. */
export class TrialList {
  #count = 0;
  #startUs: Float64Array;
  #endUs: Float64Array;
  #actor: Uint32Array;
  #found: Uint8Array;
  #size: Float64Array;

  constructor(expected: number) {
    const capacity = Math.max(64, expected);
    this.#startUs = new Float64Array(capacity);
    this.#endUs = new Float64Array(capacity);
    this.#actor = new Uint32Array(capacity);
    this.#found = new Uint8Array(capacity);
    this.#size = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  add(startUs: number, endUs: number, actor: number, found: number, size: number): void {
    if (this.#count === this.#found.length) this.#grow();
    const at = this.#count++;
    this.#startUs[at] = startUs;
    this.#endUs[at] = endUs;
    this.#actor[at] = actor;
    this.#found[at] = found;
    this.#size[at] = size;
  }

  #grow(): void {
    const capacity = this.#count * 2;
    const widen = <T extends Float64Array | Uint32Array | Uint8Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    this.#startUs = widen(this.#startUs, new Float64Array(capacity));
    this.#endUs = widen(this.#endUs, new Float64Array(capacity));
    this.#actor = widen(this.#actor, new Uint32Array(capacity));
    this.#found = widen(this.#found, new Uint8Array(capacity));
    this.#size = widen(this.#size, new Float64Array(capacity));
  }

  taken(): Trials {
    const count = this.#count;
    return {
      count,
      startUs: this.#startUs.subarray(0, count),
      endUs: this.#endUs.subarray(0, count),
      actor: this.#actor.subarray(0, count),
      found: this.#found.subarray(0, count),
      size: this.#size.subarray(0, count),
    };
  }
}
