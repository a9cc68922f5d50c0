import { randomUUID } from 'node:crypto';
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
 * construction, but a store may be restored from a copy): the rows are deleted first.
 *
 * The engine's dedup tokens guard against an INSERT that is still on its way when it is sent again, so a segment
 * keeps its token while this process lives. They do not guard recovery: an engine that was killed may know the
 * token of rows that it lost (docs/decisions/recovery.md). So the token of another process is never used again,
 * and the success of a repeated INSERT is believed only once the rows are counted.
 */
export interface Loader {
  start(): void;
  /** Resolves when every log that is closed now is loaded. */
  drained(): Promise<void>;
  /** Runs work between two logs: none is being loaded meanwhile. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
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
  /** Called when all of it is in the store: what was counted while it was being loaded must be counted again. */
  stored(): Promise<void>;
}

export interface LoadListener {
  /** Called before a log is loaded: marks what its rows change and says what follows from them. */
  before(segments: Segments): Promise<Derived>;
  /** Derives the additive rows of a log from the stored raw rows, replacing what may be there. */
  rederive(segments: Segments): Promise<void>;
}

export interface LoaderOptions {
  spool: Pick<Spool, 'closed' | 'read' | 'release' | 'bury' | 'onClosed'>;
  store: SegmentStore;
  listener: LoadListener;
  clock: Clock;
  counters: Pick<Counters, 'add'>;
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
  /** Logs of which the store was found to have something, until their derived rows are loaded. */
  const begun = new Set<number>();
  let running: Promise<void> | undefined;
  let loaded = 0;
  /** Part of every token: no other process can have used one of ours. */
  const origin = randomUUID();
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
      const log = target;
      if (!(await inTurn(() => loadLog(log)))) return;
    }
  }

  let lane: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lane.then(work);
    lane = turn.catch(() => undefined);
    return turn;
  }

  async function loadLog(target: ClosedLog): Promise<boolean> {
    const segments = await untilDone(() => spool.read(target));
    const derived = segments && (await untilDone(() => listener.before(segments)));
    if (!derived) return false;
    for (const [table, segment] of segments.tables) {
      const done = await loadSegment(segments.seg, table, segment.rows, segment.blocks);
      if (!done) return false;
      if (done === 'stored') loaded += segment.rows;
      // What follows from rows that the store refused must not be added: it is derived from what is there.
      else begun.add(segments.seg);
    }
    // Derived rows come last: where no raw row was found, none of them can be there, and deriving them anew from
    // all rows of their requests, which takes a hundred times as long, is not needed.
    if (begun.delete(segments.seg)) doubtful.add(segments.seg);
    else doubtful.delete(segments.seg);
    if (!(await loadDerived(segments, derived))) return false;
    if (!(await untilDone(() => derived.stored().then(() => true)))) return false;
    if (!(await untilDone(() => spool.release(target).then(() => true)))) return false;
    doubtful.delete(target.seg);
    return true;
  }

  /** Undefined only when the loader is being stopped. */
  async function loadSegment(
    seg: number,
    table: string,
    rows: number,
    blocks: readonly Buffer[],
  ): Promise<'stored' | 'buried' | undefined> {
    let token = tokenOf(seg, table);
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        const asked = doubtful.has(seg) && !merging(table);
        const before = asked ? await countStored(seg, table, rows) : 0;
        if (before > 0) begun.add(seg);
        if (before === rows) return 'stored';
        if (before > 0) token = tokenOf(seg, table);
        const result = await store.insertNative(table, blocks, token);
        if (result.kind === 'refused') {
          await spool.bury(seg, table, blocks, result.message);
          return 'buried';
        }
        if (result.kind === 'stored' && (!asked || (await countStored(seg, table, rows)) === rows)) {
          counters.add('pegbar_loaded_rows_total', { table }, rows);
          return 'stored';
        }
        // Stored, it says, and is not there: it knew the token. The rows are asked for once more after the pause.
        if (result.kind === 'stored') token = tokenOf(seg, table);
        const message = result.kind === 'retry' ? result.message : 'the rows are not there';
        log.warn({ segment: seg, table, message }, 'a segment could not be loaded yet');
      } catch (error) {
        log.warn({ segment: seg, table, message: String(error) }, 'a segment could not be loaded yet');
      }
      doubtful.add(seg);
      counters.add('pegbar_load_retries_total', { table });
      await clock.sleep(BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!, stop.signal);
    }
    return undefined;
  }

  function tokenOf(seg: number, table: string): string {
    return `${seg}.${table}.${origin}.${attempts++}`;
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
    const result = await store.insertNative(table, blocks, tokenOf(seg, table));
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

  /** Rows of the segment that are stored: none, a part of them (which is deleted) or all. */
  async function countStored(seg: number, table: string, rows: number): Promise<number> {
    const count = await store.countSegment(table, seg);
    // More than the log has now: it was damaged after it was loaded, and the store has what it lost.
    if (count === 0 || count >= rows) return Math.min(count, rows);
    log.warn(
      { segment: seg, table, rows, count },
      'part of a segment was stored; it is deleted and loaded again',
    );
    await store.deleteSegment(table, seg);
    return count;
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
    inTurn,
    async stop() {
      stop.abort();
      await running;
    },
    loaded: () => loaded,
  };
}
