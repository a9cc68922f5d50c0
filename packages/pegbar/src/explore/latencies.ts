/**
 * How many requests took how long, over time: the counts of a heatmap. From the rollups where they hold the grouping,
 * as KPIs are; of requests that ended, without cancelled and rejected ones.
 */
import { ROLLUP_METRICS, type RollupMetricName } from '@pegbar/contract';
import { type Grid, valueOfBin } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, refused } from './failure.ts';
import type { Condition } from './filter.ts';
import { countDistribution, type KpiAnswer, type KpiDeps } from './kpis.ts';
import type { TimeRange } from './range.ts';

export interface LatenciesQuestion extends TimeRange {
  step_ms: number;
  conditions: readonly Condition[];
}

export interface Latencies {
  step_s: number;
  source: KpiAnswer['source'];
  /** Starts of the columns. */
  times: string[];
  /** Lower edges of the classes in milliseconds, lowest first; each ends where the next begins. */
  classes: number[];
  /** `counts[class][time]`. */
  counts: number[][];
}

/** A screen has no more columns than people tell apart. */
const COLUMNS_MOST = 400;
/** Edges within a decade: nearly even on a log scale, and round. */
const EDGES = [1, 1.5, 2, 3, 5, 7] as const;
const DECADES = { from: -1, to: 7 };
/** Ascending; the first takes what is below it. */
const ALL_EDGES: readonly number[] = Array.from({ length: DECADES.to - DECADES.from + 1 }, (_, at) =>
  EDGES.map((edge) => Number((edge * 10 ** (DECADES.from + at)).toPrecision(2))),
).flat();

const classOf = (ms: number): number => {
  const next = ALL_EDGES.findIndex((edge) => edge > ms);
  return Math.max(0, (next < 0 ? ALL_EDGES.length : next) - 1);
};

export async function readLatencies(
  deps: KpiDeps,
  asking: Asking,
  question: LatenciesQuestion,
): Promise<Result<Latencies, ExploreError>> {
  const { to_ms, step_ms, conditions } = question;
  const first = Math.floor(question.from_ms / step_ms) * step_ms;
  const columns = Math.ceil((to_ms - first) / step_ms);
  if (columns > COLUMNS_MOST)
    return refused('query_limit', `more than ${COLUMNS_MOST} columns`, {
      field: 'step',
      hint: 'Take a longer step or a shorter window.',
    });
  const metric: RollupMetricName = conditions.some((one) => one.field === 'pipeline_stage')
    ? 'stage_ms'
    : 'latency_ms';
  const grid = ROLLUP_METRICS.find((one) => one.name === metric)!.grid as Grid;
  const cells = new Map<number, Float64Array>();
  const source = await countDistribution(deps, asking, question, metric, (_key, bucket_ms, _name, tally) => {
    const column = Math.floor((bucket_ms - first) / step_ms);
    if (column < 0 || column >= columns || !tally.bins) return;
    for (const code of tally.bins.codes()) {
      const cls = classOf(valueOfBin(grid, code));
      const row = cells.get(cls) ?? new Float64Array(columns);
      cells.set(cls, row);
      row[column]! += tally.bins.get(code) ?? 0;
    }
  });
  if (!source.ok) return source;
  const found = [...cells.keys()];
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const classes = found.length === 0 ? [] : ALL_EDGES.slice(low, high + 1);
  return ok({
    step_s: step_ms / 1000,
    source: source.value,
    times: Array.from({ length: columns }, (_, at) => new Date(first + at * step_ms).toISOString()),
    classes,
    counts: classes.map((_, at) => [...(cells.get(low + at) ?? new Float64Array(columns))]),
  });
}
