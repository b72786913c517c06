// What runs inside the browser: the IndexedDB device by itself, and the package over it.
import { databaseName, IdbDevice } from '../../js/device-idb.mjs';
import { Vitrine } from '../../js/index.mjs';

const PAGE = 8192;
const page = (fill) => new Uint8Array(PAGE).fill(fill);
const text = (bytes) => new TextDecoder().decode(bytes);
const ask = (device, name, args = {}) => new Promise((resolve, reject) => {
  device.start({ name, id: 1, ...args }, (error, answer) => (error ? reject(error) : resolve(answer)));
});
const chunk = (start, body, strict = true) =>
  ({ start, strict, bytes: new TextEncoder().encode(body) });
const fails = (promise) => promise.then(() => null, (error) => error.status ?? error.code);
const forget = (name) => new Promise((resolve) => {
  const request = indexedDB.deleteDatabase(databaseName(name));
  request.onsuccess = request.onerror = request.onblocked = resolve;
});

/** Pages on their way are read as written, and lengths follow, whatever overtakes what. */
export async function pages() {
  await forget('pages');
  const device = new IdbDevice('pages');
  await ask(device, 'open');
  const many = Array.from({ length: 40 }, (_, block) => ({ file: 20, block, bytes: page(block + 1) }));
  const written = ask(device, 'writePages', { pages: many });
  const early = await ask(device, 'readPages', { file: 20, first: 38, count: 3 });
  await written;
  const late = await ask(device, 'readPages', { file: 20, first: 0, count: 2 });
  const cut = ask(device, 'truncateFile', { file: 20, blocks: 1 });
  const again = ask(device, 'writePages', { pages: [{ file: 20, block: 2, bytes: page(9) }] });
  const after = await ask(device, 'readPages', { file: 20, first: 0, count: 4 });
  await Promise.all([cut, again]);
  const out = {
    early: early.map((each) => each?.[5] ?? 0), late: late.map((each) => each[5]),
    after: after.map((each) => each?.[5] ?? 0), files: await ask(device, 'listFiles'),
  };
  await ask(device, 'close');
  const next = new IdbDevice('pages');
  const { epoch } = await ask(next, 'open');
  out.stored = await ask(next, 'listFiles');
  out.epoch = epoch;
  await ask(next, 'removeFile', { file: 20 });
  out.removed = await ask(next, 'listFiles');
  await ask(next, 'close');
  return out;
}

/** The log is one chunk a flush and is cut off at either end. */
export async function log() {
  await forget('log');
  const device = new IdbDevice('log');
  await ask(device, 'open');
  await Promise.all([
    ask(device, 'appendLog', chunk(10, 'one')), ask(device, 'appendLog', chunk(13, 'two', false)),
    ask(device, 'appendLog', chunk(16, 'three')), ask(device, 'sync'),
  ]);
  const read = async (from) => (await ask(device, 'readLog', { from, limit: 9 }))
    .map((each) => [each.start, text(each.bytes)]);
  const whole = await read(14);
  await ask(device, 'removeLogFrom', { position: 16 });
  await ask(device, 'removeLogBefore', { position: 14 });
  const rest = await read(0);
  await ask(device, 'writeControl', { slot: 1, bytes: new TextEncoder().encode('b') });
  const slots = (await ask(device, 'readControl')).map((slot) => slot && text(slot));
  await ask(device, 'writeBytes', { path: 'x', append: false, bytes: new TextEncoder().encode('a') });
  await ask(device, 'writeBytes', { path: 'x', append: true, bytes: new TextEncoder().encode('b') });
  const bytes = text(await ask(device, 'readBytes', { path: 'x' }));
  const names = await ask(device, 'listBytes');
  await ask(device, 'close');
  return { whole, rest, slots, bytes, names };
}

/** An owner that was replaced writes no more; one whose database is deleted is lost. */
export async function fenced() {
  await forget('fenced');
  const old = new IdbDevice('fenced');
  await ask(old, 'open');
  const heir = new IdbDevice('fenced');
  await ask(heir, 'open');
  const late = await fails(ask(old, 'appendLog', chunk(5, 'late')));
  const kept = await ask(heir, 'readLog', { from: 0, limit: 9 });
  await ask(old, 'close');
  await forget('fenced');
  const gone = await fails(ask(heir, 'appendLog', chunk(5, 'x')));
  return { late, kept: kept.length, gone };
}

/** The package in its worker: made, refused to a second owner, crashed, recovered. */
export async function life() {
  await forget('life');
  const db = await Vitrine.create('idb://life');
  const first = await db.internals.recovery();
  const second = await fails(Vitrine.create('idb://life'));
  const pending = fails(db.internals.watch({ panes: [], since: 1e9, wait: true }));
  await db.internals.pool();
  await db.crash();
  const unknown = await pending;
  const again = await Vitrine.create('idb://life');
  const report = await again.internals.recovery();
  await again.close();
  return {
    created: first.created, second, unknown, worker: db.worker,
    back: report.created === false,
  };
}

/** A relaxed and a strict database in this very thread. */
export async function inThread() {
  const db = await Vitrine.create('memory://', { worker: false });
  const pool = await db.internals.pool();
  await db.close();
  return pool.frames.length > 0;
}
