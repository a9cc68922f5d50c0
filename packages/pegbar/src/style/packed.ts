/** Pictures as a few lists: copied between threads in a millisecond, where objects of arrays would take dozens. */
import type { Picture } from './pictures.ts';

export interface PackedPictures {
  /** Everything but the vectors, as JSON. */
  readonly rest: string;
  /** One vector after the other. */
  readonly vectors: Float64Array;
  readonly length: number;
}

/** Vectors are of one length. */
export function packPictures(pictures: readonly Picture[]): PackedPictures {
  const length = pictures[0]?.vector.length ?? 0;
  const vectors = new Float64Array(pictures.length * length);
  pictures.forEach(({ vector }, at) => {
    vectors.set(vector, at * length);
  });
  return { rest: JSON.stringify(pictures.map((one) => ({ ...one, vector: [] }))), vectors, length };
}

export function unpackPictures({ rest, vectors, length }: PackedPictures): Picture[] {
  return (JSON.parse(rest) as Picture[]).map((one, at) => ({
    ...one,
    vector: Array.from(vectors.subarray(at * length, (at + 1) * length)),
  }));
}
