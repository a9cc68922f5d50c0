/**
 * Where facts are read from: the raw rows of some tenants in [from, to). Each query answers the same leading
 * columns (tenant, hour, stage and the dimensions) and then what its reader in facts.ts counts.
 */
import { OUTCOME_SQL, SETTLED_MS_SQL, TOUCHES_RANGE_SQL } from '../requests/index.ts';
import { mergedRows, TOTAL_TENANT } from '../store/index.ts';
import { STORED_COLUMNS } from './stored-rows.ts';

const IN_RANGE =
  'tenant IN {tenants:Array(String)} AND timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})';
const LEAD = 'tenant, toUnixTimestamp(toStartOfHour(timestamp)) AS hour';
const DIMS = 'region, model_version, workload, hardware_class, traffic_source';

/** Rows of `spans` per five minutes: reads are cut into slices by it. */
export const SPANS_PER_BUCKET = `
SELECT toUnixTimestamp(toStartOfFiveMinutes(timestamp)) AS bucket, count() AS rows
FROM spans WHERE ${IN_RANGE} AND pipeline_stage != '' AND bitAnd(source, 16) = 0
GROUP BY bucket ORDER BY bucket`;

export const STAGES = `
SELECT ${LEAD}, pipeline_stage AS stage, ${DIMS},
  toFloat32(duration_ns / 1e6) AS ms, toFloat32(queue_wait_ms) AS wait, error_code,
  images, sequence_id != '' AS framed, cost_usd, toFloat32(gpu_seconds * greatest(gpu_count, 1)) AS gpu,
  aesthetic, clip_i, style_distance, toxicity, face_ok, watermark, nsfw
FROM spans WHERE ${IN_RANGE} AND pipeline_stage != '' AND bitAnd(source, 16) = 0`;

/** One slice of the above. Ids are the largest columns there are: they are read only where rows must be divided by them. */
export const STAGES_SLICE = `${STAGES} AND cityHash64(trace_id, request_id) % {slices:UInt32} = {slice:UInt32}`;

/** The segment up to which the stages of a tenant are counted; `known` and `upto` stand beside each other. */
const COUNTED_UPTO = 'transform(toString(tenant), {known:Array(String)}, {upto:Array(UInt64)}, toUInt64(0))';

/** What there is of stages, and of that what lies below the mark. Reads four narrow columns. */
export const SEEN_STAGES = `
SELECT tenant, countIf(old) AS old_rows, toString(sumIf(cityHash64(seg), old)) AS old_print,
  count() AS rows, toString(sum(cityHash64(seg))) AS print, toString(max(seg)) AS newest
FROM (
  SELECT tenant, seg, seg <= ${COUNTED_UPTO} AS old
  FROM spans WHERE ${IN_RANGE} AND pipeline_stage != '' AND bitAnd(source, 16) = 0)
GROUP BY tenant`;

/** A slice of the stages above the marks. */
export const STAGES_ABOVE = `${STAGES} AND seg > ${COUNTED_UPTO} AND seg <= {newest:UInt64}
  AND ({slices:UInt32} = 1 OR cityHash64(trace_id, request_id) % {slices:UInt32} = {slice:UInt32})`;

/** The newest ingest day that could not hold a row of the range is a day before it: senders' clocks differ. */
const SINCE = 'part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))';
const CHOSEN = `WHERE t.tenant IN {tenants:Array(String)} AND t.${SINCE}`;

/** The time at which a request counts is told by one of its rows, so that row lies in the range. */
const TOUCHED = `${CHOSEN} AND (t.tenant, t.request_id) IN (
  SELECT tenant, request_id FROM requests
  WHERE tenant IN {tenants:Array(String)} AND ${SINCE} AND ${TOUCHES_RANGE_SQL})`;

const requestsOf = (chosen: string): string => `
SELECT ${LEAD}, '' AS stage, ${DIMS}, outcome, toFloat64(ms) AS ms, toFloat64(queue_wait_ms) AS wait, error_code,
  (attempt > 1 OR retry_of != '') AS retried, prompt_tokens, prompt_words, prompt_chars, session_id
FROM (
  SELECT *, ${OUTCOME_SQL} AS outcome,
    if(verdict = 0, ended, toDateTime64(fromUnixTimestamp64Milli(toInt64(${SETTLED_MS_SQL}), 'UTC'), 9, 'UTC')) AS timestamp,
    greatest(0, toUnixTimestamp64Nano(if(verdict = 0, ended, timestamp)) - toUnixTimestamp64Nano(started)) / 1e6 AS ms
  FROM ${mergedRows('requests', chosen)}
)
WHERE ${IN_RANGE}`;

export const REQUESTS = requestsOf(CHOSEN);
/** The same, where most requests of the days are not of the range: those of the range are looked for before any are merged. */
export const REQUESTS_OF_FEW = requestsOf(TOUCHED);

const pictures = (which: string): string => `
  SELECT tenant, image_id, timestamp, ${DIMS} FROM ${mergedRows('images', CHOSEN + which)}`;

const SCORED_PICTURES = `SELECT image_id FROM scores WHERE tenant IN {tenants:Array(String)} AND image_id != '' AND value IS NOT NULL AND ${SINCE}`;

