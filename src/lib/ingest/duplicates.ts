import { TABLE_NAMES, type TableName } from '../tables/schemas';
import { filterSegment, type Segment } from '../tables/segment';
import { forEachCommon, intersect, RowSet, type Span } from './row-set';

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

/** Of exports that overlap, nearly every row of the smaller one is found in the other: none of these many means that they don't. */
const SAMPLE_ROWS = 64;

/**
 * Leaves out, of every source, the rows that an earlier source holds too. The same file twice counts once. Of overlapping exports
 * in one format each row counts as often as the export that has it most often says: equal lines *within* one file are separate events.
 */
export function deduplicate(sources: readonly ComparableSource[]): Deduplicated[] {
  const bySha = new Map<string, ComparableSource>();
  const result: Deduplicated[] = [];
  const earlier: Candidate[] = [];
  for (const source of sources) {
    const same = source.sha256 === '' ? undefined : bySha.get(source.sha256);
    if (same && same.format === source.format) {
      const rows = source.segments.reduce((sum, segment) => sum + segment.length, 0);
      result.push({ segments: [], duplicates: rows, duplicateOf: same.name, isSameFile: true });
      continue;
    }
    bySha.set(source.sha256, source);
    const candidate = new Candidate(source);
    result.push(withoutRowsOf(candidate, earlier));
    earlier.push(candidate);
  }
  return result;
}

/** A source with what is prepared of its tables, once and only when they are compared. */
class Candidate {
  readonly source: ComparableSource;
  readonly #tables = new Map<TableName, RowSet | null>();

  constructor(source: ComparableSource) {
    this.source = source;
  }

  table(name: TableName): RowSet | null {
    let rows = this.#tables.get(name);
    if (rows === undefined) {
      const segments = this.source.segments.filter((segment) => segment.table === name);
      rows = segments.length === 0 ? null : new RowSet(segments);
      this.#tables.set(name, rows);
    }
    return rows;
  }
}

function withoutRowsOf(own: Candidate, earlier: readonly Candidate[]): Deduplicated {
  const surplus = new Map<TableName, Uint32Array>();
  let most = 0;
  let duplicateOf: string | undefined;
  for (const other of earlier) {
    if (!mayOverlap(own.source, other.source)) continue;
    let shared = 0;
    for (const name of TABLE_NAMES) shared += markShared(name, own, other, surplus);
    if (shared > most) {
      most = shared;
      duplicateOf = other.source.name;
    }
  }
  let segments = own.source.segments;
  for (const [name, counts] of surplus) segments = withoutSurplus(segments, name, own.table(name), counts);
  const rowsOf = (list: readonly Segment[]): number => list.reduce((sum, segment) => sum + segment.length, 0);
  return {
    segments,
    duplicates: rowsOf(own.source.segments) - rowsOf(segments),
    duplicateOf,
    isSameFile: false,
  };
}

function mayOverlap(a: ComparableSource, b: ComparableSource): boolean {
  if (a.format !== b.format) return false;
  if (a.asset !== undefined && b.asset !== undefined && a.asset !== b.asset) return false;
  return a.firstUs <= b.lastUs && b.firstUs <= a.lastUs;
}

/**
 * When both are exports of the same records, raises for each row content how often `own` must give it up to `other`: as often as both have it,
 * over all others the most. Returns how many rows they share; 0 when they are not exports of the same records.
 */
function markShared(
  name: TableName,
  own: Candidate,
  other: Candidate,
  surplus: Map<TableName, Uint32Array>,
): number {
  const [ours, theirs] = [own.table(name), other.table(name)];
  const window = ours && theirs ? intersect(ours.span, theirs.span) : null;
  if (!ours || !theirs || !window) return 0;
  const rows = Math.min(ours.rowsIn(window), theirs.rowsIn(window));
  if (rows === 0 || !shareSome(ours, theirs, window)) return 0;
  let shared = 0;
  forEachCommon(ours.hashes, theirs.hashes, (_at, count) => {
    shared += count;
  });
  if (shared < OVERLAP_SHARE * rows) return 0;
  const counts = surplus.get(name) ?? new Uint32Array(ours.hashes.length);
  surplus.set(name, counts);
  forEachCommon(ours.hashes, theirs.hashes, (at, count) => {
    if (count > (counts[at] as number)) counts[at] = count;
  });
  return shared;
}

function shareSome(ours: RowSet, theirs: RowSet, window: Span): boolean {
  const [few, many] = ours.rowsIn(window) <= theirs.rowsIn(window) ? [ours, theirs] : [theirs, ours];
  return many.hasSome(few.sample(window, SAMPLE_ROWS));
}

/** Leaves out as many rows of each content as `counts` (by their place in the sorted hashes) says. */
function withoutSurplus(
  segments: readonly Segment[],
  name: TableName,
  rows: RowSet | null,
  counts: Uint32Array,
): Segment[] {
  const kept: Segment[] = [];
  for (const segment of segments) {
    const isMeant = segment.table === name && rows !== null;
    const rest = isMeant
      ? filterSegment(segment, (index) => {
          const at = rows.placeOf(segment, index);
          if (counts[at] === 0) return true;
          counts[at] = (counts[at] as number) - 1;
          return false;
        })
      : segment;
    if (rest) kept.push(rest);
  }
  return kept;
}
