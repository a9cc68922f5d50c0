/** What content is counted from, which hours of it are to be counted, and how the counts are read. */
import { mergedRows } from '../store/index.ts';

/** Marks an hour as counted, and says of how much. */
export const COUNTED = 'hour';

/**
 * Days of tenants of which some hours were never counted, or changed since (as many of their prompts, pictures or told
 * distances as the rollups count now, or none of them counted): the newest first. What was counted follows its rollups as
 * long as it stands, also where an erasure left nothing of an hour; what never was, of the last `days` alone.
 */
export const WANTED_DAYS = `
SELECT tenant, toString(toDate(t)) AS day, groupArray(toUnixTimestamp(t)) AS hours, countIf(stored > 0) AS again,
  groupArray((toUnixTimestamp(t), prompts, images, distances)) AS of
FROM (
  SELECT toString(tenant) AS tenant, t, sumIf(n, metric = 'prompt_words') AS prompts, sumIf(n, metric = 'images') AS images,
    sumIf(n, metric = 'style_distance') AS distances
  FROM roll_hours
  WHERE metric IN ('prompt_words', 'images', 'style_distance') AND dim = 'all' AND stage = '' AND tenant != ''
  GROUP BY tenant, t) AS r
FULL JOIN (
  SELECT toString(tenant) AS tenant, t, argMax(counts, counted) AS last, max(counted) AS stored
  FROM content_hours WHERE kind = '${COUNTED}'
  GROUP BY tenant, t) AS c USING (tenant, t)
WHERE if(stored = 0, prompts + images + distances > 0 AND t >= now() - toIntervalDay({days:UInt32}),
  last != [toUInt32(prompts), toUInt32(images), toUInt32(distances)]
    OR has({late:Array(String)}, concat(tenant, ' ', toString(toUnixTimestamp(t)))))
GROUP BY tenant, day ORDER BY day DESC, tenant LIMIT {most:UInt32}`;

/**
 * Hours, as \`tenant hour\`, with pictures that were looked at after the hour was counted: an import, or a thumbnail that
 * came late. What is still being looked at waits until it is quiet.
 */
export const LATE_LOOKS = `
SELECT concat(p.tenant, ' ', toString(toUnixTimestamp(p.t))) AS hour
FROM (
  SELECT toString(i.tenant) AS tenant, toStartOfHour(i.at) AS t, max(e.seen) AS seen
  FROM (
    SELECT toString(tenant) AS tenant, image_id, toInt64(toUnixTimestamp64Milli(max(timestamp)::DateTime64(3, 'UTC'))) AS seen FROM embeddings
    WHERE tenant != '' AND timestamp >= fromUnixTimestamp64Milli({since:Int64}) AND image_id != '' AND notEmpty(palette)
    GROUP BY tenant, image_id) AS e
  INNER JOIN (
    SELECT toString(tenant) AS tenant, image_id, min(timestamp) AS at FROM images
    WHERE part >= today() - {days:UInt32} AND image_id IN (
      SELECT image_id FROM embeddings WHERE timestamp >= fromUnixTimestamp64Milli({since:Int64}) AND notEmpty(palette))
    GROUP BY tenant, image_id) AS i ON i.tenant = e.tenant AND i.image_id = e.image_id
  GROUP BY tenant, t HAVING seen < {quiet:Int64}) AS p
INNER JOIN (
  SELECT toString(tenant) AS tenant, t, max(counted) AS stored FROM content_hours WHERE kind = '${COUNTED}'
  GROUP BY tenant, t) AS c ON c.tenant = p.tenant AND c.t = p.t
WHERE c.stored < toUInt64(p.seen)`;

/** Hours as `tenant hour`. */
const WANTED = "concat(tenant, ' ', toString(hour)) IN {wanted:Array(String)}";
const IN_HOURS = `tenant IN {tenants:Array(String)} AND timestamp >= fromUnixTimestamp({from:UInt32}) AND timestamp < fromUnixTimestamp({to:UInt32})`;
/** Prompts outside of any session are sessions of their own. */
const SESSION = "multiIf(session != '', session, request != '', request, trace)";

/**
 * A prompt per request, tenant by tenant and hour by hour, those of a session together; of crowded hours whole sessions
 * by their digest.
 */
export const PROMPTS = `
SELECT tenant, hour, region, model_version, workload, collection, ${SESSION} AS session, prompt, bins, language, script
FROM (
  SELECT tenant, toUnixTimestamp(toStartOfHour(max(timestamp))) AS hour, any(region) AS region, any(model_version) AS model_version,
    any(workload) AS workload, max(collection) AS collection, any(session_id) AS session, any(request_id) AS request,
    lower(hex(any(trace_id))) AS trace, any(prompt) AS prompt, any(prompt_bins) AS bins,
    any(prompt_language) AS language, any(prompt_script) AS script
  FROM spans
  WHERE ${IN_HOURS} AND prompt_chars > 0
  GROUP BY tenant, request_id, trace_id)
WHERE ${WANTED}
ORDER BY tenant, hour, cityHash64(${SESSION}), ${SESSION} LIMIT {most:UInt32} BY tenant, hour`;

