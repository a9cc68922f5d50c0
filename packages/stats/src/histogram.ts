import { addBinned, Binned, onOneAxis } from './binned.ts';
import { type Counts, type Grid, valueOfBin } from './grid.ts';

/**
 * Exact counts of a number: ascending distinct values and how often each was seen. A value may stand for a bin (its
 * middle); `-Infinity` and `Infinity` are values like others. Counts may be weights.
 */
export interface Histogram {
  readonly values: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

export const EMPTY_HISTOGRAM: Histogram = { values: [], counts: [] };

/** Two histograms on the values of both. */
export interface Paired {
  readonly values: Float64Array;
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** Sum of the counts of each side. */
  readonly nReference: number;
  readonly nCurrent: number;
}

/** What a rollup holds for one series, bin codes and counts, as a histogram of the bins' middles. */
export function histogramOfBins(grid: Grid, bins: Counts): Histogram {
  const codes = Float64Array.from(bins.keys()).sort();
  const values = new Float64Array(codes.length);
  const counts = new Float64Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    values[i] = valueOfBin(grid, codes[i]!);
    counts[i] = bins.get(codes[i]!)!;
  }
  return { values, counts };
}

/** Raw observations as a histogram; NaN is left out. */
export function histogramOfValues(observations: Iterable<number>): Histogram {
  const sorted = Float64Array.from(observations)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const values: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    // `0 === -0`, and a sorted array keeps them side by side.
    if (values.length > 0 && values.at(-1) === value) counts[counts.length - 1]! += 1;
    else {
      values.push(value);
      counts.push(1);
    }
  }
  return { values, counts };
}

/** The two on one ascending list of values, cells that neither side has left out. */
export function pair(reference: Histogram, current: Histogram): Paired {
  if (reference instanceof Binned && current instanceof Binned && reference.axis === current.axis)
    return pairBinned(reference, current);
  const a = reference.values;
  const b = current.values;
  const values = new Float64Array(a.length + b.length);
  const left = new Float64Array(values.length);
  const right = new Float64Array(values.length);
  let size = 0;
  let nReference = 0;
  let nCurrent = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const x = i < a.length ? a[i]! : Number.POSITIVE_INFINITY;
    const y = j < b.length ? b[j]! : Number.POSITIVE_INFINITY;
    const takeLeft = i < a.length && (x <= y || j >= b.length);
    const takeRight = j < b.length && (y <= x || i >= a.length);
    const l = takeLeft ? reference.counts[i++]! : 0;
    const r = takeRight ? current.counts[j++]! : 0;
    if (!(l > 0) && !(r > 0)) continue;
    values[size] = takeLeft ? x : y;
    left[size] = l;
    right[size++] = r;
    nReference += l;
    nCurrent += r;
  }
  return {
    values: values.subarray(0, size),
    reference: left.subarray(0, size),
    current: right.subarray(0, size),
    nReference,
    nCurrent,
  };
}

function pairBinned(reference: Binned, current: Binned): Paired {
  const { places: a, seen: left, to: endA, axis } = reference;
  const { places: b, seen: right, to: endB } = current;
  const most = endA - reference.from + endB - current.from;
  // One piece of memory: three would be three for the garbage collector.
  const all = new Float64Array(3 * most);
  let size = 0;
  let nReference = 0;
  let nCurrent = 0;
  for (let i = reference.from, j = current.from; i < endA || j < endB; ) {
    const x = i < endA ? a[i]! : Number.POSITIVE_INFINITY;
    const y = j < endB ? b[j]! : Number.POSITIVE_INFINITY;
    const l = x <= y ? left[i++]! : 0;
    const r = y <= x ? right[j++]! : 0;
    if (!(l > 0) && !(r > 0)) continue;
    all[size] = axis.values[Math.min(x, y)]!;
    all[most + size] = l;
    all[2 * most + size++] = r;
    nReference += l;
    nCurrent += r;
  }
  return {
    values: all.subarray(0, size),
    reference: all.subarray(most, most + size),
    current: all.subarray(2 * most, 2 * most + size),
    nReference,
    nCurrent,
  };
}

/** The sum of histograms, each times its weight (1). */
export function addHistograms(parts: readonly { histogram: Histogram; weight?: number }[]): Histogram {
  if (onOneAxis(parts)) return addBinned(parts);
  const sums = new Map<number, number>();
  for (const { histogram, weight = 1 } of parts) {
    const { values, counts } = histogram;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      sums.set(value, (sums.get(value) ?? 0) + weight * counts[i]!);
    }
  }
  const values = Float64Array.from(sums.keys()).sort();
  return { values, counts: Float64Array.from(values, (value) => sums.get(value)!) };
}

/** Number of observations. */
export function sizeOf(histogram: Histogram): number {
  if (histogram instanceof Binned) return histogram.size;
  let sum = 0;
  for (let i = 0; i < histogram.counts.length; i++) sum += histogram.counts[i]!;
  return sum;
}

/**
 * Smallest value at or below which at least `q` of the observations lie (inverse of the distribution function);
 * undefined where nothing was observed.
 */
export function histogramQuantile(histogram: Histogram, q: number): number | undefined {
  const target = q * sizeOf(histogram);
  const { values, counts } = histogram;
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    seen += counts[i]!;
    if (seen >= target && seen > 0) return values[i];
  }
  return undefined;
}
