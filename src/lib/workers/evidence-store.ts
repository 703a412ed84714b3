import type { SourceId } from '../base/brand';
import { FailureError } from '../base/result';
import type { Evidence, SourceInfo } from '../analysis/evidence';
import type { CaseParameters } from '../analysis/parameters';
import { assemble } from '../ingest/assemble';
import type { RangeResult } from '../ingest/parse-range';
import { Dictionaries } from '../tables/dictionaries';
import { segmentBytes, type SegmentData } from '../tables/segment';
import type { JobStart } from './analysis.protocol';
import { RangeMerger } from './range-merger';
import { keptSourceOf, ruleOf, type KeptSource } from './kept-source';

interface Job {
  readonly start: JobStart;
  readonly id: SourceId;
  readonly merger: RangeMerger;
}

/** How a file ended: a source of its own, or the same bytes as one that is there already. */
export type Finished =
  | { readonly kind: 'added'; readonly source: KeptSource }
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
  #assembled: { readonly key: string; readonly evidence: Evidence } | null = null;

  get dictionaries(): Dictionaries {
    return this.#dictionaries;
  }

  /** Bytes of the rows that are in memory as they were read. */
  get heldBytes(): number {
    return this.#sources
      .filter(({ isResting }) => !isResting)
      .reduce((sum, { raw }) => raw.segments.reduce((bytes, one) => bytes + segmentBytes(one), sum), 0);
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
    this.#sources = [...sources].sort((a, b) => a.raw.id - b.raw.id);
    this.#firstId = this.#sources.reduce((next, { raw }) => Math.max(next, raw.id + 1), 0);
    this.#firstJob = firstJob;
    this.#assembled = null;
  }

  begin(start: JobStart): void {
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
    if (of) return { kind: 'duplicate', of };
    const source = keptSourceOf(start, id, sha256, merger.result());
    this.#change([...this.#sources, source].sort((a, b) => a.raw.id - b.raw.id));
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
    const { zone, year, sources } = parameters;
    const key = JSON.stringify([zone, year, sources]);
    if (this.#assembled?.key !== key) {
      // What was said about a source on screen comes last: it overrules the rules that go by names.
      const rules = [...(sources ?? []), ...this.#sources.map(ruleOf)];
      const evidence = assemble(
        this.#sources.map(({ raw }) => raw),
        this.#dictionaries.snapshot(),
        { zone, year, rules },
      );
      this.#assembled = {
        key,
        evidence: { ...evidence, sources: evidence.sources.map((info) => this.#noted(info)) },
      };
    }
    return this.#assembled.evidence;
  }

  /** What is known of one source without the others. */
  infoAlone(id: SourceId, { zone, year, sources = [] }: CaseParameters): SourceInfo | undefined {
    const source = this.source(id);
    const rules = [...sources, ruleOf(source)];
    const info = assemble([source.raw], this.#dictionaries, { zone, year, rules }).sources[0];
    return info && this.#noted(info);
  }

  #noted(info: SourceInfo): SourceInfo {
    const note = this.#restingNote;
    if (note === undefined || !this.source(info.id).isResting) return info;
    return { ...info, notes: [...info.notes, note] };
  }

  #change(sources: KeptSource[]): void {
    this.#sources = sources;
    this.#assembled = null;
  }

  #job(job: number): Job {
    const found = this.#jobs.get(job);
    if (!found) throw new FailureError({ what: 'This file is no longer being loaded.' });
    return found;
  }
}
