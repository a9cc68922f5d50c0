/**
 * A page of a list whose rows merge: requests and pictures, newest first.
 *
 * The tables are ordered by id, so time is found by looking at it, a stretch after the other from the newest back. What
 * holds for a merged row holds for one of its rows (`valuesOfOneRow`), its time among that: rows are chosen before they
 * are merged, and only what was chosen is. The page itself is then read by key.
 */
import { ok, type Result } from '../base/result.ts';
import { type CallOptions, mergedRows, type ScopedStore, valuesOfOneRow } from '../store/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Condition, type Fields, type Where, whereOf } from './filter.ts';
import { SINCE } from './queries.ts';
import { readCursor, type TimeRange, writeCursor } from './range.ts';

export type Row = Record<string, unknown>;

export interface Page {
  items: Row[];
  /** null at the end. */
  next_cursor: string | null;
}

export interface PageQuestion extends TimeRange {
  conditions: readonly Condition[];
  limit: number;
  cursor?: string | undefined;
  /** Whether the range is a stretch already, which is read in one. */
  atOnce?: boolean;
}

export interface MergedList {
  table: 'requests' | 'images';
  id: 'request_id' | 'image_id';
  /** Nanoseconds at which a merged row stands, over its columns; one of its rows stands there too. */
  at: string;
  fields: Fields;
  /** Fields that are no column and follow from one merged value alone. */
  ofOneRow?: readonly string[];
  /** Merged rows of `ids` and `tenants`, ingested on the days of `parts`, as the API tells them. */
  byId: string;
}

