/**
 * Figures of what flows and of the machines behind it that are no KPIs: waits by percentile, admissions, loads, frame
 * intervals, caches, disks and networks. In the shape of KPIs, so that charts read both alike.
 */
import type { Formula } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import { type Condition, type Fields, whereOf } from './filter.ts';
import { type Figure, type KpiAnswer, type KpiDeps, type KpiQuestion, readKpis } from './kpis.ts';
import type { Longer } from './longer.ts';
import { signalOf } from './page.ts';
import type { TimeRange } from './range.ts';

export interface FlowQuestion extends TimeRange {
  of: string;
  by: readonly string[];
  step_ms: number | null;
  conditions: readonly Condition[];
  longer?: Longer | undefined;
}

const quantile = (of: 'queue_wait_ms' | 'toxicity', q: number): Formula => ({ op: 'quantile', of, q });
const COUNTED: Readonly<Record<string, readonly Figure[]>> = {
  queue: [
    { name: 'wait_p50_ms', formula: quantile('queue_wait_ms', 0.5) },
    { name: 'wait_p95_ms', formula: quantile('queue_wait_ms', 0.95) },
    { name: 'wait_p99_ms', formula: quantile('queue_wait_ms', 0.99) },
    { name: 'admitted_per_min', formula: { op: 'rate', of: ['queue_admitted'], per_s: 60 } },
    { name: 'denied_per_min', formula: { op: 'rate', of: ['queue_denied'], per_s: 60 } },
  ],
  safety: [
    { name: 'toxicity_mean', formula: { op: 'mean', of: 'toxicity' } },
    { name: 'toxicity_p95', formula: quantile('toxicity', 0.95) },
    { name: 'reported', formula: { op: 'sum', of: ['flagged'] } },
  ],
};

const DIMENSIONS = ['tenant', 'region', 'model_version', 'workload', 'hardware_class', 'traffic_source'];

/** A table of samples, what one row counts for, and the figures of some rows. */
interface Samples {
  /** A subquery of rows of the tenant in the range, with `timestamp` and the dimensions. */
  rows: string;
  n: string;
  /** Beside the dimensions. */
  by?: string;
  figures: Readonly<Record<string, string>>;
}

const TIMED =
  't.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})';
const rowsOf = (table: string, more = ''): string =>
  `SELECT *${more} FROM ${table} AS t WHERE {tenant_filter:t} AND ${TIMED}`;

/** When a request was asked for and when its first frame was there; counted at that frame. */
const FIRST_FRAMES = `SELECT tenant, any(toString(t.region)) AS region, any(toString(t.model_version)) AS model_version,
    any(toString(t.workload)) AS workload, any(toString(t.hardware_class)) AS hardware_class, any(toString(t.traffic_source)) AS traffic_source,
    minIf(t.timestamp, t.boundary = 'frame_emitted') AS first, min(t.timestamp - toIntervalNanosecond(t.duration_ns)) AS asked,
    toUnixTimestamp64Milli(first::DateTime64(3, 'UTC')) - toUnixTimestamp64Milli(asked::DateTime64(3, 'UTC')) AS wait_ms
  FROM spans AS t WHERE {tenant_filter:t} AND ${TIMED} AND t.request_id != ''
  GROUP BY tenant, t.request_id HAVING countIf(t.boundary = 'frame_emitted') > 0`;

const weighed = (value: string): string =>
  `sumIf(${value} * frames, ${value} > 0) / sumIf(frames, ${value} > 0)`;
const ofFrames = (count: string, of = 'frames + dropped'): string =>
  `sumIf(${count}, delivered) / sumIf(${of}, delivered)`;

