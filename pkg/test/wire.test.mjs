// The wire as JavaScript writes and reads it, against the bytes Rust recorded.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Writer } from '../js/bytes.mjs';
import { arrayRows, objectRows, parseArray } from '../js/values.mjs';
import {
  FLAG, KIND, readError, readHeader, readReply, readResults, writeControl, writeExec, writePrepare,
  writeQuery, writeRun,
} from '../js/wire.mjs';

const vectors = JSON.parse(readFileSync(new URL('./wire-vectors.json', import.meta.url)));
const bytesOf = (name) => {
  assert.ok(vectors[name], `no vector named ${name}`);
  return Uint8Array.from(vectors[name].match(/../g), (hex) => parseInt(hex, 16));
};
const hex = (writer) => Buffer.from(writer.message()).toString('hex');
const TICKET = 42;

const inspect = (what) => ({ type: 'inspect', what, form: 'json' });
const CONTROLS = {
  open: {
    type: 'open', device: 'host', seed: 2 ** 40, entropy: new Uint8Array(16).fill(7),
    bufferFrames: 4096, relaxed: true, narrate: false,
  },
  connect: { type: 'connect' },
  disconnect: { type: 'disconnect', session: 3 },
  free: { type: 'free', session: 1, statement: 300 },
  cancel: { type: 'cancel', ticket: 77 },
  'inspect page': inspect({ pane: 'page', file: 16384, block: 2 }),
  'inspect pool': inspect({ pane: 'pool' }),
  'inspect wal': inspect({ pane: 'wal', from: 4096, most: 50 }),
  'inspect locks': inspect({ pane: 'locks' }),
  'inspect sessions': inspect({ pane: 'sessions' }),
  'inspect versions': inspect({ pane: 'versions', file: 16384, block: 0 }),
  'inspect plan': inspect({ pane: 'plan', session: 1 }),
  'inspect recovery': inspect({ pane: 'recovery' }),
  'inspect relations': inspect({ pane: 'relations' }),
  'inspect sizes': inspect({ pane: 'sizes' }),
  watch: {
    type: 'watch', panes: [{ pane: 'pool' }, { pane: 'locks' }], since: 9, wait: true,
    mostEvents: 100,
  },
  window: {
    type: 'window', handle: 5, first: 1000, count: 60, order: { column: 2, descending: true },
  },
  release: { type: 'release', handle: 5 },
  close: { type: 'close' },
};

test('every control message has the bytes that Rust reads', () => {
  const names = Object.keys(vectors).filter((name) => name.startsWith('control '));
  assert.deepEqual(names.map((name) => name.slice(8)).sort(), Object.keys(CONTROLS).sort());
  for (const [name, control] of Object.entries(CONTROLS)) {
    const w = Writer.own();
    writeControl(w, TICKET, control);
    assert.equal(hex(w), vectors[`control ${name}`], name);
  }
});

const PARAMS = [
  null, true, -5, 2 ** 53, 1.5, 'straße', Uint8Array.of(1, 2, 255), [1, null, 'x'], { k: [1] },
];

test('every statement has the bytes that Rust reads', () => {
  const cases = {
    exec: (w) => writeExec(w, TICKET, { session: 1, sql: 'select 1; select 2' }, FLAG.TEXT),
    'exec with blob': (w) => writeExec(
      w, TICKET, { session: 1, sql: 'copy', blob: new TextEncoder().encode('1,2\n') }, FLAG.TEXT),
    query: (w) => writeQuery(
      w, TICKET, { session: 1, sql: 'select $1', params: PARAMS.with(3, 9007199254740992n) },
      FLAG.TEXT),
    run: (w) => writeRun(w, TICKET, 2, 4, PARAMS.with(3, 9007199254740992n), FLAG.TEXT),
  };
  for (const [name, write] of Object.entries(cases)) {
    const w = Writer.own();
    write(w);
    assert.equal(hex(w), vectors[`statement ${name}`], name);
  }
  const w = Writer.own();
  writePrepare(w, TICKET, { session: 2, sql: 'select $1::int' });
  // Rust's example carries a flag that this client never sets on a prepare.
  const wanted = bytesOf('statement prepare');
  wanted[2] = 0;
  assert.equal(hex(w), Buffer.from(wanted).toString('hex'));
});

test('a long text grows the writer', () => {
  const w = Writer.own();
  const sql = 'ü'.repeat(5000);
  writeExec(w, 1, { session: 1, sql });
  const length = Buffer.byteLength(sql);
  assert.equal(w.at, 8 + 4 + 4 + length);
  assert.equal(Buffer.from(w.message().subarray(16, 16 + length)).toString(), sql);
});

