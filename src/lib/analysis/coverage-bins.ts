import { argsort } from '../base/sorting';
import type { EventBins } from './silence';

/** The same bins for every source of a case. */
export interface Grid {
  readonly fromUs: number;
  readonly binUs: number;
}

/** Places looked at before all of them are indexed: rows of several files or sensors go back a bin or two. */
const LOOKED_BACK = 4;

/**
 * What one stream counted in the bins that hold any of it. A network of thousands of machines has a stream each, and most bins of a month
 * are empty: one entry for each bin that is not takes no more memory than the rows that are counted in it.
 */
export class CountedBins {
  length = 0;
  /** Bin of each entry, on the grid; may lie before it. Ascending once settled. */
  bins = new Int32Array(8);
  counts = new Uint32Array(8);
  /** Microseconds from the bin's start to its first and last event; meaningless where the count is 0. */
  first = new Uint32Array(8);
  last = new Uint32Array(8);
  /** 1 where the exporter says that it watched and saw nothing (NODATA). */
  watched = new Uint8Array(8);

  readonly #grid: Grid;
  #current = -1;
  #lowest = Infinity;
  #highest = -Infinity;
  #isAscending = true;
  /** Entry of each bin, once some rows have come in no order. */
  #places: Map<number, number> | null = null;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Rows that lie in one bin: the first, the last and how many they are. */
  count(firstUs: number, lastUs: number, rows: number): void {
    const { fromUs, binUs } = this.#grid;
    const bin = Math.floor((firstUs - fromUs) / binUs);
    const at = this.#placeOf(bin);
    const origin = fromUs + bin * binUs;
    const first = firstUs - origin;
    const last = lastUs - origin;
    if (this.counts[at] === 0) {
      this.first[at] = first;
      this.last[at] = last;
    } else {
      if (first < (this.first[at] as number)) this.first[at] = first;
      if (last > (this.last[at] as number)) this.last[at] = last;
    }
    this.counts[at] = (this.counts[at] as number) + rows;
  }

  watch(bin: number): void {
    this.watched[this.#placeOf(bin)] = 1;
  }

  /** Puts the entries in order: after the last row, and before any is read. */
  settle(): void {
    if (this.#isAscending) return;
    const order = argsort(Float64Array.from(this.bins.subarray(0, this.length)));
    const inOrder = <A extends Int32Array | Uint32Array | Uint8Array>(column: A): A => {
      const given = column.slice(0, this.length);
      for (let i = 0; i < order.length; i++) column[i] = given[order[i] as number] as number;
      return column;
    };
    for (const column of [this.bins, this.counts, this.first, this.last, this.watched]) inOrder(column);
    this.#isAscending = true;
    this.#current = -1;
    this.#places = null;
  }

  #placeOf(bin: number): number {
    const current = this.#current;
    if (current !== -1 && this.bins[current] === bin) return current;
    this.#current = this.#find(bin) ?? this.#append(bin);
    return this.#current;
  }

  #find(bin: number): number | undefined {
    if (bin > this.#highest || bin < this.#lowest) return undefined;
    for (let at = this.length - 1; at >= 0 && at >= this.length - LOOKED_BACK; at--)
      if (this.bins[at] === bin) return at;
    if (!this.#places) {
      this.#places = new Map();
      for (let at = 0; at < this.length; at++) this.#places.set(this.bins[at] as number, at);
    }
    return this.#places.get(bin);
  }

  #append(bin: number): number {
    const at = this.length;
    if (at === this.bins.length) this.#grow();
    this.length = at + 1;
    this.bins[at] = bin;
    this.#places?.set(bin, at);
    if (bin < this.#highest) this.#isAscending = false;
    if (bin > this.#highest) this.#highest = bin;
    if (bin < this.#lowest) this.#lowest = bin;
    return at;
  }

  #grow(): void {
    const widen = <A extends Int32Array | Uint32Array | Uint8Array>(old: A, made: A): A => {
      made.set(old);
      return made;
    };
    const length = 2 * this.bins.length;
    this.bins = widen(this.bins, new Int32Array(length));
    this.counts = widen(this.counts, new Uint32Array(length));
    this.first = widen(this.first, new Uint32Array(length));
    this.last = widen(this.last, new Uint32Array(length));
    this.watched = widen(this.watched, new Uint8Array(length));
  }
}

export interface MergedBins {
  readonly bins: EventBins;
  readonly watched: Uint8Array;
}

/** Every bin from the first to the last that some streams counted in: **lent**, until the next streams are merged. */
export class BinMerger {
  readonly #grid: Grid;
  #counts = new Uint32Array(0);
  #first = new Uint32Array(0);
  #last = new Uint32Array(0);
  #watched = new Uint8Array(0);

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  merge(streams: readonly CountedBins[]): MergedBins {
    const held = streams.filter(({ length }) => length > 0);
    let base = Infinity;
    let end = -Infinity;
    for (const { bins, length } of held) {
      base = Math.min(base, bins[0] as number);
      end = Math.max(end, (bins[length - 1] as number) + 1);
    }
    if (held.length === 0) base = end = 0;
    this.#makeRoom(end - base);
    const counts = this.#counts.subarray(0, end - base).fill(0);
    const first = this.#first.subarray(0, end - base);
    const last = this.#last.subarray(0, end - base);
    const watched = this.#watched.subarray(0, end - base).fill(0);
    for (const stream of held) {
      for (let i = 0; i < stream.length; i++) {
        const at = (stream.bins[i] as number) - base;
        if (stream.watched[i] === 1) watched[at] = 1;
        const count = stream.counts[i] as number;
        if (count === 0) continue;
        const isFirst = counts[at] === 0;
        const from = stream.first[i] as number;
        const to = stream.last[i] as number;
        first[at] = isFirst ? from : Math.min(first[at] as number, from);
        last[at] = isFirst ? to : Math.max(last[at] as number, to);
        counts[at] = (counts[at] as number) + count;
      }
    }
    const { fromUs, binUs } = this.#grid;
    return { bins: { fromUs: fromUs + base * binUs, binUs, counts, first, last }, watched };
  }

  #makeRoom(length: number): void {
    if (length <= this.#counts.length) return;
    this.#counts = new Uint32Array(length);
    this.#first = new Uint32Array(length);
    this.#last = new Uint32Array(length);
    this.#watched = new Uint8Array(length);
  }
}
