/** What a monitor means: its metric, its rows, how often it is looked at. */
import { ok, type Result } from '../../base/result.ts';
import { type Condition, type ExploreError, parseFilters, refused } from '../../explore/index.ts';
import { divisionOf, groupingOf } from '../answers.ts';
import type { TestOptions } from '../engine.ts';
import { type DriftMetric, metricNamed } from '../metrics.ts';
import type { Grouping } from '../read.ts';
import { HOUR_MS } from '../series.ts';
import { type Baseline, readBaseline, readWindow, type Window } from '../windows.ts';
import type { BudgetRule } from './budget.ts';
import type { DriftMonitor } from './monitors.ts';

export interface Plan {
  readonly metric: DriftMetric;
  readonly grouping: Grouping;
  readonly conditions: readonly Condition[];
  readonly baseline: Baseline;
  readonly excluded: readonly Window[];
  readonly window_ms: number;
  /** Between looks. Looks end on multiples of it, so that a restart changes nothing. */
  readonly every_ms: number;
  readonly persistence: number;
  readonly budget: BudgetRule;
  readonly options: TestOptions;
}

const DAY_MS = 24 * HOUR_MS;
/** Looks a window: what two looks have in common is then at most seven eighths. */
const LOOKS_A_WINDOW = 8;
/** Hours between looks that divide a day. */
const STEPS_H = [12, 8, 6, 4, 3, 2, 1] as const;

/** Hours between looks at a window of so many hours: 1 up to 15, 3 of a day, 12 of a week. */
export const hoursBetween = (window_hours: number): number =>
  STEPS_H.find((step) => step * LOOKS_A_WINDOW <= window_hours) ?? 1;

export function planOf(spec: DriftMonitor): Result<Plan, ExploreError> {
  const metric = metricNamed(spec.metric);
  if (!metric) return refused('invalid_request', `there is no metric ${spec.metric}`, { field: 'metric' });
  const conditions = parseFilters(spec.filter);
  if (!conditions.ok) return conditions;
  const baseline = readBaseline(spec.baseline);
  if (!baseline.ok) return baseline;
  const by = divisionOf({ by: spec.segments, baseline: baseline.value });
  const grouping = groupingOf({ metric: metric.name, by, conditions: conditions.value });
  if (!grouping.ok) return grouping;
  const window_ms = spec.window_hours * HOUR_MS;
  const every_ms = hoursBetween(spec.window_hours) * HOUR_MS;
  const period_ms = Math.max(DAY_MS, Math.ceil(window_ms / DAY_MS) * DAY_MS);
  const { minimum_n: leastObservations, least_effect: leastEffect, persistence } = spec;
  return ok({
    metric,
    grouping: grouping.value,
    conditions: conditions.value,
    baseline: baseline.value,
    excluded: spec.exclude.map(readWindow).filter((one): one is Window => one !== undefined),
    window_ms,
    every_ms,
    persistence,
    budget: { alpha: spec.alpha, period_ms, looks: period_ms / every_ms },
    options: { leastObservations, ...(leastEffect === undefined ? {} : { leastEffect }) },
  });
}

/** The end of the last look that is due at `now_ms`. */
export const lastLook = ({ every_ms }: Pick<Plan, 'every_ms'>, now_ms: number): number =>
  Math.floor(now_ms / every_ms) * every_ms;
