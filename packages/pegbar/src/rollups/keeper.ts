/**
 * Keeps the rollups true.
 *
 * A rollup row is a pure function of the raw rows of its (tenant, hour): of a *bucket*. Whatever touches a
 * bucket — live rows, rows that come late, scores and feedback about an old picture, a crash, an erasure — does
 * one thing: it marks the bucket dirty, durably, before the raw rows are loaded. The keeper counts dirty buckets
 * anew and clears the mark when nothing has touched them meanwhile.
 *
 * Closed hours are written to `roll_hours`, replacing what stood there. The open hours are kept in memory only:
 * they change all the time, and a reader asks the keeper for them. After a crash they are dirty still, so they
 * are counted again.
 *
 * Counting costs in proportion to the rows of the bucket. Open hours and closed ones have a loop each, and the pause of
 * each grows with what it costs, so that counting takes a bounded share of the machine at any rate of ingest. Closed
 * hours are counted in units, the newest first; whatever else is due waits for one unit. `settle` (which `POST /flush`
 * calls) counts everything without pauses.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { paced } from '../base/paced.ts';
import type { Queries } from '../state/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import type { RollupRow } from './builder.ts';
import { storeHours } from './closed-hours.ts';
import type { ContentHourCounts } from './content-count.ts';
import { createContentKeeper } from './content-keeper.ts';
import type { HeldContent } from './content-reader.ts';
import { frozenOf } from './days.ts';
import { countFacts } from './facts.ts';
import { createOpenStages } from './open-stages.ts';
import { noRows, packBuckets, unpackRows } from './packed.ts';
import { createQuarters } from './quarters.ts';
import { type Bucket, bucketKey, HOUR_MS, weekOf } from './swap.ts';

export interface RollupKeeper {
  /** Marks buckets dirty; durable when it resolves. Call it before their raw rows are loaded. */
  touch(buckets: Iterable<Bucket>): Promise<void>;
  /** Counts every bucket that is dirty now, and what follows from them: quarters and content. */
  settle(): Promise<void>;
  /** The hours that are not in `roll_hours`, because they are open or not counted yet. */
  unstored(): Unstored;
  /** What the prompts and pictures of open hours are about, where they are held here. */
  content?(): HeldContent;
  start(): void;
  stop(): Promise<void>;
}

/** Hours by their bucket, each with a function that answers its rows: a reader asks for few of them. */
export type Unstored = ReadonlyMap<string, () => readonly RollupRow[]>;

export interface RollupKeeperOptions {
  state: Queries;
  store: Store;
  clock: Clock;
  counters: Pick<Counters, 'add'>;
  log: Log;
  /**
   * Told of each hour that was counted and is not stored (its rows are for `unpackRows`), and, with undefined, of each
   * that is stored now: whoever is told keeps them in place of `unstored`, which is then empty.
   */
  onCounted?(bucket: string, rows: Uint8Array | undefined): void;
  /** Told of the content of each open hour that was counted, and, with undefined, of each that is stored now. */
  onContent?(bucket: string, counts: ContentHourCounts | undefined): void;
}

/** An hour is closed this long after its end: late batches of a healthy sender have come by then. */
const GRACE_MS = 5 * 60_000;
const LEAST_PAUSE_MS = 3_000;
/** An import tells of an hour in many batches; it is counted once they have stopped. */
const QUIET_MS = 5_000;
/** Open hours are counted again and again: at most a twentieth of the time. */
const OPEN_PAUSE = 20;
/** Closed hours that come for the first time (an import, the hour before) take at most half of the time. */
const FIRST_PAUSE = 1;
/** Those that change again and again, because late facts come about them, a fifth. */
const AGAIN_PAUSE = 4;
const MOST_PAUSE_MS = 10 * 60_000;
/** Quarters are summed when no closed hour is due, and between the units of a long import so often. */
const SUMS_EVERY_MS = 5 * 60_000;
/** Buckets of a unit: two days of twenty tenants. What else is due waits for one unit at most. */
const UNIT_BUCKETS = 1_000;
const MARKS_PER_STATEMENT = 200;

interface Dirty extends Bucket {
  /** Grows with each touch: a count that began before the last touch does not clear the mark. */
  touched: number;
  counted: number;
  /** When it was touched last, monotonic ms. */
  touchedAt: number;
  /** Whether the mark is durable: the insert of a touch may be on its way, or have failed. */
  marked: boolean;
}

