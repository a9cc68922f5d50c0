/** What a pasted id is: whoever has one need not know of what. */
import { ok, type Result } from '../base/result.ts';
import { mergedRows } from '../store/index.ts';
import { instantSql } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { signalOf } from './page.ts';
import { REQUEST_NS } from './queries.ts';

export type FoundKind =
  | 'request'
  | 'trace'
  | 'span'
  | 'image'
  | 'artifact'
  | 'session'
  | 'sequence'
  | 'prompt'
  | 'user'
  | 'checkpoint'
  | 'deployment'
  | 'release';

export interface Found {
  kind: FoundKind;
  id: string;
  tenant: string;
  /** RFC 3339: when it was, or the newest of it. */
  timestamp: string;
  /** Requests of a session or prompt, spans of a trace, pictures of a sequence; 1 for a single thing. */
  n: number;
  /** Address of its page in the web UI. */
  page: string;
}

export interface Finding {
  id: string;
  found: Found[];
  /** Sessions, sequences and spans are looked for from here on, all others at any age. */
  searched_from: string;
}

const ID_LENGTH_MOST = 512;
const DAY_MS = 86_400_000;
/** Ids without an index are looked for among the newest: reading one column of so many days stays quick. */
const SEARCHED_DAYS = 30;
/** A span id without its trace is looked for among spans of so many days: its column is read whole. */
const SPAN_DAYS = 3;
/** Things of one id and kind, which different tenants may have. */
const SAME_MOST = 10;

interface Search {
  kind: FoundKind;
  fits(id: string): boolean;
  sql: string;
  page(row: Row): string;
}
interface Row {
  id: string;
  tenant: string;
  at: string;
  n: string;
  parent?: string;
  /** When the oldest of it was. */
  since?: string;
}

const part = encodeURIComponent;
/** Before the oldest and after the newest: lists show what ended in their range, the newest may still go on. */
const AIR_MS = 300_000;
/** A list of what has the id, over the time that it is of. */
function listed(list: string, field: string, { id, since, at }: Row): string {
  const filter = `filter=${part(`${field}=${id}`)}`;
  const [from_ms, to_ms] = [Date.parse(since ?? '') - AIR_MS, Date.parse(at) + AIR_MS];
  if (Number.isNaN(from_ms) || Number.isNaN(to_ms)) return `/${list}?${filter}`;
  return `/${list}?from=${new Date(from_ms).toISOString()}&to=${new Date(to_ms).toISOString()}&${filter}`;
}
const always = (): boolean => true;
const hex = (digits: number) => (id: string) =>
  new RegExp(`^[0-9a-f]{${digits}}$`, 'i').test(id) && !/^0+$/.test(id);
const newest = (time: string): string => `${instantSql(`max(${time})`)} AS at`;
const span = (time: string): string => `${newest(time)}, ${instantSql(`min(${time})`)} AS since`;
const NEWER = 'part >= toDate(fromUnixTimestamp64Milli({since:Int64}))';
const MADE = "timestamp::DateTime64(9, 'UTC')";

/** Sixteen digits as the number that is stored. */
const NUMBER = 'reinterpretAsUInt64(reverse(unhex({lower:String})))';

function ofRequests(id: string, condition: string): string {
  const ended = "ended::DateTime64(9, 'UTC')";
  return `SELECT ${id} AS id, tenant, ${span(ended)}, toString(uniqExact(request_id)) AS n FROM requests
      WHERE {tenant_filter} AND ${NEWER} AND ${condition} GROUP BY tenant LIMIT ${SAME_MOST}`;
}

