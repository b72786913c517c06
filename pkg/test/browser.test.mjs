// The package in a real browser over real IndexedDB. Skipped, saying so, where there is no
// Chromium, no puppeteer-core or no built engine.
import assert from 'node:assert/strict';
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { delimiter, extname, join, normalize } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const types = { '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

function chromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const places = process.env.CHROMIUM ? [process.env.CHROMIUM]
    : process.env.PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const puppeteer = await import('puppeteer-core').then((module) => module.default, () => null);
const skip = !puppeteer ? 'no puppeteer-core' : !chromium() ? 'no Chromium'
  : !existsSync(join(root, 'dist/engine_bg.wasm')) ? 'the engine is not built' : false;

let server;
let browser;
let tab;

before(async () => {
  if (skip) return;
  server = createServer(async (request, response) => {
    const name = new URL(request.url, 'http://local').pathname;
    if (name === '/') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>test</title>');
      return;
    }
    const file = normalize(join(root, name));
    try {
      if (!file.startsWith(root)) throw new Error('outside');
      const bytes = await readFile(file);
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await puppeteer.launch({
    executablePath: chromium(),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage'],
  });
  tab = await browser.newPage();
  tab.setDefaultTimeout(60_000);
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

const inPage = (name) => tab.evaluate(
  (part) => import('/test/browser/page.mjs').then((module) => module[part]()), name);

test('pages on IndexedDB', { skip }, async () => {
  assert.deepEqual(await inPage('pages'), {
    early: [39, 40, 0], late: [1, 2], after: [1, 0, 9, 0], files: [[20, 3]], stored: [[20, 3]],
    epoch: 2, removed: [],
  });
});

test('the log on IndexedDB', { skip }, async () => {
  assert.deepEqual(await inPage('log'), {
    whole: [[13, 'two'], [16, 'three']], rest: [[13, 'two']], slots: [null, 'b'], bytes: 'ab',
    names: ['x'],
  });
});

test('owners on IndexedDB', { skip }, async () => {
  assert.deepEqual(await inPage('fenced'), { late: 4, kept: 0, gone: 3 });
});

test('the package in a page: create, refuse, crash, recover', { skip }, async () => {
  assert.deepEqual(await inPage('life'), {
    created: true, second: '55006', unknown: '57P02', worker: true, back: true,
  });
});

test('the package in the thread of a page', { skip }, async () => {
  assert.equal(await inPage('inThread'), true);
});
