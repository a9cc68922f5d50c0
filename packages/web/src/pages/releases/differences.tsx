/** A row per KPI: the sentence, both figures, and the difference with its interval on a shared axis. */
import { useRef } from 'react';
import type { KpiDifference, ReleaseView } from '../../api/index.ts';
import { useWidth } from '../../charts/use-width.ts';
import { formatN } from '../../format/index.ts';
import { Interval } from '../../parts/interval-row.tsx';
import css from './release.module.css';
import { figureOf, intervalWords, sentenceOf } from './words.tsx';

/** The axis ends here, whatever one KPI does: beyond it the bar is cut. */
const AXIS_MOST = 1;
const AXIS_LEAST = 0.1;
const STEP = 0.05;
const FEW = 30;

export function Differences({ view, against }: { view: ReleaseView; against: string }) {
  const { kpis, version } = view;
  const axis = axisOf(kpis);
  const head = useRef<HTMLTableCellElement>(null);
  const width = useWidth(head);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways between phone and desk
    <section className={css.differences} aria-label="Differences" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>In words</th>
            <th className="r hide-s">{against}</th>
            <th className="r hide-s">{version}</th>
            <th ref={head} className={css.axis}>
              <span className="vh">Difference as a share of {against}</span>
              <span className={css.ticks} aria-hidden="true">
                {ticksOf(axis, against, width).map(({ at, words }) => (
                  <span key={words} style={{ left: placeOf(at) }}>
                    {at === axis.zero ? `same as ${against}` : words}
                  </span>
                ))}
              </span>
            </th>
            <th className="r hide-s">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {kpis.map((row) => (
            <tr key={row.metric}>
              <td className={css.sentence}>
                {sentenceOf(row)}
                <small className="only-s dimmer">
                  <span className="nw">
                    {against} {figureOf(row.metric, row.before.value)},
                  </span>{' '}
                  <span className="nw">
                    {version} {figureOf(row.metric, row.now.value)}
                  </span>
                </small>
              </td>
              <Figure row={row} side="before" />
              <Figure row={row} side="now" />
              <td className={css.axis}>
                {!row.relative && <Unchanged axis={axis} />}
                {row.relative && (
                  <Interval
                    value={row.relative.value}
                    low={row.relative.low}
                    high={row.relative.high}
                    min={axis.min}
                    max={axis.max}
                    status={row.verdict === 'worse' ? 'crit' : row.verdict === 'better' ? 'ok' : undefined}
                    label={`${intervalWords(row)} against ${against}`}
                  />
                )}
              </td>
              <td className="r dim hide-s">{intervalWords(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A share of nought cannot be drawn; the line of no change goes on. */
const Unchanged = ({ axis }: { axis: Axis }) => (
  <span className={css.unchanged}>
    <i style={{ left: placeOf(axis.zero) }} />
  </span>
);
/** As `Interval` places its points. */
const placeOf = (at: number): string => `calc(6px + (100% - 12px) * ${at.toFixed(4)})`;

function Figure({ row, side }: { row: KpiDifference; side: 'now' | 'before' }) {
  const { value, n } = row[side];
  const few = n < FEW;
  return (
    <td className={`r hide-s ${side === 'before' ? 'dim' : ''}`} title={formatN(n)}>
      {side === 'now' && !few ? (
        <b>{figureOf(row.metric, value)}</b>
      ) : (
        <span className={few ? 'dimmer' : ''}>{figureOf(row.metric, value)}</span>
      )}
      {few && <span className="micro dimmer"> {formatN(n)}</span>}
    </td>
  );
}

interface Axis {
  readonly min: number;
  readonly max: number;
  /** Place of no change, 0 to 1. */
  readonly zero: number;
}
/** Differences as shares of what was: one axis for all rows. Rates near nought would stretch it and are cut. */
export function axisOf(rows: readonly KpiDifference[]): Axis {
  const ends = rows.flatMap(({ relative, verdict }) =>
    relative && verdict !== 'same' ? [relative.low, relative.high] : [],
  );
  const up = (value: number): number =>
    Math.min(AXIS_MOST, Math.max(AXIS_LEAST, Math.ceil(value / STEP) * STEP));
  const [min, max] = [-up(Math.max(0, ...ends.map((end) => -end))), up(Math.max(0, ...ends))];
  return { min, max, zero: -min / (max - min) };
}

/** Longer names are cut. */
const WORDS_MOST = 26;
const TICKS = [1, 0.5, 0.25, 0.2, 0.1, 0.05];
/** Half of a letter, and half of a tick with room beside it, px. */
const LETTER_PX = 2.8;
const TICK_PX = 28;
function ticksOf({ min, max, zero }: Axis, against: string, width: number): { at: number; words: string }[] {
  const step = TICKS.find((one) => (max - min) / one >= 3) ?? STEP;
  const out = [{ at: zero, words: '0' }];
  for (let value = step; value <= max + 1e-9; value += step)
    out.push({ at: (value - min) / (max - min), words: `+${Math.round(value * 100)} %` });
  for (let value = -step; value >= min - 1e-9; value -= step)
    out.push({ at: (value - min) / (max - min), words: `−${Math.round(-value * 100)} %` });
  // Words beside the line of no change would stand on it.
  const words = Math.min('same as '.length + against.length, WORDS_MOST);
  return out.filter(({ at }) => at === zero || Math.abs(at - zero) * width > words * LETTER_PX + TICK_PX);
}
