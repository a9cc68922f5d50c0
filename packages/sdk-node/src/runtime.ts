import { randomBytes } from 'node:crypto';
import { gzip } from 'node:zlib';

/** What the SDK takes from the outside: time, chance and the network, so that tests can stand in for them. */
export interface Runtime {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds. */
  monotonic(): number;
  /** Calls `task` after `ms`, unless the returned function was called before. Keeps the process alive only on demand. */
  after(ms: number, task: () => void, keepAlive?: boolean): () => void;
  /** 0 ≤ x < 1. */
  random(): number;
  /** Hexadecimal digits that no other process has. */
  unique(): string;
  fetch: typeof fetch;
  /** Packs a body, off the thread that renders. */
  gzip(body: Uint8Array): Promise<Uint8Array>;
}

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task, keepAlive = false) {
    const timer = setTimeout(task, ms);
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  unique: () => randomBytes(8).toString('hex'),
  fetch: (...request) => fetch(...request),
  gzip: (body) =>
    new Promise((resolve, reject) => {
      gzip(body, (error, packed) => (error ? reject(error) : resolve(packed)));
    }),
};
