/**
 * Counts closed hours from their raw rows and puts them in the place of what is stored of them, with the sums over all
 * tenants and the days that they are part of.
 *
 * What is read of the raw rows is bounded by `CHUNK_ROWS` and `CHUNK_HOURS`: a chunk is some hours in a row, whose counts are written before
 * the next ones are read. In memory stand the counts of a chunk and the sums that grow by them.
 */
import type { Clock } from '../base/clock.ts';
import { paced } from '../base/paced.ts';
import { type Store, StoreFailure, TOTAL_TENANT } from '../store/index.ts';
import { dayOf, storeDays } from './days.ts';
import { countFacts, type SpanCount, spansIn } from './facts.ts';
import { OF_BUCKETS, OTHERS_OF_HOURS } from './queries.ts';
import { type Moment, SeriesCounts } from './series-counts.ts';
import { eachStoredHour } from './stored-hours.ts';
import { type Bucket, beginSwap, bucketKey, dateOf, HOUR_MS, type Swap, weekOf } from './swap.ts';

/** Stages of a chunk; a single hour may have more. Their counts take up to 400 bytes each where all of them differ. */
const CHUNK_ROWS = 400_000;
/** Hours of a chunk: samples of GPUs and queues come also where there are few stages, and are not counted before. */
const CHUNK_HOURS = 24;

/** Buckets of one week. Resolves with whether some of their hours were stored before. */
export async function storeHours(store: Store, clock: Clock, buckets: readonly Bucket[]): Promise<boolean> {
  const hours = [...new Set(buckets.map(({ hour_ms }) => hour_ms))].sort((a, b) => a - b);
  const swap = await beginHours(store, clock, buckets, hours);
  try {
    const days = await addHours(store, clock, { buckets, hours }, swap);
    await swap.commit();
    await storeDays(store, clock, buckets, days);
    return swap.replaces;
  } catch (error) {
    await swap.abandon();
    throw error;
  }
}

/** Counts the hours into the swap; resolves with the days that they add up to. */
async function addHours(
  store: Store,
  clock: Clock,
  { buckets, hours }: { buckets: readonly Bucket[]; hours: readonly number[] },
  swap: Swap,
): Promise<SeriesCounts> {
  const wanted = new Set(buckets.map(bucketKey));
  const isWanted = ({ tenant, t_ms }: Moment): boolean => wanted.has(bucketKey({ tenant, hour_ms: t_ms }));
  const counted = new SeriesCounts();
  const total = new SeriesCounts();
  const days = new SeriesCounts();
  const others = await sumOthers(store, clock, buckets, hours);
  const tenants = [...new Set(buckets.map(({ tenant }) => tenant))];
  const spans = await spansIn(store, { tenants, from_ms: hours[0]!, to_ms: hours.at(-1)! + HOUR_MS });
  if (!spans.ok) throw new StoreFailure(spans.error);
  for (const chunk of chunksOf(hours, spans.value)) {
    const range = { tenants, from_ms: chunk[0]!, to_ms: chunk.at(-1)! + HOUR_MS };
    const facts = await countFacts(store, clock, range, { spans: spans.value });
    if (!facts.ok) throw new StoreFailure(facts.error);
    for (const hour_ms of chunk) {
      await paced(facts.value.marginals(hour_ms, isWanted, counted), clock);
      facts.value.forget(hour_ms);
      const lists = counted.counts.lists();
      await swap.add(counted, lists);
      await paced(days.include(counted, lists, dayOf), clock);
      total.reset();
      await paced(
        total.include(counted, lists, ({ t_ms }) => ({ tenant: TOTAL_TENANT, t_ms })),
        clock,
      );
      const other = others.get(hour_ms);
      if (other)
        await paced(
          total.include(other, other.counts.lists(), (same) => same),
          clock,
        );
      const sums = total.counts.lists();
      await swap.add(total, sums);
      await paced(days.include(total, sums, dayOf), clock);
    }
  }
  return days;
}

/** Of an hour that is counted, the rows over all tenants are replaced too: they stand there if anybody's do. */
function beginHours(store: Store, clock: Clock, buckets: readonly Bucket[], hours: readonly number[]) {
  const week = dateOf(weekOf(hours[0]!));
  const leaving = [...buckets, ...hours.map((hour_ms) => ({ tenant: TOTAL_TENANT, hour_ms }))];
  return beginSwap(store, clock, {
    table: 'roll_hours',
    partition: `'${week}'`,
    inPartition: 'toMonday(t) = {week:Date}',
    leaving: OF_BUCKETS,
    params: {
      week,
      hours: hours.map((hour_ms) => hour_ms / 1000),
      buckets: leaving.map(bucketKey),
    },
  });
}

/** By hour, what is stored of tenants who are not counted now, summed over them. */
async function sumOthers(
  store: Store,
  clock: Clock,
  buckets: readonly Bucket[],
  hours: readonly number[],
): Promise<Map<number, SeriesCounts>> {
  const others = new Map<number, SeriesCounts>();
  await eachStoredHour(
    store,
    clock,
    {
      where: OTHERS_OF_HOURS,
      params: {
        from: hours[0]! / 1000,
        to: (hours.at(-1)! + HOUR_MS) / 1000,
        hours: hours.map((hour_ms) => hour_ms / 1000),
        buckets: buckets.map(bucketKey),
      },
    },
    (row) => {
      const other = others.get(row.t_ms) ?? new SeriesCounts();
      others.set(row.t_ms, other);
      other.addStored(row, { tenant: TOTAL_TENANT, t_ms: row.t_ms });
    },
  );
  return others;
}

/** At most a day of hours in a row with at most so many stages; `spans` tells them by five minutes. */
function chunksOf(hours: readonly number[], spans: readonly SpanCount[]): number[][] {
  const rows = new Map<number, number>();
  for (const { from_ms, rows: more } of spans) {
    const hour_ms = Math.floor(from_ms / HOUR_MS) * HOUR_MS;
    rows.set(hour_ms, (rows.get(hour_ms) ?? 0) + more);
  }
  const chunks: number[][] = [];
  let held = 0;
  for (const hour_ms of hours) {
    const own = rows.get(hour_ms) ?? 0;
    const last = chunks.at(-1);
    const isNext = last && last.at(-1)! + HOUR_MS === hour_ms && last.length < CHUNK_HOURS;
    if (isNext && held + own <= CHUNK_ROWS) {
      last.push(hour_ms);
      held += own;
    } else {
      chunks.push([hour_ms]);
      held = own;
    }
  }
  return chunks;
}
