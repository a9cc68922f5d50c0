/** The reader over a real engine: what it reads must not depend on which of the stored rows it reads it from. */
import { type RollupMetricName, tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog as log } from '../base/log.ts';
import { BlockBuilder } from '../native/index.ts';
import { foldSpans } from '../requests/index.ts';
import { openState } from '../state/index.ts';
import type { Store } from '../store/index.ts';
import { engineMissing, startTestStore, type TestStore } from '../store/testing.ts';
import type { Tally } from './builder.ts';
import { createRollupKeeper, type RollupKeeper } from './keeper.ts';
import { createRollupReader, type KeyCondition, type RollupQuestion } from './reader.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + 12 * HOUR_MS;
const FROM = NOW - 6 * DAY_MS;
const TENANTS = ['a', 'b', 'c'];
const REGIONS = ['eu', 'us', ''];
const STAGES = ['generate', 'upscale'];
const QUANTILES = [0.5, 0.95, 0.99];

describe.skipIf(missing)('the reader of the rollups', () => {
  let test: TestStore;
  let store: Store;
  let keeper: RollupKeeper;
  let now = NOW;
  const clock: Clock = { ...systemClock, now: () => now };
  let seed = 11;
  const random = (): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

  /** Some stages of some tenants, their requests, and the marks of their hours. */
  async function load(count: number, from: number, length: number, seg: bigint): Promise<void> {
    const spans = new BlockBuilder(tableOf('spans'));
    const touched = new Map<string, { tenant: string; hour_ms: number }>();
    for (let one = 0; one < count; one++) {
      const at = from + Math.floor(random() * length);
      const tenant = any(TENANTS);
      const hour_ms = Math.floor(at / HOUR_MS) * HOUR_MS;
      touched.set(`${tenant}|${hour_ms}`, { tenant, hour_ms });
      spans.append({
        tenant,
        timestamp: BigInt(at) * 1_000_000n,
        request_id: `r${seg}-${one}`,
        source: 2,
        part: NOW,
        seg,
        duration_ns: BigInt(Math.round(Math.exp(4 + 8 * random()) * 1e6)),
        images: 1,
        pipeline_stage: any(STAGES),
        region: any(REGIONS),
        session_id: `s${one % 50}`,
      });
    }
    await keeper.touch(touched.values());
    const bytes = Buffer.concat(spans.encode());
    await done(store.insertNative('spans', [bytes], { token: `test-${seg}` }));
    await done(
      store.insertNative('requests', foldSpans([bytes], seg).requests.encode(), { token: `r-${seg}` }),
    );
    await keeper.settle();
  }

  async function done(result: ReturnType<Store['command']>): Promise<void> {
    const answer = await result;
    if (!answer.ok) throw new Error(answer.error.message);
  }
  async function rows<T>(sql: string): Promise<T[]> {
    const answer = await store.rows<T>(sql);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  }

  beforeAll(async () => {
    test = await startTestStore();
    store = test.store;
    const state = await openState({ path: ':memory:', clock });
    if (!state.ok) throw new Error(state.error.message);
    keeper = await createRollupKeeper({ state: state.value, store, clock, counters: createCounters(), log });
    await load(6_000, FROM, 6 * DAY_MS + HOUR_MS / 2, 1n);
    // Late rows: hours that were stored are counted anew.
    await load(300, NOW - 30 * HOUR_MS, 30 * HOUR_MS, 2n);
  });
  afterAll(() => test?.stop());

  for (const [table, start] of [
    ['roll_hours', 'toStartOfHour'],
    ['roll_days', 'toStartOfDay'],
  ] as const) {
    it(`${table}: the row of all tenants is the sum of theirs`, async () => {
      const keys = 'metric, stage, dim, value, t';
      const of = (condition: string): string =>
        `SELECT ${keys}, sum(n) AS n, sum(sum) AS total, sumMap(bins, counts) AS histogram FROM ${table} WHERE tenant ${condition} ''
         GROUP BY ${keys}`;
      const [answer] = await rows<Record<string, string>>(
        `SELECT count() AS cells, countIf(a.n != b.n OR a.total != b.total OR a.histogram != b.histogram) AS wrong
         FROM (${of('=')}) AS a FULL OUTER JOIN (${of('!=')}) AS b USING (${keys})`,
      );
      expect(Number(answer!.cells)).toBeGreaterThan(500);
      expect(answer!.wrong).toBe('0');
    });

    it(`${table}: the stored quantiles are those of the raw rows, by rank from below`, async () => {
      // A bin holds what lies between two values, so the bin of a quantile is the quantile of the bins.
      const bin = 'bitShiftRight(reinterpretAsUInt32(toFloat32(duration_ns / 1e6)), 18)';
      for (const tenant of ["'a'", "''"]) {
        const raw = await rows(
          `SELECT toString(toUnixTimestamp(${start}(timestamp))) AS at, region, quantilesExactLow(${QUANTILES.join(', ')})(${bin}) AS codes
           FROM spans WHERE ${tenant === "''" ? '1' : `tenant = ${tenant}`} AND timestamp < fromUnixTimestamp64Milli(${NOW - HOUR_MS}::Int64) GROUP BY at, region ORDER BY at, region`,
        );
        const stored = await rows(
          `SELECT toString(toUnixTimestamp(t)) AS at, value AS region, [p50, p95, p99] AS codes FROM ${table}
           WHERE tenant = ${tenant} AND metric = 'stage_ms' AND stage = '' AND dim = 'region' ORDER BY at, region`,
        );
        expect(stored.length).toBeGreaterThan(10);
        expect(stored).toEqual(raw.map((row) => ({ ...(row as object) })));
      }
    });
  }

  type Cells = Map<string, { n: number; micro: number; quantiles: (number | undefined)[] }>;
  async function read(asked: Partial<RollupQuestion>): Promise<Cells> {
    const reader = createRollupReader({ store, keeper });
    const question: RollupQuestion = {
      scope: { tenant: null },
      metrics: ['stage_ms', 'images', 'sessions'],
      quantiles: new Set(['stage_ms']),
      dims: ['region'],
      by: ['region'],
      stages: false,
      conditions: [],
      step_ms: HOUR_MS,
      from_ms: FROM,
      to_ms: NOW + HOUR_MS,
      ...asked,
    };
    const tallies = new Map<string, Tally>();
    const answer = await reader.read(question, (key, bucket_ms, metric: RollupMetricName, tally) => {
      const place = [...key, bucket_ms, metric].join(' ');
      const known = tallies.get(place);
      if (known) known.merge(tally);
      else tallies.set(place, tally);
    });
    if (!answer.ok) throw new Error(answer.error.message);
    return new Map(
      [...tallies]
        .map(([place, tally]) => {
          const quantiles = QUANTILES.map((q) => tally.quantile(q));
          return [place, { n: tally.n, micro: tally.micro, quantiles }] as const;
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  /** What each tenant alone sees, added up from whole histograms. The newest hour is not closed yet. */
  async function folded(asked: Partial<RollupQuestion>): Promise<Cells> {
    const by = ['tenant', ...(asked.by ?? ['region'])];
    const each = new Map<string, Tally>();
    const reader = createRollupReader({ store, keeper });
    for (const tenant of TENANTS)
      await reader.read(
        {
          metrics: ['stage_ms', 'images', 'sessions'],
          quantiles: new Set(['stage_ms']),
          dims: ['region'],
          stages: false,
          conditions: [],
          step_ms: HOUR_MS,
          from_ms: FROM,
          to_ms: NOW + HOUR_MS,
          ...asked,
          by,
          scope: { tenant },
        },
        (key, bucket_ms, metric, tally) => {
          const place = [...key.slice(1), bucket_ms, metric].join(' ');
          const known = each.get(place);
          if (known) known.merge(tally);
          else each.set(place, tally);
        },
      );
    return new Map(
      [...each]
        .map(([place, tally]) => {
          const quantiles = QUANTILES.map((q) => tally.quantile(q));
          return [place, { n: tally.n, micro: tally.micro, quantiles }] as const;
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  const WINDOWS: Record<string, Partial<RollupQuestion>> = {
    'hour by hour': {},
    'day by day': { step_ms: DAY_MS },
    'in half days': { step_ms: 12 * HOUR_MS },
    'at once': { step_ms: null },
    'by stage': { stages: true, by: ['pipeline_stage', 'region'] },
    'summed over regions': { by: [] },
    'of all': { dims: [], by: [] },
  };
  for (const [name, asked] of Object.entries(WINDOWS)) {
    it(`${name}: all tenants together are the fold of each, stored quantiles or not`, async () => {
      const expected = await folded(asked);
      expect(expected.size).toBeGreaterThan(2);
      expect(await read(asked)).toEqual(expected);
      expect(await read({ ...asked, at: QUANTILES })).toEqual(expected);
    });
  }

  it('adds up tenants that are chosen by a condition, stored quantiles or not', async () => {
    const notA: KeyCondition = {
      key: 'tenant',
      sql: (expression) => `${expression} != {not_a:String}`,
      params: { not_a: 'a' },
      matches: (value) => value !== 'a',
    };
    for (const step_ms of [HOUR_MS, DAY_MS]) {
      const asked = { step_ms, conditions: [notA] };
      const expected = await folded(asked);
      expect(expected.size).toBeGreaterThan(10);
      expect(await read(asked)).toEqual(expected);
      expect(await read({ ...asked, at: QUANTILES })).toEqual(expected);
    }
  });

  it('reads an hour that is stored of one tenant and held of another once', async () => {
    // The clock goes back over hours that were stored, and one tenant sends into one of them.
    now = NOW - 2 * HOUR_MS;
    try {
      await keeper.touch([{ tenant: 'b', hour_ms: NOW - 2 * HOUR_MS }]);
      await keeper.settle();
      expect([...keeper.unstored().keys()]).toContain(`b|${(NOW - 2 * HOUR_MS) / 1000}`);
      for (const asked of [{}, { step_ms: null }, { by: ['region', 'tenant'] }]) {
        const expected = await folded({ ...asked, by: ['region'] });
        if (!('by' in asked)) expect(await read({ ...asked, at: QUANTILES })).toEqual(expected);
      }
      const total = (cells: Cells): number => [...cells.values()].reduce((sum, one) => sum + one.n, 0);
      expect(total(await read({ by: ['region', 'tenant'], at: QUANTILES }))).toBe(total(await folded({})));
    } finally {
      now = NOW;
      await keeper.settle();
    }
  });
});
