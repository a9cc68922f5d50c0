/** One series in two windows: evidence, size in the metric's own unit, and whether it lasts. Pure. */
import {
  ALPHA,
  type CategorySample,
  type CompareOptions,
  compareCategoryStrata,
  compareNumberStrata,
  type Evidence,
  type Explanation,
  explainCategories,
  explainNumbers,
  histogramQuantile,
  hourOfWeek,
  type NumberSample,
  sizeOf,
} from '@pegbar/stats';
import { compareContent } from './content/compare.ts';
import { designEffectOf } from './design-effect.ts';
import { type Sampled, strataOf, type Timed } from './meet-hours.ts';
import { type ContentSampling, type DriftMetric, isWhole, type Sampling } from './metrics.ts';
import {
  addCategories,
  addNumbers,
  categoriesOf,
  type Hour,
  type Hours,
  hoursWhere,
  isNumeric,
  meansByHour,
  numberOf,
  YES,
} from './series.ts';

export type Parts = ReadonlyMap<string, Hours>;

/** Drawn over each other: shares of either side in the same cells. */
export interface Distribution {
  readonly cells: readonly { name: string; from: number | null; to: number | null }[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export interface Comparison {
  readonly evidence: Evidence;
  readonly explanation: Explanation;
  /** In the metric's own unit: a median, or a share. Null where a side has nothing. */
  readonly now: number | null;
  readonly before: number | null;
  /** Debiased PSI that matters here. */
  readonly leastEffect: number;
  /** How much more windows vary than as many independent observations would; at least 1. */
  readonly designEffect: number;
  readonly distribution: Distribution;
  /** Of content: Kullback–Leibler divergence of now from before, nats, and the cell that the change is told by. */
  readonly kl?: number;
  readonly focus?: NonNullable<ContentSampling['cell']>;
}

/** Cells of a drawn distribution. */
const DRAWN_CELLS = 24;

export function compareParts(
  metric: DriftMetric,
  sampling: Sampling,
  reference: Parts,
  current: Parts,
  factor?: number,
): Comparison {
  // Content measures how its own days differ.
  if (sampling.as === 'content') return compareContent(metric, sampling, reference, current);
  const effect = factor ?? designEffectOf(sampling, reference.values());
  return compareSampled(metric, sampling, sidesOf(sampling, reference, current), effect);
}

export type SampledSides =
  | {
      readonly as: 'numbers';
      readonly reference: Sampled<NumberSample>;
      readonly current: Sampled<NumberSample>;
    }
  | {
      readonly as: 'categories';
      readonly reference: Sampled<CategorySample>;
      readonly current: Sampled<CategorySample>;
    };

/** As `compareParts`, of samples that were made before. */
export function compareSampled(
  metric: DriftMetric,
  sampling: Sampling,
  sides: SampledSides,
  factor: number,
): Comparison {
  const designEffect = { reference: factor, current: factor };
  return sides.as === 'numbers'
    ? compareAsNumbers(metric, sampling, sides, designEffect)
    : compareAsCategories(metric, sampling, sides, designEffect);
}

function sidesOf(sampling: Sampling, reference: Parts, current: Parts): SampledSides {
  if (isNumeric(sampling)) {
    const of = (parts: Parts) => sampledOf(parts, (hour) => numberOf(sampling, hour), rowsOfNumbers);
    return { as: 'numbers', reference: of(reference), current: of(current) };
  }
  const of = (parts: Parts) => sampledOf(parts, (hour) => categoriesOf(sampling, hour), rowsOfCategories);
  return { as: 'categories', reference: of(reference), current: of(current) };
}

function sampledOf<S>(parts: Parts, sampleOf: (hour: Hour) => S, rowsOf: (sample: S) => number): Sampled<S> {
  const out = new Map<string, Timed<S>[]>();
  for (const [part, hours] of parts) {
    const timed: Timed<S>[] = [];
    for (const [at, hour] of hours) {
      const sample = sampleOf(hour);
      timed.push({ how: hourOfWeek(at), rows: rowsOf(sample), sample });
    }
    out.set(part, timed);
  }
  return out;
}

export const rowsOfNumbers = ({ histogram, missing }: NumberSample): number => sizeOf(histogram) + missing;
export const rowsOfCategories = ({ counts, missing }: CategorySample): number => totalOf(counts) + missing;

function totalOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

type Figures = Pick<Comparison, 'evidence' | 'leastEffect' | 'designEffect'>;
type Telling = Pick<Comparison, 'explanation' | 'now' | 'before' | 'distribution'>;

/** A sweep tells few of the series that it tests: sizes and drawings are made when somebody asks for them. */
const toldLater = (
  { evidence, leastEffect, designEffect }: Figures,
  tell: { readonly [K in keyof Telling]: () => Telling[K] },
): Comparison => ({
  evidence,
  leastEffect,
  designEffect,
  get explanation() {
    return tell.explanation();
  },
  get now() {
    return tell.now();
  },
  get before() {
    return tell.before();
  },
  get distribution() {
    return tell.distribution();
  },
});

/** The figures of a comparison alone; the rest is told by another one, made when it is asked for. */
export function figuresOf(found: Comparison, again: () => Comparison): Comparison {
  const whole = once(again);
  return toldLater(found, {
    explanation: () => whole().explanation,
    now: () => whole().now,
    before: () => whole().before,
    distribution: () => whole().distribution,
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

type Effects = NonNullable<CompareOptions['designEffect']>;

function compareAsNumbers(
  metric: DriftMetric,
  sampling: Sampling,
  { reference, current }: { reference: Sampled<NumberSample>; current: Sampled<NumberSample> },
  designEffect: Effects,
): Comparison {
  const leastEffect = metric.least.psi ?? PSI_LEAST;
  const strata = strataOf(reference, current, addNumbers);
  const { evidence, standardised } = compareNumberStrata(strata, { leastEffect, designEffect });
  const [was, is] = [standardised.reference, standardised.current];
  const explanation = once(() => explainNumbers(was, is, evidence.sizes));
  const whole = sampling.as === 'number' && isWhole(sampling.of);
  return toldLater(
    { evidence, leastEffect, designEffect: designEffect.current },
    {
      explanation,
      now: () => explanation().medianCurrent ?? null,
      before: () => explanation().medianReference ?? null,
      distribution: () => drawn(was, is, whole),
    },
  );
}

function compareAsCategories(
  metric: DriftMetric,
  sampling: Sampling,
  { reference, current }: { reference: Sampled<CategorySample>; current: Sampled<CategorySample> },
  designEffect: Effects,
): Comparison {
  const strata = strataOf(reference, current, addCategories);
  const leastEffect =
    sampling.as === 'rate'
      ? leastOfRate(metric, addCategories(strata.map((one) => one.reference)))
      : (metric.least.psi ?? PSI_LEAST);
  const { evidence, standardised } = compareCategoryStrata(strata, { leastEffect, designEffect });
  const [was, is] = [standardised.reference, standardised.current];
  const explanation = once(() => {
    const found = explainCategories(was, is, evidence.sizes);
    return sampling.as === 'rate' ? ofShare(found) : found;
  });
  const name = (): string => explanation().of ?? [...was.counts.keys(), ...is.counts.keys()][0] ?? YES;
  return toldLater(
    { evidence, leastEffect, designEffect: designEffect.current },
    {
      explanation,
      now: () => shareOf(is, name()),
      before: () => shareOf(was, name()),
      distribution: () => drawnCategories(was, is),
    },
  );
}

/** Of two categories either tells the change; a rate is the share of those that count, and so is its interval. */
function ofShare(explanation: Explanation): Explanation {
  const { shift, interval, of } = explanation;
  if (of === YES) return explanation;
  return {
    ...explanation,
    of: YES,
    shift: shift === undefined ? undefined : -shift,
    interval: interval && [-interval[1], -interval[0]],
  };
}

const PSI_LEAST = 0.1;
/** A rate that was never seen is taken for this: a PSI against nothing has no size. */
const RATE_LEAST = 1e-3;

/** The least change of a rate in its own unit as a PSI: what the verdict and the needed n are about. */
export function leastOfRate(metric: DriftMetric, reference: CategorySample): number {
  const p = Math.min(1 - RATE_LEAST, Math.max(RATE_LEAST, shareOf(reference, YES) ?? RATE_LEAST));
  const least = Math.max(metric.least.amount ?? 0, (metric.least.share ?? 0) * p);
  const q = p + least <= 1 - RATE_LEAST ? p + least : p - least;
  return (q - p) * Math.log(q / p) + (p - q) * Math.log((1 - q) / (1 - p));
}

function shareOf({ counts }: CategorySample, name: string): number | null {
  const n = totalOf(counts);
  return n > 0 ? (counts.get(name) ?? 0) / n : null;
}

/**
 * Both sides over the same cells, from the 0.5th to the 99.5th percentile of both together. Cells of whole numbers
 * hold the same number of them each: a cell that holds one more than its neighbours looks like a peak.
 */
function drawn(reference: NumberSample, current: NumberSample, whole: boolean): Distribution {
  const both = addNumbers([reference, current]).histogram;
  if (sizeOf(both) === 0) return { cells: [], reference: [], current: [] };
  const [low, high] = [histogramQuantile(both, 0.005)!, histogramQuantile(both, 0.995)!];
  const width = whole ? Math.ceil((high - low + 1) / DRAWN_CELLS) : (high - low) / DRAWN_CELLS || 1;
  const count = whole ? Math.ceil((high - low + 1) / width) : high > low ? DRAWN_CELLS : 1;
  const side = ({ histogram }: NumberSample): number[] => {
    const cells = new Array<number>(count).fill(0);
    const { values, counts } = histogram;
    for (let i = 0; i < values.length; i++) {
      const cell = Math.floor((values[i]! - low) / width);
      cells[Math.min(count - 1, Math.max(0, cell))]! += counts[i]!;
    }
    const total = sizeOf(histogram) || 1;
    return cells.map((one) => one / total);
  };
  const cells = Array.from({ length: count }, (_, i) => ({
    name: '',
    from: low + i * width,
    to: low + (i + 1) * width,
  }));
  return { cells, reference: side(reference), current: side(current) };
}

function drawnCategories(reference: CategorySample, current: CategorySample): Distribution {
  const names = [...new Set([...reference.counts.keys(), ...current.counts.keys()])];
  const side = (sample: CategorySample): number[] => names.map((name) => shareOf(sample, name) ?? 0);
  return {
    cells: names.map((name) => ({ name, from: null, to: null })),
    reference: side(reference),
    current: side(current),
  };
}

/**
 * Whether both halves of the window say the same: the same direction in both, and the later one sure by itself.
 * Undefined where nobody can say: there are too few hours to divide, or a half has no hours like its own in the reference
 * (the first Monday after a weekend).
 */
export function persistsIn(
  metric: DriftMetric,
  sampling: Sampling,
  reference: Parts,
  current: Parts,
  alpha = ALPHA,
): boolean | undefined {
  const hours = [...new Set([...current.values()].flatMap((part) => [...part.keys()]))].sort((a, b) => a - b);
  if (hours.length < HALVES_LEAST) return undefined;
  const middle = hours[hours.length >> 1]!;
  const half = (wanted: (at: number) => boolean): Comparison =>
    compareParts(
      metric,
      sampling,
      reference,
      new Map([...current].map(([name, part]) => [name, hoursWhere(part, wanted)])),
    );
  // Words and colours of few days are sure of little: of them each half must say it.
  const isUnmet = ({ before }: Comparison): boolean => before === null && sampling.as !== 'content';
  const late = half((at) => at >= middle);
  if (late.evidence.p > alpha) return isUnmet(late) ? undefined : false;
  const early = half((at) => at < middle);
  if (isUnmet(early)) return undefined;
  const sign = ({ now, before }: Comparison): number => Math.sign((now ?? 0) - (before ?? 0));
  // Each half of content is told by the word that moved it most: the earlier one is asked about that of the later.
  const isAlike =
    sampling.as === 'content' && sampling.size !== 'kl' && late.focus
      ? sign(late) === signOf({ ...sampling, cell: late.focus }, reference, current, middle)
      : sign(early) === sign(late);
  return isAlike && early.evidence.p <= HALF_HINT;
}

/** Which way the hours of a window before `middle` lie of the reference. */
function signOf(sampling: Sampling, reference: Parts, current: Parts, middle: number): number {
  const mean = (parts: Parts, to_ms: number): number => {
    let [sum, n] = [0, 0];
    for (const [at, one] of meansByHour(sampling, [...parts.values()])) {
      if (at >= to_ms) continue;
      sum += one.mean * one.n;
      n += one.n;
    }
    return sum / n;
  };
  return Math.sign(mean(current, middle) - mean(reference, Number.POSITIVE_INFINITY));
}

/** Hours below which a window has no halves. */
const HALVES_LEAST = 2;
/** The earlier half need only point there: the change may have begun in the middle of it. */
const HALF_HINT = 0.2;
