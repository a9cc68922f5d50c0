/** Numbers, times and words. */
export { type ChartUnit, chartUnit, differenceWords, formatKpi, kpiFigure } from './kpi.ts';
export {
  FEW,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatN,
  formatPercent,
  percentFigure,
  signed,
  significant,
  UNKNOWN,
  wholePercent,
} from './numbers.ts';
export {
  clock,
  clockFine,
  dayOf,
  formatAgo,
  formatSpan,
  formatTime,
  iso,
  offsetMs,
  partsOf,
  type Zone,
} from './time.ts';
