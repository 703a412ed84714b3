import { listUnder } from '../base/lists';
import type { SourceId } from '../base/brand';
import type { RangeResult } from '../ingest/parse-range';
import { REPEAT_KIND, REPEAT_NOTE, RepeatBook } from '../ingest/repeats';
import type { Dictionaries } from '../tables/dictionaries';
import { mergeDictionaries } from '../tables/merge-dictionaries';
import { TABLE_NAMES, type TableName } from '../tables/schemas';
import { filterSegment, fromSegmentData, offsetOf, type Segment, type SegmentData } from '../tables/segment';
import { SequenceBook, summarize, type SequenceInfo } from '../tables/sequences';
import type { RejectSample } from '../tables/source-info';

const MAX_SAMPLES = 20;
const MAX_NOTES = 100;

/** What all ranges of a source gave, as if it had been read in one piece. */
export interface MergedRanges {
  readonly segments: readonly Segment[];
  readonly records: number;
  readonly lines: number;
  readonly rejected: number;
  readonly rejectedSamples: readonly RejectSample[];
  readonly rejectedByReason: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly rows: Readonly<Record<TableName, number>>;
  readonly isCut: boolean;
  readonly sequences: readonly SequenceInfo[];
}

/**
 * Puts a source's ranges together in the order of the file, in whatever order they arrive: ids and line numbers come out the same
 * however many workers read it.
 */
export class RangeMerger {
  readonly #source: SourceId;
  readonly #dictionaries: Dictionaries;
  readonly #waiting = new Map<number, SegmentData[]>();
  readonly #results = new Map<number, RangeResult>();
  readonly #segments: Segment[] = [];
  readonly #rejectedSamples: RejectSample[] = [];
  readonly #rejectedByReason: Record<string, number> = {};
  readonly #skipped: Record<string, number> = {};
  readonly #notes: string[] = [];
  readonly #repeats = new RepeatBook();
  readonly #rows = Object.fromEntries(TABLE_NAMES.map((name) => [name, 0])) as Record<TableName, number>;
  readonly #sequences = new SequenceBook();
  #next = 0;
  #records = 0;
  #lines = 0;
  #rejected = 0;
  #isCut = false;

  constructor(source: SourceId, dictionaries: Dictionaries) {
    this.#source = source;
    this.#dictionaries = dictionaries;
  }

  /** Ranges merged so far. */
  get merged(): number {
    return this.#next;
  }

  /** Keeps a segment until its range's turn. Changes no dictionary. */
  addSegment(range: number, data: SegmentData): void {
    listUnder(this.#waiting, range, data);
  }

  /** Keeps a range's result until its turn; all of its segments have been added. */
  addResult(result: RangeResult): void {
    this.#results.set(result.index, result);
  }

  /** Merges the ranges whose turn has come: the only step that adds to the case's dictionaries. */
  mergeReady(): void {
    for (let result = this.#results.get(this.#next); result; result = this.#results.get(this.#next)) {
      this.#results.delete(this.#next);
      const segments = this.#waiting.get(this.#next) ?? [];
      this.#waiting.delete(this.#next);
      this.#merge(result, segments);
      this.#next += 1;
    }
  }

  result(): MergedRanges {
    return {
      segments: this.#segments,
      records: this.#records,
      lines: this.#lines,
      rejected: this.#rejected,
      rejectedSamples: this.#rejectedSamples,
      rejectedByReason: this.#rejectedByReason,
      skipped: this.#skipped,
      notes: this.#notes,
      rows: this.#rows,
      isCut: this.#isCut,
      sequences: summarize(this.#sequences.data()),
    };
  }

  /** Keeps a segment's rows but those of records that an earlier range holds too. */
  #add(segment: Segment, repeats: ReadonlySet<number>): void {
    const kept =
      repeats.size === 0 ? segment : filterSegment(segment, (i) => !repeats.has(offsetOf(segment, i)));
    this.#rows[segment.table] -= segment.length - (kept?.length ?? 0);
    if (kept) this.#segments.push(kept);
  }

  #merge(result: RangeResult, segments: readonly SegmentData[]): void {
    const map = mergeDictionaries(this.#dictionaries, result.dictionaries);
    const repeats = result.recordHashes ? this.#repeats.repeatsIn(result.recordHashes) : NONE;
    for (const data of segments) {
      const shifted = { ...data, baseLine: data.baseLine + this.#lines };
      this.#add(fromSegmentData(shifted, this.#source, map), repeats);
    }
    if (repeats.size > 0) {
      addCounts(this.#skipped, { [REPEAT_KIND]: repeats.size });
      if (!this.#notes.includes(REPEAT_NOTE)) this.#notes.push(REPEAT_NOTE);
    }
    for (const sample of result.rejectedSamples) {
      if (this.#rejectedSamples.length < MAX_SAMPLES)
        this.#rejectedSamples.push({ ...sample, line: sample.line + this.#lines });
    }
    addCounts(this.#rejectedByReason, result.rejectedByReason);
    addCounts(this.#skipped, result.skipped);
    addCounts(this.#rows, result.rows);
    for (const note of result.notes)
      if (this.#notes.length < MAX_NOTES && !this.#notes.includes(note)) this.#notes.push(note);
    this.#records += result.records;
    this.#rejected += result.rejected;
    this.#isCut ||= result.isCut;
    this.#sequences.addAll(result.sequences, this.#lines);
    this.#lines += result.lines;
  }
}

const NONE: ReadonlySet<number> = new Set();

function addCounts(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(counts)) into[kind] = (into[kind] ?? 0) + count;
}
