import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type MigrationError, migrate, shippedMigrations } from './migrate.ts';
import { openSqlite } from './sqlite.ts';
import type { State } from './state.ts';

/**
 * Opens the state store of a data directory (`<data>/state.db`, or `:memory:`) and brings it up to date.
 * Throws when the file cannot be opened or is no database.
 */
export async function openState(options: {
  path: string;
  clock: Clock;
}): Promise<Result<State, MigrationError>> {
  const state = openSqlite(options.path);
  const migrated = await migrate(state, shippedMigrations(), options.clock.now());
  if (migrated.ok) return ok(state);
  await state.close();
  return fail(migrated.error);
}
