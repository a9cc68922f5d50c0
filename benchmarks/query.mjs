/**
 * How long a person waits for an answer over four weeks of telemetry, and how that grows with what is stored
 * (docs/benchmarks.md).
 *
 *   npm run bench:query -- [--spans 200000] [--stages 0] [--calls 10]
 *
 * Totals, ascending; the store grows from one to the next. The goals are --spans 1e6,1e7 --stages 0,1e8. Questions go
 * through the code behind the API (rooms `explore`, `rollups` and the SQL wall), in this process, with the engine's
 * cache of earlier conditions switched off; values, tenants and times differ from call to call.
 */

import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock as clock } from '../packages/pegbar/dist/base/clock.js';
import { createCounters } from '../packages/pegbar/dist/base/counters.js';
import {
  explain,
  findTrace,
  listRequests,
  parseFilters,
  readFacets,
  readFailures,
  readKpis,
} from '../packages/pegbar/dist/explore/index.js';
import { OUTCOME_SQL, SETTLED_MS_SQL } from '../packages/pegbar/dist/requests/index.js';
import { createRollupKeeper, createRollupReader } from '../packages/pegbar/dist/rollups/index.js';
import { openState } from '../packages/pegbar/dist/state/index.js';
import { createWall, migrate, shippedMigrations, viewSelects } from '../packages/pegbar/dist/store/index.js';
import {
  addHistory,
  DAYS,
  endOfHistory,
  MODELS,
  SAMPLERS,
  traceIds,
  untilMerged,
  WORKLOADS,
} from './history.mjs';
import { openEngine } from './pegbar.mjs';
import { cpuOf, loadAverage, memoryOf, temporaryFolder } from './processes.mjs';
import { median, quantile, report, say } from './report.mjs';

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '200000' },
    stages: { type: 'string', default: '0' },
    calls: { type: 'string', default: '10' },
  },
});
const totals = (text) => text.split(',').map(Number);
const sizes = totals(flags.spans).map((spans, at) => ({
  spans,
  stages: totals(flags.stages)[at] ?? totals(flags.stages).at(-1),
}));
const calls = Number(flags.calls);
const ROUNDS = 3;
/** A slow question is asked less often. */
const ROUND_MOST_MS = 15_000;
const ROUND_LEAST_CALLS = 2;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const to_ms = endOfHistory(Date.now());

const log = {
  debug() {},
  info() {},
  warn: (what, text) => say(`${text} ${JSON.stringify(what)}`),
  error: (what, text) => say(`${text} ${JSON.stringify(what)}`),
};
const dir = temporaryFolder('pegbar-bench-query-');
const engine = await openEngine(dir, { cores: cpus().length, memory_bytes: totalmem() });
const { store, supervisor } = engine;
const must = (result) => {
  if (!result.ok) throw new Error(`${result.error.code ?? ''} ${result.error.message}`);
  return result.value;
};
must(await migrate(store, shippedMigrations(), clock));
const counters = createCounters();
const state = must(await openState({ path: ':memory:', clock }));
const keeper = await createRollupKeeper({ state, store, clock, counters, log });

/** The store as rooms see it, with no answer helped by an earlier one's conditions. */
const cold = {
  scoped(scope) {
    const inner = store.scoped(scope);
    const without = (options = {}) => ({
      ...options,
      settings: { ...options.settings, use_query_condition_cache: 0 },
    });
    return {
      rows: (sql, options) => inner.rows(sql, without(options)),
      native: (sql, options) => inner.native(sql, without(options)),
    };
  },
};
const deps = { store: cold, clock, rollups: createRollupReader({ store: cold, keeper }) };
const views = viewSelects({ outcome: OUTCOME_SQL, settled_ms: SETTLED_MS_SQL });
const wall = createWall({ store, supervisor, clock, counters, views });
const all = { scope: { tenant: null } };

const any = (list) => list[Math.floor(Math.random() * list.length)];
const hours = (n) => Math.floor(Math.random() * n) * HOUR_MS;
/** Every other caller sees one tenant, the largest ones most often. */
const asking = () =>
  Math.random() < 0.5 ? all : { scope: { tenant: `tenant-${Math.floor(20 ** Math.random())}` } };
const filters = (...texts) => must(parseFilters(texts));

const four_weeks = () => ({ from_ms: to_ms - DAYS * DAY_MS + hours(3), to_ms });
/** A panel of the page of one workload: hourly over four weeks. */
const panel = (metrics, by = [], more = [], step_ms = HOUR_MS) =>
  kpis({ metrics, by, step_ms, more, range: four_weeks });
const kpis =
  ({ metrics, by = [], step_ms = null, more = [], range }) =>
  async () =>
    must(
      await readKpis(deps, asking(), {
        ...range(),
        metrics,
        by,
        step_ms,
        conditions: filters(`workload=${any(WORKLOADS)}`, ...more),
      }),
    );

