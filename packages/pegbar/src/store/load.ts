import { tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { ClosedLog, Segments, Spool } from '../spool/index.ts';

/**
 * The loader: moves closed logs into the store, a segment (one table of one log) by one INSERT.
 *
 * One INSERT makes one part, so a segment is in the store whole or not at all. What is not known after a crash
 * or a lost connection is asked: rows are counted by `seg`. N: done. 0: load again. Between (it cannot be by
 * construction, but a store may be restored from a copy): the rows are deleted first. The engine's own dedup
 * tokens guard only the request in flight, never recovery: they were measured to lose rows after kill -9
 * (docs/decisions/recovery.md), so each attempt has a token of its own.
 */
export interface Loader {
  start(): void;
  /** Resolves when every log that is closed now is loaded. */
  drained(): Promise<void>;
  stop(): Promise<void>;
  /** Rows loaded since the start of the process. */
  loaded(): number;
}

/** What the loader needs of the store; expected failures are values. */
export interface SegmentStore {
  insertNative(table: string, blocks: readonly Uint8Array[], token: string): Promise<InsertResult>;
  countSegment(table: string, seg: number): Promise<number>;
  deleteSegment(table: string, seg: number): Promise<void>;
}

export type InsertResult =
  | { kind: 'stored' }
  | { kind: 'retry'; message: string }
  | { kind: 'refused'; message: string };

/** What follows from a log: rows of merging tables, folded from its raw rows. */
export interface Derived {
  /** Adding them twice changes nothing: they are simply inserted again where it is not known whether they were. */
  idempotent: Map<string, readonly Uint8Array[]>;
  /** Adding them twice would count twice. */
  additive: Map<string, readonly Uint8Array[]>;
}

export interface LoadListener {
  /** Called before a log is loaded: marks what its rows change and says what follows from them. */
  before(segments: Segments): Promise<Derived>;
  /** Derives the additive rows of a log from the stored raw rows, replacing what may be there. */
  rederive(segments: Segments): Promise<void>;
}

export interface LoaderOptions {
  spool: Spool;
  store: SegmentStore;
  listener: LoadListener;
  clock: Clock;
  counters: Counters;
  log: Log;
}

/** Rows of a merging table cannot be counted by segment, and adding them twice changes nothing. */
const merging = (table: string): boolean => tableOf(table).engine === 'AggregatingMergeTree';

const BACKOFF_MS = [50, 200, 1000, 3000];

export function createLoader(options: LoaderOptions): Loader {
  const { spool, store, listener, clock, counters, log } = options;
  const stop = new AbortController();
  /** Logs of an earlier process, or whose load was interrupted: the store may have part of them. */
  const doubtful = new Set<number>(spool.closed().map((one) => one.seg));
  let running: Promise<void> | undefined;
  let loaded = 0;
  let attempts = 0;

  function wake(): void {
    if (stop.signal.aborted) return;
    running ??= run().finally(() => {
      running = undefined;
      if (spool.closed().length > 0) wake();
    });
  }

  async function run(): Promise<void> {
    for (let target = spool.closed()[0]; target && !stop.signal.aborted; target = spool.closed()[0]) {
      const done = await loadLog(target);
      if (!done) return;
    }
  }

  async function loadLog(target: ClosedLog): Promise<boolean> {
    const segments = await spool.read(target);
    const derived = await untilDone(() => listener.before(segments));
    if (!derived) return false;
    for (const [table, segment] of segments.tables) {
      if (!(await loadSegment(segments.seg, table, segment.rows, segment.blocks))) return false;
      loaded += segment.rows;
    }
    if (!(await loadDerived(segments, derived))) return false;
    await spool.release(target);
    doubtful.delete(target.seg);
    return true;
  }

  /** False only when the loader is being stopped. */
  async function loadSegment(
    seg: number,
    table: string,
    rows: number,
    blocks: readonly Buffer[],
  ): Promise<boolean> {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        if (doubtful.has(seg) && !merging(table) && (await alreadyStored(seg, table, rows))) return true;
        const result = await store.insertNative(
          table,
          blocks,
          `${seg}.${table}.${process.pid}.${attempts++}`,
        );
        if (result.kind === 'stored') {
          counters.add('pegbar_loaded_rows_total', { table }, rows);
          return true;
        }
        if (result.kind === 'refused') {
          await spool.bury(seg, table, blocks, result.message);
          return true;
        }
        log.warn({ segment: seg, table, message: result.message }, 'a segment could not be loaded yet');
      } catch (error) {
        log.warn({ segment: seg, table, message: String(error) }, 'a segment could not be loaded yet');
      }
      doubtful.add(seg);
      counters.add('pegbar_load_retries_total', { table });
      await clock.sleep(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!, stop.signal);
    }
    return false;
  }

  async function loadDerived(segments: Segments, { idempotent, additive }: Derived): Promise<boolean> {
    for (const [table, blocks] of idempotent)
      if (!(await untilDone(() => insert(table, blocks, segments.seg)))) return false;
    for (const [table, blocks] of additive) {
      const done = await untilDone(async () => {
        if (doubtful.has(segments.seg)) await listener.rederive(segments);
        else {
          doubtful.add(segments.seg);
          await insert(table, blocks, segments.seg);
          doubtful.delete(segments.seg);
        }
        return true;
      });
      if (!done) return false;
    }
    return true;
  }

  async function insert(table: string, blocks: readonly Uint8Array[], seg: number): Promise<true> {
    const result = await store.insertNative(table, blocks, `${seg}.${table}.${process.pid}.${attempts++}`);
    if (result.kind !== 'stored') throw new Error(result.message);
    return true;
  }

  /** Repeats a step until it succeeds; undefined only when the loader is being stopped. */
  async function untilDone<T>(step: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        return await step();
      } catch (error) {
        counters.add('pegbar_load_retries_total', { table: 'derived' });
        log.warn({ message: String(error) }, 'a log could not be loaded yet');
        await clock.sleep(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!, stop.signal);
      }
    }
    return undefined;
  }

  async function alreadyStored(seg: number, table: string, rows: number): Promise<boolean> {
    const count = await store.countSegment(table, seg);
    if (count === rows) return true;
    if (count > 0) {
      log.warn(
        { segment: seg, table, rows, count },
        'part of a segment was stored; it is deleted and loaded again',
      );
      await store.deleteSegment(table, seg);
    }
    return false;
  }

  spool.onClosed(wake);

  return {
    start: wake,
    async drained() {
      const last = spool.closed().at(-1)?.number ?? 0;
      while (!stop.signal.aborted && spool.closed().some((one) => one.number <= last)) {
        wake();
        await running;
      }
    },
    async stop() {
      stop.abort();
      await running;
    },
    loaded: () => loaded,
  };
}
