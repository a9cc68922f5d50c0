/** Hours of one metric in one segment, as the rollups counted them, and what they are as samples. */
import type { RollupMetricName } from '@pegbar/contract';
import {
  addHistograms,
  type CategorySample,
  EMPTY_HISTOGRAM,
  type Grid,
  type Histogram,
  histogramOfBins,
  histogramOfValues,
  type NumberSample,
  valueOfBin,
} from '@pegbar/stats';
import { type StoredRow, Tally } from '../rollups/index.ts';
import { shareOfHour } from './content/hours.ts';
import { type DriftMetric, gridOf, isWhole, type Sampling } from './metrics.ts';

export const HOUR_MS = 3_600_000;
const MICRO = 1_000_000;

/** What was counted in one hour. */
export type Hour = Map<RollupMetricName, Tally>;
/** By the start of the hour, ms. */
export type Hours = Map<number, Hour>;
export type Segment = Readonly<Record<string, string>>;

export interface Series {
  readonly metric: DriftMetric;
  readonly segment: Segment;
  readonly sampling: Sampling;
  /** Its parts by a further dimension (workload), for change inside them and change of their mix; one part else. */
  readonly parts: ReadonlyMap<string, Hours>;
}

export const YES = 'yes';
const NO = 'no';

/** Adds to the sum of an hour; `isOurs`: the tally is nobody else's and need not be copied. */
export function addHour(
  into: Hours,
  hour_ms: number,
  metric: RollupMetricName,
  tally: Tally,
  isOurs = false,
): void {
  const hour = into.get(hour_ms) ?? new Map<RollupMetricName, Tally>();
  into.set(hour_ms, hour);
  const known = hour.get(metric);
  if (known) known.merge(tally);
  else if (isOurs) hour.set(metric, tally);
  else {
    const copy = new Tally(metric);
    copy.merge(tally);
    hour.set(metric, copy);
  }
}

/** Hours of several parts as one; those of a single one are shared. */
export function mergeHours(parts: Iterable<Hours>): Hours {
  const all = [...parts];
  if (all.length === 1) return all[0]!;
  const out: Hours = new Map();
  for (const hours of all)
    for (const [at, hour] of hours) for (const [metric, tally] of hour) addHour(out, at, metric, tally);
  return out;
}

/** Hours that satisfy; they are shared, not copied. */
export function hoursWhere(hours: Hours, wanted: (at_ms: number) => boolean): Hours {
  return new Map([...hours].filter(([at]) => wanted(at)));
}

/** Hours in which any of the metrics was counted, with these alone; the tallies are shared, not copied. */
export function hoursWith(hours: Hours, metrics: readonly RollupMetricName[]): Hours {
  const out: Hours = new Map();
  for (const [at, hour] of hours) {
    const kept = metrics.flatMap((metric) => {
      const tally = hour.get(metric);
      return tally ? [[metric, tally] as const] : [];
    });
    if (kept.length > 0) out.set(at, new Map(kept));
  }
  return out;
}

export const isNumeric = (sampling: Sampling): boolean =>
  sampling.as === 'number' || sampling.as === 'hourly';

const sumOf = (hour: Hour, metrics: readonly RollupMetricName[]): number =>
  metrics.reduce((sum, metric) => sum + (hour.get(metric)?.micro ?? 0) / MICRO, 0);

/** Several comparisons look at the same hour; a tally that was read does not change any more. */
const HISTOGRAMS = new WeakMap<Tally, Histogram>();

function histogramOf(tally: Tally, metric: RollupMetricName): Histogram {
  const known = HISTOGRAMS.get(tally);
  if (known) return known;
  const binned = tally.bins ? histogramOfBins(gridOf(metric), tally.bins) : EMPTY_HISTOGRAM;
  const made = isWhole(metric) ? ofWholes(binned) : binned;
  HISTOGRAMS.set(tally, made);
  return made;
}

/** Widest bins of the grid `float` that hold one whole number alone end here. */
const WHOLE_ALONE = 64;

/** The whole number that a bin stands for: its only one, or the one in its middle. */
function ofWholes({ values, counts }: Histogram): Histogram {
  const whole = (middle: number): number =>
    middle < WHOLE_ALONE ? Math.floor(middle) : Math.round(middle - 0.5);
  return { values: Float64Array.from(values, whole), counts };
}

