import 'fake-indexeddb/auto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Findings } from '../analysis/findings';
import { createCase, deleteCase, saveDocument } from '../storage/cases';
import { Database } from '../storage/database';
import { rowIdOf, type Table } from '../tables/segment';
import { AnalysisHost, type AnalysisWork } from './analysis-host';
import { CaseKeeper } from './case-keeper';
import { WorkerEngine } from './client';
import type { InputFile, LoadEvent } from './engine';
import { IngestHost } from './ingest-host';
import type { WorkerLike } from './ingest-pool';

/** Messages that kill the worker which gets them. */
let diesOf: (message: { readonly kind: string; readonly job?: number }) => boolean;

/** A worker in the test's own thread: the same hosts, and messages that are cloned on their way as between threads. */
class LocalWorker implements WorkerLike {
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
      if (diesOf(data)) this.crash('out of memory');
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
const countingWork: AnalysisWork = {
  *steps(evidence) {
    for (let done = 0; done < 3; done++) yield { step: `step ${done}`, done, total: 3 };
    const { flows, logins } = evidence.tables;
    const findings = { totals: { flows: flows.rowCount, logins: logins.rowCount } } as unknown as Findings;
    return { findings, select: countingWork.select };
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

let analysisWorkers: LocalWorker[];
let keepers: CaseKeeper[];
const engines: WorkerEngine[] = [];

function makeEngine(work: AnalysisWork = countingWork): WorkerEngine {
  const engine = new WorkerEngine({
    ingestWorkers: 2,
    makeIngestWorker: () => new LocalWorker((post) => new IngestHost(post)),
    makeAnalysisWorker: () => {
      const worker = new LocalWorker((post) => {
        const keeper = new CaseKeeper();
        keepers.push(keeper);
        return new AnalysisHost(post, work, keeper);
      });
      analysisWorkers.push(worker);
      return worker;
    },
  });
  engines.push(engine);
  return engine;
}

beforeEach(() => {
  diesOf = () => false;
  analysisWorkers = [];
  keepers = [];
});

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
  for (const keeper of keepers) keeper.close();
});

async function newCase(): Promise<string> {
  const db = new Database();
  const id = await createCase(db, 'case', { name: 'case', parameters: {} });
  db.close();
  return id;
}

/** `count` records of the default format: the address and the bytes tell the line. */
function flowText(count: number, from = 0): string {
  const lines: string[] = [];
  for (let i = from; i < from + count; i++) {
    const start = 1_700_000_000 + i;
    lines.push(
      `2 123456789012 eni-0a1b2c3d 203.0.113.${i % 200} 10.0.0.5 ${40_000 + (i % 20_000)} 9200 6 10 ${1000 + i} ${start} ${start + 30} ACCEPT OK`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const input = (text: BlobPart, name: string, more: Partial<InputFile> = {}): InputFile => ({
  file: new Blob([text]),
  name,
  lastModifiedMs: Date.UTC(2024, 0, 1),
  ...more,
});

async function load(engine: WorkerEngine, files: readonly InputFile[]): Promise<LoadEvent[]> {
  const events: LoadEvent[] = [];
  await engine.load(files, (event) => events.push(event)).finished;
  return events.filter(({ kind }) => kind !== 'progress');
}

function valueOf<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('the engine', () => {
  it('loads a file, answers for its rows, and brings it back without the file', async () => {
    const caseId = await newCase();
    const engine = makeEngine();
    valueOf(await engine.openCase(caseId));
    const [event] = await load(engine, [input(flowText(300), 'vpc.log')]);
    expect(event).toMatchObject({
      kind: 'done',
      source: { name: 'vpc.log', format: 'vpc-flow', records: 300 },
    });

    const again = makeEngine();
    const sources = valueOf(await again.openCase(caseId));
    expect(sources).toHaveLength(1);
    expect(sources[0]).toEqual(event?.kind === 'done' && event.source);
    const findings = valueOf(await again.analyze({}));
    expect(findings.totals.flows).toBe(300);

    const page = valueOf(await again.rows({ table: 'flows' }, 7, 2));
    expect(page.total).toBe(300);
    const cell = (row: number, column: string): string | undefined =>
      page.rows[row]?.cells[page.columns.indexOf(column)];
    expect(page.rows.map(({ line, source }) => [line, source])).toEqual([
      [8, 'vpc.log'],
      [9, 'vpc.log'],
    ]);
    expect(cell(0, 'srcAddr')).toBe('203.0.113.7');
    expect(cell(0, 'startUs')).toBe('1700000007000000');
    expect(cell(0, 'protocol')).toBe('tcp');
    expect(cell(0, 'verdict')).toBe('accept');
    expect(cell(0, 'dstBytes')).toBe('');

    // The original was kept in storage: the raw line is there though nothing was dropped in this session.
    const raw = valueOf(await again.raw('flows', [page.rows[1]!.row, page.rows[0]!.row]));
    expect(raw.map(({ text }) => text)).toEqual([flowText(1, 8).trim(), flowText(1, 7).trim()]);
    expect(raw[0]).toMatchObject({ line: 9, sha256: sources[0]!.sha256 });
  });

  it('counts the same bytes once, whatever they are called', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const events = await load(engine, [input(flowText(50), 'a.log'), input(flowText(50), 'b.log')]);
    expect(events.map(({ kind }) => kind).sort()).toEqual(['done', 'duplicate']);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(50);
  });

  it('keeps one failure from the other files', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const noise = new Uint8Array(5000).map((_, i) => (i * 7919 + (i >> 3) * 104729) & 255);
    const events = await load(engine, [
      input(noise, 'random.bin'),
      input('', 'empty.log'),
      input(flowText(20), 'good.log'),
      input(gzipSync(flowText(5000)).subarray(0, 3000), 'cut.log.gz'),
    ]);
    const byIndex = new Map(events.map((event) => [event.index, event]));
    expect(byIndex.get(0)).toMatchObject({ kind: 'failed', failure: { source: 'random.bin' } });
    expect(byIndex.get(1)).toMatchObject({
      kind: 'failed',
      failure: { what: expect.stringMatching(/empty/) },
    });
    expect(byIndex.get(2)).toMatchObject({ kind: 'done' });
    expect(byIndex.get(3)).toMatchObject({ kind: 'done', source: { isCut: true, container: 'gzip' } });
  });

  it('drops the rows of a cancelled file, and only those', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    const events: LoadEvent[] = [];
    const handle = engine.load(
      [input(flowText(60_000), 'big.log'), input(flowText(20, 100_000), 'small.log')],
      (event) => {
        events.push(event);
        if (event.index === 0 && event.kind === 'progress' && event.progress.phase === 'reading')
          handle.cancel(0);
      },
    );
    await handle.finished;
    const endings = events.filter(({ kind }) => kind !== 'progress').map(({ kind, index }) => [index, kind]);
    expect(endings.sort()).toEqual([
      [0, 'cancelled'],
      [1, 'done'],
    ]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(20);
    expect(valueOf(await makeEngine().openCase(caseId))).toHaveLength(1);
  });

  it('replaces a reader that dies, fails its file, and goes on with the next', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    let crashes = 0;
    diesOf = (message) => message.kind === 'range' && message.job === 1 && ++crashes === 1;
    const events = await load(engine, [
      input(flowText(60_000), 'fatal.log'),
      input(flowText(20, 100_000), 'fine.log'),
    ]);
    const failed = events.find(({ kind }) => kind === 'failed');
    expect(failed).toMatchObject({
      failure: { source: 'fatal.log', what: expect.stringMatching(/out of memory/) },
    });
    expect(events.find(({ kind }) => kind === 'done')).toMatchObject({ source: { name: 'fine.log' } });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(20);
    expect(await load(engine, [input(flowText(60_000), 'fatal.log')])).toMatchObject([{ kind: 'done' }]);
  });

  it('brings the case back when the analysis dies', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'vpc.log')]);
    const pending = engine.analyze({});
    analysisWorkers[0]!.crash('out of memory');
    expect(await pending).toMatchObject({
      ok: false,
      error: { what: expect.stringMatching(/out of memory/) },
    });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(30);
    expect(await load(engine, [input(flowText(10, 50), 'more.log')])).toMatchObject([{ kind: 'done' }]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(40);
  });

  it('fails the files that are being read when the analysis dies, and reads them again when asked', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(5, 900_000), 'before.log')]);
    const events: LoadEvent[] = [];
    let isDead = false;
    await engine.load([input(flowText(60_000), 'big.log')], (event) => {
      events.push(event);
      if (event.kind !== 'progress' || event.progress.phase !== 'reading' || isDead) return;
      isDead = true;
      analysisWorkers.at(-1)!.crash('out of memory');
    }).finished;
    expect(events.at(-1)).toMatchObject({
      kind: 'failed',
      failure: { source: 'big.log', what: expect.stringMatching(/out of memory/) },
    });
    expect(await load(engine, [input(flowText(60_000), 'big.log')])).toMatchObject([{ kind: 'done' }]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(60_005);
  });

  it('says so when neither worker can be started', async () => {
    diesOf = () => true;
    const engine = makeEngine();
    expect(await engine.openCase('any')).toMatchObject({ ok: false });
    const [event] = await load(engine, [input(flowText(5), 'a.log')]);
    expect(event).toMatchObject({ kind: 'failed', failure: { source: 'a.log' } });
    expect(await engine.analyze({})).toMatchObject({ ok: false });
    expect(analysisWorkers.length).toBeLessThan(12);
  });

  it('answers only the last analysis, and one that runs while a file arrives with what it began with', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'a.log')]);
    const first = engine.analyze({});
    const second = engine.analyze({ zone: 'UTC' });
    const loading = load(engine, [input(flowText(10, 50), 'b.log')]);
    expect(await first).toEqual({ ok: false, error: 'superseded' });
    expect(valueOf(await second).totals.flows).toBe(30);
    await loading;
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(40);
  });

  it('changes what is said of a source without reading it, and reads it again for another format', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    await load(engine, [input(flowText(30), 'a.log')]);
    const [source] = valueOf(await engine.openCase(caseId));
    const changed = valueOf(await engine.changeSource(source!.id, { heldOffAsset: false, asset: 'log-1' }));
    expect(changed[0]).toMatchObject({ heldOffAsset: false, asset: 'log-1' });
    const [reopened] = valueOf(await makeEngine().openCase(caseId));
    expect(reopened).toMatchObject({ heldOffAsset: false, asset: 'log-1' });

    const reread = valueOf(await engine.changeSource(source!.id, { format: 'syslog' }));
    expect(reread).toMatchObject([{ format: 'syslog', name: 'a.log' }]);
    expect(valueOf(await makeEngine().openCase(caseId))).toMatchObject([{ format: 'syslog' }]);
  });

  it('reads a file by the case rules for its name, as they are stored when it is dropped', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    const db = new Database();
    const sources = [{ name: '*.txt', format: 'syslog', zone: '+02:00' }];
    await saveDocument(db, caseId, { name: 'case', parameters: { sources } });
    db.close();
    const line = 'Mar 10 10:00:00 log-1 sshd[7]: Accepted password for ana from 203.0.113.9 port 4000 ssh2\n';
    const events = await load(engine, [input(flowText(3), 'a.txt'), input(line, 'auth.log')]);
    expect(events.find(({ index }) => index === 0)).toMatchObject({
      kind: 'done',
      source: { format: 'syslog', zone: '+02:00', rows: { flows: 0 } },
    });
    expect(events.find(({ index }) => index === 1)).toMatchObject({ source: { zone: 'UTC' } });
  });

  it('asks for the meaning of columns it does not know, and reads the file once they have one', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const table =
      'zeit;wer;woher\n2024-03-01T10:00:00Z;ana;203.0.113.9\n2024-03-01T10:00:05Z;bob;203.0.113.8\n';
    const [asked] = await load(engine, [input(table, 'export.csv')]);
    expect(asked).toMatchObject({
      kind: 'needs mapping',
      preview: { delimiter: ';', columns: ['zeit', 'wer', 'woher'] },
    });
    expect(valueOf(await engine.preview(input(table, 'export.csv')))).toEqual(
      asked?.kind === 'needs mapping' && asked.preview,
    );
    const mapping = {
      table: 'logins' as const,
      delimiter: ';',
      columns: { timeUs: 'zeit', user: 'wer', actorAddr: 'woher' },
    };
    const [event] = await load(engine, [input(table, 'export.csv', { options: { mapping } })]);
    expect(event).toMatchObject({ kind: 'done', source: { format: 'csv', rows: { logins: 2 } } });
    expect(await engine.preview(input('', 'nothing.csv'))).toMatchObject({ ok: false });
  });

  it('gives a case as one file and takes it back, as another case', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'a.log'), input(gzipSync(flowText(20, 500)), 'b.log.gz')]);
    const file = valueOf(await engine.exportCase());
    const other = makeEngine();
    const sources = valueOf(await other.importCase(file, 'copy'));
    expect(sources.map(({ name, rows }) => [name, rows.flows]).sort()).toEqual([
      ['a.log', 30],
      ['b.log.gz', 20],
    ]);
    expect(valueOf(await other.analyze({})).totals.flows).toBe(50);
    const b = sources.find(({ name }) => name === 'b.log.gz')!;
    const page = valueOf(await other.rows({ table: 'flows', source: b.id }, 3, 1));
    const [raw] = valueOf(await other.raw('flows', [page.rows[0]!.row]));
    expect(raw?.text).toBe(flowText(1, 503).trim());
    // The former case is untouched, and the file can be taken in once more under another name.
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(50);
    valueOf(await engine.importCase(file, 'another copy'));
    expect(await engine.importCase(new Blob(['no case']), 'third')).toMatchObject({ ok: false });
  });

  it('keeps a source that cannot be saved for as long as the tab is open, and says so', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    // Another tab changes the same case.
    const rival = makeEngine();
    valueOf(await rival.openCase(caseId));
    await load(rival, [input(flowText(5, 70), 'theirs.log')]);
    const [event] = await load(engine, [input(flowText(30), 'ours.log')]);
    expect(event).toMatchObject({
      kind: 'done',
      source: { notes: [expect.stringMatching(/^Not saved: .*another tab/)] },
    });
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(30);
    expect(valueOf(await makeEngine().openCase(caseId)).map(({ name }) => name)).toEqual(['theirs.log']);
  });

  it('numbers sources in the order in which they were given, and loads into a case that is still being opened', async () => {
    const engine = makeEngine();
    const opening = engine.openCase(await newCase());
    const files = [
      input(gzipSync(flowText(9000)), 'slow.log.gz'),
      input('', 'empty.log'),
      input(flowText(3, 500_000), 'quick.log'),
    ];
    const events = await load(engine, files);
    expect(valueOf(await opening)).toEqual([]);
    const ids = events.map((event) => (event.kind === 'done' ? [event.source.name, event.source.id] : []));
    expect(ids.sort()).toEqual([[], ['quick.log', 2], ['slow.log.gz', 0]]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(9003);
  });

  it('leaves no file of the former case behind when another is opened in the middle of loading', async () => {
    const engine = makeEngine();
    const [one, two] = [await newCase(), await newCase()];
    valueOf(await engine.openCase(one));
    const endings: string[] = [];
    const handle = engine.load([input(flowText(60_000), 'big.log')], ({ kind }) => {
      if (kind !== 'progress') endings.push(kind);
    });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(valueOf(await engine.openCase(two))).toEqual([]);
    await handle.finished;
    expect(endings).toEqual(['cancelled']);
    await load(engine, [input(flowText(7), 'small.log')]);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(7);
    expect(valueOf(await makeEngine().openCase(one))).toEqual([]);
  });

  it('forgets a removed source, here and in storage', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    await load(engine, [input(flowText(30), 'a.log'), input(flowText(5, 90), 'b.log')]);
    const sources = valueOf(await engine.openCase(caseId));
    const a = sources.find(({ name }) => name === 'a.log')!;
    expect(valueOf(await engine.removeSource(a.id)).map(({ name }) => name)).toEqual(['b.log']);
    expect(valueOf(await makeEngine().openCase(caseId)).map(({ name }) => name)).toEqual(['b.log']);
    expect(await engine.removeSource(a.id)).toMatchObject({ ok: false });
  });

  it('takes what a removed source wrote out of the file that is shared, and out of storage', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    valueOf(await engine.openCase(caseId));
    const secret = (user: string): string =>
      `Mar 10 10:00:00 log-1 sshd[7]: Failed password for ${user} from 203.0.113.9 port 4000 ssh2\n`;
    await load(engine, [input(secret('kept-user'), 'kept.log')]);
    await load(engine, [input(secret('secret-user'), 'removed.log')]);
    await load(engine, [input(secret('later-user'), 'later.log')]);
    const sources = valueOf(await engine.openCase(caseId));
    valueOf(await engine.removeSource(sources.find(({ name }) => name === 'removed.log')!.id));
    const text = async (blob: Blob): Promise<string> =>
      gunzipSync(Buffer.from(await blob.arrayBuffer())).toString('latin1');
    const shared = await text(valueOf(await engine.exportCase()));
    expect(shared).toContain('kept-user');
    expect(shared).toContain('later-user');
    expect(shared).not.toContain('secret-user');

    valueOf(await engine.openCase(caseId));
    const page = valueOf(await engine.rows({ table: 'logins' }, 0, 10));
    const users = page.rows.map(({ cells }) => cells[page.columns.indexOf('user')]);
    expect(users.sort()).toEqual(['kept-user', 'later-user']);
    const db = new Database();
    const parts = (await db.dictionaries.toArray()).filter((part) => part.caseId === caseId);
    db.close();
    expect(parts.map(({ stringBytes }) => Buffer.from(stringBytes).toString('latin1')).join()).not.toContain(
      'secret',
    );
    // New rows go on under the ids that are free.
    await load(engine, [input(secret('new-user'), 'new.log')]);
    expect(valueOf(await makeEngine().openCase(caseId))).toHaveLength(3);
  });

  it('says so when the case is gone, and stays usable', async () => {
    const engine = makeEngine();
    const caseId = await newCase();
    const db = new Database();
    await deleteCase(db, caseId);
    db.close();
    expect(await engine.openCase(caseId)).toMatchObject({ ok: false, error: { what: expect.any(String) } });
    valueOf(await engine.openCase(await newCase()));
  });
});
