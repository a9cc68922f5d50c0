/** Six figures that say whether it is healthy, each against its baseline. */
import type { KpiName } from '@pegbar/contract/words';
import { seriesOf, totalOf, useKpis } from '../../api/index.ts';
import { KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { compareWords, lastOf, useContextState, useWindow } from '../../url/index.ts';

const OF_ALL: readonly (readonly [KpiName, string])[] = [
  ['requests', 'Requests'],
  ['availability', 'Success'],
  ['delivered_fps', 'Delivered FPS'],
  ['acceptance_rate', 'Accepted'],
  ['cost_per_1k_images_usd', 'Per 1K images'],
];
const METRICS = OF_ALL.map(([metric]) => metric);
const SINGLE = { metrics: ['latency_p95_ms'], filters: ['workload=single_image'] } as const;
const SPARK_POINTS = 30;

export function KeyFigures() {
  const [{ compare, range }] = useContextState();
  // A line the size of a word tells some thirty points apart, and hours are answered at once.
  const window = useWindow(SPARK_POINTS);
  const all = useKpis({ metrics: METRICS, window });
  const totals = useKpis({ metrics: METRICS, as: 'total' });
  const single = useKpis({ ...SINGLE, window });
  const singleTotal = useKpis({ ...SINGLE, as: 'total' });
  const words = compareWords(compare, lastOf(range));
  const than = compare === 'off' ? undefined : compare === 'day' ? 'yesterday' : words;
  if (all.error && !all.now) return <Failed error={all.error} onRetry={all.retry} />;
  if (totals.loading || singleTotal.loading) return <Loading height={126} label="Key figures" />;
  const cell = (metric: KpiName, label: string, series = all, total = totals) => {
    const { value, n } = totalOf(total.now, metric);
    return (
      <KpiCell
        key={label}
        {...{ metric, label, value, n, than }}
        then={totalOf(total.before, metric).value}
        values={seriesOf(series.now, metric)?.values}
        ghost={seriesOf(series.before, metric)?.values}
      />
    );
  };
  const [requests, success, ...rest] = OF_ALL.map(([metric, label]) => cell(metric, label));
  return (
    <Sheet label="Key figures">
      <KpiStrip>
        {requests}
        {success}
        {cell('latency_p95_ms', 'Single image p95', single, singleTotal)}
        {rest}
      </KpiStrip>
    </Sheet>
  );
}
