/** Names and values, two columns. What is unknown is left out by the page, not shown as a dash. */
import { Fragment, type ReactNode } from 'react';
import css from './attributes.module.css';

export const Attributes = ({ items }: { items: readonly (readonly [string, ReactNode])[] }) => (
  <dl className={css.attributes}>
    {items.map(([name, value]) => (
      <Fragment key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </Fragment>
    ))}
  </dl>
);
