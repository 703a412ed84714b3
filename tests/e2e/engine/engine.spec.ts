import { existsSync, readFileSync } from 'node:fs';
import { expect, test, type Page } from 'playwright/test';
import { serveHarness, type HarnessServer } from './serve';

const OPENSSH = '../shared/data/loghub/OpenSSH/OpenSSH_2k.log';

let server: HarnessServer;

test.beforeAll(async () => {
  server = await serveHarness();
});

test.afterAll(() => server.close());

test.beforeEach(async ({ page }) => {
  await open(page);
});

async function open(page: Page): Promise<void> {
  await page.goto(server.url);
  await page.waitForFunction(() => 'undertone' in globalThis);
}

/** The ending of each file, as told by the engine, in a case of its own. */
interface Ending {
  readonly kind: string;
  readonly failure?: { readonly what: string };
  readonly source?: { readonly records: number; readonly rows: Record<string, number> };
}

test('a source comes back after a reload without its file, receipts and all', async ({ page }) => {
  test.skip(!existsSync(OPENSSH), `1 file of real logs is not here: ${OPENSSH}`);
  const text = readFileSync(OPENSSH, 'utf8');
  const caseId = await page.evaluate(async (log) => {
    const caseId = await undertone.createCase('reload');
    const engine = undertone.createEngine();
    await engine.openCase(caseId);
    const input = { file: new Blob([log]), name: 'auth.log', lastModifiedMs: Date.UTC(2016, 0, 1) };
    await engine.load([input], () => undefined).finished;
    return caseId;
  }, text);

  await open(page);
  const found = await page.evaluate(async (id) => {
    const engine = undertone.createEngine();
    const opened = await engine.openCase(id);
    const analyzed = await engine.analyze({});
    // Accepted logins: outcome 2.
    const page = await engine.rows({ table: 'logins', where: { outcome: [2] } }, 0, 10);
    const row = page.ok ? page.value.rows[0] : undefined;
    const raw = row ? await engine.raw('logins', [row.row]) : undefined;
    return { opened, analyzed, page, raw };
  }, caseId);
  expect(found.opened).toMatchObject({ ok: true, value: [{ name: 'auth.log', records: 2000 }] });
  expect(found.analyzed).toMatchObject({ ok: true });
  expect(found.page).toMatchObject({ ok: true, value: { total: 1 } });
  expect(found.raw).toMatchObject({
    ok: true,
    value: [
      {
        source: 'auth.log',
        text: expect.stringMatching(/Accepted password for fztu from 119\.137\.62\.142/),
      },
    ],
  });
});

test('the demonstration case gives the same findings after a reload, without its files', async ({ page }) => {
  const before = await page.evaluate(async () => {
    const { files } = (await (await fetch('/demo/manifest.json')).json()) as { files: { name: string }[] };
    const parameters = await (await fetch('/demo/case.json')).json();
    const inputs = await Promise.all(
      files.map(async ({ name }) => ({
        file: await (await fetch(`/demo/${name}`)).blob(),
        name,
        lastModifiedMs: Date.UTC(2026, 2, 12),
      })),
    );
    const caseId = await undertone.createCase('demonstration');
    const engine = undertone.createEngine();
    await engine.openCase(caseId);
    const endings: string[] = [];
    const started = performance.now();
    await engine.load(inputs, ({ kind }) => {
      if (kind !== 'progress') endings.push(kind);
    }).finished;
    const loadMs = Math.round(performance.now() - started);
    const steps: string[] = [];
    const analyzed = await engine.analyze(parameters, ({ step }) => steps.push(step));
    const analyzeMs = Math.round(performance.now() - started) - loadMs;
    const digest = await undertone.digestOf(analyzed);
    return { caseId, parameters, endings, steps: steps.length, ok: analyzed.ok, digest, loadMs, analyzeMs };
  });
  expect(new Set(before.endings)).toEqual(new Set(['done']));
  expect(before.ok).toBe(true);
  expect(before.steps).toBeGreaterThan(5);

  await open(page);
  const after = await page.evaluate(async ({ caseId, parameters }) => {
    const engine = undertone.createEngine();
    const started = performance.now();
    await engine.openCase(caseId);
    const openMs = Math.round(performance.now() - started);
    return { digest: await undertone.digestOf(await engine.analyze(parameters)), openMs };
  }, before);
  console.log(
    `read in ${before.loadMs} ms, analyzed in ${before.analyzeMs} ms, reopened in ${after.openMs} ms`,
  );
  expect(after.digest).toBe(before.digest);
});

