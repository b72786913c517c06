// Where a database is kept: the names `create` takes, and the device and lock behind each.
import { VitrineError } from './errors.mjs';
import { holdFileLock, holdWebLock } from './locks.mjs';

const isNode = typeof process === 'object' && !!process.versions?.node;

export { isNode };

/** `memory://`, `idb://name`, `file://dir`; a bare word is a folder in Node, a name in a page. */
export function parsePlace(dataDir = 'memory://') {
  const match = /^([a-z]+):\/\/(.*)$/s.exec(dataDir);
  const [scheme, rest] = match ? [match[1], match[2]] : [isNode ? 'file' : 'idb', dataDir];
  if (scheme === 'memory') return { kind: 'memory', name: rest };
  if (scheme === 'idb' && rest) return { kind: 'idb', name: rest };
  if (scheme === 'file' && rest) return { kind: 'file', name: rest };
  throw new VitrineError({
    code: '22023',
    message: `"${dataDir}" does not name a place for a database`,
    hint: 'Use memory://, idb://name or file://folder.',
  });
}

/** The device, made on the side where the engine runs; null is the engine's own memory. */
export async function makeDevice(place) {
  if (place.kind === 'idb') {
    const { IdbDevice } = await import('./device-idb.mjs');
    return new IdbDevice(place.name);
  }
  if (place.kind === 'file') {
    const { NodeDevice } = await import('./device-node.mjs');
    return new NodeDevice(place.name);
  }
  return null;
}

/** Ownership, held on the client's side. */
export async function hold(place) {
  if (place.kind === 'idb') return holdWebLock(place.name);
  if (place.kind === 'file') return holdFileLock(place.name);
  return () => {};
}