const SEARCHES: readonly Search[] = [
  {
    kind: 'request',
    fits: always,
    sql: `SELECT request_id AS id, tenant, ${instantSql(`fromUnixTimestamp64Nano(${REQUEST_NS}, 'UTC')`)} AS at, '1' AS n
      FROM ${mergedRows('requests', 'WHERE {tenant_filter:t} AND t.request_id IN ({id:String}, {lower:String})')} LIMIT ${SAME_MOST}`,
    page: ({ id }) => `/requests/${part(id)}`,
  },
  {
    kind: 'trace',
    fits: hex(32),
    sql: `SELECT lower(hex(any(trace_id))) AS id, tenant, ${newest('timestamp')}, toString(count()) AS n FROM spans
      WHERE {tenant_filter} AND trace_id = toFixedString(unhex({lower:String}), 16) GROUP BY tenant LIMIT ${SAME_MOST}`,
    page: ({ id }) => `/traces/${id}`,
  },
  {
    kind: 'span',
    fits: hex(16),
    sql: `SELECT lower(hex(span_id)) AS id, tenant, ${instantSql('timestamp')} AS at, '1' AS n, lower(hex(trace_id)) AS parent FROM spans
      PREWHERE span_id = toFixedString(unhex({lower:String}), 8)
      WHERE {tenant_filter} AND part >= toDate(fromUnixTimestamp64Milli({spans_since:Int64})) AND bitAnd(source, 16) = 0 LIMIT ${SAME_MOST}`,
    page: ({ id, parent }) => `/traces/${parent}?span=${id}`,
  },
  {
    kind: 'image',
    fits: always,
    sql: `SELECT image_id AS id, tenant, ${instantSql(MADE)} AS at, '1' AS n FROM ${mergedRows('images', 'WHERE {tenant_filter:t} AND t.image_id = {id:String}')} LIMIT ${SAME_MOST}`,
    page: ({ id }) => `/images/${part(id)}`,
  },
  {
    kind: 'session',
    fits: always,
    sql: ofRequests('any(session_id)', 'session_id = {id:String}'),
    page: (row) => listed('requests', 'session_id', row),
  },
  {
    kind: 'prompt',
    fits: hex(16),
    sql: ofRequests('{lower:String}', `prompt_hash = ${NUMBER}`),
    page: (row) => listed('requests', 'prompt_hash', row),
  },
  {
    kind: 'user',
    fits: hex(16),
    sql: ofRequests('{lower:String}', `user_hash = ${NUMBER}`),
    page: (row) => listed('requests', 'user_id_hash', row),
  },
  {
    kind: 'checkpoint',
    fits: (id) => /^[0-9a-f]{8,64}$/i.test(id),
    sql: ofRequests('any(checkpoint_hash)', 'checkpoint_hash IN ({id:String}, {lower:String})'),
    page: (row) => listed('requests', 'checkpoint_hash', row),
  },
  {
    kind: 'artifact',
    fits: hex(64),
    sql: `SELECT image_id AS id, tenant, ${newest(MADE)}, '1' AS n FROM images
      WHERE {tenant_filter} AND ${NEWER} AND sha256 = {lower:String} GROUP BY tenant, image_id LIMIT ${SAME_MOST}`,
    page: ({ id }) => `/images/${part(id)}`,
  },
  {
    kind: 'sequence',
    fits: always,
    sql: `SELECT any(sequence_id) AS id, tenant, ${span('made')}, toString(uniqExactIf(image_id, image_id != '')) AS n FROM (
        SELECT tenant, sequence_id::String AS sequence_id, ${MADE} AS made, image_id FROM images WHERE {tenant_filter} AND ${NEWER} AND sequence_id = {id:String}
        UNION ALL
        SELECT tenant, sequence_id, timestamp AS made, '' AS image_id FROM frames WHERE {tenant_filter} AND ${NEWER} AND sequence_id = {id:String}
      ) GROUP BY tenant LIMIT ${SAME_MOST}`,
    page: (row) => listed('images', 'sequence_id', row),
  },
  {
    kind: 'deployment',
    fits: always,
    sql: `SELECT any(d.id) AS id, tenant, ${newest('timestamp')}, toString(count()) AS n, any(version) AS parent FROM deployments AS d
      WHERE {tenant_filter:d} AND d.id = {id:String} GROUP BY tenant LIMIT ${SAME_MOST}`,
    page: ({ id, parent }) => `/releases/${part(parent || id)}`,
  },
  {
    kind: 'release',
    fits: always,
    sql: `SELECT any(version) AS id, tenant, ${newest('timestamp')}, toString(count()) AS n FROM deployments AS d
      WHERE {tenant_filter:d} AND version = {id:String} GROUP BY tenant LIMIT ${SAME_MOST}`,
    page: ({ id }) => `/releases/${part(id)}`,
  },
];

/** Everything that is called by this id, of any kind; nothing found is an answer. */
export async function findAnything(
  { store, clock }: ExploreDeps,
  asking: Asking,
  text: string,
): Promise<Result<Finding, ExploreError>> {
  const id = text.trim();
  if (id === '' || id.length > ID_LENGTH_MOST)
    return refused('invalid_request', `id is not a text of 1 to ${ID_LENGTH_MOST} characters`, {
      field: 'id',
    });
  const now = clock.now();
  const since = now - SEARCHED_DAYS * DAY_MS;
  const params = { id, lower: id.toLowerCase(), since, spans_since: now - SPAN_DAYS * DAY_MS };
  const scoped = store.scoped(asking.scope);
  const searches = SEARCHES.filter((search) => search.fits(id));
  const answers = await Promise.all(
    searches.map(({ sql }) => scoped.rows<Row>(sql, { params, ...signalOf(asking) })),
  );
  const found: Found[] = [];
  for (const [index, answer] of answers.entries()) {
    if (!answer.ok) return fromStore(answer.error);
    const { kind, page } = searches[index]!;
    for (const row of answer.value)
      found.push({
        kind,
        id: row.id,
        tenant: row.tenant,
        timestamp: row.at,
        n: Number(row.n),
        page: page(row),
      });
  }
  return ok({ id, found, searched_from: new Date(since).toISOString() });
}
