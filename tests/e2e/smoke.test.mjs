// The page opens under a sub-path, starts its wasm, and the browser has nothing to complain of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person } from './person.mjs';

test('the page opens and nothing complains', { timeout: 120_000 }, async () => {
  const person = await Person.arrive();
  try {
    assert.match(await person.title(), /Vitrine/);
    // Long enough for what starts late, the engine's worker among it, to fail.
    await person.page.waitForNetworkIdle({ idleTime: 500, timeout: 30_000 });
  } finally {
    await person.leave();
  }
});
