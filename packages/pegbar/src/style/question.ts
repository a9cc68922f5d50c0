/** `GET /api/v1/style`: is the style of a collection still what it was? */
import {
  type Centroid,
  type CentroidDrift,
  centroidDrift,
  centroidFrom,
  discrepancy,
  styleDistance,
  type Vectors,
} from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreError, TimeRange } from '../explore/index.ts';
import { type CentroidDeps, type KeptCentroid, newestCentroid } from './centroids.ts';
import { type Collection, collectionOf } from './collections.ts';
import { chosen, daysOf, distributionsOf, type Measured, rounded } from './days.ts';
import { ofOneLength, type Picture, type Pictures, readPictures } from './pictures.ts';

export interface StyleQuestion extends TimeRange {
  collection: string;
  /** What the window is held against. */
  baseline: TimeRange;
}

/** Pictures shown of a kind. */
const SHOWN = 6;
/** Operations that a test may cost: some hundred milliseconds during which nothing else is answered. */
const OPERATIONS_MOST = 5e7;
const TESTED_MOST = 1_500;
const TESTED_LEAST = 100;

export async function readStyle(
  deps: CentroidDeps & { collections(): Promise<readonly Collection[]> },
  asking: Asking,
  question: StyleQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const declared = await declaredFor(deps, asking, question.collection);
  const collection = declared ?? collectionOf(question.collection, asking.scope.tenant, {});
  const read = (range: TimeRange): Promise<Result<Pictures, ExploreError>> =>
    readPictures(deps, asking, { ...collection, filter: collection.pictures.filter, ...range });
  const [current, before] = await Promise.all([read(question), read(question.baseline)]);
  if (!current.ok) return current;
  if (!before.ok) return before;
  const kept = declared ? await newestCentroid(deps.state, declared) : null;
  const now = ofOneLength(current.value.pictures);
  const then = ofOneLength(before.value.pictures);
  const usable = kept && fits(kept, collection, now) ? kept : null;
  const centroid = usable?.centroid ?? centroidFrom(then.map(({ vector }) => vector));
  return ok({
    collection: question.collection,
    declared: declared !== null,
    ...{ embedder: collection.embedder, embedder_version: collection.embedder_version },
    from: time(question.from_ms),
    to: time(question.to_ms),
    baseline: { from: time(question.baseline.from_ms), to: time(question.baseline.to_ms) },
    sample: {
      now: { rows: now.length, of: current.value.of },
      before: { rows: then.length, of: before.value.of },
    },
    centroid: centroidTold(usable, centroid),
    ...measuredTold(now, then, centroid),
    ...comparisonTold(now, then),
  });
}

const time = (ms: number): string => new Date(ms).toISOString();

/** The caller's own declaration, else that of the installation. */
async function declaredFor(
  deps: { collections(): Promise<readonly Collection[]> },
  { scope }: Asking,
  name: string,
): Promise<Collection | null> {
  const named = (await deps.collections()).filter((one) => one.name === name);
  const own = scope.tenant === null ? named[0] : named.find(({ tenant }) => tenant === scope.tenant);
  return own ?? named.find(({ tenant }) => tenant === null) ?? null;
}

const fits = (kept: KeptCentroid, collection: Collection, [first]: readonly Picture[]): boolean =>
  kept.embedder === collection.embedder &&
  kept.embedder_version === collection.embedder_version &&
  (!first || first.vector.length === kept.centroid.mean.length);

function centroidTold(kept: KeptCentroid | null, centroid: Centroid | null): Record<string, unknown> | null {
  if (!centroid) return null;
  const { n, reach } = centroid;
  return kept
    ? { of: 'references', version: kept.version, made_at: time(kept.made_at), n, reach: rounded(reach) }
    : { of: 'baseline', version: null, made_at: null, n, reach: rounded(reach) };
}

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
  ...{ tenant, image_id, timestamp: time(at_ms), flagged },
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
