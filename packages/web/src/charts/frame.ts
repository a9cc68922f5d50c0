/** The plot within its figure, in CSS pixels, and the way from times and values to places. */
import type { Plan } from './plan.ts';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Of the plot, without axes and gutter. */
  readonly plotWidth: number;
  readonly plotHeight: number;
  readonly xOf: (at_ms: number) => number;
  readonly yOf: (value: number) => number;
  readonly timeOf: (x: number) => number;
}

const LETTER_PX = 6.05;
const AXIS_LEAST_PX = 34;
const AXIS_GAP_PX = 12;
export const BOTTOM_PX = 20;
const TOP_PX = 8;
/** Room for pegs. */
const TOP_WITH_MARKS_PX = 20;
/** Key and space before a pin's words; a single pin has no key. */
const PIN_KEY_PX = 23;
const PIN_ALONE_PX = 12;
const NO_PINS_PX = 4;
/** A longer name is cut in its pin: the lines come first. */
const PINS_MOST_PX = 150;

/** As wide as the longest pin. */
export function gutterOf(plan: Plan): number {
  const pinned = plan.lines.filter((line) => line.series.pin !== false && line.last >= 0);
  if (pinned.length === 0) return NO_PINS_PX;
  const longest = Math.max(
    ...pinned.map(
      (line) =>
        (pinned.length > 1 ? line.series.name.length + 1 : 0) + plan.format(line.values[line.last]!).length,
    ),
  );
  const wished = (pinned.length > 1 ? PIN_KEY_PX : PIN_ALONE_PX) + LETTER_PX * longest;
  return Math.min(PINS_MOST_PX, Math.ceil(wished));
}

export function frameOf(
  plan: Plan,
  size: { width: number; height: number; gutter: number | undefined; marks: boolean },
): Frame {
  const { width, height } = size;
  const longest = Math.max(...plan.scale.ticks.map((tick) => plan.tick(tick).length));
  const left = Math.max(AXIS_LEAST_PX, Math.ceil(longest * LETTER_PX) + AXIS_GAP_PX);
  const top = size.marks ? TOP_WITH_MARKS_PX : TOP_PX;
  const plotWidth = Math.max(20, width - left - (size.gutter ?? gutterOf(plan)));
  const plotHeight = Math.max(20, height - top - BOTTOM_PX);
  const from = plan.times[0] ?? 0;
  const span = (plan.times.at(-1) ?? 1) - from || plan.step_ms || 1;
  const { min, max } = plan.scale;
  return {
    width,
    height,
    left,
    top,
    plotWidth,
    plotHeight,
    xOf: (at_ms) => left + ((at_ms - from) / span) * plotWidth,
    yOf: (value) => top + (1 - (value - min) / (max - min)) * plotHeight,
    timeOf: (x) => from + ((x - left) / plotWidth) * span,
  };
}
