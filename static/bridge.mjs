// The page's one door to the package. The page's Rust imports these functions and nothing else of
// JavaScript; the package is used as any program would use it. Rows stay here: the grid asks for
// windows of text.
let library;

/** Starts fetching the package; called before the page's own wasm is there. */
export function prepare() {
  library ??= import('./vitrine/js/index.mjs');
  library.catch(() => {});
  return library;
}

/** Opens a database and its first session. */
export async function open(address, relaxed) {
  const { Vitrine } = await prepare();
  const started = performance.now();
  const db = await Vitrine.create({ dataDir: address, relaxedDurability: relaxed });
  return { db, address, took: performance.now() - started };
}

export async function connect(lab) { return lab.db.connect(); }
export function sessionId(conn) { return conn.sessionId ?? 0; }
export function first(lab) { return lab.db; }
export async function disconnect(conn) { await conn.close?.(); }
export async function close(lab) { await lab.db.close(); }
export async function crash(lab) { await lab.db.crash(); }

export function trap(lab, op, when, nth, sprung) {
  lab.db.internals.arm({ op, when, nth }).then(() => sprung());
  return true;
}

// One own key asks for text; every type's parser is then the identity.
const same = (value) => value;
const asText = new Proxy({ 25: same }, { get: () => same });

function outcome(result) {
  const head = result.fields ?? [];
  return {
    tag: result.command ?? '',
    names: head.map((field) => field.name),
    types: head.map((field) => field.dataTypeID),
    rows: result.rows ?? [],
    count: (result.rows ?? []).length,
    affected: result.affectedRows ?? 0,
  };
}

function text(value) {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Array.from(value, (b) => b.toString(16).padStart(2, '0')).join('')}`;
  if (typeof value === 'object') return JSON.stringify(value);
  if (value === true) return 't';
  if (value === false) return 'f';
  return String(value);
}

/** Runs statements; `notice` hears each notice. Resolves to outcomes, one a statement. */
export async function run(conn, sql, notice, signal) {
  const results = await conn.exec(sql, {
    rowMode: 'array', parsers: asText, signal, onNotice: (n) => notice(n.severity ?? 'NOTICE', n.message),
  });
  return results.map(outcome);
}

export function canceller() { return new AbortController(); }
export function cancel(controller) { controller.abort(); }

/** A window of a result: rows of text, null where NULL. */
export function rows(result, first, count) {
  return result.rows.slice(first, first + count).map((row) => row.map(text));
}

/** A cell guarded against spreadsheets that run what begins like a formula. */
function csvCell(value) {
  if (value === null) return '';
  const safe = /^[=+\-@\t\r]/.test(value) && !/^-?[\d.]+$/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(result) {
  const lines = [result.names, ...result.rows.map((row) => row.map(text))];
  return lines.map((line) => line.map(csvCell).join(',')).join('\r\n');
}

/** A snapshot as postcard bytes, or null where this build of the engine cannot tell. */
export async function inspect(lab, pane, a, b) {
  return lab.db.internals.raw({
    pane, file: a, relation: a, session: a, block: b, from: null, most: 120,
  });
}

/** The error as the page words it. */
export function trouble(error) {
  return {
    code: error?.code ?? '', message: error?.message ?? String(error), detail: [error?.detail, error?.where].filter(Boolean).join('; '),
    hint: error?.hint ?? '', position: Number(error?.position ?? 0), severity: error?.severity ?? 'ERROR',
    unknown: error?.name === 'OutcomeUnknownError',
  };
}

/** Loads a script or a CSV file; `progress(done, total, words)` at most ten times a second. */
export async function load(lab, conn, file, progress) {
  if (/\.csv$/i.test(file.name)) return loadCsv(conn, file, progress);
  let last = 0;
  const onProgress = (p) => {
    const now = performance.now();
    if (now - last < 100) return;
    last = now;
    progress(p.bytes ?? p.done ?? 0, p.total ?? file.size, p.words ?? '');
  };
  const target = conn.importSql ? conn : lab.db;
  const report = await target.importSql(file, { onProgress, onNotice: (n) => progress(-1, file.size, n.message ?? String(n)) });
  progress(file.size, file.size, '');
  return `${file.name}: ${report?.statements ?? 'all'} statements`;
}

async function loadCsv(conn, file, progress) {
  const name = file.name.replace(/\.csv$/i, '').toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^(\d)/, '_$1') || 'data';
  const first = (await file.slice(0, 65536).text()).split(/\r?\n/, 1)[0];
  const columns = (first.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []).map((c) => c.replace(/,$/, ''))
    .filter((c, i, all) => i < all.length - 1 || c !== '').map((c) => c.replace(/^"|"$/g, '').replaceAll('"', '') || 'column');
  await conn.exec(`CREATE TABLE "${name}" (${columns.map((c) => `"${c}" text`).join(', ')})`);
  progress(0, file.size, `table ${name}`);
  await conn.query(`COPY "${name}" FROM '/dev/blob' WITH (FORMAT csv, HEADER)`, [], { blob: file });
  progress(file.size, file.size, '');
  return `${file.name}: table ${name}, every column as text`;
}

export async function sample(name) {
  const answer = await fetch(`samples/${name}`);
  if (!answer.ok) throw new Error(`samples/${name}: ${answer.status}`);
  return new File([await answer.blob()], name);
}

/** EXPLAIN (FORMAT JSON) as a flat list, parents before children. */
export function planNodes(json) {
  const out = [];
  const walk = (node, depth) => {
    const own = {};
    for (const [key, value] of Object.entries(node)) {
      if (key !== 'Plans') own[key] = Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
    }
    out.push({ depth, names: Object.keys(own), values: Object.values(own) });
    for (const child of node.Plans ?? []) walk(child, depth + 1);
  };
  const [top] = [].concat(JSON.parse(json));
  walk(top.Plan ?? top, 0);
  return out;
}

export function now() { return performance.now(); }
export function later(ms) { return new Promise((resolve) => setTimeout(resolve, ms)); }
export function frame() { return new Promise((resolve) => requestAnimationFrame(() => resolve())); }
export function copyText(value) { navigator.clipboard?.writeText(value).catch(() => {}); }
export function randomBelow(n) { return Math.floor(Math.random() * n); }

export function theme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
}
export function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function recall(key) { try { return localStorage.getItem(`vitrine.${key}`) ?? ''; } catch { return ''; } }
export function keep(key, value) { try { localStorage.setItem(`vitrine.${key}`, value); } catch { /* private windows */ } }

export function focusNeighbour(forward) {
  const here = document.activeElement?.closest('.thing');
  const all = [...(here?.ownerSVGElement?.querySelectorAll('.thing') ?? [])];
  all[all.indexOf(here) + (forward ? 1 : -1)]?.focus();
}

/** The picture beside the pressed button, with the styles it needs inside it. */
export function svgNear(event) {
  const svg = event.target.closest('.picture')?.querySelector('.canvas svg');
  if (!svg) return '';
  const copy = svg.cloneNode(true);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const from = [...svg.querySelectorAll('*')];
  [...copy.querySelectorAll('*')].forEach((element, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font']) {
      const value = style.getPropertyValue(name);
      if (value && value !== 'none' || name === 'fill') element.style.setProperty(name, value);
    }
  });
  return copy.outerHTML;
}

export function scrollTop(event) { return event.target.scrollTop; }
