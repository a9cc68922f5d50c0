/** A store over one small engine, for a test file. Not exported by the room: tests import it directly. */
import { systemClock } from '../base/clock.ts';
import { createStore, type Store } from './client.ts';
import { startTestEngine, type TestEngine } from './engine/testing.ts';
import { migrate, shippedMigrations } from './migrate.ts';

export { engineMissing } from './engine/testing.ts';

export interface TestStore extends TestEngine {
  store: Store;
}

interface TestStoreOptions {
  /** What is there from the beginning: every table as it is shipped, the database alone, or not even that. */
  holds?: 'tables' | 'database' | 'nothing';
}

export async function startTestStore({ holds = 'tables' }: TestStoreOptions = {}): Promise<TestStore> {
  const engine = await startTestEngine();
  const store = createStore(engine.supervisor, { clock: systemClock });
  const test: TestStore = {
    ...engine,
    store,
    async stop() {
      await store.close();
      await engine.stop();
    },
  };
  const failed = await fill(store, holds);
  if (failed === undefined) return test;
  await test.stop();
  throw new Error(failed);
}

/** Undefined, or why it failed. */
async function fill(
  store: Store,
  holds: NonNullable<TestStoreOptions['holds']>,
): Promise<string | undefined> {
  if (holds === 'nothing') return;
  const done =
    holds === 'tables'
      ? await migrate(store, shippedMigrations(), systemClock)
      : await store.command('CREATE DATABASE pegbar ENGINE = Atomic', { unbound: true });
  return done.ok ? undefined : done.error.message;
}
