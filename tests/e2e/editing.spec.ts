import { readdirSync } from 'node:fs';
import type { Page } from 'playwright/test';
import { cell, expect, idle, openDemo, pick, start, test } from './page';

async function runCommand(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
}

test('a service profile can be edited, which changes how far actors got, and be undone', async ({ page }) => {
  await start(page);
  const flows = readdirSync('static/demo').filter((name) => name.startsWith('vpc-'));
  await pick(
    page,
    flows.map((name) => `static/demo/${name}`),
  );
  await idle(page);
  const ladder = cell(page, 'ladder');
  await ladder.locator('summary', { hasText: 'Verdicts by day' }).click();
  const days = ladder
    .getByRole('group', { name: 'Verdicts by day' })
    .getByRole('row')
    .filter({ hasText: '10.20.3.11' })
    .filter({ hasText: '9200/tcp' });
  // Elasticsearch asks for no login as installed: to talk to it is to be let in.
  await expect(days.first()).toContainText('authenticated');

  await runCommand(page, 'Service profiles');
  const dialog = page.getByRole('dialog');
  const byHand = dialog.getByRole('table', { name: 'Service profiles set by hand' });
  const defaults = dialog.getByRole('group', { name: 'Default service profiles' });

  await test.step('whatever is known of a port is found, though no row has it', async () => {
    await dialog.getByRole('searchbox').fill('mongodb');
    const mongo = defaults.getByRole('row').filter({ hasText: '27017/tcp' });
    await expect(mongo).toContainText('no login unless set');
    await mongo.getByRole('button', { name: 'Change 27017/tcp' }).click();
    await expect(byHand.getByLabel('Port')).toHaveValue('27017');
    await byHand.getByRole('button', { name: 'Remove row 1' }).click();
  });

  await test.step('asked for twice, there is still one row to edit', async () => {
    await dialog.getByRole('searchbox').fill('9200');
    for (let i = 0; i < 2; i++) await defaults.getByRole('button', { name: 'Change 9200/tcp' }).click();
    await expect(byHand.getByLabel('Port')).toHaveCount(1);
    await expect(byHand.getByLabel('Needs a login')).toBeFocused();
  });

  await byHand.getByLabel('Needs a login').selectOption('yes');
  await idle(page);
  const inUse = dialog.getByRole('group', { name: 'Service profiles in use' });
  await expect(inUse.getByRole('row').filter({ hasText: '10.20.3.11' })).toContainText(
    '“Needs a login” set for this case',
  );
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(days.first()).toContainText('conversed');
  for (const day of await days.all()) await expect(day).not.toContainText('authenticated');

  await page.getByRole('button', { name: 'Undo' }).click();
  await idle(page);
  await expect(days.first()).toContainText('authenticated');
  await page.getByRole('button', { name: 'Redo' }).click();
  await idle(page);
  await expect(days.first()).toContainText('conversed');
});

test('the first screen says who, when and how sure, and an actor is said to be ours from there', async ({
  page,
}) => {
  await openDemo(page);
  const answer = cell(page, 'answer');
  const line = (name: string) => answer.locator(`dt:text-is("${name}") + dd`);
  await expect(line('Who')).toContainText('203.0.113.77');
  await expect(line('Who')).toBeInViewport();
  await expect(line('When')).toContainText(/Read on \d+ days from 2026-/);
  await expect(line('How sure')).toContainText('contradict');
  await expect(line('To change')).toContainText('SSH key');
  await expect(line('To change')).toBeInViewport();

  await answer.getByRole('button', { name: '203.0.113.77 is ours' }).click();
  await idle(page);
  await expect(line('Who')).not.toContainText('203.0.113.77');
  await expect(answer.locator('.finding')).not.toContainText('Data was queried');
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await idle(page);
  await expect(line('Who')).toContainText('203.0.113.77');
});