interface Key {
  /** Nanoseconds since the epoch. */
  place: string;
  tenant: string;
  id: string;
  /** Days of ingest of its rows, as far as they were looked at. */
  parts: string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rows of a listed key are read from so many days before those in which it was found, too. */
const EARLIER_DAYS = 7;
/** New rows are asked for most: short stretches are read before longer ones, so that old partitions rest. */
const WIDENING_MS = [HOUR_MS, 6 * HOUR_MS, 48 * HOUR_MS, 14 * 24 * HOUR_MS, Number.POSITIVE_INFINITY];
/** In longer stretches than this the conditions choose rows better than time does. */
const BY_TIME_MOST_MS = 48 * HOUR_MS;

export async function readPage(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  list: MergedList,
  question: PageQuestion,
): Promise<Result<Page, ExploreError>> {
  const where = whereOf(question.conditions, list.fields);
  if (!where.ok) return where;
  const cursor = readCursor(question.cursor, ['string', 'string', 'string']);
  if (!cursor.ok) return cursor;
  const after = cursor.value as [string, string, string] | undefined;
  const scoped = store.scoped(asking.scope);
  const keys = await newestKeys(scoped, asking, list, question, where.value, after);
  if (!keys.ok) return keys;
  const page = keys.value.slice(0, question.limit);
  const params = {
    ids: [...new Set(page.map((key) => key.id))],
    tenants: [...new Set(page.map((key) => key.tenant))],
    parts: partsOf(page),
  };
  const found =
    page.length === 0 ? ok<Row[]>([]) : await scoped.rows<Row>(list.byId, { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const byKey = new Map(found.value.map((row) => [`${row.tenant}\n${row[list.id]}`, row] as const));
  const items = page.map((key) => byKey.get(`${key.tenant}\n${key.id}`)).filter((row) => row !== undefined);
  const last = page.at(-1);
  const more = keys.value.length > question.limit && last !== undefined;
  return ok({ items, next_cursor: more ? writeCursor([last.place, last.tenant, last.id]) : null });
}

async function newestKeys(
  scoped: ScopedStore,
  asking: Asking,
  list: MergedList,
  question: PageQuestion,
  where: Where,
  after: [string, string, string] | undefined,
): Promise<Result<Key[], ExploreError>> {
  const keys: Key[] = [];
  const to_ms = after ? endAfter(after[0], question.to_ms) : question.to_ms;
  const place = after && { at: after[0], at_tenant: after[1], at_id: after[2] };
  let end = to_ms;
  const widths = widthsOf(question);
  for (const width of widths) {
    const from = Math.max(question.from_ms, to_ms - width);
    if (from >= end) continue;
    const chosen = end - from <= BY_TIME_MOST_MS ? byTime(list) : byCondition(list, question.conditions);
    const sql = `
SELECT toString(at) AS place, tenant, id, arrayMap(day -> toString(day), parts) AS parts FROM (
  SELECT *, ${list.id} AS id, ${list.at} AS at
  FROM ${mergedRows(list.table, `WHERE {tenant_filter:t} AND t.${SINCE}${chosen.sql === '' ? '' : ` AND cityHash64(t.${list.id}) IN (${chosen.sql})`}`)}
)
WHERE at >= {from:Int64} * 1000000 AND at < {to:Int64} * 1000000
  AND ${place ? '(at, tenant, id) < ({at:Int64}, {at_tenant:String}, {at_id:String})' : '1'} AND ${where.sql}
ORDER BY at DESC, tenant DESC, id DESC LIMIT {limit:UInt32}`;
    const params = { ...where.params, ...chosen.params, ...place };
    const limit = question.limit + 1 - keys.length;
    const found = await scoped.rows<Key>(sql, {
      params: { ...params, from, to: end, limit },
      ...signalOf(asking),
    });
    if (!found.ok) return fromStore(found.error);
    for (const row of found.value) keys.push(row);
    if (keys.length > question.limit || from <= question.from_ms) break;
    end = from;
  }
  return ok(keys);
}

/** What is filtered is seldom found within the first hour. */
function widthsOf({ conditions, atOnce = false }: PageQuestion): readonly number[] {
  if (atOnce) return WIDENING_MS.slice(-1);
  return conditions.length === 0 ? WIDENING_MS : WIDENING_MS.slice(1);
}

/**
 * Digests of the ids of which a row stands in the stretch. Two ids of one digest, or of two tenants, are both merged and
 * then asked whether they stand there; a set of numbers costs half of one of ids with their tenants.
 */
const byTime = ({ table, id, at }: MergedList): Where => ({
  sql: `SELECT cityHash64(${id}) FROM ${table} WHERE {tenant_filter} AND ${SINCE}
    AND ${at} >= {from:Int64} * 1000000 AND ${at} < {to:Int64} * 1000000`,
  params: {},
});

/** Digests of the ids of which each condition holds for some row. */
function byCondition(list: MergedList, conditions: readonly Condition[]): Where {
  const values = valuesOfOneRow(list.table);
  const single = conditions.filter(({ field }) => {
    if (list.ofOneRow?.includes(field)) return true;
    const column = Object.hasOwn(list.fields, field) ? list.fields[field]?.sql : undefined;
    return column !== undefined && values.has(column);
  });
  if (single.length === 0) return { sql: '', params: {} };
  const params: Record<string, unknown> = {};
  const sqls = single.map((condition, index) => {
    const where = whereOf([condition], list.fields, `c${index}x`);
    // The same conditions were read as the page's where before.
    if (!where.ok) throw new Error(where.error.message);
    Object.assign(params, where.value.params);
    return where.value.sql;
  });
  const having = sqls.map((sql) => `countIf(${sql}) > 0`).join(' AND ');
  const { table, id } = list;
  return {
    sql: `SELECT cityHash64(${id}) AS digest FROM ${table} WHERE {tenant_filter} AND ${SINCE} AND (${sqls.join(' OR ')}) GROUP BY digest HAVING ${having}`,
    params,
  };
}

/** Days of ingest in which the rows of a page lie, and some before: what is long under way began earlier than was looked at. */
function partsOf(page: readonly Key[]): string[] {
  const days = new Set(page.flatMap((key) => key.parts));
  const first = [...days].sort()[0];
  if (first === undefined) return [];
  for (let back = 1; back <= EARLIER_DAYS; back++)
    days.add(new Date(Date.parse(first) - back * DAY_MS).toISOString().slice(0, 10));
  return [...days];
}

export const signalOf = ({ signal }: Asking): Pick<CallOptions, 'signal'> => (signal ? { signal } : {});

/** Milliseconds after which nothing of a page that follows this place can be. */
const endAfter = (place_ns: string, to_ms: number): number =>
  Math.min(to_ms, Number(BigInt(place_ns) / 1_000_000n) + 1);
