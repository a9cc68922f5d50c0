import { gammaTerm, incompleteBeta, incompleteGamma, lnChoose, lnGamma } from './gamma.ts';

/*
 * Coefficients of the normal distribution: W. J. Cody, "Rational Chebyshev approximations for the error function",
 * Math. Comp. 23 (1969) 631–637, in the arrangement for Φ of his SPECFUN routine ANORM.
 */
const A = [
  2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356, 0.06568233791820745,
] as const;
const B = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673] as const;
const C = [
  0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002, 2494.5375852903726,
  6848.190450536283, 11602.65143764735, 9842.714838383978, 1.0765576773720192e-8,
] as const;
const D = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097,
  34900.95272114598, 38912.00328609327, 19685.429676859992,
] as const;
const P = [
  0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934,
  0.000029112874951168793, 0.023073441764940174,
] as const;
const Q = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 0.00007297515550839662,
] as const;

/** P(Z > z), Z standard normal; relative error 1e-14 in both tails. */
export function normalUpper(z: number): number {
  const x = Math.abs(z);
  if (!(x <= 40)) return Number.isNaN(z) ? Number.NaN : z > 0 ? 0 : 1;
  if (x <= 0.67448975) {
    const square = x * x;
    let top = A[4] * square;
    let bottom = square;
    for (let i = 0; i < 3; i++) {
      top = (top + A[i]!) * square;
      bottom = (bottom + B[i]!) * square;
    }
    return 0.5 - (z * (top + A[3])) / (bottom + B[3]);
  }
  let ratio: number;
  if (x <= 5.656854249492381) {
    let top = C[8] * x;
    let bottom = x;
    for (let i = 0; i < 7; i++) {
      top = (top + C[i]!) * x;
      bottom = (bottom + D[i]!) * x;
    }
    ratio = (top + C[7]) / (bottom + D[7]);
  } else {
    const inverse = 1 / (x * x);
    let top = P[5] * inverse;
    let bottom = inverse;
    for (let i = 0; i < 4; i++) {
      top = (top + P[i]!) * inverse;
      bottom = (bottom + Q[i]!) * inverse;
    }
    ratio = (1 / Math.sqrt(2 * Math.PI) - (inverse * (top + P[4])) / (bottom + Q[4])) / x;
  }
  // exp(−x²/2) in two factors, so that the rounding of x² does not cost digits.
  const cut = Math.trunc(x * 16) / 16;
  const upper = Math.exp(-0.5 * cut * cut) * Math.exp(-0.5 * (x - cut) * (x + cut)) * ratio;
  return z > 0 ? upper : 1 - upper;
}

/** P(Z ≤ z), Z standard normal. */
export const normalCdf = (z: number): number => normalUpper(-z);

