import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright/test';
import { expect, idle, openDemo, pick, start, test } from './page';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 A and AA by axe-core; what it can't decide is not counted. */
async function violations(page: Page, within = 'html'): Promise<string[]> {
  await page.addScriptTag({ content: AXE });
  return page.evaluate(async (place) => {
    const { violations: found } = await (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run(
      place,
      {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      },
    );
    return found.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 120))
          .join(' | ')}`,
    );
  }, within);
}

for (const scheme of ['light', 'dark'] as const) {
  test(`start page and notebook are accessible, ${scheme}`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({ colorScheme: scheme, bypassCSP: true, baseURL });
    const page = await context.newPage();
    await start(page);
    expect(await violations(page)).toEqual([]);
    await openDemo(page);
    expect(await violations(page)).toEqual([]);
    await context.close();
  });
}

test('every dialog is accessible, in light and in dark', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ bypassCSP: true, baseURL });
  const page = await context.newPage();
  await start(page);
  const line = (i: number) =>
    `Feb 20 10:00:${10 + i} log-1 sshd[1]: Failed password for root from 203.0.113.${i} port 4000${i} ssh2\n`;
  await pick(page, [{ name: 'auth.log', text: Array.from({ length: 10 }, (_, i) => line(i)).join('') }]);
  await idle(page);
  const dialog = page.getByRole('dialog');
  const check = async (what: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, 'dialog'), `${what}, ${colorScheme}`).toEqual([]);
    }
  };
  await page.keyboard.press('Control+k');
  await expect(dialog).toBeVisible();
  await check('palette');
  await page.keyboard.type('Known actors');
  await page.keyboard.press('Enter');
  const parts = dialog.getByRole('group', { name: 'Part of the case' }).getByRole('button');
  for (const part of await parts.all()) {
    await part.click();
    await check(await part.innerText());
  }
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(dialog).toContainText('Keys');
  await check('help');
  await context.close();
});

for (const width of [390, 1280]) {
  test(`nothing is wider than a window of ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await openDemo(page);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBeLessThanOrEqual(0);
    if (width > 400) {
      // As 1280 pixels are at a zoom of 200 %.
      await page.setViewportSize({ width: 640, height: 360 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640);
      return;
    }
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('main table')]
        .filter(
          (table) => table.checkVisibility() && table.scrollWidth > (table.parentElement?.clientWidth ?? 0),
        )
        .map((table) => table.parentElement?.ariaLabel),
    );
    expect(cut, 'tables of which a column is out of sight').toEqual([]);
  });
}

test('works by keyboard alone', async ({ page }) => {
  await start(page);
  await page.keyboard.press('Tab');
  for (let i = 0; i < 20; i++) {
    if (
      await page
        .getByRole('button', { name: 'Open the demonstration case' })
        .evaluate((it) => it === document.activeElement)
    )
      break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-cell="answer"] .finding')).toContainText('queried', { timeout: 60_000 });
  await idle(page);
  await page.keyboard.press('g');
  await page.keyboard.press('4');
  await expect(page.locator('#cell-quiet')).toBeFocused();
  await page
    .locator('[data-cell="quiet"]')
    .getByRole('button', { name: /^Rows behind/ })
    .first()
    .press('Enter');
  const receipts = page.getByRole('complementary', { name: 'Receipts' });
  await expect(receipts.getByRole('grid')).toBeVisible();
  await page.keyboard.press('r');
  await expect(receipts.getByRole('grid')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(receipts).toHaveCount(0);
  await expect(
    page
      .locator('[data-cell="quiet"]')
      .getByRole('button', { name: /^Rows behind/ })
      .first(),
  ).toBeFocused();
  await page.keyboard.press('g');
  await page.keyboard.press('5');
  await expect(page.locator('#cell-decoy')).toBeFocused();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Keys');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: /Find/ })).toBeVisible();
});
