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
 * Counting costs in proportion to the rows of the bucket. The pause before the next round grows with the cost
 * of the last one, so that counting takes a bounded share of the machine at any rate of ingest; `settle` (which
 * `POST /flush` calls) counts everything at once.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { paced } from '../base/paced.ts';
import type { Queries } from '../state/index.ts';
import { type Store, StoreFailure } from '../store/index.ts';
import type { RollupRow } from './builder.ts';
import type { ContentHourCounts } from './content-count.ts';
import { createContentKeeper } from './content-keeper.ts';
import type { HeldContent } from './content-reader.ts';
import { countDays, frozenOf } from './days.ts';
import { countFacts } from './facts.ts';
import { createOpenStages, type OpenStages } from './open-stages.ts';
import { createQuarters } from './quarters.ts';
import { type Bucket, beginWeek, bucketKey, HOUR_MS, weekOf } from './swap.ts';

export interface RollupKeeper {
  /** Marks buckets dirty; durable when it resolves. Call it before their raw rows are loaded. */
  touch(buckets: Iterable<Bucket>): Promise<void>;
  /** Counts every bucket that is dirty now. */
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
   * Told of each hour that was counted and is not stored, and, with undefined, of each that is stored now: whoever is
   * told keeps them in place of `unstored`, which is then empty.
   */
  onCounted?(bucket: string, rows: readonly RollupRow[] | undefined): void;
  /** Told of the content of each open hour that was counted, and, with undefined, of each that is stored now. */
  onContent?(bucket: string, counts: ContentHourCounts | undefined): void;
}

