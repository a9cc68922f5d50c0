/** How several tests become one decision. */

export interface WeightedP {
  readonly p: number;
  /** Share of the attention that the test gets; the weights are normed to 1. */
  readonly weight: number;
}

/** A p of 1 (a test that could not see anything) must not outvote the others with −∞. */
const P_MOST = 0.99;

/**
 * Cauchy combination of tests that may depend on each other (Liu & Xie 2020, J. Am. Stat. Assoc. 115:393): the
 * weighted mean of tan((½ − p)π) is again Cauchy in its tail, whatever the dependence.
 */
export function combineCauchy(tests: readonly WeightedP[]): number {
  let sum = 0;
  let weights = 0;
  // Where nothing could be seen at all, that is what is said.
  if (tests.every(({ p }) => p >= P_MOST)) return tests.reduce((least, { p }) => Math.min(least, p), 1);
  for (const { p, weight } of tests) {
    if (!(weight > 0)) continue;
    const bounded = Math.min(P_MOST, Math.max(p, 1e-300));
    // cot(πp) ≈ 1/(πp) where the tangent would lose all digits.
    sum += weight * (bounded < 1e-12 ? 1 / (Math.PI * bounded) : Math.tan((0.5 - bounded) * Math.PI));
    weights += weight;
  }
  if (weights === 0) return 1;
  const t = sum / weights;
  return t > 1e12 ? 1 / (Math.PI * t) : 0.5 - Math.atan(t) / Math.PI;
}

/** p-values adjusted for the family-wise error rate (Holm 1979, Scand. J. Stat. 6:65). */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length).fill(1);
  let most = 0;
  for (const [rank, index] of order.entries()) {
    most = Math.max(most, Math.min(1, (ps.length - rank) * ps[index]!));
    adjusted[index] = most;
  }
  return adjusted;
}

/** p-values adjusted for the false discovery rate of one family (Benjamini & Hochberg 1995, JRSS B 57:289). */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[b]! - ps[a]!);
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 1;
  for (const [rank, index] of order.entries()) {
    least = Math.min(least, (ps[index]! * ps.length) / (ps.length - rank));
    adjusted[index] = least;
  }
  return adjusted;
}
