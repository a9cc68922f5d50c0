/** Keys, declared resources, audit. */
import type { Applied, KeyInfo } from '../../access/index.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { json } from '../wire.ts';

const SMALL_BYTES = 256 * 1024;
/** As much as the CLI sends of one file. */
const RESOURCES_BYTES = 16 * 1024 * 1024;
const CHANGES: Readonly<Record<Applied['change'], string>> = {
  created: 'created',
  changed: 'changed',
  unchanged: 'unchanged',
};

const timeOf = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined ? null : new Date(ms).toISOString();

export function administrationHandlers({ access }: ApiDeps): Handlers {
  return {
    async createKey(call) {
      const asked = await readJson(call.request, SMALL_BYTES);
      const caller = call.caller!;
      const tenant = asked.tenant ?? caller.tenant ?? 'default';
      return json(orRefuse(await access.createKey({ ...asked, tenant }, caller)), 201);
    },
    async listKeys(call) {
      const items = orRefuse(await access.listKeys(call.caller!));
      return json({ items: items.map(keyRow) });
    },
    async revokeKey(call) {
      orRefuse(await access.revokeKey(call.params.id!, call.caller!));
      return json({ id: call.params.id, revoked: true });
    },
    async applyResources(call) {
      const yaml = (await readBody(call.request, RESOURCES_BYTES)).toString('utf8');
      const applied = orRefuse(await access.applyResources(yaml, call.caller!));
      return json({ applied: applied.map((one) => ({ ...one, action: CHANGES[one.change] })) });
    },
    async listResources(call) {
      const items = orRefuse(await access.getResources(kindOf(call), undefined, call.scope));
      return json({ items });
    },
    async getResource(call) {
      const found = orRefuse(await access.getResources(kindOf(call), call.params.name, call.scope));
      return json(found[0]);
    },
    async deleteResource(call) {
      const tenant = call.url.searchParams.get('tenant') ?? undefined;
      orRefuse(await access.deleteResource(kindOf(call), call.params.name!, call.caller!, tenant));
      return json({ kind: call.params.kind, name: call.params.name, deleted: true });
    },
    async listAudit(call) {
      const query = call.url.searchParams;
      const limit = Number(query.get('limit') ?? 100);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
        throw new Refusal('invalid_request', 'limit is not a whole number from 1 to 1000', {
          field: 'limit',
        });
      const cursor = query.get('cursor');
      const page = await access.listAudit(call.scope, { limit, ...(cursor ? { cursor } : {}) });
      return json({ ...page, items: page.items.map((row) => ({ ...row, at: timeOf(row.at) })) });
    },
  };
}

function keyRow(info: KeyInfo): Record<string, unknown> {
  const { created_at, last_used_at, revoked_at, ...rest } = info as KeyInfo & Record<string, number | null>;
  return {
    ...rest,
    created_at: timeOf(created_at),
    last_used_at: timeOf(last_used_at),
    revoked_at: timeOf(revoked_at),
  };
}

/** `tenant`, `tenants` and `Tenant` are one kind. */
function kindOf({ params }: Call): string {
  const word = params.kind!.replace(/s$/i, '');
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
