/** Lines on their way to Pegbar: a bounded queue, sent now and then, and by beacon when the page goes out of sight. */
import type { Runtime } from './runtime.ts';

export interface Sender {
  offer(record: object): void;
  /** Sends what waits. */
  flush(): Promise<void>;
  /** Hands everything to the browser, which sends it also when the page is gone. */
  leave(): void;
  /** Forgets what waits. */
  clear(): void;
  status(): { waiting: number; sent: number; dropped: number };
}

/** Four minutes of four clips. */
const MOST = 1_000;
/** A beacon ends at 64 KiB, with all others of the page. */
const BATCH_CHARACTERS = 24_000;
const LATEST_MS = 300_000;

export function createSender(url: string, every_ms: number, { now, post, beacon }: Runtime): Sender {
  let waiting: string[] = [];
  let flying: string[] = [];
  let running: Promise<void> | undefined;
  let [sent, dropped, untold, wait_ms, since] = [0, 0, 0, 0, 0];

  const drop = (count: number): void => {
    dropped += count;
    untold += count;
  };

  function take(): string[] {
    let [size, count] = [0, 0];
    for (const line of waiting) {
      size += line.length + 1;
      if (count > 0 && size > BATCH_CHARACTERS) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  async function run(): Promise<void> {
    while (waiting.length && now() - since >= wait_ms) {
      flying = take();
      let [status, rejected] = [0, 0];
      try {
        ({ status, rejected } = await post(url, flying.join('\n')));
      } catch {
        // No answer: tried again like an answer that says so.
      }
      const batch = flying;
      flying = [];
      // By a beacon meanwhile; the server knows the same line again.
      if (!batch.length) return;
      if (status >= 200 && status < 300) {
        sent += batch.length - rejected;
        drop(rejected);
        wait_ms = 0;
      } else if (status >= 400 && status < 500 && status !== 429) drop(batch.length);
      else {
        waiting = [...batch, ...waiting];
        wait_ms = Math.min(LATEST_MS, wait_ms * 2 || every_ms);
        since = now();
        trim();
      }
    }
  }

  function trim(): void {
    if (waiting.length > MOST) drop(waiting.splice(0, waiting.length - MOST).length);
  }

  return {
    // One at a time: who asks while one is under way waits for that one, which takes along what came since.
    flush: () =>
      (running ??= run().finally(() => {
        running = undefined;
      })),
    offer(record) {
      // What was lost is told with what comes next.
      const told = untold ? { ...record, attributes: { lost_records: untold } } : record;
      untold = 0;
      waiting.push(JSON.stringify(told));
      trim();
    },
    leave() {
      waiting = [...flying, ...waiting];
      flying = [];
      while (waiting.length) {
        const batch = take();
        if (beacon(url, batch.join('\n'))) sent += batch.length;
        else {
          waiting = [...batch, ...waiting];
          return;
        }
      }
    },
    clear() {
      waiting = [];
      flying = [];
    },
    status: () => ({ waiting: waiting.length + flying.length, sent, dropped }),
  };
}
