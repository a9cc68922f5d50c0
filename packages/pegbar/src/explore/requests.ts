/** Requests: the list, newest first, and one of them with all that is known of it. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { logRow } from './logs.ts';
import { endAfter, newestRows, signalOf } from './newest.ts';
import * as SQL from './queries.ts';
import { readCursor, type TimeRange, writeCursor } from './range.ts';
import { spanRow, stageRow } from './spans.ts';

type Row = Record<string, unknown>;
export interface Page {
  items: Row[];
  next_cursor: string | null;
}

/** What a request can be filtered by. */
export const REQUEST_FIELDS: Fields = fieldsOf('requests', {
  outcome: { sql: SQL.REQUEST_OUTCOME, kind: 'text' },
  latency_ms: { sql: SQL.REQUEST_LATENCY_MS, kind: 'number' },
});

/** Rows of one kind that come with one request or trace. */
const DETAIL_ROWS = 10_000;
/** What started a request and what was told of it afterwards lies within this much of its own times. */
const SLACK_MS = 24 * 3_600_000;

interface Key {
  /** Nanoseconds since the epoch. */
  place: string;
  tenant: string;
  request_id: string;
}

export async function listRequests(
  { store }: ExploreDeps,
  asking: Asking,
  question: TimeRange & { conditions: readonly Condition[]; limit: number; cursor?: string | undefined },
): Promise<Result<Page, ExploreError>> {
  const where = whereOf(question.conditions, REQUEST_FIELDS);
  if (!where.ok) return where;
  const cursor = readCursor(question.cursor, ['string', 'string', 'string']);
  if (!cursor.ok) return cursor;
  const after = cursor.value as [string, string, string] | undefined;
  const scoped = store.scoped(asking.scope);
  const keys = await newestRows<Key>(scoped, asking, {
    sql: SQL.listRequestKeys(where.value.sql, after ? SQL.AFTER_REQUEST : '1'),
    params: { ...where.value.params, ...(after && { at: after[0], at_tenant: after[1], at_id: after[2] }) },
    count: question.limit + 1,
    from_ms: question.from_ms,
    to_ms: after ? endAfter(after[0], question.to_ms) : question.to_ms,
  });
  if (!keys.ok) return keys;
  const page = keys.value.slice(0, question.limit);
  const ids = [...new Set(page.map((key) => key.request_id))];
  const tenants = [...new Set(page.map((key) => key.tenant))];
  const found = await scoped.rows<Row>(SQL.REQUESTS_BY_ID, { params: { ids, tenants }, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const byKey = new Map(found.value.map((row) => [`${row.tenant}\n${row.request_id}`, row] as const));
  const items = page
    .map((key) => byKey.get(`${key.tenant}\n${key.request_id}`))
    .filter((row) => row !== undefined);
  const last = page.at(-1);
  const more = keys.value.length > question.limit && last !== undefined;
  return ok({
    items: items.map((row) => requestRow(row)),
    next_cursor: more ? writeCursor([last.place, last.tenant, last.request_id]) : null,
  });
}

const REQUEST_KEEPS = ['request_id', 'timestamp', 'outcome', 'images'];

export function requestRow({ at: _, ...row }: Row): Row {
  const told = tell(row, REQUEST_KEEPS);
  return {
    ...told,
    images: Number(row.images ?? 0),
    latency_ms: row.outcome === 'pending' ? null : row.latency_ms,
  };
}

const TRACE = /^[0-9a-f]{32}$/;

/** One request by its id or its trace id, with stages, spans, pictures, scores, feedback and logs. */
export async function findRequest(
  { store }: ExploreDeps,
  asking: Asking,
  id: string,
): Promise<Result<Row, ExploreError>> {
  const scoped = store.scoped(asking.scope);
  const lower = id.toLowerCase();
  const ids = [...new Set(TRACE.test(lower) ? [id, lower] : [id])];
  const found = await scoped.rows<Row>(SQL.REQUEST_BY_ID, {
    params: { ids, trace: TRACE.test(lower) ? lower : '' },
    ...signalOf(asking),
  });
  if (!found.ok) return fromStore(found.error);
  const request = found.value[0];
  if (!request) return refused('not_found', 'there is no such request');
  return withParts({ store }, { ...asking, scope: { tenant: String(request.tenant) } }, request);
}

async function withParts(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  request: Row,
): Promise<Result<Row, ExploreError>> {
  const scoped = store.scoped(asking.scope);
  const id = String(request.request_id);
  const trace = String(request.trace_id ?? '');
  const hasTrace = TRACE.test(trace) && !/^0+$/.test(trace);
  const params = {
    id,
    // With OTel alone the request is called after its trace.
    trace: hasTrace ? trace : TRACE.test(id) ? id : '',
    from: Math.max(0, Date.parse(String(request.started_at)) - SLACK_MS),
    to: Date.parse(String(request.last_seen)) + SLACK_MS,
    limit: DETAIL_ROWS,
  };
  const rows = (sql: string, more: Row = {}) =>
    scoped.rows<Row>(sql, { params: { ...params, ...more }, ...signalOf(asking) });
  const [stages, spans, images, logs] = await Promise.all([
    rows(SQL.STAGES_OF_REQUEST),
    rows(SQL.SPANS_OF_REQUEST),
    rows(SQL.IMAGES_OF_REQUEST),
    rows(SQL.LOGS_OF_REQUEST),
  ]);
  for (const part of [stages, spans, images, logs]) if (!part.ok) return fromStore(part.error);
  const pictures = rowsOf(images).map((row) => String(row.image_id));
  const about = { images: pictures };
  const [scores, feedback] = await Promise.all([
    rows(SQL.SCORES_ABOUT, about),
    rows(SQL.FEEDBACK_ABOUT, about),
  ]);
  for (const part of [scores, feedback]) if (!part.ok) return fromStore(part.error);
  return ok({
    request: requestRow(request),
    stages: rowsOf(stages).map(stageRow),
    spans: rowsOf(spans).map((row) => spanRow(row)),
    images: rowsOf(images).map((row) => tell(row, ['image_id'])),
    scores: rowsOf(scores).map((row) => tell(row, ['value'])),
    feedback: rowsOf(feedback).map((row) => tell(row)),
    logs: rowsOf(logs).map(logRow),
  });
}

const rowsOf = <T>(result: Result<T[], unknown>): T[] => (result.ok ? result.value : []);
