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
  matchHours,
  type NumberSample,
  type Stratum,
} from '@pegbar/stats';
import { compareContent } from './content/compare.ts';
import { designEffectOf } from './design-effect.ts';
import { type ContentSampling, type DriftMetric, isWhole, type Sampling } from './metrics.ts';
import {
  addCategories,
  addNumbers,
  categoriesOf,
  type Hours,
  hoursWhere,
  isNumeric,
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
  factor = designEffectOf(sampling, reference.values()),
): Comparison {
  if (sampling.as === 'content') return compareContent(metric, sampling, reference, current);
  const designEffect = { reference: factor, current: factor };
  return isNumeric(sampling)
    ? compareAsNumbers(metric, sampling, reference, current, designEffect)
    : compareAsCategories(metric, sampling, reference, current, designEffect);
}

/** A sweep tells few of the series that it tests: sizes and drawings are made when somebody asks for them. */
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
  reference: Parts,
  current: Parts,
  designEffect: Effects,
): Comparison {
  const leastEffect = metric.least.psi ?? PSI_LEAST;
  const strata = strataOf(
    reference,
    current,
    (hour) => numberOf(sampling, hour),
    ({ histogram, missing }) => sizeOf(histogram.counts) + missing,
    addNumbers,
  );
  const { evidence, standardised } = compareNumberStrata(strata, { leastEffect, designEffect });
  const explained = once(() => explainNumbers(standardised.reference, standardised.current, evidence.sizes));
  const whole = sampling.as === 'number' && isWhole(sampling.of);
  return {
    evidence,
    get explanation() {
      return explained();
    },
    leastEffect,
    designEffect: designEffect.current,
    get now() {
      return explained().medianCurrent ?? null;
    },
    get before() {
      return explained().medianReference ?? null;
    },
    get distribution() {
      return drawn(standardised.reference, standardised.current, whole);
    },
  };
}

function compareAsCategories(
  metric: DriftMetric,
  sampling: Sampling,
  reference: Parts,
  current: Parts,
  designEffect: Effects,
): Comparison {
  const strata = strataOf(
    reference,
    current,
    (hour) => categoriesOf(sampling, hour),
    ({ counts, missing }) => sizeOf([...counts.values()]) + missing,
    addCategories,
  );
  const whole = addCategories(strata.map((one) => one.reference));
  const leastEffect = sampling.as === 'rate' ? leastOfRate(metric, whole) : (metric.least.psi ?? PSI_LEAST);
  const { evidence, standardised } = compareCategoryStrata(strata, { leastEffect, designEffect });
  const explained = once(() => {
    const found = explainCategories(standardised.reference, standardised.current, evidence.sizes);
    return sampling.as === 'rate' ? ofShare(found) : found;
  });
  const name = (): string => explained().of ?? [...whole.counts.keys()][0]!;
  return {
    evidence,
    get explanation() {
      return explained();
    },
    leastEffect,
    designEffect: designEffect.current,
    get now() {
      return shareOf(standardised.current, name());
    },
    get before() {
      return shareOf(standardised.reference, name());
    },
    get distribution() {
      return drawnCategories(standardised.reference, standardised.current);
    },
  };
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
  const n = sizeOf([...counts.values()]);
  return n > 0 ? (counts.get(name) ?? 0) / n : null;
}

const sizeOf = (counts: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < counts.length; at++) sum += counts[at]!;
  return sum;
};

/** Samples of several hours; they are added up where the comparison is made, and not before. */
interface Pile<S> {
  readonly rows: number;
  readonly samples: readonly S[];
}
const pileUp = <S>(piles: readonly Pile<S>[]): Pile<S> => ({
  rows: piles.reduce((sum, { rows }) => sum + rows, 0),
  samples: piles.flatMap(({ samples }) => samples),
});

/** Hours of the week of each part are matched; what is left of a part's mix is told apart as mix. */
function strataOf<S>(
  reference: Parts,
  current: Parts,
  sampleOf: (hour: Parameters<typeof numberOf>[1]) => S,
  rows: (sample: S) => number,
  blend: (samples: readonly S[]) => S,
): Stratum<S>[] {
  const byHour = (hours: Hours | undefined): Map<number, Pile<S>> => {
    const piles = new Map<number, { rows: number; samples: S[] }>();
    for (const [at, hour] of hours ?? []) {
      const sample = sampleOf(hour);
      const count = rows(sample);
      if (count === 0) continue;
      const how = hourOfWeek(at);
      const pile = piles.get(how);
      if (pile) {
        pile.rows += count;
        pile.samples.push(sample);
      } else piles.set(how, { rows: count, samples: [sample] });
    }
    return piles;
  };
  const names = new Set([...reference.keys(), ...current.keys()]);
  return [...names].flatMap((name) => {
    const was = byHour(reference.get(name));
    const is = byHour(current.get(name));
    if (was.size + is.size === 0) return [];
    return matchHours(name, was, is, ({ rows: count }) => count, pileUp).map((stratum) => ({
      segment: stratum.segment,
      reference: blend(stratum.reference.samples),
      current: blend(stratum.current.samples),
    }));
  });
}

/**
 * Both sides over the same cells, from the 0.5th to the 99.5th percentile of both together. Cells of whole numbers
 * hold the same number of them each: a cell that holds one more than its neighbours looks like a peak.
 */
function drawn(reference: NumberSample, current: NumberSample, whole: boolean): Distribution {
  const both = addNumbers([reference, current]).histogram;
  const n = sizeOf(both.counts);
  if (n === 0) return { cells: [], reference: [], current: [] };
  const [low, high] = [histogramQuantile(both, 0.005)!, histogramQuantile(both, 0.995)!];
  const width = whole ? Math.ceil((high - low + 1) / DRAWN_CELLS) : (high - low) / DRAWN_CELLS || 1;
  const count = whole ? Math.ceil((high - low + 1) / width) : high > low ? DRAWN_CELLS : 1;
  const side = ({ histogram }: NumberSample): number[] => {
    const cells = new Array<number>(count).fill(0);
    for (let i = 0; i < histogram.values.length; i++) {
      const cell = Math.floor((histogram.values[i]! - low) / width);
      cells[Math.min(count - 1, Math.max(0, cell))]! += histogram.counts[i]!;
    }
    const total = sizeOf(cells) || 1;
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
 * Undefined where there are too few hours to divide.
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
  const late = half((at) => at >= middle);
  if (late.evidence.p > alpha) return false;
  const early = half((at) => at < middle);
  const sign = ({ now, before }: Comparison): number => Math.sign((now ?? 0) - (before ?? 0));
  return sign(early) === sign(late) && early.evidence.p <= HALF_HINT;
}

/** Hours below which a window has no halves. */
const HALVES_LEAST = 2;
/** The earlier half need only point there: the change may have begun in the middle of it. */
const HALF_HINT = 0.2;
