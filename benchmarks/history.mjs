/**
 * Four weeks of a studio written straight into the tables by `INSERT … SELECT … FROM numbers`, in the shape in which
 * ingest leaves them, and the rollups counted from them by the rollup keeper itself.
 *
 * Spans are whole: a root and six stages per request, ids, parameters, a prompt. Stage events are what a pipeline
 * without tracing tells: six rows per request, dimensions and metrics. Tenants are log-uniform, 20 of them; 12 models,
 * 4 regions, 3 workloads, 4 classes of machine. Everything follows from a hash of (batch, day, request), so that the
 * id of any trace can be computed again.
 */
import { say } from './report.mjs';

export const DAYS = 28;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rows of one INSERT: the engine holds them once. */
const INSERT_ROWS = 1_000_000;
const SETTINGS = {
  max_insert_threads: 1,
  max_insert_block_size: INSERT_ROWS,
  min_insert_block_size_rows: INSERT_ROWS,
};
const TIMEOUT_MS = 600_000;
/** Rows that are counted in one round. */
const COUNT_ROWS = 1_000_000;

export const WORKLOADS = ['animation', 'single_image', 'batch_panels'];
export const MODELS = Array.from({ length: 12 }, (_, i) => `model-${i}`);
export const SAMPLERS = ['euler_a', 'euler', 'dpmpp_2m', 'dpmpp_sde', 'ddim', 'unipc', 'lcm', 'heun'];
const REGIONS = ['eu', 'us-east', 'us-west', 'ap'];
const MACHINES = ['h100', 'a100', 'l40s', '4090'];
const WORDS =
  'portrait astronaut horse watercolor cinematic lighting detailed forest castle neon city rain sunset mountains river cat dragon robot knight garden'.split(
    ' ',
  );
const STAGES = ['', 'ingest', 'preprocess', 'generate', 'upscale', 'postprocess', 'deliver'];
/** Milliseconds from the start of the request to the start of the stage, and its usual length. */
const STARTS = [0, 0, 30, 120, 9_000, 11_000, 11_400];
const LENGTHS = [11_600, 20, 60, 4_000, 900, 150, 80];

const list = (values) =>
  `[${values.map((value) => (typeof value === 'number' ? value : `'${value}'`)).join(', ')}]`;
const pick = (values, bits) =>
  `${list(values)}[1 + bitAnd(bitShiftRight(h, ${bits}), 1023) % ${values.length}]`;
const GENERATE = 3;

/** What a request is, from its number `r`; `{batch}` and `{day}` are bound. */
const REQUEST = `
  sipHash64({batch:UInt32}, {day:UInt32}, r) AS h,
  sipHash128({batch:UInt32}, {day:UInt32}, r) AS trace,
  'req-' || lower(hex(h)) AS request,
  {from:Int64} * 1000000 + intDiv(toInt64(r) * 86400000000000, {requests:Int64}) AS begin_ns,
  'tenant-' || toString(toUInt8(pow(20, (h % 10007) / 10007))) AS who,
  ${pick(WORKLOADS, 3)} AS load, ${pick(MODELS, 7)} AS model, ${pick(REGIONS, 11)} AS place, ${pick(MACHINES, 15)} AS machine,
  (bitShiftRight(h, 20) % 100) < 3 AS failed, ['oom', 'timeout', 'cuda'][1 + bitShiftRight(h, 27) % 3] AS mishap`;

const INTO_SPANS = [
  'tenant, timestamp, duration_ns, request_id, trace_id, span_ids, source',
  'region, workload, model_version, hardware_class, pipeline_stage, traffic_source, status, error_code',
  'queue_wait_ms, cost_usd, gpu_seconds, gpu_count, images, image_id, session_id, user_hash',
  'sampler, scheduler, steps, cfg, seed, width, height, prompt_hash, prompt_chars, prompt_words, prompt_tokens, prompt',
  'aesthetic, face_ok, name, kind, service, scope, resource, attributes, part, seg',
].join(', ');

const RESOURCE = JSON.stringify({
  'host.name': 'gpu-node-3f2a',
  'deployment.environment': 'production',
  'telemetry.sdk.name': 'opentelemetry',
});