test('most rows rest in storage, and the findings are the same', async ({ page }) => {
  const found = await page.evaluate(async () => {
    const lines: string[] = [];
    for (let i = 0; i < 300_000; i++) {
      const start = 1_700_000_000 + Math.floor(i / 20);
      const actor = `203.0.113.${i % 200}`;
      lines.push(
        `2 123456789012 eni-0a1b2c3d ${actor} 10.0.0.5 ${20_000 + (i % 40_000)} ${[22, 9200, 443][i % 3]} 6 ${1 + (i % 9)} ${400 + (i % 7001)} ${start} ${start + 30} ${i % 4 ? 'REJECT' : 'ACCEPT'} OK`,
      );
    }
    const input = { file: new Blob([`${lines.join('\n')}\n`]), name: 'flows.log', lastModifiedMs: 0 };
    const parameters = { ownNetworks: ['10.0.0.0/8'] };
    // Notes say where rows are kept; nothing else may differ.
    const digestOf = (value: object): Promise<string> =>
      undertone.digestOf(JSON.stringify(value, (key, item) => (key === 'notes' ? undefined : item)));
    // The columns of two segments of five.
    const heldBytes = 6_000_000;
    const digests: string[] = [];
    let caseId = '';
    for (const bytes of [undefined, heldBytes]) {
      caseId = await undertone.createCase('resting');
      const engine = undertone.createEngine({ heldBytes: bytes });
      await engine.openCase(caseId);
      await engine.load([input], () => undefined).finished;
      const analyzed = await engine.analyze(parameters);
      digests.push(analyzed.ok ? await digestOf(analyzed) : JSON.stringify(analyzed));
      engine.dispose();
    }
    const engine = undertone.createEngine({ heldBytes });
    const opened = await engine.openCase(caseId);
    digests.push(await digestOf(await engine.analyze(parameters)));
    const last = await engine.rows({ table: 'flows' }, 299_999, 1);
    engine.dispose();
    return { digests, notes: opened.ok ? opened.value.flatMap(({ notes }) => notes) : [], last };
  });
  expect(new Set(found.digests).size).toBe(1);
  expect(found.notes.some((note) => /kept in this browser's storage/.test(note))).toBe(true);
  expect(found.last).toMatchObject({ ok: true, value: { total: 300_000, rows: [{ line: 300_000 }] } });
});

test('a gigabyte that is cancelled stops quickly and leaves nothing', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const line =
      '2 123456789012 eni-0a1b2c3d 203.0.113.9 10.0.0.5 40000 9200 6 10 1000 1700000000 1700000030 ACCEPT OK\n';
    const megabyte = new Blob([line.repeat(10_000)]);
    const file = new Blob(Array.from({ length: 1000 }, () => megabyte));
    const caseId = await undertone.createCase('cancel');
    const engine = undertone.createEngine();
    await engine.openCase(caseId);
    let cancelledAt = 0;
    let bytesRead = 0;
    let ending = '';
    const handle = engine.load([{ file, name: 'huge.log', lastModifiedMs: 0 }], (event) => {
      if (event.kind !== 'progress') ending = event.kind;
      else if (cancelledAt === 0 && event.progress.bytesRead > 30_000_000) {
        bytesRead = event.progress.bytesRead;
        cancelledAt = performance.now();
        handle.cancel();
      }
    });
    await handle.finished;
    const stoppedAfterMs = performance.now() - cancelledAt;
    const opened = await engine.openCase(caseId);
    return { ending, bytesRead, size: file.size, stoppedAfterMs, left: opened.ok ? opened.value.length : -1 };
  });
  console.log(
    `cancelled at ${result.bytesRead} of ${result.size} bytes, stopped after ${Math.round(result.stoppedAfterMs)} ms`,
  );
  expect(result).toMatchObject({ ending: 'cancelled', left: 0 });
  expect(result.bytesRead).toBeLessThan(result.size);
});

test('what is no log fails with a sentence and takes no other file with it', async ({ page }) => {
  const endings: Record<string, Ending> = await page.evaluate(async () => {
    const random = new Uint8Array(500_000);
    for (let at = 0; at < random.length; at += 65_536)
      crypto.getRandomValues(random.subarray(at, at + 65_536));
    const line =
      '2 123456789012 eni-0a1b2c3d 203.0.113.9 10.0.0.5 40000 9200 6 10 1000 1700000000 1700000030 ACCEPT OK\n';
    const gz = await new Response(
      new Blob([line.repeat(5000)]).stream().pipeThrough(new CompressionStream('gzip')),
    ).blob();
    const files = {
      'random.log': new Blob([random]),
      'empty.log': new Blob([]),
      'cut.log.gz': gz.slice(0, Math.floor(gz.size / 2)),
      // Another address: rows that the cut file holds too would be counted there.
      'good.log': new Blob([line.replace('203.0.113.9', '203.0.113.10').repeat(10)]),
    };
    const caseId = await undertone.createCase('failures');
    const engine = undertone.createEngine();
    await engine.openCase(caseId);
    const names = Object.keys(files);
    const endings: Record<string, Ending> = {};
    await engine.load(
      Object.entries(files).map(([name, file]) => ({ file, name, lastModifiedMs: 0 })),
      (event) => {
        if (event.kind !== 'progress') endings[names[event.index] ?? ''] = event as Ending;
      },
    ).finished;
    return endings;
  });
  expect(endings['random.log']).toMatchObject({
    kind: 'failed',
    failure: { what: expect.stringMatching(/binary/) },
  });
  expect(endings['empty.log']).toMatchObject({
    kind: 'failed',
    failure: { what: expect.stringMatching(/empty/) },
  });
  expect(endings['cut.log.gz']).toMatchObject({ kind: 'done', source: { isCut: true } });
  expect(endings['good.log']).toMatchObject({ kind: 'done', source: { rows: { flows: 10 } } });
});
