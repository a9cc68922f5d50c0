/**
 * Objectives, bucket by bucket: inside, near the limit, outside. Height says it beside colour; no data is a rule at the
 * bottom. A cell leads to its range.
 */
import { Fragment, type KeyboardEvent } from 'react';
import { Link } from 'wouter';
import { classes } from '../base/classes.ts';
import { type Mark, timeTicks } from '../charts/geometry.ts';
import { Peg } from '../charts/layer.tsx';
import { formatTime } from '../format/index.ts';
import { useContextState, useGo } from '../url/index.ts';
import css from './objective-grid.module.css';

export type ObjectiveCell = 'inside' | 'near' | 'outside' | null;
export interface ObjectiveRow {
  readonly name: string;
  /** `p95 ≤ 5 s`. */
  readonly objective: string;
  readonly cells: readonly ObjectiveCell[];
  /** Start of its first cell and length of each, where they are not those of the grid: what is rare has longer ones. */
  readonly from_ms?: number;
  readonly step_ms?: number;
  /** At the right end: `98.1 %`. */
  readonly share: string;
  /** Where its cells lead. */
  readonly path: string;
}

interface ObjectiveGridProps {
  readonly rows: readonly ObjectiveRow[];
  readonly times: readonly number[];
  readonly step_ms: number;
  readonly marks: readonly Mark[];
  /** What `share` is of: `inside, 24 h`. */
  readonly shareTitle: string;
}

/** The axis is about so wide; words of it stand as far apart as on charts. */
const AXIS_PX = 800;
const NARROW_PX = 340;

export function ObjectiveGrid({ rows, times, step_ms, marks, shareTitle }: ObjectiveGridProps) {
  const [{ zone }] = useContextState();
  const { link } = useGo();
  const [from, to] = [times[0] ?? 0, (times.at(-1) ?? 0) + step_ms];
  const place = (at_ms: number): string => `${((at_ms - from) / (to - from || 1)) * 100}%`;
  const width = innerWidth < 720 ? NARROW_PX : AXIS_PX;
  return (
    <div className={css.grid}>
      <span className={css.wide} />
      <div className={css.axis} aria-hidden="true">
        {timeTicks(from, to - 1, width, zone).map((tick) => (
          <span key={tick.at} style={{ left: place(tick.at) }}>
            {tick.text}
          </span>
        ))}
        {marks
          .filter(({ at_ms }) => at_ms >= from && at_ms < to)
          .map((mark) => (
            <i key={`${mark.at_ms} ${mark.label}`} style={{ left: place(mark.at_ms) }} title={mark.label}>
              <Peg kind={mark.kind} />
            </i>
          ))}
      </div>
      <span className={classes(css.wide, css.share, 'micro', 'dimmer')}>{shareTitle}</span>
      {rows.map((row) => {
        const cells = placed(row, { from, to, step_ms });
        const outside = row.cells.filter((cell) => cell === 'outside').length;
        return (
          <Fragment key={`${row.name} ${row.objective}`}>
            <span className={css.name}>
              <b>{row.name}</b> <span className="dimmer">{row.objective}</span>
            </span>
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is of forms */}
            <div
              className={css.row}
              style={{ gridTemplateColumns: cells.map((one) => `${one.share}fr`).join(' ') }}
              role="group"
              aria-label={`${row.name}, ${row.objective}: outside in ${outside} of ${cells.length}`}
              onKeyDown={stepAlong}
            >
              {cells.map(({ start, end, cell }, at) => (
                <Link
                  key={start}
                  tabIndex={at === cells.length - 1 ? 0 : -1}
                  aria-label={`${formatTime(start, to, zone)}: ${cell ?? 'no data'}`}
                  className={css[cell ?? 'none'] ?? ''}
                  title={`${formatTime(start, to, zone)}: ${cell ?? 'no data'}`}
                  href={link(row.path, {
                    from: new Date(start).toISOString(),
                    to: new Date(end).toISOString(),
                  })}
                />
              ))}
            </div>
            <span className={css.share}>{row.share}</span>
          </Fragment>
        );
      })}
    </div>
  );
}

/** One stop of the Tab key for a row; arrows go along it. */
function stepAlong(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowLeft: 'previousElementSibling', ArrowRight: 'nextElementSibling' } as const;
  const way = step[event.key as keyof typeof step];
  const next = way && document.activeElement?.[way];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

/** Where cells stand: the first and last may reach beyond the grid, and are cut there. */
function placed(row: ObjectiveRow, grid: { from: number; to: number; step_ms: number }) {
  const step_ms = row.step_ms ?? grid.step_ms;
  const first = row.from_ms ?? grid.from;
  return row.cells.flatMap((cell, at) => {
    const start = first + at * step_ms;
    const end = start + step_ms;
    const share = (Math.min(end, grid.to) - Math.max(start, grid.from)) / grid.step_ms;
    return share > 0 ? [{ start, end, share, cell }] : [];
  });
}

/** What the colours and heights mean. */
export const ObjectiveKeys = () => (
  <span className={css.keys}>
    <span>
      <i className={css.inside} /> inside
    </span>
    <span>
      <i className={css.near} /> near
    </span>
    <span>
      <i className={css.outside} /> outside
    </span>
  </span>
);
