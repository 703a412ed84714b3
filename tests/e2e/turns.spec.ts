import type { Page } from 'playwright/test';
import { cell, expect, idle, pick, start, test } from './page';

/** Elements that the page may make in one task: some hundred a frame is what a browser draws without a person noticing. */
const MOST_IN_A_TASK = 1_000;
const FILES = 120;

/** Two flow logs, sshd and an access log in turn, each of a machine of its own: as many services as files. */
const files = Array.from({ length: FILES }, (_, f) => {
  const lines = Array.from({ length: 30 }, (_, i) => {
    const us = 1_425_291_600 + f * 60 + i;
    const actor = `203.0.113.${(f + i) % 200}`;
    return f % 3 === 2
      ? `${new Date(us * 1000).toISOString().replace('Z', '+00:00')} web-${f} sshd[${1000 + i}]: Failed password for root from ${actor} port ${40_000 + i} ssh2`
      : `2 123456789012 eni-${f} ${actor} 10.0.0.${f} ${40_000 + i} 22 6 10 840 ${us} ${us + 30} ACCEPT OK`;
  });
  return { name: `log-${f}.log`, text: `${lines.join('\n')}\n` };
});

async function countMade(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const made = { most: 0 };
    Object.assign(window, { made });
    const inTask = new Set<Element>();
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => inTask.clear();
    new MutationObserver((records) => {
      if (inTask.size === 0) port1.postMessage(null);
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          if (!(node instanceof Element)) continue;
          for (const element of [node, ...node.querySelectorAll('*')]) inTask.add(element);
        }
      }
      made.most = Math.max(made.most, inTask.size);
    }).observe(document, { childList: true, subtree: true });
  });
}

const mostMade = (page: Page) =>
  page.evaluate(() => (window as unknown as { made: { most: number } }).made.most);

test('a case of many services is drawn a part at a time, when it is loaded and when it is opened again', async ({
  page,
}) => {
  await countMade(page);
  await start(page);
  await pick(page, files);
  await idle(page);
  const ladder = cell(page, 'ladder');
  await expect(ladder.locator('.finding')).toBeVisible();
  expect(await mostMade(page)).toBeLessThan(MOST_IN_A_TASK);
  await page.reload();
  await expect(ladder.locator('.finding')).toBeVisible();
  await idle(page);
  expect(await mostMade(page)).toBeLessThan(MOST_IN_A_TASK);
});

test('the ladder of many services scrolls in its own box, by wheel and by keyboard, and holds all their names', async ({
  page,
}) => {
  await start(page);
  await pick(page, files);
  await idle(page);
  const matrix = cell(page, 'ladder').getByRole('group', { name: /^Ladder: \d+ services/ });
  const names = matrix.locator('text.service');
  const fields = matrix.locator('g.cell');
  const count = await names.count();
  expect(count).toBeGreaterThan(60);
  expect(await fields.count()).toBeLessThan(9 * 40);
  await matrix.focus();
  await page.keyboard.press('End');
  await expect(names.last()).toBeInViewport();
  const says = cell(page, 'ladder').locator('.says');
  await expect(says).toContainText('rung 8 bulk');
  await expect(matrix.locator('g.active')).toBeInViewport();
  await names.first().scrollIntoViewIfNeeded();
  await expect(fields.first()).toBeInViewport();
});
