import type { SourceId } from '../base/brand';
import { fail, FailureError, ok, toFailure, type Failure, type Result } from '../base/result';
import type { Detectability, DetectabilityOptions, DetectabilityProgress } from '../analysis/detectability';
import type { Evidence, RowQuery, SourceInfo } from '../analysis/evidence';
import type { Findings } from '../analysis/findings';
import type { CaseParameters, SourceRule } from '../analysis/parameters';
import { Dictionaries } from '../tables/dictionaries';
import { formatBytes } from '../base/units';
import { breathe } from '../ingest/pace';
import { ruleFor } from '../ingest/rules';
import type {
  AnalysisCall,
  AnalysisCalls,
  AnalysisReply,
  AnalysisRequest,
  CallName,
  ChangeOutcome,
  Completion,
  JobStart,
  ReadingRule,
} from './analysis.protocol';
import type { AnalysisProgress, SourceChange } from './engine';
import { CaseKeeper } from './case-keeper';
import { EvidenceStore } from './evidence-store';
import type { RowsMessage } from './ingest.protocol';
import { Originals } from './originals';
import { withChange, type KeptSource } from './kept-source';
import { RowReader, type SelectRows } from './row-reader';

interface Loading {
  readonly start: JobStart;
  /** Resolves with null once all ranges are merged, and with why when they never will be. */
  readonly whole: Promise<Failure | null>;
  readonly settle: (failure: Failure | null) => void;
}

/** The evidence that the screen's numbers rest on, and the way to ask for its rows. */
interface Ground {
  readonly evidence: Evidence;
  readonly select: SelectRows;
}

/** The questions themselves, a step at a time; given from outside, so that the host can be tested without them. */
export interface AnalysisWork {
  steps(
    evidence: Evidence,
    parameters: CaseParameters,
  ): Iterator<AnalysisProgress, { readonly findings: Findings; readonly select: SelectRows }>;
  /** How small an attack would have been found: many analyses, a step at a time. */
  detectability(
    evidence: Evidence,
    parameters: CaseParameters,
    options: DetectabilityOptions,
  ): Iterator<DetectabilityProgress, Detectability | null>;
  /** The evidence is about to change: what was kept of former runs over it is of no more use, and takes room. */
  forget(): void;
  /** Rows of a question as long as no analysis has said who is who. */
  readonly select: SelectRows;
}

const GONE: Failure = { what: 'This file is no longer being loaded.' };

