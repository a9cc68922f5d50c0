import { tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import type { Result } from '../base/result.ts';
import { type ArrayColumn, BlockBuilder, type DictionaryColumn, type FixedColumn } from '../native/index.ts';
import { type Store, type StoreError, StoreFailure, TOTAL_TENANT } from '../store/index.ts';
import type { Bins } from './bins.ts';
import type { RollupRow } from './builder.ts';

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

/** New rows of some buckets of one week, on their way to replace what stands there. */
export interface WeekSwap {
  add(rows: readonly RollupRow[]): Promise<void>;
  /** From here on every reader sees the new rows. */
  commit(): Promise<void>;
}

/**
 * Replaces the stored rows of some buckets of one week at once for every reader: the week is composed in a table
 * aside and swapped in as a partition. Run it again after a crash and it ends the same.
 */
export async function beginWeek(
  store: Store,
  clock: Clock,
  week_ms: number,
  buckets: readonly Bucket[],
): Promise<WeekSwap> {
  const partition = dateOf(week_ms);
  const hours = [...new Set(buckets.map((one) => one.hour_ms))];
  const leaving = [...buckets, ...hours.map((hour_ms) => ({ tenant: TOTAL_TENANT, hour_ms }))];
  await composeAside(
    store,
    'roll_hours',
    "toMonday(t) = {week:Date} AND concat(tenant, '|', toString(toUnixTimestamp(t))) NOT IN {buckets:Array(String)}",
    { week: partition, buckets: leaving.map(bucketKey) },
  );
  return {
    async add(rows) {
      for (let at = 0; at < rows.length; at += INSERT_ROWS) {
        const block = await paced(blockOf(rows.slice(at, at + INSERT_ROWS)), clock);
        await done(store.insertNative('roll_hours_swap', block.encode()));
      }
    },
    async commit() {
      await addTotals(store, hours);
      await replacePartition(store, 'roll_hours', `'${partition}'`);
    },
  };
}

/** Hours of one statement: bounds its memory. */
const TOTAL_HOURS = 24;

/**
 * Adds the rows of all tenants together, which stand under a tenant of their own: whoever sees all tenants reads one
 * row in place of one of each. They are swapped in with what they are the sum of, so they agree at any moment.
 */
async function addTotals(store: Store, hours: readonly number[]): Promise<void> {
  for (let at = 0; at < hours.length; at += TOTAL_HOURS) {
    const params = { hours: hours.slice(at, at + TOTAL_HOURS).map((hour_ms) => hour_ms / 1000) };
    await done(
      store.command(
        `INSERT INTO roll_hours_swap (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
         SELECT '${TOTAL_TENANT}', metric, stage, dim, value, t, n, sum, histogram.1, histogram.2::Array(UInt32) FROM (
           SELECT metric, stage, dim, value, t, sum(n) AS n, sum(sum) AS sum, sumMap(bins, counts) AS histogram
           FROM roll_hours_swap
           WHERE tenant != '${TOTAL_TENANT}' AND toUnixTimestamp(t) IN {hours:Array(UInt32)}
           GROUP BY metric, stage, dim, value, t
         )`,
        { params },
      ),
    );
  }
}

/** Begins `TABLE_swap` with the rows of a partition of the table that stay; those that replace the others follow. */
export async function composeAside(
  store: Store,
  table: string,
  staying: string,
  params: Record<string, unknown>,
): Promise<void> {
  await done(store.command(`CREATE TABLE IF NOT EXISTS ${table}_swap AS ${table}`));
  await done(store.command(`TRUNCATE TABLE ${table}_swap`));
  await done(store.command(`INSERT INTO ${table}_swap SELECT * FROM ${table} WHERE ${staying}`, { params }));
}

/** Puts the rows of `TABLE_swap` in the place of a partition of the table; nothing is left where it is empty. */
export async function replacePartition(store: Store, table: string, partition: string): Promise<void> {
  // The engine refuses to replace a partition by nothing.
  const change = (await isEmpty(store, `${table}_swap`))
    ? `DROP PARTITION ${partition}`
    : `REPLACE PARTITION ${partition} FROM ${table}_swap`;
  await done(store.command(`ALTER TABLE ${table} ${change}`));
  await done(store.command(`TRUNCATE TABLE ${table}_swap`));
}

/** UTC date of a moment. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Rows per INSERT: a rollup row is some hundred bytes. */
const INSERT_ROWS = 200_000;

/** Rows that are written in one step. */
const STEP_ROWS = 1_000;

/** Writes the columns themselves, in steps: a round may have a hundred thousand rows. */
export function* blockOf(rows: readonly RollupRow[]): Generator<undefined, BlockBuilder> {
  const block = new BlockBuilder(tableOf('roll_hours'));
  const texts = (['tenant', 'metric', 'stage', 'dim', 'value'] as const).map(
    (name) => [name, block.column<DictionaryColumn>(name)] as const,
  );
  const t = block.column<FixedColumn>('t');
  const n = block.column<FixedColumn>('n');
  const sum = block.column<FixedColumn>('sum');
  const bins = block.column<ArrayColumn>('bins');
  const counts = block.column<ArrayColumn>('counts');
  for (const row of rows) {
    const at = block.rows++;
    const { tally } = row;
    for (const [name, column] of texts) column.push(at, row[name]);
    t.push(at, row.t_ms / 1000);
    n.push(at, tally.n);
    sum.push(at, Math.round(tally.micro));
    if (at % STEP_ROWS === 0) yield;
    if (!tally.bins) continue;
    const codes = tally.bins.codes();
    bins.push(at, codes);
    counts.push(at, countsOf(tally.bins, codes));
  }
  return block;
}

function countsOf(bins: Bins, codes: Uint16Array): Uint32Array {
  const counts = new Uint32Array(codes.length);
  for (let at = 0; at < codes.length; at++) counts[at] = bins.get(codes[at]!)!;
  return counts;
}

async function isEmpty(store: Store, table: string): Promise<boolean> {
  const answer = await store.rows(`SELECT 1 FROM ${table} LIMIT 1`);
  if (!answer.ok) throw new StoreFailure(answer.error);
  return answer.value.length === 0;
}

/** For steps that are repeated as a whole when one of them fails. */
export async function done(result: Promise<Result<null, StoreError>>): Promise<void> {
  const answer = await result;
  if (!answer.ok) throw new StoreFailure(answer.error);
}
