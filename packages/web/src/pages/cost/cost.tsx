/** Cost: what a thousand images and an accepted one cost, where the GPU-hours go, by model, tenant and workload. */
import { useMemo } from 'react';
import { type KpiResult, seriesOf, totalOf, useDeployments, useKpis } from '../../api/index.ts';
import {
  ChartCell,
  type KpiLine,
  linesBy,
  linesOf,
  type Mark,
  useKpiChart,
  useMarks,
} from '../../charts/index.ts';
import { formatCount, formatMoney } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { KpiCell, KpiStrip } from '../../parts/kpi-cell.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { lastOf, thanWords, useContextState, useParameter, useWindow } from '../../url/index.ts';
import { CostTable } from './cost-table.tsx';
import { costHeadline, costRows, METRICS, releaseHeadline } from './figures.ts';

const WAYS = [
  ['model_version', 'Model'],
  ['tenant', 'Tenant'],
  ['workload', 'Workload'],
] as const;
type Way = (typeof WAYS)[number][0];
const LABELS = {
  cost_usd: 'Cost',
  cost_per_1k_images_usd: 'Per 1K images',
  cost_per_accepted_image_usd: 'Per accepted image',
  images: 'Images',
  gpu_hours: 'GPU-hours',
  gpu_hours_per_1k_images: 'GPU-hours per 1K images',
} as const;
const GUTTER = 128;
/** On a phone's width more bars than this are hairs; elsewhere as many as usual. */
const PHONE_BARS = 28;
const barsHere = (): number | undefined => (innerWidth < 720 ? PHONE_BARS : undefined);

export function Page() {
  const [{ compare, range }] = useContextState();
  const [asked, choose] = useParameter('by');
  const way: Way = WAYS.find(([id]) => id === asked)?.[0] ?? 'model_version';
  const all = useKpis({ metrics: METRICS });
  const totals = useKpis({ metrics: METRICS, as: 'total' });
  const series = useKpis({ metrics: METRICS, by: [way], window: useWindow(barsHere()) });
  const parts = useKpis({ metrics: METRICS, by: [way], as: 'total' });
  const marks = useMarks();
  const than = thanWords(compare, lastOf(range));
  const rows = useMemo(() => costRows(parts, series, way), [parts, series, way]);
  const deployments = useDeployments().data;
  const usual = costHeadline(totals, than ?? 'before');
  const words = usual && {
    ...usual,
    ...(way === 'model_version' ? releaseHeadline(rows, deployments ?? []) : {}),
  };
  const nothing =
    totals.now !== undefined && !totals.refreshing && (totalOf(totals.now, 'cost_usd').value ?? 0) === 0;
  return (
    <>
      <PageHead title={words?.title ?? 'Cost'} {...(words ? { sentence: words.sentence } : {})} />
      {nothing && (totalOf(totals.now, 'images').value ?? 0) === 0 ? (
        <Nothing
          what="costs"
          hint="A cost comes with a stage (metrics.cost_usd), or is its GPU seconds times the price of the GPU type that this server was given."
        />
      ) : (
        <>
          <Figures all={all} totals={totals} than={than && 'before'} />
          <Sheet label="Cost over time">
            <Head
              alone
              title="Over time"
              end={<Segmented label="By" value={way} choices={WAYS} onChange={choose} />}
            />
            <Charts series={series} way={way} marks={marks} />
          </Sheet>
          <Sheet label="Where the money goes">
            <Head alone title="Where the money goes" unit={`by ${wayWords(way)}, this range`} />
            {parts.loading && <Loading height={220} label="Cost" />}
            {!parts.loading && parts.error !== null && rows.length === 0 && (
              <Failed error={parts.error} onRetry={parts.retry} />
            )}
            {rows.length > 0 && <CostTable rows={rows} way={way} title={wayWords(way)} than={than} />}
          </Sheet>
        </>
      )}
    </>
  );
}

const wayWords = (way: Way): string =>
  ({ model_version: 'model', tenant: 'tenant', workload: 'workload' })[way];

function Figures({ all, totals, than }: { all: KpiResult; totals: KpiResult; than: string | undefined }) {
  if (totals.error && !totals.now)
    return (
      <Sheet label="Key figures">
        <Failed error={totals.error} onRetry={totals.retry} />
      </Sheet>
    );
  if (totals.loading) return <Loading height={126} label="Key figures" />;
  return (
    <Sheet label="Key figures">
      <KpiStrip>
        {(Object.keys(LABELS) as (keyof typeof LABELS)[]).map((metric) => {
          const { value, n } = totalOf(totals.now, metric);
          return (
            <KpiCell
              key={metric}
              {...{ metric, value, n, than }}
              label={LABELS[metric]}
              then={totals.before && totalOf(totals.before, metric).value}
              values={seriesOf(all.now, metric)?.values}
              ghost={seriesOf(all.before, metric)?.values}
            />
          );
        })}
      </KpiStrip>
    </Sheet>
  );
}

const CHARTS = [
  ['cost_per_1k_images_usd', 'Per 1K images', 'USD', false],
  ['cost_per_accepted_image_usd', 'Per accepted image', 'USD', false],
  ['cost_usd', 'Cost', 'USD', true],
  ['gpu_hours', 'GPU-hours', 'h', true],
] as const;

/** Ratios as lines with their ghosts, amounts as stacked bars: what adds up stands on each other. */
function Charts({ series, way, marks }: { series: KpiResult; way: Way; marks: readonly Mark[] }) {
  const chart = useKpiChart(series, []);
  const { now, before } = series;
  const drawn = useMemo(
    () =>
      CHARTS.map(([metric, , , stacked]) =>
        linesOf(
          { now, before },
          linesBy(now, metric, way).map(
            (line): KpiLine => (stacked ? { ...line, bars: true, ghosted: false } : line),
          ),
        ),
      ),
    [now, before, way],
  );
  return (
    <>
      {[0, 2].map((first) => (
        <Cells key={first} columns={2} ruled>
          {CHARTS.slice(first, first + 2).map(([metric, title, unit], at) => (
            <ChartCell
              key={metric}
              {...chart}
              title={title}
              unit={unit}
              series={drawn[first + at]!}
              marks={marks}
              gutter={GUTTER}
              height={180}
              format={small}
              tick={tickOf[unit]}
              empty="Nothing was paid for here in this range."
            />
          ))}
        </Cells>
      ))}
    </>
  );
}

/** Two digits at least: what stands in one gutter is read side by side. */
const small = (value: number): string => (value === 0 ? '0' : formatMoney(value).replace('$', ''));
/** Ticks are round: `5`, `0.05`, `20 bn`. */
const round = (value: number): string => (value < 1_000 ? String(value) : small(value));
const tickOf = {
  USD: round,
  h: (value: number) => (value < 1_000 ? String(value) : formatCount(value)),
} as const;
