// One engine: an instance of the wasm, its pump, and the device it asks.
//
// The wasm exports a handful of functions over numbers (see `pkg/leaf`) and needs nothing from
// JavaScript, so instances are made directly: as many as wanted, each with its own memory, and a
// dead one is let go. What the engine has to say stands in a mailbox of eight words that is read
// after each call:
//
//   0 where the answer is · 1 its length · 2 answers waiting · 3 device operations waiting
//   4 what comes next: 0 nothing, 1 more work, 2 sleep until · 6,7 that time as f64, µs
//
// A turn runs for a bounded number of work units. Between turns messages must come in, so the next
// one is asked for through a MessageChannel in browsers and `setImmediate` in Node: microtasks
// would let nothing in, and `setTimeout(0)` waits 4 ms.
//
// A trap ends the instance (E12): nothing is called after it but the reading of its message.
import { Writer } from './bytes.mjs';
import { readOp, writeDone, writeFault } from './device-ops.mjs';
import { KIND, readHeader } from './wire.mjs';

const UNITS_A_TURN = 4096;

const compiled = new Map();

/** Compiles the wasm, once for each URL. */
export function compile({ wasmModule, wasmUrl } = {}) {
  if (wasmModule instanceof WebAssembly.Module) return Promise.resolve(wasmModule);
  const url = wasmUrl ? new URL(wasmUrl, import.meta.url)
    : new URL('../dist/engine_bg.wasm', import.meta.url);
  let module = compiled.get(url.href);
  if (!module) {
    module = fetchModule(url);
    compiled.set(url.href, module);
    module.catch(() => compiled.delete(url.href));
  }
  return module;
}

async function fetchModule(url) {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`could not load ${url.href}: HTTP ${response.status}`);
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  // "<!do": a development server answered with its page.
  if (bytes[0] === 0x3c) {
    throw new Error(`${url.href} is a web page, not the engine: let your bundler leave vitrine-db `
      + 'alone (in Vite: optimizeDeps.exclude), or give `wasmUrl`');
  }
  return WebAssembly.compile(bytes);
}

const later = (() => {
  if (typeof setImmediate === 'function') return () => setImmediate;
  return () => {
    const { port1, port2 } = new MessageChannel();
    const waiting = [];
    port1.onmessage = () => waiting.shift()?.();
    return (run) => {
      waiting.push(run);
      port2.postMessage(null);
    };
  };
})();

const nowUs = () => (performance.timeOrigin + performance.now()) * 1000;

