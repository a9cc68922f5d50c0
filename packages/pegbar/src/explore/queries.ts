/** SQL of the lists and of single things. Every text takes `{tenant_filter}` of the scoped store. */
import { OUTCOME_SQL, SETTLED_MS_SQL } from '../requests/index.ts';
import { mergedRows } from '../store/index.ts';
import { instantSql, selectList } from './columns.ts';

/** A sender's clock may run ahead of ours by a day: a row of this time was ingested the day before at the earliest. */
export const SINCE = 'part >= toDate(fromUnixTimestamp64Milli({from:Int64})) - 1';

const TRACE = 't.trace_id = toFixedString(unhex({trace:String}), 16)';

/** Where a request counts: at its terminal event, or at its last stage while it has none. The rollups' rule. */
export const REQUEST_NS = `if(verdict = 0, toUnixTimestamp64Nano(ended::DateTime64(9, 'UTC')), toInt64(${SETTLED_MS_SQL}) * 1000000)`;
/** The verdict knows its time to the millisecond; where it is that of the last stage, the stage knows it better. */
const REQUEST_END_NS = `if(verdict = 0, toUnixTimestamp64Nano(ended::DateTime64(9, 'UTC')), least(toUnixTimestamp64Nano(ended::DateTime64(9, 'UTC')), toInt64(${SETTLED_MS_SQL}) * 1000000 + 999999))`;
export const REQUEST_LATENCY_MS = `greatest(0, ${REQUEST_END_NS} - toUnixTimestamp64Nano(started::DateTime64(9, 'UTC'))) / 1e6`;
export const REQUEST_OUTCOME = OUTCOME_SQL;

const REQUEST_COLUMNS = `${selectList('requests', ['started', 'ended'])},
  ${instantSql("started::DateTime64(9, 'UTC')")} AS started_at, ${instantSql("ended::DateTime64(9, 'UTC')")} AS last_seen,
  ${instantSql(`fromUnixTimestamp64Nano(${REQUEST_NS}, 'UTC')`)} AS timestamp,
  toString(${REQUEST_NS}) AS at, ${REQUEST_OUTCOME} AS outcome, ${REQUEST_LATENCY_MS} AS latency_ms`;

/** Tenants are named, also to a caller who sees all: the rows of an id are then found by the key. */
export const REQUESTS_BY_ID = `
SELECT ${REQUEST_COLUMNS} FROM ${mergedRows('requests', 'WHERE {tenant_filter:t} AND t.tenant IN {tenants:Array(String)} AND t.request_id IN {ids:Array(String)}')} AS t`;

/** A request by its id, or by its trace where it has another name; with OTel alone the trace id is the request id. */
export const REQUEST_BY_ID = `
SELECT ${REQUEST_COLUMNS} FROM ${mergedRows('requests', 'WHERE {tenant_filter:t} AND t.request_id IN {ids:Array(String)}')} AS t
ORDER BY at DESC LIMIT 1`;
export const REQUEST_BY_TRACE = `
SELECT ${REQUEST_COLUMNS} FROM ${mergedRows(
  'requests',
  `WHERE {tenant_filter:t} AND (t.tenant, t.request_id) IN (
    SELECT tenant, request_id FROM requests WHERE {tenant_filter} AND trace_id = toFixedString(unhex({trace:String}), 16))`,
)} AS t
ORDER BY at DESC LIMIT 1`;

const STAGE_COLUMNS = `${selectList('spans', ['name', 'kind', 'scope', 'trace_state', 'links', 'resource', 'timestamp'])},
  ${instantSql('t.timestamp')} AS timestamp, duration_ns / 1e6 AS latency_ms, name AS span_name`;
/** Times are told as numbers: what they look like for people is worked out by `spanRow`, for a tenth of what it costs the engine. */
const SPAN_COLUMNS = `${selectList('spans', ['timestamp'])},
  toString(toUnixTimestamp64Nano(t.timestamp)) AS end_ns, toString(t.duration_ns) AS ns`;
const BY_START = 'ORDER BY toUnixTimestamp64Nano(t.timestamp) - t.duration_ns, t.timestamp DESC';

const OF_REQUEST = `(t.request_id = {id:String} OR (t.request_id = '' AND ${TRACE}))`;
/** Rows lie between the first start and the last end of the request: its parts are found without reading the rest. */
const WITHIN =
  't.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp <= fromUnixTimestamp64Milli({to:Int64})';
const IS_SPAN = "t.span_id != toFixedString('', 8) AND bitAnd(t.source, 16) = 0";

export const STAGES_OF_REQUEST = `
SELECT ${STAGE_COLUMNS} FROM spans AS t
WHERE {tenant_filter:t} AND ${WITHIN} AND ${OF_REQUEST} AND (t.pipeline_stage != '' OR t.boundary != '')
ORDER BY t.timestamp, t.duration_ns DESC LIMIT {limit:UInt32}`;

export const SPANS_OF_REQUEST = `
SELECT ${SPAN_COLUMNS} FROM spans AS t
WHERE {tenant_filter:t} AND ${WITHIN} AND ${OF_REQUEST} AND ${IS_SPAN}
${BY_START} LIMIT {limit:UInt32}`;

const IMAGE_COLUMNS = `${selectList('images')}`;

