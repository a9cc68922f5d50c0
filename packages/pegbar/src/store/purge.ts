/**
 * Gives back what the embedded engine holds of a load that is over. Its allocator keeps the pages that inserts and
 * merges have touched, hundreds of megabytes after a busy minute, and lets go of them only near the engine's own limit.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Store } from './client.ts';

export interface PurgeOptions {
  store: Pick<Store, 'command'>;
  clock: Pick<Clock, 'every'>;
  counters: Pick<Counters, 'add'>;
  /** Rows loaded so far. */
  loaded(): number;
  /** Whether the engine is a process of ours: another's memory is not ours to order. */
  isOurs(): boolean;
}

/** Merges of a load are over by then; while rows keep coming, pages that were given back would be taken again. */
const REST_MS = 10_000;

/** Returns what stops it. */
export function startPurge({ store, clock, counters, loaded, isOurs }: PurgeOptions): () => void {
  let seen = loaded();
  let resting = true;
  return clock.every(REST_MS, () => {
    const now = loaded();
    if (now !== seen) {
      seen = now;
      resting = false;
      return;
    }
    if (resting || !isOurs()) return;
    resting = true;
    // An engine without this allocator refuses: it is then asked again after the next load, which costs nothing.
    void store.command('SYSTEM JEMALLOC PURGE', { unbound: true }).then((done) => {
      if (done.ok) counters.add('pegbar_engine_memory_purges_total');
    });
  });
}
