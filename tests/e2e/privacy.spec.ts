import { expect, openDemo, start, test } from './page';

test('the page can open no connection to another origin, even if its code tried', async ({
  page,
  watched,
}) => {
  await start(page);
  const policy = await page.locator('meta[http-equiv="content-security-policy"]').getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|'unsafe-inline'|'unsafe-eval'/);
  const outcome = await page.evaluate(async () => {
    const tries: Record<string, () => Promise<unknown>> = {
      fetch: () => fetch('https://undertone.invalid/'),
      beacon: async () => {
        if (!navigator.sendBeacon('https://undertone.invalid/')) throw new Error('refused');
      },
      // In a turn of its own: what a test evaluates directly is exempt from the policy.
      eval: () =>
        new Promise((resolve, reject) => {
          setTimeout(() => {
            try {
              // eslint-disable-next-line no-eval -- that it is refused is what is tested
              resolve((0, eval)('1'));
            } catch (error) {
              reject(error);
            }
          });
        }),
    };
    const results: Record<string, string> = {};
    for (const [name, run] of Object.entries(tries))
      results[name] = await run().then(
        () => 'allowed',
        () => 'refused',
      );
    return results;
  });
  expect(outcome['fetch']).toBe('refused');
  expect(outcome['eval']).toBe('refused');
  // The tries above are the only breaches.
  const others = watched.splice(0).filter((entry) => !/undertone\.invalid|eval/i.test(entry));
  expect(others).toEqual([]);
});

test('opens without a network after the first visit', async ({ page, context }) => {
  await openDemo(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.reload();
  await expect(page.locator('[data-cell="answer"] .finding')).toContainText('queried', { timeout: 60_000 });
});
