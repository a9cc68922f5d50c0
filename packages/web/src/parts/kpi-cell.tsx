/** A key figure: what it is, how much, the difference in words, its line with the ghost of then. */
import type { KpiName } from '@pegbar/contract/words';
import { Link } from 'wouter';
import { classes } from '../base/classes.ts';
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

interface FigureCellProps {
  readonly label: string;
  readonly figure: string;
  readonly unit?: string;
  /** What the figure means, or how it differs. */
  readonly words?: string;
  readonly status?: 'warn' | 'crit' | undefined;
  readonly values?: Values | undefined;
  readonly ghost?: Values | undefined;
}
/** A figure that is no KPI, in the same strip. */
export const FigureCell = ({ label, figure, unit, words, status, values, ghost }: FigureCellProps) => (
  <div className={css.kpi}>
    <span className={css.label}>{label}</span>
    <span className={classes(css.value, status)}>
      {figure}
      {unit !== undefined && <small>{unit}</small>}
    </span>
    <span className={css.words}>{words}</span>
    {values && (
      <span className={css.spark}>
        <Spark values={values} ghost={ghost} />
      </span>
    )}
  </div>
);

/** Six in a row; three on a tablet, two on a phone. */
export const KpiStrip = ({ children }: { children: React.ReactNode }) => (
  <div className={css.strip}>{children}</div>
);
