import type { SourceId } from '../base/brand';
import { fail, FailureError, ok, toFailure, type Failure, type Result } from '../base/result';
import type { Evidence, RowQuery, SourceInfo } from '../analysis/evidence';
import type { CaseParameters } from '../analysis/parameters';
import { Dictionaries } from '../tables/dictionaries';
import { formatBytes } from '../base/units';
import { ruleFor } from '../ingest/rules';
import type {
  AnalysisCall,
  AnalysisCalls,
  AnalysisReply,
  AnalysisRequest,
  CallName,
  ChangeOutcome,
  RereadInput,
  Completion,
  JobStart,
  ReadingRule,
} from './analysis.protocol';
import { inPieces } from './answer-parts';
import { AnalysisRuns, type AnalysisWork, type Ground } from './analysis-runs';
import { Arrivals, GONE, type Added, type Waiting } from './arrivals';
import type { AnalysisProgress, SourceChange } from './engine';
import { CaseKeeper } from './case-keeper';
import { rowBytesOf, EvidenceStore } from './evidence-store';
import type { RowsMessage } from './ingest.protocol';
import { OriginalQueue } from './original-queue';
import { Originals } from './originals';
import { withChange, type KeptSource } from './kept-source';
import { RowReader } from './row-reader';
import { parametersFrom } from './stored-parameters';

type Calls = { [K in CallName]: (input: AnalysisCalls[K][0], id: number) => Promise<AnalysisCalls[K][1]> };

/** Rows of a source that is saved together with others. */
const SMALL_BYTES = 1 << 20;

/**
 * What the analysis worker does, apart from being a worker. It owns the evidence of the open case. Calls that change the case run one
 * after another; an analysis runs beside them on a snapshot, a step at a time, so that messages are heard in between.
 */
export class AnalysisHost {
  readonly #post: (reply: AnalysisReply) => void;
  readonly #work: AnalysisWork;
  readonly #keeper: CaseKeeper;
  readonly #store = new EvidenceStore();
  readonly #originals: Originals;
  readonly #rows = new RowReader();
  readonly #arrivals = new Arrivals(this.#store);
  readonly #runs: AnalysisRuns;
  /** Sources by the jobs that they were. */
  readonly #completed = new Map<number, SourceId>();
  /** Files whose rows and hashes are in, and that nobody has begun to save. */
  readonly #waiting: Waiting[] = [];
  #parameters: CaseParameters = {};
  #changes: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();
  readonly #unkept: OriginalQueue;

  constructor(post: (reply: AnalysisReply) => void, work: AnalysisWork, keeper: CaseKeeper) {
    this.#post = post;
    this.#work = work;
    this.#runs = new AnalysisRuns(work);
    this.#keeper = keeper;
    this.#unkept = new OriginalQueue(keeper);
    this.#originals = new Originals((id) => keeper.original(id));
  }

  handle(request: AnalysisRequest): void {
    switch (request.kind) {
      case 'connect':
        request.port.onmessage = (event: MessageEvent<RowsMessage>) => this.#arrivals.receive(event.data);
        return;
      case 'hold':
        this.#keeper.heldBytes = request.bytes;
        return;
      case 'begin':
        this.#begin(request.start);
        return;
      case 'rows are in':
        void this.#beginAnalysis(request.parameters);
        return;
      case 'drop':
        this.#drop(request.job);
        return;
      case 'call':
        void this.#answer(request);
        return;
    }
  }

