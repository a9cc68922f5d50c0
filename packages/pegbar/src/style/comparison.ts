/** Pictures of two windows against a centroid and against each other. Pure: it runs in a thread of its own. */
import {
  type Centroid,
  type CentroidDrift,
  centroidDrift,
  discrepancy,
  styleDistance,
  type Vectors,
} from '@pegbar/stats';
import { chosen, daysOf, distributionsOf, type Measured, rounded } from './days.ts';
import type { Picture } from './pictures.ts';

/** Pictures shown of a kind. */
const SHOWN = 6;
/** Operations that a test may cost: some hundred milliseconds, during which the thread looks at no picture. */
const OPERATIONS_MOST = 5e7;
const TESTED_MOST = 1_500;
const TESTED_LEAST = 100;

/** Members of the answer. */
export type StyleTold = Record<string, unknown>;

export const compareStyle = (
  now: readonly Picture[],
  before: readonly Picture[],
  centroid: Centroid | null,
): StyleTold => ({ ...measuredTold(now, before, centroid), ...comparisonTold(now, before) });

const time = (ms: number): string => new Date(ms).toISOString();

function measuredTold(
  now: readonly Picture[],
  then: readonly Picture[],
  centroid: Centroid | null,
): Record<string, unknown> {
  const measure = (pictures: readonly Picture[]): Measured[] =>
    centroid
      ? pictures
          .filter(({ vector }) => vector.length === centroid.mean.length)
          .map((picture) => ({ picture, distance: styleDistance(picture.vector, centroid) }))
      : [];
  const [ours, theirs] = [measure(now), measure(then)];
  const told = ({ picture, distance }: Measured) => ({
    ...pictureTold(picture),
    distance: rounded(distance),
  });
  return {
    days: daysOf(ours),
    distances: distributionsOf(ours, theirs),
    outliers: chosen(ours, ({ distance }) => distance, SHOWN).map(told),
    nearest: chosen(ours, ({ distance }) => -distance, SHOWN).map(told),
  };
}

const pictureTold = ({ tenant, image_id, at_ms, flagged }: Picture) => ({
  tenant,
  image_id,
  timestamp: time(at_ms),
  flagged,
});

/** The two windows against each other, whatever the centroid. */
function comparisonTold(now: readonly Picture[], then: readonly Picture[]): Record<string, unknown> {
  const length = now[0]?.vector.length ?? 0;
  if (length === 0 || length !== then[0]?.vector.length) return { drift: null, most_new: [], most_lost: [] };
  const most = Math.max(TESTED_LEAST, Math.min(TESTED_MOST, Math.floor(OPERATIONS_MOST / length ** 2)));
  const [ours, theirs] = [now.slice(0, most), then.slice(0, most)];
  const moved = centroidDrift(vectorsOf(theirs), vectorsOf(ours));
  const changed = discrepancy(vectorsOf(theirs), vectorsOf(ours));
  const witnessed = (pictures: readonly Picture[], witness: Float64Array) =>
    pictures.map((picture, at) => ({ picture, witness: witness[at]! }));
  const told = ({ picture, witness }: { picture: Picture; witness: number }) => ({
    ...pictureTold(picture),
    witness: rounded(witness),
  });
  return {
    drift: { centroid: driftTold(moved), mmd: driftTold(changed) },
    most_new: chosen(witnessed(ours, changed.witness_cur), ({ witness }) => witness, SHOWN).map(told),
    most_lost: chosen(witnessed(theirs, changed.witness_ref), ({ witness }) => -witness, SHOWN).map(told),
  };
}

const vectorsOf = (pictures: readonly Picture[]): Vectors => ({
  vectors: pictures.map(({ vector }) => vector),
  clusters: pictures.map(({ unit }) => unit),
});

const driftTold = (drift: CentroidDrift): Record<string, unknown> => ({
  distance: rounded(drift.distance),
  expected: rounded(drift.expected),
  ratio: drift.expected > 0 ? rounded(drift.distance / drift.expected) : null,
  p: drift.p,
  n_now: drift.n_cur,
  n_before: drift.n_ref,
  units_now: drift.units_cur,
  units_before: drift.units_ref,
});
