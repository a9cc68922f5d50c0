/** Where things stand on a chart: ticks, pins, marks, gaps. Pure, in pixels and values. */
import { clock, dayOf, offsetMs, type Zone } from '../format/index.ts';
import { CLOCK_STEPS, DAY, SECOND } from '../url/index.ts';

type Values = readonly (number | null)[];

const ROUND = [1, 2, 2.5, 5, 10] as const;

/** Three to five round ticks over a range, and the range widened to them. */
export function niceScale(
  low: number,
  high: number,
  { ticks = 4, fromZero = true }: { ticks?: number; fromZero?: boolean } = {},
): { min: number; max: number; ticks: number[] } {
  const floor = fromZero ? Math.min(0, low) : low;
  const span = high - floor || Math.abs(high) || 1;
  // Nothing but zeros: an axis up to 1, as there would be of something.
  if (fromZero && high <= floor) high = floor + span * 0.98;
  const power = 10 ** Math.floor(Math.log10(span / ticks));
  const step = (ROUND.find((one) => one * power >= span / ticks - 1e-12) ?? 10) * power;
  const min = Math.floor(floor / step + 1e-9) * step;
  // A line along the upper edge is cut in half: a little air above it.
  const max = Math.ceil((high + span * 0.02) / step - 1e-9) * step;
  const count = Math.max(1, Math.round((max - min) / step));
  return {
    min,
    max: min + count * step,
    ticks: Array.from({ length: count + 1 }, (_, at) => Number((min + at * step).toPrecision(12))),
  };
}

/** The least and greatest of several rows of values; null where there are none. */
export function extent(rows: readonly Values[]): { low: number; high: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const row of rows)
    for (const value of row)
      if (value !== null && Number.isFinite(value)) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
  return low <= high ? { low, high } : null;
}

const TIME_STEPS: readonly number[] = [
  SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  ...CLOCK_STEPS,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  14 * DAY,
  28 * DAY,
  91 * DAY,
  182 * DAY,
  364 * DAY,
];
/** Nearer than this, words of the time axis touch. */
export const TICK_PX = 58;

/** Round times, at least 58 px apart, with their words: `14:00`, or `15 Oct` for days. */
export function timeTicks(
  from_ms: number,
  to_ms: number,
  width_px: number,
  zone: Zone,
): { at: number; text: string }[] {
  const most = Math.max(1, width_px / TICK_PX);
  const step = TIME_STEPS.find((one) => (to_ms - from_ms) / one <= most) ?? TIME_STEPS.at(-1)!;
  const offset = offsetMs(from_ms, zone);
  const out: { at: number; text: string }[] = [];
  for (let at = Math.ceil((from_ms + offset) / step) * step - offset; at <= to_ms; at += step) {
    const midnight = (at + offset) % DAY === 0;
    out.push({ at, text: step >= DAY || midnight ? dayOf(at, zone) : clock(at, zone) });
  }
  return out;
}

/** Pins may not stand nearer than this. */
export const PIN_PX = 14;

/** Pins moved apart from their wished heights, in the same order, within the plot. */
export function placePins(wished: readonly number[], top: number, bottom: number): number[] {
  const order = wished.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y || a.at - b.at);
  for (let at = 1; at < order.length; at++) order[at]!.y = Math.max(order[at]!.y, order[at - 1]!.y + PIN_PX);
  let limit = bottom;
  for (let at = order.length - 1; at >= 0; at--) {
    order[at]!.y = Math.max(top, Math.min(order[at]!.y, limit));
    limit = order[at]!.y - PIN_PX;
  }
  const out: number[] = [];
  for (const { y, at } of order) out[at] = y;
  return out;
}

export interface Mark {
  readonly at_ms: number;
  /** A release is a round peg, a change of configuration or data a slot. */
  readonly kind: 'release' | 'change';
  readonly label: string;
  /** Where a click leads. */
  readonly href?: string;
}

export interface PlacedMark {
  readonly x: number;
  readonly kind: Mark['kind'];
  readonly label: string;
  readonly href: string | undefined;
  /** On which side of the line its words stand; null: there is no room for any. */
  readonly side: 'left' | 'right' | null;
  readonly marks: readonly Mark[];
}

const JOIN_PX = 12;
const LABEL_PX = 90;

/**
 * Marks with their places; those within 12 px are one, `3 changes`; words go left where the next is near, and nowhere
 * where the one before is near too.
 */
export function placeMarks(marks: readonly Mark[], xOf: (at_ms: number) => number): PlacedMark[] {
  const groups: { x: number; marks: Mark[] }[] = [];
  for (const mark of [...marks].sort((a, b) => a.at_ms - b.at_ms)) {
    const x = xOf(mark.at_ms);
    const last = groups.at(-1);
    if (last && x - last.x < JOIN_PX) last.marks.push(mark);
    else groups.push({ x, marks: [mark] });
  }
  // Where the words of those before end; before all of them, the edge of the figure.
  let taken = 0;
  return groups.map(({ x, marks: joined }, at) => {
    const next = groups[at + 1];
    const right = next === undefined || next.x - x >= LABEL_PX;
    const side = right ? 'right' : x - taken >= LABEL_PX ? 'left' : null;
    taken = right ? x + LABEL_PX : x;
    const only = joined.length === 1 ? joined[0]! : undefined;
    return {
      x,
      kind: joined.some((mark) => mark.kind === 'release') ? 'release' : 'change',
      label: only?.label ?? `${joined.length} changes`,
      href: (only ?? joined.find((mark) => mark.href !== undefined))?.href,
      side,
      marks: joined,
    };
  });
}

/** Runs of points at which no series has a value, as indices; those before the first value and after the last too. */
export function gapsOf(rows: readonly Values[], length: number): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = [];
  for (let at = 0; at < length; at++) {
    if (rows.some((row) => row[at] !== null && row[at] !== undefined)) continue;
    const last = gaps.at(-1);
    if (last && last.to === at - 1) last.to = at;
    else gaps.push({ from: at, to: at });
  }
  return gaps;
}

/** The index of the last value, past what is not over yet; -1 where there is none. */
export function lastValue(values: Values, whole: number): number {
  for (let at = Math.min(whole, values.length) - 1; at >= 0; at--)
    if (values[at] !== null && values[at] !== undefined) return at;
  return -1;
}

/** Points that have no neighbour, which no line would show. */
export const lonely = (values: Values): number[] =>
  values.flatMap((value, at) =>
    value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null ? [at] : [],
  );
