// Writing and reading of the wire's bytes: little-endian numbers padded to four, and postcard.
// The twin of `pkg/wire/src/bytes.rs`.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes into a buffer that is either its own or a stretch of the engine's linear memory. */
export class Writer {
  /** @param {(least: number) => {buffer: ArrayBuffer, start: number, size: number}} room gives a
   *  place of at least that size; what was written so far must still be at its beginning. */
  constructor(room) {
    this.room = room;
    this.at = 0;
    this.#adopt(room(256));
  }

  /** Own memory: what is sent to a worker. */
  static own() {
    let bytes = null;
    return new Writer((least) => {
      const next = new Uint8Array(Math.max(least, bytes ? bytes.length * 2 : 512));
      if (bytes) next.set(bytes);
      bytes = next;
      return { buffer: next.buffer, start: 0, size: next.length };
    });
  }

  #adopt({ buffer, start, size }) {
    this.buffer = buffer;
    this.start = start;
    this.size = size;
    this.view = new DataView(buffer, start, size);
    this.u8s = new Uint8Array(buffer, start, size);
  }

  /** Begins a new message in the same place. */
  reset() {
    this.at = 0;
    // Linear memory that has grown detaches the old views.
    if (this.buffer.byteLength === 0) this.#adopt(this.room(256));
  }

  need(count) {
    if (this.at + count > this.size) this.#adopt(this.room(this.at + count));
  }

  u8(value) {
    this.need(1);
    this.u8s[this.at++] = value;
  }
  u16(value) {
    this.need(2);
    this.view.setUint16(this.at, value, true);
    this.at += 2;
  }
  u32(value) {
    this.need(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }
  i32(value) {
    this.need(4);
    this.view.setInt32(this.at, value, true);
    this.at += 4;
  }
  i64(value) {
    this.need(8);
    this.view.setBigInt64(this.at, value, true);
    this.at += 8;
  }
  f64(value) {
    this.need(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }
  raw(bytes) {
    this.need(bytes.length);
    this.u8s.set(bytes, this.at);
    this.at += bytes.length;
  }
  zeros(count) {
    this.need(count);
    this.u8s.fill(0, this.at, this.at + count);
    this.at += count;
  }
  pad4() {
    while (this.at & 3) this.u8(0);
  }
  bytes(bytes) {
    this.u32(bytes.length);
    this.raw(bytes);
    this.pad4();
  }
  text(text) {
    // A UTF-16 unit becomes at most three bytes.
    this.need(4 + text.length * 3 + 4);
    const { written } = encoder.encodeInto(text, this.u8s.subarray(this.at + 4));
    this.u32(written);
    this.at += written;
    this.pad4();
  }

  // postcard
  varint(value) {
    let rest = typeof value === 'bigint' ? value : BigInt(value);
    while (rest > 127n) {
      this.u8(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }
  string(text) {
    const bytes = encoder.encode(text);
    this.varint(bytes.length);
    this.raw(bytes);
  }
  option(value, write) {
    this.u8(value == null ? 0 : 1);
    if (value != null) write(value);
  }

  /** The message as a view; it stands until the next write. */
  message() {
    return this.u8s.subarray(0, this.at);
  }
}

export class Reader {
  constructor(bytes, at = 0) {
    this.u8s = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }
  u8() {
    return this.view.getUint8(this.at++);
  }
  u32() {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }
  i32() {
    this.at += 4;
    return this.view.getInt32(this.at - 4, true);
  }
  /** A u64 as a Number: positions and counts stay below 2⁵³. */
  u64() {
    const low = this.u32();
    return this.u32() * 4294967296 + low;
  }
  align(unit) {
    this.at = Math.ceil(this.at / unit) * unit;
  }
  take(count) {
    if (this.at + count > this.u8s.length) throw new RangeError('message is too short');
    this.at += count;
    return this.u8s.subarray(this.at - count, this.at);
  }
  bytes() {
    const taken = this.take(this.u32());
    this.align(4);
    return taken;
  }
  text() {
    return decoder.decode(this.bytes());
  }

  // postcard
  varint() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  zigzag() {
    const value = this.varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
  string() {
    return decoder.decode(this.take(this.varint()));
  }
  blob() {
    return this.take(this.varint()).slice();
  }
  option(read) {
    return this.u8() ? read() : null;
  }
  list(read) {
    return Array.from({ length: this.varint() }, () => read());
  }
}
