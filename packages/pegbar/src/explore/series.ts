/** Series of metric points: as they were sent, or one value per step. */
import { ok, type Result } from '../base/result.ts';
import { fieldsOf, tell } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, whereOf } from './filter.ts';
import { signalOf } from './page.ts';
import { readCursor, type TimeRange, writeCursor } from './range.ts';

type Row = Record<string, unknown>;

const FIELDS = fieldsOf('metric_points', {}, 't.');
/** Points of one series in an answer. */
const POINTS_MOST = 11_000;
/** Series of one answer, which is all of them at the full number of points. */
const SERIES_MOST = 200;
/** Rows that one question may read: some seconds of the engine. */
const ROWS_MOST = 100_000_000;

/** `auto`: what was counted since the last point is added, running totals are read at the end, states averaged. */
const AGGREGATIONS: Readonly<Record<string, string>> = {
  auto: 'multiIf(any(temporality) = 1, sum(value), any(temporality) = 2, argMax(value, at), avg(value))',
  avg: 'avg(value)',
  sum: 'sum(value)',
  min: 'min(value)',
  max: 'max(value)',
  last: 'argMax(value, at)',
  count: 'toFloat64(count())',
};

/** What makes a series beside its name. */
const LABELS = [
  'tenant',
  'unit',
  'kind',
  'service',
  'region',
  'workload',
  'model_version',
  'hardware_class',
  'pipeline_stage',
];
const KEYS = ['name', ...LABELS, 'attributes'];

const sqlOf = (where: string, aggregation: string, stepped: boolean, after: boolean): string => `
SELECT ${KEYS.join(', ')}, place, arraySort(groupArray({points:UInt32})((point_ms, point))) AS points FROM (
  SELECT ${KEYS.join(', ')}, place, ${stepped ? 'intDiv(at, {step:Int64}) * {step:Int64}' : 'at'} AS point_ms, ${stepped ? aggregation : 'any(value)'} AS point
  FROM (
    SELECT ${KEYS.map((key) => `t.${key} AS ${key}`).join(', ')}, t.value AS value, t.temporality AS temporality,
      intDiv(toUnixTimestamp64Nano(t.timestamp), 1000000) AS at,
      cityHash64(${KEYS.map((key) => (key === 'attributes' ? 'toString(t.attributes)' : `t.${key}`)).join(', ')}) AS place
    FROM metric_points AS t
    WHERE {tenant_filter:t} AND t.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})
      AND ${where}
  )
  WHERE ${after ? '(name, place) > ({after_name:String}, {after_place:UInt64})' : '1'}
  GROUP BY ${KEYS.join(', ')}, place, point_ms
)
GROUP BY ${KEYS.join(', ')}, place
ORDER BY name, place LIMIT {limit:UInt32}`;

export async function listSeries(
  { store }: ExploreDeps,
  asking: Asking,
  question: TimeRange & {
    conditions: readonly Condition[];
    limit: number;
    cursor?: string | undefined;
    /** Milliseconds; null for the points as they were sent. */
    step_ms: number | null;
    aggregation: string;
  },
): Promise<Result<Row, ExploreError>> {
  const where = whereOf(question.conditions, FIELDS);
  if (!where.ok) return where;
  // A place starts with digits, as all places do.
  const cursor = readCursor(question.cursor, ['string', 'string']);
  if (!cursor.ok) return cursor;
  const aggregation = Object.hasOwn(AGGREGATIONS, question.aggregation)
    ? AGGREGATIONS[question.aggregation]
    : undefined;
  if (aggregation === undefined)
    return refused('invalid_request', 'aggregation is not one that there is', {
      field: 'aggregation',
      hint: `Say ${Object.keys(AGGREGATIONS).join(', ')}.`,
    });
  const { from_ms, to_ms, step_ms } = question;
  if (step_ms !== null && (to_ms - from_ms) / step_ms > POINTS_MOST)
    return refused('query_limit', `a series would have more than ${POINTS_MOST} points`);
  const limit = Math.min(question.limit, SERIES_MOST);
  const params = {
    ...where.value.params,
    from: from_ms,
    to: to_ms,
    points: POINTS_MOST,
    limit: limit + 1,
    ...(step_ms === null ? {} : { step: step_ms }),
    ...(cursor.value ? { after_place: cursor.value[0], after_name: cursor.value[1] } : {}),
  };
  const sql = sqlOf(where.value.sql, aggregation, step_ms !== null, cursor.value !== undefined);
  const found = await store
    .scoped(asking.scope)
    .rows<Row>(sql, { params, settings: { max_rows_to_read: ROWS_MOST }, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const rows = found.value.slice(0, limit);
  const last = rows.at(-1);
  const more = found.value.length > limit && last !== undefined;
  return ok({
    items: rows.map(seriesRow),
    next_cursor: more ? writeCursor([String(last.place), String(last.name)]) : null,
  });
}

function seriesRow({ place: _, points, ...row }: Row): Row {
  const given = points as [string | number, number | null][];
  return {
    ...tell(row, ['name', 'unit', 'kind', 'attributes']),
    points: given.map(([ms, value]) => ({ t: new Date(Number(ms)).toISOString(), value })),
    ...(given.length >= POINTS_MOST ? { truncated: true } : {}),
  };
}
