/** One number an index, for indices that are still being given out; unwritten ones hold `fill`. */
export class GrowingColumn {
  #values: Float64Array;
  readonly #fill: number;

  constructor(fill: number, capacity = 1024) {
    this.#fill = fill;
    this.#values = new Float64Array(capacity).fill(fill);
  }

  at(index: number): number {
    return index < this.#values.length ? (this.#values[index] as number) : this.#fill;
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1);
    this.#values[index] = value;
  }

  add(index: number, value: number): void {
    this.set(index, this.at(index) + value);
  }

  #grow(length: number): void {
    const old = this.#values;
    const grown = new Float64Array(Math.max(length, old.length * 2));
    grown.set(old);
    grown.fill(this.#fill, old.length);
    this.#values = grown;
  }
}

/** Ids in the order in which they are found, whose number is known only then. */
export class GrowingIds {
  #ids: Uint32Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#ids = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(id: number): void {
    if (this.#length === this.#ids.length) {
      const grown = new Uint32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[this.#length++] = id;
  }

  /** All of them; stays the same array while nothing is pushed. */
  taken(): Uint32Array {
    return this.#ids.subarray(0, this.#length);
  }
}
