/** A distribution over time: a column per bucket of time, a cell per class of value, darker where there is more. */
import { useMemo, useRef } from 'react';
import { useDrawnTheme } from '../base/theme.ts';
import { formatCount, type Zone } from '../format/index.ts';
import { paletteOf } from './colours.ts';
import { timeTicks } from './geometry.ts';
import css from './heatmap.module.css';
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
  /** A box was chosen: its times and values, the ends not included. */
  readonly onExplain?: (box: Box) => void;
}

const BOTTOM_PX = 20;
const RAMP = 7;

export function Heatmap(props: HeatmapProps) {
  const { label, times, classes, counts, format, zone, height = 150 } = props;
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
  return (
    <figure
      {...box.handlers}
      ref={host}
      className={css.heatmap}
      style={{ height }}
      aria-label={`${label}: ${formatCount(total)}`}
      tabIndex={props.onExplain ? 0 : undefined}
    >
      {classes.map((low, at) =>
        at % Math.ceil(classes.length / 5) === 0 ? (
          <span key={low} className={css.y} style={{ top: plotHeight * (1 - at / classes.length) - 8 }}>
            {format(low)}
          </span>
        ) : null,
      )}
      <canvas ref={draw} className={css.canvas} />
      {box.shown}
      {ticks.map(({ at, text }) => (
        <span key={at} className={css.x} style={{ left: AXIS_PX + ((at - times[0]!) / span) * plotWidth }}>
          {text}
        </span>
      ))}
    </figure>
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
