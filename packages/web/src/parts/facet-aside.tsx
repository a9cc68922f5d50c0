/** Filters beside a list, as far as it is scrolled; a drawer where there is no room beside it. */
import { type ReactNode, useId, useState } from 'react';
import { classes } from '../base/classes.ts';
import { Button } from './button.tsx';
import css from './facet-aside.module.css';

interface BesideProps {
  readonly filters: ReactNode;
  /** Conditions in force, said on the button of the drawer. */
  readonly count: number;
  /** Nothing to choose from: the list has the room. */
  readonly alone?: boolean;
  readonly children: ReactNode;
}

export function Beside({ filters, count, alone = false, children }: BesideProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div className={classes(css.page, alone && css.alone)}>
      {!alone && (
        <>
          <div className={css.drawer}>
            <Button onClick={() => setOpen(!open)} aria-expanded={open} aria-controls={id}>
              Filters{count > 0 && ` (${count})`}
            </Button>
          </div>
          <aside id={id} className={classes(css.facets, open && css.open)} aria-label="Filters">
            {filters}
          </aside>
        </>
      )}
      <div className={css.list}>{children}</div>
    </div>
  );
}
