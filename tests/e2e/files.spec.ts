import { gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import { eventFile, logons } from '../fixtures/windows-evtx/event-file';
import { ANSWERED, conversation, pcapFile } from '../fixtures/pcap/captures';
import { journalFile, LOGINS } from '../fixtures/systemd-journal/records';
import { cell, drop, expect, idle, pick, shared, start, test } from './page';

const FLOW = (i: number) =>
  `2 123456789012 eni-0a1b2c3d 203.0.113.${1 + (i % 200)} 10.0.0.5 ${40000 + (i % 20000)} 9200 6 10 1000 ${1_771_545_600 + i} ${1_771_545_630 + i} ACCEPT OK`;
const flows = (count: number) => Array.from({ length: count }, (_, i) => FLOW(i)).join('\n') + '\n';

test('a real log of a server under brute force', async ({ page }) => {
  const file = shared('loghub/OpenSSH/OpenSSH_2k.log');
  await start(page);
  await pick(page, [file]);
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('2,000 records');
  await expect(cell(page, 'evidence').locator('.finding')).toContainText('Every record could be read');
  await expect(cell(page, 'quiet').locator('.finding')).toContainText('First: 119.137.62.142');
  await expect(cell(page, 'answer').locator('.finding')).toContainText('cannot tell');

  const rows = await page.evaluate(async () => {
    const { engine } = (
      window as unknown as { __undertone: { engine: import('../../src/lib/workers/engine').Engine } }
    ).__undertone;
    const failures = await engine.rows({ table: 'logins', where: { outcome: [1] } }, 0, 1);
    const successes = await engine.rows({ table: 'logins', where: { outcome: [2] } }, 0, 5);
    return { failures: failures.ok && failures.value.total, successes: successes.ok && successes.value };
  });
  expect(rows.failures).toBe(532);
  expect(rows.successes).toMatchObject({ total: 1 });
});

test('with flow logs alone nothing is ever "not queried"', async ({ page }) => {
  await start(page);
  const names = readdirSync('static/demo').filter((name) => name.startsWith('vpc-'));
  await pick(
    page,
    names.map((name) => `static/demo/${name}`),
  );
  await idle(page);
  const answer = cell(page, 'answer');
  const all = answer.getByRole('button', { name: /Show all \d+ services/ });
  if (await all.isVisible()) await all.click();
  await expect(answer).toContainText('cannot tell');
  await expect(answer).not.toContainText('not queried within coverage');
  await expect(answer).toContainText('could have shown at most rung');
});

test('what cannot be read says so and takes nothing with it', async ({ page }) => {
  const random = Buffer.alloc(500_000);
  for (let i = 0; i < random.length; i++) random[i] = (i * 7919 + (i >> 3) * 104_729) & 255;
  const elf = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), random.subarray(0, 20_000)]);
  const gz = gzipSync(Buffer.from(flows(20_000)));
  await start(page);
  await pick(page, [
    { name: 'good.log', text: flows(100) },
    { name: 'random.bin', bytes: random },
    { name: 'empty.log', bytes: Buffer.alloc(0) },
    { name: 'cut.log.gz', bytes: gz.subarray(0, gz.length / 2) },
    { name: 'program.log', bytes: elf },
    { name: 'broken.log', text: `${flows(5)}2 123 eni-1 not-an-address\n` },
  ]);
  await idle(page);
  const files = page.getByRole('region', { name: 'Files being read' });
  for (const name of ['random.bin', 'empty.log', 'program.log']) {
    await expect(files.locator('li', { hasText: name }), name).toContainText('not read');
  }
  await expect(files.locator('li', { hasText: 'empty.log' })).toContainText(/empty|no bytes/i);
  await expect(files.locator('li', { hasText: 'program.log' })).toContainText(/binary|not (log )?text/i);
  const evidence = cell(page, 'evidence');
  await expect(evidence).toContainText('good.log');
  await expect(evidence).toContainText(/cut\.log\.gz/);
  await expect(page.locator('body')).toContainText(
    /ends (in the middle|too early|before)|truncated|cut off/i,
  );
  await expect(evidence.locator('.finding')).toContainText('2 records could not be read');
});

