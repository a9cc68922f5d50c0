import { combineCauchy } from './combine.ts';
import { chi2Upper } from './distributions.ts';
import { chiSquare, jsTerm, psiTerm } from './divergence.ts';
import { incompleteGamma, lnChoose } from './gamma.ts';
import { hypergeometricTwoSided } from './rank.ts';

/*
 * Tests of homogeneity of two tables of categories that also hold where most categories are rare. Given how often each
 * category was seen in all, the counts of the current side are binomial and tied together by their sum. A statistic
 * Σ g(count) then has a mean and a variance that are sums over categories, corrected for the tie (Holst 1979, Ann.
 * Prob. 7:551; Morris 1975, Ann. Stat. 3:165), and its tail is that of a gamma distribution with these moments, which
 * is the χ² itself where all counts are large.
 */

/** Below this expected count of a category on the smaller side, χ² has not its own distribution (Cochran 1954). */
export const EXPECTED_LEAST = 5;

/** Beyond this many observations of a category its part is a square of a normal variable to 1 %. */
const LARGE_VARIANCE = 300;

export interface CategoryTest {
  /** Combined p of the tests that apply. */
  readonly p: number;
  readonly tests: readonly { readonly name: 'chi2' | 'js' | 'pooled' | 'single'; readonly p: number }[];
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly withCount: number;
  readonly withSquare: number;
}

type Term = (current: number, total: number) => number;

/**
 * Tests whether two tables of counts over the same categories differ. `scaleReference` and `scaleCurrent` say how many
 * independent observations one count is worth (1; less where clustered or weighted).
 */
export function categoryTest(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  scaleReference = 1,
  scaleCurrent = 1,
): CategoryTest {
  const cells: [number, number][] = [];
  let n = 0;
  let m = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i]! * scaleReference;
    const c = current[i]! * scaleCurrent;
    if (!(r + c > 0)) continue;
    cells.push([r, c]);
    n += r;
    m += c;
  }
  if (cells.length < 2 || !(n > 0) || !(m > 0)) return { p: 1, tests: [] };
  const q = m / (n + m);
  const single = { name: 'single' as const, p: singleTest(cells, n, m) };
  const isDense = cells.every(([r, c]) => (r + c) * Math.min(q, 1 - q) >= EXPECTED_LEAST - 1e-9);
  if (isDense) {
    const { statistic, df } = chiSquare(
      cells.map(([r]) => r),
      cells.map(([, c]) => c),
    );
    const chi2 = { name: 'chi2' as const, p: chi2Upper(statistic, df) };
    return {
      p: combineCauchy([
        { p: chi2.p, weight: WEIGHT.chi2Dense },
        { p: single.p, weight: WEIGHT.singleDense },
      ]),
      tests: [chi2, single],
    };
  }
  const chi2 = {
    name: 'chi2' as const,
    p: momentP(cells, q, (a, t) => (a - t * q) ** 2 / (t * q * (1 - q))),
  };
  const js = { name: 'js' as const, p: momentP(cells, q, (a, t) => jsTerm((t - a) / n, a / m)) };
  const groups = pooledTail(cells, q);
  const table = chiSquare(
    groups.map(([r]) => r),
    groups.map(([, c]) => c),
  );
  const pooled = { name: 'pooled' as const, p: table.df > 0 ? chi2Upper(table.statistic, table.df) : 1 };
  return {
    p: combineCauchy([
      { p: pooled.p, weight: WEIGHT.pooled },
      { p: chi2.p, weight: WEIGHT.chi2 },
      { p: js.p, weight: WEIGHT.js },
      { p: single.p, weight: WEIGHT.single },
    ]),
    tests: [chi2, js, pooled, single],
  };
}

/** Chosen by simulation (docs/drift-calibration.md): the most power that any row loses is least. */
const WEIGHT = {
  chi2Dense: 0.92,
  singleDense: 0.08,
  pooled: 0.35,
  chi2: 0.15,
  js: 0.25,
  single: 0.25,
} as const;

/**
 * Categories that are large enough stand for themselves; the others are put together with those that were seen about as
 * often in all (once, 2–3 times, 4–7 …), then neighbours until each group is large enough. Given the pooled sample the
 * groups are fixed, so χ² over them holds; it sees what moves between head and tail, which rare categories one by
 * one do not show.
 */
