/** SQL of the room; everything else is read from the rollups. */
import { mergedRows } from '../store/index.ts';

const NEAR = `t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) - toIntervalHour(1)
    AND t.timestamp < fromUnixTimestamp64Milli({to:Int64}) + toIntervalHour(1)`;
const SINCE = 'part >= toDate(fromUnixTimestamp64Milli({from:Int64})) - 1';

/** Segments that pictures have. */
export const PICTURE_SEGMENTS: ReadonlySet<string> = new Set([
  'tenant',
  'region',
  'workload',
  'model_version',
  'hardware_class',
  'traffic_source',
  'collection',
]);

/** A stage tells marks as 0 not told, 1 no, 2 yes; a scorer as a number. */
const STAGE_VALUES: Readonly<Record<string, string>> = {
  face_ok: 'if(t.face_ok = 0, NULL, toFloat64(t.face_ok) - 1)',
  nsfw: 'if(t.nsfw = 0, NULL, toFloat64(t.nsfw) - 1)',
  aesthetic: 'toFloat64(t.aesthetic)',
  clip_i: 'toFloat64(t.clip_i)',
  style_distance: 'toFloat64(t.style_distance)',
};
export const isPictureScore = (metric: string): boolean => metric in STAGE_VALUES;

/**
 * Pictures of a window and segment whose score lies in [low, high], newest first. Bounded by the window and by the
 * limit; scores are few against stages.
 */
export const picturesScored = (metric: string, segment: readonly string[]): string => `
SELECT p.tenant AS tenant, p.image_id AS image_id, p.request_id AS request_id
FROM ${mergedRows(
  'images',
  `WHERE {tenant_filter:t} AND t.${SINCE} AND (t.tenant, t.image_id) IN (
    SELECT tenant, image_id FROM (
      SELECT tenant, image_id, toFloat64(assumeNotNull(value)) AS v FROM scores
      WHERE {tenant_filter} AND ${SINCE} AND name = {name:String} AND image_id != '' AND value IS NOT NULL
      UNION ALL
      SELECT t.tenant AS tenant, t.image_id AS image_id, toFloat64(assumeNotNull(${STAGE_VALUES[metric]})) AS v FROM spans AS t
      WHERE {tenant_filter:t} AND ${NEAR} AND t.image_id != '' AND ${STAGE_VALUES[metric]} IS NOT NULL
    ) WHERE v >= {low:Float64} AND v <= {high:Float64})`,
)} AS p
WHERE p.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND p.timestamp < fromUnixTimestamp64Milli({to:Int64})
  ${segment.map((name) => `AND p.${name} = {s_${name}:String}`).join(' ')}
ORDER BY p.timestamp DESC, p.image_id LIMIT {limit:UInt32}`;

const HAS = {
  text: "positionCaseInsensitiveUTF8(replaceAll(t.prompt, '_', ' '), {name:String}) > 0",
  prompt_language: 't.prompt_language = {name:String}',
  prompt_script: 't.prompt_script = {name:String}',
} as const;

/** Pictures of requests whose prompt has a word, tag, language or script; newest first. */
export const CONTENT_EXAMPLES = (by: keyof typeof HAS, segment: readonly string[]): string => `
SELECT toString(p.tenant) AS tenant, p.image_id AS image_id, p.request_id AS request_id
FROM ${mergedRows('images', `WHERE {tenant_filter:t} AND t.${SINCE} AND t.request_id != ''`)} AS p
WHERE p.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND p.timestamp < fromUnixTimestamp64Milli({to:Int64})
  AND (p.tenant, p.request_id) IN (
    SELECT t.tenant, t.request_id FROM spans AS t
    WHERE {tenant_filter:t} AND ${NEAR} AND t.prompt_chars > 0 AND ${HAS[by]})
  ${segment.map((name) => `AND p.${name} = {s_${name}:String}`).join(' ')}
ORDER BY p.timestamp DESC, p.image_id LIMIT {limit:UInt32}`;

/** Declared monitors, as they were written. */
export const DECLARED_MONITORS =
  "SELECT tenant, name, spec FROM resources WHERE kind = 'DriftMonitor' ORDER BY tenant, name";

/* Rows of the state store. */
export const UNCOUNTED_HOURS = 'SELECT count(*) AS hours FROM dirty_hours WHERE hour_ms < ?';
const FINDING = 'monitor, tenant, series, since, until, seen, missed, missed_since, told';
export const OPEN_FINDINGS = `SELECT ${FINDING} FROM drift_findings
  WHERE monitor = ? AND tenant = ? AND until IS NULL`;
export const PUT_FINDING = `INSERT INTO drift_findings (monitor, tenant, series, since, seen, missed, missed_since, told)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (monitor, tenant, series, since) DO UPDATE SET until = NULL, seen = excluded.seen,
    missed = excluded.missed, missed_since = excluded.missed_since, told = excluded.told`;
export const FINDING_ENDED =
  'UPDATE drift_findings SET until = ? WHERE monitor = ? AND tenant = ? AND series = ? AND since = ?';
export const FORGET_FINDING =
  'DELETE FROM drift_findings WHERE monitor = ? AND tenant = ? AND series = ? AND since = ?';
export const PURGE_FINDINGS = 'DELETE FROM drift_findings WHERE until IS NOT NULL AND until < ?';
export const FINDINGS_OF_WINDOW = `SELECT ${FINDING} FROM drift_findings
  WHERE since < ? AND (until IS NULL OR until >= ?) ORDER BY since DESC, monitor, series`;
export const PAST_FINDINGS = `SELECT series, since, until FROM drift_findings
  WHERE monitor = ? AND tenant = ? AND until >= ? AND seen >= ? ORDER BY until`;
export const MONITORS_WITH_FINDINGS =
  'SELECT DISTINCT monitor, tenant FROM drift_findings WHERE until IS NULL';
export const END_FINDINGS_OF =
  'UPDATE drift_findings SET until = ? WHERE monitor = ? AND tenant = ? AND until IS NULL';
const WATCHED = 'monitor, tenant, looked, at, spec, verdict, series, drifting, error, budget';
export const WATCHED_MONITORS = `SELECT ${WATCHED} FROM drift_monitors`;
export const PUT_WATCHED = `INSERT INTO drift_monitors (${WATCHED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (monitor, tenant) DO UPDATE SET looked = excluded.looked, at = excluded.at, spec = excluded.spec, verdict = excluded.verdict,
    series = excluded.series, drifting = excluded.drifting, error = excluded.error, budget = excluded.budget`;
export const FORGET_WATCHED = 'DELETE FROM drift_monitors WHERE monitor = ? AND tenant = ?';
