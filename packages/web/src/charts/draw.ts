/** What uPlot does not draw: bands, breaches, gaps, objectives, lines of deployments, bars, the bucket under way. */
import type { Colour } from './colours.ts';
import type { Frame } from './frame.ts';
import { gapsOf, lonely, type PlacedMark } from './geometry.ts';
import type { Line, Plan } from './plan.ts';
import type { TimeChartProps, Values } from './types.ts';

export interface Scene {
  readonly plan: Plan;
  readonly frame: Frame;
  readonly props: TimeChartProps;
  readonly marks: readonly PlacedMark[];
  readonly colourOf: (token: Colour) => string;
}

type Ctx = CanvasRenderingContext2D;
const BAND_ALPHA = 0.13;
const BREACH_ALPHA = 0.2;
const PARTIAL_ALPHA = 0.45;
const HATCH_PX = 6;
/** On tall charts the line of a deployment is drawn stronger. */
const HERO_PX = 200;
const BAR_GAP_PX = 1.5;
const BAR_LEAST_PX = 2;
/** Where two that touch meet there is no seam. */
const onPixel = (x: number): number => Math.round(x * devicePixelRatio) / devicePixelRatio;

/** Under the lines. */
export function drawUnder(ctx: Ctx, scene: Scene): void {
  const { props } = scene;
  for (const { low, high } of props.bands ?? []) fillBetween(ctx, scene, low, high, 'band', BAND_ALPHA);
  drawBreach(ctx, scene);
  drawGaps(ctx, scene);
  drawBars(ctx, scene);
  drawObjective(ctx, scene);
  drawMarks(ctx, scene);
  drawBaseline(ctx, scene);
}

/** Over the lines. */
export function drawOver(ctx: Ctx, scene: Scene): void {
  const { plan, frame, colourOf } = scene;
  for (const line of plan.lines) {
    if (line.series.bars) continue;
    ctx.strokeStyle = colourOf(line.series.colour);
    ctx.fillStyle = ctx.strokeStyle;
    drawTail(ctx, scene, line);
    for (const at of lonely(line.values.slice(0, plan.whole))) {
      ctx.beginPath();
      ctx.arc(frame.xOf(plan.times[at]!), frame.yOf(line.values[at]!), 1.6, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
  drawObjectiveWords(ctx, scene);
}

/** The bucket under way: dotted, from the last whole one. */
function drawTail(ctx: Ctx, { plan, frame }: Scene, { values, series }: Line): void {
  const at = plan.whole;
  const [before, under] = [values[at - 1] ?? null, values[at] ?? null];
  if (at >= plan.times.length || before === null || under === null) return;
  ctx.save();
  ctx.setLineDash([2, 2]);
  ctx.globalAlpha = 0.7;
  ctx.lineWidth = weightOf(series.weight);
  ctx.beginPath();
  ctx.moveTo(frame.xOf(plan.times[at - 1]!), frame.yOf(before));
  ctx.lineTo(frame.xOf(plan.times[at]!), frame.yOf(under));
  ctx.stroke();
  ctx.restore();
}

export const weightOf = (weight: 'subject' | 'usual' | 'context' | undefined): number =>
  weight === 'subject' ? 2.2 : weight === 'context' ? 1.2 : 1.5;

function fillBetween(
  ctx: Ctx,
  { plan, frame, colourOf }: Scene,
  low: Values,
  high: Values,
  colour: Colour,
  alpha: number,
): void {
  ctx.save();
  ctx.fillStyle = colourOf(colour);
  ctx.globalAlpha = alpha;
  let run: number[] = [];
  const flush = (): void => {
    if (run.length > 1) {
      ctx.beginPath();
      for (const at of run) ctx.lineTo(frame.xOf(plan.times[at]!), frame.yOf(high[at]!));
      for (const at of run.reverse()) ctx.lineTo(frame.xOf(plan.times[at]!), frame.yOf(low[at]!));
      ctx.fill();
    }
    run = [];
  };
  for (let at = 0; at < plan.times.length; at++) {
    if ((low[at] ?? null) === null || (high[at] ?? null) === null) flush();
    else run.push(at);
  }
  flush();
  ctx.restore();
}

function drawBreach(ctx: Ctx, scene: Scene): void {
  const { breach } = scene.props;
  const line = breach && scene.plan.lines.find(({ series }) => series.name === breach.series);
  if (!breach || !line) return;
  const passed = (at: number): boolean => {
    const [value, limit] = [line.values[at] ?? null, breach.limit[at] ?? null];
    if (value === null || limit === null || at >= scene.plan.whole) return false;
    return breach.side === 'under' ? value < limit : value > limit;
  };
  const only = (values: Values): Values => values.map((value, at) => (passed(at) ? value : null));
  fillBetween(ctx, scene, only(line.values), only(breach.limit), 'crit-mark', BREACH_ALPHA);
}

function drawGaps(ctx: Ctx, { plan, frame, colourOf }: Scene): void {
  const gaps = gapsOf(
    plan.lines.map((line) => line.values),
    plan.whole,
  );
  for (const { from, to } of gaps) {
    const x = frame.xOf(plan.times[Math.max(0, from - 1)]!);
    const end = frame.xOf(plan.times[Math.min(plan.times.length - 1, to + 1)]!);
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, frame.top, end - x, frame.plotHeight);
    ctx.clip();
    ctx.strokeStyle = colourOf('hatch');
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let at = x - frame.plotHeight; at < end; at += HATCH_PX) {
      ctx.moveTo(at, frame.top + frame.plotHeight);
      ctx.lineTo(at + frame.plotHeight, frame.top);
    }
    ctx.stroke();
    ctx.restore();
    write(ctx, colourOf, 'no data', (x + end) / 2, frame.top + 12, 'center', end - x > 44);
  }
}

function drawBars(ctx: Ctx, { plan, frame, colourOf }: Scene): void {
  const bars = plan.lines.filter((line) => line.series.bars);
  if (bars.length === 0) return;
  const pitch = frame.plotWidth / Math.max(1, plan.times.length - 1);
  // Bars that would be thinner than the paper between them touch each other.
  const together = pitch < BAR_LEAST_PX + BAR_GAP_PX;
  const width = together ? pitch : pitch - BAR_GAP_PX;
  const edge = (x: number): number => (together ? onPixel(x) : x);
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left - 1, 0, frame.plotWidth + 2, frame.height);
  ctx.clip();
  for (const line of bars) {
    ctx.fillStyle = colourOf(line.series.colour);
    line.tops.forEach((top, at) => {
      const value = line.values[at] ?? null;
      if (top === null || value === null || value === 0) return;
      ctx.globalAlpha = at >= plan.whole ? PARTIAL_ALPHA : 1;
      const y = frame.yOf(top);
      const from = frame.xOf(plan.times[at]!) - width / 2;
      ctx.fillRect(edge(from), y, edge(from + width) - edge(from), frame.yOf(top - value) - y);
    });
  }
  ctx.restore();
}