type Calls = { [K in CallName]: (input: AnalysisCalls[K][0], id: number) => Promise<AnalysisCalls[K][1]> };

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
  readonly #loading = new Map<number, Loading>();
  /** Rows that came before the message that announces their job: the two take different ways. */
  readonly #early = new Map<number, RowsMessage[]>();
  readonly #ended = new Set<number>();
  readonly #completed = new Map<number, SourceId>();
  #firstJob = 0;
  #parameters: CaseParameters = {};
  #ground: Ground | null = null;
  #analysis = 0;
  #measurement = 0;
  #changes: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();
  #keeping: Promise<unknown> = Promise.resolve();

  constructor(post: (reply: AnalysisReply) => void, work: AnalysisWork, keeper: CaseKeeper) {
    this.#post = post;
    this.#work = work;
    this.#keeper = keeper;
    this.#originals = new Originals((id) => keeper.original(id));
  }

  handle(request: AnalysisRequest): void {
    switch (request.kind) {
      case 'connect':
        request.port.onmessage = (event: MessageEvent<RowsMessage>) => this.receiveRows(event.data);
        return;
      case 'hold':
        this.#keeper.heldBytes = request.bytes;
        return;
      case 'begin':
        this.#begin(request.start);
        return;
      case 'drop':
        this.#drop(request.job);
        return;
      case 'call':
        void this.#answer(request);
        return;
    }
  }

  /** Rows from an ingest worker. */
  receiveRows(message: RowsMessage): void {
    const { job } = message;
    if (job < this.#firstJob || this.#ended.has(job)) return;
    const loading = this.#loading.get(job);
    if (!loading) {
      const early = this.#early.get(job);
      if (early) early.push(message);
      else this.#early.set(job, [message]);
      return;
    }
    try {
      if (message.kind === 'segment') this.#store.addSegment(job, message.range, message.data);
      else if (this.#store.addResult(job, message.result)) loading.settle(null);
    } catch (error) {
      // No memory left for this file, most likely: the others, and the case, go on.
      this.#store.drop(job);
      loading.settle(toFailure(error, loading.start.name));
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
    this.#post({ kind: 'reply', id: call.id, result });
  }

  readonly #calls: Calls = {
    openCase: ({ caseId, firstJob }) => this.#opens(() => this.#open(caseId, firstJob)),
    // In turn with the changes: files that were given while a case is being opened belong to it and wait.
    readingRules: ({ names }) => this.#change(() => this.#readingRules(names)),
    complete: ({ job, sha256 }) => this.#complete(job, sha256),
    removeSource: ({ id }) => this.#change(() => this.#remove(id)),
    changeSource: ({ id, change }) => this.#change(() => this.#changeSource(id, change)),
    settled: async () => {
      await this.#keeping;
    },
    sources: () => this.#change(async () => this.#infos()),
    analyze: ({ parameters }, id) => this.#analyze(parameters, id),
    detectability: ({ parameters, options }, id) => this.#measure(parameters, options, id),
    cancelDetectability: async () => {
      this.#measurement += 1;
    },
    rows: async ({ query, from, count }) => {
      await this.#opening;
      const { evidence, select } = this.#currentGround();
      return this.#rows.page(evidence, select, query, from, count);
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
    if (start.job < this.#firstJob || this.#ended.has(start.job)) return;
    let settle: (failure: Failure | null) => void = () => undefined;
    const whole = new Promise<Failure | null>((resolve) => {
      settle = resolve;
    });
    this.#work.forget();
    this.#store.begin(start);
    this.#loading.set(start.job, { start, whole, settle });
    const early = this.#early.get(start.job) ?? [];
    this.#early.delete(start.job);
    for (const message of early) this.receiveRows(message);
  }

  #drop(job: number): void {
    this.#ended.add(job);
    this.#early.delete(job);
    this.#store.drop(job);
    this.#loading.get(job)?.settle(GONE);
    this.#loading.delete(job);
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
    const loading = this.#loading.get(job);
    if (!loading) throw new FailureError(GONE);
    const failure = await loading.whole;
    if (failure) {
      this.#drop(job);
      throw new FailureError(failure);
    }
    return this.#change(async () => {
      if (!this.#loading.has(job)) throw new FailureError(GONE);
      const finished = this.#store.finish(job, sha256);
      this.#loading.delete(job);
      this.#ended.add(job);
      const { blob, replaces } = loading.start;
      if (finished.kind === 'duplicate') {
        // The file is at hand again: receipts of the earlier source can show its lines.
        const { id, name } = finished.of.raw;
        this.#originals.set(id, blob);
        this.#keepOriginal(id, blob);
        return { kind: 'duplicate', of: name };
      }
      const { id } = finished.source.raw;
      this.#completed.set(job, id);
      this.#originals.set(id, blob);
      const isSaved = await this.#save(finished.source, blob);
      // Where the new reading could not be saved, the former one stays in storage and comes back with the next opening.
      if (replaces !== undefined) await this.#replaced(replaces, isSaved);
      return { kind: 'done', source: this.#infoOf(id) };
    });
  }

  /** A source that cannot be saved stays usable until the tab is closed, and says so. */
  async #save(source: KeptSource, blob: Blob): Promise<boolean> {
    try {
      await this.#keeper.save(source, this.#store.dictionaries);
      this.#keepOriginal(source.raw.id, blob);
      await this.#makeRoom(source);
      return true;
    } catch (error) {
      const { what, todo } = toFailure(error);
      const notes = [...source.raw.notes, `Not saved: ${what}${todo ? ` ${todo}` : ''}`];
      this.#store.replace({ ...source, raw: { ...source.raw, notes } });
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

  /** The source is safe; copying its original, which may be large, keeps neither its ending nor the next file waiting. */
  #keepOriginal(id: SourceId, blob: Blob): void {
    const { caseId } = this.#keeper;
    if (caseId !== null)
      this.#keeping = this.#keeping.then(() => this.#keeper.keepOriginal(caseId, id, blob));
  }

  async #open(caseId: string, firstJob: number): Promise<readonly SourceInfo[]> {
    this.#firstJob = firstJob;
    this.#analysis += 1;
    this.#measurement += 1;
    for (const { settle } of this.#loading.values()) settle(GONE);
    this.#loading.clear();
    this.#early.clear();
    this.#ended.clear();
    this.#completed.clear();
    this.#originals.clear();
    this.#ground = null;
    this.#work.forget();
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
    const { name, lastModifiedMs, format, origin } = source.raw;
    const isRead = change.mapping !== undefined || (change.format ?? format) !== format;
    if (!isRead) {
      await this.#keeper.saveMeta(changed);
      this.#store.replace(changed);
      return { kind: 'applied', sources: this.#infos() };
    }
    const file = await this.#originals.blob(id);
    if (!file)
      throw new FailureError({
        what: `${name} must be read again, and its original is not kept in this browser.`,
        kept: 'Its rows as they were read are kept.',
        todo: 'Drop the file again with the other format.',
      });
    return {
      kind: 'reread',
      input: {
        file,
        name,
        lastModifiedMs,
        format: change.format ?? format,
        origin,
        options: { ...changed.said, mapping: change.mapping ?? changed.said.mapping },
      },
    };
  }

  async #analyze(parameters: CaseParameters, id: number): Promise<Findings | 'superseded'> {
    const run = ++this.#analysis;
    this.#parameters = parameters;
    // A change that was asked for before this call must be in what it sees.
    await this.#changes;
    if (run !== this.#analysis) return 'superseded';
    const evidence = this.#store.evidence(parameters);
    const steps = this.#work.steps(evidence, parameters);
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done) {
        this.#ground = { evidence, select: next.value.select };
        return next.value.findings;
      }
      this.#post({ kind: 'progress', id, progress: next.value });
      await breathe();
      if (run !== this.#analysis) return 'superseded';
    }
  }

  /** On a snapshot, as an analysis is; a later measurement, or another case, supersedes it. */
  async #measure(
    parameters: CaseParameters,
    options: DetectabilityOptions,
    id: number,
  ): Promise<Detectability | null | 'superseded'> {
    const run = ++this.#measurement;
    await this.#changes;
    if (run !== this.#measurement) return 'superseded';
    const steps = this.#work.detectability(this.#store.evidence(parameters), parameters, options);
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done) return next.value;
      this.#post({ kind: 'progress', id, progress: { step: 'detectability', ...next.value } });
      await breathe();
      if (run !== this.#measurement) return 'superseded';
    }
  }

  /** The evidence of the last analysis: the rows that the screen names are rows of it, even while files arrive. */
  #currentGround(): Ground {
    return this.#ground ?? { evidence: this.#store.evidence(this.#parameters), select: this.#work.select };
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
      this.#loading.size > 0
        ? this.#store.infoAlone(id, this.#parameters)
        : this.#infos().find((source) => source.id === id);
    if (!info) throw new FailureError({ what: 'The source is not in the evidence.' });
    return info;
  }
}

/**
 * What reading and assembling need of the stored parameters. They may come from a case file that somebody else wrote; the page brings the rest
 * through the document's upgraders.
 */
function parametersFrom(stored: unknown): CaseParameters {
  if (!isRecord(stored)) return {};
  const { zone, year, sources } = stored;
  return {
    ...(typeof zone === 'string' && { zone }),
    ...(typeof year === 'number' && { year }),
    ...(Array.isArray(sources) && {
      sources: sources.filter((rule) => isRecord(rule) && typeof rule['name'] === 'string') as SourceRule[],
    }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
