/** How long the requests of a workload take: one chart that Single image and Batch panels share. */
import { useMemo } from 'react';
import { type Example, useKpis } from '../api/index.ts';
import { type KpiLine, linesOf, RANK_COLOURS, useKpiChart } from '../charts/index.ts';
import { formatCount, formatDuration } from '../format/index.ts';
import { useExemplars } from './use-exemplars.ts';

export const LATENCY_LINES: KpiLine[] = [
  { metric: 'latency_p99_ms', name: 'p99', colour: RANK_COLOURS.p99 },
  { metric: 'latency_p95_ms', name: 'p95', colour: RANK_COLOURS.p95, weight: 'subject' },
  { metric: 'latency_p50_ms', name: 'p50', colour: RANK_COLOURS.p50, ghosted: false },
];
export const LOST_LINES: KpiLine[] = [
  { metric: 'timeout_rate', name: 'timeouts', colour: 'series-4', bars: true, ghosted: false },
  { metric: 'oom_rate', name: 'OOM', colour: 'series-1', bars: true, ghosted: false },
];
const METRICS = LATENCY_LINES.map((line) => line.metric);
const ONE_S = 1 / 1000;

export const secondsText = (value: number): string =>
  value >= 1000 ? formatCount(value) : value.toFixed(value < 10 ? 2 : 1);
const labelOf = (one: Example): string =>
  `${formatDuration(one.value)}, ${one.model_version || one.request_id}`;

/** Properties of a `ChartCell`: p50, p95 and p99 from end to end in seconds, the slowest requests as diamonds. */
export function useLatencyChart(filters: readonly string[]) {
  const all = useKpis({ metrics: METRICS, filters });
  const { now, before } = all;
  const series = useMemo(() => linesOf({ now, before }, LATENCY_LINES), [now, before]);
  const chart = useKpiChart(all, filters);
  const { exemplars } = useExemplars({
    of: 'requests',
    filters,
    // In the steps of the chart, which are known with its answer.
    step_ms: now ? chart.step_ms : 0,
    factor: ONE_S,
    label: labelOf,
  });
  return { ...chart, series, exemplars, format: secondsText };
}
