import type { SourceId } from '../base/brand';
import { fail, ok, type Failure, type Result } from '../base/result';
import type { Detectability, DetectabilityOptions } from '../analysis/detectability';
import type { RowQuery, SourceInfo } from '../analysis/evidence';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import type { TablePreview } from '../formats/format';
import type { TableName } from '../tables/schemas';
import type { RereadInput } from './analysis.protocol';
import { CallChannel } from './call-channel';
import type {
  AnalysisProgress,
  Engine,
  InputFile,
  LoadEvent,
  LoadHandle,
  RawRecord,
  Receipt,
  RowPage,
  SourceChange,
} from './engine';
import { IngestPool, type WorkerLike } from './ingest-pool';
import { loadFiles, type AnalysisSide, type Loading, type LoadOptions } from './load-files';

/** More ingest workers than this wait for the disk and for the one analysis worker instead of for a processor. */
const MAX_INGEST_WORKERS = 4;

/** How the engine comes by its workers; a test gives others. */
export interface EngineParts {
  readonly makeIngestWorker: () => WorkerLike;
  readonly makeAnalysisWorker: () => WorkerLike;
  readonly ingestWorkers: number;
  /** Bytes of rows in memory beyond which they rest in storage; absent: as many as `case-keeper.ts` says. */
  readonly heldBytes?: number;
}

/** The machinery behind the page: one analysis worker at once, ingest workers when the page is at rest or the first file comes. */
export function createEngine(options: Pick<EngineParts, 'heldBytes'> = {}): Engine {
  return new WorkerEngine({
    makeIngestWorker: () => new Worker(new URL('./ingest.worker.ts', import.meta.url), { type: 'module' }),
    makeAnalysisWorker: () =>
      new Worker(new URL('./analysis.worker.ts', import.meta.url), { type: 'module' }),
    ingestWorkers: Math.min(MAX_INGEST_WORKERS, navigator.hardwareConcurrency || 1),
    ...options,
  });
}

