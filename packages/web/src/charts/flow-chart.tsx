/** A chart of figures of flow as pages want it: KpiChart for what is no KPI. */
import { useMemo } from 'react';
import { type FlowQuestion, type KpiResult, seriesOf, useFlow, valuesOf } from '../api/index.ts';
import { formatCount, significant } from '../format/index.ts';
import { useNear } from '../parts/near.ts';
import { ChartCell, type ChartCellProps } from './chart-cell.tsx';
import { type Colour, colourNames, REST, SERIES_MOST } from './colours.ts';
import { useKpiChart } from './kpi-chart.tsx';
import type { Series } from './types.ts';

export interface FlowLine {
  /** A figure of `of`: docs/api.md has their names. */
  readonly figure: string;
  readonly name: string;
  readonly colour: Colour;
  readonly key?: Readonly<Record<string, string>>;
  readonly weight?: Series['weight'];
  readonly bars?: boolean;
  readonly ghosted?: boolean;
}

export interface FlowChartProps
  extends Partial<Omit<ChartCellProps, 'title' | 'series' | 'times' | 'step_ms'>> {
  readonly title: string;
  readonly of: FlowQuestion['of'];
  /** A list, or a figure by the values of a dimension. */
  readonly lines: readonly FlowLine[] | { readonly figure: string; readonly by: string };
  readonly filters?: readonly string[];
  /** What the values are multiplied by before they are drawn. */
  readonly factor?: number;
}

const plain = (value: number): string =>
  Math.abs(value) >= 1000 ? formatCount(value) : significant(value, Math.abs(value) < 10 ? 2 : 3);

export function FlowChart({ of, lines, filters = [], factor = 1, ...rest }: FlowChartProps) {
  const by = 'by' in lines ? lines.by : undefined;
  const [anchor, near] = useNear();
  const result = useFlow({ of, filters, enabled: near, ...(by === undefined ? {} : { by: [by] }) });
  const { now, before } = result;
  const series = useMemo(
    () => flowSeries({ now, before }, 'by' in lines ? linesBy(now, lines.figure, lines.by) : lines, factor),
    [now, before, lines, factor],
  );
  return (
    <ChartCell
      format={plain}
      {...rest}
      {...useKpiChart(result, filters)}
      {...(near ? {} : { loading: true })}
      anchor={anchor}
      series={series}
    />
  );
}

type Tables = Pick<KpiResult<string>, 'now' | 'before'>;

export const flowSeries = ({ now, before }: Tables, lines: readonly FlowLine[], factor = 1): Series[] =>
  lines.map((line): Series => {
    const earlier = seriesOf(before, line.figure, line.key);
    const then = earlier && valuesOf(earlier, factor);
    return {
      name: line.name,
      colour: line.colour,
      ...(line.weight ? { weight: line.weight } : {}),
      ...(line.bars ? { bars: true } : {}),
      values: valuesOf(seriesOf(now, line.figure, line.key), factor),
      ...(then && (line.ghosted === false ? { earlier: then } : { ghost: then })),
    };
  });

/** A line per value of a dimension: the five with the most observations. */
function linesBy(table: Tables['now'], figure: string, dimension: string): FlowLine[] {
  const sum = (ns: readonly number[]): number => ns.reduce((total, n) => total + n, 0);
  const names = (table?.series ?? [])
    .filter((one) => one.metric === figure && one.key[dimension] !== '' && sum(one.ns) > 0)
    .sort((a, b) => sum(b.ns) - sum(a.ns))
    .slice(0, SERIES_MOST)
    .map((one) => one.key[dimension] ?? '');
  const colours = colourNames([...names].sort());
  return names.map((name) => ({
    figure,
    name,
    colour: colours.get(name) ?? REST,
    key: { [dimension]: name },
    ghosted: false,
  }));
}
