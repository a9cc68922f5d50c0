/** Rows of a waterfall: those in sight exist. A map of all of them over it where they do not fit. */
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import type { UsualTimes } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { useWidth } from '../../charts/use-width.ts';
import { formatCount, formatDuration, formatN } from '../../format/index.ts';
import { Minimap } from './minimap.tsx';
import { axisOf, type Mark, type Waterfall as Picture, type Row } from './model.ts';
import { rowColour } from './row-colour.ts';
import { useRowsInSight } from './rows-in-sight.ts';
import css from './waterfall.module.css';

interface WaterfallProps {
  readonly picture: Picture;
  readonly truncated: boolean;
  readonly usual: UsualTimes | null;
  readonly chosen: string | null;
  readonly onChoose: (id: string | null) => void;
  readonly onFold: (id: string) => void;
}

const ROW_PX = 26;
/** As many rows as stand without scrolling. */
const ROWS_SHOWN = 34;
const AHEAD = 16;
const TICK_PX = 58;
/** Deeper than this the names would stand outside. */
const DEPTH_MOST = 8;

export function Waterfall(props: WaterfallProps) {
  const { picture, usual, chosen, onChoose, onFold } = props;
  const { rows, length_ms } = picture;
  const scroller = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const width = useWidth(track);
  const ticks = useMemo(() => axisOf(length_ms, Math.max(2, width / TICK_PX)), [length_ms, width]);
  const { top, first, last, onScroll, show } = useRowsInSight(scroller, {
    count: rows.length,
    row_px: ROW_PX,
    shown: ROWS_SHOWN,
    ahead: AHEAD,
  });
  const at = rows.findIndex((row) => row.id === chosen);
  const opened = useRef(false);
  useEffect(() => {
    if (at >= 0 && !opened.current) show(at, 'middle');
    opened.current = true;
  }, [at, show]);
  const go = (to: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    onChoose(rows[next]!.id);
    show(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (step !== undefined) go(at < 0 ? 0 : at + step);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(rows.length - 1);
    else if (row && event.key === 'ArrowLeft' && row.below > 0 && !row.folded) onFold(row.id);
    else if (row && event.key === 'ArrowRight' && row.folded) onFold(row.id);
    else if (event.key === 'Escape' && chosen !== null) onChoose(null);
    else return;
    event.preventDefault();
  };
  const map = rows.length > ROWS_SHOWN;
  // Made once: before the width is known it is not known either which lines of the axis cross them.
  const seen = rows.slice(first, width === 0 ? first : last);
  return (
    <div className={css.waterfall}>
      {map && <Minimap picture={picture} top={top} shown={ROWS_SHOWN} onGo={(row) => show(row, 'middle')} />}
      <div className={css.head}>
        <span className="micro dimmer">
          <span className="hide-s">Stage and span</span>
          <span className="only-s">Span</span>
        </span>
        <div ref={track} className={css.axis}>
          {ticks.map(({ at_ms, text }) => (
            <span key={at_ms} style={{ left: `${((at_ms / length_ms) * 100).toFixed(3)}%` }}>
              {text}
            </span>
          ))}
        </div>
        <span className="micro dimmer">took</span>
      </div>
      <div
        ref={scroller}
        className={css.rows}
        style={{ height: Math.min(rows.length, ROWS_SHOWN) * ROW_PX }}
        role="tree"
        aria-label={`Waterfall of ${formatCount(rows.length)} rows`}
        tabIndex={0}
        aria-activedescendant={at >= first && at < last ? `row-${rows[at]!.id}` : undefined}
        onKeyDown={onKeyDown}
        onScroll={onScroll}
      >
        <div style={{ height: rows.length * ROW_PX }} className={css.all} role="presentation">
          {seen.map((row, index) => {
            return (
              <RowLine
                key={row.id}
                row={row}
                top={(first + index) * ROW_PX}
                length_ms={length_ms}
                ticks={ticks}
                marks={picture.marks.get(row.id)}
                usual_ms={row.kind === 'stage' ? (usual?.stages.get(row.stage)?.p50_ms ?? null) : null}
                chosen={row.id === chosen}
                onChoose={() => onChoose(row.id === chosen ? null : row.id)}
                onFold={() => onFold(row.id)}
              />
            );
          })}
        </div>
      </div>
      <Legend {...props} />
    </div>
  );
}

interface RowLineProps {
  readonly row: Row;
  readonly top: number;
  readonly length_ms: number;
  readonly ticks: readonly { at_ms: number }[];
  readonly marks: readonly Mark[] | undefined;
  /** Median of the release before; null where none is known. */
  readonly usual_ms: number | null;
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly onFold: () => void;
}
/** More marks than these of one row are a smear. */
const MARKS_MOST = 60;

function RowLine(props: RowLineProps) {
  const { row, length_ms, usual_ms, chosen } = props;
  const at = (ms: number): string => `${((ms / Math.max(length_ms, 1e-6)) * 100).toFixed(3)}%`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the tree's
    <div
      id={`row-${row.id}`}
      role="treeitem"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-selected={chosen}
      aria-expanded={row.below > 0 ? !row.folded : undefined}
      className={classes(css.row, chosen && css.chosen)}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={props.onChoose}
    >
      <span
        className={classes(css.name, css[row.kind])}
        style={{ '--depth': Math.min(row.depth, DEPTH_MOST) } as React.CSSProperties}
        title={row.name}
      >
        {row.below > 0 && (
          <button
            type="button"
            tabIndex={-1}
            className={classes(css.fold, row.folded && css.shut)}
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              props.onFold();
            }}
          />
        )}
        <span>{row.name}</span>
        {row.folded && <span className="dimmer micro">{formatCount(row.below)} folded</span>}
        {row.missed && <span className="warn micro">cache miss</span>}
        {row.failed && <span className="crit micro">error</span>}
      </span>
      <span className={css.track}>
        {props.ticks.map(({ at_ms }) => (
          <i key={at_ms} className={css.grid} style={{ left: at(at_ms) }} />
        ))}
        <i
          className={classes(css.bar, css[`${row.kind}Bar`])}
          style={{
            left: at(row.start_ms),
            width: at(row.duration_ms),
            ...(row.kind === 'wait' ? {} : { background: `var(--${rowColour(row)})` }),
          }}
        />
        {usual_ms !== null && (
          <i className={css.usual} style={{ left: at(row.start_ms), width: at(usual_ms) }} />
        )}
        {props.marks?.slice(0, MARKS_MOST).map((mark) => (
          <i
            key={`${mark.at_ms} ${mark.name}`}
            className={classes(css.event, mark.warns && css.warns)}
            style={{ left: at(mark.at_ms) }}
            title={mark.name}
          />
        ))}
        {row.failed && !props.marks && (
          <i className={classes(css.event, css.warns)} style={{ left: at(row.start_ms + row.duration_ms) }} />
        )}
      </span>
      <span className={css.took}>{formatDuration(row.duration_ms)}</span>
    </div>
  );
}

function Legend({ picture, usual, truncated }: WaterfallProps) {
  const { rows, all } = picture;
  const waits = rows.some(({ kind }) => kind === 'wait');
  const n = usual?.request.n ?? 0;
  return (
    <div className={css.legend}>
      {usual && (
        <span>
          <i className={css.usualKey} /> median of {usual.version}, {formatN(n)}
        </span>
      )}
      {waits && (
        <span>
          <i className={css.waitKey} /> queue wait
        </span>
      )}
      {picture.marks.size > 0 && (
        <>
          <span>
            <i className={css.eventKey} /> event
          </span>
          <span>
            <i className={classes(css.eventKey, css.warns)} /> warning
          </span>
        </>
      )}
      <span>
        {formatCount(rows.length)} of {formatCount(all)} rows
        {truncated && '; the trace has more spans than are drawn'}
      </span>
    </div>
  );
}
