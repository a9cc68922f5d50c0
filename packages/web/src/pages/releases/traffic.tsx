/** The two versions over time: p95 of both, and the share of traffic that the newer one takes. */
import { useMemo } from 'react';
import { type ReleaseView, seriesOf, useKpis, valuesOf } from '../../api/index.ts';
import { ChartCell, type Series, useKpiChart, useMarks } from '../../charts/index.ts';
import { inSteps, stepOf } from '../../url/index.ts';

const POINTS = 40;
const HEIGHT = 108;
const seconds = (value: number): string => value.toFixed(1);

function useBoth(view: ReleaseView) {
  const [from_ms, to_ms] = [Date.parse(view.window.from), Date.parse(view.window.to)];
  const window = useMemo(
    () => inSteps({ from_ms, to_ms, compare: 'off' }, stepOf({ from_ms, to_ms }, POINTS)),
    [from_ms, to_ms],
  );
  const [workload] = view.workloads;
  const filters = useMemo(() => (workload ? [`workload=${workload}`] : []), [workload]);
  const result = useKpis({
    metrics: ['latency_p95_ms', 'requests'],
    by: ['model_version'],
    filters,
    window,
    compared: false,
  });
  const { onZoom: _, ...chart } = useKpiChart(result, filters);
  return { result, chart };
}

export function Latency({ view }: { view: ReleaseView }) {
  const { result, chart } = useBoth(view);
  const { version, against } = view;
  const series = useMemo((): Series[] => {
    const line = (name: string) =>
      valuesOf(seriesOf(result.now, 'latency_p95_ms', { model_version: name }), 1 / 1000);
    const mine: Series = { name: version, values: line(version), colour: 'ink', weight: 'subject' };
    const theirs: Series[] =
      against === null || !view.before.beside
        ? []
        : [{ name: against, values: line(against), colour: 'pencil-line' }];
    return [mine, ...theirs];
  }, [result.now, version, against, view.before.beside]);
  return (
    <ChartCell
      {...chart}
      marks={useMarks(view.workloads[0], result.window)}
      title="p95 latency"
      level={2}
      unit="s"
      series={series}
      height={HEIGHT}
      format={seconds}
      gutter={112}
      now_ms={Date.parse(view.window.to)}
    />
  );
}

export function TrafficShare({ view }: { view: ReleaseView }) {
  const { result, chart } = useBoth(view);
  const series = useMemo((): Series[] => {
    const all = (result.now?.series ?? []).filter((one) => one.metric === 'requests');
    const own = all.find((one) => one.key.model_version === view.version);
    const values = (result.now?.times ?? []).map((_, at) => {
      const sum = all.reduce((total, one) => total + (one.values[at] ?? 0), 0);
      return sum === 0 ? null : ((own?.values[at] ?? 0) / sum) * 100;
    });
    return [{ name: view.version, values, colour: 'ink' }];
  }, [result.now, view.version]);
  return (
    <ChartCell
      {...chart}
      marks={useMarks(view.workloads[0], result.window)}
      title="Share of traffic"
      level={2}
      unit="%"
      series={series}
      height={HEIGHT}
      scale={{ min: 0, max: 100 }}
      format={(value) => String(Math.round(value))}
      gutter={36}
      now_ms={Date.parse(view.window.to)}
    />
  );
}