/** With ids: spans, 7 rows per request; without: stage events, 6 rows. */
function spansSql({ ids }) {
  const perRequest = ids ? 7 : 6;
  const span = (stage) => `reinterpretAsFixedString(sipHash64({batch:UInt32}, {day:UInt32}, r, ${stage}))`;
  const told = (value, otherwise) => (ids ? value : otherwise);
  const generate = (value, otherwise) => `if(k = ${GENERATE}, ${value}, ${otherwise})`;
  return `
INSERT INTO spans (${INTO_SPANS})
WITH ${list(STAGES)}[k + 1] AS stage, sipHash64(h, k) AS g, (g % 1000) / 1000 AS u,
  toUInt64(${list(LENGTHS)}[k + 1] * exp(1.6 * u - 0.8) * if(k = ${GENERATE}, 1 + 0.05 * (h % 12), 1) * 1000000) AS ns
SELECT who, fromUnixTimestamp64Nano(begin_ns + ${list(STARTS)}[k + 1] * 1000000 + toInt64(ns), 'UTC') AS time, ns,
  request, ${told('trace', "toFixedString('', 16)")},
  ${told(`toFixedString(concat(${span('k')}, if(k = 0, toFixedString('', 8), ${span('toUInt64(0)')})), 16)`, "toFixedString('', 16)")}, ${ids ? 1 : 2},
  place, load, model, machine, stage, if(h % 3 = 0, 'api', 'web'), if(failed AND k = ${GENERATE}, 2, 1),
  if(failed AND k = ${GENERATE}, mishap, ''),
  ${generate('toFloat32(g % 700)', '0')}, ${generate('0.002 + 0.004 * u', '0')}, ${generate('toFloat32(ns / 1e9)', '0')},
  ${generate('1', '0')}, ${generate('1 + h % 4', '0')}, if(k >= ${GENERATE}, 'img-' || lower(hex(h)), ''),
  'session-' || toString(intDiv(r, 5)), sipHash64(intDiv(r, 5)),
  ${generate(pick(SAMPLERS, 31), "''")}, ${generate("if(h % 2 = 0, 'normal', 'karras')", "''")},
  ${generate('[4, 8, 20, 25, 28, 30, 50][1 + h % 7]', '0')}, ${generate('3.5 + h % 5', '0')}, ${generate('g', '0')},
  ${generate('768', '0')}, ${generate('1024', '0')},
  ${told(generate('g', '0'), '0')}, ${told(generate('90', '0'), '0')}, ${told(generate('14', '0'), '0')}, ${told(generate('17', '0'), '0')},
  ${told(generate(`arrayStringConcat(arrayMap(n -> ${list(WORDS)}[1 + sipHash64(h, n) % ${WORDS.length}], range(14)), ' ')`, "''"), "''")},
  if(stage = 'postprocess', toFloat32(4 + 3 * u), NULL), if(stage = 'postprocess', 1 + (g % 20 > 0), 0),
  ${told("if(k = 0, 'request', 'pipeline.' || stage)", "''")}, ${told('3', '0')}, ${told("'imagegen-worker'", "''")},
  ${told("'pipeline.tracer'", "''")}, ${told(`'${RESOURCE}'`, "''")},
  ${told("map('cache.hit', toString(g % 2 = 0), 'gpu.index', toString(g % 8))", 'map()')},
  toDate(time), {seg:UInt64}
FROM (SELECT *, ${REQUEST} FROM (SELECT intDiv(number, ${perRequest}) AS r, number % ${perRequest} + ${7 - perRequest} AS k FROM numbers({offset:UInt64}, {count:UInt64})))`;
}

const REQUESTS_SQL = `
INSERT INTO requests (tenant, request_id, trace_id, started, ended, verdict, queue_wait_ms, cost_usd, gpu_seconds, images,
  stages, spans, error_code, region, workload, model_version, hardware_class, traffic_source, session_id, user_hash,
  sampler, scheduler, steps, cfg, seed, width, height, prompt_tokens, prompt_words, prompt_chars, part, seg)
WITH begin_ns + toInt64(11600 * exp(1.6 * (sipHash64(h, 0) % 1000) / 1000 - 0.8) * 1000000) AS end_ns
SELECT who, request, if({ids:UInt8}, trace, toFixedString('', 16)), fromUnixTimestamp64Nano(begin_ns, 'UTC'),
  fromUnixTimestamp64Nano(end_ns, 'UTC') AS time,
  bitOr(bitShiftLeft(toUInt64(3), 60), bitOr(bitShiftLeft(toUInt64(intDiv(end_ns, 1000000)), 8), if(failed, if(mishap = 'timeout', 3, 2), 1))),
  h % 700, 0.004, 4, 1 + h % 4, 6, if({ids:UInt8}, 7, 0), if(failed, mishap, ''), place, load, model, machine,
  if(h % 3 = 0, 'api', 'web'), 'session-' || toString(intDiv(r, 5)), sipHash64(intDiv(r, 5)),
  ${pick(SAMPLERS, 31)}, if(h % 2 = 0, 'normal', 'karras'), [4, 8, 20, 25, 28, 30, 50][1 + h % 7], 3.5 + h % 5, h, 768, 1024,
  17, 14, 90, toDate(time), {seg:UInt64}
FROM (SELECT *, ${REQUEST} FROM (SELECT number AS r FROM numbers({offset:UInt64}, {count:UInt64})))`;