export async function createRollupKeeper(options: RollupKeeperOptions): Promise<RollupKeeper> {
  const { state, store, clock, counters, log } = options;
  const dirty = new Map<string, Dirty>();
  const open = new Map<string, () => readonly RollupRow[]>();
  const content = createContentKeeper({
    store,
    clock,
    onCounted: (bucket, counts) => options.onContent?.(bucket, counts),
  });
  const openStages = createOpenStages(store, clock);
  const quarters = await createQuarters({ state, store, clock });
  const stop = new AbortController();
  let touches = 0;
  let running: Promise<unknown> = Promise.resolve();

  for (const row of await state.all<{ tenant: string; hour_ms: number }>(
    'SELECT tenant, hour_ms FROM dirty_hours',
  ))
    dirty.set(bucketKey(row), {
      tenant: row.tenant,
      hour_ms: row.hour_ms,
      touched: ++touches,
      touchedAt: 0,
      counted: 0,
      marked: true,
    });

  async function touch(buckets: Iterable<Bucket>): Promise<void> {
    const fresh: Dirty[] = [];
    for (const { tenant, hour_ms } of buckets) {
      const key = bucketKey({ tenant, hour_ms });
      const known = dirty.get(key) ?? {
        tenant,
        hour_ms,
        touched: 0,
        counted: 0,
        touchedAt: 0,
        marked: false,
      };
      known.touched = ++touches;
      known.touchedAt = clock.monotonic();
      dirty.set(key, known);
      if (!known.marked) fresh.push(known);
    }
    for (let at = 0; at < fresh.length; at += MARKS_PER_STATEMENT) {
      const lot = fresh.slice(at, at + MARKS_PER_STATEMENT);
      await state.run(
        `INSERT INTO dirty_hours (tenant, hour_ms, since) VALUES ${lot.map(() => '(?, ?, ?)').join(', ')} ON CONFLICT DO NOTHING`,
        lot.flatMap(({ tenant, hour_ms }) => [tenant, hour_ms, clock.now()]),
      );
      for (const one of lot) one.marked = true;
    }
  }

  /** Counts what changed in open hours since they were counted last. */
  async function countOpen(): Promise<void> {
    const due = [...dirty.values()].filter((one) => !isClosed(one) && one.counted < one.touched);
    for (const run of groupsOf(due, ({ hour_ms }) => hour_ms)) {
      if (stop.signal.aborted) return;
      const began = new Map(run.map((one) => [one, one.touched]));
      const counted = await countOpenHour(run);
      for (const bucket of run) {
        bucket.counted = began.get(bucket)!;
        hold(bucketKey(bucket), counted.get(bucketKey(bucket)) ?? noRows());
      }
      counters.add('pegbar_rollup_buckets_counted_total', {}, run.length);
    }
  }

  async function countOpenHour(run: readonly Dirty[]): Promise<Map<string, Uint8Array>> {
    const hour_ms = run[0]!.hour_ms;
    const range = { tenants: run.map(({ tenant }) => tenant), from_ms: hour_ms, to_ms: hour_ms + HOUR_MS };
    const facts = await countFacts(store, clock, range, { open: openStages });
    if (!facts.ok) throw new StoreFailure(facts.error);
    return packBuckets(await paced(facts.value.marginals(hour_ms), clock), clock);
  }

  /** Resolves with whether hours of it were stored before. Runs in turn. */
  async function countClosed(chosen: readonly Dirty[]): Promise<boolean> {
    // While it waited for its turn, a flush may have counted some of it; a mark that was made since is another one.
    const unit = chosen.filter((one) => dirty.get(bucketKey(one)) === one);
    if (unit.length === 0) return false;
    const frozen = await frozenOf(store, state, unit, clock.now());
    const buckets = unit.filter((one) => !frozen.has(bucketKey(one)));
    const began = new Map(unit.map((one) => [one, one.touched]));
    // Before the hours change: after a crash in between, their sums are made again.
    await quarters.touch(buckets.map(({ hour_ms }) => hour_ms));
    const again = buckets.length > 0 && (await storeHours(store, clock, buckets));
    for (const bucket of unit) {
      bucket.counted = began.get(bucket)!;
      hold(bucketKey(bucket), undefined);
      openStages.forget(bucket.hour_ms);
    }
    await clear(unit);
    counters.add('pegbar_rollup_buckets_counted_total', {}, buckets.length);
    if (frozen.size > 0) counters.add('pegbar_rollup_buckets_frozen_total', {}, frozen.size);
    return again;
  }

  /** Everything that is due now, the newest first; the loops have their turns between the units. */
  async function countAll(): Promise<void> {
    await inTurn(countOpen);
    for (const unit of unitsOf([...dirty.values()].filter(isClosed))) {
      if (stop.signal.aborted) return;
      await inTurn(() => countClosed(unit));
    }
  }

  function hold(bucket: string, rows: Uint8Array | undefined): void {
    if (options.onCounted) options.onCounted(bucket, rows);
    else if (rows === undefined) open.delete(bucket);
    else open.set(bucket, () => unpackRows(rows));
  }

  /**
   * Clears the marks of buckets that were not touched since they were counted. They leave the memory before the
   * statement is sent: a touch that comes meanwhile makes a new mark behind it.
   */
  async function clear(buckets: readonly Dirty[]): Promise<void> {
    for (let at = 0; at < buckets.length; at += MARKS_PER_STATEMENT) {
      const lot = buckets
        .slice(at, at + MARKS_PER_STATEMENT)
        .filter((bucket) => bucket.touched === bucket.counted);
      if (lot.length === 0) continue;
      for (const bucket of lot) dirty.delete(bucketKey(bucket));
      await state.run(
        `DELETE FROM dirty_hours WHERE ${lot.map(() => '(tenant = ? AND hour_ms = ?)').join(' OR ')}`,
        lot.flatMap(({ tenant, hour_ms }) => [tenant, hour_ms]),
      );
    }
  }

  /** Old rows are arriving for it: it would have to be counted again at once. */
  const isBusy = (one: Dirty): boolean => isClosed(one) && clock.monotonic() - one.touchedAt < QUIET_MS;

  const isClosed = (bucket: Bucket): boolean => bucket.hour_ms + HOUR_MS + GRACE_MS <= clock.now();

  /** What drift reads of them; one step in the loop, all there is when somebody waits for it. */
  const sumQuarters = (all = false): Promise<void> =>
    inTurn(async () => {
      while ((await quarters.step()) > 0 && all && !stop.signal.aborted);
    });

  /** Rounds take turns; a failed one leaves its marks and is repeated. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = running.then(run).catch((error: unknown) => {
      counters.add('pegbar_rollup_failures_total');
      log.warn(
        { error: String(error) },
        'rollups could not be counted; they stay marked and are counted again',
      );
      throw error;
    });
    running = result.catch(() => undefined);
    return result;
  }

  /** Open hours change all the time, so that their pause follows what counting them costs. */
  async function openLoop(): Promise<void> {
    let pause = LEAST_PAUSE_MS;
    while (!stop.signal.aborted) {
      await clock.sleep(pause, stop.signal);
      const began = clock.monotonic();
      if (!stop.signal.aborted) await inTurn(countOpen).catch(() => undefined);
      pause = pauseAfter(clock.monotonic() - began, OPEN_PAUSE);
    }
  }

  /**
   * Closed hours: a unit at a time, the newest first, so that an import of months neither holds up the hour that has
   * just closed nor an open one.
   */
  async function closedLoop(): Promise<void> {
    let pause = LEAST_PAUSE_MS;
    let summed = clock.monotonic();
    while (!stop.signal.aborted) {
      await clock.sleep(pause, stop.signal);
      pause = LEAST_PAUSE_MS;
      if (stop.signal.aborted) return;
      const [unit] = unitsOf([...dirty.values()].filter((one) => isClosed(one) && !isBusy(one)));
      if (!unit || clock.monotonic() - summed > SUMS_EVERY_MS) {
        await sumQuarters().catch(() => undefined);
        summed = clock.monotonic();
      }
      if (!unit) continue;
      const began = clock.monotonic();
      const again = await inTurn(() => countClosed(unit)).catch(() => true);
      pause = pauseAfter(clock.monotonic() - began, again ? AGAIN_PAUSE : FIRST_PAUSE);
    }
  }

  const openHours = (): Dirty[] => [...dirty.values()].filter((one) => !isClosed(one));

  /** Beside the rounds, whose pauses grow to minutes after an import. */
  async function contentLoop(): Promise<void> {
    let pause = LEAST_PAUSE_MS;
    while (!stop.signal.aborted) {
      await clock.sleep(pause, stop.signal);
      const began = clock.monotonic();
      await content.catchUp(openHours()).catch((error: unknown) => {
        counters.add('pegbar_content_failures_total');
        log.warn(
          { error: String(error) },
          'what prompts are about could not be counted yet; it is tried again',
        );
      });
      pause = Math.max(LEAST_PAUSE_MS, clock.monotonic() - began);
    }
  }

  let looping: Promise<unknown> | undefined;
  return {
    touch,
    async settle() {
      await countAll();
      await sumQuarters(true);
      await content.settle(openHours(), stop.signal);
    },
    unstored: () => open,
    start() {
      looping ??= Promise.all([openLoop(), closedLoop(), contentLoop()]);
    },
    async stop() {
      stop.abort();
      await looping;
      await running;
    },
  };
}

