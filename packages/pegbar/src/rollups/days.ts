import { type Queries, readSetting, writeSetting } from '../state/index.ts';
import { type Store, StoreFailure, TOTAL_TENANT } from '../store/index.ts';
import { type Bucket, bucketKey, composeAside, dateOf, done, replacePartition } from './swap.ts';

interface Day {
  tenant: string;
  day: string;
}

/**
 * Makes the day rows of the days in which buckets were counted, from the hour rows. A day that is not over is
 * made too, from the hours that are closed, so that nothing has to remember it.
 */
export async function countDays(store: Store, buckets: readonly Bucket[], now_ms: number): Promise<void> {
  const months = new Map<string, Map<string, Day>>();
  for (const { tenant, hour_ms } of buckets) {
    if (hour_ms > now_ms) continue;
    const day = dateOf(hour_ms);
    const month = day.slice(0, 7).replace('-', '');
    const days = months.get(month) ?? new Map<string, Day>();
    for (const whose of [tenant, TOTAL_TENANT]) days.set(`${whose}|${day}`, { tenant: whose, day });
    months.set(month, days);
  }
  for (const [month, days] of months) await swapMonth(store, month, [...days.keys()]);
}

const DAY_KEY = "concat(tenant, '|', toString(toDate(t)))";

/** As `beginWeek` does it for hours: the month is composed aside and swapped in. */
async function swapMonth(store: Store, month: string, days: readonly string[]): Promise<void> {
  const params = { month, days };
  await composeAside(
    store,
    'roll_days',
    `toYYYYMM(t) = {month:UInt32} AND ${DAY_KEY} NOT IN {days:Array(String)}`,
    params,
  );
  await done(
    store.command(
      `INSERT INTO roll_days_swap (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
       SELECT tenant, metric, stage, dim, value, day, n, sum, histogram.1, arrayMap(x -> toUInt32(x), histogram.2)
       FROM (
         SELECT tenant, metric, stage, dim, value, toStartOfDay(t) AS day, sum(n) AS n, sum(sum) AS sum, sumMap(bins, counts) AS histogram
         FROM roll_hours WHERE toYYYYMM(t) = {month:UInt32} AND ${DAY_KEY} IN {days:Array(String)}
         GROUP BY tenant, metric, stage, dim, value, day
       )`,
      { params },
    ),
  );
  await replacePartition(store, 'roll_days', String(Number(month)));
}

/** Day of ingest of the oldest raw rows there ever were, as the state store keeps it. */
const FIRST_PART = 'rollups.first_part';

/**
 * Buckets that may not be counted anew, because raw rows of their hour may be gone by retention: what is stored of
 * them stays as it is. A bucket of which nothing is stored is a fresh import and not a frozen one.
 */
export async function frozenOf(
  store: Store,
  state: Queries,
  buckets: readonly Bucket[],
  now_ms: number,
): Promise<Set<string>> {
  const oldest = await store.rows<{ day: string }>(
    'SELECT toString(min(part)) AS day FROM requests HAVING count() > 0',
  );
  if (!oldest.ok) throw new StoreFailure(oldest.error);
  const day = oldest.value[0]?.day;
  if (day === undefined) return new Set();
  const first = (await readSetting(state, FIRST_PART)) as string | undefined;
  if (first === undefined || day < first) await writeSetting(state, FIRST_PART, day, now_ms);
  // Nothing was dropped yet: every raw row that was ever counted is still there.
  if (first === undefined || day <= first) return new Set();
  const old = buckets.filter((one) => dateOf(one.hour_ms) < day);
  if (old.length === 0) return new Set();
  const stored = await store.rows<{ bucket: string }>(
    `SELECT DISTINCT concat(tenant, '|', toString(toUnixTimestamp(t))) AS bucket FROM roll_hours
     WHERE metric = 'requests' AND dim = 'all' AND bucket IN {buckets:Array(String)}`,
    { params: { buckets: old.map(bucketKey) } },
  );
  if (!stored.ok) throw new StoreFailure(stored.error);
  return new Set(stored.value.map((row) => row.bucket));
}
