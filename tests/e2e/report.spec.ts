import { readFileSync } from 'node:fs';
import type { Page } from 'playwright/test';
import { expect, openDemo, test } from './page';

/** Takes one export out of the menu. */
async function savedFrom(page: Page, label: RegExp): Promise<{ name: string; text: string }> {
  await page.locator('summary', { hasText: 'Report' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('details.menu').getByRole('button', { name: label }).click(),
  ]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

test('the report leaves as Markdown, HTML, JSON and CSV, defanged and marked', async ({ page, context }) => {
  await openDemo(page);
  const save = (label: RegExp): Promise<{ name: string; text: string }> => savedFrom(page, label);

  const markdown = await save(/Markdown/);
  expect(markdown.name).toMatch(/AMBER/);
  expect(markdown.text).toContain('log-3 9200/tcp');
  expect(markdown.text.replaceAll('\\', '')).toContain('203[.]0[.]113[.]77');
  expect(markdown.text).not.toContain('203.0.113.77 ');
  expect(markdown.text).toMatch(/\[R\d+/);

  const html = await save(/HTML/);
  expect(html.text).not.toMatch(/<script|<link|<img/i);
  const report = await context.newPage();
  await report.setContent(html.text);
  await expect(report.getByRole('heading', { name: 'The answer' })).toBeVisible();
  await expect(report.locator('body')).toContainText('SHA-256');
  await report.close();

  const json = await save(/JSON/);
  const findings = JSON.parse(json.text) as Record<string, unknown>;
  for (const key of [
    'tool',
    'case',
    'sources',
    'exposure',
    'actors',
    'campaigns',
    'assets',
    'verdicts',
    'integrity',
    'decoy',
    'aftermath',
    'rotation',
    'coverage',
  ]) {
    expect(findings, key).toHaveProperty(key);
  }

  const csv = await save(/actors/i);
  expect(csv.text.split('\r\n')[0]).toContain('actor,standing');
});

test('the notebook and its report are printed dark on white, marked, with every verdict and without controls', async ({
  page,
  context,
}) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openDemo(page);
  const html = await savedFrom(page, /HTML/);
  const answer = page.locator('[data-cell="answer"]');
  await expect(answer.getByText('log-6 22/tcp: cannot tell')).toHaveCount(0);

  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  await expect(answer.getByText('log-6 22/tcp: cannot tell')).toBeVisible();
  const main = page.locator('main');
  expect(await main.innerText()).toContain('203[.]0[.]113[.]77');
  expect(await main.innerText()).not.toContain('203.0.113.77');
  const inkOf = () => page.evaluate(() => getComputedStyle(document.documentElement).color);
  expect(await inkOf()).toBe('rgb(28, 27, 25)');
  for (const name of [/^Report$/, /^Show all/, /^Add a note/, /^Note$/])
    await expect(page.getByRole('button', { name }), String(name)).toHaveCount(0);
  const marking = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--tlp'));
  expect(await marking()).toBe("'TLP:AMBER'");
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  await expect(answer.getByText('log-6 22/tcp: cannot tell')).toHaveCount(0);
  expect(await main.innerText()).toContain('203.0.113.77');
  expect(await main.innerText()).not.toContain('203[.]0[.]113[.]77');

  const report = await context.newPage();
  await report.emulateMedia({ colorScheme: 'dark', media: 'print' });
  await report.setContent(html.text);
  expect(await report.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(22, 32, 43)');
  expect(html.text).toContain('content:"TLP:AMBER"');
});

test('platforms get the findings as a STIX bundle, a timeline and rules', async ({ page }) => {
  await openDemo(page);

  const stix = await savedFrom(page, /STIX/);
  expect(stix.name).toMatch(/TLP-AMBER\.stix\.json$/);
  const bundle = JSON.parse(stix.text) as { type: string; objects: Record<string, unknown>[] };
  expect(bundle.type).toBe('bundle');
  const types = new Set(bundle.objects.map(({ type }) => type));
  for (const type of ['observed-data', 'ipv4-addr', 'network-traffic', 'indicator', 'sighting', 'note'])
    expect(types, type).toContain(type);
  expect(bundle.objects.some(({ value }) => value === '203.0.113.77')).toBe(true);
  expect(stix.text).toMatch(/"content": "[^"]*log-3[^"]*was queried/);

  const timeline = await savedFrom(page, /Timesketch/);
  expect(timeline.name).toMatch(/TLP-AMBER\.timesketch\.csv$/);
  const [header, ...lines] = timeline.text.trimEnd().split('\r\n');
  expect(header).toMatch(/^message,timestamp,datetime,timestamp_desc,/);
  expect(lines.filter((line) => line.includes('Exposure opened')).length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes('203.0.113.77')).length).toBeGreaterThan(2);

  const sigma = await savedFrom(page, /Sigma/);
  expect(sigma.name).toMatch(/TLP-AMBER\.sigma\.yml$/);
  expect(sigma.text).toContain('203.0.113.77');
});
