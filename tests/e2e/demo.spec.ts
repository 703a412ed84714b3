import { readFile } from 'node:fs/promises';
import { cell, expect, idle, openDemo, start, test } from './page';

test('the demonstration case tells its story, with receipts', async ({ page }) => {
  await openDemo(page);

  const answer = cell(page, 'answer');
  await expect(answer.locator('.finding')).toContainText(/Data was queried on [^;]*log-3 9200\/tcp/);
  const of = (service: string) =>
    answer
      .locator('li')
      .filter({ has: page.getByRole('button', { name: service }) })
      .first();
  const all = answer.getByRole('button', { name: /Show all \d+ services/ });
  if (await all.isVisible()) await all.click();
  await expect(of('log-3 9200/tcp')).toContainText('was queried');
  await expect(of('log-3 9200/tcp')).toContainText('203.0.113.77');
  await expect(of('log-5 5601/tcp')).toContainText('not queried within coverage');
  await expect(of('log-2 9200/tcp')).toContainText('cannot tell');
  await expect(of('log-2 9200/tcp')).toContainText('Would settle it');
  await test.step('each word is explained where it stands', async () => {
    const queried = of('log-3 9200/tcp');
    await expect(queried.locator('.verdict')).toHaveAttribute('title', /had a read carried out/);
    await expect(queried.locator('.rung')).toHaveAttribute(
      'title',
      /^Rung 6 queried, of 8: A read was carried out\./,
    );
    await expect(cell(page, 'quiet').locator('.standing').first()).toHaveAttribute(
      'title',
      /does not fit the noise/,
    );
    await expect(
      page.getByRole('navigation', { name: 'Case' }).getByText('cannot show that nothing was read').first(),
    ).toBeVisible();
  });

  await expect(cell(page, 'quiet').locator('.finding')).toContainText('First: 203.0.113.77');
  await expect(cell(page, 'integrity').locator('.finding')).toContainText('log-3');
  await expect(cell(page, 'integrity')).toContainText('203.0.113.77');
  const exposure = cell(page, 'exposure');
  await expect(exposure).toContainText('change log');
  await expect(exposure).toContainText('traffic');

  await test.step('a number opens the raw lines behind it', async () => {
    await cell(page, 'quiet')
      .getByRole('button', { name: /^Rows behind/ })
      .first()
      .click();
    const drawer = page.getByRole('complementary', { name: 'Receipts' });
    await expect(drawer).toBeVisible();
    await drawer.getByRole('grid').or(drawer.getByRole('table')).first().press('ArrowDown');
    await page.keyboard.press('Enter');
    const raw = drawer.getByRole('region', { name: 'Raw record' });
    await expect(raw).toContainText('SHA-256');
    await expect(raw).toContainText('Line');
    await expect(raw.locator('pre')).not.toBeEmpty();
  });

  await test.step('all that an actor did stands in one order of time, and can be saved', async () => {
    await cell(page, 'quiet').getByRole('button', { name: '203.0.113.77', exact: true }).first().click();
    const drawer = page.getByRole('complementary', { name: 'Receipts' });
    await expect(drawer.getByRole('button', { name: 'in order of time' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    const grid = drawer.getByRole('grid');
    await expect(grid).toContainText('flow');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      drawer.getByRole('button', { name: 'save as CSV' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    const lines = text.trim().split('\r\n');
    const times = lines.slice(1).map((line) => Date.parse(line.slice(0, line.indexOf(','))));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const table of ['flows', 'logins', 'queries'])
      expect(
        lines.some((line) => line.includes(`,${table},`)),
        table,
      ).toBe(true);
    await expect(drawer.getByText(`${lines.length - 1} rows`)).toBeVisible();
  });

  await test.step('a reload brings it back without a file', async () => {
    const fetched: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/demo/')) fetched.push(request.url());
    });
    const before = await answer.locator('.finding').innerText();
    await page.reload();
    await expect(cell(page, 'answer').locator('.finding')).toHaveText(before, { timeout: 60_000 });
    await idle(page);
    await expect(cell(page, 'quiet').locator('.finding')).toContainText('First: 203.0.113.77');
    expect(fetched).toEqual([]);
  });
});

test('a start page that a stranger can use without scrolling, whatever else it lists', async ({ page }) => {
  await start(page);
  await expect(page.getByRole('button', { name: 'Choose files…' })).toBeInViewport();
  await expect(page.getByRole('button', { name: 'Open the demonstration case' })).toBeInViewport();
  await expect(page.getByText('PostgreSQL log (csvlog)')).toBeHidden();
  await page.getByText(/Reads \d+ kinds of log/).click();
  await expect(page.getByText('PostgreSQL log (csvlog)')).toBeVisible();
});

test('brushing time and picking an actor drive the cells, and Escape clears', async ({ page }) => {
  await openDemo(page);
  const axis = page.getByRole('application', { name: /Time axis/ });
  await axis.focus();
  await page.keyboard.press('ArrowRight');
  await expect(axis).toHaveAccessibleName(/In focus/);
  await page.keyboard.press('Escape');
  await expect(axis).not.toHaveAccessibleName(/In focus/);
});

test('notes, pins and names survive a reload and can be undone', async ({ page }) => {
  await openDemo(page);
  const quiet = cell(page, 'quiet');
  await quiet.getByRole('button', { name: 'Pin' }).first().click();
  await expect(quiet.getByRole('button', { name: 'Unpin' }).first()).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(quiet.getByRole('button', { name: 'Unpin' })).toHaveCount(0);
  await page.keyboard.press('Control+Shift+z');
  await expect(quiet.getByRole('button', { name: 'Unpin' }).first()).toBeVisible();
  await quiet.getByRole('button', { name: 'Add a note' }).click();
  await page.keyboard.type('Seen by **two** of us <img src=x onerror=alert(1)>');
  await page.keyboard.press('Tab');
  await idle(page);
  await page.reload();
  await expect(cell(page, 'quiet')).toContainText('Seen by two of us', { timeout: 60_000 });
  await expect(cell(page, 'quiet').locator('strong', { hasText: 'two' })).toBeVisible();
  await expect(page.locator('img[src="x"]')).toHaveCount(0);
  await idle(page);
  await expect(cell(page, 'quiet').getByRole('button', { name: 'Unpin' }).first()).toBeVisible();
});
