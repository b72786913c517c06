// psql scripts: what is SQL goes to the engine, what is psql's own is done here.
//
//   statements     end at a semicolon outside quotes, comments and parentheses
//   COPY … FROM STDIN, its lines and `\.`   become COPY … FROM '/dev/blob'
//   \c, \connect, \encoding UTF8            already so; said in a notice where it matters
//   CREATE DATABASE, DROP DATABASE          the database that is open is the script's; a notice
//   other backslash commands                left out, with a notice
//
// The file is read as a stream, statement by statement, so its size is no matter. An error names
// the statement, its line in the file and the position in it; what came before stays, or, inside
// the script's own transaction, goes with it.
import { VitrineError } from './errors.mjs';

const WORD = /[A-Za-z0-9_\u0080-\uffff$]/;

/** The end of a quoted or commented stretch that begins at `at`, or -1 where it does not end. */
function stretch(text, at) {
  const two = text.slice(at, at + 2);
  if (two === '--') {
    const end = text.indexOf('\n', at);
    return end < 0 ? -1 : end + 1;
  }
  if (two === '/*') return comment(text, at);
  if (text[at] === "'") {
    const before = text[at - 1];
    const escapes = (before === 'E' || before === 'e') && !WORD.test(text[at - 2] ?? ' ');
    return quoted(text, at, "'", escapes);
  }
  if (text[at] === '"') return quoted(text, at, '"', false);
  if (text[at] === '$' && !WORD.test(text[at - 1] ?? ' ')) {
    const tag = /^\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/.exec(text.slice(at, at + 130));
    if (!tag) return 0;
    const end = text.indexOf(tag[0], at + tag[0].length);
    return end < 0 ? -1 : end + tag[0].length;
  }
  return 0;
}

function quoted(text, at, quote, escapes) {
  for (let i = at + 1; i < text.length; i++) {
    if (escapes && text[i] === '\\') i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1 < text.length ? i + 1 : -2;
      i++;
    }
  }
  return -1;
}

