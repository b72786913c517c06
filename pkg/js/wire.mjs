// Messages between client and engine: the twin of `pkg/wire`. The layouts are described there, in
// `lib.rs`, `control.rs`, `statement.rs` and `result.rs`; `pkg/test/wire-vectors.json` holds both
// sides to the same bytes.
import { Reader } from './bytes.mjs';

export const WIRE_VERSION = 1;

export const FLAG = { TEXT: 1, HOLD: 2, NO_FIELDS: 4, BLOB: 8 };

export const KIND = {
  CONTROL: 1, EXEC: 2, QUERY: 3, PREPARE: 4, RUN: 5,
  REPLY: 0x81, RESULTS: 0x82, ERROR: 0x83, NOTICE: 0x84,
};

export function header(w, kind, ticket, flags = 0) {
  w.u8(WIRE_VERSION);
  w.u8(kind);
  w.u16(flags);
  w.u32(ticket);
}

/** Kind and ticket of a message, or an error when another build wrote it. */
export function readHeader(bytes) {
  if (bytes.length < 8) throw new RangeError('message is too short');
  if (bytes[0] !== WIRE_VERSION) {
    throw new Error(`wire version ${bytes[0]}, but this client speaks ${WIRE_VERSION}: reload`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return { kind: bytes[1], flags: view.getUint16(2, true), ticket: view.getUint32(4, true) };
}

// Variants by their index in `control.rs`.
const INSPECT = {
  page: (w, { file, block }) => { w.u8(0); w.varint(file); w.varint(block); },
  pool: (w) => w.u8(1),
  wal: (w, { from = null, most = 100 }) => {
    w.u8(2);
    w.option(from, (lsn) => w.varint(lsn));
    w.varint(most);
  },
  locks: (w) => w.u8(3),
  sessions: (w) => w.u8(4),
  versions: (w, { file, block }) => { w.u8(5); w.varint(file); w.varint(block); },
  plan: (w, { session }) => { w.u8(6); w.varint(session); },
  recovery: (w) => w.u8(7),
  relations: (w) => w.u8(8),
  sizes: (w) => w.u8(9),
};

export const INSPECT_NAMES = Object.keys(INSPECT);

function inspect(w, what) {
  const write = INSPECT[what.pane];
  if (!write) throw new TypeError(`unknown pane ${JSON.stringify(what.pane)}`);
  write(w, what);
}

const CONTROL = {
  open: (w, c) => {
    w.u8(0);
    w.u8(c.device === 'memory' ? 0 : 1);
    w.option(c.seed, (seed) => w.varint(seed));
    w.raw(c.entropy);
    w.varint(c.bufferFrames);
    w.u8(c.relaxed ? 1 : 0);
    w.u8(c.narrate ? 1 : 0);
  },
  connect: (w) => w.u8(1),
  disconnect: (w, c) => { w.u8(2); w.varint(c.session); },
  free: (w, c) => { w.u8(3); w.varint(c.session); w.varint(c.statement); },
  cancel: (w, c) => { w.u8(4); w.varint(c.ticket); },
  inspect: (w, c) => { w.u8(5); inspect(w, c.what); w.u8(c.form === 'postcard' ? 0 : 1); },
  watch: (w, c) => {
    w.u8(6);
    w.varint(c.panes.length);
    for (const pane of c.panes) inspect(w, pane);
    w.varint(c.since);
    w.u8(c.wait ? 1 : 0);
    w.varint(c.mostEvents);
  },
  window: (w, c) => {
    w.u8(7);
    w.varint(c.handle);
    w.varint(c.first);
    w.varint(c.count);
    w.option(c.order, (order) => { w.varint(order.column); w.u8(order.descending ? 1 : 0); });
  },
  release: (w, c) => { w.u8(8); w.varint(c.handle); },
  close: (w) => w.u8(9),
};

/** @param {{type: string}} control one of the variants, named in small letters */
export function writeControl(w, ticket, control) {
  header(w, KIND.CONTROL, ticket);
  CONTROL[control.type](w, control);
}

function field(r) {
  return { name: r.string(), dataTypeID: r.varint(), typmod: r.zigzag() };
}

const REPLIES = [
  (r) => ({ type: 'opened', session: r.varint(), recovery: r.blob(), wire: r.varint() }),
  (r) => ({ type: 'connected', session: r.varint() }),
  (r) => ({
    type: 'prepared', statement: r.varint(), params: r.list(() => r.varint()),
    fields: r.list(() => field(r)),
  }),
  () => ({ type: 'done' }),
  (r) => ({ type: 'inspected', form: r.varint() ? 'json' : 'postcard', body: r.blob() }),
  (r) => ({
    type: 'frame', seq: r.varint(), dropped: r.varint(), events: r.blob(),
    panes: r.list(() => r.option(() => r.blob())),
  }),
  (r) => ({
    type: 'held', handle: r.varint(), fields: r.list(() => field(r)), rows: r.varint(),
    tag: r.string(),
  }),
  () => ({ type: 'closed' }),
];

export function readReply(bytes) {
  const r = new Reader(bytes, 8);
  const read = REPLIES[r.varint()];
  if (!read) throw new RangeError('unknown reply');
  return read(r);
}

/** The fields of an error or notice, as `error.rs` lists them. */
export function readError(bytes) {
  const r = new Reader(bytes, 8);
  const text = () => r.option(() => r.string()) ?? undefined;
  const number = () => r.option(() => r.varint()) ?? undefined;
  return {
    severity: r.string(), code: r.string(), message: r.string(), detail: text(), hint: text(),
    position: number(), where: text(), schema: text(), table: text(), column: text(),
    constraint: text(), statement: number(),
  };
}

/** @param {{session: number, sql: string, blob?: Uint8Array}} s */
export function writeExec(w, ticket, s, flags = 0) {
  header(w, KIND.EXEC, ticket, s.blob ? flags | FLAG.BLOB : flags);
  w.u32(s.session);
  w.text(s.sql);
  if (s.blob) w.bytes(s.blob);
}

export function writeQuery(w, ticket, s, flags = 0) {
  header(w, KIND.QUERY, ticket, s.blob ? flags | FLAG.BLOB : flags);
  w.u32(s.session);
  w.text(s.sql);
  writeParams(w, s.params);
  if (s.blob) w.bytes(s.blob);
}

export function writePrepare(w, ticket, s) {
  header(w, KIND.PREPARE, ticket);
  w.u32(s.session);
  w.text(s.sql);
}

export function writeRun(w, ticket, session, statement, params, flags = 0) {
  header(w, KIND.RUN, ticket, flags);
  w.u32(session);
  w.u32(statement);
  writeParams(w, params);
}

export function writeParams(w, params) {
  w.u32(params.length);
  for (let i = 0; i < params.length; i++) writeParam(w, params[i], 0);
}

function writeParam(w, value, depth) {
  switch (typeof value) {
    case 'number':
      if ((value | 0) === value && !Object.is(value, -0)) {
        w.u32(2);
        w.i32(value);
      } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        w.u32(3);
        w.i64(BigInt(value));
      } else {
        w.u32(4);
        w.f64(value);
      }
      return;
    case 'string':
      w.u32(5);
      w.text(value);
      return;
    case 'boolean':
      w.u32(1);
      w.u32(value ? 1 : 0);
      return;
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) {
        w.u32(3);
        w.i64(value);
      } else {
        w.u32(5);
        w.text(value.toString());
      }
      return;
    case 'undefined':
      w.u32(0);
      return;
    case 'object':
      writeObject(w, value, depth);
      return;
    default:
      throw new TypeError(`a ${typeof value} cannot be a parameter`);
  }
}

