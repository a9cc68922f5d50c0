/** A runtime whose time stands still until it is told to go on. */
import { gzipSync } from 'node:zlib';
import type { Runtime } from './runtime.ts';

export interface TestRuntime extends Runtime {
  /** Goes on by `ms`, and lets what was due happen. */
  advance(ms: number): Promise<void>;
  /** Timers that wait. */
  readonly waiting: number;
}

export function testRuntime(
  fetching: typeof fetch = () => Promise.reject(new Error('no network')),
): TestRuntime {
  let now = 0;
  let made = 0;
  let timers: { at: number; task: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    random: () => 0.5,
    unique: () => `unique-${++made}`,
    fetch: fetching,
    gzip: async (body) => gzipSync(body),
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await settle();
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.task();
      }
      now = until;
      await settle();
    },
    get waiting() {
      return timers.length;
    },
  };
}