test('a folder of many exports with notes beside them leaves the page to the answer', async ({ page }) => {
  const day = (i: number) => ({ name: `vpc-2026-02-${10 + i}.log`, text: flows(400 + i) });
  const notes = ['README.md', 'CONTACTS.txt', 'TODO.md', 'SOURCE.txt'].map((name) => ({
    name,
    text: `# ${name}\n\nCall Ada.\n`,
  }));
  await start(page);
  const copies = [0, 1, 2].map((i) => ({ ...day(i), name: `copy-${i}.log` }));
  await pick(page, [...notes, ...Array.from({ length: 14 }, (_, i) => day(i)), ...copies]);
  await idle(page);
  const files = page.getByRole('region', { name: 'Files being read' });
  await expect(files).toContainText('3 files were loaded already and count once: ');
  await expect(files.getByText('The same bytes are loaded as')).toHaveCount(3);
  await expect(files.getByText('The same bytes are loaded as').first()).toBeHidden();
  const unread = files.locator('summary', { hasText: 'not read' });
  await expect(unread).toContainText('4 files were not read: README.md, CONTACTS.txt, TODO.md and 1 more');
  await expect(files.getByText('Its first line reads: # TODO.md')).toBeHidden();
  await unread.click();
  await expect(files.getByText('Its first line reads: # TODO.md')).toBeVisible();

  const rail = page.getByRole('navigation', { name: 'Case' });
  const log = rail.locator('summary');
  await expect(log).toContainText('14 files');
  await expect(rail.getByRole('button', { name: /vpc-2026-02-12/ })).toBeHidden();
  await log.click();
  await rail.getByRole('button', { name: /vpc-2026-02-12/ }).click();
  await expect(page.getByRole('dialog')).toContainText('vpc-2026-02-12.log');
});

test('hundreds of files of one log are one entry of the list, drawn a part at a time once it is opened', async ({
  page,
}) => {
  await start(page);
  await pick(
    page,
    Array.from({ length: 230 }, (_, i) => ({ name: `flow-${1000 + i}.log`, text: FLOW(i) })),
  );
  await idle(page);
  const rail = page.getByRole('navigation', { name: 'Case' });
  const files = rail.locator('button.source');
  await expect(rail.locator('summary')).toContainText('230 files');
  await expect(files).toHaveCount(0);
  await rail.locator('summary').click();
  await expect(files).toHaveCount(100);
  await rail.getByRole('button', { name: 'Show 100 more of 230' }).click();
  await rail.getByRole('button', { name: 'Show 30 more of 230' }).click();
  await expect(files).toHaveCount(230);
  await files.last().click();
  await expect(page.getByRole('dialog')).toContainText('flow-1229.log');
});

test('a sweep of a large network does not fill the page with a strip for each address', async ({ page }) => {
  const swept = Array.from({ length: 2_000 }, (_, i) =>
    FLOW(i).replace(/ 203\.\S+ \S+ /, ` 203.0.113.9 10.0.${i >> 8}.${i & 255} `),
  );
  await start(page);
  await pick(page, [{ name: 'sweep.log', text: swept.join('\n') }]);
  await idle(page);
  const evidence = cell(page, 'evidence');
  await expect(evidence).toContainText(/300 of [12],\d{3} strips are drawn; the table holds all/);
  await expect(evidence.getByRole('group', { name: 'Coverage strips' }).locator('svg g')).toHaveCount(300);
});

test('the same file twice counts once, and overlapping exports too', async ({ page }) => {
  await start(page);
  await pick(page, [
    { name: 'a.log', text: flows(500) },
    { name: 'copy-of-a.log', text: flows(500) },
    { name: 'overlap.log', text: flows(700).split('\n').slice(400).join('\n') },
  ]);
  await idle(page);
  await expect(cell(page, 'evidence').locator('.finding')).toContainText('700 flow records');
  await expect(page.locator('body')).toContainText('counted once');
});

test('a large file can be cancelled halfway and nothing else is lost', async ({ page }) => {
  await start(page);
  await drop(page, [{ name: 'first.log', text: flows(300) }]);
  await idle(page);
  await page.evaluate((line) => {
    const block = new Blob([`${line}\n`.repeat(10_000)]);
    const file = new File(
      Array.from({ length: 900 }, () => block),
      'huge.log',
    );
    const transfer = new DataTransfer();
    transfer.items.add(file);
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
      );
    }
  }, FLOW(1));
  const row = page.getByRole('region', { name: 'Files being read' }).locator('li', { hasText: 'huge.log' });
  await expect(row).toContainText(/reading/, { timeout: 30_000 });
  await row.getByRole('button', { name: 'Cancel huge.log' }).click();
  await expect(row).toContainText('cancelled');
  await idle(page);
  await expect(cell(page, 'evidence').locator('.finding')).toContainText('300 flow records');
});

