import { quantileCells } from './bins.ts';
import { combineCauchy } from './combine.ts';
import { align, type CategorySample, categoriesEvidence, categoryCells } from './compare-categories.ts';
import { type NumberSample, numbersEvidence, PSI_CELLS, pooledCells, scaled } from './compare-numbers.ts';
import { chi2Upper } from './distributions.ts';
import { chiSquare, JEFFREYS, psi } from './divergence.ts';
import type { CompareOptions, Evidence } from './evidence.ts';
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

export interface SegmentEvidence {
  readonly segment: string;
  /** Share of the current rows, 0 to 1. */
  readonly share: number;
  readonly evidence: Evidence;
}

export interface StrataEvidence<S> {
  /** Over all segments; its p, components, within and mix are about change inside segments. */
  readonly evidence: Evidence;
  readonly segments: readonly SegmentEvidence[];
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

/** What a comparison must know about a kind of sample. */
interface Kind<S> {
  readonly size: (sample: S) => number;
  readonly missing: (sample: S) => number;
  readonly blend: (parts: readonly { sample: S; weight: number }[]) => S;
  readonly compare: (one: Standardised<S>, options: CompareOptions) => Evidence;
  /** Counts over cells that are large enough for χ². */
  readonly table: (one: Standardised<S>) => { reference: Float64Array; current: Float64Array } | undefined;
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
  table({ reference, current, sizes }) {
    const paired = pair(reference.histogram, current.histogram);
    const table = pooledCells(paired, sizes);
    return (
      table && {
        reference: scaled(table.reference, sizes.nReference, paired.nReference),
        current: scaled(table.current, sizes.nCurrent, paired.nCurrent),
      }
    );
  },
  psi(a, b) {
    const cells = quantileCells(pair(a.histogram, b.histogram), PSI_CELLS, 'reference');
    return psi(cells.reference, cells.current, JEFFREYS);
  },
};

const CATEGORIES: Kind<CategorySample> = {
  size: (sample) => [...sample.counts.values()].reduce((sum, count) => sum + count, 0),
  missing: (sample) => sample.missing,
  blend(parts) {
    const counts = new Map<string, number>();
    for (const { sample, weight } of parts) {
      for (const [name, count] of sample.counts) counts.set(name, (counts.get(name) ?? 0) + weight * count);
    }
    return { counts, missing: parts.reduce((sum, { sample, weight }) => sum + weight * sample.missing, 0) };
  },
  compare: ({ reference, current, sizes }, options) => categoriesEvidence(reference, current, options, sizes),
  table({ reference, current, sizes }) {
    const aligned = align(reference.counts, current.counts);
    const cells = categoryCells(
      aligned,
      sizes.nReference / (aligned.nReference || 1),
      sizes.nCurrent / (aligned.nCurrent || 1),
    );
    return cells.reference.length > 1 ? cells : undefined;
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

function compareStrata<S>(
  kind: Kind<S>,
  strata: readonly Stratum<S>[],
  options: StrataOptions<S>,
): StrataEvidence<S> {
  const rows = (sample: S): number => kind.size(sample) + kind.missing(sample);
  const all = strata.reduce((sum, { current }) => sum + rows(current), 0);
  const matched = strata.filter(({ reference, current }) => rows(reference) > 0 && rows(current) > 0);
  const inside = matched.reduce((sum, { current }) => sum + rows(current), 0);
  const unmatched = all > 0 ? 1 - inside / all : 0;
  const standardised = standardise(kind, matched, strata);
  const common = kind.compare(standardised, options);
  const raw = options.whole ?? {
    reference: kind.blend(strata.map(({ reference }) => ({ sample: reference, weight: 1 }))),
    current: kind.blend(strata.map(({ current }) => ({ sample: current, weight: 1 }))),
  };
  const counted = {
    nReference: kind.size(raw.reference),
    nCurrent: kind.size(raw.current),
    rows: { reference: rows(raw.reference), current: rows(raw.current) },
  };
  if (new Set(strata.map(({ segment }) => segment)).size < 2) {
    return { evidence: { ...common, ...counted }, segments: [], unmatched, standardised };
  }
  const segments = [...groupBySegment(matched)].map(([segment, parts]) => {
    const own = standardise(kind, parts, parts);
    const share = parts.reduce((sum, { current }) => sum + rows(current), 0) / Math.max(1, all);
    return { segment, share, standardised: own, evidence: kind.compare(own, options) };
  });
  const own = ownChanges(kind, segments);
  const plain = kind.compare({ ...raw, sizes: sizesOf(kind, raw.reference, raw.current) }, options);
  const evidence: Evidence = {
    ...common,
    ...counted,
    missing: plain.missing,
    newCategories: plain.newCategories,
    psi: plain.psi,
    psiDebiased: plain.psiDebiased,
    p: combineCauchy([
      { p: common.p, weight: WEIGHT.common },
      { p: own.p, weight: WEIGHT.own },
    ]),
    components: [...common.components, { name: 'within', p: own.p, effect: own.effect }],
    within: own.effect,
    mix: inside > 0 ? kind.psi(raw.reference, standardised.reference) : 0,
  };
  return {
    evidence,
    segments: segments
      .map(({ segment, share, evidence: found }) => ({ segment, share, evidence: found }))
      .sort((a, b) => b.share - a.share),
    unmatched,
    standardised,
  };
}

/** Sum of the segments' χ² (independent, so their degrees of freedom add) and the mean of their debiased PSI. */
function ownChanges<S>(
  kind: Kind<S>,
  segments: readonly { share: number; standardised: Standardised<S>; evidence: Evidence }[],
): { p: number; effect: number } {
  let statistic = 0;
  let df = 0;
  let effect = 0;
  let shares = 0;
  for (const { share, standardised, evidence } of segments) {
    const { nReference, nCurrent } = evidence.sizes;
    if (!(nReference > 0 && nCurrent > 0)) continue;
    // Not cut off at 0 by segment: many small segments without change must add up to none.
    effect += share * (evidence.psi - (evidence.cells - 1) * (1 / nReference + 1 / nCurrent));
    shares += share;
    const table = kind.table({ ...standardised, sizes: evidence.sizes });
    if (!table) continue;
    const test = chiSquare(table.reference, table.current);
    statistic += test.statistic;
    df += test.df;
  }
  return { p: df > 0 ? chi2Upper(statistic, df) : 1, effect: shares > 0 ? Math.max(0, effect / shares) : 0 };
}

function groupBySegment<S>(strata: readonly Stratum<S>[]): Map<string, Stratum<S>[]> {
  const groups = new Map<string, Stratum<S>[]>();
  for (const stratum of strata) {
    const group = groups.get(stratum.segment);
    if (group) group.push(stratum);
    else groups.set(stratum.segment, [stratum]);
  }
  return groups;
}

const sizesOf = <S>(kind: Kind<S>, reference: S, current: S): Sizes => ({
  nReference: kind.size(reference),
  nCurrent: kind.size(current),
});

/** The reference of these strata with the current side's mix; `empty` serves where nothing matches. */
function standardise<S>(
  kind: Kind<S>,
  strata: readonly Stratum<S>[],
  empty: readonly Stratum<S>[],
): Standardised<S> {
  const rows = (sample: S): number => kind.size(sample) + kind.missing(sample);
  const only = strata.length === 1 ? strata[0] : undefined;
  if (only) {
    return {
      reference: only.reference,
      current: only.current,
      sizes: sizesOf(kind, only.reference, only.current),
    };
  }
  if (strata.length === 0) {
    // Nothing matches: one side is empty, and is shown as such.
    const reference = kind.blend(empty.map((one) => ({ sample: one.reference, weight: 1 })));
    const current = kind.blend(empty.map((one) => ({ sample: one.current, weight: 1 })));
    const isBoth = kind.size(reference) > 0 && kind.size(current) > 0;
    return {
      reference,
      current: isBoth ? kind.blend([]) : current,
      sizes: isBoth ? { nReference: kind.size(reference), nCurrent: 0 } : sizesOf(kind, reference, current),
    };
  }
  const total = strata.reduce((sum, { current }) => sum + rows(current), 0);
  const available = strata.reduce((sum, { reference }) => sum + rows(reference), 0);
  let noise = 0;
  const parts = strata.map((one) => {
    const share = rows(one.current) / total;
    noise += (share * share) / rows(one.reference);
    return { sample: one.reference, weight: (share * available) / rows(one.reference) };
  });
  const reference = kind.blend(parts);
  const current = kind.blend(strata.map((one) => ({ sample: one.current, weight: 1 })));
  const worth = 1 / noise / available;
  return {
    reference,
    current,
    sizes: { nReference: kind.size(reference) * Math.min(1, worth), nCurrent: kind.size(current) },
  };
}