function comment(text, at) {
  let depth = 0;
  for (let i = at; i < text.length - 1; i++) {
    const two = text.slice(i, i + 2);
    if (two === '/*') { depth++; i++; } else if (two === '*/') {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

/**
 * The next piece of a script at `from`: `{kind: 'sql' | 'meta' | 'end', text, start, next}`, or null
 * where more text is needed to know.
 */
export function piece(text, from, ended) {
  let start = -1;
  let parens = 0;
  let at = from;
  while (at < text.length) {
    const c = text[at];
    if (c === ';' && parens === 0) {
      return { kind: 'sql', text: start < 0 ? '' : text.slice(start, at), start: start < 0 ? at : start, next: at + 1 };
    }
    if (c === '\\') {
      // psql's commands run to the end of their line; a statement begun before them goes on after.
      const end = text.indexOf('\n', at);
      if (end < 0 && !ended) return null;
      if (start < 0) {
        return { kind: 'meta', text: text.slice(at, end < 0 ? text.length : end).trim(), start: at, next: end < 0 ? text.length : end + 1 };
      }
    }
    const after = stretch(text, at);
    if (after < 0) {
      if (!ended) return null;
      if (start < 0 && (c === '-' || c === '/')) return { kind: 'end', text: '', start: at, next: text.length };
      if (start < 0) start = at;
      at = text.length;
      break;
    }
    if (after > 0) {
      if (start < 0 && c !== '-' && c !== '/') start = at;
      at = after;
      continue;
    }
    if (c === '(') parens++;
    else if (c === ')') parens = Math.max(0, parens - 1);
    if (start < 0 && c.trim() !== '' && c !== '\ufeff') start = at;
    at++;
  }
  if (!ended) return null;
  if (start < 0) return { kind: 'end', text: '', start: text.length, next: text.length };
  return { kind: 'sql', text: text.slice(start).trimEnd(), start, next: text.length };
}

/** Text as it comes, and how much of the source has come. */
class Source {
  constructor(source) {
    this.text = '';
    this.ended = typeof source === 'string';
    this.bytes = 0;
    this.total = 0;
    this.line = 1;
    if (this.ended) {
      this.text = source;
      this.total = source.length;
      this.bytes = this.total;
      return;
    }
    this.total = source.size;
    this.reader = source.stream().getReader();
    this.decoder = new TextDecoder('utf-8', { fatal: false });
  }

  async more() {
    if (this.ended) return false;
    // A piece that did not fit is read on in growing steps, so that a long one is not scanned often.
    const wanted = Math.max(65536, this.text.length);
    let got = 0;
    while (got < wanted) {
      const { done, value } = await this.reader.read();
      if (done) {
        this.text += this.decoder.decode();
        this.ended = true;
        return true;
      }
      got += value.length;
      this.bytes += value.length;
      this.text += this.decoder.decode(value, { stream: true });
    }
    return true;
  }

  /** Drops what has been used, counting its lines. */
  use(to) {
    for (let i = this.text.indexOf('\n'); i >= 0 && i < to; i = this.text.indexOf('\n', i + 1)) this.line++;
    this.text = this.text.slice(to);
  }

  /** The lines of a COPY, up to the one that is `\.`. */
  async copyLines() {
    for (;;) {
      const end = /(^|\n)\\\.[ \t]*\r?(\n|$)/.exec(this.text);
      if (end && (end[2] !== '' || this.ended)) {
        const data = this.text.slice(0, end.index + end[1].length);
        this.use(end.index + end[0].length);
        return data;
      }
      if (!(await this.more())) {
        const data = this.text;
        this.use(data.length);
        return data;
      }
    }
  }

  async next() {
    for (;;) {
      const found = piece(this.text, 0, this.ended);
      if (found) return found;
      await this.more();
    }
  }
}

const COPY = /^copy\b[\s\S]*\bfrom\s+(stdin)\b/i;
const DATABASE = /^(create|drop)\s+database\b/i;

/**
 * Runs a psql script in a session. `source` is a string, Blob or File.
 * @returns {Promise<{statements: number, notices: string[]}>}
 */
export async function importSql(session, source, { onProgress, onNotice, signal } = {}) {
  const from = new Source(source);
  const notices = [];
  const notice = (message) => {
    notices.push(message);
    onNotice?.({ severity: 'NOTICE', message });
  };
  let statements = 0;
  let depth = 0;
  for (;;) {
    const found = await from.next();
    if (found.kind === 'end') break;
    from.use(found.start);
    const { line } = from;
    from.use(found.next - found.start);
    if (found.kind === 'meta') {
      meta(found.text, line, notice);
      continue;
    }
    const sql = found.text;
    if (sql.trim() === '') continue;
    statements++;
    if (DATABASE.test(sql)) {
      notice(`line ${line}: ${sql.trim().split(/\s+/).slice(0, 4).join(' ')}: the database that is open is used instead`);
      continue;
    }
    try {
      if (COPY.test(sql)) {
        // The rest of the line of the statement is empty; the data begins on the next.
        const eol = from.text.indexOf('\n');
        if (eol >= 0 && from.text.slice(0, eol).trim() === '') from.use(eol + 1);
        const blob = new Blob([await from.copyLines()]);
        await session.query(sql.replace(COPY, (head, stdin) => `${head.slice(0, -stdin.length)}'/dev/blob'`), [], { blob, signal });
      } else {
        await session.exec(sql, { signal, onNotice });
      }
    } catch (error) {
      if (depth > 0) await session.exec('ROLLBACK').catch(() => {});
      throw located(error, sql, statements, line);
    }
    if (/^(begin|start\s+transaction)\b/i.test(sql)) depth = 1;
    else if (/^(commit|end|rollback|abort)\b/i.test(sql) && !/^rollback\s+to\b/i.test(sql)) depth = 0;
    onProgress?.({ bytes: from.bytes - Math.min(from.bytes, from.text.length), total: from.total, statements });
  }
  onProgress?.({ bytes: from.total, total: from.total, statements });
  return { statements, notices };
}

function meta(command, line, notice) {
  const [name, argument = ''] = command.slice(1).split(/\s+/, 2);
  if (name === 'c' || name === 'connect' || name === '.') return;
  if (name === 'encoding' && /^'?utf-?8'?;?$/i.test(argument)) return;
  notice(`line ${line}: \\${name} is a command of psql and was left out`);
}

function located(error, sql, statement, line) {
  if (error instanceof VitrineError) {
    const place = Number(error.position ?? 0);
    const lines = place > 0 ? [...sql].slice(0, place - 1).filter((c) => c === '\n').length : 0;
    error.statement = statement - 1;
    error.line = line + lines;
    error.where = `${error.where ? `${error.where}\n` : ''}statement ${statement} of the script, line ${error.line}`;
    error.query ??= sql;
  }
  return error;
}
