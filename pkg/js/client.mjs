// Requests and their answers: tickets, pending calls, results made into rows. One for each engine;
// sessions (`session.mjs`) speak through it.
import { OutcomeUnknownError, VitrineError, closed } from './errors.mjs';
import { arrayRows, objectRows } from './values.mjs';
import { KIND, readError, readHeader, readReply, readResults, writeControl } from './wire.mjs';

export class Client {
  constructor(transport) {
    this.transport = transport;
    this.pending = new Map();
    this.nextTicket = 1;
    this.dead = null;
    transport.onanswer = (bytes) => this.#arrived(bytes);
    transport.onend = (why) => this.#ended(why);
    transport.setBusy(false);
  }

  ticket() {
    const ticket = this.nextTicket;
    this.nextTicket = ticket === 0xffffffff ? 1 : ticket + 1;
    return ticket;
  }

  /**
   * One request: `write(writer, ticket)` makes it, `read(bytes, kind)` the value from the answer.
   * The value itself when the answer is there at once, otherwise a promise of it.
   */
  request(write, read, context = {}) {
    if (this.dead) throw this.dead();
    const ticket = this.ticket();
    const writer = this.transport.writer();
    write(writer, ticket);
    if (context.onNotice || context.onTicket) {
      // Notices come before the answer, so the call must be known first.
      context.onTicket?.(ticket);
      this.pending.set(ticket, context);
    }
    const answer = this.transport.send(writer, ticket);
    if (answer) {
      if (context.onNotice || context.onTicket) this.pending.delete(ticket);
      return outcome(answer, read, context);
    }
    if (this.dead) throw this.#unknown(context);
    return new Promise((resolve, reject) => {
      if (this.pending.size === 0) this.transport.setBusy(true);
      this.pending.set(ticket, { ...context, read, resolve, reject });
    });
  }

  control(control) {
    return this.request((w, ticket) => writeControl(w, ticket, control), (bytes, kind) => {
      if (kind !== KIND.REPLY) throw new VitrineError({ code: 'XX000', message: 'unexpected answer' });
      return readReply(bytes);
    });
  }

  #arrived(bytes) {
    const { kind, ticket } = readHeader(bytes);
    const call = this.pending.get(ticket);
    if (!call) return;
    if (kind === KIND.NOTICE) {
      call.onNotice?.(new VitrineError(readError(bytes)));
      return;
    }
    this.pending.delete(ticket);
    if (this.pending.size === 0) this.transport.setBusy(false);
    try {
      call.resolve(outcome(bytes, call.read, call));
    } catch (error) {
      call.reject(error);
    }
  }

  #unknown(context) {
    return new OutcomeUnknownError(this.why, context.sql);
  }

  #ended(why) {
    this.why = why;
    this.dead ??= () => new VitrineError({ severity: 'FATAL', code: '57P02', message: why });
    const calls = [...this.pending.values()];
    this.pending.clear();
    for (const call of calls) call.reject?.(this.#unknown(call));
    this.onend?.(why);
  }

  /** After a proper close: later calls say so. */
  close() {
    this.dead = closed;
    this.transport.stop();
  }
}

function outcome(bytes, read, context) {
  const kind = bytes[1];
  if (kind === KIND.ERROR) throw new VitrineError(readError(bytes), context.sql);
  return read(bytes, kind);
}

/** How a caller wants rows made. */
export function rowMaker(options) {
  const parsers = options?.parsers && Object.keys(options.parsers).length ? options.parsers : null;
  const make = options?.rowMode === 'array' ? arrayRows : objectRows;
  return (result, fields) => make(result, fields, parsers);
}

/** Result sets in PGlite's shape. */
export function shaped(bytes, options, knownFields = null) {
  const make = rowMaker(options);
  return readResults(bytes).map((result) => {
    const fields = result.fields ?? knownFields ?? [];
    const out = {
      rows: make(result, fields),
      fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
      affectedRows: result.affected ?? 0,
    };
    if (result.blob) out.blob = new Blob([result.blob]);
    Object.defineProperty(out, 'command', { value: result.tag, enumerable: false });
    return out;
  });
}
