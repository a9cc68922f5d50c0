/** What, where, since when, how sure: four cells under the headline. */
import type { DriftAnswer, DriftSeries } from '../../api/index.ts';
import { formatCount, formatDuration, formatN, formatTime } from '../../format/index.ts';
import { Cells, Sheet } from '../../parts/sheet.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import css from './finding.module.css';
import { capital, driftFigure, intervalWords, placeTitle, pWords, shiftWords, VERDICTS } from './words.ts';

export function Strip({ answer, series }: { answer: DriftAnswer; series: DriftSeries }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { unit, now, before, since, last_good_version: good, against } = series;
  const interval = intervalWords(series);
  const timeOf = (text: string): string => formatTime(Date.parse(text), now_ms, zone);
  const ago_ms = since ? Date.parse(answer.to) - Date.parse(since) : 0;
  const cells = [
    [
      'How much',
      capital(shiftWords(series)),
      `${driftFigure(unit, now)}, was ${driftFigure(unit, before)}${interval === null ? '' : `; ${interval} in 95 of 100`}`,
    ],
    [
      'Where',
      placeTitle(series.segment),
      against === null ? `${formatN(series.n_cur)} in the window` : `against ${against}`,
    ],
    [
      'Since',
      since ? timeOf(since) : series.verdict === 'drift' ? 'Not dated' : '–',
      good
        ? `Last good version ${good}`
        : since
          ? `for ${formatDuration(ago_ms)}`
          : 'No single hour stands out',
    ],
    [
      'How sure',
      `${capital(VERDICTS[series.verdict])}, ${pWords(series.p_adjusted)}`,
      `${formatN(series.n_cur)} against ${formatCount(series.n_ref)}; α ${answer.alpha}`,
    ],
  ] as const;
  return (
    <Sheet label="In short">
      <Cells columns={4}>
        {cells.map(([label, value, small]) => (
          <div key={label} className={css.strip}>
            <span>{label}</span>
            <b>{value}</b>
            <span className="dim">{small}</span>
          </div>
        ))}
      </Cells>
    </Sheet>
  );
}
