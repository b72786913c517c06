// The file device by itself: what it holds after a crash, and what it refuses.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { NodeDevice } from '../js/device-node.mjs';
import { PAGE_BYTES, STATUS } from '../js/device-ops.mjs';
import { holdFileLock } from '../js/locks.mjs';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vitrine-device-'));
after(() => fs.rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => path.join(root, String(folders++));

const ask = (device, name, args = {}) => new Promise((resolve, reject) => {
  device.start({ name, id: 1, ...args }, (error, answer) => (error ? reject(error) : resolve(answer)));
});
const page = (fill) => new Uint8Array(PAGE_BYTES).fill(fill);
const text = (bytes) => Buffer.from(bytes).toString();
const chunk = (start, body, strict = true) => ({ start, strict, bytes: Buffer.from(body) });

test('pages: what was written is read, what was not is zeros, and lengths are told', async () => {
  const dir = folder();
  const device = new NodeDevice(dir);
  assert.deepEqual(await ask(device, 'open'), { epoch: 1 });
  await ask(device, 'writePages', {
    pages: [{ file: 20, block: 0, bytes: page(1) }, { file: 20, block: 2, bytes: page(3) }],
  });
  const pages = await ask(device, 'readPages', { file: 20, first: 0, count: 4 });
  assert.deepEqual(pages.map((each) => each[100]), [1, 0, 3, 0]);
  assert.equal(await ask(device, 'fileLength', { file: 20 }), 3);
  await ask(device, 'truncateFile', { file: 20, blocks: 1 });
  assert.deepEqual(await ask(device, 'listFiles'), [[20, 1]]);
  await ask(device, 'sync');
  await ask(device, 'removeFile', { file: 20 });
  assert.deepEqual(await ask(device, 'listFiles'), []);
  await ask(device, 'close');
});

test('log: chunks come back, are cut off at either end, and a torn one is not one', async () => {
  const dir = folder();
  let device = new NodeDevice(dir);
  await ask(device, 'open');
  await ask(device, 'appendLog', chunk(10, 'one'));
  await ask(device, 'appendLog', chunk(13, 'two', false));
  await ask(device, 'appendLog', chunk(16, 'three'));
  device.abandon();

  device = new NodeDevice(dir);
  assert.deepEqual(await ask(device, 'open'), { epoch: 2 });
  let chunks = await ask(device, 'readLog', { from: 14, limit: 9 });
  assert.deepEqual(chunks.map((each) => [each.start, text(each.bytes)]), [[13, 'two'], [16, 'three']]);
  await ask(device, 'removeLogFrom', { position: 16 });
  await ask(device, 'appendLog', chunk(16, 'THREE'));
  device.abandon();
  const [segment] = fs.readdirSync(path.join(dir, 'log'));
  const name = path.join(dir, 'log', segment);
  fs.truncateSync(name, fs.statSync(name).size - 1);

  device = new NodeDevice(dir);
  await ask(device, 'open');
  chunks = await ask(device, 'readLog', { from: 0, limit: 9 });
  assert.deepEqual(chunks.map((each) => text(each.bytes)), ['one', 'two']);
  await ask(device, 'close');
});

test('control slots and byte files are replaced whole', async () => {
  const dir = folder();
  const device = new NodeDevice(dir);
  await ask(device, 'open');
  assert.deepEqual(await ask(device, 'readControl'), [null, null]);
  await ask(device, 'writeControl', { slot: 1, bytes: Buffer.from('b') });
  const slots = await ask(device, 'readControl');
  assert.equal(slots[0], null);
  assert.equal(text(slots[1]), 'b');
  await ask(device, 'writeBytes', { path: 'a/ä', append: false, bytes: Buffer.from('x') });
  await ask(device, 'writeBytes', { path: 'a/ä', append: true, bytes: Buffer.from('y') });
  assert.equal(text(await ask(device, 'readBytes', { path: 'a/ä' })), 'xy');
  assert.deepEqual(await ask(device, 'listBytes'), ['a/ä']);
  await ask(device, 'removeBytes', { path: 'a/ä' });
  assert.equal(await ask(device, 'readBytes', { path: 'a/ä' }), null);
  await ask(device, 'close');
});

test('an owner that was replaced can write no more', async () => {
  const dir = folder();
  const old = new NodeDevice(dir);
  await ask(old, 'open');
  await ask(old, 'appendLog', chunk(1, 'mine'));
  const heir = new NodeDevice(dir);
  await ask(heir, 'open');
  await assert.rejects(ask(old, 'appendLog', chunk(5, 'late')), { status: STATUS.FENCED });
  await assert.rejects(
    ask(old, 'writeControl', { slot: 0, bytes: page(1) }), { status: STATUS.FENCED });
  await ask(heir, 'close');
  old.abandon();
});

test('one owner at a time, and a dead owner is no owner', async () => {
  const dir = folder();
  const release = await holdFileLock(dir);
  await assert.rejects(holdFileLock(dir), { code: '55006' });
  release();
  fs.writeFileSync(path.join(dir, 'lock'), '999999999 1 gone\n');
  const again = await holdFileLock(dir);
  again();
  assert.equal(fs.existsSync(path.join(dir, 'lock')), false);
});
