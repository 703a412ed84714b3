function mixPair(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Distinct pairs of 32-bit numbers with dense ids from 0, in the order of first sight. Open addressing; grows by doubling. */
export class PairSet {
  first: Uint32Array;
  second: Uint32Array;
  #slots: Uint32Array;
  #size = 0;

  constructor(expected = 512) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.#slots = new Uint32Array(capacity);
    this.first = new Uint32Array(capacity / 2);
    this.second = new Uint32Array(capacity / 2);
  }

  get size(): number {
    return this.#size;
  }

  /** The id of the pair; a new one equals the size before the call. */
  add(a: number, b: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixPair(a, b) & mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0) break;
      if (this.first[held - 1] === a && this.second[held - 1] === b) return held - 1;
      slot = (slot + 1) & mask;
    }
    const id = this.#size;
    this.#slots[slot] = id + 1;
    this.first[id] = a;
    this.second[id] = b;
    this.#size = id + 1;
    if (this.#size === this.first.length) this.#grow();
    return id;
  }

  /** The id of the pair, or −1. */
  find(a: number, b: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixPair(a, b) & mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0) return -1;
      if (this.first[held - 1] === a && this.second[held - 1] === b) return held - 1;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const first = new Uint32Array(slots.length / 2);
    const second = new Uint32Array(slots.length / 2);
    first.set(this.first);
    second.set(this.second);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#size; id++) {
      let slot = mixPair(first[id] as number, second[id] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.first = first;
    this.second = second;
    this.#slots = slots;
  }
}
