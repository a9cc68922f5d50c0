/**
 * Versioned migrations of the telemetry store: files `NNNN_name.sql`, statements separated by a semicolon at
 * the end of a line, each of them idempotent. ClickHouse has no transactions, so progress is recorded after
 * every statement: a start that was killed goes on with the statement that may have run, and runs it again.
 * An applied file that has changed, or that this version does not know, stops the start.
 */
import type { Clock } from '../base/clock.ts';
import { checksumOf, type Migration, migrationsIn } from '../base/migrations.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Store } from './client.ts';
import { DATABASE, DURABILITY_SETTINGS } from './engine/index.ts';
import type { StoreError } from './errors.ts';

export interface MigrationError {
  code: 'migration_changed' | 'migration_unknown' | 'migration_failed';
  migration: string;
  message: string;
  hint: string;
  /** The engine was down or busy: the same start may succeed later. */
  retryable: boolean;
}

const CREATE_DATABASE = `CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`;
const CREATE_RECORD = `CREATE TABLE IF NOT EXISTS schema_migrations
(
  name String,
  checksum String COMMENT 'SHA-256 of the file',
  done UInt16 COMMENT 'statements that have run',
  total UInt16 COMMENT 'statements of the file',
  applied_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree ORDER BY (name, applied_at)
SETTINGS ${Object.entries(DURABILITY_SETTINGS)
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ')}`;
/** The newest line of each file; one that says "complete" wins, should two starts have run side by side. */
const PROGRESS = `SELECT name, checksum, done, done = total AS complete FROM schema_migrations
ORDER BY name, complete DESC, applied_at DESC, done DESC LIMIT 1 BY name`;
const RECORD = `INSERT INTO schema_migrations SELECT {name:String}, {checksum:String}, {done:UInt16},
  {total:UInt16}, fromUnixTimestamp64Milli({at:Int64})`;
/** An ALTER returns when it is done, not when it is noted down. */
const STATEMENT_SETTINGS = { alter_sync: 2, mutations_sync: 2 };
/** A statement may rewrite a table. */
const STATEMENT_TIMEOUT_MS = 6 * 3_600_000;

interface Progress {
  name: string;
  checksum: string;
  done: number;
  complete: number;
}

/** The migrations that came with this version, in order. */
export function shippedMigrations(): Migration[] {
  return migrationsIn(new URL('./migrations/', import.meta.url));
}

/** Brings the store to the last migration; `value` lists the names that were completed by this call. */
export async function migrate(
  store: Store,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<Result<string[], MigrationError>> {
  for (const [sql, unbound] of [
    [CREATE_DATABASE, true],
    [CREATE_RECORD, false],
  ] as const) {
    const created = await store.command(sql, { unbound });
    if (!created.ok) return fail(failedMigration('schema_migrations', created.error));
  }
  const recorded = await store.rows<Progress>(PROGRESS);
  if (!recorded.ok) return fail(failedMigration('schema_migrations', recorded.error));
  const progress = new Map(recorded.value.map((row) => [row.name, row]));
  for (const name of progress.keys()) {
    if (!migrations.some((migration) => migration.name === name)) return fail(unknownMigration(name));
  }
  const completed: string[] = [];
  for (const migration of migrations) {
    const before = progress.get(migration.name);
    const same = before?.checksum === checksumOf(migration.sql);
    if (before?.complete && !same) return fail(changedMigration(migration.name));
    if (before?.complete) continue;
    // A file that was mended after it had failed half-way starts anew: its statements are idempotent.
    const applied = await apply(store, migration, before && same ? before.done : 0, clock);
    if (!applied.ok) return fail(failedMigration(migration.name, applied.error));
    completed.push(migration.name);
  }
  return ok(completed);
}

async function apply(
  store: Store,
  migration: Migration,
  from: number,
  clock: Clock,
): Promise<Result<null, StoreError>> {
  const statements = statementsOf(migration.sql);
  for (let at = from; at < statements.length; at += 1) {
    const run = await store.command(statements[at] ?? '', {
      settings: STATEMENT_SETTINGS,
      timeout_ms: STATEMENT_TIMEOUT_MS,
    });
    if (!run.ok) return run;
    const params = {
      name: migration.name,
      checksum: checksumOf(migration.sql),
      done: at + 1,
      total: statements.length,
      at: clock.now(),
    };
    const noted = await store.command(RECORD, { params });
    if (!noted.ok) return noted;
  }
  return ok(null);
}

/** Statements of a file, comment lines left out. */
export function statementsOf(sql: string): string[] {
  return sql
    .replaceAll('\r\n', '\n')
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .split(/;(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** Line ends do not count: a checkout on Windows may have changed them. */
function changedMigration(migration: string): MigrationError {
  return {
    code: 'migration_changed',
    migration,
    message: `the store migration ${migration} was applied earlier with another text`,
    hint: 'Reinstall Pegbar; a change of the store must be a new migration file.',
    retryable: false,
  };
}

function unknownMigration(migration: string): MigrationError {
  return {
    code: 'migration_unknown',
    migration,
    message: `the store has had the migration ${migration}, which this version does not know`,
    hint: 'Start the newer version of Pegbar that wrote this data directory, or use another --data directory.',
    retryable: false,
  };
}

function failedMigration(migration: string, error: StoreError): MigrationError {
  return {
    code: 'migration_failed',
    migration,
    message: `the store migration ${migration} failed: ${error.type}: ${error.message}`,
    hint: 'Check the free space and the log of the engine, then start again: it goes on where it stopped.',
    retryable: error.kind === 'retryable',
  };
}
