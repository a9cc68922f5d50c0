import { quantileCells } from './bins.ts';
import { combineCauchy } from './combine.ts';
import {
  align,
  type CategorySample,
  categoriesEvidence,
  categoriesPsi,
  categoryCells,
  newCategoriesOf,
} from './compare-categories.ts';
import {
  type NumberSample,
  numbersEvidence,
  numbersPsi,
  PSI_CELLS,
  pooledCells,
  scaled,
} from './compare-numbers.ts';
import { chi2Upper } from './distributions.ts';
import { chiSquare, JEFFREYS, psi } from './divergence.ts';
import { type CompareOptions, type Evidence, missingRates } from './evidence.ts';
import { addHistograms, pair, sizeOf } from './histogram.ts';
import type { Sizes } from './rank.ts';

/*
 * Comparison within strata. The reference is given the current side's mix of strata (direct standardisation), so that
 * what is left is change inside them; it is then worth 1 / Σ(share² / n) observations (Kish 1965, Survey Sampling).
 * Segments are strata whose own changes are told apart; cells of time (hour of week) are strata that are only matched.
 */

/** The two sides within one segment and one cell of time. */
export interface Stratum<S> {
  readonly segment: string;
  readonly reference: S;
  readonly current: S;
}

export interface StrataEvidence<S> {
  /** Over all segments; its p, components, within and mix are about change inside segments. */
  readonly evidence: Evidence;
  /** Share of the current rows that no row of the reference matches: new segments. */
  readonly unmatched: number;
  /** The reference with the current side's mix, for pictures and explanations, and the current side that it matches. */
  readonly standardised: Standardised<S>;
}

export interface Standardised<S> {
  readonly reference: S;
  readonly current: S;
  readonly sizes: Sizes;
}

/** What is asked of a segment: how much changed in it, and a table for the sum of all segments' χ². */
interface Own {
  readonly sizes: Sizes;
  readonly psi: number;
  readonly cells: number;
  /** Counts over cells that are large enough for χ². */
  readonly table: { reference: readonly number[]; current: readonly number[] } | undefined;
}

/** What is told of all rows without regard to segments. */
type Plain = Pick<Evidence, 'missing' | 'newCategories' | 'psi' | 'psiDebiased'>;

/** What a comparison must know about a kind of sample. */
interface Kind<S> {
  readonly size: (sample: S) => number;
  readonly missing: (sample: S) => number;
  readonly blend: (parts: readonly { sample: S; weight: number }[]) => S;
  readonly compare: (one: Standardised<S>, options: CompareOptions) => Evidence;
  readonly own: (one: Standardised<S>, options: CompareOptions) => Own;
  readonly plain: (reference: S, current: S, options: CompareOptions) => Plain;
  /** Raw PSI of `a` against `b`. */
  readonly psi: (a: S, b: S) => number;
}

const NUMBERS: Kind<NumberSample> = {
  size: (sample) => sizeOf(sample.histogram),
  missing: (sample) => sample.missing,
  blend: (parts) => ({
    histogram: addHistograms(parts.map(({ sample, weight }) => ({ histogram: sample.histogram, weight }))),
    missing: parts.reduce((sum, { sample, weight }) => sum + weight * sample.missing, 0),
  }),
  compare: ({ reference, current, sizes }, options) =>
    numbersEvidence(
      pair(reference.histogram, current.histogram),
      reference.missing,
      current.missing,
      options,
      sizes,
    ),
  own({ reference, current, sizes: weighted }, options) {
    const paired = pair(reference.histogram, current.histogram);
    const { sizes, cells, raw } = numbersPsi(paired, options, weighted);
    const table = pooledCells(paired, sizes);
    return {
      sizes,
      cells,
      psi: raw,
      table: table && {
        reference: scaled(table.reference, sizes.nReference, paired.nReference),
        current: scaled(table.current, sizes.nCurrent, paired.nCurrent),
      },
    };
  },
  plain(reference, current, options) {
    const paired = pair(reference.histogram, current.histogram);
    const { raw, debiased } = numbersPsi(paired, options);
    const missing = missingRates(
      { n: paired.nReference, missing: reference.missing },
      { n: paired.nCurrent, missing: current.missing },
    );
    return { missing, newCategories: [], psi: raw, psiDebiased: debiased };
  },
  psi(a, b) {
    const cells = quantileCells(pair(a.histogram, b.histogram), PSI_CELLS, 'reference');
    return psi(cells.reference, cells.current, JEFFREYS);
  },
};

