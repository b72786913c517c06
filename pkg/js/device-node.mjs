// The device on files, in Node.
//
//   <dir>/pages/<file>          pages one after the other
//   <dir>/log/<start, 16 hex>   segments: chunks, each behind its start u64 and length u32
//   <dir>/control.0, control.1  the two slots
//   <dir>/epoch                 how often the database has been opened
//   <dir>/bytes/<name>          byte files, written aside and renamed
//   <dir>/spill/                wiped at open
//   <dir>/lock                  held by the client's side, see `locks.mjs`
//
// Reads and writes go to the operating system's cache and are made there and then: a read of a
// page costs a few microseconds, a trip through the thread pool more. What reaches the disk is
// fsync's business: strict log appends, control slots and `sync` wait for it, in the thread pool.
// New names are made durable by an fsync of their folder.
//
// A log write that fails is not retried, here or above (E21), but for one case: some space is held
// back in `reserve`, and a full disk gives it up first.
import fs from 'node:fs';
import path from 'node:path';
import { DeviceFault, PAGE_BYTES, STATUS } from './device-ops.mjs';

const SEGMENT_BYTES = 16 * 1024 * 1024;
const OPEN_FILES = 64;
const FRAME_BYTES = 16;
const RESERVE_BYTES = 1 << 20;

const SYNCHRONOUS = new Set([
  'readPages', 'writePages', 'readLog', 'removeLogBefore', 'readControl', 'fileLength',
  'truncateFile', 'removeFile', 'listFiles', 'readBytes', 'writeBytes', 'removeBytes', 'listBytes',
  'writeSpill', 'readSpill', 'removeSpill', 'open',
]);

export class NodeDevice {
  constructor(dir) {
    this.dir = path.resolve(dir);
    this.handles = new Map();
    this.dirty = new Set();
    this.segments = [];
    this.handle = undefined;
    this.epoch = 0;
    // Operations that wait for the disk go one after the other, as they were asked.
    this.queue = Promise.resolve();
  }

  /** Begins an operation. `done(error, answer)` is called once, in a later turn. */
  start(op, done) {
    if (SYNCHRONOUS.has(op.name)) {
      let error = null;
      let answer;
      try {
        answer = this[op.name](op);
      } catch (problem) {
        error = fault(problem);
      }
      queueMicrotask(() => done(error, answer));
      return;
    }
    this.queue = this.queue.then(() => this[op.name](op)).then(
      (answer) => done(null, answer),
      (error) => done(fault(error), null),
    );
  }

