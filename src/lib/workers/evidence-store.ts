import type { SourceId } from '../base/brand';
import { FailureError } from '../base/result';
import type { Evidence, SourceInfo } from '../analysis/evidence';
import type { CaseParameters } from '../analysis/parameters';
import { assemble } from '../ingest/assemble';
import type { RangeResult } from '../ingest/parse-range';
import { Dictionaries } from '../tables/dictionaries';
import { segmentBytes, type Segment, type SegmentData } from '../tables/segment';
import type { JobStart } from './analysis.protocol';
import { RangeMerger } from './range-merger';
import { keptSourceOf, ruleOf, type KeptSource } from './kept-source';

interface Job {
  readonly start: JobStart;
  readonly id: SourceId;
  readonly merger: RangeMerger;
}

/** Evidence under the parameters that made it. Its sources' hashes may be filled in later; nothing else of it ever changes. */
interface Tables {
  readonly key: string;
  readonly evidence: Evidence & { sources: Evidence['sources'] };
}

/** How a file ended: a source of its own, or the same bytes as one that is there already, saved or not. */
export type Finished =
  | { readonly kind: 'added' | 'unsaved before'; readonly source: KeptSource }
  | { readonly kind: 'duplicate'; readonly of: KeptSource };

/**
 * All evidence of the open case: the dictionaries, the sources as they were read, and the tables assembled from them. Sources in
 * the making stand apart and touch nothing but the dictionaries, which only ever grow.
 */
export class EvidenceStore {
  #dictionaries = new Dictionaries();
  #sources: KeptSource[] = [];
  readonly #jobs = new Map<number, Job>();
  /** The id of the job `#firstJob`, and on from there: jobs are numbered as files were given, however fast each was recognized. */
  #firstId = 0;
  #firstJob = 0;
  #restingNote: string | undefined;
  /** Null where it must be counted anew. */
  #heldBytes: number | null = null;
  #assembled: Tables | null = null;
  /** As `assembled`, over what was there before all of its hashes were known. */
  #early: (Tables & { readonly sources: readonly KeptSource[] }) | null = null;

  get dictionaries(): Dictionaries {
    return this.#dictionaries;
  }

  /** Bytes of the rows that are in memory as they were read. */
  get heldBytes(): number {
    this.#heldBytes ??= rowBytesOf(this.#sources);
    return this.#heldBytes;
  }

