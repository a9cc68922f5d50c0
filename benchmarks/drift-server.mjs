// The sweep of the server itself: sums that are kept for it, read from the store, tested, corrected, told.
//
// Hours are drawn in the engine: of the last day and of the four days a week apart that it is compared with, some
// 80 observations in 24 bins each; the days between hold their daily sums only, which is all that a sweep reads of
// them. The quarters and references are then summed by the code of the server. One tenant is slower on the last day.
import { cpus, totalmem } from 'node:os';
import { systemClock as clock } from '../packages/pegbar/dist/base/clock.js';
import { createCounters } from '../packages/pegbar/dist/base/counters.js';
import { askDrift, askFindings } from '../packages/pegbar/dist/drift/index.js';
import {
  createQuarterReader,
  createRollupKeeper,
  createRollupReader,
} from '../packages/pegbar/dist/rollups/index.js';
import { openState } from '../packages/pegbar/dist/state/index.js';
import { migrate, shippedMigrations } from '../packages/pegbar/dist/store/index.js';
import { binOf } from '../packages/stats/dist/index.js';
import { openEngine } from './pegbar.mjs';
import { childrenOf, cpuOf, memoryOf, temporaryFolder } from './processes.mjs';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Each has 25 series of its own; with those over all tenants some 2,400. */
export const TENANTS = 90;
const BINS = 24;
const PER_HOUR = 83;
const DRIFTED = 1;
/** One of few tenants that drifts is drift of the whole. */
const FEW = 20;
const RUNS = 3;

const WORKLOADS = ['animation', 'single_image', 'batch_panels'].map((name) => `('workload', '${name}')`);
const REGIONS = ['ap-tokyo', 'us-east', 'eu-west', 'sa-east'].map((name) => `('region', '${name}')`);
const keysOf = (keys) => `arrayJoin([${keys.join()}])`;
const KEYS = keysOf([...WORKLOADS, ...REGIONS]);
const STAGES = "['ingest','preprocess','generate','upscale','postprocess','deliver']";
const around = (lambda) =>
  `toUInt32(greatest(0, round(${lambda} + sqrt(${lambda}) * randNormal(0, 1, cityHash64(tenant, metric, stage, key, t)))))`;
/** A Gaussian bump of bins; the codes move up by three (10 % of the value) where it drifted. */
const weights = Array.from({ length: BINS }, (_, i) => Math.exp(-(((i - BINS / 2) / 6) ** 2) / 2));
const total = weights.reduce((sum, one) => sum + one, 0);
const lambdas = weights.map((one) => ((one / total) * PER_HOUR).toFixed(3));

const FLOATS = { prompt_tokens: 40, latency_ms: 3_000, queue_wait_ms: 400, delivered_fps: 24 };
const OTHERS = { aesthetic: 250, clip_i: 400, style_distance: 120 };
const COUNTERS = {
  succeeded: 80,
  failed: 0.8,
  timed_out: 0.2,
  blocked: 0.5,
  accepted: 30,
  feedback: 40,
  images: 90,
  cost_usd: 0.3,
};

