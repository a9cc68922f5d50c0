/** Names and values, two columns. What is unknown is left out by the page, not shown as a dash. */
import { Fragment, type ReactNode, useState } from 'react';
import { formatCount } from '../format/index.ts';
import css from './attributes.module.css';

/** A name, its value, and what the name is in full where it was said in words. */
export type Attribute = readonly [name: string, value: ReactNode, full?: string];

export const Attributes = ({ items }: { items: readonly Attribute[] }) => (
  <dl className={css.attributes}>
    {items.map(([name, value, full]) => (
      <Fragment key={full ?? name}>
        <dt title={full}>{name}</dt>
        <dd>{typeof value === 'string' && value.length > LONG ? <Long text={value} /> : value}</dd>
      </Fragment>
    ))}
  </dl>
);

/** Longer values are cut until they are asked for: one of them does not push the others out of sight. */
const LONG = 400;

function Long({ text }: { text: string }) {
  const [all, showAll] = useState(false);
  return (
    <>
      {all ? text : `${text.slice(0, LONG)}… `}
      <button type="button" className={css.all} aria-expanded={all} onClick={() => showAll(!all)}>
        {all ? 'less' : `all ${formatCount(text.length)} characters`}
      </button>
    </>
  );
}
