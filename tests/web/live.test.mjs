// That the page stays true: over a killed scheduler, in many tabs, without a SharedWorker, behind a
// proxy.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { Browser, Headrace, until } from './support.mjs';

let headrace;
let browser;

before(async () => {
  [headrace, browser] = await Promise.all([Headrace.start('daily', 'gated'), Browser.start()]);
});

after(async () => {
  await browser?.stop();
  await headrace?.stop();
});

const live = (page) => page.locator('.link[data-live=true]').waitFor();

test('eight tabs are live at once', async () => {
  const context = await browser.context();

  for (let i = 0; i < 8; i++) {
    const page = await browser.page(context);
    await page.goto(headrace.url);
    await page.waitForSelector('h1');
    await live(page);
  }

  await context.close();
});

test('after a kill a banner says so, and the page comes back by itself', async () => {
  const run = await headrace.run('gated', 'running');
  const page = await browser.page();
  await page.goto(`${headrace.url}runs/${run.id}`);
  await page.getByRole('row', { name: /Gate / }).getByText('Running').waitFor();

  await headrace.kill();
  await page.getByText('No connection to the scheduler.').waitFor();
  await page.getByRole('row', { name: /Gate / }).waitFor();
  headrace.put('open-first');
  await headrace.up();

  await live(page);
  await page.getByText('No connection to the scheduler.').waitFor({ state: 'detached' });
  await page.locator('.title').getByText('Done').waitFor({ timeout: 90_000 });
  await agrees(page, run.id);
});

/** What the table shows is what a fresh answer says. */
async function agrees(page, run) {
  await until('the table to agree with the scheduler', async () => {
    const { items } = await headrace.get(`runs/${run}/tasks`);
    const expected = items.map(({ family, phase }) => `${phase} ${family}`).sort();
    const shown = await page
      .locator('.rows-body .row')
      .evaluateAll((rows) =>
        rows.map(
          (row) =>
            `${row.querySelector('.badge').dataset.state} ${row.querySelector('a').innerText}`,
        ),
      );
    return shown.sort().join() === expected.join();
  });
}

test('without a SharedWorker a tab has a stream of its own', async () => {
  const context = await browser.context();
  await context.addInitScript(() => {
    delete window.SharedWorker;
  });
  const page = await browser.page(context);
  await page.goto(`${headrace.url}pipelines/daily`);
  await live(page);

  await fetch(`${headrace.url}v1/pipelines/daily/pause`, {
    method: 'POST',
    body: '{}',
  });

  await page.locator('.title').getByText('Paused').waitFor({ timeout: 5_000 });
  await fetch(`${headrace.url}v1/pipelines/daily/resume`, {
    method: 'POST',
    body: '{}',
  });
  await page.locator('.title').getByText('Paused').waitFor({ state: 'detached', timeout: 5_000 });
  await context.close();
});

/** Serves headrace below /x/, as a proxy would. */
async function proxyBelowX() {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith('/x/')) {
      outgoing.writeHead(404).end('outside');
      return;
    }
    const { method, headers } = incoming;
    const onward = request(
      {
        host: '127.0.0.1',
        port: headrace.port,
        path: incoming.url.slice(2),
        method,
        headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('below a path of a proxy every view works, entered at any depth', async () => {
  const server = await proxyBelowX();
  const base = `http://127.0.0.1:${server.address().port}/x/`;
  const page = await browser.page();

  for (const path of ['', 'pipelines', 'pipelines/daily', 'tasks?phase=done']) {
    await page.goto(base + path);
    await page.waitForSelector('h1');
    await live(page);
  }
  await page.getByRole('link', { name: 'Pipelines' }).click();
  await page.waitForURL(`${base}pipelines`);
  await page.getByRole('link', { name: 'daily', exact: true }).waitFor();

  server.closeAllConnections();
  server.close();
});

test('no page complained', () => {
  assert.deepEqual(browser.problems, []);
});
