/** A finding: the sentence first, what it rests on under it, the line beside it, since when. The row is a link. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { classes } from '../base/classes.ts';
import { Spark } from '../charts/spark.tsx';
import type { Values } from '../charts/types.ts';
import css from './finding-row.module.css';
import { Icon, type IconName } from './icon.tsx';

export interface FindingRowProps {
  readonly href: string;
  /** crit: an objective is broken. warn: it got worse. better: it got better. none: it differs. */
  readonly status: 'crit' | 'warn' | 'better' | 'none';
  readonly direction: 'up' | 'down';
  readonly sentence: ReactNode;
  readonly evidence: ReactNode;
  readonly values?: Values | undefined;
  /** In place of the line. */
  readonly figure?: ReactNode;
  /** Where it began in `values`, from 0 to 1. */
  readonly mark?: number | undefined;
  readonly since: string;
}

const COLOURS = { crit: 'crit', warn: 'warn', better: 'ok', none: 'dimmer' } as const;

export function FindingRow(props: FindingRowProps) {
  const { status, direction, values } = props;
  const icon: IconName = status === 'crit' ? 'warn' : direction === 'up' ? 'higher' : 'lower';
  return (
    <Link href={props.href} className={css.row} data-row>
      <span className={classes(css.icon, COLOURS[status])}>
        <Icon name={icon} size={16} />
      </span>
      <span className={css.words}>
        <b className={css.sentence}>{props.sentence}</b>
        <span className={css.evidence}>{props.evidence}</span>
      </span>
      <span className={css.spark}>
        {props.figure}
        {values && (
          <Spark
            values={values}
            height={34}
            colour={status === 'crit' ? 'crit' : 'ink-2'}
            mark={props.mark}
          />
        )}
      </span>
      <span className={css.since}>{props.since}</span>
    </Link>
  );
}
