import { PairSet } from '../base/pair-set';
import { UNKNOWN_FLAGS, UNKNOWN_PACKETS, VERDICT } from '../tables/schemas';
import type { Segment } from '../tables/segment';
import type { Rung } from './findings';

/** Asset of what is about no machine in particular: a control-plane log. */
export const WHOLE_CASE = -1;

const SEVERAL = -2;

/** Which asset the rows of each sensor of a source are about, where that is one alone. */
export class SensorAssets {
  readonly #pairs = new PairSet();
  readonly #assets: number[] = [];
  #source = -1;
  /** Of the present source, by StringId of a sensor: the asset seen last with it, and whether that is noted. */
  readonly #last: Int32Array;
  readonly #noted: Uint8Array;
  #touched: number[] = [];

  constructor(strings: number) {
    this.#last = new Int32Array(strings);
    this.#noted = new Uint8Array(strings);
  }

  begin(source: number): void {
    if (source === this.#source) return;
    this.#source = source;
    for (const sensor of this.#touched) this.#noted[sensor] = 0;
    this.#touched = [];
  }

  see(sensor: number, asset: number): void {
    if (this.#noted[sensor] === 1 && (this.#last[sensor] === asset || this.#last[sensor] === SEVERAL)) return;
    if (this.#noted[sensor] === 0) this.#touched.push(sensor);
    this.#noted[sensor] = 1;
    const pair = this.#pairs.add(this.#source, sensor);
    const known = this.#assets[pair];
    this.#last[sensor] = this.#assets[pair] = known === undefined || known === asset ? asset : SEVERAL;
  }

  /** WHOLE_CASE where its rows are about several, or none. */
  assetOf(source: number, sensor: number): number {
    const pair = this.#pairs.find(source, sensor);
    return pair === -1 || this.#assets[pair] === SEVERAL ? WHOLE_CASE : this.#assets[pair];
  }
}

/** What the rows of a flow export let one see: that decides its ceiling. */
export class FlowTraits {
  #bytes = false;
  #packets = false;
  #handshake = false;
  #replies = false;

  /** Whether nothing more could raise the ceiling. */
  get isSettled(): boolean {
    return this.#replies && this.#bytes;
  }

  see(columns: Segment<'flows'>['columns'], i: number, isFromAsset: boolean): void {
    if (columns.verdict[i] === VERDICT.reject) return;
    if (!Number.isNaN(columns.srcBytes[i])) this.#bytes = true;
    if (columns.srcPackets[i] !== UNKNOWN_PACKETS) this.#packets = true;
    if (columns.tcpFlags[i] !== UNKNOWN_FLAGS || columns.connState[i] !== 0) this.#handshake = true;
    if (isFromAsset || !Number.isNaN(columns.dstBytes[i]) || columns.dstPackets[i] !== UNKNOWN_PACKETS)
      this.#replies = true;
  }

  /** Conversed where both directions' bytes show, connected where flags, states or both directions' packets do, else probed. */
  ceiling(): Rung {
    if (this.#replies && this.#bytes) return 3;
    return this.#handshake || (this.#replies && this.#packets) ? 2 : 1;
  }
}
