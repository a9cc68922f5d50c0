import { chi2UpperQuantile, noncentralChi2, noncentralityFor } from './distributions.ts';

/** 1/n + 1/m: under no change, PSI / f is about χ² with cells − 1 degrees of freedom (Yurdakul & Naranjo 2020). */
export const noiseOf = (nReference: number, nCurrent: number): number => 1 / nReference + 1 / nCurrent;

/**
 * PSI less what chance alone gives, (cells − 1)·f, at least 0 (Yurdakul 2018, Statistical properties of population
 * stability index, thesis, Western Michigan University).
 */
export function debiasedPsi(psi: number, cells: number, nReference: number, nCurrent: number): number {
  return Math.max(0, psi - Math.max(0, cells - 1) * noiseOf(nReference, nCurrent));
}

/**
 * p of "the PSI is at most δ": PSI / f is about non-central χ² with cells − 1 degrees of freedom and non-centrality
 * δ / f (the population resemblance statistic of arXiv 2307.11878). With δ = 0 the test of no change at all.
 */
export function psiAtMost(
  psi: number,
  delta: number,
  cells: number,
  nReference: number,
  nCurrent: number,
): number {
  if (cells < 2 || !(nReference > 0 && nCurrent > 0)) return 1;
  const f = noiseOf(nReference, nCurrent);
  return noncentralChi2(psi / f, cells - 1, delta / f)[1];
}

/** Chance that a χ² test at `alpha` over `cells` sees a change of PSI `delta` with samples of these sizes. */
export function powerOf(
  delta: number,
  cells: number,
  alpha: number,
  nReference: number,
  nCurrent: number,
): number {
  if (cells < 2 || !(nReference > 0 && nCurrent > 0)) return 0;
  const df = cells - 1;
  return noncentralChi2(criticalOf(df, alpha), df, delta / noiseOf(nReference, nCurrent))[1];
}

/**
 * Observations that the current side needs, at this reference, to see a PSI of `delta` with the given power; where
 * the reference is what lacks, both sides are taken to grow to the same size.
 */
export function observationsNeeded(
  delta: number,
  cells: number,
  alpha: number,
  power: number,
  nReference: number,
): number {
  const f = delta / neededFor(Math.max(1, cells - 1), alpha, power);
  const left = f - 1 / nReference;
  // A reference that leaves less than half of the noise to the current side is itself too small.
  return Math.ceil(nReference > 0 && left >= f / 2 ? 1 / left : 2 / f);
}

const criticals = new Map<string, number>();

/** Critical values repeat; the map stays as small as there are numbers of cells and levels in use. */
const CACHE_MOST = 4_096;

function cached(key: string, make: () => number): number {
  const known = criticals.get(key);
  if (known !== undefined) return known;
  if (criticals.size >= CACHE_MOST) criticals.clear();
  const made = make();
  criticals.set(key, made);
  return made;
}

const criticalOf = (df: number, alpha: number): number =>
  cached(`${df} ${alpha}`, () => chi2UpperQuantile(alpha, df));
const neededFor = (df: number, alpha: number, power: number): number =>
  cached(`${df} ${alpha} ${power}`, () => noncentralityFor(power, df, alpha));
