/** Where a database is kept: `memory://`, `idb://name` (browsers), `file://folder` (Node). */
export type DataDir = string;

export interface CreateOptions {
  dataDir?: DataDir;
  /** Run the engine in a worker. Default: yes in pages, no in Node. */
  worker?: boolean;
  /** `synchronous_commit = off`: a crash may lose the last commits, never part of one. */
  relaxedDurability?: boolean;
  /** Size of the page cache. Default 32 MiB. */
  bufferBytes?: number;
  /** The same in pages of 8 KiB, at least 16. */
  bufferFrames?: number;
  /** Makes scheduling a function of this number. */
  seed?: number | bigint;
  /** Where the engine's wasm is, when not beside this package. */
  wasmUrl?: string | URL;
  /** The engine, compiled already. */
  wasmModule?: WebAssembly.Module;
  /** Where the worker's script is, when not beside this package. */
  workerUrl?: string | URL;
}

/** What a query takes. Arrays become arrays or json, objects json, as the parameter's type wants. */
export type Param =
  | null | undefined | boolean | number | bigint | string | Date | Uint8Array | ArrayBuffer
  | readonly Param[] | object;

export interface Field {
  name: string;
  /** PostgreSQL's OID of the type. */
  dataTypeID: number;
}

export interface Results<Row = Record<string, any>> {
  rows: Row[];
  fields: Field[];
  /** Rows inserted, updated, deleted or copied; 0 for the rest. */
  affectedRows: number;
  /** What `COPY … TO '/dev/blob'` wrote. */
  blob?: Blob;
  /** The command tag, `INSERT 0 1`. */
  readonly command: string;
}

export type Parser = (text: string, dataTypeID: number) => any;

export interface QueryOptions {
  rowMode?: 'object' | 'array';
  /** By type OID; each gets PostgreSQL's text form of a value. */
  parsers?: Record<number, Parser>;
  /** What `COPY … FROM '/dev/blob'` reads. */
  blob?: Blob | Uint8Array;
  onNotice?: (notice: VitrineError) => void;
  /** Aborting it cancels the statement (57014). */
  signal?: AbortSignal;
}

export class VitrineError extends Error {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Character in the query, from 1. */
  readonly position?: string;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly query?: string;
}

/** The engine ended before it answered; whether the work was done is not known. */
export class OutcomeUnknownError extends VitrineError {}

export interface Transaction {
  readonly closed: boolean;
  query<Row = Record<string, any>>(sql: string, params?: Param[], options?: QueryOptions): Promise<Results<Row>>;
  exec(sql: string, options?: QueryOptions): Promise<Results[]>;
  sql<Row = Record<string, any>>(strings: TemplateStringsArray, ...values: Param[]): Promise<Results<Row>>;
  prepare(sql: string): Promise<Statement>;
  rollback(): Promise<void>;
}

export class Statement {
  readonly sql: string;
  /** Type OIDs of the parameters. */
  readonly params: number[];
  readonly fields: Field[];
  /** The number of rows affected: at once when in this thread and ready, else a promise. */
  run(params?: Param[]): number | Promise<number>;
  /** The rows as arrays: at once when in this thread and ready, else a promise. */
  all(params?: Param[]): any[][] | Promise<any[][]>;
  free(): void | Promise<void>;
}

export class Session {
  readonly sessionId: number;
  readonly closed: boolean;
  query<Row = Record<string, any>>(sql: string, params?: Param[], options?: QueryOptions): Promise<Results<Row>>;
  /** Many statements; one result for each. */
  /** Runs a psql script: statements, COPY data, and what psql would do itself. */
  importSql(source: string | Blob, options?: {
    onProgress?: (progress: { bytes: number; total: number; statements: number }) => void;
    onNotice?: (notice: { severity?: string; message: string }) => void;
    signal?: AbortSignal;
  }): Promise<{ statements: number; notices: string[] }>;
  exec(sql: string, options?: QueryOptions): Promise<Results[]>;
  sql<Row = Record<string, any>>(strings: TemplateStringsArray, ...values: Param[]): Promise<Results<Row>>;
  /** Commits when the callback resolves, rolls back when it throws. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  prepare(sql: string): Promise<Statement>;
  close(): Promise<void>;
}

export type Pane =
  | { pane: 'page'; file: number; block: number }
  | { pane: 'pool' }
  | { pane: 'wal'; from?: number; most?: number }
  | { pane: 'locks' }
  | { pane: 'sessions' }
  | { pane: 'versions'; file: number; block: number }
  | { pane: 'plan'; session: number }
  | { pane: 'recovery' }
  | { pane: 'relations' }
  | { pane: 'sizes' };

export interface Frame {
  seq: number;
  dropped: number;
  events: Uint8Array;
  panes: (Uint8Array | null)[];
}

export interface Trap {
  /** `appendLog`, `writePages`, `writeControl`, `sync`, … */
  op: string;
  when: 'before' | 'after';
  nth?: number;
}

export interface Internals {
  page(args: { file: number; block: number }): Promise<any>;
  pool(): Promise<any>;
  wal(args?: { from?: number; most?: number }): Promise<any>;
  locks(): Promise<any>;
  sessions(): Promise<any>;
  versions(args: { file: number; block: number }): Promise<any>;
  plan(args: { session: number }): Promise<any>;
  recovery(): Promise<any>;
  relations(): Promise<any>;
  sizes(): Promise<any>;
  raw(pane: Pane): Promise<Uint8Array>;
  watch(args: { panes: Pane[]; since?: number; wait?: boolean; mostEvents?: number }): Promise<Frame>;
  arm(trap: Trap): Promise<Trap>;
}

export class Vitrine extends Session {
  static create(dataDir?: DataDir, options?: CreateOptions): Promise<Vitrine>;
  static create(options: CreateOptions): Promise<Vitrine>;
  readonly ready: boolean;
  readonly waitReady: Promise<void>;
  readonly worker: boolean;
  readonly dataDir: string;
  readonly internals: Internals;
  /** Called when the engine ends by itself. */
  onend?: (why: string) => void;
  /** An independent session on the same database. */
  connect(): Promise<Session>;
  /** Ends the engine as a power cut would. */
  crash(options?: { keepLock?: boolean }): Promise<undefined | (() => void)>;
  close(): Promise<void>;
}

export default Vitrine;