const PANELS = {
  requests_and_errors: panel(['requests', 'availability', 'error_rate']),
  latency_quantiles: panel(['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms']),
  latency_by_model: panel(['latency_p95_ms'], ['model_version']),
  stage_latency_quantiles: panel(
    ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms'],
    [],
    ['pipeline_stage=generate'],
  ),
  latency_by_stage: panel(['latency_p95_ms'], ['pipeline_stage']),
  queue_wait: panel(['queue_wait_p95_ms']),
  throughput_and_cost: panel(['images', 'images_per_s', 'cost_usd', 'gpu_hours', 'cost_per_1k_images_usd']),
  failures: panel(['oom_rate', 'timeout_rate', 'retry_rate']),
  quality: panel(['aesthetic_mean', 'face_ok_rate']),
  gpus: panel(['gpu_util', 'vram_headroom']),
  // The step that the page itself takes over four weeks.
  latency_by_model_12h: panel(['latency_p95_ms'], ['model_version'], [], 12 * HOUR_MS),
};
const week = () => ({ from_ms: to_ms - 7 * DAY_MS - hours(24), to_ms });
const OVERVIEW = {
  top_models_by_errors_7d: kpis({
    metrics: ['error_rate', 'requests', 'latency_p95_ms'],
    by: ['model_version'],
    range: week,
  }),
  kpi_strip_14d_against_14d: async () => {
    for (const back of [0, 14])
      await kpis({
        metrics: [],
        range: () => ({ from_ms: to_ms - (back + 14) * DAY_MS, to_ms: to_ms - back * DAY_MS }),
      })();
  },
  kpi_strip_28d_to_the_minute: kpis({
    metrics: [],
    range: () => ({ from_ms: to_ms - DAYS * DAY_MS + 61_000 * Math.ceil(Math.random() * 50), to_ms }),
  }),
};

const search = (length) => async () => {
  const range = { to_ms: to_ms - hours(24), from_ms: 0 };
  range.from_ms = range.to_ms - length;
  const conditions = filters(`model_version=${any(MODELS)}`, `sampler=${any(SAMPLERS)}`);
  must(await listRequests(deps, asking(), { ...range, conditions, limit: 50 }));
};
const searchSpans = (length) => async () => {
  const end = new Date(to_ms - hours(24));
  const literal = (date) => `'${date.toISOString().slice(0, 19).replace('T', ' ')}'`;
  const sql = `SELECT trace_id, timestamp, duration_ms FROM spans WHERE timestamp >= ${literal(new Date(end - length))} AND
    timestamp < ${literal(end)} AND model_version = '${any(MODELS)}' AND sampler = '${any(SAMPLERS)}' ORDER BY timestamp DESC LIMIT 20`;
  must(await wall.query(asking().scope, sql));
};
const SEARCHES = {
  search_requests_24h: search(DAY_MS),
  search_requests_28d: search(DAYS * DAY_MS - DAY_MS),
  search_spans_sql_1h: searchSpans(HOUR_MS),
  search_spans_sql_24h: searchSpans(DAY_MS),
};

const since = (length) => ({ from_ms: to_ms - length, to_ms });
const facets = (length) => async () =>
  must(
    await readFacets(deps, asking(), {
      of: 'requests',
      fields: [],
      conditions: [],
      limit: 10,
      ...since(length),
    }),
  );
const explained = (length) => async () =>
  must(
    await explain(deps, asking(), {
      subject: 'requests',
      conditions: [],
      selection: filters('latency_ms>=18000'),
      limit: 20,
      depth: 2,
      ...since(length),
    }),
  );
const failures = (length) => async () =>
  must(await readFailures(deps, asking(), { conditions: [], step_ms: length / 56, ...since(length) }));
/** Answers over raw requests, beyond some rows from a sample. */
const ANALYSES = {
  facets_24h: facets(DAY_MS),
  facets_28d: facets(DAYS * DAY_MS),
  explain_24h: explained(DAY_MS),
  explain_28d: explained(DAYS * DAY_MS),
  failures_28d: failures(DAYS * DAY_MS),
};

/** The same figures from the rows themselves: what a dashboard without rollups asks. */
const rawQuantiles = async () =>
  must(
    await store.rows(
      `SELECT toStartOfHour(timestamp) AS hour, quantiles(0.5, 0.95, 0.99)(duration_ns / 1e6) AS q FROM spans
       WHERE pipeline_stage = 'generate' AND workload = {workload:String} AND timestamp >= fromUnixTimestamp64Milli({from:Int64})
       GROUP BY hour ORDER BY hour`,
      {
        params: { workload: any(WORKLOADS), from: four_weeks().from_ms },
        settings: { use_query_condition_cache: 0 },
      },
    ),
  );
