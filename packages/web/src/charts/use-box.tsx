/** A box drawn over a heatmap: what lies in it can be explained against the rest. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import css from './heatmap.module.css';
import { hover } from './hover.ts';

export interface Box {
  readonly from_ms: number;
  /** Not included. */
  readonly to_ms: number;
  readonly low: number;
  /** Not included; Infinity above the last class. */
  readonly high: number;
}

interface Field {
  readonly times: readonly number[];
  readonly classes: readonly number[];
  readonly onExplain?: ((box: Box) => void) | undefined;
  readonly onZoom?: ((from_ms: number, to_ms: number) => void) | undefined;
}

/** A corner, in cells. */
interface Corner {
  readonly column: number;
  readonly row: number;
}
export const AXIS_PX = 40;
const MOVES: Readonly<Record<string, readonly [across: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const focused = (button: HTMLButtonElement | null): void => button?.focus();

/** The box between two corners, in times and values. */
export function boxOf({ times, classes }: Field, a: Corner, b: Corner): Box {
  const [first, last] = [Math.min(a.column, b.column), Math.max(a.column, b.column)];
  const [bottom, top] = [Math.min(a.row, b.row), Math.max(a.row, b.row)];
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return {
    from_ms: times[first]!,
    to_ms: times[last]! + step,
    low: classes[bottom]!,
    high: classes[top + 1] ?? Number.POSITIVE_INFINITY,
  };
}

export function useBox(field: Field, plotWidth: number, plotHeight: number) {
  const [start, setStart] = useState<Corner | null>(null);
  const [end, setEnd] = useState<Corner | null>(null);
  const [done, setDone] = useState(false);
  const { times, classes, onExplain, onZoom } = field;
  const [w, h] = [plotWidth / Math.max(1, times.length), plotHeight / Math.max(1, classes.length)];
  const corner = (event: PointerEvent<HTMLElement>): Corner => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const within = (at: number, length: number): number => Math.max(0, Math.min(length - 1, Math.floor(at)));
    return {
      column: within((event.clientX - bounds.left - AXIS_PX) / w, times.length),
      row: within((plotHeight - (event.clientY - bounds.top)) / h, classes.length),
    };
  };
  const clear = (): void => {
    setStart(null);
    setEnd(null);
    setDone(false);
  };
  const handlers = {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.button !== 0 || !onExplain || (event.target as Element).closest('button')) return;
      setStart(corner(event));
      setEnd(null);
      setDone(false);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const { column, row } = corner(event);
      hover.set(times[column] ?? null);
      if (start && !done && event.buttons === 1) setEnd({ column, row });
    },
    onPointerLeave() {
      hover.set(null);
    },
    onBlur() {
      hover.set(null);
    },
    onPointerUp() {
      if (start && end) setDone(true);
      else if (!done) clear();
    },
    /** Arrows move a cell, with Shift they draw; Enter offers what can be done with it. */
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      if (!onExplain || (event.target as Element) !== event.currentTarget) return;
      const [across, up] = MOVES[event.key] ?? [0, 0];
      if (across !== 0 || up !== 0) {
        const from = end ?? { column: times.length - 1, row: 0 };
        const to = {
          column: Math.max(0, Math.min(times.length - 1, from.column + (end ? across : 0))),
          row: Math.max(0, Math.min(classes.length - 1, from.row + (end ? up : 0))),
        };
        if (!event.shiftKey || !start) setStart(to);
        setEnd(to);
        setDone(false);
        hover.pin(false);
        hover.set(times[to.column] ?? null);
      } else if (event.key === 'Enter' && start && end) setDone(true);
      else if (event.key === 'Escape' && start) clear();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  const acts: [words: string, act: (box: Box) => void][] = [];
  if (onExplain) acts.push(['Explain', onExplain]);
  if (onZoom) acts.push(['Zoom', ({ from_ms, to_ms }) => onZoom(from_ms, to_ms)]);
  let shown: ReactNode = null;
  if (start && end) {
    const left = AXIS_PX + Math.min(start.column, end.column) * w;
    const top = plotHeight - (Math.max(start.row, end.row) + 1) * h;
    const style = {
      left,
      top,
      width: (Math.abs(end.column - start.column) + 1) * w,
      height: (Math.abs(end.row - start.row) + 1) * h,
    };
    shown = (
      <>
        <span className={css.box} style={style} />
        {done && (
          <div className={css.menu} style={{ left, top: Math.max(0, top - 32) }}>
            {acts.map(([words, act], at) => (
              <button
                key={words}
                type="button"
                ref={at === 0 ? focused : undefined}
                onKeyDown={(event) => {
                  if (event.key !== 'Escape') return;
                  clear();
                  event.stopPropagation();
                }}
                onClick={() => {
                  act(boxOf(field, start, end));
                  clear();
                }}
              >
                {words}
              </button>
            ))}
          </div>
        )}
      </>
    );
  }
  return { handlers, shown };
}
