import { existsSync, readFileSync } from 'node:fs';
import { test as base, expect, type Page } from 'playwright/test';

/** Real logs, beside the project; a test that needs one skips with a count where they are absent. */
export const SHARED = '../shared/data';

export interface InFile {
  readonly name: string;
  readonly text?: string;
  readonly bytes?: Buffer;
}

/**
 * A page that fails its test on any request to another origin, any breach of the content security policy and any error that nobody
 * caught, in the page or in its workers.
 */
export const test = base.extend<{ watched: string[] }>({
  watched: [
    async ({ context, page, baseURL }, use) => {
      const wrong: string[] = [];
      const own = new URL(baseURL ?? '').origin;
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (!['blob:', 'data:'].includes(url.protocol) && url.origin !== own)
          wrong.push(`request to ${request.url()}`);
      });
      page.on('pageerror', (error) => wrong.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) wrong.push(message.text());
      });
      await use(wrong);
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

export function shared(path: string): string {
  const whole = `${SHARED}/${path}`;
  test.skip(!existsSync(whole), `1 file of real logs is not here: ${whole}`);
  return whole;
}

/** Waits until nothing is being read, analyzed or saved. */
export async function idle(page: Page): Promise<void> {
  await page.evaluate(() =>
    (window as unknown as { __undertone: { idle(): Promise<void> } }).__undertone.idle(),
  );
}

/** Opens the start page and waits until it can be used. */
export async function start(page: Page): Promise<void> {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Undertone' })).toBeVisible();
  await page.waitForFunction(() => '__undertone' in window);
}

/** Gives files to the page the way a person picks them. */
export async function pick(page: Page, files: readonly (string | InFile)[]): Promise<void> {
  const payload = files.map((file) =>
    typeof file === 'string'
      ? { name: file.split('/').at(-1) ?? file, mimeType: '', buffer: readFileSync(file) }
      : { name: file.name, mimeType: '', buffer: file.bytes ?? Buffer.from(file.text ?? '') },
  );
  await page.getByLabel('Files', { exact: true }).setInputFiles(payload);
}

/** Gives files to the page the way a person drops them. */
export async function drop(page: Page, files: readonly InFile[]): Promise<void> {
  const plain = files.map((file) => ({ name: file.name, text: file.text ?? '' }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, text } of list) transfer.items.add(new File([text], name));
    for (const type of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
      );
    }
  }, plain);
}

export async function openDemo(page: Page): Promise<void> {
  await start(page);
  await page.getByRole('button', { name: 'Open the demonstration case' }).click();
  await expect(page.locator('[data-cell="answer"] .finding')).toContainText('queried', { timeout: 60_000 });
  await idle(page);
}

export function cell(page: Page, id: string) {
  return page.locator(`[data-cell="${id}"]`);
}
