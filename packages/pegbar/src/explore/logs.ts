/** Log records: the list, newest first, and what came in since. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, selectList, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
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
      ...{ from, to: end, at, place, limit: question.limit + 1 - rows.length },
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
