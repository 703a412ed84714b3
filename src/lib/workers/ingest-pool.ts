import { fail, ok, type Failure, type Result } from '../base/result';
import type { ArchiveInput } from '../ingest/expand';
import type { RangeJob } from '../ingest/parse-range';
import type {
  IngestReply,
  IngestRequest,
  InspectRequest,
  ReadRequest,
  TaskProgress,
  TaskValue,
} from './ingest.protocol';

/** As much of a Worker as the pool needs, so that a test can stand in for one. */
export interface WorkerLike {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export type Task =
  | { readonly kind: 'inspect'; readonly request: InspectRequest }
  | { readonly kind: 'preview'; readonly blob: Blob }
  | { readonly kind: 'expand'; readonly input: ArchiveInput }
  | { readonly kind: 'range'; readonly job: number; readonly range: RangeJob }
  | { readonly kind: 'read'; readonly job: number; readonly request: ReadRequest }
  | { readonly kind: 'hash'; readonly blob: Blob };

interface Waiting {
  readonly id: number;
  /** Tasks of one file share a lane; lanes take turns. */
  readonly lane: number;
  readonly task: Task;
  readonly onProgress?: (progress: TaskProgress) => void;
  readonly settle: (result: Result<TaskValue, Failure | 'cancelled'>) => void;
}

interface Member {
  readonly worker: WorkerLike;
  running: Waiting | null;
  /** Called once it has run in, or died. */
  ready?: () => void;
}

/**
 * Workers that each do one task at a time. Tasks of different files take turns, so that a small file dropped after a large one
 * does not wait for all of it. A worker that dies takes its one task with it and is replaced.
 */
export class IngestPool {
  readonly size: number;
  readonly #members: Member[] = [];
  readonly #makeWorker: () => WorkerLike;
  readonly #connect: (port: MessagePort) => void;
  #waiting: Waiting[] = [];
  #lastLane = -1;
  #nextId = 1;

  /** `connect` gets the end of a new channel on which a worker's rows will arrive. */
  constructor(size: number, makeWorker: () => WorkerLike, connect: (port: MessagePort) => void) {
    this.size = size;
    this.#makeWorker = makeWorker;
    this.#connect = connect;
  }

  /** Runs a task when a worker is free. An abort of `signal` ends it with `cancelled`, waiting or running. */
  run(
    lane: number,
    task: Task,
    signal: AbortSignal,
    onProgress?: (progress: TaskProgress) => void,
  ): Promise<Result<TaskValue, Failure | 'cancelled'>> {
    if (signal.aborted) return Promise.resolve(fail('cancelled'));
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const cancel = (): void => this.#cancel(id);
      signal.addEventListener('abort', cancel, { once: true });
      this.#waiting.push({
        id,
        lane,
        task,
        onProgress,
        settle: (result) => {
          signal.removeEventListener('abort', cancel);
          resolve(result);
        },
      });
      this.#dispatch();
    });
  }

  /**
   * Starts all workers and lets them run in, for a page that waits for its first file; resolves when they have. A task that comes meanwhile is not
   * kept waiting.
   */
  async prepare(): Promise<void> {
    const started: Promise<void>[] = [];
    for (let member = this.#grow(); member; member = this.#grow()) {
      const { worker } = member;
      const begun = member;
      started.push(
        new Promise((resolve) => {
          begun.ready = resolve;
        }),
      );
      worker.postMessage({ kind: 'run in' } satisfies IngestRequest);
    }
    await Promise.all(started);
  }

  /** Gives every worker a new channel: the analysis worker at the other end was replaced. */
  reconnect(): void {
    for (const member of this.#members) this.#link(member);
  }

  dispose(): void {
    for (const member of this.#members) {
      member.worker.terminate();
      member.ready?.();
    }
    const left = [...this.#waiting, ...this.#members.flatMap(({ running }) => (running ? [running] : []))];
    this.#members.length = 0;
    this.#waiting = [];
    for (const waiting of left) waiting.settle(fail('cancelled'));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const member = this.#members.find(({ running }) => running === null) ?? this.#grow();
      if (!member) return;
      const next = this.#takeNext();
      member.running = next;
      member.worker.postMessage({ ...next.task, task: next.id } satisfies IngestRequest);
    }
  }

  /** The first waiting task of the lane after the one that was served last. */
  #takeNext(): Waiting {
    let best = 0;
    let bestTurn = Infinity;
    this.#waiting.forEach(({ lane }, index) => {
      const turn = lane > this.#lastLane ? lane - this.#lastLane : lane + 1e9;
      if (turn < bestTurn) {
        best = index;
        bestTurn = turn;
      }
    });
    const [next] = this.#waiting.splice(best, 1) as [Waiting];
    this.#lastLane = next.lane;
    return next;
  }

  #grow(): Member | null {
    if (this.#members.length >= this.size) return null;
    const member: Member = { worker: this.#makeWorker(), running: null };
    this.#members.push(member);
    this.#wire(member);
    return member;
  }

  #wire(member: Member): void {
    const { worker } = member;
    worker.onmessage = (event: MessageEvent<IngestReply>) => this.#receive(member, event.data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#lose(member, event.message);
    };
    this.#link(member);
  }

  #link(member: Member): void {
    const { port1, port2 } = new MessageChannel();
    member.worker.postMessage({ kind: 'connect', port: port1 } satisfies IngestRequest, [port1]);
    this.#connect(port2);
  }

  #receive(member: Member, reply: IngestReply): void {
    const { running } = member;
    if (reply.kind === 'ready') {
      member.ready?.();
      return;
    }
    if (!running || running.id !== reply.task) return;
    if (reply.kind === 'progress') {
      running.onProgress?.(reply.progress);
      return;
    }
    member.running = null;
    running.settle(
      reply.kind === 'ended' ? ok(reply.value) : fail(reply.kind === 'failed' ? reply.failure : 'cancelled'),
    );
    this.#dispatch();
  }

  #lose(member: Member, message: string): void {
    const lost = member.running;
    member.worker.terminate();
    member.ready?.();
    // Another is made when a task needs it: one that dies at once (its script can't be loaded) must not be made over and over.
    const at = this.#members.indexOf(member);
    if (at !== -1) this.#members.splice(at, 1);
    lost?.settle(
      fail({
        what: `The reader of this file stopped unexpectedly${message ? `: ${message}` : ''}.`,
        kept: 'Every other file is kept.',
        todo: 'Drop the file again; if it stops again, name its format or cut it into smaller files.',
      }),
    );
    this.#dispatch();
  }

  #cancel(id: number): void {
    const waiting = this.#waiting.find((entry) => entry.id === id);
    if (waiting) {
      this.#waiting = this.#waiting.filter((entry) => entry !== waiting);
      waiting.settle(fail('cancelled'));
      return;
    }
    const member = this.#members.find(({ running }) => running?.id === id);
    member?.worker.postMessage({ kind: 'cancel', task: id } satisfies IngestRequest);
  }
}
