/**
 * Loading, folding and counting beside the thread that acknowledges.
 *
 * The line between the two threads is the closed log: the server writes it and lets go, the loading thread loads it
 * from disk, counts what it changes and says that it is gone. Nothing else is shared. What the loading thread knows
 * beyond that (marks of dirty hours, open hours) is in the state store or can be counted anew, so when it dies another
 * takes its place, in the state in which the next process would find everything after a crash: every log that is still
 * there is in doubt and asked for in the store.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log, LogLevel } from '../base/log.ts';
import { connectRemote, type Remote } from '../base/remote.ts';
import {
  type Bucket,
  type ContentHourCounts,
  type RollupKeeper,
  type RollupRow,
  unpackRows,
} from '../rollups/index.ts';
import type { Spool } from '../spool/index.ts';
import type { Queries, State } from '../state/index.ts';
import type { EngineAddress, Supervisor } from '../store/engine/index.ts';
import type { Loader } from '../store/index.ts';
import type { LoadingSide, ServerSide } from './sides.ts';
import { startThread, type Thread } from './thread.ts';

export interface Loading {
  loader: Pick<Loader, 'loaded' | 'drained' | 'inTurn'>;
  keeper: Pick<RollupKeeper, 'touch' | 'settle' | 'unstored' | 'content'>;
  /** Begins to load; call it when the tables are there. */
  start(): void;
  stop(): Promise<void>;
}

export interface LoadingOptions {
  spool: Spool;
  spoolDir: string;
  state: Pick<State, keyof Queries>;
  supervisor: Pick<Supervisor, 'current' | 'onUp' | 'onDown'>;
  clock: Clock;
  counters: Counters;
  log: Log;
  logLevel: LogLevel;
  /** Makes a thread; tests give one that dies. */
  spawn?: typeof startThread;
}

const RESTART_MS = 1_000;
/** A load that hangs on a dead engine must not hold the end of the server. */
const STOP_MOST_MS = 10_000;

export function startLoading(options: LoadingOptions): Loading {
  const { spool, state, supervisor, clock, counters, log } = options;
  const held = new Map<string, () => readonly RollupRow[]>();
  const content = new Map<string, ContentHourCounts>();
  const stopped = new AbortController();
  let waiting: (() => void)[] = [];
  let loaded = 0;
  let started = false;
  let current = begin();

  function begin(): { thread: Thread; far: Remote<LoadingSide> } {
    const thread = (options.spawn ?? startThread)({
      spoolDir: options.spoolDir,
      idFiles: spool.idFiles(),
      closed: [...spool.closed()],
      engine: addressOf(supervisor.current()),
      logLevel: options.logLevel,
    });
    const offers: ServerSide = {
      stateAll: (sql, params) => state.all(sql, params),
      stateGet: (sql, params) => state.get(sql, params),
      stateRun: (sql, params) => state.run(sql, params),
      released(number, rows) {
        loaded += rows;
        spool.released(number);
        const those = waiting;
        waiting = [];
        for (const wake of those) wake();
      },
      count: (name, labels, n) => counters.add(name, labels, n),
      content: (bucket, counts) =>
        void (counts === null ? content.delete(bucket) : content.set(bucket, counts)),
      counted(bucket, bytes) {
        if (bytes === null) return void held.delete(bucket);
        let rows: readonly RollupRow[] | undefined;
        held.set(bucket, () => {
          rows ??= unpackRows(bytes);
          return rows;
        });
      },
    };
    const far = connectRemote<LoadingSide>(thread.port, { ...offers });
    if (started) far.tell('start', []);
    void thread.ended.then((reason) => replace(far, reason));
    return { thread, far };
  }

  async function replace(far: Remote<LoadingSide>, reason: string): Promise<void> {
    if (stopped.signal.aborted) return;
    counters.add('pegbar_loading_restarts_total');
    log.error({ reason }, 'the loading thread ended: a bug, please report it; another takes its place');
    await clock.sleep(RESTART_MS, stopped.signal);
    if (!stopped.signal.aborted) current = begin();
    far.end(new Error('the loading thread ended'));
  }

  /** Repeats with the next thread what one has taken with it: everything that is asked may be asked twice. */
  async function ask(call: (far: Remote<LoadingSide>) => Promise<void>): Promise<void> {
    for (;;) {
      const { far } = current;
      try {
        return await call(far);
      } catch (error) {
        if (far === current.far || stopped.signal.aborted) throw error;
      }
    }
  }

  spool.onClosed(() => {
    const last = spool.closed().at(-1);
    if (last) current.far.tell('closed', [last]);
  });
  supervisor.onUp((engine) => current.far.tell('engine', [addressOf(engine)]));
  supervisor.onDown(() => current.far.tell('engine', [null]));

  return {
    loader: {
      loaded: () => loaded,
      async drained() {
        const last = spool.closed().at(-1)?.number ?? 0;
        while (!stopped.signal.aborted && spool.closed().some((one) => one.number <= last))
          await new Promise<void>((wake) => waiting.push(wake));
      },
      async inTurn(work) {
        await ask((far) => far.call('hold'));
        try {
          return await work();
        } finally {
          current.far.tell('resume', []);
        }
      },
    },
    keeper: {
      touch: (buckets: Iterable<Bucket>) => {
        const all = [...buckets];
        return ask((far) => far.call('touch', all));
      },
      settle: () => ask((far) => far.call('settle')),
      unstored: () => held,
      content: () => content,
    },
    start() {
      started = true;
      current.far.tell('start', []);
    },
    async stop() {
      stopped.abort();
      const { far, thread } = current;
      const late = new AbortController();
      await Promise.race([far.call('stop').catch(() => undefined), clock.sleep(STOP_MOST_MS, late.signal)]);
      late.abort();
      far.end(new Error('the server stops'));
      for (const wake of waiting) wake();
      await thread.terminate();
    },
  };
}

function addressOf(engine: EngineAddress | null): EngineAddress | null {
  return engine && { url: engine.url, user: engine.user, password: engine.password };
}