function pooledTail(cells: readonly (readonly [number, number])[], q: number): (readonly [number, number])[] {
  const least = EXPECTED_LEAST / Math.min(q, 1 - q);
  const groups: (readonly [number, number])[] = [];
  const rare = new Map<number, [number, number]>();
  for (const cell of cells) {
    const t = cell[0] + cell[1];
    if (t >= least) groups.push(cell);
    else add(rare, Math.floor(Math.log2(Math.max(1, t))), cell);
  }
  let open: [number, number] = [0, 0];
  for (const [, [r, c]] of [...rare].sort(([a], [b]) => a - b)) {
    open = [open[0] + r, open[1] + c];
    if (open[0] + open[1] < least) continue;
    groups.push(open);
    open = [0, 0];
  }
  const last = groups.at(-1);
  // What is left is too little for a group of its own and joins the one before it.
  if (open[0] + open[1] > 0 && last) groups[groups.length - 1] = [last[0] + open[0], last[1] + open[1]];
  return groups;
}

function add(into: Map<number, [number, number]>, key: number, [r, c]: readonly [number, number]): void {
  const [before, after] = into.get(key) ?? [0, 0];
  into.set(key, [before + r, after + c]);
}

/**
 * What the PSI is expected to be with no change, `prior` added to every cell: (cells − 1)(1/n + 1/m) where counts are
 * large, less where they are small. Cells that are empty on both sides count.
 */
export function expectedPsi(reference: ArrayLike<number>, current: ArrayLike<number>, prior: number): number {
  const cells = Array.from({ length: reference.length }, (_, i): [number, number] => [
    reference[i]!,
    current[i]!,
  ]);
  const n = cells.reduce((sum, [r]) => sum + r, 0);
  const m = cells.reduce((sum, [, c]) => sum + c, 0);
  if (!(n > 0 && m > 0)) return 0;
  const k = cells.length;
  const raised = (count: number, total: number): number => (count + prior) / (total + k * prior);
  const q = m / (n + m);
  const { mean, withSquare } = sumOf(cells, q, (a, t) => psiTerm(raised(t - a, n), raised(a, m)));
  return mean - withSquare / 2;
}

/**
 * Current observations in categories that the reference lacks, how many chance alone explains, and p of as many or
 * more; `shareCurrent` where counts do not tell the current side's share of all. Conditional on the pooled sample: a category seen t times is by chance all on the current side with q^t.
 */
export function newShareTest(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  scaleReference = 1,
  scaleCurrent = 1,
  shareCurrent?: number,
): { p: number; expected: number; observed: number } {
  const cells = Array.from({ length: reference.length }, (_, i): [number, number] => [
    reference[i]! * scaleReference,
    current[i]! * scaleCurrent,
  ]).filter(([r, c]) => r + c > 0);
  const m = cells.reduce((sum, [, c]) => sum + c, 0);
  const q = shareCurrent ?? m / cells.reduce((sum, [r, c]) => sum + r + c, 0);
  const observed = cells.reduce((sum, [r, c]) => (r > 0 ? sum : sum + c), 0);
  if (!(q > 0 && q < 1)) return { p: 1, expected: observed, observed };
  const { mean, variance } = tiedMoments(cells, q, (a, t) => (a > t - 0.5 ? t : 0));
  if (!(variance > 0) || !(mean > 0)) return { p: observed > mean ? 0 : 1, expected: mean, observed };
  return {
    p: incompleteGamma((mean * mean) / variance, (observed * mean) / variance)[1],
    expected: mean,
    observed,
  };
}

/** Upper tail of Σ g given the sum of all counts, by a gamma distribution with its mean and variance. */
function momentP(cells: readonly (readonly [number, number])[], q: number, term: Term): number {
  const { mean, variance } = tiedMoments(cells, q, term);
  if (!(variance > 0) || !(mean > 0)) return 1;
  let statistic = 0;
  for (const [r, c] of cells) statistic += term(c, r + c);
  return incompleteGamma((mean * mean) / variance, (statistic * mean) / variance)[1];
}

/** Mean and variance given the sum of all counts: first two terms of the expansion in Hermite polynomials. */
function tiedMoments(
  cells: readonly (readonly [number, number])[],
  q: number,
  term: Term,
): { mean: number; variance: number } {
  const spread = cells.reduce((sum, [r, c]) => sum + r + c, 0) * q * (1 - q);
  const { mean, variance, withCount, withSquare } = sumOf(cells, q, term);
  return {
    mean: mean - withSquare / 2,
    variance: variance - withCount ** 2 / spread - withSquare ** 2 / 2,
  };
}