export class Engine {
  /**
   * Makes an instance. Not by `new WebAssembly.Instance`: a page's own thread refuses that for
   * big modules.
   * @param {{onanswer: (bytes: Uint8Array) => void, onend: (why: string) => void,
   *   device?: {start: Function, abandon?: Function}}} host
   *   `onanswer` gets views that stand until it returns
   */
  static async start(module, host) {
    // What the tool that links the wasm leaves as imports is never called by this engine.
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = () => {};
    }
    return new Engine(await WebAssembly.instantiate(module, imports), host);
  }

  constructor(instance, { device = null, onanswer, onend }) {
    this.x = instance.exports;
    this.device = device;
    this.onanswer = onanswer;
    this.onend = onend;
    this.ended = null;
    this.scheduled = false;
    this.timer = null;
    this.busy = false;
    this.trap = null;
    this.setImmediate = later();
    this.mailboxAt = this.#guard(() => this.x.mailbox());
    this.#views();
    this.out = new Writer((least) => this.#room(least));
  }

  #views() {
    this.memory = this.x.memory.buffer;
    this.mail = new Uint32Array(this.memory, this.mailboxAt, 8);
    this.wakeAt = new Float64Array(this.memory, this.mailboxAt + 24, 1);
  }

  #room(least) {
    const start = this.x.in_buffer(least);
    return { buffer: this.x.memory.buffer, start, size: Math.max(least, 256) };
  }

  #guard(run) {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#died(error);
      return 0;
    }
  }

  #died(error) {
    let message = '';
    try {
      const length = this.x.last_words();
      const at = this.x.last_words_at();
      message = new TextDecoder().decode(new Uint8Array(this.x.memory.buffer, at, length).slice());
    } catch {
      // The reason is lost with the instance.
    }
    this.end(`the engine stopped: ${message || error.message}`);
  }

  /** Ends the instance: nothing of it runs again. */
  end(why) {
    if (this.ended) return;
    this.ended = why;
    clearTimeout(this.timer);
    this.device?.abandon?.();
    this.x = null;
    this.onend(why);
  }

  /** A writer for the next message, in linear memory. */
  writer() {
    this.out.reset();
    return this.out;
  }

  #answer() {
    if (this.memory !== this.x.memory.buffer) this.#views();
    return new Uint8Array(this.memory, this.mail[0], this.mail[1]);
  }

  /**
   * Hands the written message over. If it is answered at once, that answer is returned, as a view
   * that stands until the next call; otherwise null, and it comes through `onanswer`.
   */
  call(writer, ticket) {
    if (this.ended) return null;
    const length = this.#guard(() => this.x.call(writer.at, nowUs()));
    if (this.ended) return null;
    let direct = null;
    if (length > 0) {
      const bytes = this.#answer();
      const waiting = this.mail[2];
      const head = readHeader(bytes);
      if (head.ticket === ticket && head.kind !== KIND.NOTICE) direct = bytes;
      else this.onanswer(bytes);
      if (waiting > 0) {
        if (direct) direct = direct.slice();
        direct = this.#deliver(ticket) ?? direct;
      }
    } else if (this.memory !== this.x.memory.buffer) {
      this.#views();
    }
    if (this.mail[3] > 0 || this.mail[4] !== 0) this.#settle();
    return direct;
  }

  /** Gives out the answers that wait; the one for `ticket`, if any, is returned as a copy. */
  #deliver(ticket = -1) {
    let own = null;
    while (this.x && this.#guard(() => this.x.next_answer()) > 0) {
      const bytes = this.#answer();
      const head = readHeader(bytes);
      if (head.ticket === ticket && head.kind !== KIND.NOTICE) own = bytes.slice();
      else this.onanswer(bytes);
    }
    return own;
  }

  /** Passes operations to the device and sees to the next turn. */
  #settle() {
    const direct = this.x;
    while (this.x && this.mail[3] > 0) {
      const length = this.#guard(() => this.x.next_op());
      if (!this.x || length === 0) break;
      const op = readOp(this.#answer().slice());
      if (this.trap?.(op, 'before')) return;
      this.device.start(op, (error, answer) => this.#completed(op, error, answer));
    }
    if (!this.x || direct !== this.x) return;
    clearTimeout(this.timer);
    if (this.mail[4] === 1) {
      this.#soon();
    } else if (this.mail[4] === 2) {
      const wait = Math.max(0, (this.wakeAt[0] - nowUs()) / 1000);
      this.timer = setTimeout(() => this.#soon(), Math.min(wait, 0x7fffffff));
      // The engine's own alarms (a checkpoint that comes due) keep no Node process alive.
      if (!this.busy) this.timer.unref?.();
    }
  }

  #soon() {
    if (this.scheduled || this.ended) return;
    this.scheduled = true;
    this.setImmediate(() => {
      this.scheduled = false;
      this.turn();
    });
  }

  #completed(op, error, answer) {
    if (this.ended) return;
    if (this.trap?.(op, 'after')) return;
    const w = this.writer();
    if (error) writeFault(w, op, error);
    else writeDone(w, op, answer);
    this.#guard(() => this.x.complete(w.at));
    // Completions that arrive together are worked on together.
    this.#soon();
  }

  /** Whether somebody waits for an answer. */
  setBusy(busy) {
    this.busy = busy;
    if (busy) this.timer?.ref?.();
    else this.timer?.unref?.();
  }

  /** Lets the engine work for a while. */
  turn() {
    if (this.ended) return;
    this.#guard(() => this.x.pump(nowUs(), UNITS_A_TURN));
    if (!this.x) return;
    if (this.memory !== this.x.memory.buffer) this.#views();
    if (this.mail[2] > 0) this.#deliver();
    if (this.x) this.#settle();
  }
}
