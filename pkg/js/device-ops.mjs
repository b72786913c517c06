// What the engine asks of a device, and what it is answered: the twin of `pkg/host/src/device.rs`.
//
//   operation   kind u32 · id u64 · arguments
//    1 open                                              → owner epoch u64
//    2 read pages     file u32 · first u32 · count u32   → count × 8192 bytes; what was never
//                                                          written reads as zeros
//    3 write pages    count u32 · count × (file u32, block u32) · count × 8192 bytes
//    4 append log     start u64 · 1 if strict, u32 · bytes
//    5 read log       from u64 · limit u32               → count u32 · each: start u64 · bytes
//    6 remove log before · 7 remove log from             position u64
//    8 read control                                      → two slots, each: 1 if there, u32 · bytes
//    9 write control  slot u32 · bytes
//   10 file length    file u32                           → blocks u32
//   11 truncate file  file u32 · blocks u32
//   12 remove file    file u32
//   13 list files                                        → count u32 · each: file u32, blocks u32
//   14 sync
//   15 read bytes    name                                → 1 if there, u32 · bytes
//   16 write bytes   name · 1 to append, u32 · bytes
//   17 remove bytes  name
//   18 list bytes                                        → count u32 · names
//   19 write spill   slot u64 · bytes
//   20 read spill    slot u64                            → 1 if there, u32 · bytes
//   21 remove spill  slot u64
//   22 close
//
//   completion  id u64 · status u32 · answer, or the reason as bytes
//   status      0 done · 1 failed · 2 full · 3 the device is gone · 4 another owner has it
//
// `bytes` are a length u32, the bytes, padding to four. Everything an operation carries is copied
// out of linear memory here, so that a device may take its time.
import { Reader, Writer } from './bytes.mjs';

export const PAGE_BYTES = 8192;
export const STATUS = { DONE: 0, FAILED: 1, FULL: 2, LOST: 3, FENCED: 4 };

export const OP_NAMES = [
  '', 'open', 'readPages', 'writePages', 'appendLog', 'readLog', 'removeLogBefore',
  'removeLogFrom', 'readControl', 'writeControl', 'fileLength', 'truncateFile', 'removeFile',
  'listFiles', 'sync', 'readBytes', 'writeBytes', 'removeBytes', 'listBytes', 'writeSpill',
  'readSpill', 'removeSpill', 'close',
];

/** Why a device could not do what was asked, in the engine's terms. */
export class DeviceFault extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

const ARGUMENTS = {
  readPages: (r, op) => { op.file = r.u32(); op.first = r.u32(); op.count = r.u32(); },
  writePages: (r, op) => {
    const count = r.u32();
    op.pages = Array.from({ length: count }, () => ({ file: r.u32(), block: r.u32(), bytes: null }));
    for (const page of op.pages) page.bytes = r.take(PAGE_BYTES).slice();
  },
  appendLog: (r, op) => {
    op.start = r.u64();
    op.strict = r.u32() !== 0;
    op.bytes = r.bytes().slice();
  },
  readLog: (r, op) => { op.from = r.u64(); op.limit = r.u32(); },
  removeLogBefore: (r, op) => { op.position = r.u64(); },
  removeLogFrom: (r, op) => { op.position = r.u64(); },
  writeControl: (r, op) => { op.slot = r.u32(); op.bytes = r.bytes().slice(); },
  fileLength: (r, op) => { op.file = r.u32(); },
  truncateFile: (r, op) => { op.file = r.u32(); op.blocks = r.u32(); },
  removeFile: (r, op) => { op.file = r.u32(); },
  readBytes: (r, op) => { op.path = r.text(); },
  writeBytes: (r, op) => {
    op.path = r.text();
    op.append = r.u32() !== 0;
    op.bytes = r.bytes().slice();
  },
  removeBytes: (r, op) => { op.path = r.text(); },
  writeSpill: (r, op) => { op.slot = r.u64(); op.bytes = r.bytes().slice(); },
  readSpill: (r, op) => { op.slot = r.u64(); },
  removeSpill: (r, op) => { op.slot = r.u64(); },
};

export function readOp(bytes) {
  const r = new Reader(bytes);
  const name = OP_NAMES[r.u32()];
  const op = { name, id: r.u64() };
  if (!name) throw new RangeError('unknown device operation');
  ARGUMENTS[name]?.(r, op);
  return op;
}

function u64(w, value) {
  w.u32(value % 4294967296);
  w.u32(Math.floor(value / 4294967296));
}

function perhaps(w, bytes) {
  w.u32(bytes ? 1 : 0);
  if (bytes) w.bytes(bytes);
}

const ANSWERS = {
  open: (w, a) => u64(w, a.epoch),
  readPages: (w, pages) => {
    for (const page of pages) {
      if (page) w.raw(page);
      else w.zeros(PAGE_BYTES);
    }
  },
  readLog: (w, chunks) => {
    w.u32(chunks.length);
    for (const chunk of chunks) {
      u64(w, chunk.start);
      w.bytes(chunk.bytes);
    }
  },
  readControl: (w, slots) => { perhaps(w, slots[0]); perhaps(w, slots[1]); },
  fileLength: (w, blocks) => w.u32(blocks),
  listFiles: (w, files) => {
    w.u32(files.length);
    for (const [file, blocks] of files) {
      w.u32(file);
      w.u32(blocks);
    }
  },
  readBytes: perhaps,
  listBytes: (w, names) => {
    w.u32(names.length);
    for (const name of names) w.text(name);
  },
  readSpill: perhaps,
};

export function writeDone(w, op, answer) {
  u64(w, op.id);
  w.u32(STATUS.DONE);
  ANSWERS[op.name]?.(w, answer);
}

const encoder = new TextEncoder();

export function writeFault(w, op, error) {
  u64(w, op.id);
  w.u32(error instanceof DeviceFault ? error.status : STATUS.FAILED);
  w.bytes(encoder.encode(error?.message ?? String(error)));
}

/** An operation as bytes, carried out by a device; the completion as bytes. For tests and tools. */
export function perform(device, bytes) {
  const op = readOp(bytes);
  return new Promise((resolve) => {
    device.start(op, (error, answer) => {
      const w = Writer.own();
      if (error) writeFault(w, op, error);
      else writeDone(w, op, answer);
      resolve(w.message());
    });
  });
}
