/** Requests: the list, newest first, and one of them with all that is known of it. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import type { Fields } from './filter.ts';
import { logRow } from './logs.ts';
import { type MergedList, type Page, type PageQuestion, type Row, readPage, signalOf } from './page.ts';
import * as SQL from './queries.ts';
import { spanRow, stageRow } from './spans.ts';

/** What a request can be filtered by. */
export const REQUEST_FIELDS: Fields = fieldsOf('requests', {
  outcome: { sql: SQL.REQUEST_OUTCOME, kind: 'text' },
  latency_ms: { sql: SQL.REQUEST_LATENCY_MS, kind: 'number' },
});

/** Rows of one kind that come with one request or trace. */
const DETAIL_ROWS = 10_000;
/** What started a request and what was told of it afterwards lies within this much of its own times. */
const SLACK_MS = 24 * 3_600_000;

const REQUEST_LIST: MergedList = {
  table: 'requests',
  id: 'request_id',
  at: SQL.REQUEST_NS,
  fields: REQUEST_FIELDS,
  ofOneRow: ['outcome'],
  byId: SQL.REQUESTS_OF_PAGE,
};

export async function listRequests(
  deps: ExploreDeps,
  asking: Asking,
  question: PageQuestion,
): Promise<Result<Page, ExploreError>> {
  const page = await readPage(deps, asking, REQUEST_LIST, question);
  return page.ok ? ok({ ...page.value, items: page.value.items.map(requestRow) }) : page;
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
  parts: readonly string[] = [],
): Promise<Result<Row, ExploreError>> {
  const scoped = store.scoped(asking.scope);
  const lower = id.toLowerCase();
  const ids = [...new Set(TRACE.test(lower) ? [id, lower] : [id])];
  const named = await scoped.rows<Row>(SQL.REQUEST_BY_ID, { params: { ids }, ...signalOf(asking) });
  if (!named.ok) return fromStore(named.error);
  const traced =
    named.value.length === 0 && TRACE.test(lower) && !/^0+$/.test(lower)
      ? await scoped.rows<Row>(SQL.REQUEST_BY_TRACE, { params: { trace: lower }, ...signalOf(asking) })
      : named;
  if (!traced.ok) return fromStore(traced.error);
  const request = traced.value[0];
  if (!request) return refused('not_found', 'there is no such request');
  const wrong = parts.find((part) => !(REQUEST_PARTS as readonly string[]).includes(part));
  if (wrong !== undefined)
    return refused('invalid_request', `a request has no part ${wrong.slice(0, 80)}`, {
      field: 'parts',
      hint: `Parts: ${REQUEST_PARTS.join(', ')}.`,
    });
  const wanted = new Set(parts.length === 0 ? REQUEST_PARTS : parts);
  return withParts({ store }, { ...asking, scope: { tenant: String(request.tenant) } }, request, wanted);
}

/** What comes with a request unless fewer are asked for. */
export const REQUEST_PARTS = ['stages', 'spans', 'images', 'scores', 'feedback', 'logs'] as const;

async function withParts(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  request: Row,
  wanted: ReadonlySet<string>,
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
  const none = Promise.resolve(ok<Row[]>([]));
  const pictured = ['images', 'scores', 'feedback'].some((part) => wanted.has(part));
  const [stages, spans, images, logs] = await Promise.all([
    wanted.has('stages') ? rows(SQL.STAGES_OF_REQUEST) : none,
    wanted.has('spans') ? rows(SQL.SPANS_OF_REQUEST) : none,
    pictured ? rows(SQL.IMAGES_OF_REQUEST) : none,
    wanted.has('logs') ? rows(SQL.LOGS_OF_REQUEST) : none,
  ]);
  for (const part of [stages, spans, images, logs]) if (!part.ok) return fromStore(part.error);
  const pictures = rowsOf(images).map((row) => String(row.image_id));
  const about = { images: pictures };
  const [scores, feedback] = await Promise.all([
    wanted.has('scores') ? rows(SQL.SCORES_ABOUT, about) : none,
    wanted.has('feedback') ? rows(SQL.FEEDBACK_ABOUT, about) : none,
  ]);
  for (const part of [scores, feedback]) if (!part.ok) return fromStore(part.error);
  const told: Row = {
    stages: rowsOf(stages).map(stageRow),
    spans: rowsOf(spans).map((row) => spanRow(row)),
    images: rowsOf(images).map((row) => tell(row, ['image_id'])),
    scores: rowsOf(scores).map((row) => tell(row, ['value'])),
    feedback: rowsOf(feedback).map((row) => tell(row)),
    logs: rowsOf(logs).map(logRow),
  };
  const asked = Object.entries(told).filter(([part]) => wanted.has(part));
  return ok({ request: requestRow(request), ...Object.fromEntries(asked) });
}

const rowsOf = <T>(result: Result<T[], unknown>): T[] => (result.ok ? result.value : []);