test('a tab that dies while reading keeps what was complete', async ({ page, context }) => {
  await start(page);
  await pick(page, [{ name: 'complete.log', text: flows(300) }]);
  await idle(page);
  const address = page.url();
  await page.evaluate((line) => {
    const block = new Blob([`${line}\n`.repeat(10_000)]);
    const transfer = new DataTransfer();
    transfer.items.add(
      new File(
        Array.from({ length: 600 }, () => block),
        'huge.log',
      ),
    );
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
      );
    }
  }, FLOW(1));
  await expect(
    page.getByRole('region', { name: 'Files being read' }).locator('li', { hasText: 'huge.log' }),
  ).toContainText(/reading/);
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(address);
  await expect(cell(again, 'evidence').locator('.finding')).toContainText('300 flow records', {
    timeout: 30_000,
  });
  await expect(cell(again, 'evidence')).not.toContainText('huge.log');
});

test('a delimited file of unknown columns is mapped by hand, once for the case', async ({ page }) => {
  const table = (from: number) =>
    'occurred;peer;machine;verdictish\n' +
    Array.from(
      { length: 30 },
      (_, i) => `2026-02-20T10:${String(from + (i % 30)).padStart(2, '0')}:00Z;203.0.113.${i};10.0.0.5;ok`,
    ).join('\n');
  await start(page);
  await pick(page, [{ name: 'export.csv', text: table(0) }]);
  const files = page.getByRole('region', { name: 'Files being read' });
  await expect(files).toContainText('needs its columns named', { timeout: 20_000 });
  await files.getByRole('button', { name: /Name the columns/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('peer');
});

test('columns that no name tells are named by the keyboard alone, for all files that have them, and an undo asks again', async ({
  page,
}) => {
  const table = (who: string) =>
    'Dzień;Godzina;Kto;Skąd;Wynik\n' +
    Array.from({ length: 12 }, (_, i) => `03/02/2015;10:20:${10 + i};${who};203.0.113.${i};nie`).join('\n');
  await start(page);
  await pick(page, [
    { name: 'a.csv', text: table('root') },
    { name: 'b.csv', text: table('admin') },
  ]);
  await idle(page);
  const files = page.getByRole('region', { name: 'Files being read' });
  const asks = files.getByRole('button', { name: /Name the columns/ });
  await expect(asks).toHaveCount(2);
  await asks.first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Its rows are')).toHaveValue('logins');
  const tabTo = async (label: RegExp): Promise<void> => {
    const field = dialog.getByLabel(label);
    for (let i = 0; i < 40 && !(await field.evaluate((one) => one === document.activeElement)); i++)
      await page.keyboard.press('Tab');
    await expect(field).toBeFocused();
  };
  await tabTo(/^Dates such as 03\/02\/2015 begin with/);
  await page.keyboard.type('the day');
  await tabTo(/^User/);
  await page.keyboard.type('Kto');
  for (
    let i = 0;
    i < 40 &&
    !(await dialog
      .getByRole('button', { name: 'Read the file' })
      .evaluate((one) => one === document.activeElement));
    i++
  )
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('#cell-answer')).toBeFocused();
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('24 login events');
  await expect(cell(page, 'evidence')).toContainText('2015-02-03');
  await page.keyboard.press('Control+z');
  await idle(page);
  await expect(asks).toHaveCount(2);
  await page.keyboard.press('Control+Shift+z');
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('24 login events');
});

test('a table whose columns say what they are is read at once, and an analyst may still say otherwise', async ({
  page,
}) => {
  const rows = Array.from(
    { length: 30 },
    (_, i) => `2026-02-20T10:${String(i).padStart(2, '0')}:00Z,user${i},203.0.113.${i},log-1,failure`,
  );
  await start(page);
  await pick(page, [{ name: 'siem.csv', text: ['time,user,src_ip,host,result', ...rows].join('\n') }]);
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('30 login events');
  await page
    .getByRole('button', { name: /siem\.csv/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'What its columns mean' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('read by what their names say');
  await dialog.getByLabel('Its rows are').selectOption('queries');
  await dialog.getByRole('button', { name: /Read/ }).click();
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('0 login events, 30 queries');
});

test('hostile log text stays text', async ({ page }) => {
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe';
  const line = (i: number) =>
    `Feb 20 10:00:${String(i % 60).padStart(2, '0')} log-1 sshd[${1000 + i}]: Failed password for invalid user ${evil} from 203.0.113.9 port ${40000 + i} ssh2`;
  page.on('dialog', () => {
    throw new Error('log text ran as script');
  });
  await start(page);
  await pick(page, [
    {
      name: `${evil.replaceAll('/', '')}.log`,
      text: Array.from({ length: 50 }, (_, i) => line(i)).join('\n'),
    },
  ]);
  await idle(page);
  await expect(cell(page, 'evidence')).toContainText('50 records');
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  expect(await page.locator('script', { hasText: 'alert(2)' }).count()).toBe(0);
  // A mark that turns the direction of writing is shown, not obeyed.
  await expect(page.locator('body')).toContainText('\\u202egnp.exe');
  expect(await page.locator('body').innerText()).not.toContain('\u202e');
});

test('a case leaves as a file, and is a case again where that is dropped', async ({ page }) => {
  await start(page);
  await pick(page, [{ name: 'small.log', text: flows(50) }]);
  await idle(page);
  await page.getByLabel('Name of the case').fill('Port 9200');
  await page.keyboard.press('Enter');
  await page.locator('summary', { hasText: 'Report' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .locator('details.menu')
      .getByRole('button', { name: /Case file/ })
      .click(),
  ]);
  expect(download.suggestedFilename()).toBe('port-9200.TLP-AMBER.undertone');
  const first = page.url();
  await page.getByRole('button', { name: 'Undertone' }).click();
  await pick(page, [{ name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }]);
  await expect(cell(page, 'evidence').locator('.finding')).toContainText('50 flow records');
  await expect(page.getByRole('heading', { name: 'Port 9200' })).toBeVisible();
  await idle(page);
  expect(page.url()).not.toBe(first);
});

test('names that hide or turn what stands beside them around are written out wherever they stand', async ({
  page,
}) => {
  const named = (file: string) => {
    const text = gunzipSync(readFileSync(`static/demo/${file}.gz`)).toString('utf8');
    return { name: file, text: text.replaceAll('log-3', 'log-\u202e3') };
  };
  await start(page);
  await pick(page, [
    named('log-3-elasticsearch-audit.json'),
    named('cloudtrail.json'),
    named('vpc-flow-2026-02-24.log'),
    named('vpc-flow-2026-03-03.log'),
  ]);
  await idle(page);
  await expect(cell(page, 'answer')).toContainText('log-\\u202e3 9200/tcp');
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  await cell(page, 'answer')
    .getByRole('button', { name: /^Rows behind/ })
    .first()
    .click();
  await idle(page);
  const shown = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // What is sent with a choice or typed into a field stays as it is; what is shown and said of it does not.
      const isSent = (name: string) => name === 'value';
      const texts =
        node instanceof Element
          ? [...node.attributes].filter(({ name }) => !isSent(name)).map(({ value }) => value)
          : [node.nodeValue ?? ''];
      for (const text of texts) if (text.includes('\u202e')) found.push(`${node.nodeName}: ${text}`);
    }
    return found;
  });
  expect(shown).toEqual([]);
});

