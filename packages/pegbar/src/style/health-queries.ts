/** Style health: pictures of collections with what was told of them. `pictures` is a subquery of the pictures of a range. */
import { REACTED, SCORED } from '../explore/index.ts';

/** Whether a picture is of now: takes `split` and `release`. */
const IS_NOW = `if({release:String} != '', toString(model_version) != {release:String},
  toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) >= {split:Int64})`;

/** One distance per picture: scored twice, it counts once. */
const DISTANCES = `(SELECT tenant AS s_tenant, image_id AS s_image, avg(v) AS v FROM ${SCORED}
  WHERE name = 'style_distance' GROUP BY s_tenant, s_image)`;

/** Distances in bins by collection, model, step and side; takes `first`, `step`, `split`, `release`, `width`, `bin_most`, `rows`. */
export const DISTANCE_COUNTS = (pictures: string): string => `
SELECT tenant, collection, model, step, later, sumMap([bin], [toUInt64(1)]) AS bins
FROM (
  SELECT toString(tenant) AS tenant, toString(collection) AS collection, toString(model_version) AS model,
    toInt64(intDiv(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) - {first:Int64}, {step:Int64})) AS step,
    ${IS_NOW} AS later, toUInt16(least({bin_most:UInt16}, greatest(0, floor(v / {width:Float64} + 1e-9)))) AS bin
  FROM ${pictures} AS p INNER JOIN ${DISTANCES} AS s ON s.s_tenant = p.tenant AND s.s_image = p.image_id
  WHERE p.collection != '')
GROUP BY tenant, collection, model, step, later ORDER BY step LIMIT {rows:UInt32}`;

/** Those of one collection: takes `collection`. */
export const OF_COLLECTION = (pictures: string): string =>
  `(SELECT * FROM ${pictures} WHERE collection = {collection:String})`;

/** Columns of a tile; a flagged picture is told as such. */
const TILE = `toString(tenant) AS tenant, image_id, toString(model_version) AS model_version, width, height, nsfw,
  toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) AS at, v`;
const joined = (pictures: string): string =>
  `${pictures} AS p INNER JOIN ${DISTANCES} AS s ON s.s_tenant = p.tenant AND s.s_image = p.image_id`;
/**
 * Whether somebody has looked at the picture's thumbnail, which was then kept: of most pictures none ever was. Takes
 * `look`.
 */
const LOOKED_AT = `(p.tenant, p.image_id) IN (SELECT tenant, image_id FROM embeddings AS o
  WHERE {tenant_filter:o} AND o.part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0))) AND o.embedder = {look:String})`;
export const FARTHEST = (pictures: string): string =>
  `SELECT ${TILE} FROM ${joined(pictures)} WHERE v > {over:Float64} ORDER BY ${LOOKED_AT} DESC, at DESC, image_id LIMIT {newest:UInt32}`;
/** Flagged pictures are no example of a style. */
export const NEAREST = (pictures: string): string =>
  `SELECT ${TILE} FROM ${joined(pictures)} WHERE nsfw != 2 ORDER BY ${LOOKED_AT} DESC, v, image_id LIMIT {nearest:UInt32}`;
export const OUTSIDE = (pictures: string): string =>
  `SELECT countIf(v > {over:Float64}) AS n, count() AS of FROM ${joined(pictures)}`;

/** Palettes of some pictures; takes `look` and `ids`. */
export const PALETTES_OF = `
SELECT toString(tenant) AS tenant, image_id, argMax(palette, o.timestamp) AS tones FROM embeddings AS o
WHERE {tenant_filter:o} AND o.part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))
  AND o.embedder = {look:String} AND o.image_id IN {ids:Array(String)} GROUP BY tenant, image_id`;

/** Scores and verdicts of the pictures of now and before. */
export const MOVED = (pictures: string): string => `
SELECT name, later, avg(v) AS mean, count() AS n FROM (SELECT tenant, image_id, ${IS_NOW} AS later FROM ${pictures}) AS p
INNER JOIN (SELECT tenant AS s_tenant, image_id AS s_image, name, avg(v) AS v FROM ${SCORED} GROUP BY s_tenant, s_image, name) AS s
  ON s.s_tenant = p.tenant AND s.s_image = p.image_id
GROUP BY name, later`;
export const VERDICTS = (pictures: string): string => `
SELECT 'accepted' AS name, later, countIf(action = 'accept') / count() AS mean, count() AS n
FROM (SELECT tenant, image_id, ${IS_NOW} AS later FROM ${pictures}) AS p
INNER JOIN (SELECT tenant AS s_tenant, image_id AS s_image, action FROM ${REACTED} WHERE action != 'flag') AS s
  ON s.s_tenant = p.tenant AND s.s_image = p.image_id
GROUP BY later`;

const DIGITS = "concat('0', substring(x, 2, 1), substring(x, 4, 1), substring(x, 6, 1))";

/**
 * Weight of every colour cell (4 bits a channel) by collection, model, step of time and side; takes `first`, `step`,
 * `split`, `release` and `palettes`. Whoever told a palette: the newest of a picture counts.
 */
export const PICTURE_PALETTES = (pictures: string): string => `
SELECT tenant, collection, model, step, later, sumMap(cells, weights) AS tones
FROM (
  SELECT toString(tenant) AS tenant, toString(collection) AS collection, toString(model_version) AS model,
    toInt64(intDiv(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) - {first:Int64}, {step:Int64})) AS step,
    ${IS_NOW} AS later,
    arrayMap(x -> reinterpretAsUInt16(reverse(unhex(${DIGITS}))), e.tones) AS cells,
    arrayMap(x -> toUInt32(round(toFloat64OrZero(substring(x, 9)) * 10000)), e.tones) AS weights
  FROM ${pictures} AS p
  INNER JOIN (
    SELECT tenant AS e_tenant, image_id AS e_image,
      arrayFilter(x -> match(x, '^#[0-9a-fA-F]{6} [01](\\\\.[0-9]{1,8})?$'), argMax(palette, o.timestamp)) AS tones
    FROM embeddings AS o
    WHERE {tenant_filter:o} AND o.part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))
      AND o.image_id != '' AND notEmpty(o.palette)
    GROUP BY e_tenant, e_image) AS e ON e.e_tenant = p.tenant AND e.e_image = p.image_id
  WHERE p.collection != '')
GROUP BY tenant, collection, model, step, later ORDER BY step, tenant, collection, model LIMIT {palettes:UInt32}`;
