/**
 * The facts of the rollups as SQL over raw rows: for windows, steps, filters and groupings that the rollups do not
 * hold. What one fact is stands in rollups/facts.ts; a test holds both to the same figures.
 *
 * A source is a subquery that answers `tenant, at_ms, pipeline_stage`, the dimensions, and what its metrics read.
 */
import { ROLLUP_METRICS, type RollupMetricName } from '@pegbar/contract';
import { TOUCHES_RANGE_SQL } from '../requests/index.ts';
import { mergedRows } from '../store/index.ts';
import { fieldsOf } from './columns.ts';
import type { Fields } from './filter.ts';
import { REQUEST_NS, REQUEST_OUTCOME, SINCE } from './queries.ts';

export type SourceName =
  | 'requests'
  | 'stages'
  | 'scores'
  | 'request_scores'
  | 'feedback'
  | 'frames'
  | 'queues'
  | 'gpus'
  | 'loads'
  | 'caches';

export interface Source {
  sql: string;
  /** The same, quicker where the range holds few of the rows that came since it began. */
  few?: string;
  /** What its rows can be filtered by. */
  fields: Fields;
  /** Id of the request of a row, by which requests are sampled; none where a row is of no request. */
  request?: string;
}

const IN_RANGE = 'at_ms >= {from:Int64} AND at_ms < {to:Int64}';
/** The same on a column of the sort key, so that only what is in range is read. */
const TIMED =
  't.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})';
const AT_MS = "intDiv(toUnixTimestamp64Nano(t.timestamp::DateTime64(9, 'UTC')), 1000000) AS at_ms";