function writeObject(w, value, depth) {
  if (value === null) {
    w.u32(0);
  } else if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    w.u32(6);
    w.bytes(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
  } else if (value instanceof Date) {
    w.u32(5);
    w.text(value.toISOString());
  } else if (Array.isArray(value)) {
    if (depth >= 64) throw new RangeError('array nests too deep');
    w.u32(7);
    w.u32(value.length);
    for (const item of value) writeParam(w, item, depth + 1);
  } else {
    w.u32(8);
    w.text(JSON.stringify(value));
  }
}

/** Reads the result sets: columns stay encoded, `values.mjs` turns them into rows. */
export function readResults(bytes) {
  const r = new Reader(bytes, 8);
  const count = r.u32();
  const results = [];
  for (let i = 0; i < count; i++) results.push(readResult(r));
  return results;
}

function readResult(r) {
  r.align(8);
  const flags = r.u32();
  const columnCount = r.u32();
  const rows = r.u32();
  const affected = r.u64();
  const tag = r.text();
  let fields = null;
  if (flags & 1) {
    fields = [];
    for (let i = 0; i < columnCount; i++) {
      const dataTypeID = r.u32();
      const typmod = r.i32();
      fields.push({ name: r.text(), dataTypeID, typmod });
    }
  }
  const columns = [];
  for (let i = 0; i < columnCount; i++) columns.push(readColumn(r, rows));
  const blob = flags & 4 ? r.bytes().slice() : null;
  return { fields, columns, rows, affected: flags & 2 ? affected : null, tag, blob };
}

const ELEMENT_BYTES = [0, 1, 2, 4, 8, 4, 8, 4, 4];

function readColumn(r, rows) {
  const encoding = r.u32();
  const nullCount = r.u32();
  if (encoding >= ELEMENT_BYTES.length) throw new RangeError('unknown column encoding');
  const column = { encoding, u8s: r.u8s, view: r.view, nullsAt: -1, at: 0, heapAt: 0 };
  if (nullCount > 0) {
    column.nullsAt = r.at;
    r.take(((rows + 31) >>> 5) * 4);
  }
  const unit = ELEMENT_BYTES[encoding];
  if (unit) r.align(unit);
  column.at = r.at;
  if (encoding >= 7) {
    r.take((rows + 1) * 4);
    column.heapAt = r.at;
    r.take(r.view.getUint32(column.at + rows * 4, true));
  } else {
    r.take(rows * unit);
  }
  r.align(4);
  return column;
}
