/** Who may log in: people, their scopes, and the links that let them in. */
import { requireScope, type UserInfo } from '../../access/index.ts';
import { readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { json } from '../wire.ts';

const BODY_BYTES = 16 * 1024;

export function userHandlers({ access }: ApiDeps): Handlers {
  /** A user of the caller's: another tenant's looks like one that is not there. */
  async function ownUser(call: Call): Promise<UserInfo> {
    const { name } = call.params;
    const found = orRefuse(await access.listUsers(call.caller!)).find((user) => user.name === name);
    if (!found) throw new Refusal('not_found', `there is no user ${name!.slice(0, 80)}`);
    return found;
  }

  return {
    async listUsers(call) {
      return json({ items: orRefuse(await access.listUsers(call.caller!)).map(userRow) });
    },
    async createUser(call) {
      const asked = await readJson(call.request, BODY_BYTES);
      const tenant = asked.tenant ?? call.caller!.tenant ?? '*';
      return json(userRow(orRefuse(await access.createUser({ ...asked, tenant }, call.caller!))), 201);
    },
    async disableUser(call) {
      orRefuse(await access.disableUser(call.params.name!, call.caller!));
      return json({ name: call.params.name, disabled: true });
    },
    async createLoginLink(call) {
      const { name, tenant, scopes } = await ownUser(call);
      // Whoever opens the link has these scopes: nobody makes one for more than their own.
      for (const scope of scopes) orRefuse(requireScope(call.caller!, scope));
      const { token, expires_at } = orRefuse(await access.createLoginLink(name));
      await access.audit({
        actor: call.caller!,
        action: 'user.login_link',
        object: name,
        tenant: tenant === '*' ? null : tenant,
      });
      const url = new URL(`/login?token=${token}`, call.url).href;
      return json({ name, url, expires_at: new Date(expires_at).toISOString() }, 201);
    },
  };
}

const userRow = ({ created_at, disabled_at, ...rest }: UserInfo): Record<string, unknown> => ({
  ...rest,
  created_at: new Date(created_at).toISOString(),
  disabled_at: disabled_at === null ? null : new Date(disabled_at).toISOString(),
});
