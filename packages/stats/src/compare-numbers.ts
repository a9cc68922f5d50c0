import { edgeCells, quantileCells, type Table } from './bins.ts';
import { EXPECTED_LEAST } from './category-test.ts';
import { combineCauchy, type WeightedP } from './combine.ts';
import { chi2Upper } from './distributions.ts';
import { chiSquare, psi } from './divergence.ts';
import {
  type CompareOptions,
  type Component,
  type Evidence,
  LEAST_EFFECT,
  missingRates,
} from './evidence.ts';
import { type Histogram, type Paired, pair } from './histogram.ts';
import { debiasedPsi, psiAtMost } from './psi-test.ts';
import { kolmogorovSmirnov, mannWhitney, type Sizes, tailTest } from './rank.ts';
import { shareComponent } from './share-test.ts';

/** One side of a comparison of numbers. */
export interface NumberSample {
  readonly histogram: Histogram;
  /** Rows without a value. */
  readonly missing: number;
}

/** Cells of the PSI: deciles of the reference, as the field has it. */
export const PSI_CELLS = 10;
/** Share of the pooled sample that is its tail, either side. */
const TAIL = 0.01;

/**
 * Attention that each test gets in the combination. Shifts are what happens most and Mann–Whitney sees them best; the
 * others see what it cannot: shape, spread, tails. Weights by simulation (docs/drift-calibration.md).
 */
const WEIGHT = { shift: 0.72, shape: 0.12, cells: 0.09, tail: 0.07, missing: 0.1, infinite: 0.1 } as const;

/**
 * Compares two samples of a number, from exact counts. Detection: Cauchy combination of Mann–Whitney, KS, χ² over
 * pooled deciles, a tail test and, where there are any, the shares of missing and infinite values. Size: debiased PSI
 * over the reference's deciles, over its tails, and over these shares.
 */
export function compareNumbers(
  reference: NumberSample,
  current: NumberSample,
  options: CompareOptions = {},
): Evidence {
  return numbersEvidence(
    pair(reference.histogram, current.histogram),
    reference.missing,
    current.missing,
    options,
  );
}

/** As `compareNumbers`, of paired counts; `sizes` where counts are weights. */
export function numbersEvidence(
  paired: Paired,
  missingReference: number,
  missingCurrent: number,
  options: CompareOptions,
  weighted?: Sizes,
): Evidence {
  const { leastEffect = LEAST_EFFECT, designEffect = UNCLUSTERED } = options;
  const { sizes, cells, raw, debiased } = numbersPsi(paired, options, weighted);
  const value = numberTests(paired, sizes);
  const components: Component[] = [{ name: 'value', p: combineCauchy(value.tests), effect: debiased }];
  const weighing: WeightedP[] = [...value.tests];
  const extra = (component: Component | undefined, weight: number): void => {
    if (!component) return;
    components.push(component);
    weighing.push({ p: component.p, weight });
  };
  extra(tailComponent(paired, sizes), WEIGHT.tail);
  extra(infiniteComponent(paired, designEffect), WEIGHT.infinite);
  const rowsReference = paired.nReference + missingReference;
  const rowsCurrent = paired.nCurrent + missingCurrent;
  if (missingReference + missingCurrent > 0) {
    extra(
      shareComponent(
        'missing',
        { marked: missingReference, total: rowsReference },
        { marked: missingCurrent, total: rowsCurrent },
        designEffect,
      ),
      WEIGHT.missing,
    );
  }
  return {
    nReference: paired.nReference,
    nCurrent: paired.nCurrent,
    sizes,
    rows: { reference: rowsReference, current: rowsCurrent },
    p: combineCauchy(weighing),
    components,
    psi: raw,
    psiDebiased: debiased,
    pLeast: psiAtMost(raw, leastEffect, cells, sizes.nReference, sizes.nCurrent),
    cells,
    missing: missingRates(
      { n: paired.nReference, missing: missingReference },
      { n: paired.nCurrent, missing: missingCurrent },
    ),
    newCategories: [],
    within: undefined,
    mix: undefined,
  };
}

const UNCLUSTERED = { reference: 1, current: 1 } as const;

