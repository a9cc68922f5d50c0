/**
 * What a sweep of drift reads: sums per quarter of a day, and beside each the sum of the same quarters of the week in
 * the four weeks before, its reference. A sweep then reads two rows where it would read hundreds.
 *
 * Both are pure functions of the hour rows and made anew, never counted on: where hours of a quarter were counted anew
 * (late rows, scores of old pictures, an erasure), the quarter is marked before they are swapped in, and it and the
 * references that it is part of are summed again. A crash leaves the mark. A quarter is summed once it is over.
 */
import { QUARTER_METRICS, QUARTER_STAGE_METRICS } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { type Queries, readSetting, writeSetting } from '../state/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { seriesBlock } from './series-block.ts';
import { SeriesCounts } from './series-counts.ts';
import { eachStoredRow, STORED_COLUMNS } from './stored-rows.ts';
import { composeAside, dateOf, done, HOUR_MS } from './swap.ts';

export const QUARTER_MS = 6 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** As many weeks of a weekday as the usual baseline of 28 days has. */
export const REFERENCE_WEEKS = 4;
/** Older days are no current window any more; questions about them are answered from the hours. */
const KEPT_MS = 9 * WEEK_MS;
/** Hours are closed by then: those of a quarter that is over need not be summed twice. */
const GRACE_MS = 6 * 60_000;
/** 35 days: bounds how long the next round of the hours waits; a reference is summed once for all of them. */
const QUARTERS_PER_STEP = 140;
/** Bounds the memory of a sum; less than a week, so that no quarter of a lot is the reference of another. */
const DAYS_PER_LOT = 4;
const MARKS_PER_STATEMENT = 200;

export interface Quarters {
  /** Marks the quarters of hours that are about to change; durable when it resolves. */
  touch(hours: Iterable<number>): Promise<void>;
  /** Sums some of the days that are due; resolves with how many quarters are due still. */
  step(): Promise<number>;
}

type Mark = { t_ms: number; touched: number };

export const quarterOf = (at_ms: number): number => Math.floor(at_ms / QUARTER_MS) * QUARTER_MS;

export async function createQuarters(deps: {
  state: Queries;
  store: Store;
  clock: Clock;
}): Promise<Quarters> {
  const { state, store, clock } = deps;
  let prepared = '';
  let marked = false;

  async function touch(hours: Iterable<number>): Promise<void> {
    const oldest = clock.now() - KEPT_MS;
    const marks = [...new Set([...hours].map(quarterOf))].filter((t_ms) => t_ms >= oldest);
    for (let at = 0; at < marks.length; at += MARKS_PER_STATEMENT) {
      const lot = marks.slice(at, at + MARKS_PER_STATEMENT);
      await state.run(
        `INSERT INTO dirty_quarters (t_ms, touched) VALUES ${lot.map(() => '(?, 1)').join(', ')}
         ON CONFLICT (t_ms) DO UPDATE SET touched = touched + 1`,
        lot,
      );
    }
  }

  /** Once a day: what tomorrow is compared with is there although nothing came a week before; what is old goes. */
  async function prepare(): Promise<void> {
    const today = dateOf(clock.now());
    if (today === prepared) return;
    const oldest = dateOf(clock.now() - KEPT_MS);
    for (const table of ['roll_quarters', 'roll_references']) await dropBefore(store, table, oldest);
    const midnight = Date.parse(`${today}T00:00:00Z`);
    const two = Array.from({ length: (2 * DAY_MS) / QUARTER_MS }, (_, at) => midnight + at * QUARTER_MS);
    await sumReferences(store, clock, two);
    prepared = today;
  }

  /** Hours of before there were quarters. Not at the start: a new store has no tables yet. */
  async function markStored(): Promise<void> {
    if (marked || (await readSetting(state, MARKED)) !== undefined) return;
    const known = await store.rows<{ t: number }>('SELECT DISTINCT toUnixTimestamp(t) AS t FROM roll_hours');
    if (!known.ok) throw new StoreFailure(known.error);
    await touch(known.value.map(({ t }) => Number(t) * 1000));
    await writeSetting(state, MARKED, true, clock.now());
    marked = true;
  }

  return {
    touch,
    async step() {
      await markStored();
      const now = clock.now();
      const due = await state.all<Mark>(
        'SELECT t_ms, touched FROM dirty_quarters WHERE t_ms <= ? ORDER BY t_ms',
        [now - QUARTER_MS - GRACE_MS],
      );
      const chosen = due.slice(0, QUARTERS_PER_STEP).map(({ t_ms }) => t_ms);
      for (const lot of lotsOf(chosen)) await sumQuarters(store, clock, lot);
      const spoilt = chosen
        .flatMap((t_ms) => weeksFrom(t_ms, 1))
        // What lies further ahead is summed when the week before it is over.
        .filter((t_ms) => t_ms < now + WEEK_MS);
      for (const lot of lotsOf(spoilt)) await sumReferences(store, clock, lot);
      await prepare();
      const clean = due.slice(0, QUARTERS_PER_STEP);
      // What was touched meanwhile is due again.
      for (const { t_ms, touched } of clean)
        await state.run('DELETE FROM dirty_quarters WHERE t_ms = ? AND touched = ?', [t_ms, touched]);
      return due.length - clean.length;
    },
  };
}

/** That hours of before these tables were marked. */
const MARKED = 'rollups.quarters_marked';

