import { TABLES, tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import type { Store } from './client.ts';
import { ddlOf } from './ddl.ts';
import { createRetention, type DiskUsage, type Retention } from './retention.ts';
import { lifetime, partitionEnd, type RetentionPolicy } from './retention-plan.ts';
import { engineMissing, startTestStore, type TestStore } from './testing.ts';

const missing = engineMissing();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 22, 12);

const policy = (change: Partial<RetentionPolicy['retention_ms']> = {}, traces = 0.1): RetentionPolicy => ({
  retention_ms: {
    spans: 2 * DAY,
    kept_traces: 30 * DAY,
    logs: 30 * DAY,
    metrics: 30 * DAY,
    events: 90 * DAY,
    hour_rollups: 100 * DAY,
    day_rollups: 900 * DAY,
    ...change,
  },
  sampling: { traces, slow_ms: 10_000 },
});

it('knows when a partition ends', () => {
  expect(partitionEnd('part', '2026-11-22')).toBe(Date.UTC(2026, 10, 23));
  expect(partitionEnd('toMonday(t)', '2026-12-28')).toBe(Date.UTC(2027, 0, 4));
  expect(partitionEnd('toYYYYMM(t)', '202612')).toBe(Date.UTC(2027, 0, 1));
  expect(partitionEnd('toStartOfYear(t)', '2026-01-01')).toBe(Date.UTC(2027, 0, 1));
  for (const table of TABLES.filter(({ retention }) => retention !== 'none'))
    expect(partitionEnd(table.partitionBy, '2026-01-01')).toBeGreaterThan(0);
});

it('keeps stages as long as events, and the kept traces never shorter than all traces', () => {
  expect(lifetime(tableOf('spans'), policy())).toBe(90 * DAY);
  expect(lifetime(tableOf('span_events'), policy())).toBe(30 * DAY);
  expect(lifetime(tableOf('span_events'), policy({ kept_traces: HOUR }))).toBe(2 * DAY);
  expect(lifetime(tableOf('logs'), policy())).toBe(30 * DAY);
});

