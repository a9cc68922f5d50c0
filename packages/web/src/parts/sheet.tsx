/** Ruled sheets: one border round a group, hairlines between its cells. */
import type { CSSProperties, ReactNode } from 'react';
import { classes } from '../base/classes.ts';
import css from './sheet.module.css';

interface SheetProps {
  /** Names the region for those who do not see it; by the heading inside where there is one. */
  readonly label: string;
  readonly children: ReactNode;
}
export const Sheet = ({ label, children }: SheetProps) => (
  <section className={css.sheet} aria-label={label}>
    {children}
  </section>
);

interface CellsProps {
  /** How the row is divided: a number of equal columns, or a grid template. */
  readonly columns?: number | string;
  /** A rule above, where something stands over it. */
  readonly ruled?: boolean;
  readonly children: ReactNode;
}
/** Cells beside each other, a hairline between; under each other on a phone. */
export const Cells = ({ columns = 1, ruled = false, children }: CellsProps) => {
  const template = typeof columns === 'number' ? `repeat(${columns}, minmax(0, 1fr))` : columns;
  return (
    <div
      className={classes(css.cells, columns === 3 && css.three, ruled && css.ruled)}
      style={{ '--columns': template } as CSSProperties}
    >
      {children}
    </div>
  );
};

interface CellProps {
  readonly children: ReactNode;
  /** No padding: a table or strip goes to the edge. */
  readonly flush?: boolean;
  readonly ruled?: boolean;
}
export const Cell = ({ children, flush = false, ruled = false }: CellProps) => (
  <div className={classes(flush ? css.flush : css.cell, ruled && css.ruled)}>{children}</div>
);

interface HeadProps {
  readonly title: ReactNode;
  readonly unit?: ReactNode;
  /** At the right end: a note or a link. */
  readonly end?: ReactNode;
  /** h3 within a titled sheet. */
  readonly level?: 2 | 3;
  /** Alone in its cell, over a table or list. */
  readonly alone?: boolean;
}
export const Head = ({ title, unit, end, level = 2, alone = false }: HeadProps) => {
  const Title = level === 2 ? 'h2' : 'h3';
  return (
    <div className={classes(css.head, alone && css.alone)}>
      <Title>{title}</Title>
      {unit !== undefined && <span className={css.unit}>{unit}</span>}
      {end !== undefined && <span className={css.end}>{end}</span>}
    </div>
  );
};
