/** All rows at a glance, on one canvas: a click or drag goes there. The keys are the waterfall's. */
import { type PointerEvent, useEffect, useRef } from 'react';
import { inTurn } from '../../base/in-turn.ts';
import { useDrawnTheme } from '../../base/theme.ts';
import { paletteOf } from '../../charts/colours.ts';
import { useWidth } from '../../charts/use-width.ts';
import { formatCount } from '../../format/index.ts';
import type { Waterfall } from './model.ts';
import { rowColour } from './row-colour.ts';
import css from './waterfall.module.css';

interface MinimapProps {
  readonly picture: Waterfall;
  /** The first row in sight, and how many are. */
  readonly top: number;
  readonly shown: number;
  readonly onGo: (row: number) => void;
}
const HEIGHT_PX = 84;

export function Minimap({ picture, top, shown, onGo }: MinimapProps) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(host);
  const theme = useDrawnTheme();
  const { rows } = picture;
  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0 || theme === undefined) return;
    // The rows are what somebody waits for: they are painted first.
    let back: (() => void) | undefined;
    const frame = requestAnimationFrame(() => {
      back = inTurn(() => draw(element, picture, width));
    });
    return () => {
      cancelAnimationFrame(frame);
      back?.();
    };
  }, [picture, width, theme]);
  const go = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    onGo(
      Math.max(
        0,
        Math.min(rows.length - 1, Math.floor(((event.clientY - box.top) / HEIGHT_PX) * rows.length)),
      ),
    );
  };
  return (
    <div className={css.map} aria-hidden="true">
      <span className="micro dimmer">All {formatCount(rows.length)} rows</span>
      <div
        ref={host}
        className={css.mapPlot}
        style={{ height: HEIGHT_PX }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && go(event)}
      >
        <canvas ref={canvas} style={{ width, height: HEIGHT_PX }} />
        <i
          style={{
            top: `${((top / rows.length) * 100).toFixed(2)}%`,
            height: `max(3px, ${((shown / rows.length) * 100).toFixed(2)}%)`,
          }}
        />
      </div>
      <span />
    </div>
  );
}

function draw(element: HTMLCanvasElement, { rows, length_ms }: Waterfall, width: number): void {
  const ratio = devicePixelRatio;
  element.width = width * ratio;
  element.height = HEIGHT_PX * ratio;
  const ctx = element.getContext('2d')!;
  const colourOf = paletteOf(document.documentElement);
  ctx.scale(ratio, ratio);
  const high = HEIGHT_PX / rows.length;
  rows.forEach((row, at) => {
    ctx.fillStyle = colourOf(row.failed ? 'crit-mark' : row.kind === 'wait' ? 'ink-4' : rowColour(row));
    ctx.globalAlpha = row.kind === 'span' && !row.failed ? 0.55 : 1;
    const left = (row.start_ms / length_ms) * width;
    ctx.fillRect(
      left,
      at * high,
      Math.max(1, (row.duration_ms / length_ms) * width),
      Math.max(0.7, high * 0.8),
    );
  });
}
