import { afterEach, beforeEach } from 'vitest';
import type { Findings } from '../analysis/findings';
import type { CaseParameters } from '../analysis/parameters';
import { createCase } from '../storage/cases';
import { Database } from '../storage/database';
import { rowIdOf, type Table } from '../tables/segment';
import { AnalysisHost } from './analysis-host';
import type { AnalysisWork } from './analysis-runs';
import { CaseKeeper, type KeeperOptions } from './case-keeper';
import { WorkerEngine } from './client';
import type { InputFile, LoadEvent } from './engine';
import { IngestHost } from './ingest-host';
import type { WorkerLike } from './ingest-pool';

interface Message {
  readonly kind: string;
  readonly job?: number;
}

/** What a test does to the workers, and which analysis workers there were. Set back before each test. */
export const stage: { diesOf: (message: Message) => boolean; analysisWorkers: LocalWorker[] } = {
  diesOf: () => false,
  analysisWorkers: [],
};

/** A worker in the test's own thread: the same hosts, and messages that are cloned on their way as between threads. */
export class LocalWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  isGone = false;
  #handle: (message: never) => void;

  constructor(make: (post: (reply: unknown) => void) => { handle(message: never): void }) {
    const host = make((reply) =>
      setTimeout(() => {
        if (!this.isGone) this.onmessage?.({ data: structuredClone(reply) } as MessageEvent);
      }),
    );
    this.#handle = (message) => host.handle(message);
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    const data = structuredClone(message, { transfer: transfer as never }) as never;
    setTimeout(() => {
      if (this.isGone) return;
      if (stage.diesOf(data)) this.crash('out of memory');
      else this.#handle(data);
    });
  }

  terminate(): void {
    this.isGone = true;
  }

  crash(message: string): void {
    this.onerror?.({ message } as ErrorEvent);
  }
}

/** An analysis that takes three steps and counts rows. */
export const countingWork: AnalysisWork = {
  *steps(evidence) {
    for (let done = 0; done < 3; done++) yield { step: `step ${done}`, done, total: 3 };
    const { flows, logins } = evidence.tables;
    const findings = { totals: { flows: flows.rowCount, logins: logins.rowCount } } as unknown as Findings;
    return { findings, select: countingWork.select };
  },
  *early() {
    // Nothing can be counted early.
  },
  *detectability() {
    for (let done = 0; done < 3; done++) yield { done, total: 3 };
    return null;
  },
  forget() {
    // It keeps nothing.
  },
  select(evidence, query) {
    const table = evidence.tables[query.table] as Table;
    return Uint32Array.from(
      table.segments.flatMap((segment, s) =>
        query.source === undefined || segment.source === query.source
          ? Array.from({ length: segment.length }, (_, i) => rowIdOf(s, i))
          : [],
      ),
    );
  },
};

let keepers: CaseKeeper[];
const engines: WorkerEngine[] = [];

/** An engine whose workers live in this thread, with storage that every engine of the test file shares. */
export function makeEngine(work: AnalysisWork = countingWork, keeping: KeeperOptions = {}): WorkerEngine {
  const engine = new WorkerEngine({
    ingestWorkers: 2,
    makeIngestWorker: () => new LocalWorker((post) => new IngestHost(post)),
    makeAnalysisWorker: () => {
      const worker = new LocalWorker((post) => {
        const keeper = new CaseKeeper(undefined, keeping);
        keepers.push(keeper);
        return new AnalysisHost(post, work, keeper);
      });
      stage.analysisWorkers.push(worker);
      return worker;
    },
  });
  engines.push(engine);
  return engine;
}

beforeEach(() => {
  stage.diesOf = () => false;
  stage.analysisWorkers = [];
  keepers = [];
});

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
  for (const keeper of keepers) keeper.close();
});

export async function newCase(): Promise<string> {
  const db = new Database();
  const id = await createCase(db, 'case', { name: 'case', parameters: {} });
  db.close();
  return id;
}

/** `count` records of the default format: the address and the bytes tell the line. */
export function flowText(count: number, from = 0): string {
  const lines: string[] = [];
  for (let i = from; i < from + count; i++) {
    const start = 1_700_000_000 + i;
    lines.push(
      `2 123456789012 eni-0a1b2c3d 203.0.113.${i % 200} 10.0.0.5 ${40_000 + (i % 20_000)} 9200 6 10 ${1000 + i} ${start} ${start + 30} ACCEPT OK`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** A file as it was dropped. */
export const input = (text: BlobPart, name: string, more: Partial<InputFile> = {}): InputFile => ({
  file: new Blob([text]),
  name,
  lastModifiedMs: Date.UTC(2024, 0, 1),
  ...more,
});

/** Loads files and gives how each ended. */
export async function load(
  engine: WorkerEngine,
  files: readonly InputFile[],
  parameters?: CaseParameters,
): Promise<LoadEvent[]> {
  const events: LoadEvent[] = [];
  await engine.load(files, (event) => events.push(event), parameters).finished;
  return events.filter(({ kind }) => kind !== 'progress');
}

export function valueOf<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
