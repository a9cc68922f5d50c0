/** Where produced and delivered frames meet. */
import { findSequence } from '../../explore/index.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import { orRefuse } from '../failure.ts';
import { askingOf } from '../parameters.ts';
import { json } from '../wire.ts';

export const sequenceHandlers = (deps: Pick<ApiDeps, 'store' | 'clock'>): Handlers => ({
  async getSequence(call) {
    return json(orRefuse(await findSequence(deps, askingOf(call), call.params.sequence_id!)));
  },
});
