/**
 * The state port on SQLite, through `libsql`.
 *
 * One connection, one statement at a time: the driver is synchronous, and SQLite has one writer anyway. A
 * transaction holds the connection until it ends, other callers wait in line. Every commit is one fsync
 * (WAL, synchronous=FULL): what has been answered survives kill -9 and power loss. The price is 1-2 ms per
 * commit on the event loop, so callers on a hot path gather their writes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import Database from 'libsql';
import { type Clock, systemClock } from '../base/clock.ts';
import { numberPlaceholders } from './placeholders.ts';
import { type Param, type Queries, type State, StateUsageError, type Transaction, toParam } from './state.ts';

/** Another process may hold the write lock this long (a backup, a second start) before we give up. */
const BUSY_LIMIT_MS = 5_000;
/** How much of that SQLite may wait by itself, which blocks the event loop; the rest waits outside. */
const BUSY_TIMEOUT_MS = 50;
const BUSY_PAUSE_MS = 20;
/** Statements of all rooms together are a few dozen; the bound keeps built-up SQL from filling memory. */
const PREPARED_LIMIT = 256;

interface Prepared {
  statement: Database.Statement;
  count: number;
}

/** Opens the file, created with mode 0600 when absent; `:memory:` for tests. Throws when it cannot. */
export function openSqlite(path: string, sleep: Clock['sleep'] = systemClock.sleep): State {
  // SQLite gives its -wal and -shm files the mode of the database file.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
  const db = new Database(path, { timeout: BUSY_LIMIT_MS });
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  // On macOS a plain fsync leaves the bytes in the drive's cache; elsewhere this changes nothing.
  db.exec('PRAGMA fullfsync = ON');
  db.exec('PRAGMA foreign_keys = ON');
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return serialise(db, directQueries(db), sleep);
}

/** Statements on the connection itself, without waiting for its turn. */
function directQueries(db: Database.Database): Queries {
  const prepared = new Map<string, Prepared>();

  function prepare(sql: string): Prepared {
    const known = prepared.get(sql);
    if (known) return known;
    if (prepared.size >= PREPARED_LIMIT) prepared.clear();
    const numbered = numberPlaceholders(sql, '?');
    const made = { statement: db.prepare(numbered.sql), count: numbered.count };
    prepared.set(sql, made);
    return made;
  }

  function bound(sql: string, params: readonly Param[]): [Database.Statement, Param[]] {
    const { statement, count } = prepare(sql);
    if (params.length !== count) {
      throw new StateUsageError(`${count} parameters wanted, ${params.length} given: ${sql}`);
    }
    return [statement, params.map(toParam)];
  }

  return {
    async all<T>(sql: string, params: readonly Param[] = []) {
      const [statement, values] = bound(sql, params);
      return statement.all(values) as T[];
    },
    async get<T>(sql: string, params: readonly Param[] = []) {
      const [statement, values] = bound(sql, params);
      // Not statement.get(): it adds a `_metadata` member and leaves the statement open.
      return (statement.all(values) as T[])[0];
    },
    async run(sql, params = []) {
      const [statement, values] = bound(sql, params);
      return { changes: statement.run(values).changes };
    },
  };
}

function serialise(db: Database.Database, direct: Queries, sleep: Clock['sleep']): State {
  let tail: Promise<unknown> = Promise.resolve();
  let closed = false;
  const inside = new AsyncLocalStorage<{ open: boolean }>();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (inside.getStore()?.open) {
      return Promise.reject(new StateUsageError('inside a transaction only its handle may be used'));
    }
    const result = tail.then(() => {
      if (closed) throw new StateUsageError('the state store is closed');
      return work();
    });
    tail = result.catch(() => undefined);
    return result;
  }

  async function transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const span = { open: true };
    const alive = async (): Promise<void> => {
      if (!span.open) throw new StateUsageError('this transaction has ended');
    };
    const tx: Transaction = {
      all: (sql, params) => alive().then(() => direct.all(sql, params)),
      get: (sql, params) => alive().then(() => direct.get(sql, params)),
      run: (sql, params) => alive().then(() => direct.run(sql, params)),
      script: async (sql) => {
        await alive();
        db.exec(sql);
      },
    };
    await whenFree(async () => db.exec('BEGIN IMMEDIATE'));
    try {
      const value = await inside.run(span, () => work(tx));
      span.open = false;
      db.exec('COMMIT');
      return value;
    } catch (error) {
      span.open = false;
      // Some errors (disk full) have rolled back already.
      if (db.inTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Repeats what another process's lock has kept from happening. */
  async function whenFree<T>(work: () => Promise<T>): Promise<T> {
    for (let waited = 0; ; waited += BUSY_TIMEOUT_MS + BUSY_PAUSE_MS) {
      try {
        return await work();
      } catch (error) {
        const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
        if (!busy || waited >= BUSY_LIMIT_MS) throw error;
        await sleep(BUSY_PAUSE_MS);
      }
    }
  }

  return {
    all: (sql, params) => inTurn(() => whenFree(() => direct.all(sql, params))),
    get: (sql, params) => inTurn(() => whenFree(() => direct.get(sql, params))),
    run: (sql, params) => inTurn(() => whenFree(() => direct.run(sql, params))),
    transaction: (work) => inTurn(() => transaction(work)),
    async close() {
      if (closed) return;
      await tail;
      closed = true;
      db.close();
    },
  };
}