/** A stored row as a tally: its bins stay where they lie. It cannot be added to others. */
export function tallyOfStored({ metric, n, micro, codes, counts }: StoredRow): Tally {
  const tally = new Tally(metric);
  tally.n = n;
  tally.micro = micro;
  if (codes.length > 0) {
    const middles = VALUES.get(gridOf(metric))!;
    const values = Float64Array.from(codes, (code) => middles[code]!);
    const binned = { values, counts };
    HISTOGRAMS.set(tally, isWhole(metric) ? ofWholes(binned) : binned);
  }
  return tally;
}

/** Middles of all bins there are. */
const CODES_MOST = 8_192;
const VALUES = new Map<Grid, Float64Array>(
  (['float', 'unit', 'ten'] as const).map((grid) => [
    grid,
    Float64Array.from({ length: CODES_MOST }, (_, code) => valueOfBin(grid, code)),
  ]),
);

/** What is left of a sum when some of its hours are taken out. */
export function tallyWithout(whole: Tally, hours: readonly Tally[], metric: RollupMetricName): Tally {
  const left = new Tally(metric);
  left.n = Math.max(
    0,
    hours.reduce((n, one) => n - one.n, whole.n),
  );
  left.micro = hours.reduce((micro, one) => micro - one.micro, whole.micro);
  const known = HISTOGRAMS.get(whole);
  if (known) {
    const parts = hours.map((one) => ({ histogram: histogramOf(one, metric), weight: -1 }));
    const { values, counts } = addHistograms([{ histogram: known }, ...parts]);
    // Hours that were counted anew since the sum was made may hold more than it.
    HISTOGRAMS.set(left, { values, counts: Float64Array.from(counts, (count) => Math.max(0, count)) });
  }
  return left;
}

export function numberOf(sampling: Sampling, hour: Hour): NumberSample {
  if (sampling.as === 'number') {
    const tally = hour.get(sampling.of);
    return { histogram: tally ? histogramOf(tally, sampling.of) : EMPTY_HISTOGRAM, missing: 0 };
  }
  if (sampling.as !== 'hourly') throw new Error(`${sampling.as} is no number`);
  const value = ratioOf(sampling, hour);
  return { histogram: value === null ? EMPTY_HISTOGRAM : histogramOfValues([value]), missing: 0 };
}

function ratioOf(sampling: Extract<Sampling, { as: 'hourly' }>, hour: Hour): number | null {
  const to = sumOf(hour, [sampling.to]);
  const of = sumOf(hour, [sampling.of]);
  return to > 0 && of > 0 ? (of / to) * sampling.scale : null;
}

export function categoriesOf(sampling: Sampling, hour: Hour): CategorySample {
  if (sampling.as === 'rate') {
    const of = sumOf(hour, sampling.of);
    const to = sampling.to
      ? sumOf(hour, sampling.to)
      : sampling.of.reduce((sum, metric) => sum + (hour.get(metric)?.n ?? 0), 0);
    return {
      counts: new Map([
        [YES, of],
        [NO, Math.max(0, to - of)],
      ]),
      missing: 0,
    };
  }
  if (sampling.as !== 'shares') throw new Error(`${sampling.as} has no categories`);
  return {
    counts: new Map(Object.entries(sampling.of).map(([name, metric]) => [name, sumOf(hour, [metric])])),
    missing: 0,
  };
}

export function addNumbers(samples: readonly NumberSample[]): NumberSample {
  const [first] = samples;
  if (first !== undefined && samples.length === 1) return first;
  return {
    histogram: samples.length <= REMEMBERED_MOST ? sumOfFew(samples) : sumOfMany(samples),
    missing: samples.reduce((sum, { missing }) => sum + missing, 0),
  };
}

const sumOfMany = (samples: readonly NumberSample[]): Histogram =>
  addHistograms(samples.map(({ histogram }) => ({ histogram })));

/** An hour and those of the same hour of the weeks before and after it. */
const REMEMBERED_MOST = 8;
/** By the first of them: looks at windows that overlap add the same hours of earlier weeks again. */
const SUMS = new WeakMap<Histogram, { of: readonly NumberSample[]; sum: Histogram }[]>();

