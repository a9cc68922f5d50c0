/** The top of a page: the finding or the name, the sentence under it, and the context bar or the actions. */
import type { ReactNode } from 'react';
import { ContextBar } from './context-bar.tsx';
import css from './page-head.module.css';

interface PageHeadProps {
  /** What is so; without a finding, the name of the page. */
  readonly title: ReactNode;
  /** One sentence with the numbers. */
  readonly sentence?: ReactNode;
  /** In place of the context bar: the advised act is solid ink. */
  readonly actions?: ReactNode;
  /** No context bar. */
  readonly timeless?: boolean;
  /** In place of the control "Compare", where a page compares in another way. */
  readonly compare?: ReactNode;
}

export const PageHead = ({ title, sentence, actions, compare, timeless = false }: PageHeadProps) => (
  <div className={css.head}>
    <h1>{title}</h1>
    {sentence !== undefined && <p className={css.sentence}>{sentence}</p>}
    {actions !== undefined && <div className={css.actions}>{actions}</div>}
    {actions === undefined && !timeless && (
      <div className={css.bar}>
        <ContextBar compare={compare} />
      </div>
    )}
  </div>
);
