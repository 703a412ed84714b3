/** Places of a record's numbers among the doubles, and of its other parts among the words (of 32 bits) of the same memory. */
export const NUMBERS = {
  startUs: 0,
  endUs: 1,
  bytesToActor: 2,
  bytesFromActor: 3,
  packetsToActor: 4,
  packetsFromActor: 5,
  size: 10,
} as const;
export const WORDS = {
  actorAddr: 12,
  assetAddr: 13,
  /** The actor's port above, the asset's below. */
  ports: 14,
  /** Protocol (8 bits), verdict (2) and, above, the index of the export family that wrote it. */
  kind: 15,
  rowCount: 16,
  firstRow: 17,
  /** Session before it with the same key, + 1. */
  previous: 18,
  /** TCP flags (8 bits), connection state (8), direction (2), certainty (2), and whether its key saw rows out of order (1). */
  state: 19,
  size: 20,
} as const;

/** Where the parts of `WORDS.state` begin. */
export const STATE = { connState: 8, direction: 16, certainty: 18, disordered: 1 << 20 } as const;
/** And those of `WORDS.kind` after the protocol. */
export const VERDICT_SHIFT = 8;
export const FAMILY_SHIFT = 10;

/**
 * Sessions while they grow: a record of 80 bytes each. What a row does to its session touches nearly all of the session's parts, and of
 * millions of sessions none is in the processor's cache: two lines of it are fetched so, where columns would be a dozen.
 */
export class SessionRecords {
  length = 0;
  #capacity: number;
  numbers: Float64Array;
  words: Uint32Array;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.numbers = new Float64Array(capacity * NUMBERS.size);
    this.words = new Uint32Array(this.numbers.buffer);
  }

  /** Makes room for `more` sessions; the arrays may be replaced, so take them anew afterwards. */
  reserve(more: number): void {
    if (this.length + more <= this.#capacity) return;
    this.#capacity = Math.max(this.length + more, Math.ceil(this.#capacity * 1.6));
    const numbers = new Float64Array(this.#capacity * NUMBERS.size);
    numbers.set(this.numbers.subarray(0, this.length * NUMBERS.size));
    this.numbers = numbers;
    this.words = new Uint32Array(numbers.buffer);
  }
}
