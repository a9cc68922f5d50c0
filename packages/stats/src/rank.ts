import { hypergeometric, kolmogorovUpper, normalUpper, normalUpperQuantile } from './distributions.ts';
import type { Paired } from './histogram.ts';

/** Sizes with which a test counts: the numbers of observations, or fewer where these are weighted or clustered. */
export interface Sizes {
  readonly nReference: number;
  readonly nCurrent: number;
}

export interface RankTest {
  /** P(current > reference) + ½ P(equal), 0 to 1: the common-language effect size. */
  readonly superiority: number;
  /** Standard normal under no change; positive where the current side is larger. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
  /** Standard deviation of `superiority` under no change. */
  readonly deviation: number;
}

/** Small samples without ties get the exact distribution up to here. */
const EXACT_PAIRS_MOST = 2_500;

/**
 * Mann–Whitney test with mid-ranks and the tie-corrected variance, without continuity correction (Mann & Whitney
 * 1947, Ann. Math. Stat. 18:50; Lehmann, Nonparametrics, 1975, 1.4). Counts may be weights; `sizes` then says how
 * many observations they are worth. Small samples without ties get the exact distribution.
 */
export function mannWhitney(paired: Paired, sizes: Sizes = paired): RankTest {
  const { reference, current } = paired;
  const { nReference: n, nCurrent: m } = sizes;
  if (!(paired.nReference > 0 && paired.nCurrent > 0 && n > 0 && m > 0)) {
    return { superiority: 0.5, z: 0, p: 1, deviation: 0 };
  }
  const total = n + m;
  const scaleR = n / paired.nReference;
  const scaleC = m / paired.nCurrent;
  let below = 0;
  let wins = 0;
  let ties = 0;
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i]! * scaleR;
    const c = current[i]! * scaleC;
    wins += c * (below + r / 2);
    below += r;
    largest = Math.max(largest, r + c);
    const share = (r + c) / total;
    ties += share * share * share;
  }
  const superiority = wins / (n * m);
  // nm/12 (N + 1 − Σ(t³ − t)/(N(N − 1))), divided by (nm)².
  const spread = total + 1 - (ties * total ** 3 - total) / (total * Math.max(1, total - 1));
  const deviation = Math.sqrt(Math.max(0, spread) / (12 * n * m));
  if (!(deviation > 1e-9)) return { superiority, z: 0, p: 1, deviation: 0 };
  const z = (superiority - 0.5) / deviation;
  const isExact = largest === 1 && n * m <= EXACT_PAIRS_MOST && sizes.nReference === paired.nReference;
  const p = isExact ? mannWhitneyExact(Math.round(wins), n, m) : Math.min(1, 2 * normalUpper(Math.abs(z)));
  return { superiority, z, p, deviation };
}

/**
 * Exact two-sided p of Mann–Whitney's U for samples without ties: the number of rankings by the recursion of Mann &
 * Whitney 1947. Cost n·m·n·m; meant for n·m ≤ 2,500. `u` counts pairs in which the current value is the larger.
 */
function mannWhitneyExact(u: number, n: number, m: number): number {
  const most = n * m;
  // Generating function Π (1 − x^(n+j)) / (1 − x^j) over j = 1 … m.
  let ways = new Float64Array(most + 1);
  ways[0] = 1;
  for (let j = 1; j <= m; j++) {
    const next = Float64Array.from(ways);
    for (let k = most; k >= n + j; k--) next[k]! -= next[k - n - j]!;
    for (let k = j; k <= most; k++) next[k]! += next[k - j]!;
    ways = next;
  }
  const extreme = Math.max(u, most - u);
  let total = 0;
  let tail = 0;
  for (let k = 0; k <= most; k++) {
    total += ways[k]!;
    if (k >= extreme) tail += ways[k]!;
  }
  return Math.min(1, (2 * tail) / total);
}

export interface Shift {
  /** Median of all differences current − reference, in the values' unit. */
  readonly shift: number;
  readonly interval: readonly [number, number];
}

