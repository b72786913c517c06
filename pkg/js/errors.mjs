// Errors as PostgreSQL's clients know them: SQLSTATE, position, detail, hint.

export class VitrineError extends Error {
  /** @param {{code: string, message: string}} fields */
  constructor(fields, query) {
    super(fields.message);
    this.name = 'VitrineError';
    this.severity = fields.severity ?? 'ERROR';
    this.code = fields.code;
    for (const key of ['detail', 'hint', 'where', 'schema', 'table', 'column', 'constraint']) {
      if (fields[key] !== undefined) this[key] = fields[key];
    }
    // A string, as PostgreSQL's protocol and PGlite give it.
    if (fields.position !== undefined) this.position = String(fields.position);
    if (fields.statement !== undefined) this.statement = fields.statement;
    if (query !== undefined) this.query = query;
  }
}

/**
 * The engine ended before it answered. Whether the work was done is not known; after reopening,
 * look. `code` is 08007 when the call was to commit, 57P02 otherwise.
 */
export class OutcomeUnknownError extends VitrineError {
  constructor(why, query) {
    const committing = query !== undefined && /(^|;)\s*(commit|end)\b[^;]*;?\s*$/i.test(query);
    super({
      severity: 'FATAL',
      code: committing ? '08007' : '57P02',
      message: committing
        ? `${why}: it is not known whether the transaction was committed`
        : `${why}: the outcome of the call is not known`,
    }, query);
    this.name = 'OutcomeUnknownError';
  }
}

export function inUse(name) {
  return new VitrineError({
    severity: 'FATAL',
    code: '55006',
    message: `database "${name}" is being used by another page or process`,
    hint: 'Close it there first. Sharing one database between several owners is not supported yet.',
  });
}

export function closed() {
  return new VitrineError({ code: '08003', message: 'the database is closed' });
}
