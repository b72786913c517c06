// A session: statements one after the other, in the transaction they are in.
//
// While `transaction()` runs, other statements of the same session wait until it is over, as in
// PGlite; another session (`connect()`) does not. `prepare` gives a statement whose `run` and `all`
// answer in place when the engine runs in this thread and has all it needs in memory.
import { VitrineError, closed } from './errors.mjs';
import { rowMaker, shaped } from './client.mjs';
import { importSql } from './loader.mjs';
import { FLAG, readReply, readResults, writeExec, writePrepare, writeQuery, writeRun } from './wire.mjs';

async function blobBytes(blob) {
  if (!blob) return undefined;
  if (blob instanceof Uint8Array) return blob;
  return new Uint8Array(await blob.arrayBuffer());
}

function flagsOf(options) {
  return options?.parsers && Object.keys(options.parsers).length ? FLAG.TEXT : 0;
}

export class Session {
  #client;
  #id;
  #closed = false;
  /** Settles when the transaction that holds the session is over. */
  #held = null;

  constructor(client, id) {
    this.#client = client;
    this.#id = id;
  }

  get sessionId() {
    return this.#id;
  }

  get closed() {
    return this.#closed;
  }

  markClosed() {
    this.#closed = true;
  }

  async #free() {
    while (this.#held) await this.#held;
  }

  #check() {
    if (this.#closed) throw closed();
  }

  async query(sql, params = [], options = {}) {
    await this.#free();
    return this.#query(sql, params, options);
  }

  async exec(sql, options = {}) {
    await this.#free();
    return this.#exec(sql, options);
  }

  /** Runs a psql script (a string, Blob or File): see `loader.mjs`. */
  importSql(source, options = {}) {
    return importSql(this, source, options);
  }

  /** Tagged template: values become parameters. */
  sql(strings, ...values) {
    return this.query(strings.reduce((text, part, i) => `${text}$${i}${part}`), values);
  }

  async #query(sql, params, options) {
    this.#check();
    const blob = await blobBytes(options.blob);
    const statement = { session: this.#id, sql, params: params ?? [], blob };
    const results = await this.#cancellable(options, sql,
      (w, ticket) => writeQuery(w, ticket, statement, flagsOf(options)),
      (bytes) => shaped(bytes, options));
    return results[0] ?? { rows: [], fields: [], affectedRows: 0 };
  }

  async #exec(sql, options) {
    this.#check();
    const blob = await blobBytes(options.blob);
    return this.#cancellable(options, sql,
      (w, ticket) => writeExec(w, ticket, { session: this.#id, sql, blob }, flagsOf(options)),
      (bytes) => shaped(bytes, options));
  }

  async #cancellable(options, sql, write, read) {
    const { signal, onNotice } = options;
    if (signal?.aborted) throw cancelled(signal, sql);
    let ticket = 0;
    const cancel = () => {
      if (ticket) Promise.resolve(this.#client.control({ type: 'cancel', ticket })).catch(() => {});
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#client.request(write, read, {
        sql, onNotice, onTicket: signal ? (given) => { ticket = given; } : undefined,
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async transaction(work) {
    await this.#free();
    this.#check();
    let release;
    this.#held = new Promise((resolve) => { release = resolve; });
    let over = false;
    const open = (method) => (...args) => {
      if (over) throw new VitrineError({ code: '25P01', message: 'the transaction is over' });
      return method(...args);
    };
    const tx = {
      get closed() { return over; },
      query: open((sql, params = [], options = {}) => this.#query(sql, params, options)),
      exec: open((sql, options = {}) => this.#exec(sql, options)),
      prepare: open((sql) => this.#prepare(sql)),
      sql: open((strings, ...values) =>
        this.#query(strings.reduce((text, part, i) => `${text}$${i}${part}`), values, {})),
      rollback: open(async () => {
        over = true;
        await this.#exec('ROLLBACK', {});
      }),
    };
    try {
      await this.#exec('BEGIN', {});
      let value;
      try {
        value = await work(tx);
      } catch (error) {
        if (!over) {
          over = true;
          // The first error is the one to tell; a dead engine needs no rollback.
          await this.#exec('ROLLBACK', {}).catch(() => {});
        }
        throw error;
      }
      if (!over) {
        over = true;
        await this.#exec('COMMIT', {});
      }
      return value;
    } finally {
      over = true;
      this.#held = null;
      release();
    }
  }

  async prepare(sql) {
    await this.#free();
    return this.#prepare(sql);
  }

  async #prepare(sql) {
    this.#check();
    const reply = await this.#client.request(
      (w, ticket) => writePrepare(w, ticket, { session: this.#id, sql }),
      (bytes) => readReply(bytes), { sql });
    return new Statement(this.#client, this.#id, sql, reply);
  }

  /** Ends this session; a transaction it is in is rolled back. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    await this.#client.control({ type: 'disconnect', session: this.#id });
  }
}

function cancelled(signal, sql) {
  const error = new VitrineError({ code: '57014', message: 'canceling statement due to user request' }, sql);
  error.cause = signal.reason;
  return error;
}

const arrays = rowMaker({ rowMode: 'array' });

/** A prepared statement. Its methods return the value, or a promise of it: `T | Promise<T>`. */
export class Statement {
  constructor(client, session, sql, { statement, params, fields }) {
    this.client = client;
    this.session = session;
    this.statement = statement;
    this.sql = sql;
    this.params = params;
    this.fields = fields;
    this.context = { sql };
    this.freed = false;
    this.readRows = (bytes) => {
      const result = readResults(bytes)[0];
      return arrays(result, result.fields ?? this.fields);
    };
    this.readCount = (bytes) => {
      const result = readResults(bytes)[0];
      return result.affected ?? 0;
    };
  }

  /** Runs it for its effect: the number of rows affected. */
  run(params = []) {
    return this.#send(params, this.readCount);
  }

  /** Runs it for its rows, as arrays. */
  all(params = []) {
    return this.#send(params, this.readRows);
  }

  #send(params, read) {
    if (this.freed) {
      throw new VitrineError({ code: '26000', message: 'the prepared statement has been freed' });
    }
    return this.client.request(
      (w, ticket) => writeRun(w, ticket, this.session, this.statement, params, FLAG.NO_FIELDS),
      read, this.context);
  }

  free() {
    if (this.freed) return undefined;
    this.freed = true;
    const reply = this.client.control({
      type: 'free', session: this.session, statement: this.statement,
    });
    return reply instanceof Promise ? reply.then(() => undefined) : undefined;
  }
}
