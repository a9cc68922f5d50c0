/** `?`: every key, and what it does. */
import { Fragment } from 'react';
import { Kbd } from '../parts/kbd.tsx';
import { Over } from '../parts/overlays.tsx';
import css from './palette.module.css';
import { ROUTES } from './routes.ts';

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [['⌘K'], 'find a page, or what an id is; pasting one anywhere does too'],
  [['d'], 'time range'],
  [['c'], 'compare with'],
  [['L'], 'live'],
  [['['], 'fold the navigation'],
  [['←', '→'], 'the next bucket of a chart; with Shift, select a range'],
  [['T'], 'the chart as a table'],
  [['j', 'k'], 'next and previous row'],
  [['Enter'], 'open the row'],
  [['Esc'], 'close, let go, back from a zoom'],
  [['B', 'W', 'X'], 'compared pictures: blink, wipe, difference'],
  [['1'], 'a picture at 100 %'],
  [['?'], 'this list'],
];

export function Keys({ onClose }: { onClose: () => void }) {
  const pages = ROUTES.filter((route) => route.letter !== undefined);
  return (
    <Over label="Keyboard" onClose={onClose}>
      <h2>Keyboard</h2>
      <div className={css.lists}>
        <List keys={KEYS} />
        <List keys={pages.map((page) => [['g', page.letter!], page.title] as const)} />
      </div>
    </Over>
  );
}

const List = ({ keys: all }: { keys: typeof KEYS }) => (
  <dl className={css.keys}>
    {all.map(([keys, words]) => (
      <Fragment key={words}>
        <dt>
          {keys.map((key) => (
            <Fragment key={key}>
              <Kbd>{key}</Kbd>{' '}
            </Fragment>
          ))}
        </dt>
        <dd>{words}</dd>
      </Fragment>
    ))}
  </dl>
);
