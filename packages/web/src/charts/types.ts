/** What a chart over time is given. Times are starts of buckets in epoch milliseconds, values in the unit of the title. */
import type { Colour } from './colours.ts';
import type { Mark } from './geometry.ts';

export type Values = readonly (number | null)[];

export interface Series {
  readonly name: string;
  readonly values: Values;
  readonly colour: Colour;
  /** The subject of the page 2.2 px, context 1.2, others 1.5. */
  readonly weight?: 'subject' | 'usual' | 'context';
  /** The baseline on the same axis, drawn dashed. */
  readonly ghost?: Values;
  /** The baseline where it is not drawn of itself: in the table, dashed where few lines are shown, of bars their sum. */
  readonly earlier?: Values;
  /** false: no pin in the right gutter. */
  readonly pin?: boolean;
  /** Stacked bars in place of a line; those of one chart stand on each other in their order. */
  readonly bars?: boolean;
  /** One figure of then and one of now: bars that are parts of a whole stand so as two columns beside the plot. */
  readonly sides?: { readonly before: number; readonly now: number };
}

export interface Band {
  readonly low: Values;
  readonly high: Values;
}

/** An example request or sequence: a diamond that leads to it. */
export interface Exemplar {
  readonly at_ms: number;
  readonly value: number;
  readonly label: string;
  readonly href: string;
  /** Thumbnail shown while the mouse is over it. */
  readonly picture?: string;
}

export interface TimeChartProps {
  /** What it shows, as the name of the figure: `Delivered and produced FPS, last 6 hours`. */
  readonly label: string;
  readonly times: readonly number[];
  readonly step_ms: number;
  readonly series: readonly Series[];
  /** A value as pins, legend and ticks write it; the unit stands in the title. */
  readonly format?: (value: number) => string;
  readonly tick?: (value: number) => string;
  /** `zero` for counts, rates and durations, `free` for FPS and scores; or both ends. */
  readonly scale?: 'zero' | 'free' | { readonly min: number; readonly max: number };
  /** No value can be above it: 100 %. */
  readonly most?: number;
  readonly height?: number;
  /** Pixels right of the plot: one width per column, so that time lines up down the page. */
  readonly gutter?: number;
  readonly marks?: readonly Mark[];
  /** Words beside the marks: on the hero only. */
  readonly markLabels?: boolean;
  readonly bands?: readonly Band[];
  /** Red between a series and the limit that it has passed. */
  readonly breach?: { readonly series: string; readonly limit: Values; readonly side: 'under' | 'over' };
  readonly objective?: { readonly value: number; readonly label: string };
  readonly exemplars?: readonly Exemplar[];
  /** Where "now" is: a bucket that ends after it is not whole yet. */
  readonly now_ms?: number;
  /** From here on it is now: the axis is pencil blue before it and ink after it. */
  readonly split_ms?: number;
  /** Drag: zoom takes the range, explain takes it to the comparison. Without both nothing can be dragged. */
  readonly onZoom?: (from_ms: number, to_ms: number) => void;
  readonly onExplain?: (from_ms: number, to_ms: number) => void;
}