export const IMAGES_OF_REQUEST = `
SELECT ${IMAGE_COLUMNS} FROM ${mergedRows(
  'images',
  `WHERE {tenant_filter:t} AND t.${SINCE} AND (t.tenant, t.image_id) IN (
    SELECT tenant, image_id FROM images WHERE {tenant_filter} AND ${SINCE} AND request_id = {id:String})`,
)} AS t
WHERE t.request_id = {id:String} ORDER BY t.timestamp, t.image_id LIMIT {limit:UInt32}`;

export const IMAGES_BY_ID = `
SELECT ${IMAGE_COLUMNS} FROM ${mergedRows('images', 'WHERE {tenant_filter:t} AND t.tenant IN {tenants:Array(String)} AND t.image_id IN {ids:Array(String)}')} AS t`;

export const IMAGE_BY_ID = `
SELECT ${IMAGE_COLUMNS} FROM ${mergedRows('images', 'WHERE {tenant_filter:t} AND t.image_id = {id:String}')} AS t
ORDER BY t.timestamp DESC LIMIT 1`;

const ABOUT =
  "((t.image_id != '' AND t.image_id IN {images:Array(String)}) OR (t.request_id != '' AND t.request_id = {id:String}))";
export const SCORES_ABOUT = `
SELECT ${selectList('scores')} FROM scores AS t WHERE {tenant_filter:t} AND ${ABOUT}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;
export const FEEDBACK_ABOUT = `
SELECT ${selectList('feedback')} FROM feedback AS t WHERE {tenant_filter:t} AND ${ABOUT}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

export const SPANS_OF_TRACE = `
SELECT ${SPAN_COLUMNS} FROM spans AS t
WHERE {tenant_filter:t} AND ${TRACE} AND ${IS_SPAN}
${BY_START} LIMIT {limit:UInt32}`;

/** A place of a waterfall: no attributes, so that ten thousand are read at once. */
export const OUTLINE_OF_TRACE = `
SELECT lower(hex(t.span_id)) AS span_id, lower(hex(t.parent_span_id)) AS parent, name, toString(pipeline_stage) AS stage,
  toString(toUnixTimestamp64Nano(t.timestamp) - duration_ns) AS start_ns, toFloat64(duration_ns) AS ns, toUInt8(status) AS status,
  toFloat64(queue_wait_ms) AS wait_ms, image_id, tenant,
  attributes['cache.hit'] IN ('false', '0') OR attributes['cache'] = 'miss' AS missed
FROM spans AS t WHERE {tenant_filter:t} AND ${TRACE} AND ${IS_SPAN}
ORDER BY toUnixTimestamp64Nano(t.timestamp) - t.duration_ns, ns DESC LIMIT {limit:UInt32}`;
export const MARKS_OF_TRACE = `
SELECT lower(hex(t.span_id)) AS span_id, name, toString(toUnixTimestamp64Nano(t.timestamp)) AS ns,
  name = 'exception' OR match(lower(concat(attributes['severity'], attributes['level'])), 'warn|error|fatal') AS warns
FROM span_events AS t WHERE {tenant_filter:t} AND ${TRACE}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

const SPAN = `${TRACE} AND t.span_id = toFixedString(unhex({span:String}), 8)`;
export const SPAN_OF_TRACE = `
SELECT ${SPAN_COLUMNS} FROM spans AS t
WHERE {tenant_filter:t} AND ${SPAN} AND ${IS_SPAN}
ORDER BY t.timestamp DESC LIMIT {limit:UInt32}`;
export const EVENTS_OF_SPAN = `
SELECT name, ${instantSql('t.timestamp')} AS timestamp, attributes
FROM span_events AS t WHERE {tenant_filter:t} AND ${SPAN}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;
export const LOGS_OF_SPAN = `
SELECT ${selectList('logs')} FROM logs AS t
WHERE {tenant_filter:t} AND ${SPAN}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

export const EVENTS_OF_TRACE = `
SELECT lower(hex(t.span_id)) AS span_id, name, ${instantSql('t.timestamp')} AS timestamp, attributes
FROM span_events AS t WHERE {tenant_filter:t} AND ${TRACE}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

export const LOGS_OF_TRACE = `
SELECT ${selectList('logs')} FROM logs AS t
WHERE {tenant_filter:t} AND ${TRACE}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;
export const LOGS_OF_REQUEST = `
SELECT ${selectList('logs')} FROM logs AS t
WHERE {tenant_filter:t} AND ((t.request_id != '' AND t.request_id = {id:String}) OR (t.trace_id != toFixedString('', 16) AND ${TRACE}))
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

export const listDeployments = (where: string): string => `
SELECT ${selectList('deployments', ['pipeline_stage'])} FROM deployments AS t
WHERE {tenant_filter:t} AND t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})
  AND ${where}
ORDER BY t.timestamp DESC, t.id DESC LIMIT {limit:UInt32}`;

/** Flagged by its sender or by a scorer. */
export const PICTURE_FLAGS = `
SELECT t.tenant AS tenant, t.uri AS uri, t.nsfw::UInt8 AS nsfw FROM ${mergedRows('images', 'WHERE {tenant_filter:t} AND t.image_id = {id:String}')} AS t
ORDER BY t.timestamp DESC LIMIT 1`;
export const FLAGGING_SCORES = `
SELECT count() > 0 AS flagged FROM scores
WHERE {tenant_filter} AND image_id = {id:String} AND name = 'nsfw' AND value >= 0.5`;
