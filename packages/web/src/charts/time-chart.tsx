/**
 * A chart over time. Ink is now, dashes are then; the legend is the tooltip; `T` shows the same as a table. The canvas
 * is uPlot's; what can be clicked or read lies over it.
 */
import 'uplot/dist/uPlot.min.css';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { after } from '../base/browser.ts';
import { useDrawnTheme } from '../base/theme.ts';
import { clock } from '../format/index.ts';
import { useContextState } from '../url/index.ts';
import { paletteOf } from './colours.ts';
import type { Scene } from './draw.ts';
import { type Frame, frameOf } from './frame.ts';
import { placeMarks } from './geometry.ts';
import { useBucket } from './hover.ts';
import { type Selection, useInteraction } from './interaction.ts';
import { Crosshair, Exemplars, Marks, Pins, Sides } from './layer.tsx';
import { type Plan, planOf, sentenceOf } from './plan.ts';
import { TableTwin } from './table-twin.tsx';
import css from './time-chart.module.css';
import type { TimeChartProps } from './types.ts';
import { usePlot } from './use-plot.ts';
import { useWidth } from './use-width.ts';

export const CHART_PX = 150;
export const HERO_PX = 330;
/** Heroes are lower on phones. */
const PHONE_HERO_PX = 220;
export const heightHere = (height: number): number =>
  height > PHONE_HERO_PX && innerWidth < 720 ? PHONE_HERO_PX : height;
const NONE: ReadonlySet<string> = new Set();

export interface ChartState {
  /** Names of series that the legend has switched off. */
  readonly hidden?: ReadonlySet<string>;
  readonly asTable?: boolean;
  readonly onTable?: () => void;
}

export function TimeChart(props: TimeChartProps & ChartState) {
  const { hidden = NONE, asTable = false } = props;
  const height = heightHere(props.height ?? CHART_PX);
  const figure = useRef<HTMLElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(figure);
  const theme = useDrawnTheme();
  const [{ zone }] = useContextState();
  const plan = useMemo(() => planOf(props, hidden, height), [props, hidden, height]);
  const scene = useMemo(
    () =>
      width > 0 && !asTable && plan.times.length > 0 ? sceneOf(props, plan, width, height, theme) : null,
    [props, plan, width, height, theme, asTable],
  );
  usePlot(host, scene, zone);
  const draggable = props.onZoom !== undefined || props.onExplain !== undefined;
  const { selection, clear, handlers } = useInteraction(scene && plan, scene?.frame ?? null, draggable);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key.toLowerCase() === 't' && !event.metaKey && !event.ctrlKey) props.onTable?.();
    else handlers.onKeyDown(event);
  };
  return (
    <figure
      ref={figure}
      className={css.chart}
      style={asTable ? undefined : { height }}
      aria-label={sentenceOf(props.label, plan)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move the crosshair, T shows the table
      tabIndex={0}
      {...(asTable ? {} : handlers)}
      onKeyDown={onKeyDown}
    >
      {asTable && <TableTwin plan={plan} label={props.label} zone={zone} />}
      {!asTable && <div ref={host} className={css.host} aria-hidden="true" />}
      {scene && (
        <div className={css.layer}>
          <Crosshair plan={plan} frame={scene.frame} />
          <Sides plan={plan} frame={scene.frame} />
          <Pins plan={plan} frame={scene.frame} />
          <Marks marks={scene.marks} labels={props.markLabels === true} />
          <Exemplars scene={scene} />
          {selection && <Selecting selection={selection} frame={scene.frame} props={props} onDone={clear} />}
        </div>
      )}
      <Told plan={plan} zone={zone} figure={figure} />
    </figure>
  );
}

function sceneOf(props: TimeChartProps, plan: Plan, width: number, height: number, _theme: string): Scene {
  const frame = frameOf(plan, { width, height, gutter: props.gutter, marks: props.marks !== undefined });
  const [from, to] = [plan.times[0]!, plan.times.at(-1)! + plan.step_ms];
  const inside = (props.marks ?? []).filter(({ at_ms }) => at_ms >= from && at_ms <= to);
  const right = frame.left + frame.plotWidth;
  const marks = placeMarks(inside, (at_ms) => Math.min(right, frame.xOf(at_ms)));
  return { plan, frame, props, marks, colourOf: paletteOf(document.documentElement) };
}

function Selecting(given: { selection: Selection; frame: Frame; props: TimeChartProps; onDone: () => void }) {
  const { selection, frame, props, onDone } = given;
  const left = Math.max(frame.left, frame.xOf(selection.from_ms));
  const width = Math.min(frame.left + frame.plotWidth, frame.xOf(selection.to_ms)) - left;
  const choose = (act: ((from_ms: number, to_ms: number) => void) | undefined) => (): void => {
    onDone();
    act?.(selection.from_ms, selection.to_ms);
  };
  return (
    <>
      <span className={css.selection} style={{ left, width, top: frame.top, height: frame.plotHeight }} />
      {selection.done && (
        <div className={css.menu} style={{ left: Math.max(0, left + width / 2 - 70), top: frame.top + 8 }}>
          {props.onZoom && (
            <button type="button" ref={(button) => button?.focus()} onClick={choose(props.onZoom)}>
              Zoom
            </button>
          )}
          {props.onExplain && (
            <button type="button" onClick={choose(props.onExplain)}>
              Explain
            </button>
          )}
        </div>
      )}
    </>
  );
}

/** Long enough that an arrow held down does not chatter. */
const TELL_MS = 300;

/** What the crosshair stands on, told to those who listen, while the chart has the focus. */
function Told(props: { plan: Plan; zone: 'utc' | 'local'; figure: { current: HTMLElement | null } }) {
  const { plan, zone, figure } = props;
  const at = useBucket(plan.times, plan.step_ms);
  const [text, setText] = useState('');
  useEffect(() => {
    if (at === null || document.activeElement !== figure.current) return;
    return after(TELL_MS, () => {
      const values = plan.lines.map(({ series, values: column }) => {
        const value = column[at] ?? null;
        return `${series.name} ${value === null ? 'no data' : plan.format(value)}`;
      });
      setText(`${clock(plan.times[at]!, zone)}: ${values.join(', ')}`);
    });
  }, [at, plan, zone, figure]);
  return (
    <span className="vh" aria-live="polite">
      {text}
    </span>
  );
}
