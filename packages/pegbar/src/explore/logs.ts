/** Log records: the list, newest first, and what came in since. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, selectList, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { readCursor, type TimeRange, writeCursor } from './range.ts';

type Row = Record<string, unknown>;

const LOG_FIELDS: Fields = fieldsOf('logs', {}, 't.');

const KEEPS = ['timestamp', 'severity', 'body', 'trace_id', 'span_id'];

export function logRow({ place: _place, at: _at, observed, resource: _, ...row }: Row): Row {
  const told = tell(row, KEEPS);
  const blank = (id: unknown): unknown => (/^0*$/.test(String(id ?? '')) ? '' : id);
  return {
    ...told,
    trace_id: blank(row.trace_id),
    span_id: blank(row.span_id),
    attributes: row.attributes ?? {},
    ...(observed ? { observed } : {}),
  };
}

/** Records have no id: among those of one time this number orders, and equal ones are counted off. */
const PLACE =
  'cityHash64(t.tenant, t.severity, t.body, t.service, t.trace_id, t.span_id, toString(t.attributes))';
const AFTER = '(at, place) <= ({at:Int64}, {place:UInt64})';

const listLogs_ = (where: string, after: string): string => `
SELECT ${selectList('logs')}, toUnixTimestamp64Nano(t.timestamp) AS at, ${PLACE} AS place FROM logs AS t
WHERE {tenant_filter:t} AND t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})
  AND ${after} AND ${where}
ORDER BY at DESC, place DESC LIMIT {limit:UInt32} OFFSET {skip:UInt32}`;

/** Newest segment that the store has; segments are loaded whole and in order. */
const TIP =
  'SELECT toString(max(t.seg)) AS tip FROM logs AS t WHERE {tenant_filter:t} AND t.part >= today() - 1';
const tailSql = (where: string): string => `
SELECT ${selectList('logs')}, toUnixTimestamp64Nano(t.timestamp) AS at, ${PLACE} AS place, toString(t.seg) AS segment
FROM logs AS t
WHERE {tenant_filter:t} AND t.part >= today() - 1 AND t.seg >= {seg:UInt64} AND ${where}
ORDER BY t.seg, at, place LIMIT {limit:UInt32} OFFSET {skip:UInt32}`;

/**
 * What came in since, in the order in which it came, whatever its time. `after` is '' to begin with what comes from
 * now on, else the `after` of the answer before; nothing is left out or told twice.
 */
export async function tailLogs(
  { store }: ExploreDeps,
  asking: Asking,
  question: { conditions: readonly Condition[]; limit: number; after: string },
): Promise<Result<{ items: Row[]; next_cursor: null; after: string }, ExploreError>> {
  const where = whereOf(question.conditions, LOG_FIELDS);
  if (!where.ok) return where;
  const place = readCursor(question.after, ['string', 'number']);
  if (!place.ok) return place;
  const scoped = store.scoped(asking.scope);
  if (!place.value) {
    const found = await scoped.rows<{ tip: string }>(TIP, signalOf(asking));
    if (!found.ok) return fromStore(found.error);
    const next = BigInt(found.value[0]?.tip ?? '0') + 1n;
    return ok({ items: [], next_cursor: null, after: writeCursor([next.toString(), 0]) });
  }
  const [seg, skip] = place.value as [string, number];
  const params = { ...where.value.params, seg, skip, limit: question.limit };
  const found = await scoped.rows<Row>(tailSql(where.value.sql), { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const last = found.value.at(-1)?.segment;
  const same = found.value.filter((row) => row.segment === last).length;
  const after =
    last === undefined ? question.after : writeCursor([String(last), last === seg ? same + skip : same]);
  return ok({ items: found.value.map(({ segment: _, ...row }) => logRow(row)), next_cursor: null, after });
}

const HOUR_MS = 3_600_000;
/** The newest are asked for most: short stretches are read before longer ones. */
const WIDENING_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

export async function listLogs(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  question: TimeRange & { conditions: readonly Condition[]; limit: number; cursor?: string | undefined },
): Promise<Result<{ items: Row[]; next_cursor: string | null }, ExploreError>> {
  const where = whereOf(question.conditions, LOG_FIELDS);
  if (!where.ok) return where;
  const cursor = readCursor(question.cursor, ['string', 'string', 'number']);
  if (!cursor.ok) return cursor;
  const [at, place, skip] = (cursor.value ?? ['0', '0', 0]) as [string, string, number];
  const sql = listLogs_(where.value.sql, cursor.value ? AFTER : '1');
  const to = cursor.value ? Math.min(question.to_ms, Number(BigInt(at) / 1_000_000n) + 1) : question.to_ms;
  const rows: Row[] = [];
  let end = to;
  for (const width of [...WIDENING_MS, Number.POSITIVE_INFINITY]) {
    const from = Math.max(question.from_ms, to - width);
    if (from >= end) continue;
    const params = {
      ...where.value.params,
      from,
      to: end,
      at,
      place,
      limit: question.limit + 1 - rows.length,
      skip: end === to ? skip : 0,
    };
    const found = await store.scoped(scope).rows<Row>(sql, { params, ...(signal ? { signal } : {}) });
    if (!found.ok) return fromStore(found.error);
    for (const row of found.value) rows.push(row);
    if (rows.length > question.limit || from <= question.from_ms) break;
    end = from;
  }
  const items = rows.slice(0, question.limit);
  return ok({
    items: items.map(logRow),
    next_cursor: rows.length > items.length ? cursorAfter(items, [at, place, skip]) : null,
  });
}

function cursorAfter(items: readonly Row[], before: readonly [string, string, number]): string {
  const last = items.at(-1)!;
  const same = items.filter((row) => row.at === last.at && row.place === last.place).length;
  const carried = before[0] === last.at && before[1] === last.place ? before[2] : 0;
  return writeCursor([String(last.at), String(last.place), same + carried]);
}
