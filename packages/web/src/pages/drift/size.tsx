/** How large it is, in the unit and, when asked for, as PSI; inside the parts against their mix. */
import { useState } from 'react';
import type { DriftAnswer, DriftSeries } from '../../api/index.ts';
import { formatCount, formatSpan, significant } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import css from './finding.module.css';
import { reachOf, ShiftInterval } from './interval.tsx';
import { baselineWords, exactP, intervalOf, intervalWords, shiftWords } from './words.ts';

/** Room beyond the farther end. */
const MARGIN = 1.15;

export function Size({ answer, series }: { answer: DriftAnswer; series: DriftSeries }) {
  const [shown, setShown] = useState(false);
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { baseline } = answer;
  const span = formatSpan(Date.parse(baseline.from), Date.parse(baseline.to), now_ms, zone);
  const ends = intervalOf(series);
  return (
    <Sheet label="How large">
      <Head alone title="How large" />
      <Cell>
        <dl className={css.facts}>
          <dt>Against</dt>
          <dd>{series.against ?? baselineWords(baseline, span)}</dd>
          <dt>Shift</dt>
          <dd>
            <b>{shiftWords(series)}</b>
          </dd>
          {ends !== null && (
            <>
              <dt>95 % interval</dt>
              <dd>{intervalWords(series)}</dd>
            </>
          )}
        </dl>
        {ends !== null && (
          <>
            <ShiftInterval series={series} reach={reachOf(series) * MARGIN} />
            <p className={css.axis}>as before</p>
          </>
        )}
      </Cell>
      {series.within !== null && series.mix !== null && (
        <div className={css.row}>
          <b>{mixWords(series.within, series.mix)}</b>
          <p className="dimmer">
            {`PSI inside the parts ${psiWords(series.within)}, of their mix ${psiWords(series.mix)}`}
          </p>
        </div>
      )}
      <div className={css.row}>
        <Button kind="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide the statistics' : 'Show the statistics'}
        </Button>
        {shown && <Statistics series={series} />}
      </div>
    </Sheet>
  );
}

const psiWords = (value: number): string => (value < 0.001 ? 'below 0.001' : significant(value, 2));

const CARRIED: Readonly<Record<string, string>> = {
  value: 'the values',
  tail: 'the extremes',
  new: 'new values',
  missing: 'missing values',
  within: 'inside the parts',
  infinite: 'infinite values',
};

function Statistics({ series }: { series: DriftSeries }) {
  const rows = [
    ['PSI', significant(series.psi, 3)],
    ['PSI less what chance gives', significant(Math.max(0, series.psi_debiased), 3)],
    ['PSI that matters here', significant(series.least_effect, 2)],
    ['p before correction', exactP(series.p)],
    ['p after correction', exactP(series.p_adjusted)],
    ['Observations now', formatCount(series.n_cur)],
    ['Observations of the baseline', formatCount(series.n_ref)],
    ['Days vary, times their counts', significant(series.design_effect, 2)],
    ['Carried by', series.because.map((one) => CARRIED[one] ?? one).join(', ') || '–'],
    ['Both halves of the window agree', series.persists === null ? '–' : series.persists ? 'yes' : 'no'],
  ] as const;
  return (
    <dl className={css.facts}>
      {rows.map(([name, value]) => (
        <div key={name} className={css.pair}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A tenth of the change is no story. */
const LITTLE = 0.1;
export function mixWords(within: number, mix: number): string {
  const all = Math.max(0, within) + Math.max(0, mix);
  if (all === 0) return 'Neither the parts nor their mix changed';
  if (mix <= all * LITTLE) return 'It changed inside the parts; their mix explains none of it';
  if (within <= all * LITTLE) return 'Only the mix of the parts changed; inside they are as before';
  return 'Both the parts and their mix changed';
}
