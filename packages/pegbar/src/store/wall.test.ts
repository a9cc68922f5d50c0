import { TABLES } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { OUTCOME_SQL, SETTLED_MS_SQL, verdictOf } from '../requests/index.ts';
import type { Store } from './client.ts';
import { ddlOf } from './ddl.ts';
import { engineMissing, patientClock, startTestStore, type TestStore } from './testing.ts';
import { viewSelects } from './views.ts';
import { createWall, SQL_LIMITS, type SqlAnswer, type Wall } from './wall.ts';

const missing = engineMissing();
const A = { tenant: 'studio-a' };
const QUOTED = { tenant: "o'hara\\' OR 1=1 -- $& {x:String}" };
const ALL = { tenant: null };
const VIEWS = viewSelects({ outcome: OUTCOME_SQL, settled_ms: SETTLED_MS_SQL });

describe.skipIf(missing !== null)(`the SQL wall${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let test: TestStore;
  let store: Store;
  let wall: Wall;
  const counters = createCounters();

  async function run(sql: string): Promise<void> {
    const result = await store.command(sql);
    if (!result.ok) throw new Error(result.error.message);
  }

  beforeAll(async () => {
    test = await startTestStore({ holds: 'database', clock: patientClock });
    store = test.store;
    for (const table of TABLES) await run(ddlOf(table));
    for (const [index, { tenant }] of [A, { tenant: 'studio-b' }, QUOTED].entries()) {
      const params = { tenant, secret: `secret of ${tenant}`, trace: `${index + 1}`.repeat(16) };
      const spans = `INSERT INTO spans (tenant, timestamp, duration_ns, request_id, trace_id, span_ids, pipeline_stage,
          model_version, seed, prompt, prompt_hash, nsfw, status, attributes, part)
        SELECT {tenant:String}, toDateTime64('2026-11-22 10:00:00.123456789', 9, 'UTC'), 1500000000,
          {secret:String}, {trace:String}, if(number < 5, 'spanspan', ''), if(number % 2, 'generate', ''),
          'v6', 18446744073709551615, {secret:String}, 1, number % 3, 2, map('k', 'v'), '2026-11-22' FROM numbers(10)`;
      const inserted = await store.command(spans, { params });
      if (!inserted.ok) throw new Error(inserted.error.message);
    }
    await run("INSERT INTO requests (tenant, request_id, part) VALUES ('studio-b', 'r0', '2026-11-22')");
    await run(
      "INSERT INTO images (tenant, image_id, part) VALUES ('studio-a', 'i1', '2026-11-22'), ('studio-b', 'i0', '2026-11-22')",
    );
    for (const [part, ended, verdict] of [
      ['2026-11-22', '2026-11-22 10:00:01.250000001', 0n],
      [
        '2026-11-23',
        '2026-11-22 10:00:02.500000001',
        verdictOf(3, Date.UTC(2026, 10, 22, 10, 0, 2, 500), 'succeeded'),
      ],
    ] as const) {
      await run(
        `INSERT INTO requests (tenant, request_id, started, ended, verdict, images, part)
         VALUES ('studio-a', 'r1', '2026-11-22 10:00:00', '${ended}', ${verdict}, 1, '${part}')`,
      );
    }
    wall = createWall({
      store,
      supervisor: test.supervisor,
      clock: systemClock,
      counters,
      views: VIEWS,
    });
  });
  afterAll(() => test?.stop());

  async function ask(sql: string, scope: { tenant: string | null } = A): Promise<SqlAnswer> {
    const result = await wall.query(scope, sql);
    if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
    return result.value;
  }
  async function refusal(sql: string, scope: { tenant: string | null } = A): Promise<string> {
    const result = await wall.query(scope, sql);
    if (result.ok) throw new Error(`answered: ${sql} → ${JSON.stringify(result.value.rows).slice(0, 300)}`);
    return `${result.error.type}: ${result.error.message}`;
  }

  it('shows a tenant its own rows under the published names', async () => {
    const answer = await ask(
      'SELECT tenant, timestamp, latency_ms, trace_id, span_id, seed, status, nsfw_flag, attributes FROM spans ORDER BY nsfw_flag LIMIT 1',
    );
    expect(answer.columns.map(({ name }) => name)).toContain('nsfw_flag');
    expect(answer.rows).toEqual([
      [
        'studio-a',
        '2026-11-22 10:00:00.123456789',
        1500,
        '31'.repeat(16),
        '7370616e7370616e',
        '18446744073709551615',
        'error',
        0,
        { k: 'v' },
      ],
    ]);
    expect((await ask("SELECT count(), countIf(trace_id = ''), uniqExact(tenant) FROM spans")).rows).toEqual([
      ['5', '0', '1'],
    ]);
    expect((await ask('SELECT pipeline_stage, count() FROM stages GROUP BY 1')).rows).toEqual([
      ['generate', '5'],
    ]);
    expect(
      (await ask('SELECT request_id, outcome, images, latency_ms, timestamp FROM requests')).rows,
    ).toEqual([['r1', 'succeeded', '2', 2500.000001, '2026-11-22 10:00:02.500000001']]);
  });

  it('shows a hash with all of its sixteen digits', async () => {
    const { rows } = await ask("SELECT DISTINCT prompt_hash FROM prompts WHERE prompt_hash != ''");
    expect(rows).toEqual([['0000000000000001']]);
  });

  it('answers every published view', async () => {
    for (const view of Object.keys(VIEWS)) {
      for (const scope of [A, ALL])
        expect((await ask(`SELECT * FROM ${view} LIMIT 1`, scope)).columns.length).toBeGreaterThan(3);
    }
  });

  it('keeps each tenant to itself, whatever its name looks like, and shows all to the scope of all', async () => {
    expect((await ask('SELECT DISTINCT tenant FROM prompts', QUOTED)).rows).toEqual([[QUOTED.tenant]]);
    expect((await ask('SELECT DISTINCT prompt FROM prompts')).rows).toEqual([['secret of studio-a']]);
    expect((await ask('SELECT uniqExact(tenant) FROM prompts', ALL)).rows).toEqual([['3']]);
    expect((await ask('SELECT count() FROM spans', { tenant: 'nobody' })).rows).toEqual([['0']]);
  });

  it('refuses everything but reading the views', async () => {
    const hostile = [
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT file('/etc/passwd')",
      "SELECT `\\x66ile`('/etc/passwd')",
      "SELECT arrayMap(file, ['/etc/passwd'])",
      "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
      "SELECT getServerSetting('users_config')",
      "SELECT catboostEvaluate('/etc/passwd', 1)",
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
      "SELECT * FROM remote('127.0.0.1', 'pegbar', 'spans')",
      "SELECT * FROM remoteSecure('127.0.0.1', 'pegbar', 'spans')",
      "SELECT * FROM cluster('default', 'pegbar', 'spans')",
      "SELECT * FROM s3('http://127.0.0.1/x', 'CSV')",
      "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
      "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
      "SELECT * FROM sqlite('/etc/passwd', 'x')",
      "SELECT * FROM executable('id', 'LineAsString', 'x String')",
      "SELECT * FROM merge('pegbar.*', '.*')",
      "SELECT * FROM merge('pegbar', 'spans')",
      "SELECT * FROM mergeTreeIndex('pegbar', 'spans')",
      "SELECT * FROM loop('pegbar', 'spans')",
      "SELECT * FROM dictionary('pegbar.d')",
      'SELECT * FROM pegbar.spans',
      'SELECT * FROM pegbar.requests',
      'SELECT * FROM pegbar.schema_migrations',
      'SELECT * FROM pegbar_slot_00.spans',
      'SELECT * FROM pegbar_slot_02.spans',
      'SELECT * FROM system.processes',
      'SELECT * FROM system.users',
      'SELECT * FROM system.query_log',
      'SELECT * FROM system.stack_trace',
      "SELECT joinGet('pegbar.spans', 'prompt', 1)",
      "SELECT dictGet('pegbar.spans', 'prompt', toUInt64(1))",
      "SELECT hasColumnInTable('pegbar', 'spans', 'prompt')",
      "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM pegbar.spans))",
      "SELECT 1 INTO OUTFILE '/tmp/pegbar-out'",
      'SELECT 1; SELECT 2',
      'SELECT * FROM spans; DROP TABLE pegbar.spans',
      'SELECT * FROM spans SETTINGS readonly = 0',
      'SELECT * FROM spans SETTINGS max_execution_time = 0',
      "SELECT * FROM spans SETTINGS additional_table_filters = {'pegbar.spans': '1'}",
      'SET max_execution_time = 0',
      "INSERT INTO spans (tenant) VALUES ('x')",
      "INSERT INTO FUNCTION file('/tmp/pegbar-out', 'CSV') SELECT 1",
      'CREATE TABLE x (a UInt8) ENGINE = Memory',
      'CREATE TEMPORARY TABLE x (a UInt8)',
      'CREATE VIEW v AS SELECT 1',
      'CREATE FUNCTION f AS x -> x',
      'DROP VIEW spans',
      'ALTER TABLE spans DELETE WHERE 1',
      'TRUNCATE TABLE spans',
      'KILL QUERY WHERE 1',
      'SYSTEM SHUTDOWN',
      'SYSTEM STOP LISTEN HTTP',
      'EXECUTE AS pegbar SELECT * FROM pegbar.spans',
      'SHOW CREATE TABLE pegbar.spans',
      'DESCRIBE pegbar.spans',
      "BACKUP DATABASE pegbar TO File('/tmp/pegbar-backup')",
      'GRANT SELECT ON *.* TO pegbar_slot_01',
    ];
    for (const sql of hostile) {
      const result = await wall.query(A, sql);
      const told = `${sql} → ${JSON.stringify(result.ok ? result.value.rows : result.error)}`;
      expect(told).toContain('"kind":"rejected"');
      expect(told).not.toMatch(/studio-b|secret of|version 2|DB::Exception|root:/);
    }
    expect((await ask('SELECT count() FROM spans', ALL)).rows).toEqual([['15']]);
  });

  it('shows nothing of others in what stays readable', async () => {
    const readable = [
      'SHOW DATABASES',
      "SELECT * FROM viewIfPermitted(SELECT * FROM pegbar.spans ELSE null('x UInt8'))",
      'SHOW TABLES FROM pegbar',
      'SELECT database, name FROM system.tables',
      'SELECT database, table, name FROM system.columns',
      'SELECT name FROM system.databases',
      'SELECT * FROM system.parts',
      'SELECT * FROM system.grants',
      'SELECT currentDatabase(), currentUser()',
      'EXPLAIN SELECT * FROM spans',
    ];
    for (const sql of readable) {
      const result = await wall.query(A, sql);
      const text = JSON.stringify(result.ok ? result.value.rows : result.error);
      expect(`${sql} → ${text}`).not.toMatch(/studio-b|o'hara|pegbar_slot_00|pegbar_slot_02/);
    }
  });

  it('lets no predicate see a row of another tenant through its side effects', async () => {
    // All tenants in one part and one granule: no index can keep the others' rows away from a predicate.
    for (const table of ['spans', 'requests', 'images']) await run(`OPTIMIZE TABLE ${table} FINAL`);
    const parts = await store.rows<{ n: number }>(
      "SELECT toFloat64(count()) AS n FROM system.parts WHERE table = 'spans' AND active AND database = 'pegbar'",
    );
    expect(parts).toMatchObject({ value: [{ n: 1 }] });
    for (const view of ['spans', 'stages', 'prompts']) {
      for (const clause of ['WHERE', 'PREWHERE']) {
        for (const predicate of [
          "throwIf(prompt LIKE '%studio-b%') = 0",
          "throwIf(tenant != 'studio-a') = 0",
          "throwIf(tenant = 'studio-b', 'seen') = 0 AND tenant = 'studio-b'",
          "1 / (tenant = 'studio-a') > 0 AND throwIf(request_id LIKE '%studio-b%') = 0",
          "intDiv(1, toUInt8(tenant != 'studio-b')) = 1",
          "toUInt64(if(tenant = 'studio-a', '1', 'x')) = 1",
          "throwIf(trace_id = '32323232323232323232323232323232') = 0",
          "length(repeat('x', if(tenant = 'studio-b', 1000000000, 1))) = 1",
        ]) {
          const sql = `SELECT count() FROM ${view} ${clause} ${predicate}`;
          const result = await wall.query(A, sql);
          const told = result.ok ? '' : `${result.error.type} ${result.error.message}`;
          expect([sql, /THROW_IF|DIVISION|PARSE|TOO_LARGE|MEMORY/.test(told) ? told : '']).toEqual([sql, '']);
        }
      }
    }
    const tell = "throwIf(tenant = 'studio-b')";
    for (const sql of [
      `SELECT ${tell} FROM spans`,
      `SELECT count() FROM spans GROUP BY ${tell}`,
      `SELECT count() FROM spans HAVING max(${tell}) = 0`,
      `SELECT 1 FROM spans ORDER BY ${tell} LIMIT 1`,
      `SELECT count() FROM spans AS a JOIN spans AS b ON a.trace_id = b.trace_id AND throwIf(b.tenant = 'studio-b') = 0`,
      `SELECT count() FROM stages WHERE trace_id IN (SELECT trace_id FROM prompts WHERE ${tell} = 0)`,
      `SELECT 1 FROM spans WHERE ${tell} = 0 LIMIT 1 BY tenant`,
      `SELECT count() OVER (PARTITION BY ${tell}) FROM spans LIMIT 1`,
      `SELECT countIf(${tell} = 0) FROM spans SAMPLE 1`,
      `SELECT count() FROM requests WHERE ${tell} = 0`,
      `SELECT count() FROM images WHERE ${tell} = 0`,
      `WITH x AS (SELECT * FROM spans WHERE ${tell} = 0) SELECT count() FROM x UNION ALL SELECT count() FROM x`,
    ]) {
      const result = await wall.query(A, sql);
      expect([sql, result.ok || !/THROW_IF/.test(result.error.type)]).toEqual([sql, true]);
    }
    expect(await refusal("SELECT throwIf(prompt LIKE '%studio-a%') FROM prompts")).toContain('throwIf');
    expect(await refusal("SELECT count() FROM spans WHERE throwIf(tenant = 'studio-b') = 0", ALL)).toContain(
      'throwIf',
    );
  });

  it('still finds its rows by the index', async () => {
    const plan = await ask(
      "EXPLAIN indexes = 1 SELECT count() FROM stages WHERE timestamp >= '2030-01-01 00:00:00'",
    );
    expect(plan.rows.flat().join('\n')).toMatch(/Condition: and\(\(timestamp in.*tenant in/);
  });

  it('stops heavy queries at their bounds, and goes on', async () => {
    const began = Date.now();
    expect(await refusal('SELECT sum(sipHash64(number)) FROM numbers_mt(1000000000000)')).toMatch(
      /TIMEOUT_EXCEEDED/,
    );
    expect(Date.now() - began).toBeLessThan(8_000);
    expect(await refusal('SELECT length(groupArray(number)) FROM numbers(1000000000)')).toMatch(
      /MEMORY_LIMIT/,
    );
    expect(await refusal(`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`)).toMatch(
      /TOO_DEEP|SYNTAX_ERROR|TOO_BIG/,
    );
    expect((await ask('SELECT 1')).rows).toEqual([[1]]);
  });

  it('cuts long answers and says so', async () => {
    const exact = await ask(`SELECT number FROM numbers(${SQL_LIMITS.rows})`);
    expect([exact.rows.length, exact.truncated]).toEqual([SQL_LIMITS.rows, false]);
    const more = await ask(`SELECT number FROM numbers(${SQL_LIMITS.rows + 1})`);
    expect([more.rows.length, more.truncated]).toEqual([SQL_LIMITS.rows, true]);
    const wide = await ask("SELECT repeat('x', 1000000) FROM numbers(100)");
    expect(wide.truncated).toBe(true);
    expect(wide.rows.length).toBeLessThan(70);
    expect(wide.rows.length).toBeGreaterThan(0);
    expect((await ask('SELECT number FROM numbers(0)')).columns).toEqual([
      { name: 'number', type: 'UInt64' },
    ]);
  });

  it('answers JSON only, and says what was wrong with the text', async () => {
    expect(await refusal('SELECT 1 FORMAT CSV')).toContain('FORMAT');
    expect(await refusal('SELECT 1 FORMAT Null')).toContain('FORMAT');
    expect(await refusal('SELECT nope FROM spans')).toMatch(/Unknown .*`nope`/);
    expect(await refusal('SELECT nope FROM spans')).not.toMatch(/pegbar|tenant =/);
    expect(await refusal('SELECT 1 FROM nowhere')).toContain('the views are requests, stages');
    expect(await refusal('SELEC 1')).toContain('Syntax error');
  });

  it('gives the slot of the idlest tenant to a new one, without its views', async () => {
    for (const tenant of ['t1', 't2', 't3', 't4']) {
      expect((await ask('SELECT count() FROM spans', { tenant })).rows).toEqual([['0']]);
    }
    expect((await ask('SELECT DISTINCT tenant FROM spans')).rows).toEqual([['studio-a']]);
    expect(counters.total('pegbar_sql_slots_reassigned_total')).toBeGreaterThan(2);
  });

  it('makes the views again for an engine that was restarted', async () => {
    const before = test.supervisor.current()!;
    process.kill(before.pid!, 'SIGKILL');
    while (test.supervisor.current() === before) await systemClock.sleep(10);
    expect((await ask('SELECT DISTINCT tenant FROM spans')).rows).toEqual([['studio-a']]);
  });
});
