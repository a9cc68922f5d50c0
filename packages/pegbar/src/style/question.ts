/** `GET /api/v1/style`: is the style of a collection still what it was? */
import { type Centroid, centroidFrom } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import type { Asking, ExploreError, TimeRange } from '../explore/index.ts';
import { type CentroidDeps, type KeptCentroid, newestCentroid } from './centroids.ts';
import { type Collection, collectionOf } from './collections.ts';
import { rounded } from './days.ts';
import { ofOneLength, type Picture, type Pictures, readPictures } from './pictures.ts';
import type { StyleThread } from './thread.ts';

export interface StyleQuestion extends TimeRange {
  collection: string;
  /** What the window is held against. */
  baseline: TimeRange;
}

export async function readStyle(
  deps: CentroidDeps & {
    collections(): Promise<readonly Collection[]>;
    thread: Pick<StyleThread, 'compare'>;
  },
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
    embedder: collection.embedder,
    embedder_version: collection.embedder_version,
    from: time(question.from_ms),
    to: time(question.to_ms),
    baseline: { from: time(question.baseline.from_ms), to: time(question.baseline.to_ms) },
    sample: {
      now: { rows: now.length, of: current.value.of },
      before: { rows: then.length, of: before.value.of },
    },
    centroid: centroidTold(usable, centroid),
    ...(await deps.thread.compare(now, then, centroid)),
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
