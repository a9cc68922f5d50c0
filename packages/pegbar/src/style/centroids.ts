/** Centroids of collections: worked out from references, kept by version, worked out again when somebody asks. */
import { type Centroid, centroidFrom, REFERENCES_LEAST } from '@pegbar/stats';
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { type Asking, type ExploreError, refused } from '../explore/index.ts';
import type { State } from '../state/index.ts';
import type { Collection } from './collections.ts';
import { ofOneLength, type Pictures, readPictures, type StyleDeps } from './pictures.ts';
import * as SQL from './queries.ts';

export interface CentroidDeps extends StyleDeps {
  state: State;
  clock: Clock;
}

export interface KeptCentroid {
  /** 1 for the first of a collection. */
  version: number;
  embedder: string;
  embedder_version: string;
  centroid: Centroid;
  made_at: number;
  /** Whether it follows from what is declared now. */
  current: boolean;
}

type Stored = {
  version: number;
  embedder: string;
  embedder_version: string;
  declared: string;
  centroid: string;
  made_at: number;
};

export const scopeOf = ({ tenant }: Collection): Asking => ({ scope: { tenant } });

export async function newestCentroid(
  state: Pick<State, 'get'>,
  { tenant, name, digest }: Collection,
): Promise<KeptCentroid | null> {
  const row = await state.get<Stored>(SQL.NEWEST_CENTROID, [tenant ?? '', name]);
  if (!row) return null;
  const { declared, centroid, ...told } = row;
  return { ...told, centroid: JSON.parse(centroid) as Centroid, current: declared === digest };
}

export function readReferences(
  deps: CentroidDeps,
  collection: Collection,
): Promise<Result<Pictures, ExploreError>> {
  const { embedder, embedder_version, references } = collection;
  const { filter, from_ms, to_ms } = references;
  return readPictures(deps, scopeOf(collection), {
    embedder,
    embedder_version,
    filter,
    from_ms,
    to_ms: to_ms ?? deps.clock.now(),
  });
}

/** A new version from these references, or from those that there are now. */
export async function makeCentroid(
  deps: CentroidDeps,
  collection: Collection,
  references?: Pictures,
): Promise<Result<KeptCentroid, ExploreError>> {
  const read = references ? ok(references) : await readReferences(deps, collection);
  if (!read.ok) return read;
  const pictures = ofOneLength(read.value.pictures);
  const centroid = centroidFrom(pictures.map(({ vector }) => vector));
  if (!centroid)
    return refused(
      'invalid_request',
      `${collection.name} has ${pictures.length} reference pictures with a vector of ${collection.embedder}/${collection.embedder_version}; a centroid needs ${REFERENCES_LEAST} that differ`,
      { hint: 'Send more pictures of the collection, or widen references.filter of its document.' },
    );
  const made_at = deps.clock.now();
  const { tenant, name, embedder, embedder_version, digest } = collection;
  const version = await deps.state.transaction(async (tx) => {
    const before = await tx.get<Stored>(SQL.NEWEST_CENTROID, [tenant ?? '', name]);
    const next = (before?.version ?? 0) + 1;
    const told = [embedder, embedder_version, digest, JSON.stringify(centroid), made_at];
    await tx.run(SQL.INSERT_CENTROID, [tenant ?? '', name, next, ...told]);
    return next;
  });
  return ok({ version, embedder, embedder_version, centroid, made_at, current: true });
}
