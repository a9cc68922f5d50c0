import { incompleteGamma } from './gamma.ts';

/*
 * Rows of one session, tokens of one prompt: observations that come in clusters vary more than as many independent
 * ones. Clusters are dealt into buckets by a hash, and the spread between buckets stands for the spread between
 * clusters (the random groups method: Wolter, Introduction to Variance Estimation, 2007, chapter 2). Memory does not
 * grow with the number of clusters.
 */

/** Sums of one bucket: `n` units, and how often each cell was seen among them. */
export interface Bucket {
  readonly n: number;
  readonly counts: ArrayLike<number>;
}

/** Fewer filled buckets say too little about their spread. */
export const BUCKETS_LEAST = 8;

/**
 * Design effect of the shares of cells: mean over cells of the variance between buckets over the multinomial variance,
 * weighted by (1 − share) as in the first-order correction of Rao & Scott (1984, Ann. Stat. 12:46). At least 1;
 * undefined with too few filled buckets.
 * Where cells are `ordered` the mean rank is looked at as well, and the larger effect taken: what shifts whole clusters
 * shows there first.
 */
export function designEffectOf(buckets: readonly Bucket[], ordered = false): number | undefined {
  const filled = buckets.filter(({ n }) => n > 0);
  if (filled.length < BUCKETS_LEAST) return undefined;
  const cells = filled[0]!.counts.length;
  const n = filled.reduce((sum, bucket) => sum + bucket.n, 0);
  let found = 0;
  let weights = 0;
  for (let cell = 0; cell < cells; cell++) {
    const total = filled.reduce((sum, bucket) => sum + bucket.counts[cell]!, 0);
    const share = total / n;
    if (!(share > 0 && share < 1)) continue;
    // Ratio estimator: Σ (count − share · n)² scaled to the whole, over n · share (1 − share).
    const spread = filled.reduce((sum, bucket) => sum + (bucket.counts[cell]! - share * bucket.n) ** 2, 0);
    found += (spread * filled.length) / (filled.length - 1) / (n * share);
    weights += 1 - share;
  }
  return Math.max(1, weights > 0 ? found / weights : 1, ordered ? rankEffect(filled, n) : 1);
}

/** Design effect of the mean of mid-ranks over ordered cells. */
function rankEffect(buckets: readonly Bucket[], n: number): number {
  const cells = buckets[0]!.counts.length;
  const totals = Float64Array.from({ length: cells }, (_, cell) =>
    buckets.reduce((sum, { counts }) => sum + counts[cell]!, 0),
  );
  let below = 0;
  const scores = totals.map((total) => {
    const score = (below + total / 2) / n - 0.5;
    below += total;
    return score;
  });
  const variance = totals.reduce((sum, total, cell) => sum + (total / n) * scores[cell]! ** 2, 0);
  if (!(variance > 0)) return 1;
  const spread = buckets.reduce((sum, { counts }) => {
    let score = 0;
    for (let cell = 0; cell < cells; cell++) score += counts[cell]! * scores[cell]!;
    return sum + score * score;
  }, 0);
  return (spread * buckets.length) / (buckets.length - 1) / (n * variance);
}

export interface ClusterTest {
  readonly p: number;
  /** Σ (p̂ − q̂)² / pooled share, the distance that is tested. */
  readonly statistic: number;
  /** What it is expected to be without change. */
  readonly expected: number;
}

/**
 * Tests whether the mean vectors of two sets of clusters differ. T = Σ (p̂ − q̂)² / pooled share is under no change a
 * weighted sum of χ²₁ with the eigenvalues of the covariance between buckets; its first two moments, the second with
 * the bias of few buckets taken off (Bai & Saranadasa 1996, Stat. Sinica 6:311), give a scaled χ² (second-order
 * correction of Rao & Scott 1984; Satterthwaite 1946). `undefined` with too few filled buckets.
 */
export function clusterTest(
  reference: readonly Bucket[],
  current: readonly Bucket[],
): ClusterTest | undefined {
  const sides = [reference, current].map((buckets) => buckets.filter(({ n }) => n > 0));
  if (sides.some((side) => side.length < BUCKETS_LEAST)) return undefined;
  const cells = sides[0]![0]!.counts.length;
  const sizes = sides.map((side) => side.reduce((sum, { n }) => sum + n, 0));
  const means = sides.map((side, s) =>
    Float64Array.from(
      { length: cells },
      (_, cell) => side.reduce((sum, { counts }) => sum + counts[cell]!, 0) / sizes[s]!,
    ),
  );
  const norm = Float64Array.from({ length: cells }, (_, cell) => {
    const pooled = (means[0]![cell]! * sizes[0]! + means[1]![cell]! * sizes[1]!) / (sizes[0]! + sizes[1]!);
    return pooled > 0 ? 1 / Math.sqrt(pooled) : 0;
  });
  let statistic = 0;
  for (let cell = 0; cell < cells; cell++)
    statistic += ((means[0]![cell]! - means[1]![cell]!) * norm[cell]!) ** 2;
  let trace = 0;
  let traceSquare = 0;
  const scaled = sides.map((side, s) => deviations(side, means[s]!, norm, sizes[s]!));
  for (const rows of scaled) {
    const { first, second } = traces(rows);
    trace += first;
    traceSquare += second;
  }
  // tr((A + B)²) = tr A² + tr B² + 2 tr AB, the last from the products between sides.
  traceSquare += 2 * crossTrace(scaled[0]!, scaled[1]!);
  if (!(trace > 0) || !(traceSquare > 0)) return { p: 1, statistic, expected: Math.max(0, trace) };
  const scale = traceSquare / trace;
  const df = (trace * trace) / traceSquare;
  return { p: incompleteGamma(df / 2, statistic / scale / 2)[1], statistic, expected: trace };
}

/** Rows whose outer products sum to an unbiased estimate of the covariance of the side's normed mean. */
function deviations(
  side: readonly Bucket[],
  mean: Float64Array,
  norm: Float64Array,
  n: number,
): Float64Array[] {
  const factor = Math.sqrt(side.length / (side.length - 1)) / n;
  return side.map(({ n: units, counts }) =>
    Float64Array.from(mean, (share, cell) => (counts[cell]! - share * units) * norm[cell]! * factor),
  );
}

function traces(rows: readonly Float64Array[]): { first: number; second: number } {
  const v = rows.length - 1;
  let first = 0;
  let raw = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(rows[i]!, rows[j]!);
      if (i === j) first += product;
      raw += (i === j ? 1 : 2) * product * product;
    }
  }
  const second = ((v * v) / ((v + 2) * (v - 1))) * (raw - (first * first) / v);
  return { first, second: Math.max(second, (first * first) / 1e6) };
}

function crossTrace(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let sum = 0;
  for (const x of a) for (const y of b) sum += dot(x, y) ** 2;
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
