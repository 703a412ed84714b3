// First of all: Dexie takes the database that it finds when it is loaded.
import 'fake-indexeddb/auto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { flowLog } from '../../../tests/fixtures/vpc-flow-parquet/flow-log';
import { saveDocument } from '../storage/cases';
import { Database } from '../storage/database';
import { countingWork, flowText, input, load, makeEngine, newCase, valueOf } from './local-engine';

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
      page.rows[row]?.cells[page.columns.flows!.indexOf(column)];
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

  it.each([
    ['flow.parquet', (bytes: Uint8Array) => bytes],
    ['flow.parquet.gz', (bytes: Uint8Array) => gzipSync(bytes)],
  ])(
    'shows a row of columnar %s by its number and values, and claims no place in bytes',
    async (name, pack) => {
      const engine = makeEngine();
      valueOf(await engine.openCase(await newCase()));
      await load(engine, [input(Buffer.from(pack(flowLog('SNAPPY', 1))), name)]);
      const page = valueOf(await engine.rows({ table: 'flows' }, 0, 10));
      const second = page.rows.find(({ line }) => line === 2)!;
      expect(second.offset).toBeNull();
      const [raw] = valueOf(await engine.raw('flows', [second.row]));
      expect(raw).toMatchObject({ line: 2, offset: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(raw?.text?.split('\n')).toEqual(
        expect.arrayContaining(['srcaddr=2001:db8::7', 'dstport=22', 'start=1425291631', 'action=REJECT']),
      );
      const [receipt] = valueOf(await engine.receipts([{ table: 'flows' }]));
      expect(receipt?.first[0]).toEqual({ source: name, line: 1, offset: null });
    },
  );

  it('reads a file once more in one piece where its columns change in an earlier share of it', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const fields = 'version srcaddr dstaddr srcport dstport bytes start end';
    const line = (a: string, b: string): string =>
      `3 ${a} ${b} 40000 9200 700 1700000000 1700000030 ${'-'.repeat(60)}\n`;
    const half = 75_000;
    const text = [
      `${fields} flow-direction\n${line('192.0.2.1', '10.0.0.5').repeat(half / 3)}`,
      `${fields.replace('srcaddr dstaddr', 'dstaddr srcaddr')} flow-direction\n`,
      line('10.0.0.5', '192.0.2.2').repeat((half * 5) / 3),
    ].join('');
    expect(text.length).toBeGreaterThan(16 * 1024 * 1024);
    const [event] = await load(engine, [input(text, 'vpc.log')]);
    expect(event).toMatchObject({
      kind: 'done',
      source: { records: 2 * half + 2, rows: { flows: 2 * half }, rejected: 0, skipped: { header: 2 } },
    });
    const page = valueOf(await engine.rows({ table: 'flows' }, 2 * half - 1, 1));
    expect(page.total).toBe(2 * half);
    const [last] = page.rows;
    expect(last?.cells[page.columns.flows!.indexOf('srcAddr')]).toBe('192.0.2.2');
    expect(last?.line).toBe(2 * half + 2);
    const [raw] = valueOf(await engine.raw('flows', [last!.row]));
    expect(`${raw?.text}\n`).toBe(line('10.0.0.5', '192.0.2.2'));
  });

  it.each([
    ['in shares', 0],
    ['once more in one piece where a share began inside a record', 2000],
  ])('reads a delivery %s', async (_, nested) => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const event = (index: number, more: object = {}): string =>
      JSON.stringify({
        eventTime: '2024-02-20T10:00:00Z',
        eventSource: 's3.amazonaws.com',
        eventName: 'GetObject',
        eventID: `e-${index}`,
        requestParameters: { bucketName: 'logs', key: `${index}${'/x'.repeat(300)}`, ...more },
      });
    const count = 25_000;
    const events = Array.from({ length: count }, (_, index) => event(index));
    const inside = Array.from({ length: nested }, (_, index) => JSON.parse(event(-index)) as object);
    events.splice(count / 2, 1, event(count / 2, { inside }));
    const text = `{"Records":[${events.join(',\n')}]}`;
    expect(text.length).toBeGreaterThan(16 * 1024 * 1024);
    if (nested > 0) {
      const from = text.indexOf('"inside"');
      const isAcross = from < text.length / 2 && from + nested * 600 > text.length / 2;
      expect(isAcross).toBe(true);
    }
    const [loaded] = await load(engine, [input(text, 'trail.json')]);
    expect(loaded).toMatchObject({
      kind: 'done',
      source: { records: count, rows: { queries: count }, rejected: 0, skipped: {} },
    });
    const page = valueOf(await engine.rows({ table: 'queries' }, count - 1, 1));
    expect(page.rows[0]?.line).toBe(count);
    const [raw] = valueOf(await engine.raw('queries', [page.rows[0]!.row]));
    expect(raw?.text).toBe(events.at(-1));
  });

  it('counts the same bytes once, whatever they are called', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const events = await load(engine, [input(flowText(50), 'a.log'), input(flowText(50), 'b.log')]);
    expect(events.map(({ kind }) => kind).sort()).toEqual(['done', 'duplicate']);
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(50);
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

  it('leaves an analysis that is cancelled, and answers from what the one before it saw', async () => {
    let pauses = 0;
    const engine = makeEngine({
      ...countingWork,
      *steps(evidence, parameters) {
        for (let done = 0; done < pauses; done++) yield { step: 'long', done, total: pauses };
        const steps = countingWork.steps(evidence, parameters);
        for (let next = steps.next(); ; next = steps.next()) {
          if (next.done) return next.value;
          yield next.value;
        }
      },
    });
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'a.log')]);
    valueOf(await engine.analyze({}));
    await load(engine, [input(flowText(10, 50), 'b.log')]);
    // So many that it would run for long after the cancel has come.
    pauses = 1e6;
    const cancelled = engine.analyze({}, () => engine.cancelAnalysis());
    expect(await cancelled).toEqual({ ok: false, error: 'superseded' });
    expect(valueOf(await engine.rows({ table: 'flows' }, 0, 1)).total).toBe(30);
    pauses = 0;
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(40);
  });

  it('measures beside an analysis, with progress, and stops when told', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    await load(engine, [input(flowText(30), 'a.log')]);
    const seen: number[] = [];
    const measured = engine.measureDetectability({}, {}, ({ done }) => seen.push(done));
    expect(valueOf(await engine.analyze({})).totals.flows).toBe(30);
    expect(await measured).toEqual({ ok: true, value: null });
    expect(seen).toEqual([0, 1, 2]);
    const abort = new AbortController();
    const stopped = engine.measureDetectability({}, {}, () => abort.abort(), abort.signal);
    expect(await stopped).toEqual({ ok: false, error: 'superseded' });
    expect(await engine.measureDetectability({}, {}, undefined, abort.signal)).toMatchObject({ ok: false });
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
    await saveDocument(db, caseId, () => ({ name: 'case', parameters: { sources } }));
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

  it('reads a table at once whose columns’ names say enough, and shows later what they were taken for', async () => {
    const engine = makeEngine();
    valueOf(await engine.openCase(await newCase()));
    const table =
      'time,user,src_ip,result\n2024-03-01T10:00:00Z,ana,203.0.113.9,failure\n2024-03-01T10:00:05Z,bob,203.0.113.8,success\n';
    const events = await load(engine, [input(table, 'export.csv')]);
    expect(events.map(({ kind }) => kind)).toEqual(['guessed', 'done']);
    const done = events.find((event) => event.kind === 'done')!;
    expect(done.source.rows.logins).toBe(2);
    expect(valueOf(await engine.previewSource(done.source.id)).guess.columns).toMatchObject({
      user: 'user',
      actorAddr: 'src_ip',
    });
    const mapping = { table: 'logins' as const, columns: { timeUs: 'time', host: 'user' } };
    const [changed] = valueOf(await engine.changeSource(done.source.id, { format: 'csv', mapping }));
    expect(changed?.rejected).toBe(2);
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
    const users = page.rows.map(({ cells }) => cells[page.columns.logins!.indexOf('user')]);
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
});