const roundTrip = async () => must(await store.rows('SELECT 1'));

/** CPU milliseconds of the engine and of this process so far. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (cpuOf(engine.pid()) + user + system) / 1000;
}

/** Milliseconds of each call and CPU per call, round by round; the first calls are not counted. */
async function time(ask, times = calls) {
  await ask();
  await ask();
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = cpuMs();
    const until = performance.now() + ROUND_MOST_MS;
    const taken = [];
    while (taken.length < times && (taken.length < ROUND_LEAST_CALLS || performance.now() < until)) {
      const began = performance.now();
      await ask();
      taken.push(performance.now() - began);
    }
    rounds.push({ taken, cpu: (cpuMs() - before) / taken.length });
  }
  return rounds;
}

const p50 = ({ taken }) => median(taken);
const sizeName = ({ spans, stages }) =>
  `${spans.toExponential().replace('e+', 'e')}_spans${stages > 0 ? `_${stages.toExponential().replace('e+', 'e')}_stages` : ''}`;
const first = new Map();

/**
 * p50, p95 and CPU over the rounds; growth of the CPU against the smallest store, because a busy machine changes how
 * long an answer takes and hardly what it costs.
 */
function tell(name, size, rounds, peer = {}) {
  const all = rounds.flatMap(({ taken }) => taken);
  const cpu = median(rounds.map((round) => round.cpu));
  const metric = `${name}.${sizeName(size)}`;
  const line = { bench: 'query', unit: 'ms', better: 'less' };
  report({ ...line, metric: `${metric}.p50`, values: rounds.map(p50), ...peer });
  report({ ...line, metric: `${metric}.p95`, values: rounds.map(({ taken }) => quantile(taken, 0.95)) });
  report({ ...line, metric: `${metric}.cpu`, values: rounds.map((round) => round.cpu) });
  say(
    `  ${name}: p50 ${median(all).toFixed(1)} p95 ${quantile(all, 0.95).toFixed(1)} cpu ${cpu.toFixed(1)} ms`,
  );
  if (!first.has(name)) first.set(name, cpu);
  else report({ ...line, metric: `${metric}.growth`, unit: 'x', values: [cpu / first.get(name)] });
}

async function measure(size, batches) {
  say(`${sizeName(size)}, load average ${loadAverage()}`);
  const floor = { peer: 'SELECT 1 through the same client', peerValues: (await time(roundTrip)).map(p50) };
  const ids = await traceIds(store, { batches, count: ROUNDS * calls + 2 });
  tell('trace_by_id', size, await time(async () => must(await findTrace(deps, all, ids.pop()))), floor);
  for (const [name, ask] of Object.entries(SEARCHES)) tell(name, size, await time(ask), floor);
  const raw = {
    peer: 'the same figures by quantiles() over the raw rows',
    peerValues: (await time(rawQuantiles, Math.min(calls, 3))).map(p50),
  };
  const medians = [];
  for (const [name, ask] of Object.entries(PANELS)) {
    const rounds = await time(ask);
    medians.push(median(rounds.flatMap(({ taken }) => taken)));
    tell(`panel_28d.${name}`, size, rounds, name === 'stage_latency_quantiles' ? raw : undefined);
  }
  report({
    bench: 'query',
    metric: `panel_28d.slowest.${sizeName(size)}.p50`,
    unit: 'ms',
    better: 'less',
    values: [Math.max(...medians)],
  });
  for (const [name, ask] of Object.entries({ ...OVERVIEW, ...ANALYSES })) tell(name, size, await time(ask));
}

const batches = [];
let before = { spans: 0, stages: 0 };
for (const [batch, size] of sizes.entries()) {
  const spans = size.spans - before.spans;
  const stages = size.stages - before.stages;
  if (spans < 0 || stages < 0) throw new Error('sizes are totals in ascending order');
  await addHistory({ store, keeper }, { batch, spans, stages, to_ms });
  await untilMerged(store, sleep);
  if (spans > 0) batches.push({ batch: batch * 2, requests: Math.floor(spans / DAYS / 7) });
  await measure(size, batches);
  before = size;
}
const bytes = must(
  await store.rows(
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE active AND database = 'pegbar' GROUP BY table ORDER BY bytes DESC`,
  ),
);
say(
  bytes
    .map(({ table, rows, bytes: size }) => `${table} ${rows} rows ${(size / 1e6).toFixed(1)} MB`)
    .join('; '),
);
report({
  bench: 'query',
  metric: 'engine_peak_resident',
  unit: 'MB',
  better: 'less',
  values: [memoryOf(engine.pid()).peak],
});
report({
  bench: 'query',
  metric: 'server_peak_resident',
  unit: 'MB',
  better: 'less',
  values: [memoryOf(process.pid).peak],
});
await keeper.stop();
await state.close();
await engine.stop();
