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

/** A row to look for in another source: when it was, and the hash of its content. */
export interface Sample {
  readonly us: number;
  readonly hash: number;
}

/** Looking through all rows costs a tenth of sorting them: beyond so many questions, sorted copies answer. */
const LOOKS_BEFORE_SORTING = 8;

/**
 * The rows of one table of one source as a multiset of their contents, for comparing sources. Hashes and times are sorted copies made
 * when they pay, sixteen bytes a row, while a Map of as many numbers would take several times that: most sources that lie in the same time hold
 * other rows, which a look for some of them shows.
 */
export class RowSet {
  readonly #segments: readonly Segment[];
  #span: Span | undefined;
  #hashes: Float64Array | undefined;
  #times: Float64Array | undefined;
  #counted = 0;
  #searched = 0;

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
    const { from, to } = window;
    if (!this.#times && ++this.#counted <= LOOKS_BEFORE_SORTING) {
      let rows = 0;
      for (const segment of this.#segments)
        rows += countWithin(timeColumn(segment), segment.length, from, to);
      return rows;
    }
    if (!this.#times) {
      const times = new Float64Array(this.#rows);
      let at = 0;
      this.#forEachTime((us) => (times[at++] = us));
      // Sorting puts unknown times last, where no window reaches.
      this.#times = times.sort();
    }
    return lowerBound(this.#times, to, true) - lowerBound(this.#times, from);
  }

  /** Whether one of the rows is here too. */
  hasSome(samples: readonly Sample[]): boolean {
    if (!this.#hashes && ++this.#searched <= LOOKS_BEFORE_SORTING) return this.#findsSome(samples);
    const { hashes } = this;
    return samples.some(({ hash }) => hashes[lowerBound(hashes, hash)] === hash);
  }

  /** Equal rows have equal times: only those at a sample's time are hashed. */
  #findsSome(samples: readonly Sample[]): boolean {
    const times = Float64Array.from(samples, ({ us }) => us).sort();
    const hashes = new Set(samples.map(({ hash }) => hash));
    const marks = new Uint8Array(TIME_MARKS);
    for (const us of times) marks[markOf(us)] = 1;
    return this.#segments.some((segment) =>
      holdsSome(timeColumn(segment), segment.length, marks, (us, i) => {
        if (times[lowerBound(times, us)] !== us) return false;
        return hashes.has(rowHash(contentColumns(segment), i));
      }),
    );
  }

  /** The first place that a row's content has among the sorted hashes: equal rows share it. */
  placeOf(segment: Segment, index: number): number {
    return lowerBound(this.hashes, rowHash(contentColumns(segment), index));
  }

  /** Some rows within the window, taken evenly from all segments. */
  sample(window: Span, count: number): Sample[] {
    const found: Sample[] = [];
    const wanted = this.rowsIn(window);
    const step = Math.max(1, Math.floor(wanted / count));
    let seen = 0;
    for (const segment of this.#segments) {
      const times = timeColumn(segment);
      for (let i = 0; i < segment.length && found.length < count; i++) {
        const us = times[i] as number;
        if (!(us >= window.from && us <= window.to)) continue;
        if (seen % step === 0) found.push({ us, hash: rowHash(contentColumns(segment), i) });
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

function timeColumn(segment: Segment): Float64Array {
  const columns = segment.columns as unknown as Record<string, ColumnArray>;
  return columns[segment.table === 'flows' ? 'startUs' : 'timeUs'] as Float64Array;
}

function countWithin(times: Float64Array, length: number, from: number, to: number): number {
  let rows = 0;
  for (let i = 0; i < length; i++) {
    const us = times[i] as number;
    if (us >= from && us <= to) rows += 1;
  }
  return rows;
}

/** Marks of times, a power of two: some hundred times leave most of them empty, so that few rows are looked at closer. */
const TIME_MARKS = 1 << 14;
const MARK_SECONDS = 1e-6;

/** Whole seconds and what is left of them both tell: many logs have no more than seconds. */
function markOf(us: number): number {
  const seconds = Math.floor(us * MARK_SECONDS);
  return (seconds ^ ((us - seconds * 1e6) << 3)) & (TIME_MARKS - 1);
}

function holdsSome(
  times: Float64Array,
  length: number,
  marks: Uint8Array,
  isMeant: (us: number, index: number) => boolean,
): boolean {
  for (let i = 0; i < length; i++) {
    const us = times[i] as number;
    if (marks[markOf(us)] === 1 && isMeant(us, i)) return true;
  }
  return false;
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
