import { categoryTest, EXPECTED_LEAST, expectedPsi, newShareTest } from './category-test.ts';
import { combineCauchy, type WeightedP } from './combine.ts';
import { JEFFREYS, psi, psiTerm } from './divergence.ts';
import {
  type CompareOptions,
  type Component,
  type Evidence,
  LEAST_EFFECT,
  missingRates,
} from './evidence.ts';
import { noiseOf, psiAtMost } from './psi-test.ts';
import type { Sizes } from './rank.ts';
import { shareComponent } from './share-test.ts';

/** One side of a comparison of categories. */
export interface CategorySample {
  readonly counts: ReadonlyMap<string, number>;
  /** Rows without a value. */
  readonly missing: number;
}

/**
 * Categories over which the PSI runs: the large ones by name, the rest in one cell. Rare new ones have no cell of their
 * own: it would be empty in the reference by choice and look like drift where there is none.
 */
export interface CategoryCells {
  /** `undefined` for the one that holds all that are rare. */
  readonly names: readonly (string | undefined)[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

const WEIGHT = { value: 0.9, fresh: 0.1, missing: 0.1 } as const;
/** Names of new categories that are told. */
const NEW_MOST = 20;

/**
 * Compares two samples of categories. Detection: χ², Jensen–Shannon and pooled-tail tests with small-sample moments
 * (`category-test.ts`), and the share of missing rows. Size: debiased PSI over the categories, those too rare for a
 * cell of their own pooled; and what new categories carry.
 */
export function compareCategories(
  reference: CategorySample,
  current: CategorySample,
  options: CompareOptions = {},
): Evidence {
  return categoriesEvidence(reference, current, options);
}

/** As `compareCategories`; `weighted` says what the counts are worth where they are weights. */
export function categoriesEvidence(
  reference: CategorySample,
  current: CategorySample,
  options: CompareOptions,
  weighted?: Sizes,
): Evidence {
  const { leastEffect = LEAST_EFFECT, designEffect = UNCLUSTERED } = options;
  const aligned = align(reference.counts, current.counts);
  const { nReference, nCurrent } = aligned;
  const { sizes, scaleR, scaleC, size } = categoriesPsi(aligned, options, weighted);
  const test = categoryTest(aligned.reference, aligned.current, scaleR, scaleC);
  const isNew = newNames(aligned);
  const components: Component[] = [{ name: 'value', p: test.p, effect: size.debiased }];
  const weighing: WeightedP[] = [{ p: test.p, weight: WEIGHT.value }];
  if (isNew.length > 0 && nCurrent > 0) {
    const component = newComponent(aligned, sizes, scaleR, scaleC);
    components.push(component);
    weighing.push({ p: component.p, weight: WEIGHT.fresh });
  }
  const rows = { reference: nReference + reference.missing, current: nCurrent + current.missing };
  if (reference.missing + current.missing > 0) {
    const component = shareComponent(
      'missing',
      { marked: reference.missing, total: rows.reference },
      { marked: current.missing, total: rows.current },
      designEffect,
    );
    components.push(component);
    weighing.push({ p: component.p, weight: WEIGHT.missing });
  }
  return {
    nReference,
    nCurrent,
    sizes,
    rows,
    p: combineCauchy(weighing),
    components,
    psi: size.raw,
    psiDebiased: size.debiased,
    pLeast: psiAtMost(size.raw, leastEffect, size.cells, sizes.nReference, sizes.nCurrent),
    cells: size.cells,
    missing: missingRates(
      { n: nReference, missing: reference.missing },
      { n: nCurrent, missing: current.missing },
    ),
    newCategories: toldOf(isNew, current),
    within: undefined,
    mix: undefined,
  };
}

const UNCLUSTERED = { reference: 1, current: 1 } as const;

/** The size of a change alone, over the cells of the PSI, and what the samples are worth. */
export function categoriesPsi(
  aligned: AlignedCategories,
  { designEffect = UNCLUSTERED }: CompareOptions,
  weighted?: Sizes,
) {
  const { nReference, nCurrent } = aligned;
  const sizes: Sizes = {
    nReference: (weighted?.nReference ?? nReference) / designEffect.reference,
    nCurrent: (weighted?.nCurrent ?? nCurrent) / designEffect.current,
  };
  const scaleR = nReference > 0 ? sizes.nReference / nReference : 1;
  const scaleC = nCurrent > 0 ? sizes.nCurrent / nCurrent : 1;
  const table = categoryCells(aligned, scaleR, scaleC);
  return { sizes, scaleR, scaleC, table, size: categoryPsi(table, sizes) };
}

/** Names that the reference never saw; none where it is empty. */
const newNames = ({ names, reference, nReference }: AlignedCategories): string[] =>
  nReference > 0 ? names.filter((_, i) => reference[i] === 0) : [];

/** Those of them that are told, what carries most first. */
const toldOf = (names: string[], { counts }: CategorySample): string[] =>
  names.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1)).slice(0, NEW_MOST);

