/** The loading thread's side: loader, fold and counting, with a store client and a shelf of their own. */
import { systemClock as clock } from '../base/clock.ts';
import { createLog } from '../base/log.ts';
import { connectRemote, type Port } from '../base/remote.ts';
import { createDeriver } from '../requests/index.ts';
import { createRollupKeeper, type RollupKeeper } from '../rollups/index.ts';
import { type ClosedLog, openShelf } from '../spool/index.ts';
import type { Queries } from '../state/index.ts';
import type { EngineAddress } from '../store/engine/index.ts';
import { createLoader, createStore, type Loader, segmentStore } from '../store/index.ts';
import type { LoadingSetup, ServerSide } from './sides.ts';

export function runLoading(port: Port, setup: LoadingSetup): void {
  const closed: ClosedLog[] = [...setup.closed];
  const wakers: (() => void)[] = [];
  const engine = mirrorOf(setup.engine);
  let resume = (): void => undefined;

  const server = connectRemote<ServerSide>(port, {
    closed(log: ClosedLog) {
      closed.push(log);
      for (const wake of wakers) wake();
    },
    engine: (address: EngineAddress | null) => engine.set(address),
    async start() {
      const { loader, keeper } = await parts;
      loader.start();
      keeper.start();
    },
    touch: async (buckets: Parameters<RollupKeeper['touch']>[0]) => (await parts).keeper.touch(buckets),
    settle: async () => (await parts).keeper.settle(),
    async hold() {
      const { loader } = await parts;
      await new Promise<void>((held) => {
        void loader.inTurn(() => {
          held();
          return new Promise<void>((done) => {
            resume = done;
          });
        });
      });
    },
    resume: () => resume(),
    async stop() {
      resume();
      const { loader, keeper, store, shelf } = await parts;
      await loader.stop();
      await keeper.stop();
      await shelf.close();
      await store.close();
    },
  });

  const parts = build();

  async function build() {
    const log = createLog(setup.logLevel);
    const counters = {
      add: (name: string, labels: Record<string, string> = {}, n = 1) =>
        server.tell('count', [name, labels, n]),
    };
    const state = {
      all: (sql: string, params = []) => server.call('stateAll', sql, params),
      get: (sql: string, params = []) => server.call('stateGet', sql, params),
      run: (sql: string, params = []) => server.call('stateRun', sql, params),
    } as Queries;
    const store = createStore(engine, { clock });
    const shelf = openShelf({ dir: setup.spoolDir, clock, counters, log, idFiles: setup.idFiles });
    const keeper = await createRollupKeeper({
      state,
      store,
      clock,
      counters,
      log,
      onContent: (bucket, counts) => server.tell('content', [bucket, counts ?? null]),
      onCounted(bucket, rows) {
        if (rows === undefined) server.tell('counted', [bucket, null]);
        else server.tell('counted', [bucket, rows], [rows.buffer as ArrayBuffer]);
      },
    });
    let told = 0;
    const loader: Loader = createLoader({
      spool: {
        closed: () => closed,
        read: shelf.read,
        async release(log) {
          await shelf.release(log);
          closed.splice(closed.indexOf(log), 1);
          server.tell('released', [log.number, loader.loaded() - told]);
          told = loader.loaded();
        },
        bury: shelf.bury,
        onClosed: (waker) => void wakers.push(waker),
      },
      store: segmentStore(store),
      listener: createDeriver({ store, log, touch: (buckets) => keeper.touch(buckets), clock }),
      clock,
      counters,
      log,
    });
    return { loader, keeper, store, shelf };
  }
}

/** The supervisor as this thread sees it. */
function mirrorOf(first: EngineAddress | null) {
  let current = first;
  const waiting = new Set<(engine: EngineAddress) => void>();
  return {
    current: () => current,
    ready(signal?: AbortSignal): Promise<EngineAddress> {
      if (current) return Promise.resolve(current);
      return new Promise((resolve, reject) => {
        waiting.add(resolve);
        signal?.addEventListener(
          'abort',
          () => {
            if (waiting.delete(resolve)) reject(new Error('gave up waiting for the engine'));
          },
          { once: true },
        );
      });
    },
    set(engine: EngineAddress | null) {
      current = engine;
      if (!engine) return;
      for (const resolve of waiting) resolve(engine);
      waiting.clear();
    },
  };
}