  /** What is to be said of sources whose rows rest in storage; undefined while all of them fit into memory. */
  set restingNote(note: string | undefined) {
    if (note !== this.#restingNote) this.#assembled = null;
    this.#restingNote = note;
  }

  /** In the order of their ids. */
  get sources(): readonly KeptSource[] {
    return this.#sources;
  }

  source(id: SourceId): KeptSource {
    const source = this.#sources.find(({ raw }) => raw.id === id);
    if (!source) throw new FailureError({ what: 'This source is no longer in the case.' });
    return source;
  }

  /** Replaces everything: another case was opened. Jobs of the former case are forgotten; later ones begin with `firstJob`. */
  open(dictionaries: Dictionaries, sources: readonly KeptSource[], firstJob: number): void {
    this.#jobs.clear();
    this.#dictionaries = dictionaries;
    this.#sources = inOrder(sources);
    this.#firstId = this.#sources.reduce((next, { raw }) => Math.max(next, raw.id + 1), 0);
    this.#firstJob = firstJob;
    this.#heldBytes = null;
    this.#assembled = null;
    this.#early = null;
  }

  begin(start: JobStart): void {
    this.#early = null;
    const id = (this.#firstId + start.job - this.#firstJob) as SourceId;
    this.#jobs.set(start.job, { start, id, merger: new RangeMerger(id, this.#dictionaries) });
  }

  hasJob(job: number): boolean {
    return this.#jobs.has(job);
  }

  addSegment(job: number, range: number, data: SegmentData): void {
    this.#jobs.get(job)?.merger.addSegment(range, data);
  }

  /** Takes a range's result and merges all ranges whose turn it is. True once the job's ranges are all merged. */
  addResult(job: number, result: RangeResult): boolean {
    const { merger, start } = this.#job(job);
    merger.addResult(result);
    merger.mergeReady();
    return merger.merged === start.ranges;
  }

  /** Ends a job whose ranges are all merged: its source joins the evidence, unless its bytes are there already. */
  finish(job: number, sha256: string): Finished {
    const { start, id, merger } = this.#job(job);
    this.#jobs.delete(job);
    const of = this.#sources.find(({ raw }) => raw.sha256 === sha256 && raw.id !== start.replaces);
    if (of?.unsaved !== undefined && start.replaces === undefined) {
      const { unsaved: _unsaved, ...again } = of;
      this.replace(again);
      return { kind: 'unsaved before', source: again };
    }
    if (of) return { kind: 'duplicate', of };
    const source = keptSourceOf(start, id, sha256, merger.result());
    this.#change(inOrder([...this.#sources, source]));
    return { kind: 'added', source };
  }

  /** Forgets a job and its rows. */
  drop(job: number): void {
    this.#jobs.delete(job);
  }

  remove(id: SourceId): void {
    this.#change(this.#sources.filter(({ raw }) => raw.id !== id));
  }

  replace(source: KeptSource): void {
    this.#change(this.#sources.map((former) => (former.raw.id === source.raw.id ? source : former)));
  }

  /**
   * The tables under these case parameters. What it gives is never changed later: an analysis that runs while files arrive keeps what
   * it began with.
   */
  evidence(parameters: CaseParameters): Evidence {
    const key = keyOf(parameters);
    if (this.#assembled?.key !== key) {
      const foreseen = this.#foreseen(key);
      if (foreseen) this.#early = null;
      this.#assembled = foreseen ?? this.#assemble(this.#sources, parameters);
    }
    return this.#assembled.evidence;
  }

  /**
   * The tables as they are going to be once all files whose rows are in have their hashes, so that an analysis need not wait for those; its
   * sources' hashes are empty until then. When it all comes as foreseen, `evidence` gives the same object, with the hashes. Null where
   * nothing is awaited, rows are missing, a source is about to be replaced, or some of more than `mostBytes` will have to rest in storage.
   */
  earlyEvidence(parameters: CaseParameters, mostBytes: number): Evidence | null {
    const jobs = [...this.#jobs.values()];
    if (jobs.length === 0) return null;
    if (jobs.some(({ start, merger }) => merger.merged < start.ranges || start.replaces !== undefined))
      return null;
    const coming = jobs.map(({ start, id, merger }) => keptSourceOf(start, id, '', merger.result()));
    const sources = inOrder([...this.#sources, ...coming]);
    if (sources.some(({ isResting }) => isResting) || rowBytesOf(sources) > mostBytes) return null;
    this.#early = { ...this.#assemble(sources, parameters), sources };
    return this.#early.evidence;
  }

  /** The early evidence with the hashes of its sources, if these are all that changed. */
  #foreseen(key: string): Tables | null {
    const early = this.#early;
    if (early?.key !== key || early.sources.length !== this.#sources.length) return null;
    const isSame = early.sources.every((source, at) => {
      const now = this.#sources[at] as KeptSource;
      return describe(source) === describe(now) && source.raw.segments === now.raw.segments;
    });
    if (!isSame) return null;
    const { evidence } = early;
    evidence.sources = evidence.sources.map((info) => ({
      ...info,
      sha256: this.source(info.id).raw.sha256,
    }));
    return { key, evidence };
  }

  #assemble(kept: readonly KeptSource[], parameters: CaseParameters): Tables {
    const { zone, year, sources } = parameters;
    // What was said about a source on screen comes last: it overrules the rules that go by names.
    const rules = [...(sources ?? []), ...kept.map(ruleOf)];
    const evidence = assemble(
      kept.map(({ raw }) => raw),
      this.#dictionaries.snapshot(),
      { zone, year, rules },
    );
    const byId = new Map(kept.map((source) => [source.raw.id, source]));
    return {
      key: keyOf(parameters),
      evidence: {
        ...evidence,
        sources: evidence.sources.map((info) => this.#noted(info, byId.get(info.id))),
      },
    };
  }

  /** What is known of one source without the others. */
  infoAlone(id: SourceId, { zone, year, sources = [] }: CaseParameters): SourceInfo | undefined {
    const source = this.source(id);
    const rules = [...sources, ruleOf(source)];
    const info = assemble([source.raw], this.#dictionaries, { zone, year, rules }).sources[0];
    return info && this.#noted(info, source);
  }

  #noted(info: SourceInfo, source: KeptSource | undefined): SourceInfo {
    const note = source?.isResting === true ? this.#restingNote : undefined;
    const unsaved = source?.unsaved;
    if (note === undefined && unsaved === undefined) return info;
    const notes = [
      ...info.notes,
      ...(note === undefined ? [] : [note]),
      ...(unsaved === undefined ? [] : [`Not saved: ${unsaved}`]),
    ];
    return { ...info, notes, ...(unsaved === undefined ? {} : { unsaved }) };
  }

  #change(sources: KeptSource[]): void {
    this.#sources = sources;
    this.#heldBytes = null;
    this.#assembled = null;
  }

  #job(job: number): Job {
    const found = this.#jobs.get(job);
    if (!found) throw new FailureError({ what: 'This file is no longer being loaded.' });
    return found;
  }
}

/** Bytes of the rows of these that are in memory as they were read. */
export function rowBytesOf(sources: readonly KeptSource[]): number {
  return sources
    .filter(({ isResting }) => !isResting)
    .reduce((sum, { raw }) => raw.segments.reduce((bytes, one) => bytes + measure(one), sum), 0);
}

/** Of thousands of files it is asked for after each. */
const measured = new WeakMap<Segment, number>();

function measure(segment: Segment): number {
  let bytes = measured.get(segment);
  if (bytes === undefined) measured.set(segment, (bytes = segmentBytes(segment)));
  return bytes;
}

function inOrder(sources: readonly KeptSource[]): KeptSource[] {
  return [...sources].sort((a, b) => a.raw.id - b.raw.id);
}

function keyOf({ zone, year, sources }: CaseParameters): string {
  return JSON.stringify([zone, year, sources]);
}

/** All that is said of a source beside its rows and its hash. */
function describe({
  raw: { segments: _segments, sha256: _sha256, ...raw },
  said,
  isResting,
  unsaved,
}: KeptSource): string {
  return JSON.stringify([raw, said, isResting === true, unsaved]);
}
