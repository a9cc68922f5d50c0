/**
 * Keeps one engine running.
 *
 * States: `starting` → `up` → (death, or no answer within the deadline) → `down` → `starting` …
 * A restart may change address and passwords: whoever talks to the engine asks `current()` for each call and
 * never keeps the value. After each start the listeners run (the loader's recovery among them): `current()`
 * answers already, so that they can query, but the state is `up` and `ready()` resolves only when they are done.
 */
import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import type { Log } from '../../base/log.ts';
import { type Engine, type EngineLauncher, EngineStartError } from './engine.ts';
import { answers, replies } from './local.ts';

export type EngineState = 'starting' | 'up' | 'down';

export interface Supervisor {
  /** Starts the engine and the watch over it. Rejects with `EngineStartError` when the first start fails. */
  start(): Promise<void>;
  stop(): Promise<void>;
  state(): EngineState;
  /** The engine that answers now, also while the listeners run; or null. */
  current(): Engine | null;
  /** Resolves with the engine as soon as one is up; rejects when the supervisor stops or the signal aborts. */
  ready(signal?: AbortSignal): Promise<Engine>;
  /** Restarts since `start`, the first start not counted. */
  restarts(): number;
  /** Called after each start, in order of registration, awaited; an error is logged and does not stop it. */
  onUp(listener: (engine: Engine) => void | Promise<void>): void;
  /** Called when an engine that was up is lost. */
  onDown(listener: () => void): void;
  /** Ends the running engine and starts a new one (a larger pool of slots, a wedged engine). */
  restart(reason: string): Promise<void>;
}

export interface SupervisorOptions {
  clock: Clock;
  log: Log;
  counters: Counters;
  healthEvery_ms?: number;
  healthDeadline_ms?: number;
}

const HEALTH_EVERY_MS = 3_000;
/** A busy engine on two cores answered `SELECT 1` within 1 s; 5 s of silence means that it hangs. */
const HEALTH_DEADLINE_MS = 5_000;
/** Of so many checks one asks a query; the others ask whether it replies at all. A query after every miss decides. */
const QUERY_EVERY = 5;
/** One missed answer may be a stall of the machine, of the disk or of us; two in a row are the engine's. */
const HEALTH_MISSES = 2;
const RESTART_POLL_MS = 10;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 30_000;
/** An engine that lived this long was healthy: its death starts the back-off anew. */
const BACKOFF_RESET_MS = 60_000;

