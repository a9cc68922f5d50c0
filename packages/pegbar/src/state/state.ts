/**
 * The state port: what every room may ask of the state store, SQLite embedded or PostgreSQL at scale.
 *
 * SQL is the subset that both understand: ON CONFLICT, RETURNING, text JSON, no functions of a dialect.
 * Parameters are written `?`. Whole numbers beyond 2^53, booleans and bytes do not pass: the engines
 * disagree about them (libsql 0.5.29 even aborts the process on a boolean), so they are refused here.
 */

export type Param = string | number | null;
export type Row = Record<string, Param>;
/** What rows may be typed as: columns are text, numbers or null. */
type Columns<T> = { [K in keyof T]: Param };

export interface Queries {
  /** All rows. For statements with RETURNING too. */
  all<T extends Columns<T> = Row>(sql: string, params?: readonly Param[]): Promise<T[]>;
  /** The first row, or undefined where there is none. */
  get<T extends Columns<T> = Row>(sql: string, params?: readonly Param[]): Promise<T | undefined>;
  /** Runs a statement without result rows; `changes` is the number of rows touched. */
  run(sql: string, params?: readonly Param[]): Promise<{ changes: number }>;
}

export interface Transaction extends Queries {
  /** Several statements without parameters, for migrations. */
  script(sql: string): Promise<void>;
}

export interface State extends Queries {
  /**
   * Runs `work` in one transaction: all of it is durable when the promise resolves, none of it when it
   * rejects. Inside, only the handle may be used; the outer state throws there, because it would wait for
   * itself. `work` may be run again by an adapter that meets a serialization failure, so it must not do
   * anything that the handle cannot take back.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Waits for running statements, then closes. Later calls reject. */
  close(): Promise<void>;
}

/** Rejected parameters and wrong numbers of them are bugs of the caller. */
export class StateUsageError extends Error {
  override name = 'StateUsageError';
}

/**
 * Makes a parameter that both engines store alike. Lone surrogates and NUL become U+FFFD: PostgreSQL
 * refuses both, and SQLite hides everything after a NUL.
 */
export function toParam(value: Param): Param {
  if (typeof value === 'string') return value.replaceAll(/[\0\ud800-\udfff]/gu, '\ufffd');
  if (value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  }
  throw new StateUsageError(
    `the state store takes text, finite numbers up to 2^53 and null, not ${typeof value}`,
  );
}