test('an analysis that is stopped says so, and can be had again', async ({ page }) => {
  await openDemo(page);
  const answer = cell(page, 'answer').locator('.finding');
  const whole = await answer.innerText();
  await runCommand(page, 'Own networks and assets');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Own networks').fill('10.20.3.16/32');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await idle(page);
  const narrow = await answer.innerText();
  expect(narrow).not.toBe(whole);

  // A quick machine is done before a pointer has moved: it is pressed the moment it is there.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const button = document.querySelector<HTMLButtonElement>('button[aria-label="Stop the analysis"]');
      if (!button) return;
      observer.disconnect();
      button.click();
    }).observe(document.body, { childList: true, subtree: true });
  });
  await page.keyboard.press('Control+z');
  const stop = page.getByRole('button', { name: 'Stop the analysis' });
  const told = page.getByRole('status').filter({ hasText: 'The analysis was stopped' });
  await expect(told).toContainText('What is shown is what the one before it found');
  await expect(stop).toHaveCount(0);
  await idle(page);
  // Nothing of the run that was left comes after all.
  await expect(answer).toHaveText(narrow);

  await told.getByRole('button', { name: 'Run it again' }).click();
  await idle(page);
  await expect(told).toHaveCount(0);
  await expect(answer).toHaveText(whole);
});

/** Keeps back what the analysis worker says of an analysis until `letGo` is called: until then it is running, however quick the machine is. */
async function holdAnalyses(page: Page): Promise<{ letGo(): Promise<void> }> {
  await page.addInitScript(() => {
    const asked = new Set<number>();
    const held: (() => void)[] = [];
    let holds = true;
    const prototype = Worker.prototype;
    const post = prototype.postMessage as (this: Worker, ...message: unknown[]) => void;
    prototype.postMessage = function (this: Worker, ...message: unknown[]) {
      const [{ kind, name, id }] = message as [{ kind?: string; name?: string; id?: number }];
      if (kind === 'call' && name === 'analyze' && id !== undefined) asked.add(id);
      post.apply(this, message);
    };
    const { set } = Object.getOwnPropertyDescriptor(prototype, 'onmessage') ?? {};
    Object.defineProperty(prototype, 'onmessage', {
      set(this: Worker, hear: (event: MessageEvent<{ id?: number }>) => void) {
        set?.call(this, (event: MessageEvent<{ id?: number }>) => {
          if (holds && asked.has(event.data.id ?? -1)) held.push(() => hear(event));
          else hear(event);
        });
      },
    });
    Object.assign(window, {
      letAnalysesGo: () => {
        holds = false;
        for (const hear of held.splice(0)) hear();
      },
    });
  });
  return {
    letGo: () => page.evaluate(() => (window as unknown as { letAnalysesGo(): void }).letAnalysesGo()),
  };
}

test('a first analysis that is stopped leaves no answer, and can be had again', async ({ page }) => {
  const analyses = await holdAnalyses(page);
  await start(page);
  // One file is one analysis: nothing is due that would begin another after it was stopped.
  const [flows] = readdirSync('static/demo').filter((name) => name.startsWith('vpc-'));
  await pick(page, [`static/demo/${flows}`]);
  const answer = cell(page, 'answer').locator('.finding');
  const stop = page.getByRole('button', { name: 'Stop the analysis' });
  await expect(stop).toBeVisible({ timeout: 60_000 });
  await stop.click();
  const told = page.getByRole('status').filter({ hasText: 'The analysis was stopped' });
  await expect(told).toContainText('Nothing has been found out yet');
  await expect(stop).toHaveCount(0);

  // What the worker had found by then comes too late to be shown.
  await analyses.letGo();
  await idle(page);
  await expect(told).toBeVisible();
  await expect(answer).toHaveCount(0);

  await told.getByRole('button', { name: 'Run it again' }).click();
  await idle(page);
  await expect(told).toHaveCount(0);
  await expect(answer).toContainText('9200/tcp');
});
