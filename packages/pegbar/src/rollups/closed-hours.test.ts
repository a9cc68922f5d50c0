/** Over a real engine: however hours come to be counted, what is stored is the same as if all were counted at once. */
import { tableOf } from '@pegbar/contract';
import { seededRandom } from '@pegbar/stats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BlockBuilder } from '../native/index.ts';
import { foldSpans } from '../requests/index.ts';
import { openState } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import { createRollupKeeper, type RollupKeeper } from './keeper.ts';
import { type Bucket, HOUR_MS } from './swap.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const DAY_MS = 24 * HOUR_MS;
/** The first of a month, a Tuesday: days of two months, and of one week. */
const NOW = Date.parse('2026-09-01T12:30:00Z');
const TENANTS = ['a', 'b', 'c'];

describe.skipIf(missing)('closed hours', () => {
  let test: TestStore;
  let store: Store;
  let serial = 1n;
  const clock: Clock = { ...systemClock, now: () => NOW };
  const random = seededRandom(5);
  const below = (most: number): number => Math.floor(random() * most);

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
  });
  afterAll(() => test?.stop());

  async function keeperOver(own: Store): Promise<RollupKeeper> {
    const opened = await openState({ path: ':memory:', clock });
    if (!opened.ok) throw new Error(opened.error.message);
    return createRollupKeeper({ state: opened.value, store: own, clock, counters: createCounters(), log });
  }

  /** Stages in a bucket. */
  async function load(buckets: readonly Bucket[]): Promise<void> {
    const spans = new BlockBuilder(tableOf('spans'));
    for (const { tenant, hour_ms } of buckets)
      for (let row = below(12) + 1; row > 0; row--)
        spans.append({
          tenant,
          timestamp: BigInt(hour_ms + below(HOUR_MS)) * 1_000_000n,
          duration_ns: BigInt(1 + below(4)) * 100_000_000n,
          request_id: `${hour_ms}-${below(9)}`,
          source: 2,
          pipeline_stage: ['generate', 'upscale'][below(2)],
          model_version: ['v1', 'v2'][below(2)],
          session_id: `s${below(3)}`,
          part: hour_ms,
          seg: serial,
        });
    const bytes = Buffer.concat(spans.encode());
    for (const [table, block] of [
      ['spans', [bytes]],
      ['requests', foldSpans([bytes], serial).requests.encode()],
    ] as const) {
      const done = await store.insertNative(table, block, { token: `t${table}${serial}` });
      if (!done.ok) throw new Error(done.error.message);
    }
    serial++;
  }

  async function stored(): Promise<string[]> {
    const found = await Promise.all(
      ['roll_hours', 'roll_days'].map((table) =>
        store.rows<Record<string, unknown>>(
          `SELECT '${table}' AS of, tenant, metric, stage, dim, value, t, n, sum, bins, counts, p50, p95, p99 FROM ${table}`,
        ),
      ),
    );
    return found
      .flatMap((answer) => {
        if (!answer.ok) throw new Error(answer.error.message);
        return answer.value.map((row) => JSON.stringify(row));
      })
      .sort();
  }

  it('are stored the same one after the other, again, beside others and all at once', async () => {
    const keeper = await keeperOver(store);
    const all: Bucket[] = [];
    for (let step = 0; step < 8; step++) {
      const touched = Array.from({ length: 1 + below(6) }, () => ({
        tenant: TENANTS[below(TENANTS.length)]!,
        hour_ms: Math.floor(NOW / HOUR_MS) * HOUR_MS - (2 + below(36)) * HOUR_MS,
      }));
      await load(touched);
      await keeper.touch(touched);
      await keeper.settle();
      all.push(...touched);
    }
    const told = await stored();
    expect(told.length).toBeGreaterThan(1000);
    for (const table of ['roll_hours', 'roll_days']) await store.command(`TRUNCATE TABLE ${table}`);
    await keeper.touch(all);
    await keeper.settle();
    expect(await stored()).toEqual(told);
  });

  it('are stored where hours before them are empty', async () => {
    const keeper = await keeperOver(store);
    const hour_ms = Math.floor(NOW / HOUR_MS) * HOUR_MS - 90 * DAY_MS;
    const [empty, filled] = [hour_ms, hour_ms + HOUR_MS].map((at) => ({ tenant: 'e', hour_ms: at }));
    await load([filled!]);
    await keeper.touch([empty!, filled!]);
    await keeper.settle();
    const told = (await stored()).filter((row) => row.includes('"roll_hours","tenant":"e"'));
    expect(told.length).toBeGreaterThan(10);
  });

  it('are read a day at a time, however little there is of them', async () => {
    const lengths: number[] = [];
    const keeper = await keeperOver({
      ...store,
      native(sql, options) {
        const { from, to } = (options?.params ?? {}) as { from?: number; to?: number };
        if (sql.includes('FROM spans') && from !== undefined && to !== undefined) lengths.push(to - from);
        return store.native(sql, options);
      },
    });
    const monday = Date.parse('2026-07-06T00:00:00Z');
    const hours = Array.from({ length: 60 }, (_, hour) => ({
      tenant: 'w',
      hour_ms: monday + hour * HOUR_MS,
    }));
    await load(hours);
    await keeper.touch(hours);
    await keeper.settle();
    expect(Math.max(...lengths)).toBeLessThanOrEqual(DAY_MS);
    expect((await stored()).filter((row) => row.includes('"roll_days","tenant":"w"')).length).toBeGreaterThan(
      30,
    );
  });

  it('are counted the newest first, and what was counted is seen before the rest', async () => {
    const attached: string[] = [];
    const keeper = await keeperOver({
      ...store,
      command(sql, options) {
        const week = /^ALTER TABLE roll_hours ATTACH PARTITION '(.*)'/.exec(sql)?.[1];
        if (week) attached.push(week);
        return store.command(sql, options);
      },
    });
    const weeks = [50, 29, 36, 43].map((days) => ({
      tenant: 'n',
      hour_ms: Math.floor(NOW / HOUR_MS) * HOUR_MS - days * DAY_MS,
    }));
    await load(weeks);
    await keeper.touch(weeks);
    await keeper.settle();
    expect(attached).toHaveLength(4);
    expect(attached).toEqual([...attached].sort().reverse());
  });
});
