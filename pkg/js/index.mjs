// Vitrine: a PostgreSQL-like database in this page or process.
//
//   import { Vitrine } from 'vitrine-db';
//   const db = await Vitrine.create('idb://shop');
//   const { rows } = await db.query('select 1 + $1 as sum', [2]);
//
// Importing does nothing; `create` loads the engine.
import { Client } from './client.mjs';
import { OutcomeUnknownError, VitrineError } from './errors.mjs';
import { hold, isNode, parsePlace } from './place.mjs';
import { Session, Statement } from './session.mjs';
import { InThread, ThroughWorker } from './transport.mjs';
import { INSPECT_NAMES } from './wire.mjs';

export { OutcomeUnknownError, Session, Statement, VitrineError };

const decoder = new TextDecoder();

export class Vitrine extends Session {
  #client;
  #release;
  #place;

  /**
   * @param {string | object} [dataDir] a place, or options with `dataDir` among them
   * @param {object} [options]
   */
  static async create(dataDir, options) {
    const given = typeof dataDir === 'object' && dataDir !== null ? dataDir : { ...options, dataDir };
    const place = parsePlace(given.dataDir);
    const throughWorker = given.worker ?? !isNode;
    const release = await hold(place);
    let transport = null;
    try {
      transport = await (throughWorker ? ThroughWorker : InThread).start(place, given);
      const client = new Client(transport);
      const opened = await client.control({
        type: 'open',
        device: place.kind === 'memory' ? 'memory' : 'host',
        seed: given.seed ?? null,
        entropy: globalThis.crypto.getRandomValues(new Uint8Array(16)),
        bufferFrames: given.bufferFrames ?? Math.max(16, Math.ceil((given.bufferBytes ?? 32 << 20) / 8192)),
        relaxed: given.relaxedDurability ?? false,
        narrate: true,
      });
      return new Vitrine(client, opened.session, release, place, throughWorker);
    } catch (error) {
      transport?.stop();
      await release();
      throw error;
    }
  }

  constructor(client, session, release, place, throughWorker) {
    super(client, session);
    this.#client = client;
    this.#release = release;
    this.#place = place;
    this.worker = throughWorker;
    this.ready = true;
    this.waitReady = Promise.resolve();
    this.internals = internals(client);
    client.onend = (why) => {
      this.markClosed();
      this.onend?.(why);
    };
  }

  /** An independent session on the same database. */
  async connect() {
    const { session } = await this.#client.control({ type: 'connect' });
    return new Session(this.#client, session);
  }

  /**
   * Ends the engine as it stands, as a power cut would: the worker is terminated, or the instance
   * let go, without a flush. Calls under way reject with `OutcomeUnknownError`. The ownership lock
   * is let go last, unless `keepLock` (then call the function that is returned).
   */
  async crash({ keepLock = false } = {}) {
    this.#client.transport.crash();
    this.markClosed();
    if (keepLock) return this.#release;
    await this.#release();
    return undefined;
  }

  /** Checkpoint, let go of the device, end. */
  async close() {
    if (this.closed) return;
    this.markClosed();
    try {
      await this.#client.control({ type: 'close' });
    } finally {
      this.#client.close();
      await this.#release();
    }
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  get dataDir() {
    return `${this.#place.kind}://${this.#place.name}`;
  }
}

/** One function for each thing that can be looked at; the arguments are named as on the wire. */
function internals(client) {
  const look = async (what) => {
    const reply = await client.control({ type: 'inspect', what, form: 'json' });
    return JSON.parse(decoder.decode(reply.body));
  };
  const out = {};
  for (const pane of INSPECT_NAMES) out[pane] = (args = {}) => look({ pane, ...args });
  /** Snapshots as postcard, for those who have the structs. */
  out.raw = async (what) =>
    (await client.control({ type: 'inspect', what, form: 'postcard' })).body;
  /** One frame of changes in panes; never two outstanding. */
  out.watch = ({ panes, since = 0, wait = false, mostEvents = 1000 }) =>
    client.control({ type: 'watch', panes, since, wait, mostEvents });
  /** Ends the engine's side at a device operation; resolves when it has happened. */
  out.arm = (trap) => new Promise((resolve) => {
    client.transport.ontrapped = resolve;
    client.transport.arm(trap);
  });
  return out;
}

export default Vitrine;
