import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { type Queries, readSetting, writeSetting } from '../state/index.ts';
import { type Store, StoreFailure, TOTAL_TENANT } from '../store/index.ts';
import { DAY_KEY, OTHERS_OF_DAYS } from './queries.ts';
import { type Moment, SeriesCounts } from './series-counts.ts';
import { eachStoredHour } from './stored-hours.ts';
import { type Bucket, beginSwap, bucketKey, dateOf } from './swap.ts';

const DAY_MS = 86_400_000;

/** The day of an hour. */
export const dayOf = ({ tenant, t_ms }: Moment): Moment => ({
  tenant,
  t_ms: Math.floor(t_ms / DAY_MS) * DAY_MS,
});

const keyOf = ({ tenant, t_ms }: Moment): string => `${tenant}|${dateOf(t_ms)}`;

/**
 * Stores the rows of the days in which buckets were counted; `days` are the sums of what was counted, and grow by the
 * other hours of those days, as they are stored. A day that is not over is made too, from the hours that are closed, so
 * that nothing has to remember it.
 */
export async function storeDays(
  store: Store,
  clock: Clock,
  buckets: readonly Bucket[],
  days: SeriesCounts,
): Promise<void> {
  const hours = [...new Set(buckets.map(({ hour_ms }) => hour_ms))];
  const counted = [...buckets, ...hours.map((hour_ms) => ({ tenant: TOTAL_TENANT, hour_ms }))];
  const moments = counted.map(({ tenant, hour_ms }) => dayOf({ tenant, t_ms: hour_ms }));
  const dates = moments.map(({ t_ms }) => t_ms);
  await eachStoredHour(
    store,
    clock,
    {
      where: OTHERS_OF_DAYS,
      params: {
        from: Math.min(...dates) / 1000,
        to: (Math.max(...dates) + DAY_MS) / 1000,
        days: [...new Set(moments.map(keyOf))],
        buckets: counted.map(bucketKey),
      },
    },
    (row) => days.addStored(row, dayOf(row)),
  );
  for (const [month, of] of byMonth(moments)) {
    const keys = [...new Set(of.map(keyOf))];
    const swap = await beginSwap(store, clock, {
      table: 'roll_days',
      partition: String(month),
      inPartition: 'toYYYYMM(t) = {month:UInt32}',
      leaving: `${DAY_KEY} IN {days:Array(String)}`,
      params: { month, days: keys },
    });
    const own = await only(days, clock, (moment) => monthOf(moment.t_ms) === month);
    await swap.add(own, own.counts.lists());
    await swap.commit();
  }
}

/** Of the sums those of some moments; nothing is copied where these are all. */
async function only(
  sums: SeriesCounts,
  clock: Clock,
  isOf: (moment: Moment) => boolean,
): Promise<SeriesCounts> {
  const { buckets } = sums.cells;
  const all = Array.from({ length: buckets.size }, (_, bucket) => sums.cells.momentOf(bucket)).every(isOf);
  if (all) return sums;
  const some = new SeriesCounts();
  await paced(
    some.include(sums, sums.counts.lists(), (moment) => (isOf(moment) ? moment : undefined)),
    clock,
  );
  return some;
}

/** As the partitions of the table are named. */
const monthOf = (at_ms: number): number => Number(dateOf(at_ms).slice(0, 7).replace('-', ''));

function byMonth(moments: readonly Moment[]): Map<number, Moment[]> {
  const months = new Map<number, Moment[]>();
  for (const moment of moments) {
    const month = monthOf(moment.t_ms);
    const known = months.get(month);
    if (known) known.push(moment);
    else months.set(month, [moment]);
  }
  return months;
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