const DIMENSIONS = ['tenant', 'region', 'model_version', 'workload', 'hardware_class', 'traffic_source'];
const DIMENSION_FIELDS: Fields = Object.fromEntries(
  [...DIMENSIONS, 'pipeline_stage'].map((name) => [name, { sql: name, kind: 'text' as const }]),
);
const without = (fields: Fields, ...names: string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const CHOSEN = `WHERE {tenant_filter:t} AND t.${SINCE}`;
/** Requests of which a row ended or was settled in the range: those of the range are among them, before any are merged. */
const TOUCHED = `${CHOSEN} AND (t.tenant, t.request_id) IN (
  SELECT tenant, request_id FROM requests WHERE {tenant_filter} AND ${SINCE} AND ${TOUCHES_RANGE_SQL})`;
const requestsOf = (
  chosen: string,
): string => `SELECT * EXCEPT (pipeline_stage), '' AS pipeline_stage, intDiv(ended_ns, 1000000) AS at_ms,
    toFloat64(greatest(0, ended_ns - toUnixTimestamp64Nano(started::DateTime64(9, 'UTC'))) / 1e6) AS ms
  FROM (SELECT *, ${REQUEST_NS} AS ended_ns, ${REQUEST_OUTCOME} AS outcome FROM ${mergedRows('requests', chosen)})
  WHERE ${IN_RANGE}`;
const picturesOf = (chosen: string): string =>
  `SELECT *, toString(image_id) AS subject FROM ${mergedRows('images', chosen)}`;
const PICTURES = picturesOf(CHOSEN);
/** Pictures and requests of which there is feedback: without it all of the days would be merged. */
const SUBJECTS = `SELECT if(image_id != '', image_id, request_id) FROM feedback WHERE {tenant_filter} AND ${SINCE}`;
/** Scores that name only a request. */
const SCORED_REQUESTS = `SELECT tenant AS s_tenant, request_id AS s_request, name, value FROM scores
  WHERE {tenant_filter} AND image_id = '' AND request_id != '' AND value IS NOT NULL AND ${SINCE}`;
const sample = (table: string, columns: string, where = '1'): Source => ({
  sql: `SELECT ${DIMENSIONS.map((name) => `t.${name} AS ${name}`).join(', ')}, '' AS pipeline_stage, ${AT_MS}, ${columns}
    FROM ${table} AS t WHERE {tenant_filter:t} AND ${TIMED} AND ${where}`,
  fields: DIMENSION_FIELDS,
});

/** `* EXCEPT` keeps the source's own `pipeline_stage` from standing twice. */
export const SOURCES: Readonly<Record<SourceName, Source>> = {
  requests: {
    sql: requestsOf(CHOSEN),
    few: requestsOf(TOUCHED),
    fields: {
      ...fieldsOf('requests'),
      ...DIMENSION_FIELDS,
      outcome: { sql: 'outcome', kind: 'text' },
      latency_ms: { sql: 'ms', kind: 'number' },
    },
    request: 'request_id',
  },
  stages: {
    sql: `SELECT *, ${AT_MS}, toFloat64(toFloat32(duration_ns / 1e6)) AS ms FROM spans AS t
      WHERE {tenant_filter:t} AND ${TIMED} AND t.pipeline_stage != '' AND bitAnd(t.source, 16) = 0`,
    fields: {
      ...without(fieldsOf('spans'), 'outcome'),
      latency_ms: { sql: 'ms', kind: 'number' },
    },
    request: "if(request_id != '', request_id, lower(hex(trace_id)))",
  },
  scores: {
    sql: `SELECT p.* EXCEPT (pipeline_stage), '' AS pipeline_stage, ${AT_MS.replaceAll('t.timestamp', 'p.timestamp')},
        s.name AS score, assumeNotNull(s.value) AS score_value
      FROM (SELECT tenant AS s_tenant, image_id AS s_image, name, value FROM scores WHERE {tenant_filter} AND image_id != '' AND value IS NOT NULL AND ${SINCE}) AS s
      INNER JOIN (${PICTURES}) AS p ON p.tenant = s.s_tenant AND p.subject = s.s_image
      WHERE ${IN_RANGE}`,
    fields: { ...fieldsOf('images'), ...DIMENSION_FIELDS },
    request: 'request_id',
  },
  request_scores: {
    sql: `SELECT r.* EXCEPT (pipeline_stage), '' AS pipeline_stage, intDiv(toUnixTimestamp64Nano(r.ended::DateTime64(9, 'UTC')), 1000000) AS at_ms,
        s.name AS score, assumeNotNull(s.value) AS score_value
      FROM (${SCORED_REQUESTS}) AS s
      INNER JOIN (
        SELECT * FROM ${mergedRows('requests', `${CHOSEN} AND t.request_id IN (SELECT s_request FROM (${SCORED_REQUESTS}))`)}
      ) AS r ON r.tenant = s.s_tenant AND r.request_id = s.s_request
      WHERE ${IN_RANGE}`,
    fields: { ...fieldsOf('requests'), ...DIMENSION_FIELDS },
    request: 'request_id',
  },
  feedback: {
    sql: `SELECT p.* EXCEPT (subject), '' AS pipeline_stage, f.action AS action
      FROM (SELECT tenant AS f_tenant, if(image_id != '', image_id, request_id) AS about, action FROM feedback WHERE {tenant_filter} AND ${SINCE}) AS f
      INNER JOIN (
        SELECT ${DIMENSIONS.join(', ')}, request_id, subject, intDiv(toUnixTimestamp64Nano(timestamp::DateTime64(9, 'UTC')), 1000000) AS at_ms
        FROM (${picturesOf(`${CHOSEN} AND t.image_id IN (${SUBJECTS})`)}) WHERE subject != ''
        UNION ALL
        SELECT ${DIMENSIONS.join(', ')}, request_id, request_id AS subject, intDiv(toUnixTimestamp64Nano(ended::DateTime64(9, 'UTC')), 1000000) AS at_ms
        FROM ${mergedRows('requests', `${CHOSEN} AND t.request_id IN (${SUBJECTS})`)}
      ) AS p ON p.tenant = f.f_tenant AND p.subject = f.about
      WHERE ${IN_RANGE}`,
    fields: DIMENSION_FIELDS,
    request: 'request_id',
  },
  frames: sample(
    'frames',
    't.side AS side, t.frames AS frames, t.dropped AS dropped, t.duplicated AS duplicated, t.playing_s AS playing_s, t.window_s AS window_s',
  ),
  queues: sample('queue_samples', 't.depth AS depth, t.admitted AS admitted, t.denied AS denied'),
  gpus: sample('gpu_samples', 't.util AS util, t.mem_used_mb AS mem_used_mb, t.mem_total_mb AS mem_total_mb'),
  loads: sample('model_loads', 't.duration_ms AS duration_ms', "t.action = 'load' AND t.hit = 0"),
  caches: sample('cache_events', 't.hits AS hits, t.misses AS misses'),
};

/** How a metric is counted from the rows of a source. */
export interface FactSql {
  source: SourceName;
  /** Rows that are an observation. */
  when: string;
  value: string;
  /** Observations per row. */
  times?: string;
  /** Counts distinct things in place of rows. */
  distinct?: string;
}

const requests = (when: string, value = '1'): FactSql => ({ source: 'requests', when, value });
const stages = (when: string, value = '1'): FactSql => ({ source: 'stages', when, value });
const feedback = (when: string): FactSql => ({ source: 'feedback', when, value: '1' });
const scores = (name: string): FactSql[] =>
  (['scores', 'request_scores'] as const).map((source) => ({
    source,
    when: `score = '${name}'`,
    value: 'score_value',
  }));
const told = (name: string): FactSql[] => [stages(`${name} != 0`, `toFloat64(${name}) - 1`), ...scores(name)];
const measured = (name: string): FactSql[] => [
  stages(`${name} IS NOT NULL`, `toFloat64(assumeNotNull(${name}))`),
  ...scores(name),
];
const ENDED = "outcome IN ('succeeded', 'failed', 'timed_out', 'blocked')";
const DECIDED_BADLY = "outcome IN ('failed', 'timed_out')";
const PRODUCED = "side != 'delivered'";
const DELIVERED = "side = 'delivered'";
const fps = (side: string, seconds: string): FactSql => ({
  source: 'frames',
  when: `${side} AND ${seconds} > 0`,
  value: `frames / ${seconds}`,
  times: `greatest(1, floor(${seconds} + 0.5))`,
});
const frames = (when: string, value: string): FactSql => ({ source: 'frames', when, value });
const outcome = (name: string): FactSql[] => [requests(`outcome = '${name}'`)];

export const FACTS: Readonly<Record<RollupMetricName, readonly FactSql[]>> = {
  requests: [requests('1')],
  succeeded: outcome('succeeded'),
  failed: outcome('failed'),
  timed_out: outcome('timed_out'),
  blocked: outcome('blocked'),
  cancelled: outcome('cancelled'),
  rejected: outcome('rejected'),
  pending: outcome('pending'),
  retried: [requests(`${ENDED} AND (attempt > 1 OR retry_of != '')`)],
  oom: [requests(`${DECIDED_BADLY} AND error_code = 'oom'`)],
  timeout: [requests("outcome = 'timed_out' OR (outcome = 'failed' AND error_code = 'timeout')")],
  latency_ms: [requests(`${ENDED} AND ms > 0`, 'ms')],
  queue_wait_ms: [requests('queue_wait_ms > 0', 'toFloat64(queue_wait_ms)')],
  images: [stages('images > 0', 'images')],
  frames: [stages("images > 0 AND sequence_id != ''", 'images')],
  cost_usd: [stages('cost_usd != 0', 'cost_usd')],
  gpu_seconds: [stages('gpu_seconds > 0', 'toFloat64(toFloat32(gpu_seconds * greatest(gpu_count, 1)))')],
  stages: [stages('1')],
  errors: [stages("error_code NOT IN ('', 'safety_block', 'cancelled')")],
  stage_ooms: [stages("error_code = 'oom'")],
  stage_timeouts: [stages("error_code = 'timeout'")],
  stage_ms: [stages('ms > 0', 'ms')],
  prompt_tokens: [requests('prompt_tokens > 0', 'prompt_tokens')],
  prompt_words: [requests('prompt_words > 0', 'prompt_words')],
  prompt_chars: [requests('prompt_chars > 0', 'prompt_chars')],
  queue_depth: [{ source: 'queues', when: '1', value: 'depth' }],
  queue_admitted: [{ source: 'queues', when: 'admitted > 0', value: 'admitted' }],
  queue_denied: [{ source: 'queues', when: 'denied > 0', value: 'denied' }],
  gpu_util: [{ source: 'gpus', when: 'isNotNull(util)', value: 'assumeNotNull(util)' }],
  vram_headroom: [
    {
      source: 'gpus',
      when: 'ifNull(mem_total_mb > 0 AND isNotNull(mem_used_mb), 0)',
      value: 'assumeNotNull((mem_total_mb - mem_used_mb) / mem_total_mb)',
    },
  ],
  model_load_ms: [{ source: 'loads', when: '1', value: 'duration_ms' }],
  cache_hits: [{ source: 'caches', when: 'hits > 0', value: 'hits' }],
  cache_misses: [{ source: 'caches', when: 'misses > 0', value: 'misses' }],
  accepted: [feedback("action = 'accept'")],
  edited: [feedback("action = 'edit'")],
  rerolled: [feedback("action = 'reroll'")],
  rejected_images: [feedback("action = 'reject'")],
  flagged: [feedback("action = 'flag'")],
  feedback: [feedback("action IN ('accept', 'edit', 'reroll', 'reject')")],
  sessions: [
    {
      ...requests("session_id != ''"),
      // As the rollups count: one that spans two hours counts in both.
      distinct: '(tenant, intDiv(at_ms, 3600000), session_id)',
    },
  ],
  aesthetic: measured('aesthetic'),
  clip_i: measured('clip_i'),
  style_distance: measured('style_distance'),
  toxicity: measured('toxicity'),
  face_ok: told('face_ok'),
  watermark: told('watermark'),
  nsfw: told('nsfw'),
  produced_fps: [fps(PRODUCED, 'window_s')],
  delivered_fps: [fps(DELIVERED, 'playing_s')],
  produced_frames: [frames(PRODUCED, 'frames')],
  delivered_frames: [frames(DELIVERED, 'frames')],
  dropped_frames: [frames(`${DELIVERED} AND dropped > 0`, 'dropped')],
  duplicated_frames: [frames(`${DELIVERED} AND duplicated > 0`, 'duplicated')],
  playing_seconds: [frames(DELIVERED, 'playing_s')],
};

/** With stages asked for, the wait is that before the stage. */
export const STAGE_QUEUE_WAIT: FactSql = stages('queue_wait_ms > 0', 'toFloat64(queue_wait_ms)');

const GRIDS = new Map<string, string>(ROLLUP_METRICS.map(({ name, grid }) => [name, grid]));

/** Code of the bin of a value: `binOf` of stats in SQL. */
export function binSql(metric: RollupMetricName, value: string): string {
  switch (GRIDS.get(metric)) {
    case 'unit':
      return `toUInt16(floor(least(1, greatest(0, ${value})) * 500 + 0.5))`;
    case 'ten':
      return `toUInt16(floor((least(10, greatest(1, ${value})) - 1) * 50 + 0.5))`;
    default:
      return `toUInt16(if(${value} > 0, bitShiftRight(reinterpretAsUInt32(toFloat32(${value})), 18), 0))`;
  }
}
