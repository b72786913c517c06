// A person at the page: finds things by role and name, as a screen reader announces them, presses
// keys, reads text, and remembers everything the browser complained about. Tests say what a person
// does; nothing in them knows a class or an id.
//
//   const person = await Person.arrive();
//   await person.click('button', 'Run');
//   assert.match(await person.read('status'), /4 rows/);
//   await person.leave();            // throws if the browser complained
//
// Only functions are handed to the page: the page's policy refuses strings of code.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { serve } from './server.mjs';

const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage',
];
const patience = 30_000;

function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of process.env.PATH.split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch { /* the next one */ }
    }
  }
  throw new Error('no Chromium on the PATH; name one in CHROMIUM');
}

export class Person {
  complaints = [];

  /** Opens the page in a browser of their own, at `hash` if given. */
  static async arrive({ hash = '', theme = 'light', width = 1280, height = 800 } = {}) {
    const person = new Person();
    person.server = await serve();
    try {
      person.browser = await puppeteer.launch({ executablePath: chromium(), headless: true, args });
      person.page = await person.browser.newPage();
      await person.page.setViewport({ width, height });
      await person.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
      await person.#listen();
      await person.page.goto(person.server.url + hash, { waitUntil: 'load', timeout: patience });
    } catch (error) {
      await person.browser?.close();
      await person.server.close();
      throw error;
    }
    return person;
  }

  async #listen() {
    const complain = (text) => this.complaints.push(text);
    await this.page.exposeFunction('complain', complain);
    await this.page.evaluateOnNewDocument(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        window.complain(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}`);
      });
    });
    this.page.on('console', (message) => {
      if (message.type() === 'error') complain(`console: ${message.text()}`);
    });
    this.page.on('pageerror', (error) => complain(`error: ${error.message}`));
    this.page.on('requestfailed', (request) => complain(`no answer: ${request.url()}`));
    this.page.on('response', (response) => {
      if (response.status() >= 400) complain(`${response.status()}: ${response.url()}`);
    });
  }

  /** Waits until something of this role (and name) is there to be seen. */
  async see(role, name) {
    const named = name === undefined ? '' : JSON.stringify(name).slice(1, -1);
    const selector = `::-p-aria(${named}[role="${role}"])`;
    return this.page.waitForSelector(selector, { visible: true, timeout: patience });
  }

  async click(role, name) { await (await this.see(role, name)).click(); }

  /** Replaces what a field holds. */
  async fill(role, name, text) {
    const field = await this.see(role, name);
    await field.focus();
    await this.press('Control+a');
    await this.page.keyboard.sendCharacter(text);
  }

  /** Presses `Tab`, `Control+Enter` and the like. */
  async press(keys) {
    const held = keys.split('+');
    const last = held.pop();
    for (const key of held) await this.page.keyboard.down(key);
    await this.page.keyboard.press(last);
    for (const key of held.reverse()) await this.page.keyboard.up(key);
  }

  async read(role, name) {
    return (await this.see(role, name)).evaluate((element) => element.innerText ?? element.textContent);
  }

  /** Waits until what is read matches. */
  async expect(role, name, pattern) {
    const end = Date.now() + patience;
    let text;
    do {
      text = await this.read(role, name);
      if (pattern.test(text)) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    } while (Date.now() < end);
    throw new Error(`${role} ${name ?? ''} reads ${JSON.stringify(text)}, not ${pattern}`);
  }

  /** What has the focus, as `role name`. */
  async focus() {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      const role = element.getAttribute('role') ?? element.tagName.toLowerCase();
      return `${role} ${element.getAttribute('aria-label') ?? element.innerText ?? ''}`.trim();
    });
  }

  async title() { return this.page.title(); }

  /** A picture for eyes, not for gates: tests/e2e/out/<name>.png. */
  async photograph(name) {
    const { mkdir } = await import('node:fs/promises');
    const { fileURLToPath } = await import('node:url');
    const folder = fileURLToPath(new URL('out/', import.meta.url));
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async leave() {
    await this.browser.close();
    await this.server.close();
    if (this.complaints.length > 0) throw new Error(`the browser complained:\n${this.complaints.join('\n')}`);
  }
}
