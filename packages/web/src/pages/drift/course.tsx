/** The days before and since: where it left its course, with what was deployed. */
import type { KpiName } from '@pegbar/contract/words';
import { useMemo } from 'react';
import { type DriftAnswer, type DriftCandidate, type DriftSeries, useKpis } from '../../api/index.ts';
import { ChartCell, linesOf, type Mark, useKpiChart } from '../../charts/index.ts';
import { chartUnit } from '../../format/index.ts';
import { Sheet } from '../../parts/sheet.tsx';
import { DAY, inSteps, stepOf } from '../../url/index.ts';
import { nameOfChange } from './words.ts';

/** The figure over time that a metric of drift is drawn as, where there is one. */
const KPI_OF: Readonly<Record<string, readonly [KpiName, string]>> = {
  latency_ms: ['latency_p50_ms', 'p50'],
  queue_wait_ms: ['queue_wait_p95_ms', 'p95'],
  error_rate: ['error_rate', 'failed'],
  delivered_fps: ['delivered_fps', 'delivered'],
  cost_per_1k_images_usd: ['cost_per_1k_images_usd', 'cost'],
  aesthetic: ['aesthetic_mean', 'mean'],
  clip_i: ['clip_i_mean', 'mean'],
  style_distance: ['style_distance_mean', 'mean'],
  face_ok: ['face_ok_rate', 'accepted'],
  acceptance: ['acceptance_rate', 'accepted'],
  nsfw: ['nsfw_rate', 'flagged'],
  blocked: ['policy_block_rate', 'blocked'],
};
/** Days before the change that show what is usual. */
const LEAD_MS = 7 * DAY;
const POINTS = 90;
const GUTTER_PX = 76;
const RELEASES: ReadonlySet<string> = new Set(['model', 'lora', 'pipeline']);

export function Course({ answer, series }: { answer: DriftAnswer; series: DriftSeries }) {
  const known = KPI_OF[series.metric];
  return known ? <Known {...{ answer, series }} kpi={known[0]} name={known[1]} /> : null;
}

interface KnownProps {
  readonly answer: DriftAnswer;
  readonly series: DriftSeries;
  readonly kpi: KpiName;
  readonly name: string;
}
function Known({ answer, series, kpi, name }: KnownProps) {
  const { from, to } = answer;
  const { against } = series;
  const since = series.since ? Date.parse(series.since) : Date.parse(from);
  const start = against === null ? Math.min(since, Date.parse(from)) : since;
  const window = useMemo(() => {
    // A version begins with itself: beside it is drawn the one before.
    const compare = against === null ? ('off' as const) : (`release:${against}` as const);
    const asked = { from_ms: start - (against === null ? LEAD_MS : 0), to_ms: Date.parse(to), compare };
    return inSteps(asked, stepOf(asked, POINTS));
  }, [start, to, against]);
  const metrics = useMemo(() => [kpi], [kpi]);
  const result = useKpis({ metrics, window });
  const chart = useKpiChart(result, []);
  const { unit, format } = chartUnit(kpi);
  const lines = linesOf(result, [{ metric: kpi, name, colour: 'ink', weight: 'subject' }]);
  const causes = [...(series.cause ? [series.cause] : []), ...(series.alternatives ?? [])];
  return (
    <Sheet label="Day by day">
      <ChartCell
        {...chart}
        title={against === null ? 'Before and since' : 'Since it came'}
        level={2}
        unit={unit}
        format={format}
        series={lines}
        gutter={GUTTER_PX}
        marks={causes.map(markOf)}
        markLabels
        {...(unit === '%' ? { most: 100 } : {})}
      />
    </Sheet>
  );
}

const markOf = (one: DriftCandidate): Mark => ({
  at_ms: Date.parse(one.timestamp),
  kind: RELEASES.has(one.kind) ? 'release' : 'change',
  label: nameOfChange(one),
});
