/** Work that may wait, a little at a time: pictures must not take the processors from ingest. */
export interface WorkQueue {
  /** Runs when its turn comes; null at once where too much waits already. */
  run<T>(work: () => Promise<T>): Promise<T> | null;
}

export function createWorkQueue(limits: { running: number; waiting: number }): WorkQueue {
  let running = 0;
  const waiting: (() => void)[] = [];
  function enter(): Promise<void> {
    if (running >= limits.running) return new Promise((resolve) => waiting.push(resolve));
    running += 1;
    return Promise.resolve();
  }
  /** The place goes to the next in line, so that nobody overtakes. */
  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
  return {
    run(work) {
      if (running >= limits.running && waiting.length >= limits.waiting) return null;
      const turn = enter();
      return turn.then(async () => {
        try {
          return await work();
        } finally {
          leave();
        }
      });
    },
  };
}
