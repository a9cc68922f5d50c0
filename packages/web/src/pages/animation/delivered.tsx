/** The hero: delivered FPS by region under what is produced, with the band that the objective allows. */
import { useMemo, useState } from 'react';
import { seriesOf, useKpis, valuesOf } from '../../api/index.ts';
import {
  ChartCell,
  HERO_PX,
  LegendTable,
  linesBy,
  linesOf,
  type Mark,
  REST,
  type Series,
  useKpiChart,
} from '../../charts/index.ts';
import { Cell, Cells, Head } from '../../parts/sheet.tsx';

/** Delivered may lie this share under produced. */
const ALLOWED = 0.2;
const OBJECTIVE_FPS = 24;
const METRICS = ['delivered_fps', 'produced_fps'] as const;
const FILTERS = ['workload=animation'] as const;
const fps = (value: number): string => value.toFixed(1);
const last = ({ values }: Series): number | null => values.findLast((value) => value !== null) ?? null;

export function Delivered({ marks }: { marks: readonly Mark[] }) {
  const all = useKpis({ metrics: METRICS, filters: FILTERS });
  const regions = useKpis({ metrics: ['delivered_fps'], by: ['region'], filters: FILTERS });
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const produced = useMemo(() => valuesOf(seriesOf(all.now, 'produced_fps')), [all.now]);
  const limit = useMemo(
    () => produced.map((value) => (value === null ? null : value * (1 - ALLOWED))),
    [produced],
  );
  const { now, before } = regions;
  const series = useMemo((): Series[] => {
    const lines = linesOf({ now, before }, linesBy(now, 'delivered_fps', 'region'));
    const worst = lines.toSorted((a, b) => (last(a) ?? 99) - (last(b) ?? 99))[0]?.name;
    return [
      { name: 'produced', values: produced, colour: REST },
      ...lines.map(
        ({ ghost, ...line }): Series =>
          line.name === worst
            ? { ...line, weight: 'subject', ...(ghost ? { ghost } : {}) }
            : { ...line, weight: 'context' },
      ),
    ];
  }, [now, before, produced]);
  const worst = series.find((one) => one.weight === 'subject')?.name;
  const chart = useKpiChart(regions);
  return (
    <Cells columns="minmax(0, 1fr) 396px">
      <ChartCell
        {...chart}
        title="Delivered and produced"
        unit="FPS, mean of playing seconds"
        end={<span className="hide-s">band: up to 20 % under produced</span>}
        level={2}
        series={series}
        hidden={hidden}
        format={fps}
        scale="free"
        height={HERO_PX}
        marks={marks}
        markLabels
        bands={[{ low: limit, high: produced }]}
        {...(worst === undefined ? {} : { breach: { series: worst, limit, side: 'under' as const } })}
        objective={{ value: OBJECTIVE_FPS, label: 'objective 24' }}
      />
      <Cell flush>
        <Head alone title="By region" />
        <LegendTable
          title="Delivered"
          times={chart.times}
          step_ms={chart.step_ms}
          series={series}
          format={fps}
          latest={last}
          hidden={hidden}
          onHide={hide}
          selected={worst ?? null}
        />
      </Cell>
    </Cells>
  );
}