export class WorkerEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #pool: IngestPool;
  readonly #loads = new Set<Loading>();
  /** Null after it has died: the next call starts another, so that one that can't live does not start forever. */
  #analysis: CallChannel | null = null;
  #caseId: string | null = null;
  #nextJob = 1;
  #nextLane = 1;
  /** Counts analyses: an answer to an earlier one is superseded, whatever the worker made of it. */
  #analyses = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#pool = new IngestPool(parts.ingestWorkers, parts.makeIngestWorker, (port) =>
      this.#channel().send({ kind: 'connect', port }, [port]),
    );
    this.#channel();
  }

  async openCase(caseId: string): Promise<Result<readonly SourceInfo[]>> {
    this.#leaveCase();
    const opened = await this.#channel().call('openCase', { caseId, firstJob: this.#nextJob });
    if (opened.ok) this.#caseId = caseId;
    return opened;
  }

  prepare(): Promise<void> {
    return this.#pool.prepare();
  }

  load(
    files: readonly InputFile[],
    onEvent: (event: LoadEvent) => void,
    parameters?: CaseParameters,
  ): LoadHandle {
    return this.#load(files, onEvent, { parameters });
  }

  removeSource(id: SourceId): Promise<Result<readonly SourceInfo[]>> {
    return this.#channel().call('removeSource', { id });
  }

  async changeSource(id: SourceId, change: SourceChange): Promise<Result<readonly SourceInfo[]>> {
    const outcome = await this.#channel().call('changeSource', { id, change });
    if (!outcome.ok) return outcome;
    return outcome.value.kind === 'applied'
      ? ok(outcome.value.sources)
      : this.#reread(id, outcome.value.input);
  }

  async analyze(
    parameters: CaseParameters,
    onProgress?: (progress: AnalysisProgress) => void,
  ): Promise<Result<Findings, Failure | 'superseded'>> {
    const run = ++this.#analyses;
    const result = await this.#channel().call('analyze', { parameters }, (progress) => {
      if (run === this.#analyses) onProgress?.(progress);
    });
    if (run !== this.#analyses) return fail('superseded');
    if (!result.ok) return result;
    return result.value === 'superseded' ? fail('superseded') : ok(result.value);
  }

  cancelAnalysis(): void {
    this.#analyses += 1;
    void this.#analysis?.call('cancelAnalysis', {});
  }

  async measureDetectability(
    parameters: CaseParameters,
    options: DetectabilityOptions = {},
    onProgress?: (progress: AnalysisProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<Detectability | null, Failure | 'superseded'>> {
    if (signal?.aborted) return fail('superseded');
    const channel = this.#channel();
    const cancel = (): void => void channel.call('cancelDetectability', {});
    signal?.addEventListener('abort', cancel, { once: true });
    const result = await channel.call('detectability', { parameters, options }, onProgress);
    signal?.removeEventListener('abort', cancel);
    if (signal?.aborted) return fail('superseded');
    if (!result.ok) return result;
    return result.value === 'superseded' ? fail('superseded') : ok(result.value);
  }

  rows(asked: RowQuery | readonly RowQuery[], from: number, count: number): Promise<Result<RowPage>> {
    const queries = 'table' in asked ? [asked] : asked;
    return this.#channel().call('rows', { queries, from, count });
  }

  raw(table: TableName, rows: readonly number[]): Promise<Result<readonly RawRecord[]>> {
    return this.#channel().call('raw', { table, rows });
  }

  receipts(queries: readonly RowQuery[]): Promise<Result<readonly Receipt[]>> {
    return this.#channel().call('receipts', { queries });
  }

  async preview(file: InputFile): Promise<Result<TablePreview>> {
    const { signal } = new AbortController();
    const result = await this.#pool.run(this.#nextLane++, { kind: 'preview', blob: file.file }, signal);
    if (result.ok && result.value.kind === 'previewed') return ok(result.value.preview);
    const failure =
      !result.ok && result.error !== 'cancelled' ? result.error : { what: 'The preview was not made.' };
    return fail({ source: file.name, ...failure });
  }

  async previewSource(id: SourceId): Promise<Result<TablePreview>> {
    const original = await this.#channel().call('original', { id });
    return original.ok ? this.preview(original.value) : original;
  }

  exportCase(): Promise<Result<Blob>> {
    return this.#channel().call('exportCase', {});
  }

  async importCase(file: Blob, caseId: string): Promise<Result<readonly SourceInfo[]>> {
    this.#leaveCase();
    const imported = await this.#channel().call('importCase', { file, caseId, firstJob: this.#nextJob });
    if (imported.ok) this.#caseId = caseId;
    return imported;
  }

  dispose(): void {
    this.#leaveCase();
    this.#pool.dispose();
    this.#analysis?.close({ what: 'The page was closed.' });
  }

  /** Loads belong to the case that they were begun in. */
  #leaveCase(): void {
    this.#analyses += 1;
    this.#caseId = null;
    for (const load of this.#loads) load.cancel();
  }

  #load(files: readonly InputFile[], onEvent: (event: LoadEvent) => void, options: LoadOptions): LoadHandle {
    const handle = loadFiles(this.#pool, this.#side(), files, onEvent, options);
    this.#loads.add(handle);
    void handle.finished.then(() => this.#loads.delete(handle));
    return handle;
  }

  #side(): AnalysisSide {
    const analysis = this.#channel();
    return {
      readingRules: (names) => analysis.call('readingRules', { names }),
      begin: (start) => analysis.send({ kind: 'begin', start }),
      drop: (job) => analysis.send({ kind: 'drop', job }),
      rowsAreIn: (parameters) => analysis.send({ kind: 'rows are in', parameters }),
      complete: (job, sha256) => analysis.call('complete', { job, sha256 }),
      settled: async () => {
        await analysis.call('settled', {});
      },
      nextJob: () => this.#nextJob++,
    };
  }

  async #reread(id: SourceId, input: RereadInput): Promise<Result<readonly SourceInfo[]>> {
    let failure: Failure | null = { what: `${input.name} was not read again.` };
    const handle = this.#load(
      [input],
      (event) => {
        if (event.kind === 'done') failure = null;
        else if (event.kind === 'failed') failure = event.failure;
        else if (event.kind === 'needs mapping')
          failure = { what: 'Its columns must be named first.', todo: 'Map them, then change the format.' };
      },
      { replaces: id },
    );
    await handle.finished;
    return failure ? fail(failure) : this.#channel().call('sources', {});
  }

  /** The way to the analysis worker. One that died is replaced, and its case comes back from storage. */
  #channel(): CallChannel {
    if (this.#analysis) return this.#analysis;
    const channel = new CallChannel(this.#parts.makeAnalysisWorker(), (failure) => {
      this.#analysis = null;
      for (const load of this.#loads) load.abandon(failure);
    });
    this.#analysis = channel;
    const { heldBytes } = this.#parts;
    if (heldBytes !== undefined) channel.send({ kind: 'hold', bytes: heldBytes });
    this.#pool.reconnect();
    // First in its queue: whatever is asked next finds the case open. A failure is that question's to tell.
    if (this.#caseId !== null)
      void channel.call('openCase', { caseId: this.#caseId, firstJob: this.#nextJob });
    return channel;
  }
}
