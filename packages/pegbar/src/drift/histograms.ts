/** Counts of a metric as histograms: on the axis of its grid, as they lie in the store. */
import type { RollupMetricName } from '@pegbar/contract';
import { type Axis, addHistograms, axisOf, Binned, EMPTY_HISTOGRAM, type Histogram } from '@pegbar/stats';
import type { Tally } from '../rollups/index.ts';
import { gridOf, isWhole } from './metrics.ts';

/** Widest bins of the grid `float` that hold one whole number alone end here. */
const WHOLE_ALONE = 64;

/** The whole number that a bin stands for: its only one, or the one in its middle. */
const wholeOf = (middle: number): number =>
  middle < WHOLE_ALONE ? Math.floor(middle) : Math.round(middle - 0.5);

const AXES = {
  float: axisOf('float'),
  unit: axisOf('unit'),
  ten: axisOf('ten'),
  whole: axisOf('float', wholeOf),
} as const;

export const axisOfMetric = (metric: RollupMetricName): Axis =>
  isWhole(metric) ? AXES.whole : AXES[gridOf(metric)];

/** Counts of bins between two places of two columns; they stay where they lie. Codes ascend. */
export function binnedOf(
  metric: RollupMetricName,
  codes: ArrayLike<number>,
  counts: ArrayLike<number>,
  from = 0,
  to: number = codes.length,
): Binned {
  const axis = axisOfMetric(metric);
  if (axis !== AXES.whole) return new Binned(axis, codes, counts, from, to);
  const places: number[] = [];
  const seen: number[] = [];
  for (let at = from; at < to; at++) {
    const place = axis.placeOf[codes[at]!]!;
    if (places.length > 0 && places.at(-1) === place) seen[seen.length - 1]! += counts[at]!;
    else {
      places.push(place);
      seen.push(counts[at]!);
    }
  }
  return new Binned(axis, places, seen);
}

/** Several comparisons look at the same hour; a tally that was read does not change any more. */
const HISTOGRAMS = new WeakMap<Tally, Histogram>();

export function histogramOf(tally: Tally, metric: RollupMetricName): Histogram {
  const known = HISTOGRAMS.get(tally);
  if (known) return known;
  const { bins } = tally;
  let made = EMPTY_HISTOGRAM;
  const lying = bins?.stored;
  if (lying) made = binnedOf(metric, lying.codes, lying.counts, lying.from, lying.to);
  else if (bins) {
    const codes = bins.codes();
    made = binnedOf(
      metric,
      codes,
      Uint32Array.from(codes, (code) => bins.get(code)!),
    );
  }
  HISTOGRAMS.set(tally, made);
  return made;
}

/** What is left of a sum without some of its parts. */
export function histogramWithout(whole: Histogram, gone: readonly Histogram[]): Histogram {
  const left = addHistograms([{ histogram: whole }, ...gone.map((histogram) => ({ histogram, weight: -1 }))]);
  // Parts that were counted anew since the sum was made may hold more than it.
  const counts = Array.from(left.counts, (count) => Math.max(0, count));
  return left instanceof Binned
    ? new Binned(left.axis, left.places, counts)
    : { values: left.values, counts };
}

/** Moments of observations: of skewed values (grid `float`) those of the logarithms, which one slow request does not move. */
export function momentsOf(
  histogram: Histogram,
  metric: RollupMetricName,
): { sum: number; n: number; squares: number } {
  const out = { sum: 0, n: 0, squares: 0 };
  if (!(histogram instanceof Binned)) return out;
  const { axis, places, seen, from, to } = histogram;
  const meant = gridOf(metric) === 'float' ? logsOf(axis) : axis.values;
  for (let at = from; at < to; at++) {
    const value = meant[places[at]!]!;
    // What has no logarithm is left out.
    if (!Number.isFinite(value)) continue;
    out.sum += value * seen[at]!;
    out.squares += value * value * seen[at]!;
    out.n += seen[at]!;
  }
  return out;
}

const LOGS = new Map<Axis, Float64Array>();

function logsOf(axis: Axis): Float64Array {
  const known = LOGS.get(axis);
  if (known) return known;
  const made = axis.values.map(Math.log);
  LOGS.set(axis, made);
  return made;
}
