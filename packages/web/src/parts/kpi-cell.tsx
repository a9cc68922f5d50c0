/** A key figure: what it is, how much, the difference in words, its line with the ghost of then. */
import type { KpiName } from '@pegbar/contract/words';
import { Link } from 'wouter';
import { ApiError } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { Spark } from '../charts/spark.tsx';
import type { Values } from '../charts/types.ts';
import { differenceWords, FEW, formatN, kpiFigure, UNKNOWN } from '../format/index.ts';
import { fieldWords } from '../url/index.ts';
import { Button } from './button.tsx';
import css from './kpi-cell.module.css';

export interface KpiCellProps {
  readonly metric: KpiName;
  readonly label: string;
  readonly value: number | null | undefined;
  /** What the value rests on: few observations make it grey. */
  readonly n?: number;
  /** null: nothing was then; undefined: it has not come yet, and nothing is said of it. */
  readonly then?: number | null | undefined;
  /** Names the baseline: `yesterday`, `the 6 h before`, `v6`. Without it nothing is compared. */
  readonly than?: string | undefined;
  readonly values?: Values | undefined;
  readonly ghost?: Values | undefined;
  readonly href?: string;
  /** Still asked for: the cell stands, its figure does not yet. */
  readonly loading?: boolean;
  /** Why there is no figure. */
  readonly error?: unknown;
  readonly onRetry?: () => void;
}

export function KpiCell(props: KpiCellProps) {
  const { metric, value, n, than } = props;
  if (props.loading === true) return <Empty label={props.label} />;
  if (props.error !== undefined && props.error !== null && value === null) return <Unanswered {...props} />;
  const { figure, unit } = kpiFigure(metric, value);
  const few = n !== undefined && n > 0 && n < FEW;
  const unsaid = than === undefined || (props.then === undefined && value !== null);
  const words = unsaid ? '' : differenceWords(metric, value, props.then, than);
  const inside = (
    <>
      <span className={css.label}>{props.label}</span>
      <span className={few ? css.few : css.value}>
        {figure}
        {unit !== '' && <small>{unit}</small>}
      </span>
      <span className={css.words}>{few ? formatN(n) : words}</span>
      {props.values !== undefined && (
        <span className={css.spark}>
          <Spark values={props.values} ghost={props.ghost} />
        </span>
      )}
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

/** Of the size that it will have. */
const Empty = ({ label }: { label: string }) => (
  <div className={css.kpi} role="status" aria-label={`${label} is loading`}>
    <span className={css.label}>{label}</span>
    <span className={css.value} />
    <span className={css.words} />
    <span className={css.spark} />
  </div>
);

/** A figure that has no answer says why, and the others stand. */
function Unanswered({ label, error, onRetry }: KpiCellProps) {
  const told = error instanceof ApiError ? error : null;
  const forGood = told !== null && told.status >= 400 && told.status < 500;
  // `delivered_fps cannot be filtered by outcome`: the figure is named above.
  const field = /(?:no field|filtered by) (\S+)/.exec(told?.message ?? '')?.[1];
  const why = field === undefined ? told?.message : `not told by ${fieldWords(field)}`;
  return (
    <div className={css.kpi}>
      <span className={css.label}>{label}</span>
      <span className={css.few}>{UNKNOWN}</span>
      <span className={css.words} title={told?.hint}>
        {forGood ? why : 'could not be loaded'}
      </span>
      {!forGood && onRetry && (
        <span className={css.spark}>
          <Button kind="quiet" onClick={onRetry}>
            Try again
          </Button>
        </span>
      )}
    </div>
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
