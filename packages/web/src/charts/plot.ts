/** uPlot, given a scene: it draws axes and lines; everything else is draw.ts and the layer above. */
import uPlot from 'uplot';
import type { Zone } from '../format/index.ts';
import { drawOver, drawUnder, FONT, type Scene, weightOf } from './draw.ts';
import { BOTTOM_PX } from './frame.ts';
import { timeTicks } from './geometry.ts';

export interface Plot {
  /** Draws another scene of the same structure, in its own size and colours. */
  show(scene: Scene): void;
  destroy(): void;
}

const GHOST_DASH = [3, 3];

/** What may not change without a new plot. */
export const structureOf = ({ plan, frame, props }: Scene, zone: Zone): string =>
  [
    zone,
    frame.left,
    frame.width - frame.plotWidth,
    props.marks?.length ? 'marks' : '',
    ...plan.lines.map(({ series }) => `${series.name} ${series.colour} ${series.weight} ${series.bars}`),
    plan.ghosts.length,
  ].join('\n');

/** Columns as uPlot takes them: times, ghosts, lines without the bucket under way. */
function columnsOf({ plan }: Scene): uPlot.AlignedData {
  const whole = (values: readonly (number | null)[]): (number | null)[] =>
    values.map((value, at) => (at < plan.whole ? value : null));
  return [
    plan.times as number[],
    ...plan.ghosts.map(({ values }) => [...values]),
    ...plan.lines.map((line) => (line.series.bars ? plan.times.map(() => null) : whole(line.values))),
  ] as uPlot.AlignedData;
}

export function createPlot(host: HTMLElement, first: Scene, zone: Zone): Plot {
  let scene = first;
  const { plan, frame } = first;
  const inked = (colour: string) => (): string => scene.colourOf(colour);
  const line = (colour: string, width: number, more: Partial<uPlot.Series> = {}): uPlot.Series => ({
    stroke: inked(colour),
    width,
    points: { show: false },
    spanGaps: false,
    ...more,
  });
  const inPixels = (draw: (ctx: CanvasRenderingContext2D, scene: Scene) => void) => (u: uPlot) => {
    u.ctx.save();
    u.ctx.scale(uPlot.pxRatio, uPlot.pxRatio);
    draw(u.ctx, scene);
    u.ctx.restore();
  };
  const plot = new uPlot(
    {
      width: frame.width,
      height: frame.height,
      ms: 1,
      padding: [frame.top, frame.width - frame.left - frame.plotWidth, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [scene.plan.times[0] ?? 0, scene.plan.times.at(-1) ?? 1] },
        y: { range: () => [scene.plan.scale.min, scene.plan.scale.max] },
      },
      axes: [
        {
          size: BOTTOM_PX,
          gap: 4,
          font: FONT,
          stroke: inked('tick'),
          grid: { show: false },
          ticks: { stroke: inked('axis'), width: 1, size: 4 },
          splits: (_, __, min, max) =>
            timeTicks(min, max, scene.frame.plotWidth, zone).map((tick) => tick.at),
          values: (_, splits) => {
            const { times } = scene.plan;
            const ticks = timeTicks(times[0] ?? 0, times.at(-1) ?? 1, scene.frame.plotWidth, zone);
            return splits.map((at) => ticks.find((tick) => tick.at === at)?.text ?? '');
          },
        },
        {
          size: frame.left,
          gap: 8,
          font: FONT,
          stroke: inked('tick'),
          grid: { stroke: inked('grid'), width: 1 },
          ticks: { show: false },
          splits: () => [...scene.plan.scale.ticks],
          values: (_, splits) => splits.map((value) => scene.plan.tick(value)),
        },
      ],
      series: [
        {},
        ...plan.ghosts.map(({ line: { series } }) =>
          line(series.colour, 1, { dash: GHOST_DASH, alpha: 0.62 }),
        ),
        ...plan.lines.map(({ series }) => line(series.colour, weightOf(series.weight))),
      ],
      hooks: { drawAxes: [inPixels(drawUnder)], draw: [inPixels(drawOver)] },
    },
    columnsOf(first),
    host,
  );
  return {
    show(next) {
      const { width, height } = scene.frame;
      scene = next;
      plot.batch(() => {
        if (next.frame.width !== width || next.frame.height !== height) plot.setSize(next.frame);
        plot.setData(columnsOf(next));
      });
    },
    destroy: () => plot.destroy(),
  };
}
