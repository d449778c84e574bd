// What each view shows of a real headrace, and that it shows changes by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Headrace, until } from './support.mjs';

let headrace;
let browser;
let page;

before(async () => {
  [headrace, browser] = await Promise.all([
    Headrace.start('daily', 'gated', 'held', 'broken'),
    Browser.start(),
  ]);
  page = await browser.page();
});

after(async () => {
  await browser?.stop();
  await headrace?.stop();
});

const open = async (path) => {
  await page.goto(headrace.url + path);
  await page.waitForSelector('h1');
};

test('home shows counts, what runs and what fails, grouped by error', async () => {
  await headrace.task('Gate', 'running');
  await headrace.task('Broken', 'disabled');

  await open('');

  await page.getByRole('region', { name: 'Running now' }).getByText('Gate').first().waitFor();
  await page
    .getByRole('region', { name: 'Failing' })
    .getByText('the page shall show this')
    .waitFor();
  await page.getByRole('link', { name: /Disabled/ }).click();
  await page.waitForURL('**/tasks?phase=disabled');
  await page.getByRole('link', { name: 'Broken', exact: true }).waitFor();
});

test('a pipeline is paused after a question, and resumed', async () => {
  await open('pipelines');
  await page.getByRole('link', { name: 'daily', exact: true }).click();
  await page.getByRole('heading', { name: 'daily' }).waitFor();

  await page.getByRole('button', { name: 'Pause…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  assert.equal((await headrace.get('pipelines/daily')).paused, true);

  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause…' }).waitFor();
  assert.equal((await headrace.get('pipelines/daily')).paused, false);
});

test('a pipeline lists its runs, and a run its tasks with counts', async () => {
  const run = await headrace.run('daily', 'done');

  await open('pipelines/daily');
  await page.getByRole('table', { name: 'Runs' }).getByRole('link').first().waitFor();
  await open(`runs/${run.id}`);

  const rows = page.getByRole('table', { name: 'Tasks' }).getByRole('row');
  await rows.nth(7).waitFor();
  assert.equal(await rows.count(), 1 + 7);
  await page.getByRole('button', { name: /Done 7/ }).waitFor();
});

test('tasks of a run are found by text, and the address says so', async () => {
  const run = await headrace.run('daily', 'done');
  await open(`runs/${run.id}`);

  await page.getByLabel('Find tasks of this run').fill('Report');
  await page.waitForURL('**q=Report');

  const rows = page.getByRole('table', { name: 'Tasks' }).getByRole('row');
  await page.waitForFunction(() => document.querySelectorAll('.rows-body .row').length === 1);
  assert.match(await rows.nth(1).innerText(), /Report/);
});

test('the graph draws every task of a run, and leads to each', async () => {
  const run = await headrace.run('daily', 'done');
  await open(`runs/${run.id}?view=graph`);
  await page.waitForSelector('.node');

  assert.equal(await page.locator('.node').count(), 7);
  assert.equal(await page.locator('.react-flow__edge').count(), 6);
  await page.getByRole('link', { name: /^Report .*done$/ }).click();
  await page.getByRole('heading', { name: 'Report' }).waitFor();
});

test('a failed run is retried after a question: what failed runs again', async () => {
  const run = await headrace.run('broken', 'failed');
  await open(`runs/${run.id}`);

  await page.getByRole('button', { name: 'Retry run…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retry run' }).click();

  await page.getByRole('status').getByText(`Run ${run.id} goes on`).waitFor();
  await until('a second attempt', async () => {
    const task = await headrace.task('Broken', 'disabled');
    return task.attempts === 2;
  });
  await page.locator('.title').getByText('Failed').waitFor();
});

test('a failed task says why, shows its traceback and is retried', async () => {
  const task = await headrace.task('Broken', 'disabled');
  await open(`tasks/${task.id}`);
  const why = await headrace.get(`tasks/${task.id}/why`);

  await page
    .getByRole('region', { name: 'Why' })
    .getByText(why.words.replaceAll('`', ''))
    .waitFor();
  await page.getByRole('region', { name: 'Error' }).getByText('raise ValueError').waitFor();
  await page.getByText('about to fail').waitFor();
  headrace.put('mended');
  await page.getByRole('button', { name: 'Retry' }).click();

  await page.locator('.title').getByText('Done').waitFor();
  await page.getByRole('link', { name: 'Attempts 3' }).click();
  await page.getByRole('table').getByText('Done').waitFor();
});

test('a running task shows its log while it is written', async () => {
  const task = await headrace.task('Gate', 'running');
  await open(`tasks/${task.id}`);

  await page
    .getByText(/at \w+, step \d+/)
    .last()
    .waitFor();
  const lines = await page
    .locator('.log-bar')
    .getByText(/lines$/)
    .innerText();
  await page.waitForFunction(
    (before) => !document.querySelector('.log-bar').innerText.includes(before),
    lines,
  );
  assert.equal(await page.getByText('\u001b').count(), 0);
});

test('a row turns by itself when its task is done', async () => {
  const run = await headrace.run('gated', 'running');
  await open(`runs/${run.id}`);
  const row = page.getByRole('row', { name: /Gate / });
  await row.getByText('Running').waitFor();

  headrace.put('open-first');

  await row.getByText('Done').waitFor();
  await page.locator('.title').getByText('Done').waitFor();
});

test('a running task is cancelled, then marked done, each after a question', async () => {
  const { items } = await headrace.get('tasks?family=Gate&q=second');
  await open(`tasks/${items[0].id}`);
  const title = page.locator('.title');
  await title.getByText('Running').waitFor();

  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await title.getByText('Running').waitFor({ state: 'detached' });
  headrace.put(`${items[0].id}.txt`); // made by hand: what needs it looks for it
  await page.getByRole('button', { name: 'Mark done…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mark done' }).click();

  await title.getByText('Done').waitFor();
  await headrace.run('held', 'done');
});

test('workers and pools are listed', async () => {
  await open('workers');

  await page.getByRole('region', { name: 'Pools' }).getByText('default').first().waitFor();
  await page.getByRole('region', { name: 'Workers' }).getByText('active').waitFor();
});

test('an address of nothing says so, with what to do', async () => {
  const before = browser.problems.length;

  await open('runs/999999');

  await page.getByRole('heading', { name: 'Not found' }).waitFor();
  await page.getByRole('alert').waitFor();
  browser.problems.length = before; // the browser logs the 404
});

test('no page complained', () => {
  assert.deepEqual(browser.problems, []);
});
