/** Which rows are a user's. */

export const HOUR_S = 3_600;

/** Rows that name the user themselves. */
export const BY_USER = ['spans', 'requests', 'images', 'feedback'] as const;
/** Rows that are about one of the user's requests, traces or pictures, by the columns that say so. */
export const ABOUT: readonly (readonly [
  table: string,
  columns: readonly ('request' | 'trace' | 'image')[],
])[] = [
  ['spans', ['request', 'trace']],
  ['span_events', ['trace']],
  ['logs', ['request', 'trace', 'image']],
  ['metric_points', ['request', 'image']],
  ['requests', ['request']],
  ['images', ['request', 'image']],
  ['scores', ['request', 'image']],
  ['feedback', ['request', 'image']],
  ['frames', ['request']],
  ['embeddings', ['request', 'image']],
];
export const MATCH = {
  request: "(request_id != '' AND request_id IN {requests:Array(String)})",
  trace:
    "(trace_id != toFixedString('', 16) AND trace_id IN arrayMap(x -> toFixedString(unhex(x), 16), {traces:Array(String)}))",
  image: "(image_id != '' AND image_id IN {images:Array(String)})",
} as const;

export const SUBJECTS = `
SELECT groupUniqArrayIf(request_id, request_id != '') AS requests,
  groupUniqArrayIf(lower(hex(trace_id)), trace_id != toFixedString('', 16)) AS traces
FROM (
  SELECT request_id, trace_id FROM spans WHERE tenant = {tenant:String} AND user_hash = {user:UInt64}
  UNION ALL
  SELECT request_id, trace_id::FixedString(16) FROM requests WHERE tenant = {tenant:String} AND user_hash = {user:UInt64}
)`;
export const PICTURES = `
SELECT DISTINCT image_id FROM images
WHERE tenant = {tenant:String} AND image_id != '' AND (user_hash = {user:UInt64} OR ${MATCH.request})`;
export const HOURS = `
SELECT DISTINCT intDiv(toUnixTimestamp(timestamp), ${HOUR_S}) AS hour FROM spans
WHERE tenant = {tenant:String} AND (user_hash = {user:UInt64} OR ${MATCH.request} OR ${MATCH.trace})`;

export const countRows = (table: string, where: string): string =>
  `SELECT count() AS n FROM ${table} WHERE tenant = {tenant:String} AND (${where})`;
export const deleteRows = (table: string, where: string): string =>
  `ALTER TABLE ${table} DELETE WHERE tenant = {tenant:String} AND (${where})`;

// Of the state store.
export const INSERT_ERASURE = 'INSERT INTO erasures (tenant, user_hash, requested_at) VALUES (?, ?, ?)';
export const ERASURE_DONE =
  'UPDATE erasures SET done_at = ? WHERE tenant = ? AND user_hash = ? AND requested_at = ?';
export const LIST_ERASURES =
  'SELECT tenant, user_hash, requested_at, done_at FROM erasures ORDER BY requested_at DESC';
export const LIST_OPT_OUTS = 'SELECT tenant, user_hash, since FROM opt_outs ORDER BY since DESC, user_hash';
export const INSERT_OPT_OUT =
  'INSERT INTO opt_outs (tenant, user_hash, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
export const DELETE_OPT_OUT = 'DELETE FROM opt_outs WHERE tenant = ? AND user_hash = ?';
