import { SCHEMAS, TABLE_NAMES, type TableName } from '../tables/schemas';
import { filterSegment, type Segment } from '../tables/segment';
import type { ColumnArray } from '../tables/columns';

/** A source as far as finding what it shares with others needs it. Times are resolved. */
export interface ComparableSource {
  readonly name: string;
  readonly sha256: string;
  readonly format: string;
  /** Two sources written by different machines never hold the same record. */
  readonly asset?: string;
  readonly segments: readonly Segment[];
  readonly firstUs: number;
  readonly lastUs: number;
}

export interface Deduplicated {
  readonly segments: readonly Segment[];
  /** Rows left out. */
  readonly duplicates: number;
  /** The source that holds (most of) them. */
  readonly duplicateOf?: string;
  /** Whether the very same bytes were loaded before. */
  readonly isSameFile: boolean;
}

/**
 * Exports overlap when, where both have rows, nearly all rows of one are in the other. Below that share, equal rows are coincidences:
 * two web servers behind one load balancer log the same health check in the same second.
 */
const OVERLAP_SHARE = 0.9;

/** Columns that say where a row stood in its file and how its clock read, not what happened. */
const RECEIPT_COLUMNS = new Set(['offset', 'lineAdjust', 'timeBasis']);

/**
 * Leaves out, of every source, the rows that an earlier source holds too. The same file twice counts once. Of overlapping exports
 * in one format each row counts as often as the export that has it most often says: equal lines *within* one file are separate events.
 */
export function deduplicate(sources: readonly ComparableSource[]): Deduplicated[] {
  const bySha = new Map<string, ComparableSource>();
  const result: Deduplicated[] = [];
  const earlier: ComparableSource[] = [];
  for (const source of sources) {
    const same = source.sha256 === '' ? undefined : bySha.get(source.sha256);
    if (same && same.format === source.format) {
      const rows = source.segments.reduce((sum, segment) => sum + segment.length, 0);
      result.push({ segments: [], duplicates: rows, duplicateOf: same.name, isSameFile: true });
      continue;
    }
    bySha.set(source.sha256, source);
    result.push(withoutRowsOf(source, earlier));
    earlier.push(source);
  }
  return result;
}

function withoutRowsOf(source: ComparableSource, earlier: readonly ComparableSource[]): Deduplicated {
  let segments = source.segments;
  let duplicates = 0;
  let most = 0;
  let duplicateOf: string | undefined;
  for (const other of earlier) {
    if (!mayOverlap(source, other)) continue;
    let shared = 0;
    for (const table of TABLE_NAMES) {
      const found = sharedRows(segments, other.segments, table);
      if (!found) continue;
      shared += found.count;
      segments = found.rest;
    }
    duplicates += shared;
    if (shared > most) {
      most = shared;
      duplicateOf = other.name;
    }
  }
  return { segments, duplicates, duplicateOf, isSameFile: false };
}

function mayOverlap(a: ComparableSource, b: ComparableSource): boolean {
  if (a.format !== b.format) return false;
  if (a.asset !== undefined && b.asset !== undefined && a.asset !== b.asset) return false;
  return a.firstUs <= b.lastUs && b.firstUs <= a.lastUs;
}

