import * as duckdb from '@duckdb/duckdb-wasm';
import duckdbWorker from '@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url';
import duckdbWasm from '@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url';
import { Dictionaries } from '../../../src/lib/tables/dictionaries';
import { mergeDictionaries } from '../../../src/lib/tables/merge-dictionaries';
import { QUERY_VERB, LOGIN_OUTCOME, VERDICT, CONN_STATE } from '../../../src/lib/tables/schemas';
import {
  fromSegmentData,
  segmentBytes,
  type SegmentData,
  type Segment,
} from '../../../src/lib/tables/segment';
import { IngestPool, type WorkerLike } from '../../../src/lib/workers/ingest-pool';
import type { RowsMessage } from '../../../src/lib/workers/ingest.protocol';
import type { DatasetName } from '../datasets';
import type { Answer, BaselineRequest } from './baseline.worker';
import { theFile, type Timed } from './files';
import type { ReadOnlyRequest } from './read-only.worker';

/** Every contender's workers run before the clock does, as they would on a page that stands open: they say so with their first message. */
async function started(worker: Worker): Promise<Worker> {
  await new Promise((resolve) => {
    worker.onmessage = resolve;
  });
  return worker;
}

export async function readOnly(workers: number, way: ReadOnlyRequest['way']): Promise<Timed> {
  const file = theFile();
  const members = await Promise.all(
    Array.from({ length: workers }, () =>
      started(new Worker(new URL('./read-only.worker.ts', import.meta.url), { type: 'module' })),
    ),
  );
  const step = Math.ceil(file.size / workers);
  const start = performance.now();
  await Promise.all(
    members.map(
      (worker, index) =>
        new Promise((resolve) => {
          worker.onmessage = resolve;
          const from = index * step;
          const to = Math.min(file.size, from + step);
          worker.postMessage({ file, from, to, way } satisfies ReadOnlyRequest);
        }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const worker of members) worker.terminate();
  return { seconds, rows: 0, sum: 0, matches: 0 };
}

export async function baseline(kind: BaselineRequest['kind'], name: DatasetName): Promise<Timed> {
  const worker = await started(
    new Worker(new URL('./baseline.worker.ts', import.meta.url), { type: 'module' }),
  );
  const start = performance.now();
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.onmessage = (event: MessageEvent<Answer>) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ kind, name, file: theFile() } satisfies BaselineRequest);
  });
  const seconds = (performance.now() - start) / 1000;
  worker.terminate();
  return { ...answer, seconds };
}

/** The same numbers that the contenders give, from the finished columns. */
function answerOf(name: DatasetName, segments: readonly Segment[]): Answer {
  const answer: Answer = { rows: 0, sum: 0, matches: 0 };
  for (const segment of segments) {
    const columns = segment.columns as unknown as Record<string, ArrayLike<number>>;
    const pick: Partial<Record<DatasetName, [string, string, string, number]>> = {
      vpc: ['flows', 'srcBytes', 'verdict', VERDICT.accept],
      zeek: ['flows', 'srcBytes', 'connState', CONN_STATE.established],
      sshd: ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      'sshd-iso': ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      syslog: ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      postgres: ['queries', 'durationUs', 'verb', QUERY_VERB.read],
      access: ['queries', 'bytesReturned', 'status', 200],
      cloudtrail: ['queries', 'bytesReturned', 'verb', QUERY_VERB.read],
      'es-audit': ['queries', 'actorPort', 'verb', QUERY_VERB.read],
      eve: ['flows', 'srcBytes', 'connState', CONN_STATE.established],
      'zeek-json': ['flows', 'srcBytes', 'connState', CONN_STATE.established],
      'azure-activity': ['queries', 'durationUs', 'verb', QUERY_VERB.read],
      'gcp-audit': ['queries', 'rowsReturned', 'verb', QUERY_VERB.read],
      entra: ['logins', 'timeUs', 'outcome', LOGIN_OUTCOME.failure],
      okta: ['logins', 'timeUs', 'outcome', LOGIN_OUTCOME.failure],
      'json-table': ['flows', 'srcBytes', 'verdict', VERDICT.accept],
      'windows-json': ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      mongodb: ['queries', 'durationUs', 'verb', QUERY_VERB.read],
      'postgresql-json': ['queries', 'durationUs', 'verb', QUERY_VERB.read],
      'journald-json': ['logins', 'actorPort', 'outcome', LOGIN_OUTCOME.failure],
      'ecs-flow': ['flows', 'srcBytes', 'protocol', 6],
      'access-log-json': ['queries', 'bytesReturned', 'status', 200],
    };
    const [table, sumColumn, matchColumn, matchValue] = pick[name] ?? ['', '', '', 0];
    if (segment.table !== table) continue;
    const sums = columns[sumColumn];
    const matches = columns[matchColumn];
    if (!sums || !matches) continue;
    for (let i = 0; i < segment.length; i++) {
      // Of all programs' sessions only sshd's have a port.
      if (name === 'syslog' && sums[i] === 0) continue;
      answer.rows += 1;
      const value = sums[i] ?? 0;
      // Times are many to add up exactly: what is left of a whole second is read from the same digits.
      answer.sum += sumColumn === 'timeUs' ? value % 1_000_000 : value;
      if (matches[i] === matchValue) answer.matches += 1;
    }
  }
  return answer;
}

