/** The winner held fixed, then the winner among the rows that have it, and so on. */
import type { Explanation } from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Head } from '../../parts/sheet.tsx';
import { Note } from '../../parts/states.tsx';
import { fieldWords, useContextState } from '../../url/index.ts';
import css from './explain.module.css';
import { conditionsFor, valueWords } from './words.ts';

export function Path({ explanation }: { explanation: Explanation }) {
  const [{ filters }, change] = useContextState();
  const steps = explanation.drill_down;
  return (
    <>
      <Head alone title="One after the other" unit="each among those before" />
      {steps.length === 0 && <Note title="No cause stands out" height={72} />}
      <ol className={css.path}>
        {steps.map((step, at) => {
          const held = steps.slice(0, at + 1).flatMap((one) => conditionsFor(one.attribute, one.value) ?? []);
          return (
            <li key={step.attribute}>
              <span>
                <span className="dimmer">{fieldWords(step.attribute)}</span>{' '}
                <b>{valueWords(step.attribute, step.value)}</b>
                <span className={css.also}>
                  ≥ {Math.round(step.lcb * 100)} points; {formatCount(step.selection)} selected and{' '}
                  {formatCount(step.rest)} of the rest have it
                </span>
              </span>
              <Button
                kind="quiet"
                aria-label={`Explain among ${fieldWords(step.attribute)} ${valueWords(step.attribute, step.value)}`}
                onClick={() => change({ filters: [...new Set([...filters, ...held])] })}
              >
                Explain
              </Button>
            </li>
          );
        })}
      </ol>
    </>
  );
}
