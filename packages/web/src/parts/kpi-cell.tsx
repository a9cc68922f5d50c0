/** A key figure: what it is, how much, the difference in words, its line with the ghost of then. */
import type { KpiName } from '@pegbar/contract/words';
import { Link } from 'wouter';
import { Spark } from '../charts/spark.tsx';
import type { Values } from '../charts/types.ts';
import { differenceWords, FEW, formatN, kpiFigure } from '../format/index.ts';
import css from './kpi-cell.module.css';

export interface KpiCellProps {
  readonly metric: KpiName;
  readonly label: string;
  readonly value: number | null | undefined;
  /** What the value rests on: few observations make it grey. */
  readonly n?: number;
  readonly then?: number | null | undefined;
  /** Names the baseline: `yesterday`, `the 6 h before`, `v6`. Without it nothing is compared. */
  readonly than?: string | undefined;
  readonly values?: Values | undefined;
  readonly ghost?: Values | undefined;
  readonly href?: string;
}

export function KpiCell(props: KpiCellProps) {
  const { metric, value, n, than } = props;
  const { figure, unit } = kpiFigure(metric, value);
  const few = n !== undefined && n > 0 && n < FEW;
  const words = than === undefined ? '' : differenceWords(metric, value, props.then, than);
  const inside = (
    <>
      <span className={css.label}>{props.label}</span>
      <span className={few ? css.few : css.value}>
        {figure}
        {unit !== '' && <small>{unit}</small>}
      </span>
      <span className={css.words}>{few ? formatN(n) : words}</span>
      <span className={css.spark}>{props.values && <Spark values={props.values} ghost={props.ghost} />}</span>
    </>
  );
  return props.href === undefined ? (
    <div className={css.kpi}>{inside}</div>
  ) : (
    <Link className={css.kpi} href={props.href}>
      {inside}
    </Link>
  );
}

/** Six in a row; three on a tablet, two on a phone. */
export const KpiStrip = ({ children }: { children: React.ReactNode }) => (
  <div className={css.strip}>{children}</div>
);