const SAMPLED: Readonly<Record<string, Samples>> = {
  // Percentiles of windows cannot be added; their mean by frames says what a typical window has.
  frames: {
    rows: rowsOf('frames', ", side = 'delivered' AS delivered"),
    n: 'countIf(delivered)',
    figures: {
      interval_p50_ms: weighed('delivered * interval_p50_ms'),
      interval_p95_ms: weighed('delivered * interval_p95_ms'),
      interval_p99_ms: weighed('delivered * interval_p99_ms'),
      dropped_ratio: ofFrames('dropped'),
      duplicated_ratio: ofFrames('duplicated'),
      held_ratio: ofFrames('held'),
      produced_per_s: 'sumIf(frames, not delivered) / {length_s:Float64}',
      delivered_per_s: 'sumIf(frames, delivered) / {length_s:Float64}',
    },
  },
  first_frame: {
    rows: `SELECT *, first AS timestamp FROM (${FIRST_FRAMES})`,
    n: 'count()',
    figures: {
      wait_p50_ms: 'quantileExact(0.5)(wait_ms)',
      wait_p95_ms: 'quantileExact(0.95)(wait_ms)',
      wait_p99_ms: 'quantileExact(0.99)(wait_ms)',
    },
  },
  caches: {
    rows: rowsOf('cache_events'),
    n: 'sum(hits + misses)',
    by: 'cache',
    figures: {
      hit_ratio: 'sum(hits) / sum(hits + misses)',
      hits: 'sum(hits)',
      misses: 'sum(misses)',
    },
  },
  models: {
    rows: rowsOf('model_loads'),
    n: 'count()',
    figures: {
      load_p50_ms: "quantileExactIf(0.5)(duration_ms, action = 'load' AND hit = 0)",
      load_p95_ms: "quantileExactIf(0.95)(duration_ms, action = 'load' AND hit = 0)",
      unload_p95_ms: "quantileExactIf(0.95)(duration_ms, action = 'unload')",
      loads: "toFloat64(countIf(action = 'load' AND hit = 0))",
      unloads: "toFloat64(countIf(action = 'unload'))",
    },
  },
  memory: {
    rows: rowsOf('gpu_samples'),
    n: 'count()',
    figures: {
      used_mb: 'ifNull(avgIf(mem_used_mb, mem_total_mb > 0), nan)',
      free_mb: 'ifNull(avgIf(mem_total_mb - mem_used_mb, mem_total_mb > 0), nan)',
    },
  },
  io: {
    rows: rowsOf('io_samples'),
    n: 'count()',
    figures: {
      disk_read_bps: 'avg(disk_read_bps)',
      disk_write_bps: 'avg(disk_write_bps)',
      net_rx_bps: 'avg(net_rx_bps)',
      net_tx_bps: 'avg(net_tx_bps)',
    },
  },
};
export const FLOWS = [...Object.keys(COUNTED), ...Object.keys(SAMPLED)] as const;

/** Points of one answer: as of KPIs. */
const POINTS_MOST = 60_000;
const STEPS_MOST = 11_000;

/** What is counted as KPIs are, as a question of theirs; null for what is read from samples. */
export function flowFigures(question: FlowQuestion): KpiQuestion | null {
  const figures = Object.hasOwn(COUNTED, question.of) ? COUNTED[question.of] : undefined;
  return figures ? { ...question, metrics: [], figures } : null;
}

export async function readFlow(
  deps: KpiDeps,
  asking: Asking,
  question: FlowQuestion,
): Promise<Result<KpiAnswer, ExploreError>> {
  const counted = flowFigures(question);
  if (counted) return readKpis(deps, asking, counted);
  const samples = Object.hasOwn(SAMPLED, question.of) ? SAMPLED[question.of] : undefined;
  if (!samples) return refused('invalid_request', `of is none of ${FLOWS.join(', ')}`, { field: 'of' });
  const found = await readSamples(deps, asking, question, samples);
  const step_ms = found.ok ? (question.longer?.(found.value.series) ?? null) : null;
  if (step_ms === null) return found;
  const from_ms = Math.floor(question.from_ms / step_ms) * step_ms;
  return readSamples(deps, asking, { ...question, from_ms, step_ms }, samples);
}

