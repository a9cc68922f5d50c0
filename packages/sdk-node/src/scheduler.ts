/** What a scheduler knows: how deep its queue is, how long jobs wait, and whom it turns away. */
import { currentClient } from './init.ts';
import { type Runtime, systemRuntime } from './runtime.ts';

export interface QueueOptions {
  /** How often a sample is sent. */
  sample_ms?: number;
  /** Asked for the depth, where the queue lives elsewhere (BullMQ `getWaitingCount`); else jobs admitted here count. */
  depth?(): number | Promise<number>;
  /** For tests. */
  runtime?: Runtime;
}

/** One job from admission to its start. */
export interface Ticket {
  /** The job starts. Returns how long it has waited, for `metrics: { queue_wait_ms }`; 0 when called again. */
  start(): number;
  /** The job left the queue without being started. */
  leave(): void;
}

export interface QueueMonitor {
  admit(): Ticket;
  /** A job was turned away. */
  deny(): void;
  /** A wait that was measured elsewhere. */
  waited(wait_ms: number): void;
  /** Sends a sample now. */
  sample(): Promise<void>;
  stop(): void;
}

const SAMPLE_MS = 10_000;

/** Watches one queue and sends a `queue` record every `sample_ms`, until `stop`. */
export function watchQueue(queue: string, options: QueueOptions = {}): QueueMonitor {
  const { runtime = systemRuntime, sample_ms = SAMPLE_MS } = options;
  let [waiting, admitted, denied] = [0, 0, 0];
  let waits: { sum: number; count: number } = { sum: 0, count: 0 };
  let stopped = false;
  let cancel = (): void => undefined;

  const waited = (wait_ms: number): void => {
    waits.sum += wait_ms;
    waits.count++;
  };

  async function sample(): Promise<void> {
    // Before the depth is asked for: what happens meanwhile belongs to the next sample.
    const told = { admitted, denied, ...(waits.count > 0 ? { wait_ms: waits.sum / waits.count } : {}) };
    [admitted, denied, waits] = [0, 0, { sum: 0, count: 0 }];
    let depth = waiting;
    try {
      depth = (await options.depth?.()) ?? waiting;
    } catch {
      // A queue that cannot be asked is no reason to lose what was counted.
    }
    currentClient()?.send('queue', { queue, depth, ...told });
  }

  function next(): void {
    cancel = runtime.after(sample_ms, () => {
      void sample().finally(() => {
        if (!stopped) next();
      });
    });
  }
  next();

  return {
    admit() {
      const since = runtime.monotonic();
      let open = true;
      admitted++;
      waiting++;
      const close = (): boolean => {
        if (!open) return false;
        open = false;
        waiting--;
        return true;
      };
      return {
        start() {
          if (!close()) return 0;
          const wait_ms = runtime.monotonic() - since;
          waited(wait_ms);
          return wait_ms;
        },
        leave: () => void close(),
      };
    },
    deny() {
      denied++;
    },
    waited,
    sample,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
