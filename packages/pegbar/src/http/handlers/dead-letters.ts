import { requireAdmin } from '../../access/index.ts';
import { createDeadLetters } from '../../dead-letters/index.ts';
import { createDeriver } from '../../requests/index.ts';
import { segmentStore } from '../../store/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { json } from '../wire.ts';

const BODY_BYTES = 256 * 1024;
const IDS_MOST = 10_000;

/** A letter holds rows of several tenants: only an admin of all of them may see or move it. */
export function deadLetterHandlers(deps: ApiDeps): Handlers {
  const { store, log, keeper, clock } = deps;
  const listener = createDeriver({
    store,
    log,
    touch: (buckets) => keeper.touch(buckets),
    clock,
  });
  const letters = createDeadLetters({
    ...deps,
    inTurn: deps.loader.inTurn,
    segments: segmentStore(store),
    listener,
  });
  const checkOwner = (call: Call): void => void orRefuse(requireAdmin(call.caller!, null));

  return {
    async listDeadLetters(call) {
      checkOwner(call);
      return json({ items: await letters.list() });
    },
    async replayDeadLetters(call) {
      checkOwner(call);
      const { ids } = await readJson(call.request, BODY_BYTES);
      const named = Array.isArray(ids) && ids.length <= IDS_MOST && ids.every((id) => typeof id === 'string');
      if (ids !== undefined && !named)
        throw new Refusal('invalid_request', 'ids is not a list of ids', { field: 'ids' });
      const done = await letters.replay(ids as string[] | undefined);
      const detail = { replayed: done.replayed, failed: done.failed.length };
      await deps.access.audit({
        actor: call.caller!,
        action: 'dead_letters.replay',
        object: 'dead-letters',
        tenant: null,
        detail,
      });
      return json(done);
    },
  };
}
