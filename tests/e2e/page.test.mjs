// What a visitor finds: an engine that runs in this tab, rooms that draw it, and words when
// something cannot be done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person } from './person.mjs';

const LONG = { timeout: 120_000 };

async function visit(options, work) {
  const person = await Person.arrive(options);
  try {
    await person.expect('status', 'Engine', /Open in \d+ ms/);
    await work(person);
  } finally {
    await person.leave();
  }
}

for (const theme of ['light', 'dark']) {
  test(`the engine opens and its rooms draw it, ${theme}`, LONG, () => visit({ theme }, async (person) => {
    await person.click('tab', 'Log');
    assert.match(await person.read('heading', undefined), /recovery would start at 0\/|are in memory only/);
    await person.click('tab', 'Buffer pool');
    await person.see('group', 'Frames of the buffer pool');
    await person.photograph(`pool-${theme}`);
    await person.click('tab', 'Crash lab');
    await person.see('button', 'Run and crash');
    await person.click('tab', 'Benchmark');
    await person.see('button', 'Run the benchmark');
  }));
}

test('a statement answers, or says in words why it cannot', LONG, () => visit({}, async (person) => {
  await person.click('button', 'Leave the exhibit');
  await person.fill('textbox', 'SQL of S2', 'select 40 + 2 as answer');
  await person.press('Control+Enter');
  const out = await person.page.waitForFunction(() => {
    const text = document.querySelectorAll('.session .out')[1]?.innerText ?? '';
    return /42|ERROR|FATAL/.test(text) && text;
  }, { timeout: 30_000 });
  const text = await out.jsonValue();
  // An answer is a grid with the column's name; anything else must be an error with its code.
  assert.match(text, /answer[\s\S]*42|(ERROR|FATAL) [0-9A-Z]{5}: \S/);
}));
