// A scheduler with users: one logs in at the form, does what one's role may, and logs out.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, Headrace, binary, until } from './support.mjs';

let headrace;
let browser;
let page;

function addUser(name, role) {
  const config = join(headrace.folder, 'headrace.toml');
  const words = ['user', 'add', name, '--role', role, '--password-stdin', '--config', config];
  const done = spawnSync(binary, words, { input: 'correct-horse\n', encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
}

before(async () => {
  [headrace, browser] = await Promise.all([Headrace.start('gated'), Browser.start()]);
  addUser('otto', 'operator');
  addUser('vic', 'viewer');
  await until('the users to be in force', () =>
    fetch(`${headrace.url}v1/health`).then(({ status }) => status === 401),
  );
  page = await browser.page(await browser.context());
});

after(async () => {
  await browser?.stop();
  await headrace?.stop();
});

async function logIn(name, password) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('who is not known is led to the form, and from there to where he wanted to go', async () => {
  await page.goto(`${headrace.url}pipelines/gated`);
  await page.waitForURL('**/login?next=pipelines%2Fgated');

  await logIn('otto', 'wrong-horse');
  await page.getByRole('alert').getByText('Wrong name or password.').waitFor();
  await logIn('otto', 'correct-horse');

  await page.waitForURL('**/pipelines/gated');
  await page.locator('.link[data-live=true]').waitFor();
});

test('an operator pauses a pipeline; the parts of the same process go on', async () => {
  await page
    .getByRole('button', { name: /^Pause/ })
    .first()
    .click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Pause/ })
    .click();

  await page.getByText('gated is paused: no new runs').waitFor();
});

test('after the log-out the form is there again, and a viewer may look only', async () => {
  await page.getByRole('button', { name: 'Log out otto' }).click();
  await page.waitForURL('**/login?next=**');

  await logIn('vic', 'correct-horse');
  await page.locator('.link[data-live=true]').waitFor();
  await page.goto(`${headrace.url}pipelines/gated`);
  await page
    .getByRole('button', { name: /^Resume/ })
    .first()
    .click();

  await page.getByText('vic is viewer; this needs the role operator or admin').waitFor();
  // The browser itself tells of each 401 and 403.
  const other = browser.problems.filter((text) => !/status of 40[13]/.test(text));
  assert.deepEqual(other, []);
});
