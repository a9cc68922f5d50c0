/** Opt-outs and erasure, by the hash of a user or, where the server can hash it, by the user's own id. */
import { type Caller, DEFAULT_TENANT, requireAdmin } from '../../access/index.ts';
import type { Artifacts } from '../../artifacts/index.ts';
import { createErasures, createOptOuts } from '../../erasure/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { json } from '../wire.ts';

const BODY_BYTES = 16 * 1024;
const ID_LENGTH = 512;

export function privacyHandlers(deps: ApiDeps, artifacts: Pick<Artifacts, 'delete'>): Handlers {
  const { access } = deps;
  const optOuts = createOptOuts(deps);
  const erasures = createErasures({ ...deps, inTurn: deps.loader.inTurn, deletePictures: artifacts.delete });

  /** Hashes are keyed by tenant, so a user is always one of a tenant. */
  function tenantOf(call: Call): string {
    const tenant = call.scope.tenant ?? DEFAULT_TENANT;
    orRefuse(requireAdmin(call.caller!, tenant));
    return tenant;
  }

  function hashOf(tenant: string, asked: Record<string, unknown>): string {
    if (typeof asked.user_hash === 'string') return readHash(asked.user_hash);
    if (typeof asked.user_id === 'string' && asked.user_id !== '' && asked.user_id.length <= ID_LENGTH) {
      if (deps.userHash) return readHash(deps.userHash(tenant, asked.user_id));
      throw new Refusal('invalid_request', 'this server takes hashes only', { field: 'user_hash' });
    }
    throw new Refusal('invalid_request', 'neither user_hash nor user_id is said', {
      field: 'user_hash',
      hint: 'user_hash is what the columns user_id_hash show; user_id is the id as your senders send it.',
    });
  }

  const note = (actor: Caller, action: string, tenant: string, user_hash: string) =>
    access.audit({ actor, action, object: user_hash, tenant });

  return {
    async listOptOuts(call) {
      return json({ items: await optOuts.list(call.scope) });
    },
    async addOptOut(call) {
      const tenant = tenantOf(call);
      const user_hash = hashOf(tenant, await readJson(call.request, BODY_BYTES));
      await optOuts.add(tenant, user_hash);
      await note(call.caller!, 'opt_out.add', tenant, user_hash);
      return json({ tenant, user_hash }, 201);
    },
    async removeOptOut(call) {
      const tenant = tenantOf(call);
      const user_hash = readHash(call.params.user_hash!);
      if (!(await optOuts.remove(tenant, user_hash)))
        throw new Refusal('not_found', 'this user has not opted out');
      await note(call.caller!, 'opt_out.remove', tenant, user_hash);
      return json({ tenant, user_hash, removed: true });
    },
    async listErasures(call) {
      return json({ items: await erasures.list(call.scope) });
    },
    async erase(call) {
      const tenant = tenantOf(call);
      const user_hash = hashOf(tenant, await readJson(call.request, BODY_BYTES));
      await note(call.caller!, 'erasure.request', tenant, user_hash);
      const done = await erasures.erase(tenant, user_hash);
      return json({ tenant, user_hash, ...done });
    },
  };
}

/** 16 hexadecimal digits in lower case, as the columns show them. */
function readHash(text: string): string {
  const hash = text.toLowerCase();
  if (/^[0-9a-f]{16}$/.test(hash) && !/^0+$/.test(hash)) return hash;
  throw new Refusal(
    'invalid_request',
    `user_hash ${JSON.stringify(text.slice(0, 40))} is not 16 hexadecimal digits`,
    {
      field: 'user_hash',
      hint: 'Copy it whole from a column user_id_hash, or give user_id, the id as your senders send it.',
    },
  );
}
