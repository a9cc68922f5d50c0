/**
 * What pictures can be filtered by that is no column of theirs: what was said about them. A score was told by a
 * scorer, or by the stage that made the picture; a reaction by whoever saw it.
 */
import type { Field, Fields } from './filter.ts';
import { SINCE } from './queries.ts';

/** Scores that stages carry as columns; scorers may tell others. */
export const PICTURE_SCORES = ['style_distance', 'aesthetic', 'clip_i'] as const;
export type PictureScore = (typeof PICTURE_SCORES)[number];

/** The stage of a picture ends soon before or after the moment that the picture carries. */
const NEAR = `t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) - toIntervalHour(1)
    AND t.timestamp < fromUnixTimestamp64Milli({to:Int64}) + toIntervalHour(1)`;
const pairs = PICTURE_SCORES.map((name) => `('${name}', t.${name})`).join(', ');
const told = PICTURE_SCORES.map((name) => `t.${name} IS NOT NULL`).join(' OR ');

/** `tenant, image_id, name, v` of every score about pictures of a range `from`, `to`. */
export const SCORED = `(
  SELECT tenant, image_id, name, toFloat64(assumeNotNull(value)) AS v FROM scores
  WHERE {tenant_filter} AND ${SINCE} AND image_id != '' AND value IS NOT NULL
  UNION ALL
  SELECT tenant, image_id, pair.1 AS name, toFloat64(assumeNotNull(pair.2)) AS v
  FROM (SELECT t.tenant AS tenant, t.image_id AS image_id, arrayJoin([${pairs}]) AS pair FROM spans AS t
    WHERE {tenant_filter:t} AND ${NEAR} AND t.image_id != '' AND (${told}))
  WHERE pair.2 IS NOT NULL
)`;

/** `tenant, image_id, action` of what people did with pictures. */
export const REACTED = `(SELECT tenant, image_id, action FROM feedback WHERE {tenant_filter} AND ${SINCE} AND image_id != '')`;

const score = (name: PictureScore): Field => ({
  sql: 'v',
  kind: 'number',
  within: (sql) =>
    `(tenant, image_id) IN (SELECT tenant, image_id FROM ${SCORED} WHERE name = '${name}' AND ${sql})`,
});

export const PICTURE_FILTERS: Fields = {
  ...Object.fromEntries(PICTURE_SCORES.map((name) => [name, score(name)])),
  feedback: {
    sql: 'action',
    kind: 'text',
    within: (sql) => `(tenant, image_id) IN (SELECT tenant, image_id FROM ${REACTED} WHERE ${sql})`,
  },
};