/** When a picture was made is told by one of its rows, so that row lies in the hours: its other rows are looked for by its id. */
const SINCE = 'part >= toDate(fromUnixTimestamp({from:UInt32})) - 1';
const PICTURES = mergedRows(
  'images',
  `WHERE t.tenant IN {tenants:Array(String)} AND t.${SINCE} AND (t.tenant, t.image_id) IN (
    SELECT tenant, image_id FROM images WHERE ${IN_HOURS} AND ${SINCE})`,
);
const OF_PICTURES = `p.image_id != '' AND p.timestamp >= fromUnixTimestamp({from:UInt32}) AND p.timestamp < fromUnixTimestamp({to:UInt32})`;
const PICTURE = `p.tenant AS tenant, toUnixTimestamp(toStartOfHour(p.timestamp)) AS hour, p.region AS region, p.model_version AS model_version,
  p.workload AS workload, p.collection AS collection,
  multiIf(p.session_id != '', p.session_id, p.request_id != '', p.request_id, p.image_id) AS session`;

/** Palettes of pictures, whoever told them, in the same order. */
export const PALETTES = `
SELECT * FROM (
  SELECT ${PICTURE}, e.palette AS palette
  FROM ${PICTURES} AS p
  INNER JOIN (
    SELECT tenant, image_id, argMax(palette, o.timestamp) AS palette FROM embeddings AS o
    WHERE o.tenant IN {tenants:Array(String)} AND o.${SINCE} AND o.image_id != '' AND notEmpty(o.palette)
    GROUP BY tenant, image_id) AS e ON e.tenant = p.tenant AND e.image_id = p.image_id
  WHERE ${OF_PICTURES})
WHERE ${WANTED}
ORDER BY tenant, hour, cityHash64(session), session LIMIT {most:UInt32} BY tenant, hour`;

/** Style distances of the pictures of collections: told with the picture or by a scorer; scored twice, they count once. */
export const DISTANCES = `
SELECT * FROM (
  SELECT ${PICTURE}, s.v AS v
  FROM ${PICTURES} AS p
  INNER JOIN (
    SELECT tenant, image_id, avg(v) AS v FROM (
      SELECT tenant, image_id, toFloat64(assumeNotNull(value)) AS v FROM scores
      WHERE tenant IN {tenants:Array(String)} AND ${SINCE} AND name = 'style_distance' AND image_id != '' AND value IS NOT NULL
      UNION ALL
      SELECT tenant, image_id, toFloat64(assumeNotNull(style_distance)) AS v FROM spans
      WHERE tenant IN {tenants:Array(String)} AND timestamp >= fromUnixTimestamp({from:UInt32}) - toIntervalHour(1)
        AND timestamp < fromUnixTimestamp({to:UInt32}) + toIntervalHour(1) AND image_id != '' AND style_distance IS NOT NULL)
    GROUP BY tenant, image_id) AS s ON s.tenant = p.tenant AND s.image_id = p.image_id
  WHERE ${OF_PICTURES} AND p.collection != '')
WHERE ${WANTED}`;

/** Rows of earlier counts of hours that were counted again. */
export const FORGET_EARLIER = `
ALTER TABLE content_hours DELETE
WHERE concat(tenant, ' ', toString(toUnixTimestamp(t))) IN {wanted:Array(String)} AND counted < {counted:UInt64}`;

const RANGE = 't >= fromUnixTimestamp({from_s:UInt32}) AND t < fromUnixTimestamp({to_s:UInt32})';

const RANGE_OF_T = 't.t >= fromUnixTimestamp({from_s:UInt32}) AND t.t < fromUnixTimestamp({to_s:UInt32})';

/** Counts of some kinds by one dimension; of each hour those that were counted last. */
export const CONTENT = `
SELECT toString(t.tenant) AS tenant, toString(t.value) AS value, toString(t.kind) AS kind, toUnixTimestamp(t.t) AS hour,
  toUInt32(t.documents) AS documents, toUInt32(t.sessions) AS sessions, toFloat64(t.session_squares) AS session_squares, toFloat64(t.sum) AS sum,
  t.cells AS cells, t.counts AS counts, t.cell_sessions AS cell_sessions, t.squares AS squares, t.crosses AS crosses
FROM content_hours AS t
WHERE {tenant_filter:t} AND t.kind IN {kinds:Array(String)} AND t.dim = {dim:String} AND ${RANGE_OF_T}
  AND (t.tenant, t.t, t.counted) IN (
    SELECT tenant, t, max(counted) FROM content_hours AS m WHERE {tenant_filter:m} AND m.kind = '${COUNTED}' AND ${RANGE} GROUP BY tenant, t)`;

/** Names of cells, as most documents have them. */
export const NAMES = `
SELECT kind, cell, argMax(name, n) AS name FROM (
  SELECT toString(t.kind) AS kind, item.1 AS cell, item.2 AS name, sum(item.3) AS n
  FROM (SELECT kind, arrayJoin(arrayFilter(x -> x.2 != '', arrayZip(cells, names, counts))) AS item
    FROM content_hours AS t
    WHERE {tenant_filter:t} AND t.kind IN {kinds:Array(String)} AND t.dim = 'all' AND ${RANGE_OF_T}) AS t
  GROUP BY kind, cell, name)
GROUP BY kind, cell`;

/** Some prompts of a range, chosen by the digest of their ids: the words that were asked for, for who may read them. */
export const SOME_PROMPTS = `
SELECT prompt FROM spans AS t
WHERE {tenant_filter:t} AND t.timestamp >= fromUnixTimestamp({from_s:UInt32}) AND t.timestamp < fromUnixTimestamp({to_s:UInt32})
  AND t.prompt_chars > 0 AND t.prompt != ''
ORDER BY cityHash64(t.request_id, t.trace_id) LIMIT {most:UInt32}`;
