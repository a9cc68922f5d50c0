/** A chip is a filter or an attribute, a tag a status in one word. */
import type { ReactNode } from 'react';
import { classes } from '../base/classes.ts';
import css from './chip.module.css';
import { Icon } from './icon.tsx';

interface ChipProps {
  readonly name?: string;
  readonly children: ReactNode;
  readonly mono?: boolean;
  /** Less than a name: a time, an id. */
  readonly quiet?: boolean;
  readonly onRemove?: () => void;
}
export const Chip = ({ name, children, mono = false, quiet = false, onRemove }: ChipProps) => (
  <span className={classes(css.chip, mono && 'mono')}>
    {name !== undefined && name}
    {quiet ? <span>{children}</span> : <b>{children}</b>}
    {onRemove && (
      <button
        type="button"
        className={css.remove}
        onClick={onRemove}
        aria-label={`Remove ${name ?? 'filter'}`}
      >
        <Icon name="close" size={10} />
      </button>
    )}
  </span>
);

export type TagStatus = 'ok' | 'warn' | 'crit' | 'pen' | 'none';
export const Tag = ({ status, children }: { status: TagStatus; children: ReactNode }) => (
  <span className={classes(css.tag, css[status])}>{children}</span>
);

const OUTCOME_STATUS: Readonly<Record<string, TagStatus>> = {
  succeeded: 'ok',
  failed: 'crit',
  timed_out: 'crit',
  blocked: 'warn',
  rejected: 'warn',
};
export const Outcome = ({ outcome }: { outcome: string }) => (
  <Tag status={OUTCOME_STATUS[outcome] ?? 'none'}>{outcome.replace('_', ' ')}</Tag>
);
