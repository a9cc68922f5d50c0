/**
 * Keeps what prompts and pictures are about, hour by hour: closed hours in `content_hours`, once the rollups have
 * counted them and again where they counted otherwise since (late rows, distances, erasure); open hours in memory, told
 * to whoever reads. An hour that was counted again stands beside its earlier rows for a moment: readers take the newest.
 */
import { tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { BlockBuilder } from '../native/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { type ContentHourCounts, countContent } from './content-count.ts';
import { COUNTED, FORGET_EARLIER, LATE_LOOKS, WANTED_DAY } from './content-queries.ts';
import { type Bucket, bucketKey, done } from './swap.ts';

/** Days back that are looked at: a baseline of four weeks and what comes late. */
const DAYS_BACK = 35;
/** Between two looks for hours to count, where the last found none. */
const LOOK_EVERY_MS = 30_000;
/** An open hour is counted anew at most so often, where something came in. */
const OPEN_EVERY_MS = 60_000;
/** Days are counted one after the other for so long; then rollups have their turn. */
const TURN_MS = 2_000;
/** Pictures of an hour are looked at one after the other: it is counted again once they have stopped for so long. */
const QUIET_MS = 60_000;
/** What was looked at before a start and never counted. */
const LOOKS_BACK_MS = 24 * 3_600_000;
/** Open hours counted in one go: of busy installations each tenant has its turn. */
const OPEN_PER_STEP = 8;

/** A bucket that is open or changing, and a number that grows with each change. */
export interface OpenBucket extends Bucket {
  readonly touched: number;
}

export interface ContentKeeper {
  /** Counts a day of a tenant that is stored and not counted, and open hours that changed. */
  catchUp(open: readonly OpenBucket[]): Promise<void>;
}

export interface ContentKeeperOptions {
  store: Pick<Store, 'rows' | 'native' | 'insertNative' | 'command'>;
  clock: Clock;
  /** Told of each open hour that was counted, and, with undefined, of each that is stored now. */
  onCounted(bucket: string, counts: ContentHourCounts | undefined): void;
}

interface Wanted {
  tenant: string;
  day: string;
  hours: (number | string)[];
  again: string | number;
  of: (number | string)[][];
}

export function createContentKeeper({ store, clock, onCounted }: ContentKeeperOptions): ContentKeeper {
  let looked_ms = Number.NEGATIVE_INFINITY;
  const open = new Map<string, { touched: number; at_ms: number }>();
  /** Hours as `tenant hour`, counted before their pictures were looked at. */
  const late = new Set<string>();
  let looks_ms = clock.now() - LOOKS_BACK_MS;
  let asked_ms = Number.NEGATIVE_INFINITY;

  async function findLate(): Promise<void> {
    const now = clock.now();
    if (now - asked_ms < LOOK_EVERY_MS) return;
    asked_ms = now;
    const params = { since: looks_ms, quiet: now - QUIET_MS, days: DAYS_BACK };
    const found = await store.rows<{ hour: string }>(LATE_LOOKS, { params });
    if (!found.ok) throw new StoreFailure(found.error);
    for (const { hour } of found.value) late.add(hour);
    // What was too fresh is found by the next look.
    looks_ms = now - 2 * QUIET_MS - LOOK_EVERY_MS;
  }

  async function storeDay(): Promise<boolean> {
    const found = await store.rows<Wanted>(WANTED_DAY, { params: { days: DAYS_BACK, late: [...late] } });
    if (!found.ok) throw new StoreFailure(found.error);
    const [wanted] = found.value;
    if (!wanted) return false;
    const hours = wanted.hours.map(Number);
    const counted = await countContent(store, clock, wanted.tenant, hours);
    const stamp = clock.now();
    const of = new Map(wanted.of.map(([hour, ...numbers]) => [Number(hour), numbers.map(Number)] as const));
    const block = blockOf(wanted.tenant, stamp, counted, of);
    await done(store.insertNative('content_hours', block.encode()));
    if (Number(wanted.again) > 0)
      await done(store.command(FORGET_EARLIER, { params: { tenant: wanted.tenant, hours, counted: stamp } }));
    for (const hour_s of hours) {
      late.delete(`${wanted.tenant} ${hour_s}`);
      tell({ tenant: wanted.tenant, hour_ms: hour_s * 1000 }, undefined);
    }
    return true;
  }

  function tell(bucket: Bucket, counts: ContentHourCounts | undefined): void {
    const key = bucketKey(bucket);
    if (counts === undefined && !open.delete(key)) return;
    onCounted(key, counts);
  }

  async function countOpen(buckets: readonly OpenBucket[]): Promise<void> {
    const now = clock.monotonic();
    const due = buckets
      .filter((one) => {
        const known = open.get(bucketKey(one));
        return !known || (known.touched !== one.touched && now - known.at_ms >= OPEN_EVERY_MS);
      })
      .sort((a, b) => (open.get(bucketKey(a))?.at_ms ?? 0) - (open.get(bucketKey(b))?.at_ms ?? 0));
    for (const bucket of due.slice(0, OPEN_PER_STEP)) {
      const [counts] = await countContent(store, clock, bucket.tenant, [bucket.hour_ms / 1000]);
      open.set(bucketKey(bucket), { touched: bucket.touched, at_ms: clock.monotonic() });
      if (counts) tell(bucket, counts);
    }
  }

  return {
    async catchUp(buckets) {
      await countOpen(buckets);
      if (clock.now() - looked_ms < LOOK_EVERY_MS) return;
      await findLate();
      const began = clock.monotonic();
      while (clock.monotonic() - began < TURN_MS)
        if (!(await storeDay())) {
          looked_ms = clock.now();
          return;
        }
    },
  };
}

function blockOf(
  tenant: string,
  counted: number,
  hours: readonly ContentHourCounts[],
  of: ReadonlyMap<number, readonly number[]>,
): BlockBuilder {
  const block = new BlockBuilder(tableOf('content_hours'));
  for (const { hour_s, content, distances } of hours) {
    const key = { tenant, t: hour_s, counted };
    block.append({ ...key, kind: COUNTED, counts: of.get(hour_s) ?? [] });
    for (const sums of content) block.append({ ...key, ...sums });
    for (const { collection, n, sum, bins } of distances) {
      const cells = [...bins].sort(([a], [b]) => a - b);
      block.append({
        ...key,
        kind: DISTANCE_KIND,
        dim: 'collection',
        value: collection,
        documents: n,
        sum,
        cells: cells.map(([bin]) => bin),
        counts: cells.map(([, count]) => count),
      });
    }
  }
  return block;
}

/** Not documents with cells but numbers in bins. */
export const DISTANCE_KIND = 'style_distance';
