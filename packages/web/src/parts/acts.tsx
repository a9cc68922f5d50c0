/** Buttons in a row, and what stands under each other beside a form. */
import type { ReactNode } from 'react';
import css from './acts.module.css';

export const Acts = ({ children }: { children: ReactNode }) => <div className={css.acts}>{children}</div>;

/** `said`: what comes in here is told to those who do not see it. */
export const Stack = ({ children, said = false }: { children: ReactNode; said?: boolean }) => (
  <div className={css.stack} role={said ? 'status' : undefined}>
    {children}
  </div>
);
