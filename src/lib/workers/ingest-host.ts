import { FailureError, toFailure, type Failure } from '../base/result';
import type { Head, MappedTable, TablePreview } from '../formats/format';
import { FORMATS, formatById } from '../formats/registry';
import {
  expand,
  type ArchiveInput,
  type ExpandOptions,
  type ExpandPhase,
  type Member,
} from '../ingest/expand';
import { sha256Of } from '../ingest/hash';
import { HeldBytes, type ByteSource } from '../ingest/held-bytes';
import { Cancelled } from '../ingest/pace';
import { parseRange, type RangeJob } from '../ingest/parse-range';
import { planRanges, readersOf } from '../ingest/plan';
import { recognize } from '../ingest/recognize';
import { runIn } from '../ingest/run-in';
import { transferablesOf } from '../tables/segment';
import type {
  Inspection,
  IngestReply,
  IngestRequest,
  InspectRequest,
  ReadRequest,
  RowsMessage,
  TaskProgress,
  TaskValue,
} from './ingest.protocol';

/** Ten progress messages a second are as many as anybody can read. */
const PROGRESS_EVERY_MS = 100;

/** What the formats of tables of any origin have, in the registry's order. */
const MAPPED: readonly MappedTable[] = FORMATS.flatMap(({ mapped }) => mapped ?? []);

type SendRows = (message: RowsMessage, transfer: Transferable[]) => void;

/** What an ingest worker does, apart from being a worker: inspects, parses and hashes, one task at a time. */
export class IngestHost {
  readonly #post: (reply: IngestReply) => void;
  readonly #running = new Map<number, AbortController>();
  readonly #runningIn = new AbortController();
  #sendRows: SendRows | null = null;

  constructor(post: (reply: IngestReply) => void) {
    this.#post = post;
  }

  handle(request: IngestRequest): void {
    switch (request.kind) {
      case 'connect': {
        const { port } = request;
        this.#sendRows = (message, transfer) => port.postMessage(message, transfer);
        return;
      }
      case 'run in':
        void this.#runIn();
        return;
      case 'cancel':
        this.#running.get(request.task)?.abort();
        return;
      case 'inspect':
        void this.#run(request.task, async () => ({
          kind: 'inspected',
          inspection: await inspect(request.request),
        }));
        return;
      case 'preview':
        void this.#run(request.task, async () => preview(request.blob));
        return;
      case 'expand':
        void this.#run(request.task, (signal) =>
          expandAll(request.input, signal, this.#archiveProgress(request.task)),
        );
        return;
      case 'range':
        void this.#run(request.task, (signal) =>
          this.#parse(request.task, request.job, request.range, signal),
        );
        return;
      case 'read':
        void this.#run(request.task, (signal) =>
          this.#readSmall(request.task, request.job, request.request, signal),
        );
        return;
      case 'hash':
        void this.#run(request.task, async (signal) => ({
          kind: 'hashed',
          sha256: await sha256Of(
            request.blob,
            this.#progress(request.task, (bytesRead: number) => ({ bytesRead, rows: 0, rejected: 0 })),
            signal,
          ),
        }));
        return;
    }
  }

  async #runIn(): Promise<void> {
    try {
      await runIn(this.#runningIn.signal);
    } catch (error) {
      // Nothing of a person's is read here: whatever failed will be told of the first file that meets it.
      if (!(error instanceof Cancelled)) console.warn('a reader could not run in', error);
    }
    this.#post({ kind: 'ready' });
  }

  async #run(task: number, work: (signal: AbortSignal) => Promise<TaskValue>): Promise<void> {
    this.#runningIn.abort();
    const controller = new AbortController();
    this.#running.set(task, controller);
    try {
      const value = await work(controller.signal);
      this.#post(controller.signal.aborted ? { kind: 'cancelled', task } : { kind: 'ended', task, value });
    } catch (error) {
      this.#post(
        controller.signal.aborted
          ? { kind: 'cancelled', task }
          : { kind: 'failed', task, failure: readFailure(error) },
      );
    } finally {
      this.#running.delete(task);
    }
  }

  async #parse(task: number, job: number, range: RangeJob, signal: AbortSignal): Promise<Ranged> {
    const send = this.#sendRows;
    if (!send) throw new Error('an ingest worker was not connected');
    let totals: TaskProgress = { bytesRead: 0, rows: 0, rejected: 0 };
    const report = this.#progress(task, (bytesRead: number, rows: number, rejected: number) => {
      totals = { bytesRead, rows, rejected };
      return totals;
    });
    const result = await parseRange(
      range,
      {
        onSegment: (data) => {
          // What was parsed after a cancel would only be dropped on the other side.
          if (signal.aborted) return;
          send({ kind: 'segment', job, range: range.range.index, data }, transferablesOf(data));
        },
        onProgress: report,
      },
      signal,
    );
    if (!signal.aborted) {
      const { addresses, stringBytes, stringEnds } = result.dictionaries;
      send({ kind: 'range', job, result }, [
        addresses.buffer as ArrayBuffer,
        stringBytes.buffer as ArrayBuffer,
        stringEnds.buffer as ArrayBuffer,
      ]);
    }
    const rows = Object.values(result.rows).reduce((sum, count) => sum + count, 0);
    return {
      kind: 'ranged',
      isHeaderChanged: result.isHeaderChanged,
      seams: result.seams,
      progress: { bytesRead: result.bytesRead, rows, rejected: result.rejected },
    };
  }

  async #readSmall(
    task: number,
    job: number,
    { blob, share, ...request }: ReadRequest,
    signal: AbortSignal,
  ): Promise<TaskValue> {
    const held = new HeldBytes(new Uint8Array(await blob.arrayBuffer()));
    const inspection = await inspect({ ...request, blob: held });
    const [range, ...others] = inspection.kind === 'plan' ? inspection.ranges : [];
    if (inspection.kind !== 'plan' || !range || others.length > 0) return { kind: 'inspected', inspection };
    const { kind: _kind, head, ...plan } = inspection;
    const { formatId, container } = plan;
    const parts = { blob: held, container, formatId, head, options: request.options, range, share };
    const { progress } = await this.#parse(task, job, parts, signal);
    return { kind: 'read', plan, progress, sha256: await sha256Of(held) };
  }

  #archiveProgress(task: number): NonNullable<ExpandOptions['onProgress']> {
    const reportOf = (phase: ExpandPhase): ((bytesRead: number) => void) =>
      this.#progress(task, (bytesRead: number) => ({ bytesRead, rows: 0, rejected: 0, phase }), -Infinity);
    const reports = { hashing: reportOf('hashing'), unpacking: reportOf('unpacking') };
    return (phase, bytesRead) => reports[phase](bytesRead);
  }

  /** A callback that posts at most every PROGRESS_EVERY_MS after `last`: of a small file, which is read within that time, nothing. */
  #progress<A extends number[]>(
    task: number,
    toProgress: (...values: A) => TaskProgress,
    last = performance.now(),
  ): (...values: A) => void {
    return (...values) => {
      const progress = toProgress(...values);
      const now = performance.now();
      if (now - last < PROGRESS_EVERY_MS) return;
      last = now;
      this.#post({ kind: 'progress', task, progress });
    };
  }
}