/** A score counts at its picture's time and segment; one whose picture is not known yet does not count yet. */
export const SCORES = `
SELECT tenant, toUnixTimestamp(toStartOfHour(picture.timestamp)) AS hour, '' AS stage, ${DIMS}, s.name AS name, assumeNotNull(s.value) AS value
FROM (SELECT tenant, image_id, name, value FROM scores WHERE tenant IN {tenants:Array(String)} AND image_id != '' AND value IS NOT NULL AND ${SINCE}) AS s
INNER JOIN (${pictures(` AND t.image_id IN (${SCORED_PICTURES})`)}) AS picture USING (tenant, image_id)
WHERE picture.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND picture.timestamp < fromUnixTimestamp64Milli({to:Int64})`;

/** A score that names only a request counts at its request's time and segment. */
const SCORED_REQUESTS = `SELECT tenant, request_id, name, value FROM scores
  WHERE tenant IN {tenants:Array(String)} AND image_id = '' AND request_id != '' AND value IS NOT NULL AND ${SINCE}`;
export const REQUEST_SCORES = `
SELECT tenant, toUnixTimestamp(toStartOfHour(subject.timestamp)) AS hour, '' AS stage, ${DIMS}, s.name AS name, assumeNotNull(s.value) AS value
FROM (${SCORED_REQUESTS}) AS s
INNER JOIN (
  SELECT tenant, request_id, ended AS timestamp, ${DIMS}
  FROM ${mergedRows('requests', `${CHOSEN} AND t.request_id IN (SELECT request_id FROM (${SCORED_REQUESTS}))`)}
) AS subject USING (tenant, request_id)
WHERE subject.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND subject.timestamp < fromUnixTimestamp64Milli({to:Int64})`;

/** Pictures and requests of which there is feedback: without it all of the days would be merged. */
const SUBJECTS = `SELECT if(image_id != '', image_id, request_id) FROM feedback WHERE tenant IN {tenants:Array(String)} AND ${SINCE}`;

export const FEEDBACK = `
SELECT tenant, toUnixTimestamp(toStartOfHour(subject.timestamp)) AS hour, '' AS stage, ${DIMS}, f.action AS action
FROM (SELECT tenant, image_id, request_id, action FROM feedback WHERE tenant IN {tenants:Array(String)} AND ${SINCE}) AS f
INNER JOIN (
  ${pictures(` AND t.image_id IN (${SUBJECTS})`)} WHERE image_id != ''
  UNION ALL
  SELECT tenant, request_id AS image_id, ended AS timestamp, ${DIMS}
  FROM ${mergedRows('requests', `${CHOSEN} AND t.request_id IN (${SUBJECTS})`)}
) AS subject ON subject.tenant = f.tenant AND subject.image_id = if(f.image_id != '', f.image_id, f.request_id)
WHERE subject.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND subject.timestamp < fromUnixTimestamp64Milli({to:Int64})`;

export const FRAMES = `
SELECT ${LEAD}, '' AS stage, ${DIMS}, side, frames, window_s, playing_s, dropped, duplicated FROM frames WHERE ${IN_RANGE}`;

export const QUEUES = `
SELECT ${LEAD}, '' AS stage, ${DIMS}, depth, admitted, denied FROM queue_samples WHERE ${IN_RANGE}`;

export const GPUS = `
SELECT ${LEAD}, '' AS stage, ${DIMS}, ifNull(util, nan) AS utilisation, ifNull((mem_total_mb - mem_used_mb) / nullIf(mem_total_mb, 0), nan) AS headroom
FROM gpu_samples WHERE ${IN_RANGE}`;

export const LOADS = `
SELECT ${LEAD}, '' AS stage, ${DIMS}, duration_ms FROM model_loads WHERE ${IN_RANGE} AND action = 'load' AND hit = 0`;

export const CACHES = `
SELECT ${LEAD}, '' AS stage, ${DIMS}, hits, misses FROM cache_events WHERE ${IN_RANGE}`;

/** Tables that have rows: planning a question about none costs the engine as much as a question about a few. */
export const FILLED_TABLES =
  'SELECT DISTINCT table AS name FROM system.parts WHERE active AND rows > 0 AND database = currentDatabase()';

/** How much there is of some stored hours. */
export const STORED_SIZE = (where: string): string =>
  `SELECT count() AS rows, sum(length(bins)) AS bins FROM roll_hours WHERE ${where}`;

/** A slice of them; rows of a series and hour are in one. */
export const STORED_HOURS = (where: string): string =>
  `SELECT ${STORED_COLUMNS} FROM roll_hours WHERE ${where}
   AND cityHash64(tenant, metric, dim, value, t) % {slices:UInt32} = {slice:UInt32}`;

const BUCKET = "concat(tenant, '|', toString(toUnixTimestamp(t)))";
const BETWEEN = 't >= fromUnixTimestamp({from:UInt32}) AND t < fromUnixTimestamp({to:UInt32})';

/** Of some hours what is not of some buckets. */
export const OTHERS_OF_HOURS = `${BETWEEN} AND tenant != '${TOTAL_TENANT}'
  AND toUnixTimestamp(t) IN {hours:Array(UInt32)} AND ${BUCKET} NOT IN {buckets:Array(String)}`;

/** Tenant and day of a row. */
export const DAY_KEY = "concat(tenant, '|', toString(toDate(t)))";

/** Of some days of tenants what is not of some buckets. */
export const OTHERS_OF_DAYS = `${BETWEEN} AND ${DAY_KEY} IN {days:Array(String)} AND ${BUCKET} NOT IN {buckets:Array(String)}`;

/** Rows of some buckets; their hours, which are few, are compared first. */
export const OF_BUCKETS = `toUnixTimestamp(t) IN {hours:Array(UInt32)} AND ${BUCKET} IN {buckets:Array(String)}`;
