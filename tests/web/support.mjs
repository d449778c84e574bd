// What the page's tests share: a real headrace with small pipelines on a free port, a real browser.
// Everything of a test is in a folder of its own below /tmp and is gone afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The packages are the page's own.
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
export const { AxeBuilder } = require('@axe-core/playwright');

const root = fileURLToPath(new URL('../..', import.meta.url));
export const binary = process.env.HEADRACE_BINARY ?? join(root, 'build/release/src/cli/headrace');
const python = join(root, 'build/venv/bin/python');

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks `question` until its answer is true; says what was waited for when it never is. */
export async function until(what, question, limit_s = 30) {
  const end = Date.now() + limit_s * 1000;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${limit_s} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const pipeline = (name, task, more = '') => `
[pipelines.${name}]
module   = "page_pipelines"
task     = "${task}"
schedule = "0 0 * * *"
start    = 2026-01-01
end      = 2026-01-02
retry    = { count = 1, delay = "1s" }
${more}`;

export const pipelines = {
  daily: pipeline('daily', 'Report', 'params = { day = "{interval_start:%Y-%m-%d}" }\n').replace(
    '2026-01-02',
    '2026-01-06',
  ),
  gated: pipeline('gated', 'Gated', 'params = { name = "first" }\n'),
  held: pipeline('held', 'Gated', 'params = { name = "second" }\n'),
  broken: pipeline('broken', 'Needs'),
  wide: pipeline('wide', 'Wide'),
};

const configuration = (port, chosen) => `
[scheduler]
listen = "127.0.0.1:${port}"
store  = "sqlite://./var"

[host]
python = "${existsSync(python) ? python : 'python3'}"
path   = ["${join(root, 'tests/web/pipelines')}"]
env    = { PAGE_DATA = "./data" }

[logs]
dir = "./var/logs"

[worker]
slots = 3
${chosen.map((name) => pipelines[name]).join('')}`;

/** `headrace up` with the pipelines named. */
export class Headrace {
  static async start(...chosen) {
    const headrace = new Headrace();
    headrace.folder = mkdtempSync(join(tmpdir(), 'web.'));
    headrace.data = join(headrace.folder, 'data');
    mkdirSync(headrace.data);
    headrace.port = await freePort();
    headrace.url = `http://127.0.0.1:${headrace.port}/`;
    const text = configuration(headrace.port, chosen).replaceAll('./', `${headrace.folder}/`);
    writeFileSync(join(headrace.folder, 'headrace.toml'), text);
    await headrace.up();
    return headrace;
  }

  async up() {
    const log = openSync(join(this.folder, 'headrace.log'), 'a');
    this.process = spawn(binary, ['up', '--config', join(this.folder, 'headrace.toml')], {
      stdio: ['ignore', log, log],
      detached: true, // a process group of its own, so that a kill takes all of it
    });
    this.exited = once(this.process, 'exit');
    await until('headrace to answer', () => {
      if (this.process.exitCode !== null) throw new Error(`headrace ended:\n${this.log()}`);
      return fetch(`${this.url}v1/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
  }

  log() {
    return readFileSync(join(this.folder, 'headrace.log'), 'utf8').slice(-4000);
  }

  /** As a power cut would. */
  async kill() {
    process.kill(-this.process.pid, 'SIGKILL');
    await this.exited;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      process.kill(-this.process.pid, 'SIGTERM');
      const patience = setTimeout(() => process.kill(-this.process.pid, 'SIGKILL'), 15_000);
      await this.exited;
      clearTimeout(patience);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async get(path) {
    const response = await fetch(`${this.url}v1/${path}`);
    if (!response.ok) throw new Error(`GET /v1/${path}: ${response.status}`);
    return response.json();
  }

  /** Makes the file that a task of page_pipelines.py looks for. */
  put(name) {
    writeFileSync(join(this.data, name), '');
  }

  /** The one run of a pipeline with a single interval, once it is `state`. */
  run(name, ...states) {
    return until(`a run of ${name} that is ${states.join(' or ')}`, async () => {
      const { items } = await this.get(`pipelines/${name}/runs`);
      return items.find(({ state }) => states.includes(state));
    });
  }

  /** The first task of a family, once it is in this phase. */
  task(family, phase) {
    return until(`a ${family} that is ${phase}`, async () => {
      const { items } = await this.get(`tasks?family=${family}&phase=${phase}&limit=1`);
      return items.find((task) => task.family === family && task.phase === phase);
    });
  }
}

/** A browser whose pages must not complain: `problems` holds what they said. */
export class Browser {
  problems = [];

  static async start() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    return browser;
  }

  async context(options = {}) {
    return this.chromium.newContext({
      viewport: { width: 1440, height: 900 },
      ...options,
    });
  }

  async page(context) {
    const page = await (context ?? (await this.context())).newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      // That a killed server refuses connections is what a test wants.
      const isExpected = message.text().includes('net::ERR_');
      if (['error', 'warning'].includes(message.type()) && !isExpected) {
        this.problems.push(`${page.url()}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => this.problems.push(`${page.url()}: ${error.message}`));
    return page;
  }

  stop() {
    return this.chromium.close();
  }
}
