/** Charts. Over time: TimeChart in a ChartCell; its figures in a LegendTable. Small ones are SVG. */
export { ChartCell, type ChartCellProps } from './chart-cell.tsx';
export { type Colour, colourNames, RANK_COLOURS, REST, SERIES_MOST, STAGE_COLOURS } from './colours.ts';
export { Distribution } from './distribution.tsx';
export { FlowChart, type FlowLine, flowSeries } from './flow-chart.tsx';
export type { Mark } from './geometry.ts';
export { Heatmap } from './heatmap.tsx';
export { hover } from './hover.ts';
export {
  KpiChart,
  type KpiChartProps,
  type KpiLine,
  linesBy,
  linesOf,
  useKpiChart,
  useZoom,
} from './kpi-chart.tsx';
export { LatencyHeatmap } from './latency-heatmap.tsx';
export { Diamond, Peg, SIDES_PX } from './layer.tsx';
export { Key, type LegendColumn, LegendTable } from './legend-table.tsx';
export { useMarks } from './marks.ts';
export { Spark } from './spark.tsx';
export { CHART_PX, HERO_PX, TimeChart } from './time-chart.tsx';
export type { Band, Exemplar, Series, TimeChartProps, Values } from './types.ts';
export { useExplain } from './use-explain.ts';
