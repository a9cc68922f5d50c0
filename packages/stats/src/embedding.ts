/**
 * Have the vectors of two sets of pictures moved apart? The distance of two centroids is never zero: of n pictures
 * each it is about √(2·trΣ/n) where nothing changed, so a fixed threshold means nothing and the distance is held
 * against its own null. Pictures of one session look alike, so sessions, not pictures, are what is independent.
 */
import { incompleteGamma } from './gamma.ts';

export interface Vectors {
  readonly vectors: readonly ArrayLike<number>[];
  /** What is independent of the others: a session, say; each vector its own where not said. */
  readonly clusters?: readonly string[];
}

export interface CentroidDrift {
  readonly n_ref: number;
  readonly n_cur: number;
  /** Clusters, or vectors where none were said. */
  readonly units_ref: number;
  readonly units_cur: number;
  /** Euclidean distance of the centroids. */
  readonly distance: number;
  /** What it would be, in the root of the mean square, had nothing changed. */
  readonly expected: number;
  /** Chance of a distance as large had nothing changed; null where it cannot be told. */
  readonly p: number | null;
}

/** Below it the spread of a side is not known well enough to judge by. */
export const UNITS_LEAST = 8;

/** Mean of vectors of one length; empty of none. */
export function centroidOf(vectors: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < mean.length; i += 1) mean[i]! += vector[i]!;
  for (let i = 0; i < mean.length; i += 1) mean[i]! /= vectors.length;
  return mean;
}

export function euclidean(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += (x[i]! - y[i]!) ** 2;
  return Math.sqrt(sum);
}

/**
 * ‖x̄ − ȳ‖² has the mean trA and the variance 2·trA², A the covariance of x̄ − ȳ, and is close to a gamma variable of
 * those two moments (Satterthwaite 1946; Box 1954 for quadratic forms). A is estimated from sums per cluster (Liang
 * and Zeger 1986) with G/(G−1). O(n·d + G·d²).
 */
export function centroidDrift(ref: Vectors, cur: Vectors): CentroidDrift {
  const [x, y] = [centroidOf(ref.vectors), centroidOf(cur.vectors)];
  const sums = [clusterSums(ref, x), clusterSums(cur, y)];
  const told = {
    n_ref: ref.vectors.length,
    n_cur: cur.vectors.length,
    units_ref: sums[0]!.length,
    units_cur: sums[1]!.length,
  };
  if (told.n_ref === 0 || told.n_cur === 0 || x.length !== y.length)
    return { ...told, distance: 0, expected: 0, p: null };
  const distance = euclidean(x, y);
  const covariance = new Float64Array(x.length * x.length);
  addCovariance(covariance, sums[0]!, told.n_ref);
  addCovariance(covariance, sums[1]!, told.n_cur);
  let trace = 0;
  for (let i = 0; i < x.length; i += 1) trace += covariance[i * x.length + i]!;
  const square = covariance.reduce((sum, one) => sum + one * one, 0);
  const expected = Math.sqrt(trace);
  if (told.units_ref < UNITS_LEAST || told.units_cur < UNITS_LEAST)
    return { ...told, distance, expected, p: null };
  if (!(square > 0)) return { ...told, distance, expected, p: distance > 0 ? 0 : 1 };
  const [, upper] = incompleteGamma(trace ** 2 / (2 * square), (distance ** 2 * trace) / (2 * square));
  return { ...told, distance, expected, p: upper };
}

/** Sums of what vectors are off their mean, per cluster. */
function clusterSums({ vectors, clusters }: Vectors, mean: Float64Array): Float64Array[] {
  const sums = new Map<string | number, Float64Array>();
  vectors.forEach((vector, at) => {
    const key = clusters?.[at] ?? at;
    let sum = sums.get(key);
    if (!sum) {
      sum = new Float64Array(mean.length);
      sums.set(key, sum);
    }
    for (let i = 0; i < mean.length; i += 1) sum[i]! += vector[i]! - mean[i]!;
  });
  return [...sums.values()];
}

function addCovariance(into: Float64Array, sums: readonly Float64Array[], n: number): void {
  const units = sums.length;
  if (units < 2) return;
  const factor = units / (units - 1) / n ** 2;
  const d = sums[0]!.length;
  for (const sum of sums)
    for (let i = 0; i < d; i += 1) {
      const scaled = sum[i]! * factor;
      if (scaled === 0) continue;
      for (let j = 0; j < d; j += 1) into[i * d + j]! += scaled * sum[j]!;
    }
}
