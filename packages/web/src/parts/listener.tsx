/** The pegbar listens: a grey ring while nothing comes, green with what came, amber where something was refused. */
import type { ReactNode } from 'react';
import { classes } from '../base/classes.ts';
import { Pegbar } from './icon.tsx';
import css from './listener.module.css';

export type ListenerState = 'waiting' | 'arrived' | 'refused';
interface ListenerProps {
  readonly state: ListenerState;
  /** `Your first picture is here`. */
  readonly title: string;
  readonly sentence: ReactNode;
  readonly action?: ReactNode;
}

const COLOURS = { waiting: 'dimmer', arrived: 'ok', refused: 'warn' } as const;

export const Listener = ({ state, title, sentence, action }: ListenerProps) => (
  <div className={css.listener} role="status" aria-live="polite">
    <span className={classes(css.ear, COLOURS[state])}>
      <i className={classes(css.ring, state === 'refused' && css.still)} aria-hidden="true" />
      <Pegbar width={30} />
    </span>
    <div className={css.words}>
      <h2 className={classes(COLOURS[state] === 'dimmer' ? '' : COLOURS[state])}>{title}</h2>
      <p className="small dim">{sentence}</p>
    </div>
    {action}
  </div>
);