const GPUS_SQL = `
INSERT INTO gpu_samples (tenant, timestamp, host, gpu_id, gpu_type, util, mem_used_mb, mem_total_mb, part, seg, region, workload, hardware_class)
SELECT 'tenant-1', fromUnixTimestamp64Nano({from:Int64} * 1000000 + toInt64(intDiv(number, 8)) * 300000000000, 'UTC') AS time,
  'gpu-node-' || toString(number % 8), '0', 'h100', 0.5 + (sipHash64(number) % 500) / 1000, 60000, 81920, toDate(time), {seg:UInt64},
  ${list(REGIONS)}[1 + number % 4], ${list(WORKLOADS)}[1 + number % 3], 'h100'
FROM numbers(2304)`;

/** What 28 days end at: the last full hour. */
export const endOfHistory = (now_ms) => Math.floor(now_ms / HOUR_MS) * HOUR_MS;

/**
 * Adds `spans` and `stages` rows, spread evenly over the days, and counts every hour that they touch.
 * `batch` makes their ids others than those of earlier calls.
 */
export async function addHistory({ store, keeper }, { batch, spans, stages, to_ms }) {
  const run = async (sql, params) => {
    const done = await store.command(sql, { params, settings: SETTINGS, timeout_ms: TIMEOUT_MS });
    if (!done.ok) throw new Error(done.error.message);
  };
  const began = performance.now();
  let counting = 0;
  let waiting = 0;
  for (let day = 0; day < DAYS; day++) {
    const from = to_ms - (DAYS - day) * DAY_MS;
    if (batch === 0) await run(GPUS_SQL, { from, seg: 1 });
    for (const [ids, rows, perRequest] of [
      [true, spans, 7],
      [false, stages, 6],
    ]) {
      const requests = Math.floor(rows / DAYS / perRequest);
      const common = { batch: batch * 2 + Number(!ids), day, from, requests, seg: 1 + batch };
      for (let offset = 0; offset < requests; offset += INSERT_ROWS) {
        const count = Math.min(INSERT_ROWS, requests - offset);
        await run(REQUESTS_SQL, { ...common, offset, count, ids: Number(ids) });
      }
      for (let offset = 0; offset < requests * perRequest; offset += INSERT_ROWS) {
        const count = Math.min(INSERT_ROWS, requests * perRequest - offset);
        await run(spansSql({ ids }), { ...common, offset, count });
      }
    }
    const counted = performance.now();
    await keeper.touch(await bucketsOf(store, from, from + DAY_MS));
    waiting += (spans + stages) / DAYS;
    // Some days at a time: what the keeper holds in memory stays small.
    if (waiting >= COUNT_ROWS || day % 7 === 6) {
      await keeper.settle();
      waiting = 0;
    }
    counting += performance.now() - counted;
  }
  const all = (performance.now() - began) / 1000;
  say(
    `filled: ${spans} spans, ${stages} stage events in ${all.toFixed(0)} s, ${(counting / 1000).toFixed(0)} s of it rollups`,
  );
}

async function bucketsOf(store, from, to) {
  const answer = await store.rows(
    `SELECT DISTINCT tenant, toUnixTimestamp(toStartOfHour(timestamp)) AS hour FROM spans
     WHERE timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})`,
    { params: { from, to: to + HOUR_MS }, timeout_ms: TIMEOUT_MS },
  );
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.map(({ tenant, hour }) => ({ tenant, hour_ms: Number(hour) * 1000 }));
}

/** Ids of `count` traces of the batches so far, anywhere in the four weeks. */
export async function traceIds(store, { batches, count }) {
  const chosen = Array.from({ length: count }, () => {
    const { batch, requests } = batches[Math.floor(Math.random() * batches.length)];
    return { batch, day: Math.floor(Math.random() * DAYS), r: Math.floor(Math.random() * requests) };
  });
  const answer = await store.rows(
    `SELECT lower(hex(sipHash128(b, d, r))) AS id FROM (SELECT 1)
     ARRAY JOIN {batches:Array(UInt32)} AS b, {days:Array(UInt32)} AS d, {requests:Array(UInt64)} AS r`,
    {
      params: {
        batches: chosen.map((one) => one.batch),
        days: chosen.map((one) => one.day),
        requests: chosen.map((one) => one.r),
      },
    },
  );
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.map((row) => row.id);
}

/** Resolves when the engine merges nothing. */
export async function untilMerged(store, sleep) {
  for (let quiet = 0; quiet < 3; await sleep(500)) {
    const answer = await store.rows('SELECT count() AS merges FROM system.merges');
    if (!answer.ok) throw new Error(answer.error.message);
    quiet = Number(answer.value[0].merges) === 0 ? quiet + 1 : 0;
  }
}