/** The size of a change alone: PSI over deciles of the reference, and what the samples are worth. */
export function numbersPsi(
  paired: Paired,
  { designEffect = UNCLUSTERED }: CompareOptions,
  weighted?: Sizes,
): { sizes: Sizes; cells: number; raw: number; debiased: number } {
  const sizes: Sizes = {
    nReference: (weighted?.nReference ?? paired.nReference) / designEffect.reference,
    nCurrent: (weighted?.nCurrent ?? paired.nCurrent) / designEffect.current,
  };
  const deciles = quantileCells(paired, PSI_CELLS, 'reference');
  const cells = Math.max(1, deciles.reference.length);
  const raw =
    paired.nReference > 0 && paired.nCurrent > 0
      ? psi(
          scaled(deciles.reference, sizes.nReference, paired.nReference),
          scaled(deciles.current, sizes.nCurrent, paired.nCurrent),
        )
      : 0;
  const debiased = cells > 1 ? debiasedPsi(raw, cells, sizes.nReference, sizes.nCurrent) : 0;
  return { sizes, cells, raw, debiased };
}

/** Tests of the finite and infinite values alike: ranks do not mind. */
function numberTests(paired: Paired, sizes: Sizes): { tests: WeightedP[] } {
  const table = pooledCells(paired, sizes);
  const tests: WeightedP[] = [
    { p: mannWhitney(paired, sizes).p, weight: WEIGHT.shift },
    { p: kolmogorovSmirnov(paired, sizes).p, weight: WEIGHT.shape },
  ];
  if (table) {
    const { statistic, df } = chiSquare(
      scaled(table.reference, sizes.nReference, paired.nReference),
      scaled(table.current, sizes.nCurrent, paired.nCurrent),
    );
    tests.push({ p: df > 0 ? chi2Upper(statistic, df) : 1, weight: WEIGHT.cells });
  }
  return { tests };
}

/** Pooled deciles, fewer where the smaller side would expect too little in a cell; undefined below two cells. */
export function pooledCells(paired: Paired, sizes: Sizes): Table | undefined {
  const cells = Math.min(PSI_CELLS, Math.floor(Math.min(sizes.nReference, sizes.nCurrent) / EXPECTED_LEAST));
  return cells >= 2 ? quantileCells(paired, cells, 'pooled') : undefined;
}

/** What lies beyond the reference's 1st and 99th percentile; undefined where too little can. */
function tailComponent(paired: Paired, sizes: Sizes): Component | undefined {
  if (TAIL * sizes.nReference < 1 || paired.values.length < 3) return undefined;
  const low = quantileAt(paired, TAIL);
  const high = quantileAt(paired, 1 - TAIL);
  const seen = paired.reference.findLastIndex((count) => count > 0);
  const first = paired.reference.findIndex((count) => count > 0);
  // Below and above everything the reference has seen are cells of their own: the most telling part of a tail.
  const least = first > 0 ? [paired.values[first - 1]!] : [];
  const table = edgeCells(paired, [...least, low, high, paired.values[seen]!]);
  if (table.reference.length < 2) return undefined;
  const raw = psi(
    scaled(table.reference, sizes.nReference, paired.nReference),
    scaled(table.current, sizes.nCurrent, paired.nCurrent),
  );
  return {
    name: 'tail',
    p: tailTest(paired, TAIL, sizes),
    effect: debiasedPsi(raw, table.reference.length, sizes.nReference, sizes.nCurrent),
  };
}

function quantileAt(paired: Paired, q: number): number {
  let seen = 0;
  for (let i = 0; i < paired.values.length; i++) {
    seen += paired.reference[i]!;
    if (seen >= q * paired.nReference) return paired.values[i]!;
  }
  return paired.values.at(-1)!;
}

function infiniteComponent(
  paired: Paired,
  designEffect: { reference: number; current: number },
): Component | undefined {
  let reference = 0;
  let current = 0;
  for (const at of [0, paired.values.length - 1]) {
    if (paired.values.length === 0 || Number.isFinite(paired.values[at]!)) continue;
    reference += paired.reference[at]!;
    current += paired.current[at]!;
    if (paired.values.length === 1) break;
  }
  if (reference + current === 0) return undefined;
  return shareComponent(
    'infinite',
    { marked: reference, total: paired.nReference },
    { marked: current, total: paired.nCurrent },
    designEffect,
  );
}

/** Counts as the number of independent observations that they are worth. */
export function scaled(counts: readonly number[], worth: number, total: number): readonly number[] {
  return worth === total ? counts : counts.map((count) => (count * worth) / total);
}
