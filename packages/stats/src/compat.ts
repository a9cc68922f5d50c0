import { align } from './compare-categories.ts';
import { chi2Upper, kolmogorovUpper } from './distributions.ts';
import { chiSquare, hellinger, jensenShannon, lInfinity, totalVariation } from './divergence.ts';
import { type Histogram, pair, sizeOf } from './histogram.ts';
import { kolmogorovSmirnov, kolmogorovSmirnovExact, wasserstein } from './rank.ts';

/*
 * The figures of other tools, bug for bug, so that ours can be checked against theirs (`npm run parity` runs the real
 * packages). Never used for a verdict: why not is in docs/drift.md.
 */

export type Compat = 'evidently' | 'nannyml';

/** Figures by the names that the tool has for them. */
export type CompatFigures = Readonly<Record<string, number>>;

/** Figures of a tool for a number. */
export function compatNumbers(compat: Compat, reference: Histogram, current: Histogram): CompatFigures {
  return compat === 'evidently' ? evidentlyNumbers(reference, current) : nannymlNumbers(reference, current);
}

/** Figures of a tool for categories. */
export function compatCategories(
  compat: Compat,
  reference: ReadonlyMap<string, number>,
  current: ReadonlyMap<string, number>,
): CompatFigures {
  const aligned = align(reference, current);
  const [was, is] = [Float64Array.from(aligned.reference), Float64Array.from(aligned.current)];
  return compat === 'evidently' ? evidentlyCategories(was, is) : nannymlCategories(was, is);
}

/** Above so many distinct values of the reference Evidently makes bins. */
const EVIDENTLY_UNIQUE = 20;

/** Evidently 0.7.23, legacy/calculations/stattests: pooled Sturges bins, zeros filled and not renormed. */
function evidentlyNumbers(reference: Histogram, current: Histogram): CompatFigures {
  const paired = pair(reference, current);
  const isBinned = seen(reference) > EVIDENTLY_UNIQUE;
  const edges = isBinned ? sturgesEdges(paired.values, paired.nReference + paired.nCurrent) : [];
  const r = isBinned ? histogramIn(reference, edges) : paired.reference;
  const c = isBinned ? histogramIn(current, edges) : paired.current;
  // Hellinger bins the distinct values of both sides, however few.
  const wide = sturgesEdges(paired.values, paired.values.length);
  return {
    ...evidentlyShared(shares(r, paired.nReference), shares(c, paired.nCurrent)),
    hellinger: affinityDistance(
      shares(histogramIn(reference, wide), paired.nReference),
      shares(histogramIn(current, wide), paired.nCurrent),
    ),
    wasserstein: wasserstein(paired) / Math.max(momentsOf(reference).deviation, 0.001),
    ks: ksP(kolmogorovSmirnov(paired).distance, paired.nReference, paired.nCurrent),
  };
}

function evidentlyCategories(reference: Float64Array, current: Float64Array): CompatFigures {
  const n = total(reference);
  const m = total(current);
  const p = shares(reference, n);
  const q = shares(current, m);
  let statistic = 0;
  for (let i = 0; i < p.length; i++) {
    const expected = p[i]! * m;
    statistic += expected > 0 ? (current[i]! - expected) ** 2 / expected : Number.POSITIVE_INFINITY;
  }
  return {
    ...evidentlyShared(p, q),
    hellinger: affinityDistance(p, q),
    // Goodness of fit: the reference is taken for the truth, and a new category for the impossible.
    chisquare: chi2Upper(statistic, p.length - 1),
    tvd: totalVariation(reference, current),
  };
}

function evidentlyShared(
  p: Float64Array,
  q: Float64Array,
): { psi: number; kl_div: number; jensenshannon: number } {
  const filledP = filled(p);
  const filledQ = filled(q);
  let psi = 0;
  for (let i = 0; i < p.length; i++) psi += (filledP[i]! - filledQ[i]!) * Math.log(filledP[i]! / filledQ[i]!);
  const sumP = total(filledP);
  const sumQ = total(filledQ);
  let kl = 0;
  for (let i = 0; i < p.length; i++) {
    kl += (filledP[i]! / sumP) * Math.log(filledP[i]! / sumP / (filledQ[i]! / sumQ));
  }
  return { psi, kl_div: kl, jensenshannon: Math.sqrt(jensenShannon(p, q)) };
}

/** Zero shares become 1e-4, or a millionth of the smallest other share where that is no larger than 1e-4. */
function filled(p: Float64Array): Float64Array {
  const least = p.reduce((low, share) => (share > 0 ? Math.min(low, share) : low), Number.POSITIVE_INFINITY);
  const fill = least <= 1e-4 ? least / 1e6 : 1e-4;
  return p.map((share) => (share === 0 ? fill : share));
}

const affinityDistance = (p: Float64Array, q: Float64Array): number =>
  Math.sqrt(
    1 -
      Math.min(
        1,
        p.reduce((sum, share, i) => sum + Math.sqrt(share * q[i]!), 0),
      ),
  );

/**
 * NannyML 0.13.1, drift/univariate/methods.py: Doane bins of the reference, what falls outside in one more bin. From
 * 10,000 rows on it estimates KS and Wasserstein on 10,000 equal bins; these two stay exact here.
 */
