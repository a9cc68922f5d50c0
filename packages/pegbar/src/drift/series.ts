/** Hours of one metric in one segment, as the rollups counted them, and what they are as samples. */
import type { RollupMetricName } from '@pegbar/contract';
import { addHistograms, type CategorySample, EMPTY_HISTOGRAM, type NumberSample } from '@pegbar/stats';
import { Tally } from '../rollups/index.ts';
import { shareOfHour } from './content/hours.ts';
import { histogramOf, momentsOf } from './histograms.ts';
import type { DriftMetric, Sampling } from './metrics.ts';

export const HOUR_MS = 3_600_000;
export const MICRO = 1_000_000;

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
  const out: Hours = new Map();
  for (const [at, hour] of hours) if (wanted(at)) out.set(at, hour);
  return out;
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

export function numberOf(sampling: Sampling, hour: Hour): NumberSample {
  if (sampling.as === 'number') {
    const tally = hour.get(sampling.of);
    return { histogram: tally ? histogramOf(tally, sampling.of) : EMPTY_HISTOGRAM, missing: 0 };
  }
  if (sampling.as !== 'hourly') throw new Error(`${sampling.as} is no number`);
  return ratioSample(ratioOf(sampling, hour));
}

export type HourlySampling = Extract<Sampling, { as: 'hourly' }>;

const ratioOf = (sampling: HourlySampling, hour: Hour): number | null =>
  ratio(sampling, sumOf(hour, [sampling.of]), sumOf(hour, [sampling.to]));

/** Sum over sum; null where there is nothing of either. */
export const ratio = ({ scale }: HourlySampling, of: number, to: number): number | null =>
  to > 0 && of > 0 ? (of / to) * scale : null;

export const ratioSample = (value: number | null): NumberSample =>
  value === null ? NO_NUMBERS : { histogram: { values: [value], counts: [1] }, missing: 0 };

export function categoriesOf(sampling: Sampling, hour: Hour): CategorySample {
  if (sampling.as === 'rate') {
    const of = sumOf(hour, sampling.of);
    const to = sampling.to
      ? sumOf(hour, sampling.to)
      : sampling.of.reduce((sum, metric) => sum + (hour.get(metric)?.n ?? 0), 0);
    return rateSample(of, to);
  }
  if (sampling.as !== 'shares') throw new Error(`${sampling.as} has no categories`);
  return {
    counts: new Map(Object.entries(sampling.of).map(([name, metric]) => [name, sumOf(hour, [metric])])),
    missing: 0,
  };
}

/** `of` of `to` are it. */
export const rateSample = (of: number, to: number): CategorySample => ({
  counts: new Map([
    [YES, of],
    [NO, Math.max(0, to - of)],
  ]),
  missing: 0,
});

export function addNumbers(samples: readonly NumberSample[]): NumberSample {
  const [first] = samples;
  if (first === undefined || samples.length === 1) return first ?? NO_NUMBERS;
  let missing = 0;
  for (const one of samples) missing += one.missing;
  return { histogram: addHistograms(samples), missing };
}
const NO_NUMBERS: NumberSample = { histogram: EMPTY_HISTOGRAM, missing: 0 };

export function addCategories(samples: readonly CategorySample[]): CategorySample {
  const [first] = samples;
  if (first !== undefined && samples.length === 1) return first;
  const counts = new Map<string, number>();
  let missing = 0;
  for (const sample of samples) {
    for (const [name, count] of sample.counts) counts.set(name, (counts.get(name) ?? 0) + count);
    missing += sample.missing;
  }
  return { counts, missing };
}

/** What an hour's observations are on average, how many they are, and the sum of their squares. */
export interface HourMean {
  readonly mean: number;
  readonly n: number;
  readonly squares: number;
}
const NOTHING: HourMean = { mean: Number.NaN, n: 0, squares: 0 };

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

/** Asked for as often as histograms are. */
const MEANS = new WeakMap<Tally, HourMean>();

function meanOfTally(tally: Tally | undefined, metric: RollupMetricName): HourMean {
  if (!tally?.bins || tally.n === 0) return NOTHING;
  const known = MEANS.get(tally);
  if (known) return known;
  const { sum, n, squares } = momentsOf(histogramOf(tally, metric), metric);
  const made = n > 0 ? { mean: sum / n, n, squares } : NOTHING;
  MEANS.set(tally, made);
  return made;
}

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
