// Who owns a database. The page holds the lock, not the worker: the worker is replaceable, and its
// lock would be free a moment after it ended, for another tab to take the database in mid-crash.
//
// In browsers a Web Lock. In Node a file `lock` in the folder, with the process and a word of our
// own; one left behind by a process that is gone is taken over. Where neither exists the owner
// epoch on the device (`device-idb.mjs`) still keeps two owners from writing.
import { inUse } from './errors.mjs';

/** Takes the lock, or throws 55006. The result lets go of it. */
export async function holdWebLock(name) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return () => {};
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await new Promise((resolve, reject) => {
    locks.request(`vitrine/${name}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        reject(inUse(name));
        return undefined;
      }
      resolve();
      return released;
    }).catch(reject);
  });
  return release;
}

export async function holdFileLock(dir) {
  const fs = await import('node:fs');
  const path = await import('node:path');
  fs.mkdirSync(dir, { recursive: true });
  const file = path.join(dir, 'lock');
  const word = globalThis.crypto.randomUUID();
  const mine = `${process.pid} ${startOf(fs, process.pid)} ${word}\n`;
  for (let attempt = 0; ; attempt++) {
    try {
      fs.writeFileSync(file, mine, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const [pid, start] = read(fs, file).split(' ');
    const alive = runs(Number(pid)) && (start === '-' || startOf(fs, Number(pid)) === start);
    if (alive || attempt > 2) throw inUse(dir);
    fs.rmSync(file, { force: true });
  }
  return () => {
    if (read(fs, file) === mine) fs.rmSync(file, { force: true });
  };
}

function read(fs, file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function runs(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When a process began, where the system says so: numbers of processes are used again. */
function startOf(fs, pid) {
  const stat = read(fs, `/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}