/** z with P(Z > z) = p, 0 < p < 1: P. J. Acklam's approximation (2003), refined twice by Halley's step. */
export function normalUpperQuantile(p: number): number {
  if (!(p > 0)) return Number.POSITIVE_INFINITY;
  if (p >= 1) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalUpperQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  // Abramowitz & Stegun 26.2.23, error 4.5e-4, is near enough to start from.
  let z =
    t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let i = 0; i < 3; i++) {
    const error = (normalUpper(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z += error / (1 - (z * error) / 2);
  }
  return z;
}

/** P(χ²_df > x); df > 0 need not be whole. */
export const chi2Upper = (x: number, df: number): number => incompleteGamma(df / 2, x / 2)[1];

/** P(χ²_df ≤ x). */
export const chi2Cdf = (x: number, df: number): number => incompleteGamma(df / 2, x / 2)[0];

/** x with P(χ²_df > x) = p: Wilson & Hilferty 1931 to start, then Newton in the logarithm within a bracket. */
export function chi2UpperQuantile(p: number, df: number): number {
  if (p >= 1) return 0;
  if (!(p > 0)) return Number.POSITIVE_INFINITY;
  const z = normalUpperQuantile(p);
  const cube = 1 - 2 / (9 * df) + z * Math.sqrt(2 / (9 * df));
  return solve((x) => p - chi2Upper(x, df), df * Math.max(cube, 1e-3) ** 3);
}

/** P(F_{df1,df2} > x). */
export function fUpper(x: number, df1: number, df2: number): number {
  if (!(x > 0)) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return incompleteBeta(df2 / 2, df1 / 2, df2 / (df2 + df1 * x));
}

/** Beyond, the distribution is normal to all digits that matter, and the sum below would be long. */
const NORMAL_NC = 1e7;

/**
 * [P(X ≤ x), P(X > x)] of the non-central χ² with `df` degrees of freedom and non-centrality `nc`: Poisson mixture of
 * central distributions, summed from its largest term to both sides (Johnson, Kotz & Balakrishnan, Continuous
 * Univariate Distributions 2, 29.3; Ding 1992, Appl. Statist. 41:478). Absolute error 1e-12,
 * beyond a non-centrality of 1e7 1e-4.
 */
export function noncentralChi2(x: number, df: number, nc: number): [lower: number, upper: number] {
  if (!(x > 0)) return [0, 1];
  if (!(nc > 0) || x === Number.POSITIVE_INFINITY) return incompleteGamma(df / 2, x / 2);
  if (nc > NORMAL_NC) {
    // Abdel-Aty 1954, Biometrika 41:538: the cube root of x / (df + nc) is about normal.
    const spread = (2 / 9) * ((df + 2 * nc) / (df + nc) ** 2);
    const upper = normalUpper((Math.cbrt(x / (df + nc)) - 1 + spread) / Math.sqrt(spread));
    return [1 - upper, upper];
  }
  const half = nc / 2;
  const middle = Math.floor(half);
  const y = x / 2;
  let a = df / 2 + middle;
  let weight = gammaTerm(middle, half);
  const centre = incompleteGamma(a, y);
  let lower = weight * centre[0];
  let upper = weight * centre[1];
  // Upwards: P(a + 1) = P(a) − y^a e^−y / Γ(a + 1).
  let term = gammaTerm(a, y);
  let below = centre[0];
  let above = centre[1];
  let w = weight;
  for (let j = middle + 1; w > 1e-18 || j < half; j++) {
    below = Math.max(0, below - term);
    above = Math.min(1, above + term);
    a += 1;
    term *= y / a;
    w *= half / j;
    lower += w * below;
    upper += w * above;
  }
  // Downwards: P(a − 1) = P(a) + y^(a−1) e^−y / Γ(a).
  a = df / 2 + middle;
  term = gammaTerm(a, y);
  below = centre[0];
  above = centre[1];
  w = weight;
  for (let j = middle; j > 0 && w > 1e-18; j--) {
    term *= a / y;
    a -= 1;
    below = Math.min(1, below + term);
    above = Math.max(0, above - term);
    w *= j / half;
    lower += w * below;
    upper += w * above;
  }
  weight = lower + upper;
  return [Math.min(1, lower / weight), Math.min(1, upper / weight)];
}

/** nc at which a χ² test with `df` at level `alpha` has the given power. */
export function noncentralityFor(power: number, df: number, alpha: number): number {
  const critical = chi2UpperQuantile(alpha, df);
  return solve((nc) => noncentralChi2(critical, df, nc)[1] - power, df + 10);
}

/** P(K > x) of Kolmogorov's limit distribution (Kolmogorov 1933; Jacobi's theta form for small x). */
export function kolmogorovUpper(x: number): number {
  if (!(x > 0)) return 1;
  if (x < 1) {
    const factor = -(Math.PI ** 2) / (8 * x * x);
    let sum = 0;
    for (let k = 1; k < 40; k += 2) {
      const term = Math.exp(factor * k * k);
      sum += term;
      if (term < 1e-17 * sum) break;
    }
    return Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * sum);
  }
  let sum = 0;
  for (let k = 1; k < 30; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, 2 * sum);
}

/**
 * P(D_n > d) of the one-sample statistic for finite n (Marsaglia, Tsang & Wang 2003, J. Stat. Softw. 8/18; after Durbin
 * 1968), which scipy also takes for two samples with n = the harmonic size. Meant for n·d ≤ 100.
 */
export function kolmogorovFinite(d: number, n: number): number {
  if (!(d > 0)) return 1;
  if (d >= 1) return 0;
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => (i - j + 1 < 0 ? 0 : 1)),
  );
  for (let i = 0; i < size; i++) {
    matrix[i]![0]! -= h ** (i + 1);
    matrix[size - 1]![i]! -= h ** (size - i);
  }
  matrix[size - 1]![0]! += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let g = 1; g <= i - j + 1; g++) matrix[i]![j]! /= g;
    }
  }
  // n ≤ some hundreds: entries of the n-th power stay within the range of doubles.
  let power = matrix.map((_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
  let base = matrix;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(power, base);
    base = product(base, base);
  }
  return Math.max(0, 1 - power[k - 1]![k - 1]! * Math.exp(lnGamma(n + 1) - n * Math.log(n)));
}

function product(a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array<ArrayBuffer>[] {
  return a.map((row) =>
    Float64Array.from(row, (_, j) => row.reduce((sum, value, i) => sum + value * b[i]![j]!, 0)),
  );
}

/** P(X = k) where `drawn` of `total` are drawn, of which `marked` are marked. */
export function hypergeometric(k: number, total: number, marked: number, drawn: number): number {
  if (k < 0 || k > marked || k > drawn || drawn - k > total - marked) return 0;
  return Math.exp(lnChoose(marked, k) + lnChoose(total - marked, drawn - k) - lnChoose(total, drawn));
}

/** Root of a rising function on x > 0, by bracketing and bisection to 1e-13 relative. */
function solve(f: (x: number) => number, start: number): number {
  let low = start;
  let high = start;
  while (f(low) > 0 && low > 1e-300) low /= 2;
  while (f(high) < 0 && high < 1e300) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
