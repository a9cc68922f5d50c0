/** Whether the style of a collection is still its own. */

import { requireAdmin } from '../../access/index.ts';
import { readRange } from '../../explore/index.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { askingOf, rangeOf } from '../parameters.ts';
import { json } from '../wire.ts';

const DAY_MS = 86_400_000;
/** A week of pictures against the four before it. */
const WINDOW_MS = 7 * DAY_MS;
const BASELINE_MS = 28 * DAY_MS;

export function collectionHandlers(deps: ApiDeps): Handlers {
  const room = () => {
    if (deps.style) return deps.style;
    throw new Refusal('unavailable', 'this server looks at no pictures');
  };
  return {
    async getCollectionStyle(call) {
      const collection = named(call);
      const range = rangeOf(call, deps, WINDOW_MS);
      const baseline = baselineOf(call, range.from_ms);
      return json(orRefuse(await room().read(askingOf(call), { ...range, collection, baseline })));
    },
    async makeCentroid(call) {
      const collection = named(call);
      const { tenant } = call.scope;
      orRefuse(requireAdmin(call.caller!, tenant));
      const { version, embedder, embedder_version, centroid, made_at } = orRefuse(
        await room().recompute(collection, tenant),
      );
      await deps.access.audit({
        actor: call.caller!,
        action: 'style.centroid',
        object: collection,
        tenant,
        detail: { version, references: centroid.n },
      });
      return json({
        collection,
        version,
        embedder,
        embedder_version,
        n: centroid.n,
        reach: centroid.reach,
        made_at: new Date(made_at).toISOString(),
      });
    },
  };
}

const NAME_LENGTH = 512;

function named({ params }: Call): string {
  const name = params.collection!;
  if (name.length <= NAME_LENGTH) return name;
  throw new Refusal('invalid_request', `collection is longer than ${NAME_LENGTH} characters`, {
    field: 'collection',
  });
}

/** `baseline_from` and `baseline_to`; the four weeks before the window where not said. */
function baselineOf({ url }: Call, before_ms: number) {
  const asked = {
    from: url.searchParams.get('baseline_from') ?? undefined,
    to: url.searchParams.get('baseline_to') ?? undefined,
  };
  return orRefuse(readRange(asked, before_ms, BASELINE_MS));
}
