/** Pictures with their vectors, and the centroids of the state store. */

/** A vector counts once per picture: the newest. */
const VECTORS = (since: string): string => `(
  SELECT tenant, image_id, argMax(vector, e.timestamp) AS vector, argMax(palette, e.timestamp) AS palette
  FROM embeddings AS e
  WHERE {tenant_filter:e} AND ${since} AND e.embedder = {embedder:String}
    AND e.embedder_version = {embedder_version:String} AND e.image_id != ''
  GROUP BY tenant, image_id)`;

const PICTURE = `p.tenant AS tenant, p.image_id AS image_id, p.request_id AS request_id,
  toUnixTimestamp64Milli(p.timestamp::DateTime64(3, 'UTC')) AS at_ms, p.nsfw = 2 AS flagged,
  multiIf(p.session_id != '', p.session_id, p.request_id != '', p.request_id, p.image_id) AS unit,
  arrayMap(x -> toFloat32(x), v.vector) AS vector`;

/**
 * Pictures of a set with their vectors, at most `limit` of them, chosen by the digest of their ids: the same each time,
 * and any shorter list is the beginning of a longer one.
 */
export const seen = (set: string): string => `
SELECT ${PICTURE}, v.palette AS palette, count() OVER () AS of
FROM ${set} AS p
INNER JOIN ${VECTORS('e.part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))')} AS v
  ON v.tenant = p.tenant AND v.image_id = p.image_id
ORDER BY cityHash64(p.tenant, p.image_id), p.image_id LIMIT {limit:UInt32}`;

/** Pictures whose vectors were stored since a day and of which nobody has told a style distance, in the order of their ids. */
export const unscored = (set: string): string => `
SELECT ${PICTURE}
FROM ${set} AS p
INNER JOIN ${VECTORS('e.part >= {since:Date}')} AS v ON v.tenant = p.tenant AND v.image_id = p.image_id
WHERE (p.tenant, p.image_id) > ({after_tenant:String}, {after_image:String})
  AND (p.tenant, p.image_id) NOT IN (
    SELECT tenant, image_id FROM scores WHERE {tenant_filter} AND name = 'style_distance' AND image_id != '')
  AND (p.tenant, p.image_id) NOT IN (
    SELECT tenant, image_id FROM spans AS t
    WHERE {tenant_filter:t} AND t.style_distance IS NOT NULL AND t.image_id != '' AND t.part >= {since:Date} - 1)
ORDER BY p.tenant, p.image_id LIMIT {limit:UInt32}`;

/** Vectors that stages carry or name, in the order in which they were loaded; the newest of a picture and segment. */
export const VECTORS_TOLD = `
SELECT toString(s.seg) AS segment, toString(s.tenant) AS owner, s.image_id AS image_id, any(request_id) AS request_id,
  toString(max(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')))) AS at_ms,
  argMax(attributes[{vector_key:String}], timestamp) AS vector, argMax(attributes[{embedder_key:String}], timestamp) AS embedder,
  argMax(attributes[{version_key:String}], timestamp) AS embedder_version, argMax(embedding_uri, timestamp) AS uri
FROM spans AS s
PREWHERE s.part >= {since:Date} AND s.image_id != '' AND (s.seg, s.image_id) > ({seg:UInt64}, {image:String})
WHERE embedding_uri != '' OR mapContains(attributes, {vector_key:String})
GROUP BY s.seg, s.tenant, s.image_id ORDER BY s.seg, s.image_id, s.tenant LIMIT {limit:UInt32}`;

/** Pictures without a vector of an embedder, in the order of their ids. */
export const PICTURES_UNSEEN = `
SELECT DISTINCT toString(tenant) AS tenant, image_id FROM images AS t
WHERE (tenant, image_id) > ({tenant:String}, {image_id:String}) AND image_id != ''
  AND (tenant, image_id) NOT IN (
    SELECT tenant, image_id FROM embeddings WHERE embedder = {embedder:String} AND embedder_version = {embedder_version:String})
ORDER BY tenant, image_id LIMIT {limit:UInt32}`;

// Of the state store.
export const NEWEST_CENTROID = `select version, embedder, embedder_version, declared, centroid, made_at from style_centroids
  where tenant = ? and collection = ? order by version desc limit 1`;
export const INSERT_CENTROID = `insert into style_centroids
  (tenant, collection, version, embedder, embedder_version, declared, centroid, made_at) values (?, ?, ?, ?, ?, ?, ?, ?)`;
