/**
 * How many calls of one kind may be at the engine at once, and how many may wait. A burst of dashboards then
 * waits for dashboards, and never for or instead of the loader.
 */
import { fail, ok, type Result } from '../base/result.ts';
import type { StoreError } from './errors.ts';

export interface LaneLimit {
  running: number;
  waiting: number;
}

/** Two cores serve a few queries well and many badly; a queue longer than its patience helps nobody. */
export const LANES = {
  /** Inserts and recovery: one after the other keeps parts large. */
  load: { running: 2, waiting: 64 },
  /** Dashboards, rooms, workers. */
  read: { running: 6, waiting: 256 },
  /** SQL of people: may be heavy, must not starve the rest. */
  analyst: { running: 3, waiting: 32 },
  /** DDL, mutations, retention. */
  admin: { running: 2, waiting: 64 },
} as const satisfies Record<string, LaneLimit>;

export type Lane = keyof typeof LANES;

export interface Lanes {
  /** Resolves with the function that gives the place back. */
  enter(lane: Lane, signal?: AbortSignal): Promise<Result<() => void, StoreError>>;
  /** Calls at the engine and waiting, for the status page. */
  load(lane: Lane): { running: number; waiting: number };
}

interface State {
  running: number;
  queue: (() => void)[];
}

export function createLanes(limits: Record<Lane, LaneLimit> = LANES): Lanes {
  const states = new Map<Lane, State>();
  const stateOf = (lane: Lane): State => {
    const state = states.get(lane) ?? { running: 0, queue: [] };
    states.set(lane, state);
    return state;
  };

  function leaveOnce(state: State): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      state.running -= 1;
      state.queue.shift()?.();
    };
  }

  return {
    load: (lane) => ({ running: stateOf(lane).running, waiting: stateOf(lane).queue.length }),
    async enter(lane, signal) {
      const state = stateOf(lane);
      if (signal?.aborted) return fail(CANCELLED);
      if (state.running >= limits[lane].running) {
        if (state.queue.length >= limits[lane].waiting) {
          return fail({
            kind: 'retryable',
            code: null,
            type: 'BUSY',
            message: `more than ${limits[lane].waiting} ${lane} queries are waiting`,
          });
        }
        const entered = await waitForTurn(state, signal);
        if (!entered) return fail(CANCELLED);
      }
      state.running += 1;
      return ok(leaveOnce(state));
    },
  };
}

export const CANCELLED: StoreError = {
  kind: 'rejected',
  code: null,
  type: 'CANCELLED',
  message: 'the caller gave up',
};

function waitForTurn(state: State, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onTurn = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    };
    const onAbort = (): void => {
      state.queue.splice(state.queue.indexOf(onTurn), 1);
      resolve(false);
    };
    state.queue.push(onTurn);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
