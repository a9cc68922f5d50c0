/** The shift of a series with its interval, on a line of which the middle is "as before". */
import type { DriftSeries } from '../../api/index.ts';
import { Interval } from '../../parts/interval-row.tsx';
import { driftStatus, intervalOf, intervalWords, shiftWords } from './words.ts';

const STATUS = { better: 'ok', warn: 'warn', none: undefined } as const;

/** How far the interval reaches from "as before". */
export const reachOf = (series: DriftSeries): number =>
  Math.max(0, ...(intervalOf(series) ?? []).map(Math.abs));

/** `reach`: both ends of the line; several on the same line share one. */
export function ShiftInterval({ series, reach }: { series: DriftSeries; reach: number }) {
  const ends = intervalOf(series);
  if (ends === null || series.shift === null || !(reach > 0)) return null;
  return (
    <Interval
      value={series.shift}
      low={ends[0]}
      high={ends[1]}
      min={-reach}
      max={reach}
      status={STATUS[driftStatus(series)]}
      label={`${shiftWords(series)}, ${intervalWords(series)}; the line is as before`}
    />
  );
}