/** The ingest workers as the page runs them, rows arriving as finished columns with the case's ids. No hashing, no saving. */
export async function undertone(name: DatasetName, workers: number): Promise<Timed> {
  const file = theFile();
  const dictionaries = new Dictionaries();
  const pending = new Map<number, SegmentData[]>();
  const segments: Segment[] = [];
  const pool = new IngestPool(
    workers,
    () =>
      new Worker(new URL('../../../src/lib/workers/ingest.worker.ts', import.meta.url), {
        type: 'module',
      }) as unknown as WorkerLike,
    (port) => {
      port.onmessage = (event: MessageEvent<RowsMessage>) => {
        const message = event.data;
        if (message.kind === 'segment') {
          const list = pending.get(message.range) ?? [];
          list.push(message.data);
          pending.set(message.range, list);
          return;
        }
        const map = mergeDictionaries(dictionaries, message.result.dictionaries);
        for (const data of pending.get(message.result.index) ?? [])
          segments.push(fromSegmentData(data, 0 as Segment['source'], map));
        pending.delete(message.result.index);
        merged += 1;
      };
    },
  );
  let merged = 0;
  const signal = new AbortController().signal;
  await pool.prepare();
  const start = performance.now();
  const inspected = await pool.run(
    0,
    { kind: 'inspect', request: { blob: file, options: {}, workers } },
    signal,
  );
  if (!inspected.ok || inspected.value.kind !== 'inspected' || inspected.value.inspection.kind !== 'plan') {
    throw new Error(`not recognized: ${JSON.stringify(inspected)}`);
  }
  const { ranges, head, container, formatId } = inspected.value.inspection;
  const inspectedAt = performance.now();
  const results = await Promise.all(
    ranges.map((range) =>
      pool.run(
        0,
        { kind: 'range', job: 0, range: { blob: file, container, formatId, head, options: {}, range } },
        signal,
      ),
    ),
  );
  for (const result of results) if (!result.ok) throw new Error(JSON.stringify(result.error));
  const parsedAt = performance.now();
  while (merged < ranges.length) await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (performance.now() - start) / 1000;
  pool.dispose();
  const answer = answerOf(name, segments);
  const held = segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  return {
    ...answer,
    seconds,
    bytesPerRow: held / Math.max(1, answer.rows),
    detail: {
      inspectSeconds: (inspectedAt - start) / 1000,
      parseSeconds: (parsedAt - inspectedAt) / 1000,
      mergeSeconds: seconds - (parsedAt - start) / 1000,
      ranges: ranges.length,
    },
  };
}

export async function duckdbWasmRead(): Promise<Timed> {
  const file = theFile();
  const worker = new Worker(duckdbWorker);
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await db.instantiate(duckdbWasm);
  await db.registerFileHandle('flows.log', file, duckdb.DuckDBDataProtocol.BROWSER_FILEREADER, true);
  const connection = await db.connect();
  const start = performance.now();
  await connection.query(`CREATE TABLE flows AS SELECT * FROM read_csv('flows.log', delim=' ', header=false, columns={
    'version':'TINYINT','account':'VARCHAR','eni':'VARCHAR','src':'VARCHAR','dst':'VARCHAR','sport':'USMALLINT','dport':'USMALLINT',
    'proto':'UTINYINT','packets':'UINTEGER','bytes':'UBIGINT','start':'BIGINT','finish':'BIGINT','action':'VARCHAR','status':'VARCHAR'})`);
  const seconds = (performance.now() - start) / 1000;
  const result = await connection.query(
    `SELECT count(*)::DOUBLE AS n, sum(bytes)::DOUBLE AS s, sum(CASE WHEN action = 'ACCEPT' THEN 1 ELSE 0 END)::DOUBLE AS m FROM flows`,
  );
  const row = result.toArray()[0] as unknown as { n: number; s: number; m: number };
  await connection.close();
  await db.terminate();
  return { seconds, rows: Number(row.n), sum: Number(row.s), matches: Number(row.m) };
}
