import type { ColumnArray } from '../tables/columns';
import { SCHEMAS } from '../tables/schemas';
import type { Segment } from '../tables/segment';

/** A stretch of time, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export function intersect(a: Span, b: Span): Span | null {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from <= to ? { from, to } : null;
}

/**
 * The rows of one table of one source as a multiset of their contents, for comparing sources. Hashes and times are sorted copies made
 * when first asked for: sixteen bytes a row, while a Map of as many numbers would take several times that.
 */
export class RowSet {
  readonly #segments: readonly Segment[];
  #span: Span | undefined;
  #hashes: Float64Array | undefined;
  #times: Float64Array | undefined;

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** First and last time of a row; from > to when no row has a time. */
  get span(): Span {
    if (!this.#span) {
      let from = Infinity;
      let to = -Infinity;
      this.#forEachTime((us) => {
        if (us < from) from = us;
        if (us > to) to = us;
      });
      this.#span = { from, to };
    }
    return this.#span;
  }

  /** Hashes of the rows' contents, ascending. */
  get hashes(): Float64Array {
    if (!this.#hashes) {
      const hashes = new Float64Array(this.#rows);
      let at = 0;
      for (const segment of this.#segments) {
        const columns = contentColumns(segment);
        for (let i = 0; i < segment.length; i++) hashes[at++] = rowHash(columns, i);
      }
      this.#hashes = hashes.sort();
    }
    return this.#hashes;
  }

  rowsIn(window: Span): number {
    if (!this.#times) {
      const times = new Float64Array(this.#rows);
      let at = 0;
      this.#forEachTime((us) => (times[at++] = us));
      // Sorting puts unknown times last, where no window reaches.
      this.#times = times.sort();
    }
    return lowerBound(this.#times, window.to, true) - lowerBound(this.#times, window.from);
  }

  has(hash: number): boolean {
    return this.hashes[lowerBound(this.hashes, hash)] === hash;
  }

  /** The first place that a row's content has among the sorted hashes: equal rows share it. */
  placeOf(segment: Segment, index: number): number {
    return lowerBound(this.hashes, rowHash(contentColumns(segment), index));
  }

  /** Hashes of some rows within the window, taken evenly from all segments. */
  sample(window: Span, count: number): number[] {
    const found: number[] = [];
    const wanted = this.rowsIn(window);
    const step = Math.max(1, Math.floor(wanted / count));
    let seen = 0;
    for (const segment of this.#segments) {
      const times = timeColumn(segment);
      for (let i = 0; i < segment.length && found.length < count; i++) {
        const us = times[i] as number;
        if (!(us >= window.from && us <= window.to)) continue;
        if (seen % step === 0) found.push(rowHash(contentColumns(segment), i));
        seen += 1;
      }
    }
    return found;
  }

  get #rows(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  #forEachTime(visit: (us: number) => void): void {
    for (const segment of this.#segments) {
      const times = timeColumn(segment);
      for (let i = 0; i < segment.length; i++) visit(times[i] as number);
    }
  }
}

/**
 * Calls `visit` for every value that both sorted lists hold, with its first place in `a` and how often both hold it. Walks the shorter
 * list and searches the longer one, so that a small export costs little beside a large one.
 */
export function forEachCommon(
  a: Float64Array,
  b: Float64Array,
  visit: (placeInA: number, count: number) => void,
): void {
  const isAShorter = a.length <= b.length;
  const [short, long] = isAShorter ? [a, b] : [b, a];
  let at = 0;
  let floor = 0;
  while (at < short.length) {
    const value = short[at] as number;
    const end = lowerBound(short, value, true, at);
    const first = lowerBound(long, value, false, floor);
    if (long[first] === value) {
      const last = lowerBound(long, value, true, first);
      visit(isAShorter ? at : first, Math.min(end - at, last - first));
      floor = last;
    } else floor = first;
    at = end;
  }
}

/**
 * Index of the first entry not below `value`; with `isAbove`, of the first above it. Steps out from `from` in doubling strides
 * before halving, so that neighbors are found at once.
 */
function lowerBound(sorted: Float64Array, value: number, isAbove = false, from = 0): number {
  const isBefore = (entry: number): boolean => (isAbove ? entry <= value : entry < value);
  let low = from;
  let stride = 1;
  while (low + stride <= sorted.length && isBefore(sorted[low + stride - 1] as number)) {
    low += stride;
    stride *= 2;
  }
  let high = Math.min(sorted.length, low + stride);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function timeColumn(segment: Segment): ColumnArray {
  const columns = segment.columns as unknown as Record<string, ColumnArray>;
  return columns[segment.table === 'flows' ? 'startUs' : 'timeUs'] as ColumnArray;
}

/** Columns that say where a row stood in its file and how its clock read, not what happened. */
const RECEIPT_COLUMNS = new Set(['offset', 'lineAdjust', 'timeBasis']);
const contents = new WeakMap<Segment, ColumnArray[]>();

function contentColumns(segment: Segment): ColumnArray[] {
  let list = contents.get(segment);
  if (!list) {
    const columns = segment.columns as unknown as Record<string, ColumnArray>;
    list = Object.keys(SCHEMAS[segment.table])
      .filter((name) => !RECEIPT_COLUMNS.has(name))
      .map((name) => columns[name] as ColumnArray);
    contents.set(segment, list);
  }
  return list;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** 53 bits of hash over a row's content: ten million rows collide with a chance of about one in two hundred. */
function rowHash(columns: readonly ColumnArray[], index: number): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (const column of columns) {
    float[0] = column[index] as number;
    // NaN has many bit patterns; all of them are the same unknown.
    const isKnown = float[0] === float[0];
    const a = isKnown ? (words[0] as number) : 1;
    const b = isKnown ? (words[1] as number) : 0x7ff80000;
    low = Math.imul((low ^ a) + Math.imul(b, 0x85ebca6b), 0xc2b2ae35);
    low ^= low >>> 15;
    high = Math.imul((high ^ b) + Math.imul(a, 0x27d4eb2f) + low, 0x165667b1);
    high ^= high >>> 13;
  }
  return ((high >>> 0) & 0x1fffff) * 0x100000000 + (low >>> 0);
}
