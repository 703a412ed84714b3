/** Where the parts of `SessionRecords.state` begin. */
export const STATE = { connState: 8, direction: 16, certainty: 18, disordered: 1 << 20 } as const;
/** The bits of direction and certainty in a record's state. */
export const DIRECTED = (3 << STATE.direction) | (3 << STATE.certainty);

export function certaintyOf(state: number): number {
  return (state >>> STATE.certainty) & 3;
}

/** And those of `SessionRecords.kind` after the protocol. */
export const VERDICT_SHIFT = 8;
export const FAMILY_SHIFT = 10;

/**
 * Sessions while they grow, in the order in which they were met. Columns, not records: rows come nearly in order of time, so the sessions
 * that a row may extend are those of the last minutes, which are in the processor's cache either way, and columns become the finished
 * sessions where they stand. Copying records of millions of sessions costs more than all of their rows' additions.
 */
export class SessionRecords {
  length = 0;
  #capacity: number;
  startUs: Float64Array<ArrayBuffer>;
  endUs: Float64Array<ArrayBuffer>;
  bytesToActor: Float64Array<ArrayBuffer>;
  bytesFromActor: Float64Array<ArrayBuffer>;
  packetsToActor: Float64Array<ArrayBuffer>;
  packetsFromActor: Float64Array<ArrayBuffer>;
  actorAddr: Uint32Array<ArrayBuffer>;
  assetAddr: Uint32Array<ArrayBuffer>;
  /** The actor's port above, the asset's below. */
  ports: Uint32Array<ArrayBuffer>;
  /** Protocol (8 bits), verdict (2) and, above, the index of the export family that wrote it. */
  kind: Uint32Array<ArrayBuffer>;
  rowCount: Uint32Array<ArrayBuffer>;
  firstRow: Uint32Array<ArrayBuffer>;
  /** Session before it with the same key, + 1. */
  previous: Uint32Array<ArrayBuffer>;
  /** TCP flags (8 bits), connection state (8), direction (2), certainty (2), and whether its key saw rows out of order (1). */
  state: Uint32Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.startUs = new Float64Array(capacity);
    this.endUs = new Float64Array(capacity);
    this.bytesToActor = new Float64Array(capacity);
    this.bytesFromActor = new Float64Array(capacity);
    this.packetsToActor = new Float64Array(capacity);
    this.packetsFromActor = new Float64Array(capacity);
    this.actorAddr = new Uint32Array(capacity);
    this.assetAddr = new Uint32Array(capacity);
    this.ports = new Uint32Array(capacity);
    this.kind = new Uint32Array(capacity);
    this.rowCount = new Uint32Array(capacity);
    this.firstRow = new Uint32Array(capacity);
    this.previous = new Uint32Array(capacity);
    this.state = new Uint32Array(capacity);
  }

  /** Makes room for `more` sessions; the columns may be replaced, so take them anew afterwards. */
  reserve(more: number): void {
    if (this.length + more <= this.#capacity) return;
    this.#capacity = Math.max(this.length + more, Math.ceil(this.#capacity * 1.6));
    this.startUs = this.#grown(this.startUs);
    this.endUs = this.#grown(this.endUs);
    this.bytesToActor = this.#grown(this.bytesToActor);
    this.bytesFromActor = this.#grown(this.bytesFromActor);
    this.packetsToActor = this.#grown(this.packetsToActor);
    this.packetsFromActor = this.#grown(this.packetsFromActor);
    this.actorAddr = this.#grownWords(this.actorAddr);
    this.assetAddr = this.#grownWords(this.assetAddr);
    this.ports = this.#grownWords(this.ports);
    this.kind = this.#grownWords(this.kind);
    this.rowCount = this.#grownWords(this.rowCount);
    this.firstRow = this.#grownWords(this.firstRow);
    this.previous = this.#grownWords(this.previous);
    this.state = this.#grownWords(this.state);
  }

  #grown(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const grown = new Float64Array(this.#capacity);
    grown.set(column.subarray(0, this.length));
    return grown;
  }

  #grownWords(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
    const grown = new Uint32Array(this.#capacity);
    grown.set(column.subarray(0, this.length));
    return grown;
  }
}