function nannymlNumbers(reference: Histogram, current: Histogram): CompatFigures {
  const paired = pair(reference, current);
  const edges = doaneEdges(reference);
  const r = [...histogramIn(reference, edges)];
  const c = [...histogramIn(current, edges)];
  const outside = paired.nCurrent - total(Float64Array.from(c));
  if (outside > 0) {
    r.push(0);
    c.push(outside);
  }
  return {
    jensen_shannon: Math.sqrt(jensenShannon(r, c) / Math.LN2),
    hellinger: hellinger(r, c),
    kolmogorov_smirnov: kolmogorovSmirnov(paired).distance,
    wasserstein: wasserstein(paired),
  };
}

function nannymlCategories(reference: Float64Array, current: Float64Array): CompatFigures {
  const r: number[] = [];
  const c: number[] = [];
  let outside = 0;
  for (let i = 0; i < reference.length; i++) {
    if (reference[i]! > 0) {
      r.push(reference[i]!);
      c.push(current[i]!);
    } else outside += current[i]!;
  }
  if (outside > 0) {
    r.push(0);
    c.push(outside);
  }
  const table = chiSquare(reference, current);
  const contingency = table.df === 1 ? yates(reference, current) : table.statistic;
  return {
    jensen_shannon: Math.sqrt(jensenShannon(r, c) / Math.LN2),
    hellinger: hellinger(r, c),
    l_infinity: lInfinity(reference, current),
    chi2: contingency,
    chi2_p: table.df > 0 ? chi2Upper(contingency, table.df) : 1,
  };
}

/** scipy.stats.chi2_contingency corrects 2 × 2 tables for continuity (Yates 1934), by at most the difference. */
function yates(reference: Float64Array, current: Float64Array): number {
  const n = total(reference);
  const m = total(current);
  let statistic = 0;
  for (let i = 0; i < reference.length; i++) {
    const t = reference[i]! + current[i]!;
    for (const [count, side] of [
      [reference[i]!, n],
      [current[i]!, m],
    ] as const) {
      const expected = (t * side) / (n + m);
      const difference = Math.abs(count - expected);
      if (expected > 0) statistic += (difference - Math.min(0.5, difference)) ** 2 / expected;
    }
  }
  return statistic;
}

/** numpy.histogram_bin_edges, bins='sturges': `n` observations over the range of `values` (ascending). */
function sturgesEdges(values: ArrayLike<number>, n: number): number[] {
  const range = values[values.length - 1]! - values[0]!;
  return equalEdges(values, range / (Math.log2(n) + 1));
}

/** numpy.histogram_bin_edges, bins='doane' (Doane 1976): Sturges and a term for the skew. */
function doaneEdges(histogram: Histogram): number[] {
  const n = sizeOf(histogram);
  const { values } = histogram;
  const { deviation, skew } = momentsOf(histogram);
  if (!(n > 2 && deviation > 0)) return equalEdges(values, 0);
  const scale = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
  const range = values[values.length - 1]! - values[0]!;
  return equalEdges(values, range / (1 + Math.log2(n) + Math.log2(1 + Math.abs(skew) / scale)), false);
}

function equalEdges(values: ArrayLike<number>, width: number, mayBeWhole = true): number[] {
  let from = values[0]!;
  let to = values[values.length - 1]!;
  // numpy ≥ 2 makes bins of whole numbers at least 1 wide.
  const isWhole = mayBeWhole && Array.from(values).every(Number.isInteger);
  const wide = isWhole && width < 1 && width > 0 ? 1 : width;
  const count = wide > 0 ? Math.ceil((to - from) / wide) : 1;
  if (from === to) {
    from -= 0.5;
    to += 0.5;
  }
  const step = (to - from) / count;
  return Array.from({ length: count + 1 }, (_, i) => (i === count ? to : from + i * step));
}

/** numpy.histogram: bins closed below, the last on both sides; what lies outside is not counted. */
function histogramIn({ values, counts }: Histogram, edges: readonly number[]): Float64Array {
  const bins = new Float64Array(edges.length - 1);
  for (let i = 0, bin = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < edges[0]! || value > edges.at(-1)!) continue;
    while (bin < bins.length - 1 && value >= edges[bin + 1]!) bin++;
    bins[bin]! += counts[i]!;
  }
  return bins;
}

function momentsOf(histogram: Histogram): { deviation: number; skew: number } {
  const n = sizeOf(histogram);
  let mean = 0;
  for (let i = 0; i < histogram.values.length; i++) mean += (histogram.values[i]! * histogram.counts[i]!) / n;
  let second = 0;
  let third = 0;
  for (let i = 0; i < histogram.values.length; i++) {
    const d = histogram.values[i]! - mean;
    second += (d * d * histogram.counts[i]!) / n;
    third += (d * d * d * histogram.counts[i]!) / n;
  }
  const deviation = Math.sqrt(second);
  return { deviation, skew: deviation > 0 ? third / deviation ** 3 : 0 };
}

/** Beyond this many cells of the lattice the limit distribution is as good. */
const EXACT_MOST = 1e8;

const ksP = (distance: number, n: number, m: number): number =>
  n * m <= EXACT_MOST
    ? kolmogorovSmirnovExact(distance, n, m)
    : kolmogorovUpper(Math.sqrt((n * m) / (n + m)) * distance);

function seen({ counts }: Histogram): number {
  let cells = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) cells++;
  return cells;
}

const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
const shares = (counts: Float64Array, n: number): Float64Array => counts.map((count) => count / n);