const CATEGORIES: Kind<CategorySample> = {
  size({ counts }) {
    let sum = 0;
    for (const count of counts.values()) sum += count;
    return sum;
  },
  missing: (sample) => sample.missing,
  blend(parts) {
    const counts = new Map<string, number>();
    for (const { sample, weight } of parts) {
      for (const [name, count] of sample.counts) counts.set(name, (counts.get(name) ?? 0) + weight * count);
    }
    return { counts, missing: parts.reduce((sum, { sample, weight }) => sum + weight * sample.missing, 0) };
  },
  compare: ({ reference, current, sizes }, options) => categoriesEvidence(reference, current, options, sizes),
  own({ reference, current, sizes: weighted }, options) {
    const { sizes, size, table } = categoriesPsi(align(reference.counts, current.counts), options, weighted);
    return { sizes, cells: size.cells, psi: size.raw, table: table.reference.length > 1 ? table : undefined };
  },
  plain(reference, current, options) {
    const aligned = align(reference.counts, current.counts);
    const { size } = categoriesPsi(aligned, options);
    const missing = missingRates(
      { n: aligned.nReference, missing: reference.missing },
      { n: aligned.nCurrent, missing: current.missing },
    );
    return {
      missing,
      newCategories: newCategoriesOf(aligned, current),
      psi: size.raw,
      psiDebiased: size.debiased,
    };
  },
  psi(a, b) {
    const cells = categoryCells(align(a.counts, b.counts));
    return psi(cells.reference, cells.current, JEFFREYS);
  },
};

export interface StrataOptions<S> extends CompareOptions {
  /** All rows of either side, where strata hold some of the reference's more than once (`matchHours`). */
  readonly whole?: { readonly reference: S; readonly current: S };
}

/** Compares numbers within strata; several strata of one segment are its cells of time. */
export const compareNumberStrata = (
  strata: readonly Stratum<NumberSample>[],
  options: StrataOptions<NumberSample> = {},
): StrataEvidence<NumberSample> => compareStrata(NUMBERS, strata, options);

/** Compares categories within strata. */
export const compareCategoryStrata = (
  strata: readonly Stratum<CategorySample>[],
  options: StrataOptions<CategorySample> = {},
): StrataEvidence<CategorySample> => compareStrata(CATEGORIES, strata, options);

/** Attention to a change that all segments share, and to changes of their own that may cancel out. */
const WEIGHT = { common: 0.6, own: 0.4 } as const;

/** A stratum with the number of observations and of rows that either side has: they are asked for often. */
interface Counted<S> extends Stratum<S> {
  readonly nReference: number;
  readonly nCurrent: number;
  readonly rowsReference: number;
  readonly rowsCurrent: number;
}

function compareStrata<S>(
  kind: Kind<S>,
  plain: readonly Stratum<S>[],
  options: StrataOptions<S>,
): StrataEvidence<S> {
  const strata = plain.map(({ segment, reference, current }): Counted<S> => {
    const [nReference, nCurrent] = [kind.size(reference), kind.size(current)];
    const [rowsReference, rowsCurrent] = [
      nReference + kind.missing(reference),
      nCurrent + kind.missing(current),
    ];
    return { segment, reference, current, nReference, nCurrent, rowsReference, rowsCurrent };
  });
  const all = sumOf(strata, ({ rowsCurrent }) => rowsCurrent);
  const matched = strata.filter((one) => one.rowsReference > 0 && one.rowsCurrent > 0);
  const inside = sumOf(matched, ({ rowsCurrent }) => rowsCurrent);
  const unmatched = all > 0 ? 1 - inside / all : 0;
  const standardised = standardise(kind, matched, strata);
  const common = kind.compare(standardised, options);
  const counted = countedOf(kind, strata, options);
  if (strata.every(({ segment }) => segment === strata[0]!.segment))
    return { evidence: Object.assign(common, counted), unmatched, standardised };
  const own = ownChanges(kind, matched, all, options);
  const reference = options.whole?.reference ?? added(kind, strata, 'reference');
  const isWhole = matched.length === strata.length && matched.length > 1;
  const current = options.whole?.current ?? (isWhole ? standardised.current : added(kind, strata, 'current'));
  const evidence: Evidence = Object.assign(common, counted, kind.plain(reference, current, options), {
    p: combineCauchy([
      { p: common.p, weight: WEIGHT.common },
      { p: own.p, weight: WEIGHT.own },
    ]),
    components: [...common.components, { name: 'within' as const, p: own.p, effect: own.effect }],
    within: own.effect,
    mix: inside > 0 ? kind.psi(reference, standardised.reference) : 0,
  });
  return { evidence, unmatched, standardised };
}