export function createSupervisor(launcher: EngineLauncher, options: SupervisorOptions): Supervisor {
  const { clock, log, counters } = options;
  const listeners: ((engine: Engine) => void | Promise<void>)[] = [];
  const downListeners: (() => void)[] = [];
  const waiting = new Set<{ resolve(engine: Engine): void; reject(error: Error): void }>();
  const stopped = new AbortController();
  let state: EngineState = 'down';
  let engine: Engine | null = null;
  let restarts = 0;
  let backoff_ms = BACKOFF_FIRST_MS;
  let loop: Promise<void> = Promise.resolve();
  let endCurrent: ((reason: string) => void) | null = null;

  counters.add('pegbar_engine_restarts_total', {}, 0);

  function setState(next: EngineState): void {
    state = next;
    counters.set('pegbar_engine_up', {}, next === 'up' ? 1 : 0);
  }

  async function bringUp(): Promise<Engine> {
    setState('starting');
    const began = clock.monotonic();
    const started = await launcher.start();
    if (stopped.signal.aborted) {
      await started.stop();
      throw new Error('the supervisor has stopped');
    }
    engine = started;
    for (const listener of listeners) {
      try {
        await listener(started);
      } catch (error) {
        log.error({ error: String(error) }, 'work after the start of the engine failed');
      }
    }
    setState('up');
    log.info(
      { engine: started.kind, pid: started.pid, ms: Math.round(clock.monotonic() - began) },
      'engine up',
    );
    for (const one of waiting) one.resolve(started);
    waiting.clear();
    return started;
  }

  /** Resolves with the reason when the engine is dead, hangs or is asked to end. */
  async function watch(running: Engine, ended: Promise<string>): Promise<string> {
    let reason: string | null = null;
    void ended.then((told) => {
      reason = told;
    });
    const over = new AbortController();
    void ended.then(() => over.abort());
    let misses = 0;
    let checks = 0;
    while (reason === null) {
      await clock.sleep(options.healthEvery_ms ?? HEALTH_EVERY_MS, over.signal);
      if (reason !== null) break;
      const deadline_ms = options.healthDeadline_ms ?? HEALTH_DEADLINE_MS;
      const { url, user, password } = running;
      const asks = misses > 0 || ++checks % QUERY_EVERY === 0;
      const alive = await (asks ? answers(url, user, password, deadline_ms) : replies(url, deadline_ms));
      misses = alive ? 0 : misses + 1;
      if (misses >= HEALTH_MISSES) return 'no answer to the health check';
    }
    return reason ?? 'ended';
  }

  async function keepUp(running: Engine, ended: Promise<string>): Promise<void> {
    let watched: { engine: Engine; ended: Promise<string> } | null = { engine: running, ended };
    while (!stopped.signal.aborted) {
      if (watched) {
        const since = clock.monotonic();
        const reason = await watch(watched.engine, watched.ended);
        engine = null;
        setState('down');
        for (const listener of downListeners) listener();
        if (stopped.signal.aborted) return;
        log.error({ engine: watched.engine.kind, reason }, 'engine lost, starting a new one');
        await watched.engine.kill();
        if (clock.monotonic() - since > BACKOFF_RESET_MS) backoff_ms = BACKOFF_FIRST_MS;
        counters.add('pegbar_engine_restarts_total');
        restarts += 1;
      }
      watched = await startAgain();
    }
  }

  async function startAgain(): Promise<{ engine: Engine; ended: Promise<string> } | null> {
    await clock.sleep(backoff_ms, stopped.signal);
    backoff_ms = Math.min(BACKOFF_MAX_MS, backoff_ms * 2);
    if (stopped.signal.aborted) return null;
    try {
      return watched(await bringUp());
    } catch (error) {
      engine = null;
      setState('down');
      if (!stopped.signal.aborted) log.error({ error: String(error) }, 'the engine did not start');
      return null;
    }
  }

  function watched(started: Engine): { engine: Engine; ended: Promise<string> } {
    const ended = new Promise<string>((resolve) => {
      endCurrent = resolve;
      started.onDeath(resolve);
    });
    return { engine: started, ended };
  }

  return {
    async start() {
      const first = watched(await bringUp());
      loop = keepUp(first.engine, first.ended);
    },
    async stop() {
      const last = engine;
      stopped.abort();
      endCurrent?.('stop');
      for (const one of waiting) one.reject(new Error('the engine has been stopped'));
      waiting.clear();
      await last?.stop();
      await loop;
      engine = null;
      setState('down');
    },
    state: () => state,
    current: () => engine,
    ready(signal) {
      if (state === 'up' && engine) return Promise.resolve(engine);
      if (stopped.signal.aborted) return Promise.reject(new Error('the engine has been stopped'));
      return new Promise((resolve, reject) => {
        const one = { resolve, reject };
        waiting.add(one);
        signal?.addEventListener(
          'abort',
          () => {
            if (waiting.delete(one)) reject(new EngineStartError('gave up waiting for the engine', '', true));
          },
          { once: true },
        );
      });
    },
    restarts: () => restarts,
    onUp: (listener) => void listeners.push(listener),
    onDown: (listener) => void downListeners.push(listener),
    async restart(reason) {
      const before = engine;
      endCurrent?.(reason);
      while (!stopped.signal.aborted && (engine === before || state !== 'up'))
        await clock.sleep(RESTART_POLL_MS);
    },
  };
}
