/** A store over one small engine, for a test file. Not exported by the room: tests import it directly. */
import { type Clock, systemClock } from '../base/clock.ts';
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
  /** The clock of the store, not of the engine. */
  clock?: Clock;
}

/**
 * Time for a store in no hurry: it waits twenty times as long for an engine that starts anew, or that is late to end
 * a query. A laptop starts one in 0.3 s, a runner of two cores that does other work as well in ten.
 */
export const patientClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() / 20,
  sleep: (ms, signal) => systemClock.sleep(ms * 20, signal),
};

export async function startTestStore({
  holds = 'tables',
  clock = systemClock,
}: TestStoreOptions = {}): Promise<TestStore> {
  const engine = await startTestEngine();
  const store = createStore(engine.supervisor, { clock });
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