/** An hour is closed this long after its end: late batches of a healthy sender have come by then. */
const GRACE_MS = 5 * 60_000;
const LEAST_PAUSE_MS = 3_000;
/** An import tells of an hour in many batches; it is counted once they have stopped. */
const QUIET_MS = 5_000;
/** The pause is this many times the cost of the last round: counting takes at most a twentieth of the time. */
const PAUSE_FACTOR = 20;
const MOST_PAUSE_MS = 10 * 60_000;
/** Buckets of one count: bounds the memory of a round. */
const RUN_HOURS = 24;
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
  let running: Promise<void> = Promise.resolve();

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

  /** One round over everything that changed since it was counted last. */
  async function round(patient: boolean): Promise<void> {
    const due = [...dirty.values()].filter((one) => isDue(one) && !(patient && isBusy(one)));
    for (const [week_ms, buckets] of groupByWeek(due)) {
      if (stop.signal.aborted) return;
      await countWeek(week_ms, buckets);
    }
  }

  async function countWeek(week_ms: number, due: readonly Dirty[]): Promise<void> {
    const frozen = await frozenOf(store, state, due, clock.now());
    const buckets = due.filter((one) => !frozen.has(bucketKey(one)));
    const began = new Map(due.map((one) => [one, one.touched]));
    const closed = new Map(buckets.filter(isClosed).map((one) => [bucketKey(one), one]));
    const swap = closed.size > 0 ? await beginWeek(store, clock, week_ms, [...closed.values()]) : undefined;
    const counted = new Map<string, RollupRow[]>();
    const runs: (readonly [readonly Dirty[], OpenStages?])[] = [
      ...runsOf([...closed.values()]).map((run) => [run] as const),
      ...hoursOf(buckets.filter((one) => !closed.has(bucketKey(one)))).map(
        (run) => [run, openStages] as const,
      ),
    ];
    for (const [run, memory] of runs) {
      const rows = await countRun(run, memory);
      await swap?.add(rows.filter((row) => closed.has(bucketOfRow(row))));
      for (const row of rows) {
        const key = bucketOfRow(row);
        if (closed.has(key)) continue;
        const rowsOfBucket = counted.get(key) ?? [];
        rowsOfBucket.push(row);
        counted.set(key, rowsOfBucket);
      }
    }
    // Before the hours change: after a crash in between, their sums are made again.
    await quarters.touch([...closed.values()].map(({ hour_ms }) => hour_ms));
    await swap?.commit();
    await countDays(store, [...closed.values()], clock.now());
    for (const bucket of due) {
      const key = bucketKey(bucket);
      bucket.counted = began.get(bucket)!;
      const rows = closed.has(key) || frozen.has(key) ? undefined : (counted.get(key) ?? []);
      hold(key, rows);
    }
    for (const { hour_ms } of closed.values()) openStages.forget(hour_ms);
    await clear(due.filter((one) => closed.has(bucketKey(one)) || frozen.has(bucketKey(one))));
    counters.add('pegbar_rollup_buckets_counted_total', {}, buckets.length);
    if (frozen.size > 0) counters.add('pegbar_rollup_buckets_frozen_total', {}, frozen.size);
  }

  function hold(bucket: string, rows: readonly RollupRow[] | undefined): void {
    if (options.onCounted) options.onCounted(bucket, rows);
    else if (rows === undefined) open.delete(bucket);
    else open.set(bucket, () => rows);
  }

  async function countRun(run: readonly Dirty[], memory?: OpenStages): Promise<RollupRow[]> {
    const hours = run.map((one) => one.hour_ms);
    const range = {
      tenants: [...new Set(run.map((one) => one.tenant))],
      from_ms: Math.min(...hours),
      to_ms: Math.max(...hours) + HOUR_MS,
    };
    const counted = await countFacts(store, clock, range, memory);
    if (!counted.ok) throw new StoreFailure(counted.error);
    const wanted = new Set(run.map(bucketKey));
    const rows = await paced(counted.value.rowSteps(), clock);
    return rows.filter((row) => wanted.has(bucketOfRow(row)));
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

  const isDue = (one: Dirty): boolean => one.counted < one.touched || isClosed(one);

  /** Old rows are arriving for it: it would have to be counted again at once. */
  const isBusy = (one: Dirty): boolean => isClosed(one) && clock.monotonic() - one.touchedAt < QUIET_MS;

  const isClosed = (bucket: Bucket): boolean => bucket.hour_ms + HOUR_MS + GRACE_MS <= clock.now();

  /** What drift reads of them; one step in the loop, all there is when somebody waits for it. */
  const sumQuarters = (all = false): Promise<void> =>
    inTurn(async () => {
      while ((await quarters.step()) > 0 && all && !stop.signal.aborted);
    });

  const runRound = (patient: boolean): Promise<void> => inTurn(() => round(patient));

  /** Rounds take turns; a failed one leaves its marks and is repeated. */
  function inTurn(run: () => Promise<void>): Promise<void> {
    running = running.then(run).catch((error: unknown) => {
      counters.add('pegbar_rollup_failures_total');
      log.warn(
        { error: String(error) },
        'rollups could not be counted; they stay marked and are counted again',
      );
      throw error;
    });
    const result = running;
    running = running.catch(() => undefined);
    return result;
  }

  async function loop(): Promise<void> {
    let pause = LEAST_PAUSE_MS;
    while (!stop.signal.aborted) {
      await clock.sleep(pause, stop.signal);
      await sumQuarters().catch(() => undefined);
      if (stop.signal.aborted || ![...dirty.values()].some((one) => isDue(one) && !isBusy(one))) {
        pause = LEAST_PAUSE_MS;
        continue;
      }
      const began = clock.monotonic();
      await runRound(true).catch(() => undefined);
      pause = Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, (clock.monotonic() - began) * PAUSE_FACTOR));
    }
  }

  /** Beside the rounds, whose pauses grow to minutes after an import. */
  async function contentLoop(): Promise<void> {
    let pause = LEAST_PAUSE_MS;
    while (!stop.signal.aborted) {
      await clock.sleep(pause, stop.signal);
      const began = clock.monotonic();
      await content.catchUp([...dirty.values()].filter((one) => !isClosed(one))).catch((error: unknown) => {
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
      await runRound(false);
      await sumQuarters(true);
    },
    unstored: () => open,
    start() {
      looping ??= Promise.all([loop(), contentLoop()]);
    },
    async stop() {
      stop.abort();
      await looping;
      await running;
    },
  };
}

const bucketOfRow = (row: RollupRow): string => bucketKey({ tenant: row.tenant, hour_ms: row.t_ms });

/** The buckets of each hour. */
function hoursOf(buckets: readonly Dirty[]): Dirty[][] {
  const hours = new Map<number, Dirty[]>();
  for (const bucket of buckets) {
    const known = hours.get(bucket.hour_ms);
    if (known) known.push(bucket);
    else hours.set(bucket.hour_ms, [bucket]);
  }
  return [...hours.values()];
}

/** Contiguous hours, at most a day of them: what is read in one go. */
function runsOf(buckets: readonly Dirty[]): Dirty[][] {
  const runs: Dirty[][] = [];
  let run: Dirty[] = [];
  for (const bucket of [...buckets].sort((a, b) => a.hour_ms - b.hour_ms)) {
    const last = run.at(-1);
    const first = run[0];
    const far =
      last &&
      (bucket.hour_ms > last.hour_ms + HOUR_MS || bucket.hour_ms - first!.hour_ms >= RUN_HOURS * HOUR_MS);
    if (far) {
      runs.push(run);
      run = [];
    }
    run.push(bucket);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function groupByWeek(buckets: readonly Dirty[]): Map<number, Dirty[]> {
  const out = new Map<number, Dirty[]>();
  for (const bucket of buckets) {
    const week = weekOf(bucket.hour_ms);
    const list = out.get(week) ?? [];
    list.push(bucket);
    out.set(week, list);
  }
  return out;
}