type Ranged = Extract<TaskValue, { kind: 'ranged' }>;

/** What is to be inspected, out of whatever holds its bytes. */
type Inspected = Omit<InspectRequest, 'blob'> & { readonly blob: ByteSource };

async function inspect(request: Inspected): Promise<Inspection> {
  const { container, archive, head, ranking, failure } = await recognize(request.blob);
  if (archive) return { kind: 'archive' };
  // The analyst's word overrules what the content looks like, but not that there is nothing to read.
  const isOverruled = request.format !== undefined && head.bytes.length > 0;
  if (failure && !isOverruled) throw new FailureError(failure);
  const chosen = request.format ?? ranking[0]?.formatId;
  if (chosen === undefined)
    throw new FailureError({
      what: 'No known format fits what is in this file.',
      todo: 'Name its format, or map its columns if it is a delimited file.',
    });
  const format = formatById(chosen);
  if (!format) throw new FailureError({ what: `There is no format named ${chosen}.` });
  const { mapped } = format;
  if (mapped?.needsMapping(head, request.options))
    return { kind: 'needs mapping', preview: previewOf(head, [mapped]) };
  const processors = globalThis.navigator?.hardwareConcurrency ?? Infinity;
  const readers = readersOf(format, head, request.workers, processors);
  return {
    kind: 'plan',
    formatId: format.id,
    container,
    head,
    ranges: planRanges(request.blob.size, format, container, readers, head),
    preview: mapped && !request.options.mapping ? previewOf(head, [mapped]) : undefined,
  };
}

/** All files of an archive. What is to be said of the archive itself goes with the first that can be read. */
async function expandAll(
  input: ArchiveInput,
  signal: AbortSignal,
  onProgress: ExpandOptions['onProgress'],
): Promise<TaskValue> {
  const members: Member[] = [];
  const walk = expand(input, { signal, onProgress });
  for (;;) {
    const next = await walk.next();
    if (!next.done) {
      members.push(next.value);
      continue;
    }
    const first = members.findIndex(({ failure }) => failure === undefined);
    const member = members[first];
    if (member) {
      const notes = [...member.origin.notes, ...next.value.notes];
      members[first] = { ...member, origin: { ...member.origin, notes } };
    }
    return { kind: 'expanded', members };
  }
}

async function preview(blob: Blob): Promise<TaskValue> {
  const { head } = await recognize(blob);
  return { kind: 'previewed', preview: previewOf(head, MAPPED) };
}

function previewOf(head: Head, tables: readonly MappedTable[]): TablePreview {
  for (const table of tables) {
    const found = table.preview(head);
    if (found) return found;
  }
  throw new FailureError({
    what: 'No columns were found in the first lines of this file.',
    todo: 'Give it a header line and one separator (comma, tab, semicolon), or one JSON object a record, or name another format.',
  });
}

/** A file that changed, moved or lost its permission while it was read fails with the browser's own terse words: say them plainly. */
function readFailure(error: unknown): Failure {
  if (error instanceof DOMException && (error.name === 'NotReadableError' || error.name === 'NotFoundError'))
    return {
      what: 'The file could not be read any further: it was changed, moved or locked after it was dropped.',
      todo: 'Drop it again once nothing writes to it.',
    };
  return toFailure(error);
}
