/** How far a picture is from its style: the distance to a centroid, on a scale that means something. */
import { centroidOf, euclidean } from './embedding.ts';

export interface Centroid {
  readonly mean: readonly number[];
  /** References that it is the mean of. */
  readonly n: number;
  /** Within it lie 95 % of the references, each held against the mean of the others. */
  readonly reach: number;
}

/** With fewer references the 95th percentile is the largest of a handful. */
export const REFERENCES_LEAST = 8;
const WITHIN = 0.95;

/** Null with fewer references than `REFERENCES_LEAST`, or where all are alike and nothing can be scaled. */
export function centroidFrom(vectors: readonly ArrayLike<number>[]): Centroid | null {
  const n = vectors.length;
  if (n < REFERENCES_LEAST) return null;
  const mean = centroidOf(vectors);
  // The mean of the others lies n/(n−1) as far: a reference must not make its own distance small.
  const distances = vectors.map((vector) => (euclidean(vector, mean) * n) / (n - 1)).sort((x, y) => x - y);
  const reach = distances[Math.min(n - 1, Math.ceil(WITHIN * n) - 1)]!;
  return reach > 0 ? { mean: [...mean], n, reach } : null;
}

/**
 * Style distance, 0 to 1: d / (d + reach), d the Euclidean distance to the centroid. 0 is the centroid itself; 0.5 is
 * as far as the farthest twentieth of the references; 0.67 twice as far, 0.75 three times.
 */
export function styleDistance(vector: ArrayLike<number>, { mean, reach }: Centroid): number {
  const distance = euclidean(vector, mean);
  return distance / (distance + reach);
}