/** Pauses are so many times as long as what they follow. */
const pauseAfter = (cost_ms: number, times: number): number =>
  Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, cost_ms * times));

/** Buckets by the time that they have in common, the newest first. */
function groupsOf(buckets: readonly Dirty[], timeOf: (bucket: Dirty) => number): Dirty[][] {
  const groups = new Map<number, Dirty[]>();
  for (const bucket of buckets) {
    const time = timeOf(bucket);
    const known = groups.get(time);
    if (known) known.push(bucket);
    else groups.set(time, [bucket]);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

/** Buckets that are counted and stored together: whole days of one week where they are not too many, the newest first. */
function unitsOf(buckets: readonly Dirty[]): Dirty[][] {
  const units: Dirty[][] = [];
  for (const day of groupsOf(buckets, dayOf).flatMap(hoursOfLargeDay)) {
    const last = units.at(-1);
    const fits =
      last &&
      last.length + day.length <= UNIT_BUCKETS &&
      weekOf(last[0]!.hour_ms) === weekOf(day[0]!.hour_ms);
    if (fits) last.push(...day);
    else units.push([...day]);
  }
  return units;
}

const hoursOfLargeDay = (day: Dirty[]): Dirty[][] =>
  day.length > UNIT_BUCKETS ? groupsOf(day, ({ hour_ms }) => hour_ms) : [day];

const dayOf = ({ hour_ms }: Bucket): number => Math.floor(hour_ms / (24 * HOUR_MS));
