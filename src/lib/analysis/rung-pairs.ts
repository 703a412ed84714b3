/**
 * Distinct (actor, service) pairs with dense ids from 0, in the order of first sight. Most of them are known to be new when they come (a contact
 * is one pair), so they are chained by actor instead of being hashed: nothing is looked up to append one.
 */
export class RungPairs {
  /** Actor and service by id. */
  first: Uint32Array;
  second: Uint32Array;
  #size = 0;
  /** By actor: id + 1 of its pair looked at last; and by pair, of the actor's next one. */
  readonly #heads: Uint32Array;
  #next: Uint32Array;
  /** Given by the last `add`. */
  #last = -1;

  constructor(actors: number, expected: number) {
    const capacity = Math.max(512, expected + 1);
    this.first = new Uint32Array(capacity);
    this.second = new Uint32Array(capacity);
    this.#next = new Uint32Array(capacity);
    this.#heads = new Uint32Array(actors);
  }

  get size(): number {
    return this.#size;
  }

  /** The id of a pair that is known not to be there yet. */
  append(actor: number, service: number): number {
    const id = this.#size;
    if (id === this.first.length) this.#grow();
    this.first[id] = actor;
    this.second[id] = service;
    this.#next[id] = this.#heads[actor];
    this.#heads[actor] = id + 1;
    this.#size = id + 1;
    return id;
  }

  /** The id of the pair; a new one equals the size before the call. */
  add(actor: number, service: number): number {
    // Lines of one connection mostly follow each other.
    const last = this.#last;
    if (last !== -1 && this.first[last] === actor && this.second[last] === service) return last;
    this.#last = this.#found(actor, service);
    return this.#last;
  }

  #found(actor: number, service: number): number {
    let before = 0;
    for (let held = this.#heads[actor]; held !== 0; held = this.#next[held - 1]) {
      if (this.second[held - 1] === service) {
        if (before !== 0) this.#moveToFront(actor, before, held);
        return held - 1;
      }
      before = held;
    }
    return this.append(actor, service);
  }

  /** A scanner has thousands of pairs, of which its log lines ask for a few, over and over. */
  #moveToFront(actor: number, before: number, held: number): void {
    this.#next[before - 1] = this.#next[held - 1];
    this.#next[held - 1] = this.#heads[actor];
    this.#heads[actor] = held;
  }

  #grow(): void {
    const widen = (old: Uint32Array): Uint32Array => {
      const grown = new Uint32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.first = widen(this.first);
    this.second = widen(this.second);
    this.#next = widen(this.#next);
  }
}
