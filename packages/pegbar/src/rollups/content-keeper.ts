/**
 * Keeps what prompts and pictures are about, hour by hour: closed hours in `content_hours`, once the rollups have
 * counted them and again where they counted otherwise since (late rows, distances, erasure); open hours in memory, told
 * to whoever reads. An hour that was counted again stands beside its earlier rows for a moment: readers take the newest.
 */
import { tableOf } from '@pegbar/contract';
import type { Clock } from '../base/clock.ts';
import { BlockBuilder } from '../native/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import { type ContentHourCounts, countContent, wantedKey } from './content-count.ts';
import { COUNTED, FORGET_EARLIER, LATE_LOOKS, WANTED_DAYS } from './content-queries.ts';
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
/** Days of tenants of one look. */
const WANTED_MOST = 1_000;
/** What is counted together: prompts, pictures and distances, and days. */
const LOT_DOCUMENTS = 50_000;
const LOT_DAYS = 7;
/** Hours that a question names: the engine takes a mebibyte of address, and each may take a hundred bytes and more. */
const NAMED_MOST = 3_000;
/** Open hours counted in one go: of busy installations each tenant has its turn. */
const OPEN_PER_STEP = 8;

/** A bucket that is open or changing, and a number that grows with each change. */
export interface OpenBucket extends Bucket {
  readonly touched: number;
}

export interface ContentKeeper {
  /** Counts for a while what is stored and not counted, and open hours that changed. */
  catchUp(open: readonly OpenBucket[]): Promise<void>;
  /** Counts all that is stored and not counted, and every open hour that changed. */
  settle(open: readonly OpenBucket[], signal: AbortSignal): Promise<void>;
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
  let running: Promise<void> = Promise.resolve();
  let stamp = 0;

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

  /** Counts some days that are wanted and were not counted `before`; resolves with whether there may be more. */
  async function storeSome(isLate: () => boolean, before = new Set<string>()): Promise<boolean> {
    const named = [...late].slice(0, NAMED_MOST);
    const params = { days: DAYS_BACK, late: named, most: WANTED_MOST };
    const found = await store.rows<Wanted>(WANTED_DAYS, { params });
    if (!found.ok) throw new StoreFailure(found.error);
    const gone = found.value.length < WANTED_MOST ? withoutThose(named, found.value) : [];
    for (const key of gone) late.delete(key);
    const wanted = found.value.filter((day) => !before.has(JSON.stringify(day)));
    for (const lot of lotsOf(wanted)) {
      await storeDays(lot);
      for (const day of lot) before.add(JSON.stringify(day));
      if (isLate()) break;
    }
    return wanted.length > 0 || gone.length > 0;
  }

  async function storeDays(lot: readonly Wanted[]): Promise<void> {
    const days = lot.map(({ tenant, hours }) => ({ tenant, hours_s: hours.map(Number) }));
    const counted = await countContent(store, clock, days);
    // The newest count of an hour is the one that holds.
    stamp = Math.max(clock.now(), stamp + 1);
    const block = new BlockBuilder(tableOf('content_hours'));
    lot.forEach(({ tenant, of }, at) => {
      const seen = new Map(of.map(([hour, ...numbers]) => [Number(hour), numbers.map(Number)] as const));
      append(block, tenant, stamp, counted[at]!, seen);
    });
    await done(store.insertNative('content_hours', block.encode()));
    const wanted = days.flatMap(({ tenant, hours_s }) => hours_s.map((hour_s) => wantedKey(tenant, hour_s)));
    if (lot.some(({ again }) => Number(again) > 0))
      await done(store.command(FORGET_EARLIER, { params: { wanted, counted: stamp } }));
    for (const key of wanted) late.delete(key);
    for (const { tenant, hours_s } of days)
      for (const hour_s of hours_s) tell({ tenant, hour_ms: hour_s * 1000 }, undefined);
  }

  function tell(bucket: Bucket, counts: ContentHourCounts | undefined): void {
    const key = bucketKey(bucket);
    if (counts === undefined && !open.delete(key)) return;
    onCounted(key, counts);
  }

  async function countOpen(buckets: readonly OpenBucket[], every_ms: number, most: number): Promise<void> {
    const now = clock.monotonic();
    const due = buckets
      .filter((one) => {
        const known = open.get(bucketKey(one));
        return !known || (known.touched !== one.touched && now - known.at_ms >= every_ms);
      })
      .sort((a, b) => (open.get(bucketKey(a))?.at_ms ?? 0) - (open.get(bucketKey(b))?.at_ms ?? 0));
    for (const bucket of due.slice(0, most)) {
      const { tenant, hour_ms } = bucket;
      const [[counts] = []] = await countContent(store, clock, [{ tenant, hours_s: [hour_ms / 1000] }]);
      open.set(bucketKey(bucket), { touched: bucket.touched, at_ms: clock.monotonic() });
      if (counts) tell(bucket, counts);
    }
  }

  /** One count at a time: two would store the same day twice. */
  function inTurn(run: () => Promise<void>): Promise<void> {
    const result = running.then(run);
    running = result.catch(() => undefined);
    return result;
  }

  return {
    catchUp: (buckets) =>
      inTurn(async () => {
        await countOpen(buckets, OPEN_EVERY_MS, OPEN_PER_STEP);
        if (clock.now() - looked_ms < LOOK_EVERY_MS) return;
        await findLate();
        const began = clock.monotonic();
        const isLate = (): boolean => clock.monotonic() - began >= TURN_MS;
        while (!isLate())
          if (!(await storeSome(isLate))) {
            looked_ms = clock.now();
            return;
          }
      }),
    settle: (buckets, signal) =>
      inTurn(async () => {
        await countOpen(buckets, 0, Number.POSITIVE_INFINITY);
        const before = new Set<string>();
        while (!signal.aborted && (await storeSome(() => signal.aborted, before)));
      }),
  };
}

/** Hours that are too old to be counted, or of which nothing is left. */
function withoutThose(named: readonly string[], wanted: readonly Wanted[]): string[] {
  const there = new Set(
    wanted.flatMap(({ tenant, hours }) => hours.map((hour) => wantedKey(tenant, Number(hour)))),
  );
  return named.filter((key) => !there.has(key));
}

/** Days that are counted together: those of a week, with so many documents that their texts are some tens of megabytes. */
function lotsOf(wanted: readonly Wanted[]): Wanted[][] {
  const lots: Wanted[][] = [];
  let [held, named] = [0, 0];
  for (const day of wanted) {
    const documents = day.of.reduce(
      (sum, [, ...told]) => sum + told.reduce<number>((n, one) => n + Number(one), 0),
      0,
    );
    const last = lots.at(-1);
    const isNear = last && Date.parse(last[0]!.day) - Date.parse(day.day) < LOT_DAYS * 24 * 3_600_000;
    if (isNear && held + documents <= LOT_DOCUMENTS && named + day.hours.length <= NAMED_MOST) {
      last.push(day);
      held += documents;
      named += day.hours.length;
    } else {
      lots.push([day]);
      held = documents;
      named = day.hours.length;
    }
  }
  return lots;
}

function append(
  block: BlockBuilder,
  tenant: string,
  counted: number,
  hours: readonly ContentHourCounts[],
  of: ReadonlyMap<number, readonly number[]>,
): void {
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
}

/** Not documents with cells but numbers in bins. */
export const DISTANCE_KIND = 'style_distance';
