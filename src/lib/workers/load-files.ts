import { FailureError, type Failure, type Result } from '../base/result';
import type { CaseParameters } from '../analysis/parameters';
import type { SourceId } from '../base/brand';
import type { Member } from '../ingest/expand';
import { seamsMeet } from '../ingest/json-list';
import type { RangeResult } from '../ingest/parse-range';
import { wholeRange } from '../ingest/plan';
import type { Completion, JobStart, ReadingRule } from './analysis.protocol';
import type { InputFile, LoadEvent, LoadHandle } from './engine';
import type { IngestPool, Task } from './ingest-pool';
import type { Inspection, TaskValue } from './ingest.protocol';
import { ProgressMeter } from './progress';

/** What loading needs of the analysis worker. */
export interface AnalysisSide {
  readingRules(names: readonly string[]): Promise<Result<readonly ReadingRule[]>>;
  begin(start: JobStart): void;
  /** Forgets the file: its rows so far, or its source when that was completed in the instant in which it was cancelled. */
  drop(job: number): void;
  /** The rows of all files that were given are with it, their hashes may not be: the analysis under these parameters can begin. */
  rowsAreIn(parameters: CaseParameters): void;
  complete(job: number, sha256: string): Promise<Result<Completion>>;
  /** Resolves once the originals of what was loaded are kept, or are known not to be. */
  settled(): Promise<void>;
  nextJob(): number;
}

/** Files that wait to be saved at once: they are saved together, so that more of them cost little more time, and only rows that are held anyway. */
const MOST_SAVING = 64;
/** A smaller file is read in one go by one worker: each further request of it, and each word about it, would take as long as its bytes. */
const SMALL_FILE_BYTES = 1 << 20;
/** Files that are at work at once, per worker: enough to keep all of them busy, few enough that a thousand files wait without memory. */
const FILES_PER_WORKER = 2;

type Ending = Exclude<LoadEvent, { kind: 'progress' | 'expanded' }>;

/** Read and hashed: no worker has anything to do with it any more. */
interface Saving {
  readonly kind: 'saving';
  readonly ending: Promise<Ending>;
}

/** An archive has no ending of its own: its files have. */
interface Expansion {
  readonly kind: 'archive';
  readonly members: readonly Member[];
}

/** What the engine holds of a load: beside a person, a worker that dies can end it. */
export interface Loading extends LoadHandle {
  /** Ends every file that is still at work as failed. */
  abandon(failure: Failure): void;
}

export interface LoadOptions {
  /** The source that the file is another reading of. */
  readonly replaces?: SourceId | undefined;
  /** What the analysis that follows is going to be under; without them none begins early. */
  readonly parameters?: CaseParameters | undefined;
}

/** Loads files through the pool into the analysis worker. One ending a file, whatever happens; a file that fails takes no other with it. */
export function loadFiles(
  pool: IngestPool,
  analysis: AnalysisSide,
  files: readonly InputFile[],
  onEvent: (event: LoadEvent) => void,
  { replaces, parameters }: LoadOptions = {},
): Loading {
  const queue: Queued[] = [];
  /** Files of the queue whose rows may still come. */
  let unread = 0;
  let next = 0;
  let running = 0;
  const saving = new Set<Promise<void>>();
  let settle: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const add = async (inputs: readonly InputFile[]): Promise<void> => {
    const rules = analysis.readingRules(inputs.map(({ name }) => name));
    unread += inputs.length;
    inputs.forEach((input, at) => {
      const known = rules.then((result) => (result.ok ? result.value[at] : undefined));
      queue.push({ input, rule: known, controller: new AbortController() });
    });
    const wanted = Math.min(queue.length - next, pool.size * FILES_PER_WORKER - running);
    await Promise.all(Array.from({ length: wanted }, worker));
  };
  const worker = async (): Promise<void> => {
    running += 1;
    try {
      while (next < queue.length) await loadNext(next++);
    } finally {
      running -= 1;
      if (running === 0) void Promise.all(saving).then(settle);
    }
  };
  const loadNext = async (index: number): Promise<void> => {
    const { input: given, rule, controller } = queue[index] as Queued;
    const input = withRule(given, await rule);
    const { signal } = controller;
    let isRead = false;
    const onRead = (): void => {
      if (isRead) return;
      isRead = true;
      unread -= 1;
      if (unread === 0 && parameters) analysis.rowsAreIn(parameters);
    };
    const outcome = await loadFile({ pool, analysis, input, index, signal, onEvent, onRead, replaces });
    if (outcome.kind === 'archive') takeMembers(index, outcome.members);
    else if (outcome.kind === 'saving') await leaveToSave(outcome.ending);
    else onEvent(outcome);
    onRead();
  };
  const leaveToSave = async (ending: Promise<Ending>): Promise<void> => {
    const saved = ending.then(onEvent).finally(() => saving.delete(saved));
    saving.add(saved);
    if (saving.size >= MOST_SAVING) await Promise.race(saving);
  };
  const takeMembers = (index: number, members: readonly Member[]): void => {
    const firstIndex = queue.length;
    const inputs = members.map(({ blob, name, lastModifiedMs, origin, failure }) => ({
      file: blob,
      name,
      lastModifiedMs,
      origin,
      failure,
    }));
    onEvent({ kind: 'expanded', index, firstIndex, members: inputs });
    void add(inputs);
  };
  if (files.length === 0) settle();
  else void add(files);
  return {
    cancel(index) {
      const chosen = index === undefined ? queue : queue.slice(index, index + 1);
      for (const { controller } of chosen) controller.abort();
    },
    abandon(failure) {
      for (const { controller } of queue) controller.abort(new FailureError(failure));
    },
    finished: ended.then(() => analysis.settled()),
  };
}

