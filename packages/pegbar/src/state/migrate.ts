/**
 * Versioned migrations of the state store: files `NNNN_name.sql`, applied in the order of their names.
 *
 * Each runs in one transaction together with the row that records it, so that a start which is killed goes
 * on where it stopped. The row is inserted first: a second process that starts at the same time waits for
 * it or finds it. An applied file that has changed, or that this version does not know, stops the start.
 */
import { checksumOf, type Migration, migrationsIn } from '../base/migrations.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { State } from './state.ts';

export interface MigrationError {
  code: 'migration_changed' | 'migration_unknown' | 'migration_failed';
  migration: string;
  message: string;
  hint: string;
}

const CREATE_RECORD = `create table if not exists state_migrations (
  name text primary key, checksum text not null, applied_at bigint not null)`;
const LIST = 'select name, checksum from state_migrations order by name';
const CLAIM = `insert into state_migrations (name, checksum, applied_at) values (?, ?, ?)
  on conflict (name) do nothing returning name`;

/** The migrations that came with this version, in order. */
export function shippedMigrations(): Migration[] {
  return migrationsIn(new URL('./migrations/', import.meta.url));
}

/** Brings the store to the last migration; `value` lists the names applied by this call. */
export async function migrate(
  state: State,
  migrations: readonly Migration[],
  now: number,
): Promise<Result<string[], MigrationError>> {
  await state.run(CREATE_RECORD);
  const applied = await state.all<{ name: string; checksum: string }>(LIST);
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of applied) {
    const migration = known.get(name);
    if (!migration) return fail(unknownMigration(name));
    if (checksum !== checksumOf(migration.sql)) return fail(changedMigration(name));
  }
  const done = new Set(applied.map(({ name }) => name));
  const names: string[] = [];
  for (const migration of migrations) {
    if (done.has(migration.name)) continue;
    try {
      if (await apply(state, migration, now)) names.push(migration.name);
    } catch (error) {
      return fail(failedMigration(migration.name, error));
    }
  }
  return ok(names);
}

function apply(state: State, migration: Migration, now: number): Promise<boolean> {
  return state.transaction(async (tx) => {
    const claimed = await tx.get(CLAIM, [migration.name, checksumOf(migration.sql), now]);
    if (!claimed) return false;
    await tx.script(migration.sql);
    return true;
  });
}

/** Line ends do not count: a checkout on Windows may have changed them. */
function changedMigration(migration: string): MigrationError {
  return {
    code: 'migration_changed',
    migration,
    message: `the state migration ${migration} was applied earlier with another text`,
    hint: 'Reinstall Pegbar; a change of the state store must be a new migration file.',
  };
}

function unknownMigration(migration: string): MigrationError {
  return {
    code: 'migration_unknown',
    migration,
    message: `the state store has had the migration ${migration}, which this version does not know`,
    hint: 'Start the newer version of Pegbar that wrote this data directory, or use another --data directory.',
  };
}

function failedMigration(migration: string, error: unknown): MigrationError {
  return {
    code: 'migration_failed',
    migration,
    message: `the state migration ${migration} failed and was taken back: ${error instanceof Error ? error.message : error}`,
    hint: 'Check the free space and the permissions of the data directory, then start again; nothing is half applied.',
  };
}
