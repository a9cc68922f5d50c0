/** Attributes that differ, the surest first: a bar of the selected over an outline of the rest. */
import { useState } from 'react';
import type { Explanation } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { Button } from '../../parts/button.tsx';
import { Note } from '../../parts/states.tsx';
import { fieldWords, useContextState, useGo, useParameters } from '../../url/index.ts';
import { Examples } from './examples.tsx';
import css from './explain.module.css';
import { conditionsFor, nameWords, percent, sharesOf, type Told, valueWords } from './words.ts';

interface DifferencesProps {
  readonly explanation: Explanation;
  readonly differences: readonly Told[];
  readonly empty: string;
  /** In the side column: without pictures and acts. */
  readonly narrow?: boolean;
}
const FIRST = 12;

export function Differences({ explanation, differences, empty, narrow = false }: DifferencesProps) {
  const [open, setOpen] = useState<string | null>(narrow ? null : (differences[0]?.attribute ?? null));
  const [all, showAll] = useState(false);
  if (differences.length === 0) return <Note title={empty} height={72} />;
  const shown = all ? differences : differences.slice(0, FIRST);
  return (
    <ol className={css.differences}>
      {shown.map((one, at) => (
        <li key={one.attribute}>
          <button
            type="button"
            className={classes(css.difference, narrow && css.narrow)}
            aria-expanded={open === one.attribute}
            onClick={() => setOpen(open === one.attribute ? null : one.attribute)}
          >
            {!narrow && <span className={css.rank}>{at + 1}</span>}
            <span className={css.what}>
              <span className="dimmer">{fieldWords(one.attribute)}</span>{' '}
              <b>{valueWords(one.attribute, one.value)}</b>
              {one.also.length > 0 && (
                <span className={css.also}>as {one.also.map(nameWords).join(', ')}</span>
              )}
            </span>
            <Bars shares={sharesOf(one, one.value, explanation)} />
            {!narrow && <span className={css.bound}>≥ {Math.round(one.lcb * 100)} points</span>}
          </button>
          {open === one.attribute && <Opened one={one} explanation={explanation} narrow={narrow} />}
        </li>
      ))}
      {!all && differences.length > FIRST && (
        <li className={css.more}>
          <Button kind="quiet" onClick={() => showAll(true)}>
            {differences.length - FIRST} more
          </Button>
        </li>
      )}
    </ol>
  );
}

function Bars({ shares }: { shares: { selected: number; rest: number } }) {
  return (
    <span className={css.bars}>
      <span className={css.plot} aria-hidden="true">
        <i className={css.selected} style={{ width: `${(shares.selected * 100).toFixed(1)}%` }} />
        <i className={css.rest} style={{ width: `${(shares.rest * 100).toFixed(1)}%` }} />
      </span>
      <span className={css.figures}>
        <b>{percent(shares.selected)}</b>
        <span className="pen">{percent(shares.rest)}</span>
      </span>
    </span>
  );
}

function Opened(props: { one: Told; explanation: Explanation; narrow: boolean }) {
  const { one, explanation, narrow } = props;
  const [{ filters }, change] = useContextState();
  const [selection] = useParameters('select');
  const { go } = useGo();
  const conditions = conditionsFor(one.attribute, one.value);
  const values = [...one.values].sort((a, b) => b.selection + b.rest - (a.selection + a.rest));
  return (
    <div className={css.opened}>
      <div className={css.values}>
        {values.map(({ value }) => (
          <div key={String(value)} className={css.value}>
            <span className={classes(css.valueName, value === one.value && css.culprit)}>
              {valueWords(one.attribute, value)}
            </span>
            <Bars shares={sharesOf(one, value, explanation)} />
          </div>
        ))}
        {one.distinct > values.length && (
          <p className="small dimmer">{one.distinct - values.length} rarer values are not shown.</p>
        )}
      </div>
      {!narrow && <Examples one={one} />}
      {!narrow && conditions !== null && (
        <div className={css.acts}>
          <Button onClick={() => change({ filters: [...new Set([...filters, ...conditions])] })}>
            Explain among these
          </Button>
          {conditions.length === 1 && (
            <Button
              onClick={() =>
                change({
                  filters: [...filters, conditions[0]!.replace('>=', '<').replace(/(?<![<>])=/, '!=')],
                })
              }
            >
              Without these
            </Button>
          )}
          <Button
            kind="quiet"
            onClick={() =>
              go('/requests', {
                filter: [
                  ...filters,
                  ...selection.filter((each) => !each.startsWith('timestamp')),
                  ...conditions,
                ],
              })
            }
          >
            Show the requests
          </Button>
        </div>
      )}
    </div>
  );
}