function timeColumn(segment: Segment): ColumnArray {
  const columns = segment.columns as unknown as Record<string, ColumnArray>;
  return columns[segment.table === 'flows' ? 'startUs' : 'timeUs'] as ColumnArray;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function spanOf(segments: readonly Segment[]): Span {
  let from = Infinity;
  let to = -Infinity;
  for (const segment of segments) {
    const times = timeColumn(segment);
    for (let i = 0; i < segment.length; i++) {
      const us = times[i] as number;
      if (us < from) from = us;
      if (us > to) to = us;
    }
  }
  return { from, to };
}

/** The rows of `segments` that `others` hold as well, when both are exports of the same records; undefined when they are not. */
function sharedRows(
  segments: readonly Segment[],
  others: readonly Segment[],
  table: TableName,
): { count: number; rest: readonly Segment[] } | undefined {
  const own = segments.filter((segment) => segment.table === table);
  const theirs = others.filter((segment) => segment.table === table);
  if (own.length === 0 || theirs.length === 0) return undefined;
  const ownSpan = spanOf(own);
  const theirSpan = spanOf(theirs);
  const overlap: Span = {
    from: Math.max(ownSpan.from, theirSpan.from),
    to: Math.min(ownSpan.to, theirSpan.to),
  };
  if (!(overlap.from <= overlap.to)) return undefined;

  const counts = new RowCounts();
  let theirRows = 0;
  forRowsIn(theirs, overlap, (hash) => {
    theirRows += 1;
    counts.add(hash);
  });
  if (theirRows === 0) return undefined;
  let ownRows = 0;
  let count = 0;
  const dropped = new Map<Segment, Set<number>>();
  forRowsIn(own, overlap, (hash, segment, index) => {
    ownRows += 1;
    if (!counts.take(hash)) return;
    count += 1;
    const set = dropped.get(segment);
    if (set) set.add(index);
    else dropped.set(segment, new Set([index]));
  });
  if (count === 0 || count < OVERLAP_SHARE * Math.min(ownRows, theirRows)) return undefined;
  const rest: Segment[] = [];
  for (const segment of segments) {
    const gone = dropped.get(segment);
    const kept = gone ? filterSegment(segment, (index) => !gone.has(index)) : segment;
    if (kept) rest.push(kept);
  }
  return { count, rest };
}

function forRowsIn(
  segments: readonly Segment[],
  span: Span,
  visit: (hash: number, segment: Segment, index: number) => void,
): void {
  for (const segment of segments) {
    const times = timeColumn(segment);
    const columns = contentColumns(segment);
    for (let i = 0; i < segment.length; i++) {
      const us = times[i] as number;
      if (us >= span.from && us <= span.to) visit(rowHash(columns, i), segment, i);
    }
  }
}

function contentColumns(segment: Segment): ColumnArray[] {
  const columns = segment.columns as unknown as Record<string, ColumnArray>;
  return Object.keys(SCHEMAS[segment.table])
    .filter((name) => !RECEIPT_COLUMNS.has(name))
    .map((name) => columns[name] as ColumnArray);
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

/** How often each row hash occurs: open addressing over typed arrays, since a Map of millions of numbers takes several times the memory. */
class RowCounts {
  #keys = new Float64Array(1 << 10);
  #counts = new Uint32Array(1 << 10);
  /** A slot is free when its key and `used` are 0. */
  #used = new Uint8Array(1 << 10);
  #size = 0;

  add(hash: number): void {
    const slot = this.#slot(hash);
    if (this.#used[slot] === 0) {
      this.#used[slot] = 1;
      this.#keys[slot] = hash;
      this.#size += 1;
    }
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
    if (this.#size * 2 > this.#keys.length) this.#grow();
  }

  /** Uses up one occurrence; false when none is left. */
  take(hash: number): boolean {
    const slot = this.#slot(hash);
    if (this.#used[slot] === 0 || this.#counts[slot] === 0) return false;
    this.#counts[slot] = (this.#counts[slot] as number) - 1;
    return true;
  }

  #slot(hash: number): number {
    const mask = this.#keys.length - 1;
    let slot = (hash ^ (hash / 0x100000000)) & mask;
    while (this.#used[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, counts, used] = [this.#keys, this.#counts, this.#used];
    this.#keys = new Float64Array(keys.length * 2);
    this.#counts = new Uint32Array(keys.length * 2);
    this.#used = new Uint8Array(keys.length * 2);
    for (let i = 0; i < keys.length; i++) {
      if (used[i] === 0) continue;
      const slot = this.#slot(keys[i] as number);
      this.#keys[slot] = keys[i] as number;
      this.#counts[slot] = counts[i] as number;
      this.#used[slot] = 1;
    }
  }
}