describe.skipIf(missing !== null)(`retention${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let test: TestStore;
  let store: Store;
  let now = NOON;
  let disk: DiskUsage;
  let counters = createCounters();
  let policies: Record<string, RetentionPolicy> = {};
  let retention: Retention;
  const clock: Clock = { ...systemClock, now: () => now };

  async function run(sql: string): Promise<void> {
    const result = await store.command(sql);
    if (!result.ok) throw new Error(`${sql}: ${result.error.message}`);
  }
  async function count(table: string, where = '1'): Promise<number> {
    const result = await store.rows<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE ${where}`);
    if (!result.ok) throw new Error(result.error.message);
    return Number(result.value[0]?.n);
  }

  beforeAll(async () => {
    test = await startTestStore({ holds: 'database' });
    store = test.store;
    for (const table of TABLES) await run(ddlOf(table));
  });
  afterAll(() => test?.stop());
  beforeEach(async () => {
    for (const table of TABLES) await run(`TRUNCATE TABLE ${table.name}`);
    now = NOON;
    disk = { used_bytes: 0, free_bytes: 1e12, limit_bytes: null, min_free_bytes: 2e9 };
    counters = createCounters();
    policies = {};
    const policyOf = (tenant: string) => policies[tenant] ?? policy();
    retention = createRetention({
      store,
      policyOf,
      diskUsage: async () => disk,
      clock,
      counters,
      log: silentLog,
    });
  });

  it('drops a day when the longest retention of its tenants has passed, and the shorter ones before', async () => {
    policies = { short: policy({ logs: 3 * DAY }) };
    await run(
      "INSERT INTO logs (tenant, body, part) SELECT if(number < 10, 'short', 'long'), 'x', '2026-11-18' FROM numbers(30)",
    );
    now = Date.UTC(2026, 10, 21, 23);
    expect(await retention.run()).toEqual({});
    now = Date.UTC(2026, 10, 22, 1);
    expect(await retention.run()).toEqual({ tenant_expired: 10 });
    expect([await count('logs'), await count('logs', "tenant = 'short'")]).toEqual([20, 0]);
    expect(await retention.run()).toEqual({});
    now = Date.UTC(2026, 11, 19, 1);
    expect(await retention.run()).toEqual({ expired: 20 });
    expect(await count('logs')).toBe(0);
    expect(counters.by('pegbar_retention_rows_total', 'reason')).toEqual({ tenant_expired: 10, expired: 20 });
  });

  it('keeps of old traces the errors, the slow ones, the stages, the pinned and a share, each trace whole', async () => {
    // 1,000 traces of 4 spans; trace 0 fails in one span, trace 1 is slow in one, trace 2 has a stage.
    await run(`INSERT INTO spans (tenant, trace_id, span_ids, status, duration_ns, pipeline_stage, part)
      SELECT 't', leftPad(toString(intDiv(number, 4)), 16, '0'), leftPad(toString(number), 8, '0'),
        if(number = 1, 2, 1), if(number = 5, 10000000000, 1000), if(number = 9, 'generate', ''), '2026-11-18'
      FROM numbers(4000)`);
    await run(`INSERT INTO span_events (tenant, trace_id, name, part)
      SELECT 't', leftPad(toString(number), 16, '0'), 'e', '2026-11-18' FROM numbers(1000)`);
    await run(
      `INSERT INTO pinned_traces (tenant, trace_id) SELECT 't', leftPad(toString(10 + number), 16, '0') FROM numbers(20)`,
    );
    expect((await retention.run()).sampled).toBeGreaterThan(3000);
    const pinned = 'trace_id IN (SELECT trace_id FROM pinned_traces)';
    expect([await count('spans', pinned), await count('span_events', pinned)]).toEqual([80, 20]);
    const trace = (n: number): string => `trace_id = leftPad('${n}', 16, '0')`;
    expect([await count('spans', trace(0)), await count('spans', trace(1))]).toEqual([4, 4]);
    expect(await count('spans', "pipeline_stage = 'generate'")).toBe(1);
    expect([await count('span_events', trace(0)), await count('span_events', trace(1))]).toEqual([1, 1]);
    const traces = (await count('spans')) / 4;
    expect(traces).toBeGreaterThan(60);
    expect(traces).toBeLessThan(150);
    expect(await count('(SELECT trace_id FROM spans GROUP BY trace_id HAVING count() NOT IN (1, 4))')).toBe(
      0,
    );
    expect(await count('span_events', 'trace_id NOT IN (SELECT trace_id FROM spans)')).toBe(0);
    expect(await retention.run()).toEqual({});
    // After the traces only the stage is left, after the events nothing.
    now = Date.UTC(2026, 11, 20);
    await retention.run();
    expect([await count('spans'), await count('span_events')]).toEqual([1, 0]);
    now = Date.UTC(2027, 2, 1);
    await retention.run();
    expect(await count('spans')).toBe(0);
  });

  it('does not touch what is younger, nor rows of another time in a young partition', async () => {
    await run(
      "INSERT INTO spans (tenant, timestamp, trace_id, part) SELECT 't', '2023-01-01 00:00:00', toString(number), '2026-11-21' FROM numbers(100)",
    );
    expect(await retention.run()).toEqual({});
    expect(await count('spans')).toBe(100);
  });

  it('drops rollups by their own partitions', async () => {
    await run(
      "INSERT INTO roll_hours (tenant, t) VALUES ('t', '2026-08-01 00:00:00'), ('t', '2026-08-11 00:00:00')",
    );
    await run(
      "INSERT INTO roll_days (tenant, t) VALUES ('t', '2023-05-05 00:00:00'), ('t', '2024-06-05 00:00:00')",
    );
    expect(await retention.run()).toEqual({ expired: 2 });
    expect([await count('roll_hours'), await count('roll_days')]).toEqual([1, 1]);
  });

  it('drops the oldest days when the disk is nearly full, never the running one, and not twice for one need', async () => {
    for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) {
      await run(
        `INSERT INTO logs (tenant, body, part) SELECT 't', randomString(2000), '${day}' FROM numbers(1000)`,
      );
    }
    await run("INSERT INTO deployments (tenant, id, part) VALUES ('t', 'd', '2026-11-01')");
    expect(await retention.relieveDisk()).toBe(0);
    disk = { ...disk, free_bytes: 2.9999e9 };
    expect(await retention.relieveDisk()).toBeGreaterThan(1e6);
    expect([await count('logs', "part = '2026-11-20'"), await count('logs')]).toEqual([0, 2000]);
    // The space is on its way back: no second day for the same need.
    expect(await retention.relieveDisk()).toBe(0);
    disk = { ...disk, free_bytes: 0 };
    await retention.relieveDisk();
    expect([await count('logs'), await count('logs', "part = '2026-11-22'")]).toEqual([1000, 1000]);
    expect(await count('deployments')).toBe(1);
    expect(counters.by('pegbar_retention_rows_total', 'reason')).toEqual({ disk: 2000 });
  });

  it('goes on with the next partition when one fails, and counts it', async () => {
    await run("INSERT INTO logs (tenant, part) VALUES ('bad', '2026-01-01'), ('t', '2026-01-02')");
    const policyOf = (tenant: string) => {
      if (tenant === 'bad') throw new Error('state store is down');
      return policy();
    };
    const failing = createRetention({
      store,
      policyOf,
      diskUsage: async () => disk,
      clock,
      counters,
      log: silentLog,
    });
    expect(await failing.run()).toEqual({ expired: 1 });
    expect(await count('logs')).toBe(1);
    expect(counters.total('pegbar_retention_failures_total')).toBe(1);
  });
});
