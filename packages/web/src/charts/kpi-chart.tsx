/** A chart of KPIs as most pages want it: asked, scaled, named and marked by what the contract says about them. */
import type { KpiName } from '@pegbar/contract/words';
import { useMemo } from 'react';
import { type KpiResult, type KpiTable, seriesOf, useKpis, valuesOf } from '../api/index.ts';
import { chartUnit } from '../format/index.ts';
import { useNear } from '../parts/near.ts';
import { useContextState, useNow } from '../url/index.ts';
import { ChartCell, type ChartCellProps } from './chart-cell.tsx';
import { type Colour, colourNames, REST, SERIES_MOST } from './colours.ts';
import type { Mark } from './geometry.ts';
import type { Series, TimeChartProps } from './types.ts';
import { useExplain } from './use-explain.ts';

/** One line: a metric, or a metric of one key. */
export interface KpiLine {
  readonly metric: KpiName;
  readonly name: string;
  readonly colour: Colour;
  readonly key?: Readonly<Record<string, string>>;
  readonly weight?: Series['weight'];
  readonly bars?: boolean;
  /** false: its baseline is told but not drawn of itself. */
  readonly ghosted?: boolean;
}

/** Lines of a table of KPIs, with their ghosts; in the unit of the first metric. */
export function linesOf(result: Pick<KpiResult, 'now' | 'before'>, lines: readonly KpiLine[]): Series[] {
  return lines.map((line): Series => {
    const { scale } = chartUnit(line.metric);
    const before = seriesOf(result.before, line.metric, line.key);
    const then = before && valuesOf(before, scale);
    const ghost = then && (line.ghosted === false ? { earlier: then } : { ghost: then });
    return {
      name: line.name,
      colour: line.colour,
      ...(line.weight ? { weight: line.weight } : {}),
      ...(line.bars ? { bars: true } : {}),
      values: valuesOf(seriesOf(result.now, line.metric, line.key), scale),
      ...ghost,
    };
  });
}

/** A line per value of a dimension: the five with the most observations, in their own colours. */
export function linesBy(table: KpiTable | undefined, metric: KpiName, dimension: string): KpiLine[] {
  const sum = (ns: readonly number[]): number => ns.reduce((total, n) => total + n, 0);
  const all = (table?.series ?? [])
    .filter((one) => one.metric === metric && one.key[dimension] !== '' && sum(one.ns) > 0)
    .sort((a, b) => sum(b.ns) - sum(a.ns));
  const names = all.slice(0, SERIES_MOST).map((one) => one.key[dimension] ?? '');
  const colours = colourNames([...names].sort());
  return names.map((name) => ({
    metric,
    name,
    colour: colours.get(name) ?? REST,
    key: { [dimension]: name },
  }));
}

export interface KpiChartProps
  extends Partial<Omit<ChartCellProps, 'title' | 'series' | 'times' | 'step_ms'>> {
  readonly title: string;
  readonly lines: readonly KpiLine[] | { readonly metric: KpiName; readonly by: string };
  /** Beside those of the context bar. */
  readonly filters?: readonly string[];
  readonly marks?: readonly Mark[];
  /** Words of the unit, where the contract's are not enough: `%, by GPU type`. */
  readonly unit?: string;
  /** Where the values should lie, in the unit of the chart. */
  readonly allowed?: { readonly low: number; readonly high: number };
}

export function KpiChart({ lines, filters = [], allowed, ...rest }: KpiChartProps) {
  const by = 'by' in lines ? lines.by : undefined;
  const metrics = useMemo(
    () => ('by' in lines ? [lines.metric] : [...new Set(lines.map((line) => line.metric))]),
    [lines],
  );
  const [anchor, near] = useNear();
  const result = useKpis({ metrics, filters, enabled: near, ...(by === undefined ? {} : { by: [by] }) });
  const { now, before } = result;
  const series = useMemo(
    () => linesOf({ now, before }, 'by' in lines ? linesBy(now, lines.metric, lines.by) : lines),
    [now, before, lines],
  );
  const { unit, format } = chartUnit(metrics[0]!);
  const bands = useMemo(() => {
    const length = now?.times.length ?? 0;
    return allowed && [{ low: Array(length).fill(allowed.low), high: Array(length).fill(allowed.high) }];
  }, [allowed, now]);
  return (
    <ChartCell
      unit={unit}
      format={format}
      {...(bands ? { bands } : {})}
      {...(unit === '%' ? { most: 100 } : {})}
      {...rest}
      {...useKpiChart(result, filters)}
      {...(near ? {} : { loading: true })}
      anchor={anchor}
      series={series}
    />
  );
}

/** What a chart of an answer is given beside its series: axis, states, zoom. */
export function useKpiChart(
  result: KpiResult<string>,
  /** Those of the question, beside the context bar's: a box over the chart is compared among the rows it is of. */
  filters: readonly string[],
): Omit<ChartCellProps, 'title' | 'series'> {
  const zoom = useZoom();
  const explain = useExplain(filters);
  const now_ms = useNow();
  return {
    ...zoom,
    onExplain: (from_ms, to_ms) => explain({ from_ms, to_ms }, result.window),
    times: result.now?.times ?? [],
    step_ms: result.window.step_ms,
    now_ms,
    source: result.now?.source,
    loading: result.loading,
    refreshing: result.refreshing,
    error: result.error,
    onRetry: result.retry,
  };
}

/** Dragging over a chart takes its range for the page; Escape and Back return from it. */
export function useZoom(): Pick<TimeChartProps, 'onZoom'> {
  const [, change] = useContextState();
  return useMemo(
    () => ({
      onZoom: (from_ms: number, to_ms: number) =>
        change({ range: { from: new Date(from_ms).toISOString(), to: new Date(to_ms).toISOString() } }, true),
    }),
    [change],
  );
}
