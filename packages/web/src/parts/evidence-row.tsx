/** What speaks for a cause, and what rules it out. */
import type { ReactNode } from 'react';
import { classes } from '../base/classes.ts';
import { Spark } from '../charts/spark.tsx';
import type { Values } from '../charts/types.ts';
import css from './evidence-row.module.css';
import { Icon } from './icon.tsx';

interface EvidenceRowProps {
  readonly supports: boolean;
  readonly sentence: ReactNode;
  readonly small?: ReactNode;
  readonly values?: Values;
  readonly mark?: number;
}

export const EvidenceRow = ({ supports, sentence, small, values, mark }: EvidenceRowProps) => (
  <div className={classes(css.row, !values && css.plain)}>
    <span className={supports ? 'ok' : 'dimmer'} role="img" aria-label={supports ? 'supports' : 'rules out'}>
      <Icon name={supports ? 'check' : 'close'} />
    </span>
    <div className={supports ? '' : 'dim'}>
      {sentence}
      {small !== undefined && <div className="small dimmer">{small}</div>}
    </div>
    {values && (
      <div className={css.spark}>
        <Spark values={values} height={38} mark={mark} />
      </div>
    )}
  </div>
);