interface Queued {
  readonly input: InputFile & { readonly failure?: Failure };
  readonly rule: Promise<ReadingRule | undefined>;
  readonly controller: AbortController;
}

/** What was said for this one loading goes before what the case's rules say about files of its name. */
function withRule(input: Queued['input'], rule: ReadingRule = {}): Queued['input'] {
  return {
    ...input,
    format: input.format ?? rule.format,
    options: rule.mapping ? { mapping: rule.mapping, ...input.options } : input.options,
  };
}

interface FileWork {
  readonly pool: IngestPool;
  readonly analysis: AnalysisSide;
  readonly input: Queued['input'];
  readonly index: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LoadEvent) => void;
  /** Its rows are with the analysis. */
  readonly onRead: () => void;
  readonly replaces?: SourceId;
}

async function loadFile(work: FileWork): Promise<Ending | Expansion | Saving> {
  const { pool, analysis, input, index, signal, onEvent } = work;
  const meter = new ProgressMeter(input.file.size, (progress) =>
    onEvent({ kind: 'progress', index, progress }),
  );
  const firstJob = analysis.nextJob();
  if (signal.aborted) return stopped(work);
  if (input.failure) return { kind: 'failed', index, failure: input.failure };
  meter.phase('recognizing');
  const { file: blob, format, options = {} } = input;
  const request = { blob, format, options, workers: pool.size };
  const isSmall = blob.size <= SMALL_FILE_BYTES;
  const task: Task = isSmall
    ? { kind: 'read', job: firstJob, request: { ...request, share: input.origin?.share } }
    : { kind: 'inspect', request };
  const inspected = await pool.run(firstJob, task, signal);
  const read = valueOf(inspected, 'read');
  if (read) return wasRead(work, firstJob, read, meter);
  // Whatever stopped it, some of its rows may be there already.
  if (isSmall && !inspected.ok) analysis.drop(firstJob);
  const inspection = valueOf(inspected, 'inspected')?.inspection;
  if (!inspection) return ending(work, inspected);
  if (inspection.kind === 'archive') return expanded(work, firstJob, meter);
  if (inspection.kind === 'needs mapping')
    return { kind: 'needs mapping', index, preview: inspection.preview };
  if (inspection.preview) onEvent({ kind: 'guessed', index, preview: inspection.preview });

  meter.phase('reading', inspection.formatId);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const parsed = parse({ ...work, signal: either }, firstJob, inspection, meter);
  // Behind the ranges in its lane: it starts when a worker has nothing left to parse of this file.
  const hashing = pool.run(firstJob, { kind: 'hash', blob }, either, ({ bytesRead }) =>
    meter.hashed(bytesRead),
  );
  const { job, lost } = await parsed;
  if (lost) {
    analysis.drop(job);
    failed.abort();
    await hashing;
    return ending(work, lost);
  }
  work.onRead();
  meter.phase('hashing');
  const hashed = await hashing;
  const sha256 = valueOf(hashed, 'hashed')?.sha256;
  if (sha256 === undefined) {
    analysis.drop(job);
    return ending(work, hashed);
  }
  meter.phase('saving');
  return { kind: 'saving', ending: complete(work, job, sha256) };
}

/** A small file, of which all is known at once. */
function wasRead(
  work: FileWork,
  job: number,
  { plan, progress, sha256 }: Read,
  meter: ProgressMeter,
): Ending | Saving {
  const { analysis, index, signal, onEvent } = work;
  begin(work, job, plan);
  work.onRead();
  if (plan.preview) onEvent({ kind: 'guessed', index, preview: plan.preview });
  if (signal.aborted) {
    analysis.drop(job);
    return stopped(work);
  }
  meter.range(0, progress);
  meter.phase('saving', plan.formatId);
  return { kind: 'saving', ending: complete(work, job, sha256) };
}

/** Takes the files out of an archive; they are then loaded like those that were given. */
async function expanded(work: FileWork, job: number, meter: ProgressMeter): Promise<Ending | Expansion> {
  const { pool, input, signal } = work;
  const archive = { blob: input.file, name: input.name, lastModifiedMs: input.lastModifiedMs };
  const result = await pool.run(job, { kind: 'expand', input: archive }, signal, (progress) => {
    if (progress.phase) meter.archive(progress.phase, progress.bytesRead);
  });
  const members = valueOf(result, 'expanded')?.members;
  return members ? { kind: 'archive', members } : ending(work, result);
}