test('files of machines are read as they are copied from them, with receipts in words', async ({ page }) => {
  const captured = Array.from({ length: 300 }, (_, i) => conversation(ANSWERED, { port: 20_000 + i })).flat();
  await start(page);
  await pick(page, [
    { name: 'Security.evtx', bytes: Buffer.from(eventFile(logons(5_000))) },
    { name: 'system.journal.gz', bytes: gzipSync(journalFile(LOGINS)) },
    { name: 'eth0.pcap', bytes: Buffer.from(pcapFile(captured)) },
  ]);
  await idle(page);
  const evidence = cell(page, 'evidence');
  await expect(evidence.locator('.finding')).toContainText('300 flow records, 5,003 login events');
  await expect(evidence.locator('.finding')).toContainText('Every record could be read');
  const texts = await page.evaluate(async () => {
    const { engine } = (
      window as unknown as { __undertone: { engine: import('../../src/lib/workers/engine').Engine } }
    ).__undertone;
    const found: string[] = [];
    for (const table of ['logins', 'flows', 'changes'] as const) {
      for (const from of table === 'logins' ? [0, 4_999] : [0]) {
        const rows = await engine.rows({ table }, from, 1);
        const row = rows.ok ? rows.value.rows[0] : undefined;
        const raw = row ? await engine.raw(table, [row.row]) : undefined;
        found.push(raw?.ok ? `${raw.value[0]?.source}: ${raw.value[0]?.text}` : 'no row');
      }
    }
    return found;
  });
  expect(texts).toEqual([
    expect.stringMatching(/^Security\.evtx: <Event [^]*<EventRecordID>1<[^]*>user0</),
    expect.stringMatching(/^Security\.evtx: <Event [^]*<EventRecordID>4997<[^]*>user4996</),
    expect.stringMatching(/^eth0\.pcap: time=2024-03-10T12:00:00Z\npacket=TCP from 203\.0\.113\.7:20000 /),
    expect.stringMatching(/^system\.journal\.gz: MESSAGE=\(to root\) alice on pts\/0\n/),
  ]);
});