function drawObjective(ctx: Ctx, { props, frame, colourOf, plan }: Scene): void {
  const { objective } = props;
  if (!objective || objective.value < plan.scale.min || objective.value > plan.scale.max) return;
  const y = Math.round(frame.yOf(objective.value)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colourOf('limit');
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(frame.left, y);
  ctx.lineTo(frame.left + frame.plotWidth, y);
  ctx.stroke();
  ctx.restore();
}

/** Over the lines, which would strike it through. */
function drawObjectiveWords(ctx: Ctx, { props, frame, colourOf, plan }: Scene): void {
  const { objective } = props;
  if (!objective || objective.value < plan.scale.min || objective.value > plan.scale.max) return;
  const y = Math.round(frame.yOf(objective.value)) + 0.5;
  const below = y - frame.top < 16;
  write(ctx, colourOf, objective.label, frame.left + 4, below ? y + 13 : y - 5, 'left');
}

function drawMarks(ctx: Ctx, { marks, frame, colourOf }: Scene): void {
  ctx.save();
  ctx.lineWidth = 1;
  ctx.globalAlpha = frame.height < HERO_PX ? 0.28 : 0.45;
  for (const mark of marks) {
    const x = Math.round(mark.x) + 0.5;
    ctx.strokeStyle = colourOf(mark.kind === 'release' ? 'deploy' : 'deploy-soft');
    ctx.beginPath();
    ctx.moveTo(x, frame.top - 4);
    ctx.lineTo(x, frame.top + frame.plotHeight);
    ctx.stroke();
  }
  ctx.restore();
}

function drawBaseline(ctx: Ctx, { frame, colourOf, plan, props }: Scene): void {
  const y = Math.round(frame.top + frame.plotHeight) + 0.5;
  const right = frame.left + frame.plotWidth;
  const stroke = (from: number, to: number, colour: Colour, width: number): void => {
    ctx.strokeStyle = colourOf(colour);
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.moveTo(from, y);
    ctx.lineTo(to, y);
    ctx.stroke();
  };
  ctx.save();
  if (props.split_ms === undefined) stroke(frame.left, right, 'axis', 1);
  else {
    // Between two buckets, not in the middle of one.
    const split = Math.min(right, Math.max(frame.left, frame.xOf(props.split_ms - plan.step_ms / 2)));
    stroke(frame.left, split, 'pencil-line', 2);
    stroke(split, right, 'ink', 2);
  }
  ctx.restore();
}

/** Words within the plot, with a halo so that lines do not cross them. */
function write(
  ctx: Ctx,
  colourOf: Scene['colourOf'],
  text: string,
  x: number,
  y: number,
  align: CanvasTextAlign,
  fits = true,
): void {
  if (!fits) return;
  ctx.save();
  ctx.font = FONT;
  ctx.textAlign = align;
  ctx.lineJoin = 'round';
  ctx.lineWidth = 5;
  ctx.strokeStyle = colourOf('surface');
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colourOf('tick');
  ctx.fillText(text, x, y);
  ctx.restore();
}

export const FONT = '11px "Geist Variable", system-ui, sans-serif';