function sumOfFew(samples: readonly NumberSample[]): Histogram {
  const [first] = samples;
  if (first === undefined) return EMPTY_HISTOGRAM;
  const known = SUMS.get(first.histogram) ?? [];
  const isSame = ({ of }: { of: readonly NumberSample[] }): boolean =>
    of.length === samples.length && of.every(({ histogram }, at) => histogram === samples[at]!.histogram);
  const found = known.find(isSame);
  if (found) return found.sum;
  const sum = sumOfMany(samples);
  SUMS.set(first.histogram, [...known.slice(1 - REMEMBERED_MOST), { of: samples, sum }]);
  return sum;
}

export function addCategories(samples: readonly CategorySample[]): CategorySample {
  const counts = new Map<string, number>();
  for (const sample of samples)
    for (const [name, count] of sample.counts) counts.set(name, (counts.get(name) ?? 0) + count);
  return { counts, missing: samples.reduce((sum, { missing }) => sum + missing, 0) };
}

/** What an hour's observations are on average, how many they are, and the sum of their squares. */
export interface HourMean {
  readonly mean: number;
  readonly n: number;
  readonly squares: number;
}
const NOTHING: HourMean = { mean: Number.NaN, n: 0, squares: 0 };

/** Of skewed values (grid `float`) the logarithm is meant, which one slow request does not move. */
export function meanOfHour(sampling: Sampling, hour: Hour): HourMean {
  switch (sampling.as) {
    case 'number':
      return meanOfTally(hour.get(sampling.of), sampling.of);
    case 'hourly': {
      const value = ratioOf(sampling, hour);
      return value === null ? NOTHING : { mean: value, n: 1, squares: value * value };
    }
    case 'content':
      return shareOfHour(hour, sampling.cell);
    default: {
      const { counts } = categoriesOf(sampling, hour);
      const n = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const first = counts.get(sampling.as === 'rate' ? YES : [...counts.keys()][0]!) ?? 0;
      return n > 0 ? { mean: first / n, n, squares: first } : NOTHING;
    }
  }
}

/** As histograms are. */
const MEANS = new WeakMap<Tally, HourMean>();

function meanOfTally(tally: Tally | undefined, metric: RollupMetricName): HourMean {
  if (!tally?.bins || tally.n === 0) return NOTHING;
  const known = MEANS.get(tally);
  if (known) return known;
  const made = meanOfBins(tally, metric);
  MEANS.set(tally, made);
  return made;
}

function meanOfBins(tally: Tally, metric: RollupMetricName): HourMean {
  const sums = { sum: 0, n: 0, squares: 0 };
  const meant = MEANT.get(gridOf(metric))!;
  const add = (value: number, count: number): void => {
    if (Number.isNaN(value)) return;
    sums.sum += value * count;
    sums.squares += value * value * count;
    sums.n += count;
  };
  const known = HISTOGRAMS.get(tally);
  if (known) {
    const isLog = gridOf(metric) === 'float';
    for (let at = 0; at < known.values.length; at++)
      add(isLog ? logOf(known.values[at]!) : known.values[at]!, known.counts[at]!);
  } else for (const [code, count] of tally.bins!) add(meant[code]!, count);
  return sums.n > 0 ? { mean: sums.sum / sums.n, n: sums.n, squares: sums.squares } : NOTHING;
}

/** What has no logarithm is left out. */
const logOf = (value: number): number => (value > 0 ? Math.log(value) : Number.NaN);

/** What a bin counts for in a mean, by its code. */
const MEANT = new Map(
  [...VALUES].map(([grid, values]) => [grid, grid === 'float' ? values.map(logOf) : values]),
);

/** Means of several parts hour by hour, as of one. */
export function meansByHour(sampling: Sampling, parts: readonly Hours[]): Map<number, HourMean> {
  const out = new Map<number, HourMean>();
  // A ratio of sums is no mean of ratios.
  const all = sampling.as === 'hourly' ? [mergeHours(parts)] : parts;
  for (const hours of all)
    for (const [at, hour] of hours) {
      const one = meanOfHour(sampling, hour);
      if (!(one.n > 0)) continue;
      const known = out.get(at);
      const n = one.n + (known?.n ?? 0);
      const sum = one.mean * one.n + (known ? known.mean * known.n : 0);
      out.set(at, { n, mean: sum / n, squares: one.squares + (known?.squares ?? 0) });
    }
  return out;
}
