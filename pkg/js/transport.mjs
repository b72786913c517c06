// How a client reaches its engine: in its own thread, or through a worker. One interface:
//
//   writer()              a place to write a request
//   send(writer, ticket)  hands it over; an answer at once (a view, in a thread) or null
//   crash()               ends the engine as it stands
//   stop()                after a proper close: lets go of the worker or instance
//   setBusy(busy)         whether somebody waits: an idle engine keeps no Node process alive
//   arm(trap)             see `trap.mjs`
//   onanswer(bytes), onend(why), ontrapped(trap): set by the client
import { Writer } from './bytes.mjs';
import { Engine, compile } from './engine.mjs';
import { isNode, makeDevice } from './place.mjs';
import { armed } from './trap.mjs';

const nothing = () => {};

export class InThread {
  static async start(place, { wasmUrl, wasmModule }) {
    const [module, device] = await Promise.all([
      compile({ wasmUrl, wasmModule }), makeDevice(place),
    ]);
    const transport = new InThread();
    transport.engine = await Engine.start(module, {
      device,
      onanswer: (bytes) => transport.onanswer(bytes),
      onend: (why) => transport.onend(why),
    });
    return transport;
  }

  constructor() {
    this.onanswer = nothing;
    this.onend = nothing;
    this.ontrapped = nothing;
    this.inThread = true;
  }

  writer() {
    return this.engine.writer();
  }

  send(writer, ticket) {
    return this.engine.call(writer, ticket);
  }

  setBusy(busy) {
    this.engine.setBusy(busy);
  }

  arm(trap) {
    this.engine.trap = armed(trap, () => this.ontrapped(trap));
  }

  crash() {
    this.engine.end('the engine was ended by crash()');
  }

  stop() {
    this.engine.onend = nothing;
    this.engine.end('closed');
  }
}

export class ThroughWorker {
  static async start(place, { wasmUrl, wasmModule, workerUrl }) {
    const transport = new ThroughWorker(await spawn(workerUrl));
    const ready = new Promise((resolve, reject) => {
      transport.onready = resolve;
      transport.onfailed = reject;
    });
    const absolute = wasmUrl === undefined ? undefined : String(new URL(wasmUrl, import.meta.url));
    transport.worker.postMessage({ t: 'open', place, wasmUrl: absolute, wasmModule });
    await ready;
    return transport;
  }

  constructor(worker) {
    this.worker = worker;
    this.calls = [];
    this.onanswer = nothing;
    this.onend = nothing;
    this.ontrapped = nothing;
    this.inThread = false;
    this.ended = false;
    const failed = (error) => {
      this.onfailed?.(new Error(`the worker did not start: ${error?.message ?? 'unknown reason'}`));
      this.#end(`the worker failed: ${error?.message ?? 'unknown reason'}`);
    };
    const receive = (message) => this.#receive(message);
    if (worker.on) {
      worker.on('message', receive);
      worker.on('error', failed);
      worker.on('exit', () => this.#end('the worker ended'));
    } else {
      worker.onmessage = (event) => receive(event.data);
      worker.onerror = failed;
    }
  }

  #receive(message) {
    if (this.ended) return;
    switch (message.t) {
      case 'ready':
        this.onready();
        break;
      case 'failed':
        this.onfailed(new Error(message.message));
        break;
      case 'answers':
        for (const bytes of message.answers) this.onanswer(bytes);
        break;
      case 'ended':
        this.#end(message.why);
        break;
      case 'trapped':
        this.ontrapped(message.trap);
        break;
    }
  }

  #end(why) {
    if (this.ended) return;
    this.ended = true;
    this.worker.terminate();
    this.onend(why);
  }

  writer() {
    return Writer.own();
  }

  /** Requests of one turn travel together. */
  send(writer) {
    if (this.ended) return null;
    if (this.calls.length === 0) queueMicrotask(() => this.#flush());
    this.calls.push(writer.message());
    return null;
  }

  #flush() {
    const calls = this.calls;
    this.calls = [];
    if (!this.ended && calls.length > 0) {
      this.worker.postMessage({ t: 'calls', calls }, calls.map((bytes) => bytes.buffer));
    }
  }

  setBusy(busy) {
    if (busy) this.worker.ref?.();
    else this.worker.unref?.();
  }

  arm(trap) {
    this.worker.postMessage({ t: 'arm', trap });
  }

  crash() {
    this.#end('the engine was ended by crash()');
  }

  stop() {
    this.ended = true;
    this.worker.terminate();
  }
}

async function spawn(workerUrl) {
  if (isNode) {
    const { Worker: NodeWorker } = await import('node:worker_threads');
    const worker = new NodeWorker(workerUrl ? new URL(workerUrl, import.meta.url)
      : new URL('./worker-node.mjs', import.meta.url));
    return worker;
  }
  // Written out in full, because bundlers look for exactly this.
  return workerUrl ? new Worker(workerUrl, { type: 'module' })
    : new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
}
