import { describe, expect, it } from 'vitest';
import type { IngestReply, IngestRequest } from './ingest.protocol';
import { IngestPool, type Task, type WorkerLike } from './ingest-pool';

type Handed = Extract<IngestRequest, { kind: 'hash' }>;

/** A worker that does nothing until the test says so. */
class IdleWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly handed: Handed[] = [];
  readonly cancelled: number[] = [];
  isRunningIn = false;
  isGone = false;

  postMessage(message: IngestRequest): void {
    if (message.kind === 'hash') this.handed.push(message);
    if (message.kind === 'run in') this.isRunningIn = true;
    if (message.kind === 'cancel') this.cancelled.push(message.task);
  }

  terminate(): void {
    this.isGone = true;
  }

  reply(reply: IngestReply): void {
    this.onmessage?.({ data: reply } as MessageEvent);
  }

  end(sha256: string): void {
    this.reply({ kind: 'ended', task: this.handed.at(-1)!.task, value: { kind: 'hashed', sha256 } });
  }
}

function makePool(size: number): { pool: IngestPool; workers: IdleWorker[]; ports: MessagePort[] } {
  const workers: IdleWorker[] = [];
  const ports: MessagePort[] = [];
  const pool = new IngestPool(
    size,
    () => {
      const worker = new IdleWorker();
      workers.push(worker);
      return worker;
    },
    (port) => ports.push(port),
  );
  return { pool, workers, ports };
}

const task = (size: number): Task => ({ kind: 'hash', blob: new Blob(['x'.repeat(size)]) });
const never = new AbortController().signal;

describe('the pool of readers', () => {
  it('lets files take turns, so that a small one does not wait for all of a large one', async () => {
    const { pool, workers } = makePool(1);
    for (let part = 0; part < 3; part++) void pool.run(1, task(100), never);
    void pool.run(2, task(7), never);
    void pool.run(3, task(8), never);
    const order: number[] = [];
    for (let i = 0; i < 5; i++) {
      order.push(workers[0]!.handed.at(-1)!.blob.size);
      workers[0]!.end('');
    }
    expect(order).toEqual([100, 7, 8, 100, 100]);
  });

  it('makes no more workers than it needs, nor than it may', () => {
    const { pool, workers } = makePool(2);
    expect(workers).toHaveLength(0);
    for (let i = 0; i < 5; i++) void pool.run(i, task(1), never);
    expect(workers).toHaveLength(2);
    expect(workers.map(({ handed }) => handed.length)).toEqual([1, 1]);
  });

  it('drops a waiting task at once, and a running one when its worker has stopped', async () => {
    const { pool, workers } = makePool(1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = pool.run(1, task(1), running.signal);
    const second = pool.run(1, task(2), waiting.signal);
    const third = pool.run(1, task(3), never);
    waiting.abort();
    expect(await second).toEqual({ ok: false, error: 'cancelled' });
    running.abort();
    const [worker] = workers as [IdleWorker];
    const stopped = worker.handed[0]!.task;
    expect(worker.cancelled).toEqual([stopped]);
    expect(worker.handed).toHaveLength(1);
    worker.reply({ kind: 'cancelled', task: stopped });
    expect(await first).toEqual({ ok: false, error: 'cancelled' });
    worker.end('abc');
    expect(await third).toEqual({ ok: true, value: { kind: 'hashed', sha256: 'abc' } });
    expect(await pool.run(1, task(1), waiting.signal)).toEqual({ ok: false, error: 'cancelled' });
  });

  it('replaces a worker that dies, with a new way to the analysis, and goes on', async () => {
    const { pool, workers, ports } = makePool(1);
    const lost = pool.run(1, task(1), never);
    const next = pool.run(2, task(2), never);
    workers[0]!.onerror?.({ message: 'out of memory' } as ErrorEvent);
    expect(await lost).toMatchObject({ ok: false, error: { what: expect.stringMatching(/out of memory/) } });
    expect(workers[0]!.isGone).toBe(true);
    expect([workers.length, ports.length]).toEqual([2, 2]);
    workers[1]!.end('abc');
    expect(await next).toMatchObject({ ok: true });
  });

  it('does not make workers over and over that cannot live', async () => {
    const { pool, workers } = makePool(2);
    const tasks = [1, 2, 3].map((lane) => pool.run(lane, task(1), never));
    for (let i = 0; i < workers.length; i++) workers[i]!.onerror?.({} as ErrorEvent);
    expect(await Promise.all(tasks)).toMatchObject([{ ok: false }, { ok: false }, { ok: false }]);
    expect(workers).toHaveLength(3);
  });

  it('answers everything that is left when it is closed', async () => {
    const { pool } = makePool(1);
    const left = [pool.run(1, task(1), never), pool.run(1, task(2), never)];
    pool.dispose();
    expect(await Promise.all(left)).toEqual([
      { ok: false, error: 'cancelled' },
      { ok: false, error: 'cancelled' },
    ]);
  });

  it('starts all readers ahead of the first file, which does not wait for them', async () => {
    const { pool, workers } = makePool(2);
    let isPrepared = false;
    const prepared = pool.prepare().then(() => {
      isPrepared = true;
    });
    expect(workers.map(({ isRunningIn }) => isRunningIn)).toEqual([true, true]);
    const file = pool.run(1, task(7), never);
    workers[0]!.end('7');
    expect(await file).toEqual({ ok: true, value: { kind: 'hashed', sha256: '7' } });
    workers[0]!.reply({ kind: 'ready' });
    await Promise.resolve();
    expect(isPrepared).toBe(false);
    workers[1]!.onerror!({ message: 'out of memory' } as ErrorEvent);
    await prepared;
    void pool.prepare();
    expect(workers).toHaveLength(3);
  });
});