/** Moments of Σ g over independent binomial counts; `withSquare` is the covariance with the squared, normed sum. */
function sumOf(cells: readonly (readonly [number, number])[], q: number, term: Term): Moments {
  const spread = cells.reduce((sum, [r, c]) => sum + r + c, 0) * q * (1 - q);
  const known = new Map<number, Moments>();
  let mean = 0;
  let variance = 0;
  let withCount = 0;
  let withSquare = 0;
  for (const [r, c] of cells) {
    // Where counts are weighted they need not be whole; their number of observations is.
    const t = Math.max(r + c > 0 ? 1 : 0, Math.round(r + c));
    const one = known.get(t) ?? momentsOf(t, q, term);
    known.set(t, one);
    mean += one.mean;
    variance += one.variance;
    withCount += one.withCount;
    withSquare += one.withSquare;
  }
  return { mean, variance, withCount, withSquare: withSquare / spread };
}

const momentsOf = (t: number, q: number, term: Term): Moments =>
  t * q * (1 - q) > LARGE_VARIANCE ? largeMoments(t, q, term) : smallMoments(t, q, term);

/** Exact sums over Binomial(t, q), as far as it has weight. */
function smallMoments(t: number, q: number, term: Term): Moments {
  const centre = t * q;
  const reach = 8 * Math.sqrt(t * q * (1 - q)) + 8;
  const from = Math.max(0, Math.floor(centre - reach));
  const to = Math.min(t, Math.ceil(centre + reach));
  let mass = 0;
  let mean = 0;
  let squares = 0;
  let withCount = 0;
  let withSquare = 0;
  let weight = Math.exp(lnChoose(t, from) + from * Math.log(q) + (t - from) * Math.log1p(-q));
  for (let a = from; a <= to; a++) {
    const g = term(a, t);
    const d = a - centre;
    mass += weight;
    mean += weight * g;
    squares += weight * g * g;
    withCount += weight * g * d;
    withSquare += weight * g * d * d;
    weight *= ((t - a) / (a + 1)) * (q / (1 - q));
  }
  if (!(mass > 0)) return { mean: 0, variance: 0, withCount: 0, withSquare: 0 };
  mean /= mass;
  return {
    mean,
    variance: Math.max(0, squares / mass - mean * mean),
    withCount: withCount / mass,
    withSquare: withSquare / mass - mean * t * q * (1 - q),
  };
}

/** g as a parabola around its mean, the count as normal: five points of Gauss–Hermite are exact for that. */
function largeMoments(t: number, q: number, term: Term): Moments {
  const deviation = Math.sqrt(t * q * (1 - q));
  let mean = 0;
  let squares = 0;
  let withCount = 0;
  let withSquare = 0;
  for (const [x, weight] of HERMITE) {
    const d = x * deviation;
    const g = term(t * q + d, t);
    mean += weight * g;
    squares += weight * g * g;
    withCount += weight * g * d;
    withSquare += weight * g * d * d;
  }
  return {
    mean,
    variance: Math.max(0, squares - mean * mean),
    withCount,
    withSquare: withSquare - mean * deviation ** 2,
  };
}

/** Nodes and weights of five-point Gauss–Hermite quadrature for a standard normal variable. */
const HERMITE: readonly (readonly [number, number])[] = [
  [-2.8569700138728056, 0.011257411327720688],
  [-1.355626179974266, 0.2220759220056126],
  [0, 0.5333333333333333],
  [1.355626179974266, 0.2220759220056126],
  [2.8569700138728056, 0.011257411327720688],
];

/** A category that could not get below this whatever happened takes no part in the correction (Tarone 1990). */
const ATTAINABLE = 0.01;

/** The single category that changed most, against all others; Šidák 1967 over the categories that could tell. */
function singleTest(cells: readonly (readonly [number, number])[], n: number, m: number): number {
  const q = m / (n + m);
  let least = 1;
  let count = 0;
  let top: readonly [number, number] | undefined;
  let topZ = -1;
  for (const cell of cells) {
    const t = cell[0] + cell[1];
    if (2 * Math.min(q, 1 - q) ** t > ATTAINABLE) continue;
    count++;
    const mean = t * q;
    const z = Math.abs(cell[1] - mean) / Math.sqrt(Math.max(1e-12, mean * (1 - q) * (1 - t / (n + m))));
    if (z > topZ) {
      topZ = z;
      top = cell;
    }
    // Exact only where it can matter: for rare categories the normal distribution is far off.
    if (mean < EXPECTED_LEAST && z > 2) least = Math.min(least, twoSided(cell, n, m));
  }
  if (!top) return 1;
  least = Math.min(least, twoSided(top, n, m));
  return -Math.expm1(count * Math.log1p(-Math.min(1 - 1e-16, least)));
}

const twoSided = ([r, c]: readonly [number, number], n: number, m: number): number =>
  hypergeometricTwoSided(Math.round(c), Math.round(n + m), Math.round(r + c), Math.round(m));
