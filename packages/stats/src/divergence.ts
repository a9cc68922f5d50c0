/**
 * Distances between two tables of counts over the same cells (reference first). Each takes counts, not shares, and
 * works on shares; a side without observations gives 0. Natural logarithms unless told.
 */

/** Added to every cell before shares are taken: Jeffreys' prior for a multinomial (Jeffreys 1946). */
export const JEFFREYS = 0.5;

type Cells = ArrayLike<number>;

/** Shares of the cells, each count raised by `prior` first; all zero where there is nothing to share. */
export function sharesOf(counts: Cells, prior = 0): Float64Array {
  const shares = new Float64Array(counts.length);
  const total = raisedTotal(counts, prior);
  if (total > 0) for (let i = 0; i < counts.length; i++) shares[i] = (counts[i]! + prior) / total;
  return shares;
}

/**
 * Population stability index Σ (q − p) ln(q / p), the symmetric form of Jeffreys' divergence (Siddiqi, Credit Risk
 * Scorecards, 2006; Kullback & Leibler 1951), with `prior` added to every cell so that empty ones stay finite.
 */
export function psi(reference: Cells, current: Cells, prior = JEFFREYS): number {
  const n = raisedTotal(reference, prior);
  const m = raisedTotal(current, prior);
  let sum = 0;
  for (let i = 0; i < reference.length; i++)
    sum += psiTerm(n > 0 ? (reference[i]! + prior) / n : 0, m > 0 ? (current[i]! + prior) / m : 0);
  return sum;
}

function raisedTotal(counts: Cells, prior: number): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]! + prior;
  return total;
}

/** One cell's part of the PSI; never negative, 0 where both shares are. */
export function psiTerm(p: number, q: number): number {
  return p === q ? 0 : (q - p) * Math.log(q / p);
}

/** Kullback–Leibler divergence Σ p ln(p / q) of the reference from the current side (1951, Ann. Math. Stat. 22:79). */
export function kullbackLeibler(reference: Cells, current: Cells, prior = 0): number {
  const p = sharesOf(reference, prior);
  const q = sharesOf(current, prior);
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / q[i]!);
  return sum;
}

/** Jensen–Shannon divergence, 0 to ln 2 (Lin 1991, IEEE Trans. Inf. Theory 37:145). The distance is its root. */
export function jensenShannon(reference: Cells, current: Cells): number {
  const p = sharesOf(reference);
  const q = sharesOf(current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += jsTerm(p[i]!, q[i]!);
  return Math.max(0, sum);
}

/** One cell's part of the Jensen–Shannon divergence. */
export function jsTerm(p: number, q: number): number {
  const middle = (p + q) / 2;
  return (p > 0 ? (p / 2) * Math.log(p / middle) : 0) + (q > 0 ? (q / 2) * Math.log(q / middle) : 0);
}

/** Hellinger distance √(½ Σ (√p − √q)²), 0 to 1 (Hellinger 1909). */
export function hellinger(reference: Cells, current: Cells): number {
  const p = sharesOf(reference);
  const q = sharesOf(current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (Math.sqrt(p[i]!) - Math.sqrt(q[i]!)) ** 2;
  return Math.sqrt(sum / 2);
}

/** Total variation distance ½ Σ |p − q|, 0 to 1: the share of observations that would have to change cell. */
export function totalVariation(reference: Cells, current: Cells): number {
  const p = sharesOf(reference);
  const q = sharesOf(current);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!);
  return sum / 2;
}

/** Largest change of a single cell's share, 0 to 1. */
export function lInfinity(reference: Cells, current: Cells): number {
  const p = sharesOf(reference);
  const q = sharesOf(current);
  let most = 0;
  for (let i = 0; i < p.length; i++) most = Math.max(most, Math.abs(p[i]! - q[i]!));
  return most;
}

/** Pearson's χ² of homogeneity of a 2 × k table (Pearson 1911, Biometrika 8:250), with its degrees of freedom. */
export function chiSquare(reference: Cells, current: Cells): { statistic: number; df: number } {
  let n = 0;
  let m = 0;
  for (let i = 0; i < reference.length; i++) {
    n += reference[i]!;
    m += current[i]!;
  }
  let statistic = 0;
  let cells = 0;
  if (!(n > 0) || !(m > 0)) return { statistic: 0, df: 0 };
  for (let i = 0; i < reference.length; i++) {
    const t = reference[i]! + current[i]!;
    if (!(t > 0)) continue;
    cells++;
    const difference = current[i]! / m - reference[i]! / n;
    statistic += (difference * difference) / t;
  }
  return { statistic: statistic * n * m, df: Math.max(0, cells - 1) };
}
