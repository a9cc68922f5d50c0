import { RAW_TABLES, tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { BlockBuilder, type FixedColumn } from '../native/index.ts';
import { BLOCK_FRAME, type Frame, IDS_FRAME, type Place, type Spool } from '../spool/index.ts';
import { Dedup, type DedupWindow } from './dedup.ts';

/**
 * The intake: where the rows of all requests that arrive within a few milliseconds become one commit.
 *
 * Decoders write rows synchronously into the builders of the open *group*; `durable()` resolves once the group
 * is on disk. While a group is being written the next one fills. A request either adds all it had to say, or,
 * when it turns out undecodable, is rolled back to where it began: rows and dedup ids alike.
 *
 * Duplicates are acknowledged with their group too, because the first copy may not be durable yet: it is in the
 * same group or in the one that is being written. So when a commit fails, the group that filled meanwhile fails
 * with it: it may hold duplicates of what was lost, and their senders must send again.
 */
export interface Intake {
  readonly dedup: Dedup;
  /** The open group's builder of a raw table. Do not keep it over an await. */
  block(table: string): BlockBuilder;
  /** Runs the synchronous work of one request; rolls its rows and ids back when it throws. */
  transact<T>(work: () => T): T;
  /** Resolves when everything appended so far is on disk; rejects when it could not be written. */
  durable(): Promise<void>;
  /** Why nothing more should be taken now, or null. */
  pressure(): Pressure | null;
  /** Writes what is pending and closes the open log, so that the loader can have it. */
  roll(): Promise<void>;
}

export interface Pressure {
  reason: 'spool_full' | 'disk_full' | 'group_full';
  retryAfterS: number;
}

export interface IntakeOptions {
  spool: Spool;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** Bytes that may wait for the store before ingest is refused. */
  maxBacklogBytes: number;
  /** Free bytes of the disk that holds the spool, sampled by the caller. */
  diskFree(): number;
  minFreeBytes: number;
}

/** Requests that arrive within this time share one fsync. Measured: acks of 5 ms instead of one write each. */
const GROUP_MS = 2;
/** Rows of a group that waits for the disk; beyond it ingest is refused, so memory stays bounded. */
const GROUP_ROWS = 400_000;
/** A store that is behind catches up at hundreds of thousands of rows a second: a short pause is enough. */
const BACKLOG_RETRY_S = 5;
/** A full disk takes a person. */
const DISK_RETRY_S = 30;

class Group {
  readonly builders = new Map<string, BlockBuilder>();
  promise!: Promise<void>;
  resolve!: () => void;
  reject!: (error: unknown) => void;
  waiting = false;

  constructor() {
    this.renew();
  }

  renew(): void {
    for (const builder of this.builders.values()) builder.reset();
    this.waiting = false;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A waiter that went away must not turn a failed commit into an unhandled rejection.
    this.promise.catch(() => undefined);
  }

  rows(): number {
    let rows = 0;
    for (const builder of this.builders.values()) rows += builder.rows;
    return rows;
  }
}

export function createIntake(options: IntakeOptions): Intake {
  const { spool, clock, counters, log } = options;
  const dedup = new Dedup();
  let open = new Group();
  let spare = new Group();
  let pumping = false;

  async function pump(): Promise<void> {
    pumping = true;
    while (open.waiting) {
      await clock.sleep(GROUP_MS);
      const group = open;
      open = spare;
      const ids = takeIds(dedup);
      try {
        if (group.rows() > 0 || ids.length > 0) await spool.commit((place) => framesOf(group, ids, place));
        group.resolve();
      } catch (error) {
        log.error({ error: String(error) }, 'a commit could not be written; its senders are told to retry');
        giveUp(group, ids, error);
        giveUp(open, takeIds(dedup), error);
        open.renew();
      }
      group.renew();
      spare = group;
    }
    // In the same step as the last look at `open.waiting`, so that no waiter falls in between.
    pumping = false;
  }

  function giveUp(group: Group, ids: readonly TakenIds[], error: unknown): void {
    for (const { window, bytes } of ids) window.forgetTaken(bytes);
    group.reject(error);
  }

  function durable(): Promise<void> {
    open.waiting = true;
    const promise = open.promise;
    if (!pumping) void pump();
    return promise;
  }

  return {
    dedup,
    block(table) {
      const known = open.builders.get(table);
      if (known) return known;
      const made = new BlockBuilder(tableOf(table));
      open.builders.set(table, made);
      return made;
    },
    transact(work) {
      for (const builder of open.builders.values()) builder.mark();
      const before = new Set(open.builders.keys());
      dedup.begin();
      try {
        return work();
      } catch (error) {
        for (const [name, builder] of open.builders) {
          if (before.has(name)) builder.rollback();
          else builder.reset();
        }
        dedup.undo();
        throw error;
      }
    },
    durable,
    pressure() {
      if (options.diskFree() < options.minFreeBytes) return refused('disk_full', DISK_RETRY_S);
      if (spool.backlog().bytes > options.maxBacklogBytes) return refused('spool_full', BACKLOG_RETRY_S);
      if (open.rows() > GROUP_ROWS) return refused('group_full', 1);
      return null;
    },
    async roll() {
      await durable();
      await spool.roll();
    },
  };

  function refused(reason: Pressure['reason'], retryAfterS: number): Pressure {
    counters.add('pegbar_refused_requests_total', { reason });
    return { reason, retryAfterS };
  }
}

interface TakenIds {
  window: DedupWindow;
  bytes: Uint8Array;
}

function takeIds(dedup: Dedup): TakenIds[] {
  const taken: TakenIds[] = [];
  for (const window of dedup.all()) {
    const bytes = window.take();
    if (bytes) taken.push({ window, bytes });
  }
  return taken;
}

function framesOf(group: Group, ids: readonly TakenIds[], place: Place): Frame[] {
  const frames: Frame[] = [];
  for (const { name } of RAW_TABLES) {
    const builder = group.builders.get(name);
    if (!builder || builder.rows === 0) continue;
    stamp(builder, place);
    frames.push({ kind: BLOCK_FRAME, name, rows: builder.rows, parts: builder.encode() });
  }
  for (const { window, bytes } of ids)
    frames.push({ kind: IDS_FRAME, name: window.name, rows: bytes.length / 8, parts: [bytes] });
  return frames;
}

/** Writes `part` and `seg`, the same for every row of a commit. */
function stamp(builder: BlockBuilder, place: Place): void {
  const part = builder.column<FixedColumn>('part');
  const seg = builder.column<FixedColumn>('seg');
  part.touch(builder.rows - 1);
  seg.touch(builder.rows - 1);
  part.u16.fill(place.day, 0, builder.rows);
  const lo = (place.seg % 2 ** 32) | 0;
  const hi = Math.floor(place.seg / 2 ** 32);
  for (let at = 0; at < builder.rows * 2; at += 2) {
    seg.i32[at] = lo;
    seg.i32[at + 1] = hi;
  }
}
