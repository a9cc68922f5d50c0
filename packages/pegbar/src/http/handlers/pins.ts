/** Pinned traces. */
import { fromStore } from '../../explore/index.ts';
import { isPinned, pinTrace, unpinTrace } from '../../store/index.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { json } from '../wire.ts';

export function pinHandlers({ store, access, clock }: ApiDeps): Handlers {
  const noted = async (
    call: Call,
    action: string,
    trace: string,
    tenants: readonly string[],
  ): Promise<void> => {
    for (const tenant of tenants) await access.audit({ actor: call.caller!, action, object: trace, tenant });
  };
  return {
    async getPin(call) {
      const trace = traceOf(call);
      const found = await isPinned(store, call.scope, trace);
      const pinned = found.ok ? found.value : orRefuse<boolean>(fromStore(found.error));
      return json({ trace_id: trace, pinned });
    },
    async pinTrace(call) {
      const trace = traceOf(call);
      const found = await pinTrace(store, call.scope, trace, clock.now());
      const tenants = found.ok ? found.value : orRefuse<string[]>(fromStore(found.error));
      if (tenants.length === 0) throw new Refusal('not_found', 'there is no such trace');
      await noted(call, 'trace.pin', trace, tenants);
      return json({ trace_id: trace, pinned: true });
    },
    async unpinTrace(call) {
      const trace = traceOf(call);
      const found = await unpinTrace(store, call.scope, trace);
      const tenants = found.ok ? found.value : orRefuse<string[]>(fromStore(found.error));
      if (tenants.length === 0) throw new Refusal('not_found', 'this trace is not pinned');
      await noted(call, 'trace.unpin', trace, tenants);
      return json({ trace_id: trace, pinned: false });
    },
  };
}

function traceOf({ params }: Call): string {
  const trace = params.trace_id!.toLowerCase();
  if (/^[0-9a-f]{32}$/.test(trace) && !/^0+$/.test(trace)) return trace;
  throw new Refusal('invalid_id', 'a trace id is 32 hexadecimal digits, not all zero', { field: 'trace_id' });
}