export const newCategoriesOf = (aligned: AlignedCategories, current: CategorySample): string[] =>
  toldOf(newNames(aligned), current);

export interface AlignedCategories {
  readonly names: readonly string[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
  readonly nReference: number;
  readonly nCurrent: number;
}

export function align(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): AlignedCategories {
  const out = {
    names: [] as string[],
    reference: [] as number[],
    current: [] as number[],
    nReference: 0,
    nCurrent: 0,
  };
  const add = (name: string, left: number, right: number): void => {
    if (!(left + right > 0)) return;
    out.names.push(name);
    out.reference.push(left);
    out.current.push(right);
    out.nReference += left;
    out.nCurrent += right;
  };
  for (const [name, left] of a) add(name, left, b.get(name) ?? 0);
  for (const [name, right] of b) if (!a.has(name)) add(name, 0, right);
  return out;
}

/** The cells of the PSI, counts in independent observations. */
export function categoryCells(aligned: AlignedCategories, scaleR = 1, scaleC = 1): CategoryCells {
  const n = aligned.nReference * scaleR;
  const m = aligned.nCurrent * scaleC;
  const smaller = Math.min(n, m) / (n + m);
  const names: (string | undefined)[] = [];
  const reference: number[] = [];
  const current: number[] = [];
  const rare: [number, number] = [0, 0];
  for (let i = 0; i < aligned.names.length; i++) {
    const r = aligned.reference[i]! * scaleR;
    const c = aligned.current[i]! * scaleC;
    if ((r + c) * smaller >= EXPECTED_LEAST - 1e-9) {
      names.push(aligned.names[i]!);
      reference.push(r);
      current.push(c);
    } else {
      rare[0] += r;
      rare[1] += c;
    }
  }
  if (rare[0] + rare[1] > 0) {
    names.push(undefined);
    reference.push(rare[0]);
    current.push(rare[1]);
  }
  return { names, reference, current };
}

function categoryPsi(
  { reference, current }: CategoryCells,
  sizes: Sizes,
): { raw: number; debiased: number; cells: number } {
  const cells = reference.length;
  if (cells < 2 || !(sizes.nReference > 0 && sizes.nCurrent > 0)) return { raw: 0, debiased: 0, cells: 1 };
  const raw = psi(reference, current, JEFFREYS);
  const smaller = Math.min(sizes.nReference, sizes.nCurrent) / (sizes.nReference + sizes.nCurrent);
  const isDense = reference.every((r, i) => (r + current[i]!) * smaller >= EXPECTED_LEAST - 1e-9);
  const bias = isDense
    ? (cells - 1) * noiseOf(sizes.nReference, sizes.nCurrent)
    : expectedPsi(reference, current, JEFFREYS);
  return { raw, debiased: Math.max(0, raw - bias), cells };
}

/** What categories carry that the reference never saw, beyond those that a sample of its size must miss. */
function newComponent(aligned: AlignedCategories, sizes: Sizes, scaleR: number, scaleC: number): Component {
  const { p, expected, observed } = newShareTest(aligned.reference, aligned.current, scaleR, scaleC);
  const was = Math.max(expected / sizes.nCurrent, JEFFREYS / sizes.nReference);
  const is = observed / sizes.nCurrent;
  const effect =
    is > was ? psiTerm(was, is) + psiTerm(1 - was, Math.max(1 - is, JEFFREYS / sizes.nCurrent)) : 0;
  return { name: 'new', p, effect };
}
