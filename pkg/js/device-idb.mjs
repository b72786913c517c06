// The device on IndexedDB.
//
//   pages    [file, block] → 8 KiB          files    file → length in blocks
//   log      start LSN     → bytes          control  'epoch', 0, 1
//   bytes    name          → bytes          spill    slot → bytes, wiped at open
//
// One lane with priorities: log, then reads, then page writes; one transaction in flight; at most
// 16 pages in a write transaction, and none begun while a log flush waits. A strict commit takes
// about 1 ms alone and 12 ms behind 128 page writes, whichever stores they are in: that is why the
// order is ours and not the browser's.
//
// Opening raises the owner epoch in a readwrite transaction over all stores. That waits out the
// last transaction of a worker that was killed, and fences an owner that wakes later: each
// readwrite transaction reads the epoch first and aborts if it is not its own. Within a transaction
// all requests are issued without awaiting in between, since it would commit itself otherwise.
//
// The engine is promised that a read sees every write submitted before it, whatever overtakes what:
// pages on their way are kept in `pending` and read from there, lengths are changed at submission,
// and reads of a file that waits to be cut or removed take the writers' lane.
//
// The log is a chunk for each flush, keyed by where it starts; what was acknowledged is never
// rewritten. Some space is held back (`RESERVE`): a flush that meets the quota gives it up and
// tries once more, so that an abort or a checkpoint can end properly.
//
// Assumed: a strict transaction makes the relaxed ones before it durable too (`sync` is a strict
// transaction that changes nothing). Left out: OPFS.
import { DeviceFault, PAGE_BYTES, STATUS } from './device-ops.mjs';

const STORES = ['pages', 'files', 'log', 'control', 'bytes', 'spill'];
const PAGES_A_BATCH = 16;

const RESERVE = '\0reserve';
const RESERVE_BYTES = 1 << 20;

// Lanes in order of priority: the log, what somebody waits for, what nobody waits for. `sync` goes
// with the writes, since it speaks for those before it.
const URGENT = new Set([
  'open', 'appendLog', 'readLog', 'removeLogFrom', 'readControl', 'writeControl',
]);
const IDLE = new Set([
  'writePages', 'truncateFile', 'removeFile', 'removeLogBefore', 'sync', 'close',
]);

export function databaseName(name) {
  return `vitrine/${name}`;
}

export class IdbDevice {
  /** @param {string} name @param {IDBFactory} factory */
  constructor(name, factory = globalThis.indexedDB) {
    this.name = name;
    this.factory = factory;
    this.lanes = [[], [], []];
    this.busy = false;
    this.db = null;
    this.lost = null;
    this.epoch = 0;
    // Lengths as the engine sees them, and as they are stored.
    this.files = new Map();
    this.stored = new Map();
    this.pending = new Map();
    this.reshaping = new Map();
  }

  /** Begins an operation. `done(error, answer)` is called once, in a later turn. */
  start(op, done) {
    this.lanes[this.#lane(op)].push({ op, done });
    this.#next();
  }

  #lane(op) {
    switch (op.name) {
      case 'writePages':
        for (const page of op.pages) {
          this.pending.set(`${page.file}/${page.block}`, page.bytes);
          this.#grow(this.files, page);
        }
        return 2;
      case 'truncateFile':
      case 'removeFile':
        this.reshaping.set(op.file, (this.reshaping.get(op.file) ?? 0) + 1);
        if (op.name === 'removeFile') this.files.delete(op.file);
        else this.files.set(op.file, Math.min(op.blocks, this.files.get(op.file) ?? 0));
        return 2;
      case 'readPages':
        return this.reshaping.has(op.file) ? 2 : 1;
      default:
        return URGENT.has(op.name) ? 0 : IDLE.has(op.name) ? 2 : 1;
    }
  }

