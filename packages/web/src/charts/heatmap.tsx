/** A distribution over time: a column per bucket of time, a cell per class of value, darker where there is more. */
import { useMemo, useRef } from 'react';
import { classes } from '../base/classes.ts';
import { useDrawnTheme } from '../base/theme.ts';
import { formatCount, type Zone } from '../format/index.ts';
import { paletteOf } from './colours.ts';
import { type Mark, placeMarks, timeTicks } from './geometry.ts';
import css from './heatmap.module.css';
import { useBucket } from './hover.ts';
import { Marks } from './layer.tsx';
import { AXIS_PX, type Box, useBox } from './use-box.tsx';
import { useWidth } from './use-width.ts';

interface HeatmapProps {
  readonly label: string;
  readonly times: readonly number[];
  /** Lower edges of the classes, lowest first, in the unit of the title. */
  readonly classes: readonly number[];
  /** `counts[class][time]`. */
  readonly counts: readonly (readonly number[])[];
  readonly format: (value: number) => string;
  readonly zone: Zone;
  readonly height?: number;
  readonly marks?: readonly Mark[];
  /** A class (with its part) per time, where most of then lay below: drawn dashed. */
  readonly then?: readonly (number | null)[] | undefined;
  readonly onZoom?: (from_ms: number, to_ms: number) => void;
  /** A box was chosen: its times and values, the ends not included. */
  readonly onExplain?: (box: Box) => void;
}

const BOTTOM_PX = 20;
const RAMP = 7;
/** A moment nearer to the edge than half its name is not named. */
const LABEL_PX = 32;

export function Heatmap(props: HeatmapProps) {
  const { label, times, counts, format, zone, height = 150 } = props;
  const rows = props.classes;
  const host = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const width = useWidth(host);
  const theme = useDrawnTheme();
  const plotWidth = Math.max(0, width - AXIS_PX);
  const plotHeight = height - BOTTOM_PX;
  const most = useMemo(() => Math.max(1, ...counts.flat()), [counts]);
  const draw = (element: HTMLCanvasElement | null): void => {
    canvas.current = element;
    if (element && plotWidth > 0) paint(element, { counts, most, plotWidth, plotHeight, theme });
  };
  const total = useMemo(() => counts.flat().reduce((sum, one) => sum + one, 0), [counts]);
  const box = useBox(props, plotWidth, plotHeight);
  const ticks = timeTicks(times[0] ?? 0, times.at(-1) ?? 1, plotWidth, zone);
  const span = (times.at(-1) ?? 1) - (times[0] ?? 0) || 1;
  const marks = useMemo(() => {
    const [from = 0, next = from] = times;
    const to = (times.at(-1) ?? from) + next - from;
    const inside = (props.marks ?? []).filter(({ at_ms }) => at_ms >= from && at_ms < to);
    return placeMarks(inside, (at_ms) => AXIS_PX + ((at_ms - from) / (to - from || 1)) * plotWidth);
  }, [props.marks, times, plotWidth]);
  return (
    <figure
      {...box.handlers}
      ref={host}
      className={classes(css.heatmap, marks.length > 0 && css.marked)}
      style={{ height }}
      aria-label={`${label}: ${formatCount(total)}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move a cell, T shows the table
      tabIndex={0}
    >
      {rows.map((low, at) =>
        at % Math.ceil(rows.length / 5) === 0 ? (
          <span
            key={low}
            className={css.y}
            style={{ top: plotHeight * (1 - at / rows.length) - (at === 0 ? 12 : 8) }}
          >
            {format(low)}
          </span>
        ) : null,
      )}
      <canvas ref={draw} className={css.canvas} />
      {props.then && (
        <Then levels={props.then} classes={rows.length} plotWidth={plotWidth} plotHeight={plotHeight} />
      )}
      {marks.map(({ x }) => (
        <span key={x} className={css.line} style={{ left: x, height: plotHeight }} />
      ))}
      <div className={css.marks}>
        <Marks marks={marks} labels={false} />
      </div>
      <Crossed times={times} plotWidth={plotWidth} plotHeight={plotHeight} />
      {box.shown}
      {ticks.map(({ at, text }) => {
        const left = ((at - times[0]!) / span) * plotWidth;
        return left > plotWidth - LABEL_PX / 2 ? null : (
          <span key={at} className={css.x} style={{ left: AXIS_PX + left }}>
            {text}
          </span>
        );
      })}
    </figure>
  );
}

interface Place {
  readonly plotWidth: number;
  readonly plotHeight: number;
}
/** The column of the moment that the charts of the page stand at. */
function Crossed({ times, plotWidth, plotHeight }: Place & { times: readonly number[] }) {
  const at = useBucket(times, (times[1] ?? 0) - (times[0] ?? 0));
  if (at === null) return null;
  const width = plotWidth / Math.max(1, times.length);
  return <span className={css.cross} style={{ left: AXIS_PX + at * width, width, height: plotHeight }} />;
}

function Then(props: Place & { levels: readonly (number | null)[]; classes: number }) {
  const { levels, plotWidth, plotHeight } = props;
  const [w, h] = [plotWidth / Math.max(1, levels.length), plotHeight / Math.max(1, props.classes)];
  const path = levels
    .map((level, at) => {
      if (level === null) return '';
      const begins = (levels[at - 1] ?? null) === null;
      const y = (plotHeight - level * h).toFixed(1);
      return `${begins ? 'M' : 'L'}${(at * w).toFixed(1)} ${y}H${((at + 1) * w).toFixed(1)}`;
    })
    .join('');
  return (
    <svg className={css.then} width={plotWidth} height={plotHeight} aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

interface Painting {
  counts: HeatmapProps['counts'];
  most: number;
  plotWidth: number;
  plotHeight: number;
  theme: string;
}

function paint(element: HTMLCanvasElement, { counts, most, plotWidth, plotHeight }: Painting): void {
  const ratio = devicePixelRatio;
  element.width = plotWidth * ratio;
  element.height = plotHeight * ratio;
  element.style.width = `${plotWidth}px`;
  element.style.height = `${plotHeight}px`;
  const ctx = element.getContext('2d')!;
  const colourOf = paletteOf(document.documentElement);
  ctx.scale(ratio, ratio);
  const columns = counts[0]?.length ?? 0;
  const [w, h] = [plotWidth / Math.max(1, columns), plotHeight / Math.max(1, counts.length)];
  counts.forEach((row, cls) => {
    row.forEach((count, at) => {
      if (count === 0) return;
      // By the root, so that the rare cells of a long tail are seen beside the common ones.
      const shade = Math.min(RAMP, 1 + Math.floor(Math.sqrt(count / most) * RAMP));
      ctx.fillStyle = colourOf(`seq-${shade}`);
      ctx.fillRect(at * w, plotHeight - (cls + 1) * h, Math.max(1, w - 1), Math.max(1, h - 1));
    });
  });
}
