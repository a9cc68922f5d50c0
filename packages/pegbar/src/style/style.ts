/** The room, put together: what is declared, what keeps it, what answers about it. */
import type { Access } from '../access/index.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import type { Result } from '../base/result.ts';
import { type Asking, type ExploreError, refused } from '../explore/index.ts';
import { type CentroidDeps, type KeptCentroid, makeCentroid } from './centroids.ts';
import { type Collection, collectionKind, collectionOf, collectionSpecSchema } from './collections.ts';
import { createStyleKeeper, type StyleKeeper } from './keeper.ts';
import { readStyle, type StyleQuestion } from './question.ts';
import type { StyleThread } from './thread.ts';

export interface StyleRoomDeps extends CentroidDeps {
  access: Pick<Access, 'registerKind' | 'getResources'>;
  counters: Counters;
  log: Log;
  /** Accepts records as a sender would; resolves when they are durable. */
  send(tenant: string, ndjson: string): Promise<unknown>;
  thread: Pick<StyleThread, 'compare'>;
}

export interface Style {
  keeper: StyleKeeper;
  read(asking: Asking, question: StyleQuestion): Promise<Result<Record<string, unknown>, ExploreError>>;
  /** A new version of the centroid of a collection that `scope` may change. */
  recompute(name: string, tenant: string | null): Promise<Result<KeptCentroid, ExploreError>>;
}

export function createStyle(deps: StyleRoomDeps): Style {
  let known: Promise<readonly Collection[]> | undefined;
  deps.access.registerKind(
    collectionKind(() => {
      known = undefined;
    }),
  );

  async function read(): Promise<readonly Collection[]> {
    const found = await deps.access.getResources('Collection', undefined, { tenant: null });
    if (!found.ok) return [];
    return found.value.flatMap(({ metadata, spec }) => {
      const parsed = collectionSpecSchema.safeParse(spec);
      return parsed.success ? [collectionOf(metadata.name, metadata.tenant ?? null, parsed.data)] : [];
    });
  }
  const collections = (): Promise<readonly Collection[]> => {
    known ??= read();
    return known;
  };

  return {
    keeper: createStyleKeeper({ ...deps, collections }),
    read: (asking, question) => readStyle({ ...deps, collections }, asking, question),
    async recompute(name, tenant) {
      const named = (await collections()).filter((one) => one.name === name);
      const own = tenant === null ? named[0] : named.find((one) => one.tenant === tenant);
      if (!own)
        return refused('not_found', `there is no Collection ${name.slice(0, 128)}`, {
          hint: 'Declare it with `pegbar apply -f`.',
        });
      return makeCentroid(deps, own);
    },
  };
}