/** The same quarter in the weeks after (1) or before (−1). */
const weeksFrom = (t_ms: number, sign: 1 | -1): number[] =>
  Array.from({ length: REFERENCE_WEEKS }, (_, week) => t_ms + sign * (week + 1) * WEEK_MS);

async function dropBefore(store: Store, table: string, day: string): Promise<void> {
  const old = await daysIn(store, table, 'toDate(t) < {day:Date}', { day });
  if (old.length > 0)
    await done(
      store.command(`ALTER TABLE ${table} ${old.map((one) => `DROP PARTITION '${one}'`).join(', ')}`),
    );
}

/** Quarters of so many days at a time. */
function lotsOf(quarters: readonly number[]): number[][] {
  const lots: number[][] = [];
  const sorted = [...new Set(quarters)].sort((a, b) => a - b);
  for (const t_ms of sorted) {
    const lot = lots.at(-1);
    if (lot && t_ms < Math.floor(lot[0]! / DAY_MS) * DAY_MS + DAYS_PER_LOT * DAY_MS) lot.push(t_ms);
    else lots.push([t_ms]);
  }
  return lots;
}

/** Sums over all tenants stand beside theirs and are nobody's. */
const OF_TENANTS = "tenant != ''";

async function sumQuarters(store: Store, clock: Clock, quarters: readonly number[]): Promise<void> {
  const sums = await summed(
    store,
    `SELECT ${STORED_COLUMNS} FROM roll_hours
     WHERE t >= fromUnixTimestamp({from:UInt32}) AND t < fromUnixTimestamp({to:UInt32}) AND ${OF_TENANTS}
       AND toUInt32(intDiv(toUnixTimestamp(t), ${QUARTER_MS / 1000}) * ${QUARTER_MS / 1000}) IN {quarters:Array(UInt32)}
       AND (stage = '' AND metric IN {metrics:Array(String)} AND dim IN ('workload', 'region')
         OR stage != '' AND metric IN {staged:Array(String)} AND dim = 'workload')`,
    {
      from: quarters[0]! / 1000,
      to: (quarters.at(-1)! + QUARTER_MS) / 1000,
      quarters: secondsOf(quarters),
      metrics: QUARTER_METRICS,
      staged: QUARTER_STAGE_METRICS,
    },
    quarterOf,
  );
  await replace(store, clock, 'roll_quarters', quarters, sums);
}

async function sumReferences(store: Store, clock: Clock, quarters: readonly number[]): Promise<void> {
  // Days of a lot lie less than a week apart: no quarter is a source of two of them.
  const after = new Map(
    quarters.flatMap((t_ms) => weeksFrom(t_ms, -1).map((source) => [source, t_ms] as const)),
  );
  const sources = [...after.keys()];
  const sums = await summed(
    store,
    `SELECT ${STORED_COLUMNS} FROM roll_quarters
     WHERE toDate(t) IN {days:Array(Date)} AND toUInt32(toUnixTimestamp(t)) IN {quarters:Array(UInt32)}`,
    { days: daysOf(sources), quarters: secondsOf(sources) },
    (t_ms) => after.get(t_ms)!,
  );
  await replace(store, clock, 'roll_references', quarters, sums);
}

const secondsOf = (moments: readonly number[]): number[] => moments.map((t_ms) => t_ms / 1000);
const daysOf = (moments: readonly number[]): string[] => [...new Set(moments.map(dateOf))];

/** Sums of rows that fall on the same moment, exact. */
async function summed(
  store: Store,
  sql: string,
  params: Record<string, unknown>,
  momentOf: (t_ms: number) => number,
): Promise<SeriesCounts> {
  const answer = await store.native(sql, { params });
  if (!answer.ok) throw new StoreFailure(answer.error);
  const sums = new SeriesCounts();
  eachStoredRow(answer.value, (row) => {
    sums.addStored(row, { tenant: row.tenant, t_ms: momentOf(row.t_ms) });
  });
  return sums;
}

/** Days are composed aside and swapped in together: a reader sees the old quarters of a day or the new ones. */
async function replace(
  store: Store,
  clock: Clock,
  table: 'roll_quarters' | 'roll_references',
  quarters: readonly number[],
  sums: SeriesCounts,
): Promise<void> {
  const aside = `${table}_swap`;
  const days = daysOf(quarters);
  await composeAside(
    store,
    table,
    'toDate(t) IN {days:Array(Date)} AND toUInt32(toUnixTimestamp(t)) NOT IN {quarters:Array(UInt32)}',
    { days, quarters: secondsOf(quarters) },
  );
  if (sums.counts.rows > 0) {
    const block = await paced(seriesBlock(sums, sums.counts.lists()), clock);
    await done(store.insertNative(aside, block.encode()));
  }
  const full = new Set(await daysIn(store, aside, '1'));
  const changes = days.map((day) =>
    // The engine refuses to replace a partition by nothing.
    full.has(day) ? `REPLACE PARTITION '${day}' FROM ${aside}` : `DROP PARTITION '${day}'`,
  );
  await done(store.command(`ALTER TABLE ${table} ${changes.join(', ')}`));
  await done(store.command(`TRUNCATE TABLE ${aside}`));
}

async function daysIn(
  store: Store,
  table: string,
  where: string,
  params: Record<string, unknown> = {},
): Promise<string[]> {
  const found = await store.rows<{ day: string }>(
    `SELECT DISTINCT toString(toDate(t)) AS day FROM ${table} WHERE ${where}`,
    { params },
  );
  if (!found.ok) throw new StoreFailure(found.error);
  return found.value.map(({ day }) => day);
}
