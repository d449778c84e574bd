// What holds for every view: no break of the content security policy, no serious finding of axe, in
// dark and light, wide and narrow; a small first load; everything by keyboard; ten thousand tasks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AxeBuilder, Browser, Headrace, until } from './support.mjs';

let headrace;
let browser;
let views;

before(async () => {
  [headrace, browser] = await Promise.all([
    Headrace.start('daily', 'gated', 'broken', 'wide'),
    Browser.start(),
  ]);
  const done = await headrace.run('daily', 'done');
  const failed = await headrace.task('Broken', 'disabled');
  const running = await headrace.task('Gate', 'running');
  views = [
    '',
    'pipelines',
    'pipelines/daily',
    'runs',
    `runs/${done.id}`,
    `runs/${done.id}?view=graph`,
    'tasks',
    `tasks/${failed.id}`,
    `tasks/${failed.id}?tab=attempts`,
    `tasks/${running.id}`,
    `tasks/${running.id}?tab=dependents`,
    `tasks/${running.id}?tab=details`,
    'workers',
  ];
});

after(async () => {
  await browser?.stop();
  await headrace?.stop();
});

async function serious(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0].html.slice(0, 160)}`);
}

for (const [name, width, height, colorScheme] of [
  ['wide and light', 1440, 900, 'light'],
  ['wide and dark', 1440, 900, 'dark'],
  ['narrow and light', 390, 844, 'light'],
  ['narrow and dark', 390, 844, 'dark'],
]) {
  test(`every view is accessible and fits, ${name}`, async () => {
    const context = await browser.context({
      viewport: { width, height },
      colorScheme,
    });
    const page = await browser.page(context);
    const findings = [];

    for (const path of views) {
      await page.goto(headrace.url + path);
      await page.waitForSelector('h1');
      if (path.includes('graph')) await page.waitForSelector('.node');
      if (/^tasks\/[^?]*$/.test(path)) await page.waitForSelector('.line');
      findings.push(...(await serious(page)));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) findings.push(`${path}: ${over} px wider than the window`);
    }

    assert.deepEqual(findings, []);
    await context.close();
  });
}

test('dialogs and tooltips keep to the policy; a dialog gives the focus back', async () => {
  const page = await browser.page();
  await page.goto(`${headrace.url}pipelines/daily`);
  const button = page.getByRole('button', { name: 'Pause…' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();

  assert.deepEqual(await serious(page), []);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  assert.equal(await button.evaluate((node) => node === document.activeElement), true);
  await page.getByRole('button', { name: 'Find a task' }).hover();
  await page.getByRole('tooltip').waitFor();
});

test('by keyboard alone: to the pipelines, to a task, through its tabs', async () => {
  const page = await browser.page();
  await page.goto(headrace.url);
  await page.waitForSelector('h1');

  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await page.waitForURL('**/pipelines');
  await page.keyboard.press('/');
  await page.locator('input:focus').waitFor();
  await page.keyboard.type('Broken');
  await page.waitForURL('**q=Broken*');
  await page.getByRole('link', { name: 'Broken', exact: true }).waitFor();
  await until('the focus to reach the row', async () => {
    await page.keyboard.press('Tab');
    return page.evaluate(() => document.activeElement.matches('.row a'));
  });
  await page.keyboard.press('Enter');

  await page.waitForURL('**/tasks/Broken*');
  await page.getByRole('heading', { name: 'Broken' }).waitFor();
});

test('the first load is at most 400 kB', async () => {
  const page = await browser.page();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));

  await page.goto(headrace.url);
  await page.waitForSelector('h1');
  await page.waitForLoadState('load');

  assert.ok(bytes > 50_000 && bytes <= 400_000, `${bytes} bytes`);
});

test('a run of ten thousand tasks is listed to its end and drawn as far as it can be', async () => {
  const { id } = await headrace.run('wide', 'running');
  await until(
    'all tasks to be planned',
    async () => {
      const { counts } = await headrace.get(`runs/${id}`);
      return counts.external >= 10_000;
    },
    60,
  );
  const page = await browser.page();
  await page.goto(`${headrace.url}runs/${id}`);
  const table = page.getByRole('table', { name: 'Tasks' });
  await table.getByRole('row').nth(5).waitFor();

  await until(
    'the last row',
    async () => {
      await table.evaluate((box) => box.scrollTo(0, box.scrollHeight));
      return (await table.getAttribute('aria-rowcount')) === '10001';
    },
    60,
  );

  assert.ok((await page.locator('.rows-body .row').count()) < 100, 'only what is in view is drawn');
  await page.getByRole('link', { name: 'Graph' }).click();
  await page.waitForSelector('.node');
  await page.getByText('more are not drawn').waitFor();
});

test('no page complained', () => {
  assert.deepEqual(browser.problems, []);
});