/**
 * Hodges–Lehmann estimate of the shift, and the interval that inverts the Mann–Whitney test (Hodges & Lehmann 1963,
 * Ann. Math. Stat. 34:598; Lehmann 1975, 2.6), from binned counts with ties: quantiles of all weighted differences.
 * `undefined` where a side is empty, or where so much is infinite that the median of all differences is; an end of the
 * interval may be infinite. `confidence` 0 to 1.
 */
export function hodgesLehmann(paired: Paired, confidence: number, sizes: Sizes = paired): Shift | undefined {
  if (!(paired.nReference > 0 && paired.nCurrent > 0)) return undefined;
  const half = normalUpperQuantile((1 - confidence) / 2) * mannWhitney(paired, sizes).deviation;
  const shift = differenceQuantile(paired, 0.5);
  if (!Number.isFinite(shift)) return undefined;
  return {
    shift,
    interval: [
      differenceQuantile(paired, Math.max(0, 0.5 - half)),
      differenceQuantile(paired, Math.min(1, 0.5 + half)),
    ],
  };
}

/** Bisection ends at this share of the range; finer than any bin. */
const BISECTIONS = 60;

/** The `q` quantile of all differences current − reference, finite part; by bisection, two pointers per step. */
function differenceQuantile(paired: Paired, q: number): number {
  const { values } = paired;
  let first = 0;
  let last = values.length - 1;
  while (first < last && !Number.isFinite(values[first]!)) first++;
  while (last > first && !Number.isFinite(values[last]!)) last--;
  const range = values[last]! - values[first]!;
  const pairs = paired.nReference * paired.nCurrent;
  // Differences with what is infinite lie beyond all others.
  if (first > 0 || last < values.length - 1) {
    const beyond = Number.isFinite(range) && range > 0 ? 2 * range : 1;
    if (pairsAtMost(paired, -beyond) >= q * pairs) return Number.NEGATIVE_INFINITY;
    if (pairsAtMost(paired, beyond) < q * pairs) return Number.POSITIVE_INFINITY;
  }
  if (!(range > 0) || !Number.isFinite(range)) return 0;
  let low = -range;
  let high = range;
  if (pairsAtMost(paired, low) >= q * pairs) return low;
  for (let i = 0; i < BISECTIONS && high - low > 1e-12 * range; i++) {
    const middle = (low + high) / 2;
    if (pairsAtMost(paired, middle) >= q * pairs - 1e-9 * pairs) high = middle;
    else low = middle;
  }
  // The answer is a difference of two values; the bisection has come within rounding of it.
  return snapped(high, range);
}

function snapped(value: number, range: number): number {
  const digits = 10 ** Math.max(-300, Math.floor(Math.log10(range)) - 10);
  const rounded = Math.round(value / digits) * digits;
  return Math.abs(rounded) < digits ? 0 : Number(rounded.toPrecision(12));
}

/** Weight of the pairs whose difference current − reference is at most `d`. */
function pairsAtMost({ values, reference, current }: Paired, d: number): number {
  let sum = 0;
  let above = 0;
  let j = values.length - 1;
  // Descending current values: all references at or above value − d.
  for (let i = values.length - 1; i >= 0; i--) {
    if (!(current[i]! > 0)) continue;
    const least = values[i]! - d;
    while (j >= 0 && values[j]! >= least) above += reference[j--]!;
    sum += current[i]! * above;
  }
  return sum;
}

export interface KolmogorovSmirnov {
  /** Largest distance of the two distribution functions, 0 to 1. */
  readonly distance: number;
  /** Where it is reached. */
  readonly at: number;
  readonly p: number;
}

/**
 * Two-sample Kolmogorov–Smirnov test (Smirnov 1939), p by the limit distribution with Stephens' correction for small
 * samples (1970, JRSS B 32:115). With ties or bins it errs to the safe side.
 */
export function kolmogorovSmirnov(paired: Paired, sizes: Sizes = paired): KolmogorovSmirnov {
  const { values, reference, current, nReference, nCurrent } = paired;
  if (!(nReference > 0 && nCurrent > 0)) return { distance: 0, at: Number.NaN, p: 1 };
  let f = 0;
  let g = 0;
  let distance = 0;
  let at = values[0]!;
  for (let i = 0; i < values.length; i++) {
    f += reference[i]!;
    g += current[i]!;
    const here = Math.abs(f / nReference - g / nCurrent);
    if (here > distance) {
      distance = here;
      at = values[i]!;
    }
  }
  const root = Math.sqrt((sizes.nReference * sizes.nCurrent) / (sizes.nReference + sizes.nCurrent));
  return { distance, at, p: kolmogorovUpper((root + 0.12 + 0.11 / root) * distance) };
}

