/** SQL of the lists and of single things. Every text takes `{tenant_filter}` of the scoped store. */
import { OUTCOME_SQL, SETTLED_MS_SQL } from '../requests/index.ts';
import { mergedRows } from '../store/index.ts';
import { instantSql, selectList } from './columns.ts';

/**
 * A sender's clock may run ahead of ours by a day: a row of this time was ingested the day before at the earliest. There is
 * no day before 1970: a question of all time would ask for days after 2149.
 */
export const SINCE = 'part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))';

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

function ofPage(byId: string): string {
  return byId.replace('{tenant_filter:t}', () => '{tenant_filter:t} AND t.part IN {parts:Array(Date)}');
}

/** Tenants are named, also to a caller who sees all: the rows of an id are then found by the key. */
export const REQUESTS_BY_ID = `
SELECT ${REQUEST_COLUMNS} FROM ${mergedRows('requests', 'WHERE {tenant_filter:t} AND t.tenant IN {tenants:Array(String)} AND t.request_id IN {ids:Array(String)}')} AS t`;

/** The same of a page, whose days of ingest are known: filters by id of all other days are not asked. */
export const REQUESTS_OF_PAGE = ofPage(REQUESTS_BY_ID);

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

export const IMAGES_OF_PAGE = ofPage(IMAGES_BY_ID);

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

const OF_IMAGES = `{tenant_filter:t} AND t.${SINCE} AND t.tenant IN {tenants:Array(String)} AND t.image_id IN {ids:Array(String)}`;
/** What people did last with pictures since `from`; a flag is no verdict. */
export const REACTIONS_OF = `
SELECT tenant, image_id, argMax(action, t.timestamp) AS last_action FROM feedback AS t
WHERE ${OF_IMAGES} AND action != 'flag' GROUP BY tenant, image_id`;
/** The scores for which pictures are flagged. */
export const FLAGGING_OF = `
SELECT tenant, image_id, max(value) AS score FROM scores AS t
WHERE ${OF_IMAGES} AND name = 'nsfw' AND value IS NOT NULL GROUP BY tenant, image_id`;

export const SPANS_OF_TRACE = `
SELECT ${SPAN_COLUMNS} FROM spans AS t
WHERE {tenant_filter:t} AND ${TRACE} AND ${IS_SPAN}
${BY_START} LIMIT {limit:UInt32}`;

/**
 * A trace as columns in one row, earliest span first: no attributes, and each name once, so that ten thousand spans are
 * a few arrays and not as many objects. Times are milliseconds after the first, to the microsecond.
 */
export const OUTLINE_OF_TRACE = `
SELECT tenant, toString(first_ns) AS first, ids, parents,
  arrayDistinct(name_of) AS names, arrayMap(at -> toUInt32(at - 1), arrayEnumerateDense(name_of)) AS name,
  arrayDistinct(stage_of) AS stages, arrayMap(at -> toUInt32(at - 1), arrayEnumerateDense(stage_of)) AS stage,
  arrayMap(ns -> round((ns - first_ns) / 1e6, 3), started_of) AS start_ms, arrayMap(ns -> round(ns / 1e6, 3), took_of) AS duration_ms,
  status_of AS status,
  arrayFilter(one -> one.2 > 0, arrayMap((at, wait) -> (toUInt32(at - 1), wait), arrayEnumerate(ids), wait_of)) AS waits,
  arrayFilter(one -> one.2 != '', arrayMap((at, image) -> (toUInt32(at - 1), image), arrayEnumerate(ids), image_of)) AS pictures,
  arrayMap(at -> toUInt32(at - 1), arrayFilter((at, missed) -> missed, arrayEnumerate(ids), missed_of)) AS misses
FROM (
  SELECT any(of_tenant) AS tenant, min(started) AS first_ns, groupArray(id) AS ids, groupArray(parent) AS parents,
    groupArray(called) AS name_of, groupArray(of_stage) AS stage_of, groupArray(started) AS started_of, groupArray(took) AS took_of,
    groupArray(state) AS status_of, groupArray(waited) AS wait_of, groupArray(image) AS image_of, groupArray(missed) AS missed_of
  FROM (
    SELECT lower(hex(t.span_id)) AS id, lower(hex(t.parent_span_id)) AS parent, t.name AS called, toString(t.pipeline_stage) AS of_stage,
      toUnixTimestamp64Nano(t.timestamp) - t.duration_ns AS started, t.duration_ns AS took, toUInt8(t.status) AS state,
      toFloat64(t.queue_wait_ms) AS waited, t.image_id AS image, t.tenant AS of_tenant,
      t.attributes['cache.hit'] IN ('false', '0') OR t.attributes['cache'] = 'miss' AS missed
    FROM spans AS t WHERE {tenant_filter:t} AND ${TRACE} AND ${IS_SPAN}
    ORDER BY started, took DESC LIMIT {limit:UInt32}
  )
)`;
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
