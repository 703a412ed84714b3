/** Session columns while they grow: the names of context.ts' Sessions, before addresses are bound to actors and assets. */
export class SessionColumns {
  length = 0;
  capacity: number;
  actorAddr: Uint32Array;
  assetAddr: Uint32Array;
  actorPort: Uint16Array;
  assetPort: Uint16Array;
  protocol: Uint8Array;
  startUs: Float64Array;
  endUs: Float64Array;
  bytesToActor: Float64Array;
  bytesFromActor: Float64Array;
  packetsToActor: Float64Array;
  packetsFromActor: Float64Array;
  verdict: Uint8Array;
  connState: Uint8Array;
  tcpFlags: Uint8Array;
  direction: Uint8Array;
  /** How firmly the direction is known: 0 by ports that do not say, 1 by ports, 2 by flags, 3 by the exporter. */
  certainty: Uint8Array;
  rowCount: Uint32Array;
  firstRow: Uint32Array;
  /** Index of the export family that wrote it. */
  family: Uint8Array;
  /** Session before it with the same key, + 1. */
  previous: Uint32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.actorAddr = new Uint32Array(capacity);
    this.assetAddr = new Uint32Array(capacity);
    this.actorPort = new Uint16Array(capacity);
    this.assetPort = new Uint16Array(capacity);
    this.protocol = new Uint8Array(capacity);
    this.startUs = new Float64Array(capacity);
    this.endUs = new Float64Array(capacity);
    this.bytesToActor = new Float64Array(capacity);
    this.bytesFromActor = new Float64Array(capacity);
    this.packetsToActor = new Float64Array(capacity);
    this.packetsFromActor = new Float64Array(capacity);
    this.verdict = new Uint8Array(capacity);
    this.connState = new Uint8Array(capacity);
    this.tcpFlags = new Uint8Array(capacity);
    this.direction = new Uint8Array(capacity);
    this.certainty = new Uint8Array(capacity);
    this.rowCount = new Uint32Array(capacity);
    this.firstRow = new Uint32Array(capacity);
    this.family = new Uint8Array(capacity);
    this.previous = new Uint32Array(capacity);
  }

  /** Makes room for `more` sessions; the arrays may be replaced, so take them anew afterwards. */
  reserve(more: number): void {
    if (this.length + more <= this.capacity) return;
    this.capacity = Math.max(this.length + more, Math.ceil(this.capacity * 1.6));
    this.actorAddr = grown(this.actorAddr, this.capacity);
    this.assetAddr = grown(this.assetAddr, this.capacity);
    this.actorPort = grown(this.actorPort, this.capacity);
    this.assetPort = grown(this.assetPort, this.capacity);
    this.protocol = grown(this.protocol, this.capacity);
    this.startUs = grown(this.startUs, this.capacity);
    this.endUs = grown(this.endUs, this.capacity);
    this.bytesToActor = grown(this.bytesToActor, this.capacity);
    this.bytesFromActor = grown(this.bytesFromActor, this.capacity);
    this.packetsToActor = grown(this.packetsToActor, this.capacity);
    this.packetsFromActor = grown(this.packetsFromActor, this.capacity);
    this.verdict = grown(this.verdict, this.capacity);
    this.connState = grown(this.connState, this.capacity);
    this.tcpFlags = grown(this.tcpFlags, this.capacity);
    this.direction = grown(this.direction, this.capacity);
    this.certainty = grown(this.certainty, this.capacity);
    this.rowCount = grown(this.rowCount, this.capacity);
    this.firstRow = grown(this.firstRow, this.capacity);
    this.family = grown(this.family, this.capacity);
    this.previous = grown(this.previous, this.capacity);
  }
}

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;

function grown<T extends Column>(column: T, capacity: number): T {
  const larger = new (column.constructor as new (length: number) => T)(capacity);
  larger.set(column);
  return larger;
}

/** The entries of a column in a given order, in an array of their own. */
export function gathered<T extends Column>(column: T, order: Uint32Array): T {
  const result = new (column.constructor as new (length: number) => T)(order.length);
  for (let i = 0; i < order.length; i++) result[i] = column[order[i]];
  return result;
}
