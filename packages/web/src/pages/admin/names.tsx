/** Names in tables of the administration: as long as somebody made them, and found among hundreds. */
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { TextField } from '../../parts/field.tsx';
import { Cell } from '../../parts/sheet.tsx';
import css from './admin.module.css';

/** A name, cut where it would push the acts out of sight; on a phone `under` it what has no column there. */
export const Name = ({ text, under, dim = false }: { text: string; under?: string; dim?: boolean }) => (
  <span className={css.name} title={text}>
    {dim ? text : <b>{text}</b>}
    {under !== undefined && <span className="only-s small dim">{under}</span>}
  </span>
);

/** Fewer rows than this are seen at a glance. */
const FIND_FROM = 20;

/** Rows in which what is typed stands, and where to type it; `wordsOf` must stay the same. */
export function useFound<Row>(
  rows: readonly Row[],
  wordsOf: (row: Row) => string,
): readonly [found: readonly Row[], field: ReactNode] {
  const [typed, type] = useState('');
  const sought = useDeferredValue(typed.trim().toLowerCase());
  const found = useMemo(
    () => (sought === '' ? rows : rows.filter((row) => wordsOf(row).toLowerCase().includes(sought))),
    [rows, sought, wordsOf],
  );
  if (rows.length < FIND_FROM) return [rows, null];
  return [
    found,
    <Cell key="find">
      <TextField label="Find" value={typed} onChange={type} />
      {found.length === 0 && <p className="small dimmer">Nothing of that name is here.</p>}
    </Cell>,
  ];
}
