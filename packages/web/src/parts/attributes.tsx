/** Names and values, two columns. What is unknown is left out by the page, not shown as a dash. */
import { Fragment, type ReactNode } from 'react';
import css from './attributes.module.css';

/** A name, its value, and what the name is in full where it was said in words. */
export type Attribute = readonly [name: string, value: ReactNode, full?: string];

export const Attributes = ({ items }: { items: readonly Attribute[] }) => (
  <dl className={css.attributes}>
    {items.map(([name, value, full]) => (
      <Fragment key={full ?? name}>
        <dt title={full}>{name}</dt>
        <dd>{value}</dd>
      </Fragment>
    ))}
  </dl>
);
