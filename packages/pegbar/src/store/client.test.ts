import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import type { Store } from './client.ts';
import type { StoreError } from './errors.ts';
import { engineMissing, patientClock, startTestStore, type TestStore } from './testing.ts';

const missing = engineMissing();

function must<T>(result: Result<T, StoreError>): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}

function errorOf(result: Result<unknown, StoreError>): StoreError {
  if (result.ok) throw new Error('expected a failure');
  return result.error;
}

describe.skipIf(missing !== null)(`the store client${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let test: TestStore;
  let store: Store;
  beforeAll(async () => {
    test = await startTestStore({ holds: 'database', clock: patientClock });
    store = test.store;
    must(
      await store.command(
        `CREATE TABLE t (tenant LowCardinality(String), x UInt64, b BFloat16, part Date DEFAULT '2026-01-01')
         ENGINE = MergeTree PARTITION BY part ORDER BY (tenant, x)
         SETTINGS non_replicated_deduplication_window = 100`,
      ),
    );
  });
  afterAll(() => test?.stop());

  it('binds parameters and returns rows with 64-bit integers as strings', async () => {
    const rows = must(
      await store.rows<{ s: string; big: string; d: number }>(
        'SELECT {s:String} AS s, {big:UInt64} AS big, 0.5 AS d, {list:Array(String)} AS list',
        { params: { s: "it's {x}\n\t\\", big: '18446744073709551615', list: ['a', "b'"] } },
      ),
    );
    expect(rows).toEqual([{ s: "it's {x}\n\t\\", big: '18446744073709551615', d: 0.5, list: ['a', "b'"] }]);
  });

  it('moves native blocks in and out unchanged, once per token', async () => {
    const block = must(
      await store.native(
        `SELECT if(number % 2 = 0, 'a', 'b')::LowCardinality(String) AS tenant, number AS x,
                toBFloat16(number) AS b, toDate('2026-01-01') AS part
         FROM numbers(200000) SETTINGS max_block_size = 200000`,
      ),
    );
    const cut = [block.subarray(0, 7), block.subarray(7, 100_000), block.subarray(100_000)];
    must(await store.insertNative('t', cut, { token: 'one' }));
    must(await store.insertNative('t', cut, { token: 'one' }));
    expect(must(await store.rows('SELECT count() AS n, sum(x) AS s FROM t'))).toEqual([
      { n: '200000', s: '19999900000' },
    ]);
  });

  it('limits a scoped query to its tenant and refuses one without the placeholder', async () => {
    const mine = store.scoped({ tenant: 'a' });
    const sql =
      'SELECT count() AS n, uniqExact(tenant) AS tenants FROM t WHERE {tenant_filter} AND x < {x:UInt64}';
    expect(must(await mine.rows(sql, { params: { x: 10 } }))).toEqual([{ n: '5', tenants: '1' }]);
    expect(must(await store.scoped({ tenant: null }).rows(sql, { params: { x: 10 } }))).toEqual([
      { n: '10', tenants: '2' },
    ]);
    const hostile = store.scoped({ tenant: "a' OR '1'='1" });
    expect(must(await hostile.rows(sql, { params: { x: 10 } }))).toEqual([{ n: '0', tenants: '0' }]);
    const aliased =
      'SELECT count() AS n FROM t AS l JOIN t AS r ON l.x = r.x WHERE {tenant_filter:l} AND {tenant_filter:r} AND l.x < 10';
    expect(must(await mine.rows(aliased))).toEqual([{ n: '5' }]);
    expect(() => mine.rows('SELECT count() FROM t')).toThrow('{tenant_filter}');
    expect(() => mine.rows(sql, { params: { scope_tenant: 'b' } })).toThrow('reserved');
  });

  it('says which failures may be tried again', async () => {
    expect(errorOf(await store.rows('SELEC 1'))).toMatchObject({ kind: 'rejected', type: 'SYNTAX_ERROR' });
    expect(errorOf(await store.rows('SELECT * FROM nowhere'))).toMatchObject({ kind: 'rejected', code: 60 });
    expect(errorOf(await store.insertNative('t', [Buffer.from('not a block')])).kind).toBe('rejected');
    const heavy = await store.rows('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)', {
      timeout_ms: 1000,
    });
    expect(errorOf(heavy)).toMatchObject({ kind: 'rejected', type: 'TIMEOUT_EXCEEDED' });
    const memory = await store.rows('SELECT groupArray(number) FROM numbers(1000000000)', {
      settings: { max_memory_usage: 10_000_000 },
    });
    expect(errorOf(memory)).toMatchObject({ kind: 'rejected', type: 'MEMORY_LIMIT_EXCEEDED' });
  });

  it('stops the query at the engine when the caller gives up', async () => {
    const caller = new AbortController();
    // Some hours of work: that it answers at all is its end.
    const running = store.rows('SELECT sum(sipHash64(number)) FROM numbers(1000000000000) -- given up', {
      timeout_ms: 3_600_000,
      signal: caller.signal,
    });
    await systemClock.sleep(300);
    caller.abort();
    expect(errorOf(await running)).toMatchObject({ kind: 'rejected', type: 'CANCELLED' });
    const left =
      "SELECT count() AS n FROM system.processes WHERE query LIKE '%given up%' AND query NOT LIKE '%processes%'";
    for (let i = 0; i < 400; i += 1) {
      if (must(await store.rows<{ n: string }>(left))[0]?.n === '0') break;
      await systemClock.sleep(100);
    }
    expect(must(await store.rows(left))).toEqual([{ n: '0' }]);
  });

  it('lets only so many queries run and wait at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 300 }, () => store.rows('SELECT sleep(0.01)', { lane: 'analyst' })),
    );
    expect(all.filter((one) => one.ok)).toHaveLength(35);
    expect(errorOf(all.find((one) => !one.ok)!)).toMatchObject({ kind: 'retryable', type: 'BUSY' });
    expect(store.load('analyst')).toEqual({ running: 0, waiting: 0 });
  });

  it('follows the engine to its new port after a kill; readers see a slow answer', async () => {
    const before = test.supervisor.current()!;
    process.kill(before.pid!, 'SIGKILL');
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await systemClock.sleep(i * 20);
        return store.rows<{ n: string }>('SELECT count() AS n FROM t');
      }),
    );
    for (const answer of answers) expect(must(answer)).toEqual([{ n: '200000' }]);
    expect(test.supervisor.current()!.pid).not.toBe(before.pid);
  });

  it('answers that the engine is down once it stays down', async () => {
    await test.supervisor.stop();
    expect(errorOf(await store.rows('SELECT 1'))).toMatchObject({ kind: 'retryable', type: 'ENGINE_DOWN' });
    expect(errorOf(await store.insertNative('t', [Buffer.alloc(0)])).kind).toBe('retryable');
  });
});