export async function serverSweep(tell, tenants = TENANTS) {
  const dir = temporaryFolder('pegbar-bench-drift-');
  const { store, supervisor } = await openEngine(dir, { cores: cpus().length, memory_bytes: totalmem() });
  const must = (result) => {
    if (!result.ok) throw new Error(`${result.error.code ?? ''} ${result.error.message}`);
    return result.value;
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  must(await migrate(store, shippedMigrations(), clock));
  const state = must(await openState({ path: ':memory:', clock }));
  const run = async (sql) => must(await store.command(sql));

  const to_ms = Math.floor(clock.now() / DAY_MS) * DAY_MS;
  const days = [0, 7, 14, 21, 28].map((back) => (to_ms - DAY_MS - back * DAY_MS) / 1000);
  await fill(run, days, tenants);
  // It finds hours of which no sums were made yet, and makes them.
  const began = process.cpuUsage();
  const keeper = await createRollupKeeper({ state, store, clock, counters: createCounters(), log });
  await keeper.settle();
  const summing = cpuSince(began);

  const deps = {
    store,
    clock,
    state,
    rollups: createRollupReader({ store, keeper }),
    quarters: createQuarterReader({ store, keeper, state }),
  };
  const asking = { scope: { tenant: null } };
  const current = { from_ms: to_ms - DAY_MS, to_ms };
  const baseline = { kind: 'rolling', days: 28 };
  const question = { current, baseline, excluded: [] };
  const sweep = () => askFindings(deps, asking, { ...question, limit: 20 }).then(must);
  const one = () =>
    askDrift(deps, asking, {
      ...question,
      metric: 'latency_ms',
      by: ['tenant'],
      conditions: [{ field: 'tenant', op: '=', values: ['tenant-7'] }],
    }).then(must);
  const engine = childrenOf(process.pid)[0];
  const answer = await sweep();
  const series = answer.looked_at.series;
  const whole = await timed(sweep, engine);
  const single = await timed(one, engine);
  const rows = must(
    await store.rows("SELECT sum(rows) AS n FROM system.parts WHERE active AND table LIKE 'roll_%'"),
  )[0].n;
  const facts = { series, findings: answer.total, rollup_rows: Number(rows) };
  tell('server_sweep_wall_ms', whole.wall, 'ms', { ...facts, spread: whole.spread });
  tell('server_sweep_cpu_ms', whole.own, 'ms', { engine_cpu_ms: whole.engine });
  tell('server_one_series_wall_ms', single.wall, 'ms', { spread: single.spread });
  tell('server_one_series_cpu_ms', single.own, 'ms', { engine_cpu_ms: single.engine });
  tell('server_sums_of_five_days_cpu_ms', Math.round(summing), 'ms');
  tell('server_resident_memory', Math.round(process.memoryUsage().rss / 1e6), 'MB', {
    engine_mb: Math.round(memoryOf(engine).now),
  });
  await keeper.stop();
  await store.close();
  await supervisor.stop();
}

const cpuSince = (began) => {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
};

async function timed(ask, engine) {
  await ask();
  const runs = [];
  for (let i = 0; i < RUNS; i++) {
    const [own, theirs, at] = [process.cpuUsage(), cpuOf(engine), performance.now()];
    await ask();
    runs.push({ wall: performance.now() - at, own: cpuSince(own), engine: (cpuOf(engine) - theirs) / 1_000 });
  }
  const middle = (of) => Math.round(runs.map((one) => one[of]).sort((a, b) => a - b)[RUNS >> 1]);
  const walls = runs.map(({ wall }) => Math.round(wall)).sort((a, b) => a - b);
  return {
    wall: middle('wall'),
    own: middle('own'),
    engine: middle('engine'),
    spread: [walls[0], walls.at(-1)],
  };
}

async function fill(run, days, count) {
  const tenants = `concat('tenant-', toString(number)) AS tenant FROM numbers(${count})`;
  const last = days[0];
  const hours = (day) => `toDateTime(${day} + 3600 * arrayJoin(range(24)), 'UTC')`;
  const names = (of) =>
    `[${Object.keys(of)
      .map((name) => `'${name}'`)
      .join()}]`;
  const numbers = (of) => `[${Object.values(of).join()}]`;
  const histograms = (metrics, bases, stage, keys, day, by) => `
    INSERT INTO roll_hours (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
    SELECT tenant, metric, stage, key.1, key.2, t, arraySum(counts), toInt64(arraySum(counts)) * 1000000, codes, counts FROM (
      SELECT tenant, metric, stage, key, t, arrayMap(i -> toUInt16(base + i), range(${BINS})) AS all_codes,
        arrayMap((l, i) -> toUInt32(greatest(0, round(l + sqrt(l) * randNormal(0, 1, cityHash64(tenant, metric, stage, key, t, i))))), [${lambdas.join()}], range(${BINS})) AS all_counts,
        arrayFilter((c, n) -> n > 0, all_codes, all_counts) AS codes, arrayFilter(n -> n > 0, all_counts) AS counts
      FROM (SELECT one.1 AS metric, toUInt16(one.2${by}) AS base, arrayJoin(${stage}) AS stage, ${keys} AS key, ${hours(day)} AS t, tenant
        FROM (SELECT arrayJoin(arrayZip(${metrics}, ${bases})) AS one, number, ${tenants})))`;
  const codes = Object.fromEntries(
    Object.entries(FLOATS).map(([name, value]) => [name, binOf('float', value)]),
  );
  const all = { ...codes, ...OTHERS };
  const plain = { ...COUNTERS, face_ok: 74, nsfw: 1.6 };
  const counters = (metrics, lambda, stage, keys, day) => `
    INSERT INTO roll_hours (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
    SELECT tenant, metric, stage, key.1, key.2, t, if(metric IN ('face_ok', 'nsfw'), 80, c), toInt64(c) * 1000000, [], [] FROM (
      SELECT tenant, one.1 AS metric, stage, key, t, ${around('one.2')} AS c
      FROM (SELECT one, tenant, arrayJoin(${stage}) AS stage, ${keys} AS key, ${hours(day)} AS t
        FROM (SELECT arrayJoin(arrayZip(${metrics}, ${lambda})) AS one, number, ${tenants}))) WHERE c > 0`;
  const workloads = keysOf(WORKLOADS);
  for (const day of days) {
    // The same bins three codes on, of some tenants on the last day.
    const by =
      day === last ? ` + if(one.1 = 'latency_ms' AND number < ${count >= FEW ? DRIFTED : 0}, 3, 0)` : '';
    await run(histograms(names(all), numbers(all), "['']", KEYS, day, by));
    await run(histograms("['stage_ms']", `[${binOf('float', 900)}]`, STAGES, workloads, day, ''));
    await run(counters(names(plain), numbers(plain), "['']", KEYS, day));
    await run(counters("['errors', 'stages']", '[0.8, 83]', STAGES, workloads, day));
  }
  const daily = (metrics, lambda, stage, keys) => `
    INSERT INTO roll_days (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
    SELECT tenant, metric, stage, key.1, key.2, t, if(metric IN ('face_ok', 'nsfw'), 1920, c), toInt64(c) * 1000000, [], [] FROM (
      SELECT tenant, one.1 AS metric, stage, key, t, ${around('(24 * one.2)')} AS c
      FROM (SELECT one, tenant, arrayJoin(${stage}) AS stage, ${keys} AS key, toDateTime(${last} - 86400 * arrayJoin(range(1, 29)), 'UTC') AS t
        FROM (SELECT arrayJoin(arrayZip(${metrics}, ${lambda})) AS one, ${tenants}))) WHERE c > 0`;
  const even = Object.fromEntries(Object.keys(all).map((name) => [name, PER_HOUR]));
  await run(daily(names({ ...even, ...plain }), numbers({ ...even, ...plain }), "['']", KEYS));
  await run(daily("['stage_ms', 'errors', 'stages']", `[${PER_HOUR}, 0.8, 83]`, STAGES, workloads));
  // The sums over all tenants, which the server keeps beside those of each.
  await run(`
    INSERT INTO roll_days (tenant, metric, stage, dim, value, t, n, sum, bins, counts)
    SELECT '', metric, stage, dim, value, t, sum(d.n), sum(d.sum), [], [] FROM roll_days AS d
    WHERE d.tenant != '' GROUP BY metric, stage, dim, value, t`);
}
