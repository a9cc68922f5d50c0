/** A key, as it stands on the keyboard. */
import type { ReactNode } from 'react';
import css from './kbd.module.css';

export const Kbd = ({ children }: { children: ReactNode }) => <kbd className={css.kbd}>{children}</kbd>;
