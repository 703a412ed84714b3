import { fail, ok, type Failure, type Result } from '../base/result';
import type {
  AnalysisCall,
  AnalysisCalls,
  AnalysisReply,
  AnalysisRequest,
  CallName,
} from './analysis.protocol';
import { joined, type AnswerPart } from './answer-parts';
import type { AnalysisProgress } from './engine';
import type { WorkerLike } from './ingest-pool';

interface Pending {
  readonly settle: (result: Result<unknown>) => void;
  readonly onProgress?: (progress: AnalysisProgress) => void;
  readonly parts: AnswerPart[];
}

/** Calls to the analysis worker: each has an id, a reply, and progress and pieces of a long answer before it. A worker that dies answers all of them. */
export class CallChannel {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: Failure | null = null;

  constructor(worker: WorkerLike, onCrash: (failure: Failure) => void) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<AnalysisReply>) => this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      const failure: Failure = {
        what: `The analysis stopped unexpectedly${event.message ? `: ${event.message}` : ''}.`,
        kept: 'What was saved in this browser is kept.',
        todo: 'Try again; if it stops again, export the case and load fewer files at once.',
      };
      this.close(failure);
      onCrash(failure);
    };
  }

  call<K extends CallName>(
    name: K,
    input: AnalysisCalls[K][0],
    onProgress?: (progress: AnalysisProgress) => void,
  ): Promise<Result<AnalysisCalls[K][1]>> {
    if (this.#closed) return Promise.resolve(fail(this.#closed));
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#pending.set(id, {
        settle: resolve as (result: Result<unknown>) => void,
        onProgress,
        parts: [],
      });
      this.send({ kind: 'call', id, name, input } as AnalysisCall);
    });
  }

  send(request: Exclude<AnalysisRequest, AnalysisCall> | AnalysisCall, transfer?: Transferable[]): void {
    this.#worker.postMessage(request, transfer);
  }

  /** Ends the worker; what was asked and not yet answered resolves with the failure. */
  close(failure: Failure): void {
    this.#closed = failure;
    this.#worker.terminate();
    const left = [...this.#pending.values()];
    this.#pending.clear();
    for (const { settle } of left) settle(fail(failure));
  }

  #receive(reply: AnalysisReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === 'progress') {
      pending.onProgress?.(reply.progress);
      return;
    }
    if (reply.kind === 'part') {
      pending.parts.push(reply.part);
      return;
    }
    const { result } = reply;
    const settle = (): void => {
      if (!this.#pending.delete(reply.id)) return;
      pending.settle(result.ok ? ok(joined(result.value, pending.parts)) : result);
    };
    // A long answer took its time to arrive: what the page makes of it is a task of its own.
    if (pending.parts.length > 0) setTimeout(settle);
    else settle();
  }
}