/**
 * Exact p of the two-sample distance without ties: lattice paths that stay within the bound (Hodges 1958, Ark. Mat.
 * 3:469). Cost n·m; meant for n·m ≤ 4e6.
 */
export function kolmogorovSmirnovExact(distance: number, n: number, m: number): number {
  const bound = distance - 1e-9;
  // Column by column: share of the paths to (i, j) that never reached the bound.
  const inside = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i / n - j / m) >= bound) inside[j] = 0;
      else if (i === 0 && j === 0) inside[j] = 1;
      else {
        // Of all paths to (i, j), i/(i + j) come from (i − 1, j): shares stay near 1 and never overflow.
        const fromLeft = i > 0 ? inside[j]! * (i / (i + j)) : 0;
        const fromBelow = j > 0 ? inside[j - 1]! * (j / (i + j)) : 0;
        inside[j] = fromLeft + fromBelow;
      }
    }
  }
  return Math.max(0, Math.min(1, 1 - inside[m]!));
}

/** Wasserstein-1 distance ∫ |F − G|, in the values' unit (Vallender 1974); infinite where the ends differ. */
export function wasserstein({ values, reference, current, nReference, nCurrent }: Paired): number {
  if (!(nReference > 0 && nCurrent > 0)) return 0;
  let gap = 0;
  let sum = 0;
  for (let i = 0; i + 1 < values.length; i++) {
    gap += reference[i]! / nReference - current[i]! / nCurrent;
    if (Math.abs(gap) > 1e-15) sum += Math.abs(gap) * (values[i + 1]! - values[i]!);
  }
  return sum;
}

/**
 * p of a change in either tail: how many of the `k` most extreme observations of both sides are of the current one,
 * hypergeometric and two-sided by doubling (Rosenbaum 1954; a median test moved into the tail).
 */
export function tailTest(paired: Paired, share: number, sizes: Sizes = paired): number {
  const scaleR = sizes.nReference / (paired.nReference || 1);
  const scaleC = sizes.nCurrent / (paired.nCurrent || 1);
  const total = sizes.nReference + sizes.nCurrent;
  const least = share * total;
  let p = 1;
  for (const direction of [1, -1] as const) {
    let r = 0;
    let c = 0;
    for (let i = 0; i < paired.values.length && r + c < least; i++) {
      const at = direction === 1 ? paired.values.length - 1 - i : i;
      r += paired.reference[at]! * scaleR;
      c += paired.current[at]! * scaleC;
    }
    // An atom that holds much more than the tail is not a tail.
    if (r + c > 3 * least + 5 || r + c < 5) continue;
    p = Math.min(
      p,
      hypergeometricTwoSided(Math.round(c), Math.round(total), Math.round(r + c), Math.round(sizes.nCurrent)),
    );
  }
  return Math.min(1, 2 * p);
}

/** Two-sided hypergeometric p by doubling the smaller tail, with mid-p (Lancaster 1961). */
export function hypergeometricTwoSided(k: number, total: number, marked: number, drawn: number): number {
  const mean = (marked * drawn) / total;
  const variance = (mean * (1 - drawn / total) * (total - marked)) / Math.max(1, total - 1);
  if (!(variance > 0)) return 1;
  // Far from small counts the normal distribution says the same at no cost.
  if (variance > 400) return 2 * normalUpper(Math.abs(k - mean) / Math.sqrt(variance));
  const up = k >= mean;
  let term = hypergeometric(k, total, marked, drawn);
  let tail = term / 2;
  for (let j = k; term > 1e-18 * tail && term > 0; ) {
    term *= up
      ? ((marked - j) * (drawn - j)) / ((j + 1) * (total - marked - drawn + j + 1))
      : (j * (total - marked - drawn + j)) / ((marked - j + 1) * (drawn - j + 1));
    j += up ? 1 : -1;
    tail += term;
  }
  return Math.min(1, 2 * tail);
}
