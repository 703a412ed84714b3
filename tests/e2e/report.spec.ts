import { readFileSync } from 'node:fs';
import { expect, openDemo, test } from './page';

test('the report leaves as Markdown, HTML, JSON and CSV, defanged and marked', async ({ page, context }) => {
  await openDemo(page);
  const save = async (label: RegExp): Promise<{ name: string; text: string }> => {
    await page.locator('summary', { hasText: 'Report' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('details.menu').getByRole('button', { name: label }).click(),
    ]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };

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
