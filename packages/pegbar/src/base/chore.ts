/** Work that comes round for as long as a server runs. */
import type { Clock } from './clock.ts';

export interface ChoreDeps {
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** One round. What it throws is told and does not end the chore. */
  look(): Promise<unknown>;
  failed(error: unknown): void;
  /** Between two rounds, ms, at the least. */
  least_wait_ms: number;
  /** A round that took long is waited after for so many times as long: the chore takes no more than one part in `share`. */
  share: number;
}

/** Starts the first round at once; answers what stops it, which a round under way is not waited for. */
export function startChore({ clock, look, failed, least_wait_ms, share }: ChoreDeps): () => void {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const before = clock.monotonic();
      await look().catch(failed);
      await clock.sleep(Math.max(least_wait_ms, (clock.monotonic() - before) * share), stop.signal);
    }
  };
  void run();
  return () => stop.abort();
}
