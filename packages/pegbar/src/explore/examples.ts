/** The worst of each bucket of a chart, so that a point leads to a request and its picture. */
import { ok, type Result } from '../base/result.ts';
import { mergedRows } from '../store/index.ts';
import { fieldsOf } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { REQUEST_LATENCY_MS, REQUEST_NS, REQUEST_OUTCOME, SINCE } from './queries.ts';
import type { TimeRange } from './range.ts';

export interface ExamplesQuestion extends TimeRange {
  of: string;
  step_ms: number | null;
  conditions: readonly Condition[];
}

/** A chart has some hundred buckets. */
const BUCKETS_MOST = 1_000;
const RANGE = 'at_ms >= {from:Int64} AND at_ms < {to:Int64}';
const BUCKET = 'intDiv(at_ms, {step:Int64}) * {step:Int64} AS bucket';
const PICTURE = `SELECT t.tenant AS tenant, t.request_id AS request_id, any(toString(t.image_id)) AS image_id
FROM images AS t WHERE {tenant_filter:t} AND t.${SINCE} AND t.tenant IN {tenants:Array(String)} AND t.request_id IN {ids:Array(String)}
GROUP BY tenant, request_id`;

const REQUESTS = (where: string): string => `
SELECT ${BUCKET}, argMax((tenant, request_id, at_ms, toString(model_version), toString(region)), latency_ms) AS worst, max(latency_ms) AS value
FROM (SELECT *, intDiv(${REQUEST_NS}, 1000000) AS at_ms, ${REQUEST_OUTCOME} AS outcome, toFloat64(${REQUEST_LATENCY_MS}) AS latency_ms
  FROM ${mergedRows('requests', `WHERE {tenant_filter:t} AND t.${SINCE}`)})
WHERE ${RANGE} AND outcome IN ('succeeded', 'failed', 'timed_out', 'blocked') AND (${where})
GROUP BY bucket ORDER BY bucket`;

/** A clip of less than a second tells nothing of its rate. */
const SEQUENCES = (where: string): string => `
SELECT bucket, argMin((tenant, request_id, at_ms, model_version, region, sequence_id, lost, shown), fps) AS worst, min(fps) AS value
FROM (
  SELECT tenant, sequence_id, any(request_id) AS request_id, any(toString(t.model_version)) AS model_version, any(toString(t.region)) AS region,
    max(toUnixTimestamp64Milli(t.timestamp::DateTime64(3, 'UTC'))) AS at_ms, ${BUCKET},
    sum(frames) AS shown, sum(dropped) AS lost, sum(playing_s) AS seconds, shown / seconds AS fps
  FROM frames AS t WHERE {tenant_filter:t} AND side = 'delivered' AND playing_s > 0
    AND t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64}) AND (${where})
  GROUP BY tenant, sequence_id HAVING seconds >= 1)
GROUP BY bucket ORDER BY bucket`;

const DIMENSIONS = ['tenant', 'region', 'model_version', 'workload', 'hardware_class', 'traffic_source'];
const SUBJECTS: Readonly<Record<string, { sql: (where: string) => string; fields: Fields }>> = {
  requests: {
    sql: REQUESTS,
    fields: {
      ...fieldsOf('requests'),
      outcome: { sql: 'outcome', kind: 'text' },
      latency_ms: { sql: 'latency_ms', kind: 'number' },
    },
  },
  sequences: {
    sql: SEQUENCES,
    fields: Object.fromEntries(DIMENSIONS.map((name) => [name, { sql: `t.${name}`, kind: 'text' as const }])),
  },
};

interface Row {
  bucket: string | number;
  worst: readonly (string | number)[];
  value: number;
}

export async function listExamples(
  deps: ExploreDeps,
  asking: Asking,
  { of, from_ms, to_ms, step_ms, conditions }: ExamplesQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const subject = Object.hasOwn(SUBJECTS, of) ? SUBJECTS[of] : undefined;
  if (!subject)
    return refused('invalid_request', `of is none of ${Object.keys(SUBJECTS).join(', ')}`, { field: 'of' });
  const step = step_ms ?? to_ms - from_ms;
  if ((to_ms - from_ms) / step > BUCKETS_MOST)
    return refused('query_limit', `more than ${BUCKETS_MOST} buckets`, {
      field: 'step',
      hint: 'Take a longer step or a shorter window.',
    });
  const where = whereOf(conditions, subject.fields);
  if (!where.ok) return where;
  const scoped = deps.store.scoped(asking.scope);
  const params = { ...where.value.params, from: from_ms, to: to_ms, step };
  const found = await scoped.rows<Row>(subject.sql(where.value.sql), { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const items = found.value.map(toldExample);
  const asked = {
    from: from_ms,
    tenants: [...new Set(items.map((one) => one.tenant))],
    ids: [...new Set(items.map((one) => one.request_id))].filter((id) => id !== ''),
  };
  const pictures =
    asked.ids.length === 0
      ? ok<Record<string, string>[]>([])
      : await scoped.rows<Record<string, string>>(PICTURE, { params: asked, ...signalOf(asking) });
  if (!pictures.ok) return fromStore(pictures.error);
  const byRequest = new Map(
    pictures.value.map((row) => [`${row.tenant}\n${row.request_id}`, row.image_id] as const),
  );
  return ok({
    items: items.map((one) => ({
      ...one,
      image_id: byRequest.get(`${one.tenant}\n${one.request_id}`) ?? null,
    })),
  });
}

function toldExample({ bucket, worst, value }: Row) {
  const [tenant, request_id, at_ms, model_version, region, sequence_id, dropped, frames] = worst;
  return {
    t: new Date(Number(bucket)).toISOString(),
    timestamp: new Date(Number(at_ms)).toISOString(),
    tenant: String(tenant),
    request_id: String(request_id),
    model_version: String(model_version),
    region: String(region),
    value: Number(value),
    ...(sequence_id === undefined
      ? {}
      : { sequence_id: String(sequence_id), dropped: Number(dropped), frames: Number(frames) }),
  };
}
