/** The keeper over a real engine: raw rows are put into the store directly, the clock is the test's. */
import { tableOf } from '@pegbar/contract';
import { valueOfBin } from '@pegbar/stats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BlockBuilder } from '../native/index.ts';
import { foldSpans } from '../requests/index.ts';
import { openState, type State } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { createRollupKeeper, type RollupKeeper } from './keeper.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Sunday: the week ends at midnight. */
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + 12 * HOUR_MS;

interface Stage {
  request: string;
  at: number;
  ms?: number;
  tenant?: string;
  region?: string;
  stage?: string;
  error?: string;
}

describe.skipIf(missing)('the keeper of the rollups', () => {
  let test: TestStore;
  let store: Store;
  let state: State;
  let keeper: RollupKeeper;
  let now = NOW;
  let serial = 1n;
  const clock: Clock = { ...systemClock, now: () => now };

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
  });
  afterAll(() => test?.stop());
  beforeEach(async () => {
    now = NOW;
    for (const table of ['spans', 'requests', 'images', 'roll_hours']) await run(`TRUNCATE TABLE ${table}`);
    const opened = await openState({ path: ':memory:', clock });
    if (!opened.ok) throw new Error(opened.error.message);
    state = opened.value;
    keeper = await newKeeper();
  });

  /** A new one on the same state is what a restart makes. */
  const newKeeper = (): Promise<RollupKeeper> =>
    createRollupKeeper({ state, store, clock, counters: createCounters(), log });

  async function run(sql: string): Promise<void> {
    const done = await store.command(sql);
    if (!done.ok) throw new Error(done.error.message);
  }

  async function rows<T>(sql: string): Promise<T[]> {
    const answer = await store.rows<T>(sql);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  }

  async function insert(table: string, block: Uint8Array[]): Promise<void> {
    const done = await store.insertNative(table, block, { token: `test-${serial++}` });
    if (!done.ok) throw new Error(done.error.message);
  }

  /** Puts stages and the requests that follow from them into the store; marks nothing. */
  async function load(stages: readonly Stage[]): Promise<void> {
    const spans = new BlockBuilder(tableOf('spans'));
    for (const { request, at, ms = 100, tenant = 't', region, stage = 'deliver', error } of stages)
      spans.append({
        tenant,
        timestamp: BigInt(Math.round(at * 1000)) * 1000n,
        duration_ns: BigInt(Math.round(ms * 1e6)),
        request_id: request,
        source: 2,
        pipeline_stage: stage,
        region,
        error_code: error,
        status: error ? 2 : 0,
        part: NOW,
        seg: serial,
      });
    const bytes = Buffer.concat(spans.encode());
    await insert('spans', [bytes]);
    await insert('requests', foldSpans([bytes], serial).requests.encode());
  }

  const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;
  const touch = (...times: number[]): Promise<void> =>
    keeper.touch(times.map((at) => ({ tenant: 't', hour_ms: hourOf(at) })));

  /** Stored requests per hour of tenant t, over everything. */
  async function stored(metric = 'requests'): Promise<Record<string, number>> {
    const found = await rows<{ t: number; n: string }>(
      `SELECT toUnixTimestamp(t) AS t, sum(n) AS n FROM roll_hours WHERE tenant = 't' AND metric = '${metric}' AND dim = 'all' AND stage = '' GROUP BY t`,
    );
    return Object.fromEntries(found.map((row) => [row.t * 1000 - NOW, Number(row.n)]));
  }

  function open(metric = 'requests'): Record<string, number> {
    const out: Record<string, number> = {};
    for (const rowsOf of keeper.unstored().values())
      for (const row of rowsOf())
        if (row.metric === metric && row.dim === 'all' && row.stage === '' && row.tenant === 't')
          out[row.t_ms - NOW] = row.tally.n;
    return out;
  }

  const marks = (): Promise<unknown[]> => state.all('SELECT tenant, hour_ms FROM dirty_hours');
  const old = NOW - 30 * HOUR_MS;

  it('stores closed hours, keeps open ones in memory, and stores those when they close', async () => {
    await load([
      { request: 'a', at: old },
      { request: 'b', at: NOW + 1000 },
    ]);
    await touch(old, NOW);
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 1 });
    expect(open()).toEqual({ 0: 1 });
    expect(await marks()).toHaveLength(1);
    now = NOW + HOUR_MS + 6 * 60_000;
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 1, 0: 1 });
    expect(open()).toEqual({});
    expect(await marks()).toEqual([]);
  });

  it('puts a count in the place of the last one, and leaves other hours, weeks and tenants as they are', async () => {
    const weekBefore = old - 7 * DAY_MS;
    await load([
      { request: 'a', at: old },
      { request: 'b', at: weekBefore },
      { request: 'c', at: old, tenant: 'u' },
    ]);
    await keeper.touch([{ tenant: 'u', hour_ms: hourOf(old) }]);
    await touch(old, weekBefore);
    await keeper.settle();
    for (let round = 2; round < 5; round++) {
      await load([{ request: `late-${round}`, at: old + round }]);
      await touch(old);
      await keeper.settle();
      expect(await stored()).toEqual({ [-30 * HOUR_MS]: round, [weekBefore - NOW]: 1 });
    }
    expect(
      await rows(
        "SELECT sum(n) AS n FROM roll_hours WHERE tenant = 'u' AND metric = 'requests' AND dim = 'all'",
      ),
    ).toEqual([{ n: '1' }]);
  });

  it('empties an hour whose rows are gone, also where it was the only one of its week', async () => {
    await load([{ request: 'a', at: old }]);
    await touch(old);
    await keeper.settle();
    await run('TRUNCATE TABLE spans');
    await run('TRUNCATE TABLE requests');
    await touch(old);
    await keeper.settle();
    expect(await stored()).toEqual({});
    expect(await marks()).toEqual([]);
  });

  it('counts again what was touched while it was counted', async () => {
    await load([{ request: 'a', at: old }]);
    await touch(old);
    const counting = keeper.settle();
    // More comes while the first count is on its way.
    await touch(old);
    await load([{ request: 'b', at: old }]);
    await touch(old);
    await counting;
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 2 });
    await keeper.settle();
    expect(await marks()).toEqual([]);
  });

  it('never loses a mark, whenever the touch comes', async () => {
    for (let round = 1; round <= 12; round++) {
      await touch(old);
      const counting = keeper.settle();
      await systemClock.sleep(round * 4);
      await touch(old);
      await load([{ request: `r${round}`, at: old }]);
      await touch(old);
      await counting;
      // A crash right now: what is not counted yet must be marked.
      keeper = await newKeeper();
      await keeper.settle();
      expect(await stored()).toEqual({ [-30 * HOUR_MS]: round });
    }
  });

  it('keeps a mark that came between two flushes, of which the first has counted its hour', async () => {
    await load([{ request: 'a', at: old }]);
    let cleared = 0;
    const watched: State = {
      ...state,
      async run(sql, params) {
        const done = await state.run(sql, params);
        if (sql.startsWith('DELETE FROM dirty_hours') && ++cleared === 1) await touch(old);
        return done;
      },
    };
    keeper = await createRollupKeeper({ state: watched, store, clock, counters: createCounters(), log });
    await touch(old);
    await Promise.all([keeper.settle(), keeper.settle()]);
    expect(await marks()).toHaveLength(1);
    await load([{ request: 'b', at: old }]);
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 2 });
    expect(await marks()).toEqual([]);
  });

  it('counts after a restart what was marked before it, counted or not', async () => {
    await load([{ request: 'a', at: old }]);
    await touch(old, NOW);
    keeper = await newKeeper();
    await load([{ request: 'b', at: NOW + 5 }]);
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 1 });
    expect(open()).toEqual({ 0: 1 });
    // The open hours live in memory only: they are counted again.
    keeper = await newKeeper();
    await keeper.settle();
    expect(open()).toEqual({ 0: 1 });
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 1 });
  });

  it('keeps its marks when the store fails, and counts when it is back', async () => {
    await load([{ request: 'a', at: old }]);
    const broken: Store = {
      ...store,
      command: (sql, options) =>
        sql.startsWith('ALTER TABLE roll_hours ')
          ? Promise.resolve({
              ok: false,
              error: { kind: 'retryable', code: null, type: 'ENGINE_DOWN', message: 'gone' },
            })
          : store.command(sql, options),
    };
    const counters = createCounters();
    keeper = await createRollupKeeper({ state, store: broken, clock, counters, log });
    await touch(old);
    await expect(keeper.settle()).rejects.toThrow('ENGINE_DOWN');
    expect(counters.total('pegbar_rollup_failures_total')).toBe(1);
    expect(await marks()).toHaveLength(1);
    keeper = await newKeeper();
    await keeper.settle();
    expect(await stored()).toEqual({ [-30 * HOUR_MS]: 1 });
  });

  it('makes a mark durable that could not be written the first time', async () => {
    let fail = true;
    const brittle: State = {
      ...state,
      run: (sql, params) => (fail ? Promise.reject(new Error('SQLITE_FULL')) : state.run(sql, params)),
    };
    keeper = await createRollupKeeper({ state: brittle, store, clock, counters: createCounters(), log });
    await expect(touch(old)).rejects.toThrow('SQLITE_FULL');
    fail = false;
    await touch(old);
    expect(await marks()).toHaveLength(1);
  });

  it('equals the raw rows: counts exactly, quantiles within the grid', async () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const stages: Stage[] = [];
    for (let one = 0; one < 3000; one++) {
      const at = old + Math.floor(random() * 5) * HOUR_MS + Math.floor(random() * 1_000_000);
      stages.push({
        request: `q${one}`,
        at,
        // Lognormal, as latencies are.
        ms: Math.round(Math.exp(7 + 1.2 * (random() + random() + random() - 1.5) * 2)),
        region: ['eu', 'us', ''][one % 3]!,
        ...(one % 9 === 0 && { error: 'oom' }),
      });
    }
    await load(stages);
    await touch(...stages.map((one) => one.at));
    await keeper.settle();
    const [raw] = await rows<Record<string, string>>(
      `SELECT count() AS requests, countIf(error_code = 'oom') AS oom, toString(sum(toUInt64(duration_ns / 1e6))) AS ms FROM spans`,
    );
    const [told] = await rows<Record<string, string>>(
      `SELECT sumIf(n, metric = 'requests') AS requests, sumIf(n, metric = 'oom') AS oom,
         toString(intDiv(sumIf(sum, metric = 'stage_ms'), 1000000)) AS ms
       FROM roll_hours WHERE tenant = 't' AND dim = 'all' AND stage = ''`,
    );
    expect(told).toEqual(raw);
    const byRegion = `SELECT region, count() AS n FROM spans GROUP BY region ORDER BY region`;
    expect(
      await rows(
        `SELECT value AS region, sum(n) AS n FROM roll_hours WHERE tenant = 't' AND metric = 'stages' AND dim = 'region' AND stage = '' GROUP BY region ORDER BY region`,
      ),
    ).toEqual(await rows(byRegion));
    for (const q of [0.5, 0.95, 0.99]) {
      const [exact] = await rows<{ v: number }>(
        `SELECT toFloat64(quantileExactLow(${q})(duration_ns / 1e6)) AS v FROM spans`,
      );
      const [histogram] = await rows<{ codes: number[]; seen: string[] }>(
        `SELECT tupleElement(sumMap(bins, counts), 1) AS codes, tupleElement(sumMap(bins, counts), 2) AS seen FROM roll_hours
         WHERE tenant = 't' AND metric = 'latency_ms' AND dim = 'all' AND stage = ''`,
      );
      expect(Math.abs(atRank(histogram!, q) / exact!.v - 1)).toBeLessThan(0.016);
    }
  });
});

/** Independent of `quantileOf`: the value of the bin that holds the rank. */
function atRank({ codes, seen }: { codes: number[]; seen: string[] }, q: number): number {
  const total = seen.reduce((sum, count) => sum + Number(count), 0);
  let rank = q === 0.5 && total % 2 === 0 ? total / 2 - 1 : Math.floor(q * total);
  for (let at = 0; at < codes.length; at++) {
    rank -= Number(seen[at]);
    if (rank < 0) return valueOfBin('float', codes[at]!);
  }
  return Number.NaN;
}