async function readSamples(
  { store }: ExploreDeps,
  asking: Asking,
  { from_ms, to_ms, by, step_ms, conditions }: FlowQuestion,
  { rows, n, by: own, figures }: Samples,
): Promise<Result<KpiAnswer, ExploreError>> {
  const names = own ? [...DIMENSIONS, own] : DIMENSIONS;
  const wrong = by.find((name) => !names.includes(name));
  if (wrong !== undefined)
    return refused('invalid_request', `there is no dimension ${wrong.slice(0, 80)}`, {
      field: 'by',
      hint: `Dimensions: ${names.join(', ')}.`,
    });
  const fields: Fields = Object.fromEntries(
    names.map((name) => [name, { sql: name, kind: 'text' as const }]),
  );
  const where = whereOf(conditions, fields);
  if (!where.ok) return where;
  const step = step_ms ?? to_ms - from_ms;
  const first = step_ms === null ? from_ms : Math.floor(from_ms / step) * step;
  const steps = Math.ceil((to_ms - first) / step);
  if (steps > STEPS_MOST) return tooMany();
  const keys = by.map((name, at) => `, toString(${name}) AS key${at}`).join('');
  const groups = ['bucket', ...by.map((_, at) => `key${at}`)].join(', ');
  const columns = Object.entries(figures).map(([name, sql]) => `toFloat64(${sql}) AS f_${name}`);
  const sql = `SELECT toInt64(intDiv(toUnixTimestamp64Milli(timestamp::DateTime64(3, 'UTC')) - {first:Int64}, {step:Int64})) AS bucket${keys},
    toFloat64(${n}) AS n, ${columns.join(', ')}
  FROM (${rows}) WHERE (${where.value.sql}) GROUP BY ${groups}`;
  const params = { ...where.value.params, from: from_ms, to: to_ms, first, step, length_s: step / 1000 };
  const found = await store
    .scoped(asking.scope)
    .rows<Record<string, unknown>>(sql, { params, ...signalOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const series = seriesOf(found.value, Object.keys(figures), by, { first, step, steps });
  return series === null ? tooMany() : ok({ step_s: step / 1000, source: 'raw', series });
}

function seriesOf(
  rows: readonly Record<string, unknown>[],
  figures: readonly string[],
  by: readonly string[],
  { first, step, steps }: { first: number; step: number; steps: number },
): KpiAnswer['series'] | null {
  const cells = new Map<string, { key: string[]; at: Map<number, Record<string, unknown>> }>();
  for (const row of rows) {
    const key = by.map((_, at) => String(row[`key${at}`]));
    const known = cells.get(key.join('\n')) ?? { key, at: new Map() };
    cells.set(key.join('\n'), known);
    known.at.set(Number(row.bucket), row);
  }
  if (cells.size === 0 && by.length === 0) cells.set('', { key: [], at: new Map() });
  if (cells.size * figures.length * steps > POINTS_MOST) return null;
  const keys = [...cells.values()].sort((a, b) => (a.key.join('\n') < b.key.join('\n') ? -1 : 1));
  return figures.flatMap((figure) =>
    keys.map(({ key, at }) => ({
      key: { metric: figure, ...Object.fromEntries(by.map((name, index) => [name, key[index]!])) },
      points: Array.from({ length: steps }, (_, step_at) => {
        const row = at.get(step_at);
        const value = Number(row?.[`f_${figure}`] ?? Number.NaN);
        return {
          t: new Date(first + step_at * step).toISOString(),
          value: Number.isFinite(value) ? value : null,
          n: Number(row?.n ?? 0),
        };
      }),
    })),
  );
}

const tooMany = () =>
  refused(
    'query_limit',
    `the answer would have more than ${POINTS_MOST} points, or ${STEPS_MOST} in one series`,
    {
      hint: 'Take a longer step or a shorter window.',
    },
  );
