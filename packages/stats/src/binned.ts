import { type Grid, valueOfBin } from './grid.ts';

/**
 * Values that many histograms share, ascending, each once. Sums and comparisons of histograms on one axis go by places
 * on it, in arrays: no value is looked up, sorted or compared.
 */
export interface Axis {
  readonly values: Float64Array;
  /** The place on the axis of what is stored under a code. */
  readonly placeOf: Uint16Array;
}

/** Codes of every grid lie below it. */
const CODES_MOST = 8_192;

/** The axis of a grid; `meaning` says what a bin stands for where that is not its middle (and never falls). */
export function axisOf(grid: Grid, meaning: (middle: number) => number = (middle) => middle): Axis {
  const values: number[] = [];
  const placeOf = new Uint16Array(CODES_MOST);
  for (let code = 0; code < CODES_MOST; code++) {
    const middle = valueOfBin(grid, code);
    // The bin of what is infinite has no middle.
    const value = Number.isNaN(middle) ? Number.POSITIVE_INFINITY : meaning(middle);
    if (!(value <= values.at(-1)!)) values.push(value);
    placeOf[code] = values.length - 1;
  }
  return { values: Float64Array.from(values), placeOf };
}

/** Exact counts on an axis: a stretch of two arrays, which may be columns of a whole answer. A histogram like others. */
export class Binned {
  readonly axis: Axis;
  /** Places on the axis, ascending, each once. */
  readonly places: ArrayLike<number>;
  readonly seen: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
  #size: number | undefined;

  constructor(
    axis: Axis,
    places: ArrayLike<number>,
    seen: ArrayLike<number>,
    from = 0,
    to: number = places.length,
  ) {
    this.axis = axis;
    this.places = places;
    this.seen = seen;
    this.from = from;
    this.to = to;
  }

  /** Number of observations. */
  get size(): number {
    if (this.#size !== undefined) return this.#size;
    let sum = 0;
    for (let at = this.from; at < this.to; at++) sum += this.seen[at]!;
    this.#size = sum;
    return sum;
  }

  get values(): number[] {
    const { axis, places, from, to } = this;
    const out = new Array<number>(to - from);
    for (let at = from; at < to; at++) out[at - from] = axis.values[places[at]!]!;
    return out;
  }

  get counts(): number[] {
    const { seen, from, to } = this;
    const out = new Array<number>(to - from);
    for (let at = from; at < to; at++) out[at - from] = seen[at]!;
    return out;
  }
}

/** Counts by place; all zero between two sums. */
const sums = new Float64Array(CODES_MOST);

/** The sum of histograms of one axis, each times its weight; places where nothing is left are left out. */
export function addBinned(parts: readonly { histogram: Binned; weight?: number }[]): Binned {
  let first = CODES_MOST;
  let last = -1;
  for (const { histogram, weight = 1 } of parts) {
    const { places, seen, from, to } = histogram;
    if (from === to) continue;
    first = Math.min(first, places[from]!);
    last = Math.max(last, places[to - 1]!);
    for (let at = from; at < to; at++) sums[places[at]!]! += weight * seen[at]!;
  }
  const places: number[] = [];
  const seen: number[] = [];
  for (let place = first; place <= last; place++) {
    const sum = sums[place]!;
    if (sum === 0) continue;
    places.push(place);
    seen.push(sum);
    sums[place] = 0;
  }
  return new Binned(parts[0]!.histogram.axis, places, seen);
}

/** Whether all lie on one axis, so that `addBinned` may add them. */
export function onOneAxis(
  parts: readonly { histogram: unknown; weight?: number }[],
): parts is readonly { histogram: Binned; weight?: number }[] {
  const [first] = parts;
  if (!(first?.histogram instanceof Binned)) return false;
  const { axis } = first.histogram;
  return parts.every(({ histogram }) => histogram instanceof Binned && histogram.axis === axis);
}