  async #answer(call: AnalysisCall): Promise<void> {
    let result: Result<unknown>;
    try {
      const run = this.#calls[call.name] as (input: unknown, id: number) => Promise<unknown>;
      result = ok(await run(call.input, call.id));
    } catch (error) {
      result = fail(toFailure(error));
    }
    try {
      const { parts, rest } = result.ok ? inPieces(result.value) : { parts: [], rest: null };
      for (const part of parts) this.#post({ kind: 'part', id: call.id, part });
      this.#post({ kind: 'reply', id: call.id, result: result.ok ? ok(rest) : result });
    } catch (error) {
      // An answer that memory has no room to copy: without any, the page would wait for ever.
      this.#post({ kind: 'reply', id: call.id, result: fail(tooLarge(error)) });
    }
  }

  readonly #calls: Calls = {
    openCase: ({ caseId, firstJob }) => this.#opens(() => this.#open(caseId, firstJob)),
    // In turn with the changes: files that were given while a case is being opened belong to it and wait.
    readingRules: ({ names }) => this.#change(() => this.#readingRules(names)),
    complete: ({ job, sha256 }) => this.#complete(job, sha256),
    removeSource: ({ id }) => this.#change(() => this.#remove(id)),
    original: ({ id }) => this.#original(id),
    changeSource: ({ id, change }) => this.#change(() => this.#changeSource(id, change)),
    settled: () => this.#unkept.settled(),
    sources: () => this.#change(async () => this.#infos()),
    analyze: ({ parameters }, id) => {
      this.#parameters = parameters;
      return this.#runs.analyze(this.#changes, this.#evidenceUnder, parameters, this.#teller(id));
    },
    cancelAnalysis: async () => this.#runs.cancelAnalysis(),
    detectability: ({ parameters, options }, id) =>
      this.#runs.measure(this.#changes, this.#evidenceUnder, parameters, options, this.#teller(id)),
    cancelDetectability: async () => this.#runs.cancelMeasurement(),
    rows: async ({ queries, from, count }) => {
      await this.#opening;
      const { evidence, select } = this.#currentGround();
      return this.#rows.page(evidence, select, queries, from, count);
    },
    raw: async ({ table, rows }) => {
      await this.#opening;
      return this.#originals.records(this.#currentGround().evidence, table, rows);
    },
    receipts: async ({ queries }) => {
      await this.#opening;
      const { evidence, select } = this.#currentGround();
      return queries.map((query: RowQuery) => this.#rows.receipt(evidence, select, query));
    },
    exportCase: () => this.#change(() => this.#keeper.export()),
    importCase: ({ file, caseId, firstJob }) =>
      this.#opens(async () => {
        await this.#keeper.import(file, caseId);
        return this.#open(caseId, firstJob);
      }),
  };

  readonly #evidenceUnder = (parameters: CaseParameters): Evidence => this.#store.evidence(parameters);

  #teller(id: number): (progress: AnalysisProgress) => void {
    return (progress) => this.#post({ kind: 'progress', id, progress });
  }

  /** A change after which another case is open: questions about rows wait for it. */
  #opens<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#change(work);
    this.#opening = done.catch(() => undefined);
    return done;
  }

  /** Runs a change after those before it. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  #begin(start: JobStart): void {
    if (!this.#arrivals.awaits(start.job)) return;
    this.#work.forget();
    this.#runs.leaveBegun();
    this.#arrivals.begin(start);
  }

  /** Beside hashing and saving: the page asks for the analysis once these are done. */
  async #beginAnalysis(parameters: CaseParameters): Promise<void> {
    await this.#arrivals.areWhole();
    const evidence = this.#store.earlyEvidence(parameters, this.#keeper.heldBytes);
    if (evidence) this.#runs.begin(evidence, parameters, this.#arrivals.haveEnded());
  }

  #drop(job: number): void {
    this.#runs.leaveBegun();
    this.#arrivals.drop(job);
    void this.#change(async () => {
      const id = this.#completed.get(job);
      this.#completed.delete(job);
      if (id !== undefined) await this.#remove(id);
    });
  }

  /** By the parameters as they are stored: the page saves an edit before it loads a file, and may not have analyzed since. */
  async #readingRules(names: readonly string[]): Promise<readonly ReadingRule[]> {
    this.#parameters = parametersFrom((await this.#keeper.parameters()) ?? this.#parameters);
    const rules = this.#parameters.sources ?? [];
    return names.map((name) => {
      const { format, mapping } = ruleFor(rules, name);
      return { format, mapping };
    });
  }

  async #complete(job: number, sha256: string): Promise<Completion> {
    const loading = this.#arrivals.get(job);
    if (!loading) throw new FailureError(GONE);
    const failure = await loading.whole;
    if (failure) {
      this.#drop(job);
      throw new FailureError(failure);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, sha256, resolve, reject });
      void this.#change(() => this.#completeWaiting());
    });
  }

  /** All files that came to wait while those before them were saved. */
  async #completeWaiting(): Promise<void> {
    const added: Added[] = [];
    for (const waiting of this.#waiting.splice(0)) {
      try {
        const one = this.#finish(waiting);
        if (one) added.push(one);
      } catch (error) {
        waiting.reject(error);
      }
    }
    const together = await this.#saveTogether(added.map(({ source }) => source));
    const kept: Added[] = [];
    for (const one of added) {
      const { waiting, start, source } = one;
      try {
        const isSaved = await this.#save(source, start.blob, together.has(source.raw.id));
        // Where the new reading could not be saved, the former one stays in storage and comes back with the next opening.
        if (start.replaces !== undefined) await this.#replaced(start.replaces, isSaved);
        kept.push(one);
      } catch (error) {
        waiting.reject(error);
      }
    }
    // Once all are saved, or not: what is said of the last of many files takes all of the evidence together, once.
    for (const { waiting, source } of kept) {
      try {
        waiting.resolve({ kind: 'done', source: this.#infoOf(source.raw.id) });
      } catch (error) {
        waiting.reject(error);
      }
    }
  }

  /** Makes a source of a file; null where the same bytes are there already. */
  #finish(waiting: Waiting): Added | null {
    const { job, sha256, resolve } = waiting;
    const start = this.#arrivals.get(job)?.start;
    if (!start) throw new FailureError(GONE);
    const finished = this.#store.finish(job, sha256);
    this.#arrivals.end(job);
    if (finished.kind === 'duplicate') {
      // The file is at hand again: receipts of the earlier source can show its lines.
      const { id, name } = finished.of.raw;
      this.#originals.set(id, start.blob);
      this.#unkept.add(id, start.blob);
      resolve({ kind: 'duplicate', of: name });
      return null;
    }
    const { source } = finished;
    // A source that was there, and is only saved now, stays when this file is cancelled.
    if (finished.kind === 'added') this.#completed.set(job, source.raw.id);
    this.#originals.set(source.raw.id, start.blob);
    return { waiting, start, source };
  }

  /** Saves those that are small, and says which. Where that fails, each is saved alone: what cannot be is then known by its name. */
  async #saveTogether(sources: readonly KeptSource[]): Promise<ReadonlySet<SourceId>> {
    const small = sources.filter((source) => rowBytesOf([source]) <= SMALL_BYTES);
    if (small.length < 2) return new Set();
    try {
      await this.#keeper.saveTogether(small, this.#store.dictionaries);
      return new Set(small.map(({ raw }) => raw.id));
    } catch {
      return new Set();
    }
  }

  /** A source that cannot be saved stays usable until the tab is closed, and says so. */
  async #save(source: KeptSource, blob: Blob, isSaved: boolean): Promise<boolean> {
    try {
      if (!isSaved) await this.#keeper.save(source, this.#store.dictionaries);
      this.#unkept.add(source.raw.id, blob);
      await this.#makeRoom(source);
      return true;
    } catch (error) {
      const { what, todo } = toFailure(error);
      this.#store.replace({ ...source, unsaved: todo ? `${what} ${todo}` : what });
      return false;
    }
  }

  /** Rows beyond what memory is meant to hold go on from where they were just saved. */
  async #makeRoom(source: KeptSource): Promise<void> {
    if (this.#store.heldBytes <= this.#keeper.heldBytes) return;
    const rested = await this.#keeper.rested(source);
    if (rested) this.#store.replace(rested);
    this.#store.restingNote = this.#restingNote();
  }

  #restingNote(): string | undefined {
    if (!this.#keeper.isShort) return undefined;
    const limit = formatBytes(this.#keeper.heldBytes);
    return `Its rows are kept in this browser's storage and read from there when needed, since the case holds more than the ${limit} that are held in memory: questions take longer, answers are the same.`;
  }

  async #open(caseId: string, firstJob: number): Promise<readonly SourceInfo[]> {
    this.#arrivals.open(firstJob);
    this.#runs.leaveCase();
    this.#completed.clear();
    this.#originals.clear();
    this.#parameters = {};
    // Nothing of the former case may stay, not even when the other one cannot be read.
    this.#store.open(new Dictionaries(), [], firstJob);
    const opened = await this.#keeper.open(caseId);
    this.#store.open(opened.dictionaries, opened.sources, firstJob);
    this.#store.restingNote = this.#restingNote();
    this.#parameters = parametersFrom(opened.parameters);
    return this.#infos();
  }

  async #remove(id: SourceId): Promise<readonly SourceInfo[]> {
    this.#store.source(id);
    await this.#keeper.remove(id);
    this.#store.remove(id);
    this.#originals.forget(id);
    return this.#infos();
  }

  async #replaced(id: SourceId, isSaved: boolean): Promise<void> {
    if (isSaved) await this.#keeper.remove(id);
    this.#store.remove(id);
    this.#originals.forget(id);
  }

  async #changeSource(id: SourceId, change: SourceChange): Promise<ChangeOutcome> {
    const source = this.#store.source(id);
    const changed = withChange(source, change);
    const { format } = source.raw;
    const isRead = change.mapping !== undefined || (change.format ?? format) !== format;
    if (!isRead) {
      await this.#keeper.saveMeta(changed);
      this.#store.replace(changed);
      return { kind: 'applied', sources: this.#infos() };
    }
    return {
      kind: 'reread',
      input: {
        ...(await this.#original(id)),
        format: change.format ?? format,
        options: { ...changed.said, mapping: change.mapping ?? changed.said.mapping },
      },
    };
  }

  async #original(id: SourceId): Promise<RereadInput> {
    const { raw, said } = this.#store.source(id);
    const { name, lastModifiedMs, format, origin } = raw;
    const file = await this.#originals.blob(id);
    if (!file)
      throw new FailureError({
        what: `${name} must be read again, and its original is not kept in this browser.`,
        kept: 'Its rows as they were read are kept.',
        todo: 'Take the source out of the case, and drop the file again.',
      });
    return { file, name, lastModifiedMs, format, origin, options: said };
  }

  /** The evidence of the last analysis: the rows that the screen names are rows of it, even while files arrive. */
  #currentGround(): Ground {
    return (
      this.#runs.ground ?? { evidence: this.#store.evidence(this.#parameters), select: this.#work.select }
    );
  }

  #infos(): readonly SourceInfo[] {
    return this.#store.evidence(this.#parameters).sources;
  }

  /**
   * A source as it stands. While other files are still being read it is looked at alone, without the rows and years that it shares with
   * others: assembling all of a large case after each of a hundred files would take longer than reading them.
   */
  #infoOf(id: SourceId): SourceInfo {
    const info =
      this.#arrivals.count > 0
        ? this.#store.infoAlone(id, this.#parameters)
        : this.#infos().find((source) => source.id === id);
    if (!info) throw new FailureError({ what: 'The source is not in the evidence.' });
    return info;
  }
}

function tooLarge(error: unknown): Failure {
  return {
    what: `What was found is more than the page has memory for (${toFailure(error).what}).`,
    kept: 'The files that were loaded are kept.',
    todo: 'Close other tabs and try again, or make a case of fewer files or a shorter time.',
  };
}