  #in(...names) {
    return path.join(this.dir, ...names);
  }

  open() {
    for (const name of ['pages', 'log', 'bytes']) fs.mkdirSync(this.#in(name), { recursive: true });
    fs.rmSync(this.#in('spill'), { recursive: true, force: true });
    fs.mkdirSync(this.#in('spill'));
    const before = fs.existsSync(this.#in('epoch')) ? Number(fs.readFileSync(this.#in('epoch'))) : 0;
    this.epoch = before + 1;
    this.#replace('epoch', Buffer.from(String(this.epoch)));
    this.segments = fs.readdirSync(this.#in('log')).filter((name) => /^[0-9a-f]{16}$/.test(name))
      .map((name) => this.#scan(parseInt(name, 16))).sort((a, b) => a.start - b.start);
    this.#replace('reserve', new Uint8Array(RESERVE_BYTES));
    return { epoch: this.epoch };
  }

  /** Where the chunks of a segment are; a torn frame at its end is not one. */
  #scan(start) {
    const bytes = fs.readFileSync(this.#segmentName(start));
    const chunks = [];
    let at = 0;
    while (at + FRAME_BYTES <= bytes.length) {
      const key = Number(bytes.readBigUInt64LE(at));
      const length = bytes.readUInt32LE(at + 8);
      const next = at + FRAME_BYTES + length;
      if (length === 0 || next > bytes.length || key <= (chunks.at(-1)?.key ?? -1)) break;
      chunks.push({ key, at: at + FRAME_BYTES, length });
      at = next;
    }
    return { start, chunks, end: at };
  }

  close() {
    for (const handle of this.handles.values()) fs.closeSync(handle);
    this.handles.clear();
    this.#leaveSegment();
  }

  /** Lets go without writing anything: what a crash does. */
  abandon() {
    this.close();
  }

  /** Refuses to write for an owner that has been replaced. */
  #fence() {
    if (Number(fs.readFileSync(this.#in('epoch'))) !== this.epoch) {
      throw new DeviceFault(STATUS.FENCED, 'another owner has opened this database');
    }
  }

  #replace(name, bytes) {
    const handle = fs.openSync(this.#in(`${name}.new`), 'w');
    try {
      writeAll(handle, bytes, 0);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(this.#in(`${name}.new`), this.#in(name));
    syncFolder(path.dirname(this.#in(name)));
  }

  #handle(file) {
    let handle = this.handles.get(file);
    if (handle === undefined) {
      if (this.handles.size >= OPEN_FILES) {
        const [oldest, old] = this.handles.entries().next().value;
        this.handles.delete(oldest);
        fs.closeSync(old);
      }
      const flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
      handle = fs.openSync(this.#in('pages', String(file)), flags, 0o644);
      this.handles.set(file, handle);
    }
    return handle;
  }

  readPages({ file, first, count }) {
    const pages = [];
    const bytes = new Uint8Array(count * PAGE_BYTES);
    if (fs.existsSync(this.#in('pages', String(file)))) {
      readAll(this.#handle(file), bytes, first * PAGE_BYTES);
    }
    for (let i = 0; i < count; i++) {
      pages.push(bytes.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES));
    }
    return pages;
  }

  writePages({ pages }) {
    for (const { file, block, bytes } of pages) {
      this.dirty.add(file);
      writeAll(this.#handle(file), bytes, block * PAGE_BYTES);
    }
  }

  fileLength({ file }) {
    const name = this.#in('pages', String(file));
    return fs.existsSync(name) ? Math.ceil(fs.statSync(name).size / PAGE_BYTES) : 0;
  }

  listFiles() {
    return fs.readdirSync(this.#in('pages')).map(Number).sort((a, b) => a - b)
      .map((file) => [file, this.fileLength({ file })]);
  }

  truncateFile({ file, blocks }) {
    this.dirty.add(file);
    fs.ftruncateSync(this.#handle(file), blocks * PAGE_BYTES);
  }

  removeFile({ file }) {
    const handle = this.handles.get(file);
    if (handle !== undefined) fs.closeSync(handle);
    this.handles.delete(file);
    this.dirty.delete(file);
    fs.rmSync(this.#in('pages', String(file)), { force: true });
  }

  #segmentName(start) {
    return this.#in('log', start.toString(16).padStart(16, '0'));
  }

  #leaveSegment() {
    if (this.handle !== undefined) fs.closeSync(this.handle);
    this.handle = undefined;
  }

  /** The segment to append to, open. */
  #tail(start) {
    let last = this.segments.at(-1);
    if (last && this.handle !== undefined && last.end < SEGMENT_BYTES) return last;
    const flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
    if (!last || last.end >= SEGMENT_BYTES) {
      this.#leaveSegment();
      last = { start, chunks: [], end: 0 };
      this.segments.push(last);
    }
    this.handle = fs.openSync(this.#segmentName(last.start), flags, 0o644);
    fs.ftruncateSync(this.handle, last.end);
    syncFolder(this.#in('log'));
    return last;
  }

  async appendLog({ start, strict, bytes }) {
    if (strict) this.#fence();
    const before = this.segments.at(-1);
    if (before?.end >= SEGMENT_BYTES && this.handle !== undefined) await fsync(this.handle);
    const segment = this.#tail(start);
    const frame = new Uint8Array(FRAME_BYTES + bytes.length);
    const view = new DataView(frame.buffer);
    view.setBigUint64(0, BigInt(start), true);
    view.setUint32(8, bytes.length, true);
    frame.set(bytes, FRAME_BYTES);
    try {
      writeAll(this.handle, frame, segment.end);
    } catch (error) {
      if (error?.code !== 'ENOSPC') throw error;
      fs.rmSync(this.#in('reserve'), { force: true });
      writeAll(this.handle, frame, segment.end);
    }
    segment.chunks.push({ key: start, at: segment.end + FRAME_BYTES, length: bytes.length });
    segment.end += frame.length;
    if (strict) await fsync(this.handle);
  }

  readLog({ from, limit }) {
    const all = this.segments.flatMap((segment) =>
      segment.chunks.map((chunk) => ({ segment, chunk })));
    const first = Math.max(0, all.findLastIndex(({ chunk }) => chunk.key <= from));
    return all.slice(first, first + limit).map(({ segment, chunk }) => {
      const bytes = new Uint8Array(chunk.length);
      const handle = fs.openSync(this.#segmentName(segment.start), 'r');
      try {
        readAll(handle, bytes, chunk.at);
      } finally {
        fs.closeSync(handle);
      }
      return { start: chunk.key, bytes };
    });
  }

  removeLogBefore({ position }) {
    while (this.segments.length > 1 && this.segments[1].start <= position) {
      fs.rmSync(this.#segmentName(this.segments.shift().start), { force: true });
    }
  }

  async removeLogFrom({ position }) {
    this.#leaveSegment();
    while (this.segments.length > 0) {
      const last = this.segments.at(-1);
      const kept = last.chunks.filter((chunk) => chunk.key < position);
      if (kept.length > 0) {
        last.chunks = kept;
        last.end = kept.at(-1).at + kept.at(-1).length;
        const handle = fs.openSync(this.#segmentName(last.start), 'r+');
        fs.ftruncateSync(handle, last.end);
        await fsync(handle);
        fs.closeSync(handle);
        break;
      }
      fs.rmSync(this.#segmentName(last.start), { force: true });
      this.segments.pop();
    }
    syncFolder(this.#in('log'));
  }

  readControl() {
    return [0, 1].map((slot) => {
      const name = this.#in(`control.${slot}`);
      return fs.existsSync(name) ? fs.readFileSync(name) : null;
    });
  }

  async writeControl({ slot, bytes }) {
    this.#fence();
    this.#replace(`control.${slot}`, bytes);
  }

  async sync() {
    const files = [...this.dirty];
    this.dirty.clear();
    for (const file of files) await fsync(this.#handle(file));
    syncFolder(this.#in('pages'));
  }

  #byteName(name) {
    return path.join('bytes', encodeURIComponent(name));
  }

  readBytes({ path: name }) {
    const place = this.#in(this.#byteName(name));
    return fs.existsSync(place) ? fs.readFileSync(place) : null;
  }

  writeBytes({ path: name, append, bytes }) {
    const before = append ? this.readBytes({ path: name }) : null;
    this.#replace(this.#byteName(name), before ? Buffer.concat([before, bytes]) : bytes);
  }

  removeBytes({ path: name }) {
    fs.rmSync(this.#in(this.#byteName(name)), { force: true });
  }

  listBytes() {
    return fs.readdirSync(this.#in('bytes')).filter((name) => !name.endsWith('.new'))
      .map(decodeURIComponent).sort();
  }

  writeSpill({ slot, bytes }) {
    fs.writeFileSync(this.#in('spill', String(slot)), bytes);
  }

  readSpill({ slot }) {
    const place = this.#in('spill', String(slot));
    return fs.existsSync(place) ? fs.readFileSync(place) : null;
  }

  removeSpill({ slot }) {
    fs.rmSync(this.#in('spill', String(slot)), { force: true });
  }
}

function fsync(handle) {
  return new Promise((resolve, reject) => {
    fs.fdatasync(handle, (error) => (error ? reject(error) : resolve()));
  });
}

function syncFolder(name) {
  // Windows cannot open folders; its file systems keep names without this.
  if (process.platform === 'win32') return;
  const handle = fs.openSync(name, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function writeAll(handle, bytes, position) {
  for (let at = 0; at < bytes.length;) {
    at += fs.writeSync(handle, bytes, at, bytes.length - at, position + at);
  }
}

/** Reads as much as there is; the rest stays zero. */
function readAll(handle, bytes, position) {
  for (let at = 0; at < bytes.length;) {
    const got = fs.readSync(handle, bytes, at, bytes.length - at, position + at);
    if (got === 0) return;
    at += got;
  }
}

function fault(error) {
  if (error instanceof DeviceFault) return error;
  const full = error?.code === 'ENOSPC' || error?.code === 'EDQUOT';
  return new DeviceFault(full ? STATUS.FULL : STATUS.FAILED, error?.message ?? String(error));
}