function begin({ analysis, input, replaces }: FileWork, job: number, inspection: Omit<Plan, 'head'>): void {
  analysis.begin({
    job,
    name: input.name,
    blob: input.file,
    lastModifiedMs: input.lastModifiedMs,
    formatId: inspection.formatId,
    container: inspection.container,
    options: input.options ?? {},
    ranges: inspection.ranges.length,
    origin: input.origin,
    replaces,
  });
}

type Plan = Omit<Extract<Inspection, { kind: 'plan' }>, 'kind'>;
type Read = Extract<TaskValue, { kind: 'read' }>;
type TaskResult = Result<TaskValue, Failure | 'cancelled'>;

/**
 * Parses a file in its ranges, and all over again in one where that turned out wrong: rare enough that ordinary files should not pay for a
 * look ahead. Gives the job that has the rows, and what stopped it if anything did.
 */
async function parse(
  work: FileWork,
  job: number,
  plan: Plan,
  meter: ProgressMeter,
): Promise<{ job: number; lost: TaskResult | null }> {
  const { analysis, input } = work;
  begin(work, job, plan);
  const lost = await parseRanges(work, job, plan, meter);
  if (lost !== 'misread') return { job, lost };
  analysis.drop(job);
  meter.again();
  return parse(work, analysis.nextJob(), { ...plan, ranges: [wholeRange(input.file.size)] }, meter);
}

/**
 * Parses all ranges; the first result that is no value, or null when all were read. The others are stopped as soon as one fails, or says
 * that one after it began with a header that is no longer in force, or in the middle of a record.
 */
async function parseRanges(
  { pool, input, signal }: Pick<FileWork, 'pool' | 'input' | 'signal'>,
  job: number,
  { formatId, container, head, ranges }: Plan,
  meter: ProgressMeter,
): Promise<TaskResult | null | 'misread'> {
  const siblings = new AbortController();
  const either = AbortSignal.any([signal, siblings.signal]);
  const seams: RangeResult['seams'][] = [];
  let first: TaskResult | null | 'misread' = null;
  await Promise.all(
    ranges.map(async (range) => {
      const result = await pool.run(
        job,
        {
          kind: 'range',
          job,
          range: {
            blob: input.file,
            container,
            formatId,
            head,
            options: input.options ?? {},
            range,
            share: input.origin?.share,
          },
        },
        either,
        (progress) => meter.range(range.index, progress),
      );
      const value = valueOf(result, 'ranged');
      if (value) meter.range(range.index, value.progress);
      seams[range.index] = value?.seams;
      const isMisread =
        (value?.isHeaderChanged === true && range.index < ranges.length - 1) ||
        !meets(seams[range.index - 1], seams[range.index]) ||
        !meets(seams[range.index], seams[range.index + 1]);
      if (value && !isMisread) return;
      first ??= value ? 'misread' : result;
      siblings.abort();
    }),
  );
  return first;
}

/** Whether a range begins where the one before it ended, as far as both are known and have to tell. */
function meets(before: RangeResult['seams'], after: RangeResult['seams']): boolean {
  return before === undefined || after === undefined || seamsMeet(before.next, after.first);
}

async function complete(work: FileWork, job: number, sha256: string): Promise<Ending> {
  const { analysis, index, signal } = work;
  const completed = await analysis.complete(job, sha256);
  if (signal.aborted) {
    analysis.drop(job);
    return stopped(work);
  }
  if (!completed.ok) return { kind: 'failed', index, failure: completed.error };
  const { value } = completed;
  if (value.kind === 'duplicate') return { kind: 'duplicate', index, of: value.of };
  return { kind: 'done', index, source: value.source };
}

/** A signal says who stopped the file: a person, or a failure elsewhere. */
function stopped({ input, index, signal }: FileWork): Ending {
  const reason: unknown = signal.reason;
  return reason instanceof FailureError
    ? { kind: 'failed', index, failure: { source: input.name, ...reason.failure } }
    : { kind: 'cancelled', index };
}

function ending(work: FileWork, result: TaskResult): Ending {
  const { input, index } = work;
  if (!result.ok && result.error === 'cancelled') return stopped(work);
  const failure: Failure =
    result.ok || result.error === 'cancelled'
      ? { what: 'The reader gave an unexpected answer.' }
      : result.error;
  return { kind: 'failed', index, failure: { source: input.name, ...failure } };
}

function valueOf<K extends TaskValue['kind']>(
  result: TaskResult,
  kind: K,
): Extract<TaskValue, { kind: K }> | undefined {
  return result.ok && result.value.kind === kind
    ? (result.value as Extract<TaskValue, { kind: K }>)
    : undefined;
}