test('every reply is read', () => {
  const field = { name: 'id', dataTypeID: 23, typmod: -1 };
  const wanted = {
    opened: { type: 'opened', session: 1, recovery: Uint8Array.of(1, 2, 3), wire: 1 },
    connected: { type: 'connected', session: 2 },
    prepared: { type: 'prepared', statement: 4, params: [23, 25], fields: [field] },
    done: { type: 'done' },
    inspected: { type: 'inspected', form: 'json', body: new TextEncoder().encode('{"a":1}') },
    frame: {
      type: 'frame', seq: 10, dropped: 0, events: Uint8Array.of(0),
      panes: [null, Uint8Array.of(9, 9)],
    },
    held: { type: 'held', handle: 5, fields: [field], rows: 12, tag: 'SELECT 12' },
    closed: { type: 'closed' },
  };
  for (const [name, reply] of Object.entries(wanted)) {
    const bytes = bytesOf(`reply ${name}`);
    assert.deepEqual(readHeader(bytes), { kind: KIND.REPLY, flags: 0, ticket: TICKET });
    assert.deepEqual(readReply(bytes), reply, name);
  }
  const replies = Object.keys(vectors).filter((name) => name.startsWith('reply '));
  assert.equal(replies.length, Object.keys(wanted).length);
});

test('errors and notices are read whole', () => {
  for (const name of ['error', 'notice']) {
    const { severity, code, message, detail, hint, position } = readError(bytesOf(name));
    assert.deepEqual(
      { severity, code, message, detail, hint, position },
      {
        severity: 'ERROR', code: '42P01', message: 'relation "t" does not exist',
        detail: undefined, hint: 'Look again.', position: 15,
      });
  }
});

test('results are read column by column', () => {
  const [first, second] = readResults(bytesOf('results'));
  assert.equal(first.tag, 'SELECT 3');
  assert.equal(first.affected, null);
  assert.deepEqual(first.fields.map((field) => field.name).join(''), 'abcdefghi');
  assert.deepEqual(arrayRows(first, first.fields), [
    [true, -1, 1, 2 ** 40, 0.5, 0.25, null, 'a', Uint8Array.of(1, 2)],
    [false, 2, null, -1, -1, Infinity, null, '', Uint8Array.of()],
    [false, 3, 3, 2n ** 60n, 2, 3, null, 'grün', Uint8Array.of(122)],
  ]);
  assert.equal(objectRows(first, first.fields)[2].h, 'grün');
  assert.equal(second.affected, 2);
  assert.equal(second.tag, 'INSERT 0 2');
  assert.equal(Buffer.from(second.blob).toString(), '1\t2\n');
});

test('a cut result is an error, not rows', () => {
  const bytes = bytesOf('results');
  for (let end = 9; end < bytes.length - 4; end++) {
    assert.throws(() => readResults(bytes.slice(0, end)), RangeError, `cut at ${end}`);
  }
});

test('another version is refused', () => {
  const bytes = bytesOf('reply done');
  bytes[0] = 9;
  assert.throws(() => readHeader(bytes), /reload/);
});

test('array literals', () => {
  assert.deepEqual(parseArray('{1,NULL,3}', Number), [1, null, 3]);
  assert.deepEqual(parseArray('{{1,2},{3,4}}', Number), [[1, 2], [3, 4]]);
  assert.deepEqual(parseArray('{"a,\\"b\\"","NULL",c d}', String), ['a,"b"', 'NULL', 'c d']);
  assert.deepEqual(parseArray('[0:1]={5,6}', Number), [5, 6]);
  assert.deepEqual(parseArray('{}', Number), []);
});

test('dates and times, binary and as text', () => {
  const column = (encoding, write) => {
    const bytes = new Uint8Array(8);
    write(new DataView(bytes.buffer));
    return { encoding, u8s: bytes, view: new DataView(bytes.buffer), nullsAt: -1, at: 0, heapAt: 0 };
  };
  const one = (encoding, oid, write) =>
    arrayRows({ rows: 1, columns: [column(encoding, write)] }, [{ dataTypeID: oid }])[0][0];
  const date = one(3, 1082, (view) => view.setInt32(0, 8826, true));
  assert.equal(date.toISOString(), '2024-03-01T00:00:00.000Z');
  const instant = one(4, 1184, (view) => view.setBigInt64(0, 1_500_000n, true));
  assert.equal(instant.toISOString(), '2000-01-01T00:00:01.500Z');
  const local = one(4, 1114, (view) => view.setBigInt64(0, 1_500_000n, true));
  assert.equal(local.getTime(), new Date(2000, 0, 1, 0, 0, 1, 500).getTime());
  assert.equal(one(3, 1082, (view) => view.setInt32(0, 2147483647, true)), Infinity);
  assert.equal(one(5, 700, (view) => view.setFloat32(0, 0.1, true)), 0.1);

  const texts = (oid, text) => {
    const heap = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + heap.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(4, heap.length, true);
    bytes.set(heap, 8);
    const result = {
      rows: 1, columns: [{ encoding: 7, u8s: bytes, view, nullsAt: -1, at: 0, heapAt: 8 }],
    };
    return arrayRows(result, [{ dataTypeID: oid }], { 1: String })[0][0];
  };
  assert.equal(texts(1082, '2024-03-01').getTime(), date.getTime());
  assert.equal(texts(1184, '2000-01-01 02:00:01.5+02').getTime(), instant.getTime());
  assert.equal(texts(1114, '2000-01-01 00:00:01.5').getTime(), local.getTime());
  assert.equal(texts(1082, '-infinity'), -Infinity);
  assert.equal(texts(20, '9007199254740993'), 9007199254740993n);
  assert.deepEqual(texts(17, '\\x01ff'), Uint8Array.of(1, 255));
  assert.deepEqual(texts(3802, '{"a":[1]}'), { a: [1] });
});
