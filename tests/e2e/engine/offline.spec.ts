import { expect, test } from 'playwright/test';

test('after one visit the page and its engine need no network', async ({ page, context }) => {
  await page.goto('/');
  await page.evaluate(() => navigator.serviceWorker.ready);
  const heading = await page.locator('h1').first().textContent();

  await context.setOffline(true);
  const reached: string[] = [];
  context.on('request', (request) => {
    if (request.serviceWorker()) reached.push(request.url());
  });
  await page.reload();
  await expect(page.locator('h1').first()).toHaveText(heading ?? '');
  const workers = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.includes('/workers/')),
  );
  expect(workers.length).toBeGreaterThan(0);
  expect(reached).toEqual([]);
});
