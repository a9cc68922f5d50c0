/** Six figures that say whether it is healthy, each against its baseline, each with its own answer. */
import type { KpiName } from '@pegbar/contract/words';
import { seriesOf, totalOf, useKpis } from '../../api/index.ts';
import { KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { compareWords, lastOf, useContextState, useWindow } from '../../url/index.ts';

interface FigureProps {
  readonly metric: KpiName;
  readonly label: string;
  readonly filters?: readonly string[];
}
const SINGLE = ['workload=single_image'] as const;
const FIGURES: readonly FigureProps[] = [
  { metric: 'requests', label: 'Requests' },
  { metric: 'availability', label: 'Success' },
  { metric: 'latency_p95_ms', label: 'Single image p95', filters: SINGLE },
  { metric: 'delivered_fps', label: 'Delivered FPS' },
  { metric: 'acceptance_rate', label: 'Accepted' },
  { metric: 'cost_per_1k_images_usd', label: 'Per 1K images' },
];
const SPARK_POINTS = 30;

/** Cells that stand from the beginning; their figures are asked for once `enabled`. */
export const KeyFigures = ({ enabled }: { enabled: boolean }) => (
  <Sheet label="Key figures">
    <KpiStrip>
      {FIGURES.map((one) => (
        <Figure key={one.label} {...one} enabled={enabled} />
      ))}
    </KpiStrip>
  </Sheet>
);

/** Asked with the others in one request; what one of them cannot be asked takes nothing from the others. */
function Figure({ metric, label, filters, enabled }: FigureProps & { enabled: boolean }) {
  const [{ compare, range }] = useContextState();
  // A line the size of a word tells some thirty points apart, and hours are answered at once.
  const window = useWindow(SPARK_POINTS);
  const asked = { metrics: [metric], enabled, ...(filters ? { filters } : {}) };
  const series = useKpis({ ...asked, window });
  const total = useKpis({ ...asked, as: 'total' });
  const words = compareWords(compare, lastOf(range));
  const than = compare === 'off' ? undefined : compare === 'day' ? 'yesterday' : words;
  const { value, n } = totalOf(total.now, metric);
  return (
    <KpiCell
      {...{ metric, label, value, n, than }}
      then={total.before && totalOf(total.before, metric).value}
      values={seriesOf(series.now, metric)?.values}
      ghost={seriesOf(series.before, metric)?.values}
      loading={total.loading || (!enabled && total.now === undefined)}
      error={total.error}
      onRetry={total.retry}
    />
  );
}
