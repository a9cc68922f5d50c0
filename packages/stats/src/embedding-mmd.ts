/**
 * Have two sets of vectors different distributions, whatever the difference? Random Fourier features (Rahimi and
 * Recht 2007) turn the maximum mean discrepancy of a Gaussian kernel into a distance of two means, so that the test
 * of centroids serves; and the direction between the means says which vectors are most of what is new or lost.
 */
import { type CentroidDrift, centroidDrift, centroidOf, euclidean, type Vectors } from './embedding.ts';
import { seededRandom } from './random.ts';

/** Features: the error of the kernel is about 1/√features, far below what a few hundred pictures can tell. */
const FEATURES = 128;
/** Vectors that the width of the kernel is taken from. */
const WIDTH_SAMPLE = 200;

export interface Discrepancy extends CentroidDrift {
  /**
   * Witness of each vector of ref and cur: above 0 where current vectors are denser, below where those of the
   * reference are; the larger, the more.
   */
  readonly witness_ref: Float64Array;
  readonly witness_cur: Float64Array;
}

/** The same vectors have the same answer: features are drawn from `seed`. */
export function discrepancy(ref: Vectors, cur: Vectors, seed = 1): Discrepancy {
  const features = featuresOf(ref.vectors, seed);
  const [x, y] = [ref.vectors.map(features), cur.vectors.map(features)];
  const drift = centroidDrift({ ...ref, vectors: x }, { ...cur, vectors: y });
  const [from, to] = [centroidOf(x), centroidOf(y)];
  const along = (vector: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < vector.length; i += 1) sum += vector[i]! * ((to[i] ?? 0) - (from[i] ?? 0));
    return sum;
  };
  return { ...drift, witness_ref: Float64Array.from(x, along), witness_cur: Float64Array.from(y, along) };
}

/** Of the reference's kernel, its width the median distance of its vectors (Gretton 2012, §8). */
function featuresOf(
  vectors: readonly ArrayLike<number>[],
  seed: number,
): (vector: ArrayLike<number>) => Float64Array {
  const random = seededRandom(seed);
  const d = vectors[0]?.length ?? 0;
  const width = medianDistance(vectors) || 1;
  const weights = Float64Array.from({ length: FEATURES * d }, () => normal(random) / width);
  const phases = Float64Array.from({ length: FEATURES }, () => random() * 2 * Math.PI);
  const scale = Math.sqrt(2 / FEATURES);
  return (vector) => {
    const out = new Float64Array(FEATURES);
    for (let f = 0; f < FEATURES; f += 1) {
      let sum = phases[f]!;
      for (let i = 0; i < d; i += 1) sum += weights[f * d + i]! * vector[i]!;
      out[f] = scale * Math.cos(sum);
    }
    return out;
  };
}

function medianDistance(vectors: readonly ArrayLike<number>[]): number {
  const step = Math.max(1, Math.floor(vectors.length / WIDTH_SAMPLE));
  const some = vectors.filter((_, at) => at % step === 0).slice(0, WIDTH_SAMPLE);
  const distances: number[] = [];
  for (let i = 0; i < some.length; i += 1)
    for (let j = 0; j < i; j += 1) distances.push(euclidean(some[i]!, some[j]!));
  distances.sort((x, y) => x - y);
  return distances[distances.length >> 1] ?? 0;
}

/** Box and Muller 1958. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
