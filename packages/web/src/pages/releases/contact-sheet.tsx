/** All pairs under each other, most changed first. */
import { useState } from 'react';
import type { Pair } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { signed } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Kbd } from '../../parts/kbd.tsx';
import { Cell, Head } from '../../parts/sheet.tsx';
import { Thumb } from './nearest.tsx';
import css from './pictures.module.css';

interface ContactSheetProps {
  readonly version: string;
  readonly against: string;
  readonly pairs: readonly Pair[];
  readonly at: number;
  readonly onChoose: (at: number) => void;
}
const SHOWN = 16;

export function ContactSheet({ version, against, pairs, at, onChoose }: ContactSheetProps) {
  const [all, showAll] = useState(false);
  const shown = all ? pairs : pairs.slice(0, Math.max(SHOWN, at + 1));
  const scored = pairs.some((pair) => changeOf(pair) !== null);
  return (
    <Cell ruled>
      <Head
        title="Contact sheet"
        unit={`${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'}${scored ? `, most changed first; the figure is style distance, ${version} minus ${against}` : ''}`}
        end={
          <span className="hide-s">
            <Kbd>←</Kbd> <Kbd>→</Kbd> step <Kbd>B</Kbd> blink
          </span>
        }
      />
      <ul className={css.contact}>
        {shown.map((pair, index) => {
          const change = changeOf(pair);
          return (
            <li key={`${pair.now.image_id} ${pair.before.image_id}`}>
              <span className={css.rows} aria-hidden="true">
                <span title={against}>{against}</span>
                <span title={version}>{version}</span>
              </span>
              <button
                type="button"
                className={classes(css.pair, index === at && css.chosen)}
                aria-pressed={index === at}
                onClick={() => onChoose(index)}
                title={`seed ${pair.seed}`}
              >
                <Thumb side={pair.before} tenant={pair.tenant} alt={`${against}: ${promptOf(pair)}`} />
                <Thumb side={pair.now} tenant={pair.tenant} alt={`${version}: ${promptOf(pair)}`} />
                <span className={css.meta}>
                  <span dir="auto">{promptOf(pair)}</span>
                  {change !== null && <b>{signed(change, (size) => size.toFixed(2))}</b>}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {shown.length < pairs.length && (
        <div className={css.all}>
          <Button kind="quiet" onClick={() => showAll(true)}>
            All {pairs.length} pairs
          </Button>
        </div>
      )}
    </Cell>
  );
}

const promptOf = ({ prompt, seed }: Pair): string => (prompt ?? `seed ${seed}`).slice(0, 60);
function changeOf({ now, before }: Pair): number | null {
  const [a, b] = [now.scores.style_distance, before.scores.style_distance];
  return a === undefined || b === undefined ? null : a - b;
}
