/** SQL of the room; everything else is read from the rollups. */
import { mergedRows } from '../store/index.ts';

const NEAR = `t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) - toIntervalHour(1)
    AND t.timestamp < fromUnixTimestamp64Milli({to:Int64}) + toIntervalHour(1)`;
const SINCE = 'part >= toDate(fromUnixTimestamp64Milli(greatest({from:Int64} - 86400000, 0)))';

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

/** Pictures that are asked for by name: `ids`. */
const ONLY = (only: boolean): string => (only ? 'AND t.image_id IN {ids:Array(String)}' : '');
const IN_SEGMENT = (
  segment: readonly string[],
): string => `WHERE p.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND p.timestamp < fromUnixTimestamp64Milli({to:Int64})
  ${segment.map((name) => `AND p.${name} = {s_${name}:String}`).join(' ')}`;
const NEWEST = 'ORDER BY p.timestamp DESC, p.image_id LIMIT {limit:UInt32}';

/** Pictures whose bytes were seen, newest first: the files of most of them are kept, of no others. */
export const KEPT_PICTURES = (segment: readonly string[]): string => `
SELECT toString(p.tenant) AS tenant, p.image_id AS image_id, p.request_id AS request_id
FROM ${mergedRows(
  'images',
  `WHERE {tenant_filter:t} AND t.${SINCE} AND (t.tenant, t.image_id) IN (
    SELECT tenant, image_id FROM images WHERE {tenant_filter} AND ${SINCE} AND sha256 != '')`,
)} AS p
${IN_SEGMENT(segment)}
${NEWEST}`;

/** The newest palette of each of `ids`. */
export const PALETTES_OF = `SELECT toString(tenant) AS tenant, image_id, argMax(palette, o.timestamp) AS palette
FROM embeddings AS o WHERE {tenant_filter:o} AND o.image_id IN {ids:Array(String)} AND notEmpty(o.palette)
GROUP BY tenant, image_id`;

/**
 * Pictures of a window and segment whose score lies in [low, high], newest first. Bounded by the window and by the
 * limit; scores are few against stages.
 */
export const picturesScored = (metric: string, segment: readonly string[], only: boolean): string => `
SELECT p.tenant AS tenant, p.image_id AS image_id, p.request_id AS request_id
FROM ${mergedRows(
  'images',
  `WHERE {tenant_filter:t} AND t.${SINCE} ${ONLY(only)} AND (t.tenant, t.image_id) IN (
    SELECT tenant, image_id FROM (
      SELECT t.tenant AS tenant, t.image_id AS image_id, toFloat64(assumeNotNull(t.value)) AS v FROM scores AS t
      WHERE {tenant_filter:t} AND t.${SINCE} AND t.name = {name:String} AND t.image_id != '' AND t.value IS NOT NULL ${ONLY(only)}
      UNION ALL
      SELECT t.tenant AS tenant, t.image_id AS image_id, toFloat64(assumeNotNull(${STAGE_VALUES[metric]})) AS v FROM spans AS t
      WHERE {tenant_filter:t} AND ${NEAR} AND t.image_id != '' AND ${STAGE_VALUES[metric]} IS NOT NULL ${ONLY(only)}
    ) WHERE v >= {low:Float64} AND v <= {high:Float64})`,
)} AS p
${IN_SEGMENT(segment)}
${NEWEST}`;

const HAS = {
  text: "arrayExists(name -> positionCaseInsensitiveUTF8(replaceAll(t.prompt, '_', ' '), name) > 0, {names:Array(String)})",
  prompt_language: 'has({names:Array(String)}, toString(t.prompt_language))',
  prompt_script: 'has({names:Array(String)}, toString(t.prompt_script))',
} as const;
export type ContentColumn = keyof typeof HAS;

/** Pictures of requests whose prompt has one of some words, tags, languages or scripts, or none of them; newest first. */
export const CONTENT_EXAMPLES = (
  by: ContentColumn,
  segment: readonly string[],
  { only, without }: { only: boolean; without: boolean },
): string => `
SELECT toString(p.tenant) AS tenant, p.image_id AS image_id, p.request_id AS request_id
FROM ${mergedRows('images', `WHERE {tenant_filter:t} AND t.${SINCE} AND t.request_id != '' ${ONLY(only)}`)} AS p
${IN_SEGMENT(segment)} AND (p.tenant, p.request_id) IN (
    SELECT t.tenant, t.request_id FROM spans AS t
    WHERE {tenant_filter:t} AND ${NEAR} AND t.prompt_chars > 0 AND ${without ? 'NOT ' : ''}${HAS[by]})
${NEWEST}`;

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