  #grow(lengths, { file, block }) {
    if (block >= (lengths.get(file) ?? 0)) lengths.set(file, block + 1);
  }

  #next() {
    if (this.busy) return;
    const lane = this.lanes.find((queue) => queue.length > 0);
    if (!lane) return;
    const jobs = [lane.shift()];
    if (jobs[0].op.name === 'writePages') {
      // Small batches travel together, up to the limit.
      let pages = jobs[0].op.pages.length;
      while (lane[0]?.op.name === 'writePages' && pages + lane[0].op.pages.length <= PAGES_A_BATCH) {
        pages += lane[0].op.pages.length;
        jobs.push(lane.shift());
      }
    } else if (jobs[0].op.name === 'appendLog') {
      while (lane[0]?.op.name === 'appendLog') jobs.push(lane.shift());
    }
    this.busy = true;
    this.#run(jobs).then(
      (answers) => jobs.forEach((job, i) => job.done(null, answers[i])),
      (error) => {
        const fault = this.#fault(error);
        for (const job of jobs) job.done(fault, null);
      },
    ).finally(() => {
      this.busy = false;
      this.#next();
    });
  }

  #fault(error) {
    if (error instanceof DeviceFault) return error;
    if (this.lost) return new DeviceFault(STATUS.LOST, this.lost);
    if (error?.name === 'QuotaExceededError') return new DeviceFault(STATUS.FULL, error.message);
    if (error?.name === 'InvalidStateError') return new DeviceFault(STATUS.LOST, error.message);
    return new DeviceFault(STATUS.FAILED, `${error?.name}: ${error?.message}`);
  }

  async #run(jobs) {
    const { op } = jobs[0];
    if (op.name === 'open') return [await this.#open()];
    if (op.name === 'close') return [this.#close()];
    if (!this.db) throw new DeviceFault(STATUS.LOST, this.lost ?? 'the device is not open');
    if (op.name === 'appendLog') return this.#appendLog(jobs.map((job) => job.op));
    if (op.name === 'writePages') {
      const pages = jobs.flatMap((job) => job.op.pages);
      for (let i = 0; i < pages.length; i += PAGES_A_BATCH) {
        // A flush or a read that arrived meanwhile goes first.
        if (i > 0) await this.#overtaken();
        await this.#writePages(pages.slice(i, i + PAGES_A_BATCH));
      }
      return jobs.map(() => undefined);
    }
    return [await this[op.name](op)];
  }

  /** Runs what waits in the better lanes, in the middle of a long write. */
  async #overtaken() {
    for (;;) {
      const job = this.lanes[0].shift() ?? this.lanes[1].shift();
      if (!job) return;
      try {
        job.done(null, (await this.#run([job]))[0]);
      } catch (error) {
        job.done(this.#fault(error), null);
      }
    }
  }

  async #open() {
    if (!this.factory) throw new DeviceFault(STATUS.LOST, 'this environment has no IndexedDB');
    const request = this.factory.open(databaseName(this.name), 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    this.db = await settled(request);
    // Evicted or deleted under us, or the browser gave the backend up.
    this.db.onclose = () => this.#lose('the browser closed the database');
    this.db.onversionchange = () => {
      this.db?.close();
      this.#lose('another page deletes or upgrades the database');
    };
    await this.#transaction(STORES, 'readwrite', 'strict', (tx) => {
      tx.objectStore('spill').clear();
      const control = tx.objectStore('control');
      control.get('epoch').onsuccess = (event) => {
        this.epoch = (event.target.result ?? 0) + 1;
        control.put(this.epoch, 'epoch');
      };
      tx.objectStore('bytes').put(new Uint8Array(RESERVE_BYTES), RESERVE);
      const files = tx.objectStore('files');
      files.getAllKeys().onsuccess = (keys) => {
        files.getAll().onsuccess = (lengths) => {
          keys.target.result.forEach((file, i) => this.stored.set(file, lengths.target.result[i]));
          this.files = new Map(this.stored);
        };
      };
    }, false);
    return { epoch: this.epoch };
  }

  #close() {
    if (this.db) {
      this.db.onclose = null;
      this.db.close();
    }
    this.db = null;
  }

  #lose(why) {
    this.lost = why;
    this.db = null;
  }

  /**
   * One transaction: `issue` makes all requests; the result is what its promise-free closure left.
   * A readwrite one checks the owner epoch as its first request and aborts itself if it has risen.
   */
  #transaction(stores, mode, durability, issue, fenced = mode === 'readwrite') {
    return new Promise((resolve, reject) => {
      const names = fenced && !stores.includes('control') ? [...stores, 'control'] : stores;
      const tx = this.db.transaction(names, mode, { durability });
      let fault = null;
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(fault ?? tx.error ?? new DeviceFault(STATUS.FAILED, 'aborted'));
      if (fenced) {
        tx.objectStore('control').get('epoch').onsuccess = (event) => {
          if (event.target.result === this.epoch) return;
          fault = new DeviceFault(STATUS.FENCED, 'another owner has opened this database');
          tx.abort();
        };
      }
      try {
        issue(tx);
      } catch (error) {
        fault = error;
        try {
          tx.abort();
        } catch {
          reject(error);
        }
      }
    });
  }

  async #appendLog(ops) {
    const durability = ops.some((op) => op.strict) ? 'strict' : 'relaxed';
    const put = (tx) => {
      for (const op of ops) tx.objectStore('log').put(op.bytes, op.start);
    };
    try {
      await this.#transaction(['log'], 'readwrite', durability, put);
    } catch (error) {
      if (error?.name !== 'QuotaExceededError') throw error;
      await this.#transaction(['log', 'bytes'], 'readwrite', durability, (tx) => {
        tx.objectStore('bytes').delete(RESERVE);
        put(tx);
      });
    }
    return ops.map(() => undefined);
  }

  async #writePages(pages) {
    const grown = new Map();
    for (const { file, block } of pages) {
      if (block >= (grown.get(file) ?? this.stored.get(file) ?? 0)) grown.set(file, block + 1);
    }
    const stores = grown.size > 0 ? ['pages', 'files'] : ['pages'];
    await this.#transaction(stores, 'readwrite', 'relaxed', (tx) => {
      const store = tx.objectStore('pages');
      for (const { file, block, bytes } of pages) store.put(bytes, [file, block]);
      for (const [file, length] of grown) tx.objectStore('files').put(length, file);
    });
    for (const [file, length] of grown) this.stored.set(file, length);
    for (const { file, block, bytes } of pages) {
      const key = `${file}/${block}`;
      if (this.pending.get(key) === bytes) this.pending.delete(key);
    }
  }

  async readPages({ file, first, count }) {
    const pages = new Array(count);
    let missing = false;
    for (let i = 0; i < count; i++) {
      pages[i] = this.pending.get(`${file}/${first + i}`) ?? null;
      missing ||= pages[i] === null;
    }
    if (!missing) return pages;
    await this.#transaction(['pages'], 'readonly', 'default', (tx) => {
      const store = tx.objectStore('pages');
      for (let i = 0; i < count; i++) {
        if (pages[i]) continue;
        store.get([file, first + i]).onsuccess = (event) => {
          const page = event.target.result;
          pages[i] = page?.length === PAGE_BYTES ? page : null;
        };
      }
    });
    return pages;
  }

  async readLog({ from, limit }) {
    const chunks = [];
    await this.#transaction(['log'], 'readonly', 'default', (tx) => {
      const log = tx.objectStore('log');
      // The chunk that holds `from` may begin before it.
      log.openKeyCursor(IDBKeyRange.upperBound(from), 'prev').onsuccess = (event) => {
        const begin = IDBKeyRange.lowerBound(event.target.result?.key ?? from);
        log.openCursor(begin).onsuccess = (step) => {
          const cursor = step.target.result;
          if (!cursor || chunks.length >= limit) return;
          chunks.push({ start: cursor.key, bytes: cursor.value });
          cursor.continue();
        };
      };
    });
    return chunks;
  }

  removeLogBefore({ position }) {
    return this.#transaction(['log'], 'readwrite', 'relaxed', (tx) => {
      const log = tx.objectStore('log');
      log.openKeyCursor(IDBKeyRange.upperBound(position), 'prev').onsuccess = (event) => {
        const key = event.target.result?.key;
        if (key !== undefined) log.delete(IDBKeyRange.upperBound(key, true));
      };
    });
  }

  removeLogFrom({ position }) {
    return this.#transaction(['log'], 'readwrite', 'strict', (tx) => {
      tx.objectStore('log').delete(IDBKeyRange.lowerBound(position));
    });
  }

  async readControl() {
    const slots = [null, null];
    await this.#transaction(['control'], 'readonly', 'default', (tx) => {
      for (const slot of [0, 1]) {
        tx.objectStore('control').get(slot).onsuccess = (event) => {
          slots[slot] = event.target.result ?? null;
        };
      }
    });
    return slots;
  }

  writeControl({ slot, bytes }) {
    return this.#transaction(['control'], 'readwrite', 'strict', (tx) => {
      tx.objectStore('control').put(bytes, slot);
    });
  }

  sync() {
    return this.#transaction(['control'], 'readwrite', 'strict', (tx) => {
      tx.objectStore('control').put(this.epoch, 'epoch');
    });
  }

  fileLength({ file }) {
    return this.files.get(file) ?? 0;
  }

  listFiles() {
    return [...this.files].sort((a, b) => a[0] - b[0]);
  }

  async truncateFile({ file, blocks }) {
    const length = Math.min(blocks, this.stored.get(file) ?? 0);
    await this.#transaction(['pages', 'files'], 'readwrite', 'relaxed', (tx) => {
      tx.objectStore('pages').delete(IDBKeyRange.bound([file, blocks], [file, []]));
      tx.objectStore('files').put(length, file);
    });
    this.stored.set(file, length);
    this.#reshaped(file);
  }

  async removeFile({ file }) {
    await this.#transaction(['pages', 'files'], 'readwrite', 'relaxed', (tx) => {
      tx.objectStore('pages').delete(IDBKeyRange.bound([file], [file, []]));
      tx.objectStore('files').delete(file);
    });
    this.stored.delete(file);
    this.#reshaped(file);
  }

  #reshaped(file) {
    const left = this.reshaping.get(file) - 1;
    if (left > 0) this.reshaping.set(file, left);
    else this.reshaping.delete(file);
  }

  readBytes({ path }) {
    return this.#keyed('bytes', (store, got) => { store.get(path).onsuccess = got; });
  }

  writeBytes({ path, append, bytes }) {
    return this.#keyed('bytes', (store) => {
      if (!append) return void store.put(bytes, path);
      store.get(path).onsuccess = (event) => {
        const before = event.target.result ?? new Uint8Array(0);
        const joined = new Uint8Array(before.length + bytes.length);
        joined.set(before);
        joined.set(bytes, before.length);
        store.put(joined, path);
      };
    }, 'readwrite');
  }

  removeBytes({ path }) {
    return this.#keyed('bytes', (store) => store.delete(path), 'readwrite');
  }

  async listBytes() {
    const names = await this.#keyed('bytes', (store, got) => { store.getAllKeys().onsuccess = got; });
    return names.filter((name) => name !== RESERVE);
  }

  readSpill({ slot }) {
    return this.#keyed('spill', (store, got) => { store.get(slot).onsuccess = got; });
  }

  writeSpill({ slot, bytes }) {
    return this.#keyed('spill', (store) => store.put(bytes, slot), 'readwrite');
  }

  removeSpill({ slot }) {
    return this.#keyed('spill', (store) => store.delete(slot), 'readwrite');
  }

  async #keyed(name, use, mode = 'readonly') {
    let answer;
    await this.#transaction([name], mode, 'relaxed', (tx) => {
      use(tx.objectStore(name), (event) => { answer = event.target.result; });
    });
    return answer;
  }
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DeviceFault(STATUS.FENCED, 'another page holds it open'));
  });
}
