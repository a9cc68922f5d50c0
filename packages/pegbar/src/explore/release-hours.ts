/** Hours of rollups by series, for releases: which version, or which tenant of which workload, counted what when. */
import { formulaOf, type KpiName, metricsOf, type RollupMetricName } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { HOUR_MS, Tally } from '../rollups/index.ts';
import type { Asking } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import type { KpiDeps } from './kpis.ts';
import type { TimeRange } from './range.ts';
import type { HourTallies } from './release-figures.ts';

/** Series by their key, values joined by a line feed; hours by their start. */
export type SeriesHours = Map<string, Map<number, Map<RollupMetricName, Tally>>>;

/** The name of a series and its parts: a version may have any letter in it, newlines too. */
export const seriesKey = (parts: readonly string[]): string => JSON.stringify(parts);
export const seriesParts = (key: string): string[] => JSON.parse(key) as string[];

export async function readSeriesHours(
  deps: KpiDeps,
  asking: Asking,
  grouping: { dims: readonly string[]; by: readonly string[]; stages?: boolean },
  kpis: readonly KpiName[],
  { from_ms, to_ms }: TimeRange,
  more: readonly RollupMetricName[] = ['requests'],
): Promise<Result<SeriesHours, ExploreError>> {
  const formulas = kpis.map((name) => formulaOf(name, false));
  const metrics = [...new Set([...formulas.flatMap(metricsOf), ...more])];
  // Means are resampled by their bins too.
  const quantiles = new Set(
    formulas.flatMap((one) => (one.op === 'quantile' || one.op === 'mean' ? [one.of] : [])),
  );
  const out: SeriesHours = new Map();
  const read = await deps.rollups.read(
    {
      dims: grouping.dims,
      by: grouping.by,
      stages: grouping.stages ?? false,
      conditions: [],
      metrics,
      quantiles,
      from_ms,
      to_ms,
      step_ms: HOUR_MS,
      scope: asking.scope,
      signal: asking.signal,
    },
    (key, bucket_ms, metric, tally) => {
      const place = seriesKey(key);
      const hours = out.get(place) ?? new Map<number, Map<RollupMetricName, Tally>>();
      out.set(place, hours);
      const hour = hours.get(bucket_ms) ?? new Map<RollupMetricName, Tally>();
      hours.set(bucket_ms, hour);
      const sum = hour.get(metric) ?? new Tally(metric);
      hour.set(metric, sum);
      sum.merge(tally);
    },
  );
  return read.ok ? ok(out) : fromStore(read.error);
}

/** The hours of a stretch that something was counted in; `from_ms` and `to_ms` are rounded down to hours. */
export function hoursIn(
  hours: ReadonlyMap<number, HourTallies> | undefined,
  { from_ms, to_ms }: TimeRange,
): HourTallies[] {
  const start = Math.floor(from_ms / HOUR_MS) * HOUR_MS;
  const out: HourTallies[] = [];
  for (const [at, hour] of hours ?? []) if (at >= start && at < to_ms) out.push(hour);
  return out;
}

/** Several series as one. */
export function merged(series: SeriesHours, chosen: (key: readonly string[]) => boolean) {
  const out = new Map<number, Map<RollupMetricName, Tally>>();
  for (const [key, hours] of series) {
    if (!chosen(seriesParts(key))) continue;
    for (const [at, hour] of hours) {
      const sum = out.get(at) ?? new Map<RollupMetricName, Tally>();
      out.set(at, sum);
      for (const [metric, tally] of hour) {
        const known = sum.get(metric) ?? new Tally(metric);
        sum.set(metric, known);
        known.merge(tally);
      }
    }
  }
  return out;
}
