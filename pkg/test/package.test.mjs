// The package in Node: made, looked at, refused to a second owner, crashed and brought back.
// Skipped, saying so, where the engine is not built.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { OutcomeUnknownError, Vitrine } from '../js/index.mjs';

const built = fs.existsSync(new URL('../dist/engine_bg.wasm', import.meta.url));
const skip = built ? false : 'the engine is not built';
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrine-package-'));
after(() => fs.rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => `file://${path.join(root, String(folders++))}`;

for (const worker of [false, true]) {
  const where = worker ? 'through a worker' : 'in this thread';

  test(`${where}: a memory database is there, and two at once are two`, { skip }, async () => {
    const [one, two] = await Promise.all([
      Vitrine.create({ worker }), Vitrine.create('memory://', { worker, bufferFrames: 20 }),
    ]);
    assert.equal((await two.internals.pool()).frames.length, 20);
    assert.notEqual((await one.internals.pool()).frames.length, 20);
    const other = await one.connect();
    assert.equal((await one.internals.sessions()).length, 2);
    await other.close();
    assert.equal((await one.internals.sessions()).length, 1);
    await Promise.all([one.close(), two.close()]);
    await assert.rejects(one.query('select 1'), { code: '08003' });
  });

  test(`${where}: a folder has one owner, and comes back after a crash`, { skip }, async () => {
    const dir = folder();
    const db = await Vitrine.create(dir, { worker });
    assert.equal((await db.internals.recovery()).created, true);
    await assert.rejects(Vitrine.create(dir, { worker }), { code: '55006' });
    const pending = db.internals.watch({ panes: [], since: 1e9, wait: true });
    await db.internals.sizes();
    await db.crash();
    await assert.rejects(pending, (error) => error instanceof OutcomeUnknownError
      && error.code === '57P02');
    await assert.rejects(db.query('select 1'));
    const again = await Vitrine.create(dir, { worker });
    assert.equal((await again.internals.recovery()).created, false);
    await again.close();
  });
}

test('a place that is none is refused by name', async () => {
  await assert.rejects(Vitrine.create('ftp://x'), { code: '22023' });
});

test('an abort before the call is a cancel', { skip }, async () => {
  const db = await Vitrine.create();
  const signal = AbortSignal.abort(new Error('changed my mind'));
  await assert.rejects(db.query('select 1', [], { signal }), { code: '57014' });
  await db.close();
});