function sumOf<T>(list: readonly T[], of: (one: T) => number): number {
  let sum = 0;
  for (const one of list) sum += of(one);
  return sum;
}

const added = <S>(kind: Kind<S>, strata: readonly Stratum<S>[], side: 'reference' | 'current'): S =>
  kind.blend(strata.map((one) => ({ sample: one[side], weight: 1 })));

/** All rows of either side, matched or not. */
function countedOf<S>(kind: Kind<S>, strata: readonly Counted<S>[], { whole }: StrataOptions<S>) {
  const [nReference, nCurrent] = whole
    ? [kind.size(whole.reference), kind.size(whole.current)]
    : [sumOf(strata, (one) => one.nReference), sumOf(strata, (one) => one.nCurrent)];
  const rows = whole
    ? {
        reference: nReference + kind.missing(whole.reference),
        current: nCurrent + kind.missing(whole.current),
      }
    : {
        reference: sumOf(strata, (one) => one.rowsReference),
        current: sumOf(strata, (one) => one.rowsCurrent),
      };
  return { nReference, nCurrent, rows };
}

/** Sum of the segments' χ² (independent, so their degrees of freedom add) and the mean of their debiased PSI. */
function ownChanges<S>(
  kind: Kind<S>,
  matched: readonly Counted<S>[],
  all: number,
  options: CompareOptions,
): { p: number; effect: number } {
  let statistic = 0;
  let df = 0;
  let effect = 0;
  let shares = 0;
  for (const parts of groupBySegment(matched).values()) {
    const { sizes, psi: raw, cells, table } = kind.own(standardise(kind, parts, parts), options);
    const { nReference, nCurrent } = sizes;
    if (!(nReference > 0 && nCurrent > 0)) continue;
    const share = sumOf(parts, ({ rowsCurrent }) => rowsCurrent) / Math.max(1, all);
    // Not cut off at 0 by segment: many small segments without change must add up to none.
    effect += share * (raw - (cells - 1) * (1 / nReference + 1 / nCurrent));
    shares += share;
    if (!table) continue;
    const test = chiSquare(table.reference, table.current);
    statistic += test.statistic;
    df += test.df;
  }
  return { p: df > 0 ? chi2Upper(statistic, df) : 1, effect: shares > 0 ? Math.max(0, effect / shares) : 0 };
}

function groupBySegment<S>(strata: readonly Counted<S>[]): Map<string, Counted<S>[]> {
  const groups = new Map<string, Counted<S>[]>();
  for (const stratum of strata) {
    const group = groups.get(stratum.segment);
    if (group) group.push(stratum);
    else groups.set(stratum.segment, [stratum]);
  }
  return groups;
}

/** The reference of these strata with the current side's mix; `empty` serves where nothing matches. */
function standardise<S>(
  kind: Kind<S>,
  strata: readonly Counted<S>[],
  empty: readonly Counted<S>[],
): Standardised<S> {
  const only = strata.length === 1 ? strata[0] : undefined;
  if (only) {
    const { reference, current, nReference, nCurrent } = only;
    return { reference, current, sizes: { nReference, nCurrent } };
  }
  if (strata.length === 0) {
    // Nothing matches: one side is empty, and is shown as such.
    const reference = added(kind, empty, 'reference');
    const current = added(kind, empty, 'current');
    const [nReference, nCurrent] = [kind.size(reference), kind.size(current)];
    const isBoth = nReference > 0 && nCurrent > 0;
    return {
      reference,
      current: isBoth ? kind.blend([]) : current,
      sizes: { nReference, nCurrent: isBoth ? 0 : nCurrent },
    };
  }
  const total = sumOf(strata, ({ rowsCurrent }) => rowsCurrent);
  const available = sumOf(strata, ({ rowsReference }) => rowsReference);
  let noise = 0;
  const parts = strata.map(({ reference, rowsReference, rowsCurrent }) => {
    const share = rowsCurrent / total;
    noise += (share * share) / rowsReference;
    return { sample: reference, weight: (share * available) / rowsReference };
  });
  const reference = kind.blend(parts);
  const current = added(kind, strata, 'current');
  const worth = 1 / noise / available;
  return {
    reference,
    current,
    sizes: { nReference: kind.size(reference) * Math.min(1, worth), nCurrent: kind.size(current) },
  };
}
