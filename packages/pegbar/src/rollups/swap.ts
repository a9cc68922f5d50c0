import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import type { Result } from '../base/result.ts';
import { type Store, type StoreError, StoreFailure } from '../store/index.ts';
import type { BinLists } from './counts.ts';
import { seriesBlock } from './series-block.ts';
import type { SeriesCounts } from './series-counts.ts';

export const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY_MS = 4 * 24 * HOUR_MS;

/** One (tenant, hour). */
export interface Bucket {
  tenant: string;
  hour_ms: number;
}

export const bucketKey = (bucket: Bucket): string => `${bucket.tenant}|${bucket.hour_ms / 1000}`;

/** Start of the week of an hour, in the calendar of the table's partitions. */
export function weekOf(hour_ms: number): number {
  return hour_ms - ((((hour_ms - FIRST_MONDAY_MS) % WEEK_MS) + WEEK_MS) % WEEK_MS);
}

/** New rows on their way to replace what stands in a partition of a table. */
export interface Swap {
  /** Whether something stands there that they replace; else they come on top. */
  readonly replaces: boolean;
  add(counts: SeriesCounts, lists: BinLists): Promise<void>;
  /** From here on every reader sees the new rows. */
  commit(): Promise<void>;
  /** Waits for what is on its way, so that it cannot come into the next swap. */
  abandon(): Promise<void>;
}

/**
 * Replaces the rows of a partition that are `leaving` at once for every reader. Where there are none the new rows are
 * attached to it; else the partition is composed in a table aside and swapped in. Run it again after a crash and it ends
 * the same: what was attached then leaves.
 */
export async function beginSwap(
  store: Store,
  clock: Clock,
  at: {
    table: 'roll_hours' | 'roll_days';
    partition: string;
    inPartition: string;
    leaving: string;
    params: Record<string, unknown>;
  },
): Promise<Swap> {
  const { table, partition, inPartition, leaving, params } = at;
  const replaces = !(await isEmpty(store, `${table} WHERE ${inPartition} AND ${leaving}`, params));
  await composeAside(store, table, replaces ? `${inPartition} AND NOT (${leaving})` : undefined, params);
  /** Blocks of one INSERT. */
  let waiting: Uint8Array[] = [];
  let rows = 0;
  /** One INSERT is on its way while the next hours are counted. */
  let inserted: Promise<void> = Promise.resolve();
  async function flush(): Promise<void> {
    await inserted;
    if (rows === 0) return;
    inserted = done(store.insertNative(`${table}_swap`, waiting));
    // Told of where it is awaited.
    inserted.catch(() => undefined);
    waiting = [];
    rows = 0;
  }
  return {
    replaces,
    async add(counts, lists) {
      // A block without rows ends the INSERT: the engine would leave out those after it.
      if (counts.counts.rows === 0) return;
      const block = await paced(seriesBlock(counts, lists), clock);
      waiting.push(...block.encode());
      rows += block.rows;
      if (rows >= INSERT_ROWS) await flush();
    },
    async commit() {
      await flush();
      await inserted;
      await (replaces ? replacePartition : attachPartition)(store, table, partition);
    },
    abandon: () => inserted.catch(() => undefined),
  };
}

/** Begins `TABLE_swap` with the rows of the table that stay, if any; those that replace the others follow. */
export async function composeAside(
  store: Store,
  table: string,
  staying: string | undefined,
  params: Record<string, unknown>,
): Promise<void> {
  await done(store.command(`CREATE TABLE IF NOT EXISTS ${table}_swap AS ${table}`));
  await done(store.command(`TRUNCATE TABLE ${table}_swap`));
  if (staying !== undefined)
    await done(
      store.command(`INSERT INTO ${table}_swap SELECT * FROM ${table} WHERE ${staying}`, { params }),
    );
}

/** Puts the rows of `TABLE_swap` in the place of a partition of the table; nothing is left where it is empty. */
async function replacePartition(store: Store, table: string, partition: string): Promise<void> {
  // The engine refuses to replace a partition by nothing.
  const change = (await isEmpty(store, `${table}_swap`))
    ? `DROP PARTITION ${partition}`
    : `REPLACE PARTITION ${partition} FROM ${table}_swap`;
  await done(store.command(`ALTER TABLE ${table} ${change}`));
  await done(store.command(`TRUNCATE TABLE ${table}_swap`));
}

/** Puts the rows of `TABLE_swap` beside those of a partition of the table: all of them at once. */
async function attachPartition(store: Store, table: string, partition: string): Promise<void> {
  await done(store.command(`ALTER TABLE ${table} ATTACH PARTITION ${partition} FROM ${table}_swap`));
  await done(store.command(`TRUNCATE TABLE ${table}_swap`));
}

/** UTC date of a moment. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Rows per INSERT: a rollup row is some hundred bytes. */
const INSERT_ROWS = 200_000;

async function isEmpty(store: Store, what: string, params: Record<string, unknown> = {}): Promise<boolean> {
  const answer = await store.rows(`SELECT 1 FROM ${what} LIMIT 1`, { params });
  if (!answer.ok) throw new StoreFailure(answer.error);
  return answer.value.length === 0;
}

/** For steps that are repeated as a whole when one of them fails. */
export async function done(result: Promise<Result<null, StoreError>>): Promise<void> {
  const answer = await result;
  if (!answer.ok) throw new StoreFailure(answer.error);
}
