/** From what a page says to what is drawn: scale, stacked columns, what is whole. Pure. */
import { formatCount } from '../format/index.ts';
import { extent, lastValue, niceScale } from './geometry.ts';
import type { Series, TimeChartProps, Values } from './types.ts';

export interface Line {
  readonly series: Series;
  /** As given. */
  readonly values: Values;
  /** Where it is drawn: for stacked bars their upper edge. */
  readonly tops: Values;
  /** The last whole value: its index, -1 where there is none. */
  readonly last: number;
}

export interface Ghost {
  readonly line: Line;
  readonly values: Values;
}

export interface Plan {
  readonly times: readonly number[];
  readonly step_ms: number;
  readonly lines: readonly Line[];
  readonly ghosts: readonly Ghost[];
  readonly scale: { readonly min: number; readonly max: number; readonly ticks: readonly number[] };
  /** Buckets that are over; one more may be under way. */
  readonly whole: number;
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
}

const SHORT_PX = 130;
const AIR = 0.02;
/** From here on thousands are abbreviated. */
const SHORT_FROM = 100_000;
const plain = (value: number): string =>
  Math.abs(value) >= SHORT_FROM
    ? formatCount(value).replace(/\.0+(?= )/, '')
    : String(Number(value.toPrecision(6))).replace('-', '−');

export function planOf(props: TimeChartProps, hidden: ReadonlySet<string>, height: number): Plan {
  const { times, step_ms, series, now_ms } = props;
  const shown = series.filter(({ name }) => !hidden.has(name));
  const last = times.at(-1);
  const whole =
    last !== undefined && now_ms !== undefined && last + step_ms > now_ms ? times.length - 1 : times.length;
  const base: number[] = times.map(() => 0);
  const lines = shown.map((one): Line => {
    const tops = one.bars ? stacked(one.values, base) : one.values;
    return { series: one, values: one.values, tops, last: lastValue(one.values, whole) };
  });
  const ghosts = ghostsOf(lines);
  return {
    times,
    step_ms,
    lines,
    ghosts,
    whole,
    scale: scaleOf(props, lines, ghosts, height),
    format: props.format ?? plain,
    tick: props.tick ?? plain,
  };
}

/** Of more lines than these, dashes that nobody asked for are a tangle. */
const DASHED_MOST = 2;

/** Of bars their sum, unless they have columns of then and now: parts of a whole add up to the same at all times. */
function ghostsOf(lines: readonly Line[]): Plan['ghosts'] {
  const own = lines.flatMap((line) => {
    const { ghost, earlier, bars } = line.series;
    const values = ghost ?? (lines.length <= DASHED_MOST && !bars ? earlier : undefined);
    return values ? [{ line, values }] : [];
  });
  const stack = lines.filter(({ series }) => series.bars && series.earlier && !series.sides);
  const top = stack.at(-1);
  if (!top) return own;
  const line = { ...top, series: { ...top.series, colour: 'pencil-line' } };
  return [...own, { line, values: sumOf(stack, top.values.length) }];
}

/** What bars were then, on each other. */
const sumOf = (stack: readonly Line[], length: number): Values =>
  Array.from({ length }, (_, at) => {
    const told = stack.map(({ series }) => series.earlier![at] ?? null);
    return told.every((value) => value === null)
      ? null
      : told.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  });

/** Upper edges on what stands below, which grows by them. */
function stacked(values: Values, base: number[]): Values {
  return values.map((value, at) => {
    if (value === null) return null;
    const top = (base[at] ?? 0) + value;
    base[at] = top;
    return top;
  });
}

function scaleOf(
  props: TimeChartProps,
  lines: readonly Line[],
  ghosts: Plan['ghosts'],
  height: number,
): Plan['scale'] {
  const ticks = height < SHORT_PX ? 3 : 4;
  const given = props.scale ?? 'zero';
  if (typeof given === 'object') {
    const { ticks: found } = niceScale(given.min, given.max - (given.max - given.min) * 0.02, {
      ticks,
      fromZero: false,
    });
    return { ...given, ticks: found.filter((tick) => tick >= given.min && tick <= given.max) };
  }
  const rows = [
    ...lines.map((line) => line.tops),
    ...ghosts.map(({ values }) => values),
    ...(props.bands ?? []).flatMap(({ low, high }) => [low, high]),
    ...(props.exemplars ? [props.exemplars.map(({ value }) => value)] : []),
    ...(props.objective ? [[props.objective.value]] : []),
  ];
  const found = extent(rows) ?? { low: 0, high: 1 };
  const nice = niceScale(found.low, found.high, { ticks, fromZero: given === 'zero' });
  const { most } = props;
  if (most === undefined || nice.max <= most) return nice;
  // All of it lies at the upper end: a little of what would be below is shown.
  if (nice.min >= most)
    return niceScale(most - Math.abs(most) * AIR, most - Math.abs(most) * AIR * 0.02, {
      ticks,
      fromZero: false,
    });
  return { min: nice.min, max: most, ticks: nice.ticks.filter((tick) => tick <= most) };
}

/** The sentence that names the figure for those who do not see it. */
export function sentenceOf(label: string, plan: Plan): string {
  const told = plan.lines
    .filter((line) => line.last >= 0)
    .map(({ series: { name, sides }, values, last }) =>
      sides
        ? `${name} ${plan.format(sides.now)}, was ${plan.format(sides.before)}`
        : `${name} ${plan.format(values[last]!)}`,
    );
  const apart = plan.lines.some(({ series }) => series.sides) ? '; ' : ', ';
  return told.length === 0 ? `${label}: no data` : `${label}: ${told.join(apart)}`;
}
