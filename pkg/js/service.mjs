// The engine's side of a worker, the same for both kinds of worker: messages in, messages out.
//
//   in    {t: 'open', place, wasmUrl, wasmModule} once · {t: 'calls', calls: [bytes, …]}
//         {t: 'arm', trap: {op, when, nth}}
//   out   {t: 'ready'} or {t: 'failed', message} · {t: 'answers', answers: [bytes, …]}
//         {t: 'ended', why} · {t: 'trapped', trap}
//
// Answers of one turn travel in one message; their buffers are transferred.
import { Engine, compile } from './engine.mjs';
import { makeDevice } from './place.mjs';
import { armed } from './trap.mjs';

/** @param {(message: object, transfer: Transferable[]) => void} post */
export function service(post) {
  let engine = null;
  let answers = [];
  const early = [];

  const flush = () => {
    if (answers.length === 0) return;
    const sent = answers;
    answers = [];
    post({ t: 'answers', answers: sent }, sent.map((bytes) => bytes.buffer));
  };
  const give = (bytes) => {
    if (answers.length === 0) queueMicrotask(flush);
    answers.push(bytes.slice());
  };
  const calls = (list) => {
    for (const bytes of list) {
      if (engine.ended) return;
      const w = engine.writer();
      w.raw(bytes);
      const ticket = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
      const answer = engine.call(w, ticket);
      if (answer) give(answer);
    }
  };
  const open = async ({ place, wasmUrl, wasmModule }) => {
    try {
      const [module, device] = await Promise.all([
        compile({ wasmUrl, wasmModule }), makeDevice(place),
      ]);
      engine = await Engine.start(module, {
        device, onanswer: give, onend: (why) => { flush(); post({ t: 'ended', why }, []); },
      });
      post({ t: 'ready' }, []);
      for (const message of early.splice(0)) receive(message);
    } catch (error) {
      post({ t: 'failed', message: error?.message ?? String(error) }, []);
    }
  };
  const receive = (message) => {
    if (message.t === 'open') open(message);
    else if (!engine) early.push(message);
    else if (message.t === 'calls') calls(message.calls);
    else if (message.t === 'arm') {
      engine.trap = armed(message.trap, () => {
        flush();
        post({ t: 'trapped', trap: message.trap }, []);
      });
    }
  };
  return receive;
}
