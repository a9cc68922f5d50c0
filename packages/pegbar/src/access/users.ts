/** People. They log in by link, so there are no passwords; `admin` is always there. */
import { SCOPES, type Scope } from '@pegbar/contract';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../base/result.ts';
import { readPlainly } from '../base/schema-words.ts';
import type { Queries, State } from '../state/index.ts';
import type { Audit } from './audit.ts';
import { ALL_TENANTS, type Caller, checkTenantName, OWNER_SCOPES, requireAdmin } from './caller.ts';
import { type AccessError, refuse, schemaError } from './errors.ts';
import { type RandomBytes, randomText } from './key-format.ts';
import { ownerOf } from './keyring.ts';
import * as SQL from './queries.ts';

/** The built-in user, an admin of every tenant. */
export const ADMIN_USER = 'admin';
const ID_LENGTH = 14;

export interface UserInfo {
  id: string;
  name: string;
  tenant: string;
  scopes: Scope[];
  created_at: number;
  disabled_at: number | null;
}

export type UserRow = Omit<UserInfo, 'scopes'> & { scopes: string };

export interface Users {
  create(request: unknown, actor: Caller): Promise<Result<UserInfo, AccessError>>;
  list(actor: Caller): Promise<Result<UserInfo[], AccessError>>;
  /** Ends the user's sessions and login links at once. */
  disable(name: string, actor: Caller): Promise<Result<void, AccessError>>;
  find(name: string): Promise<UserRow | undefined>;
  byId(id: string, tx: Queries): Promise<UserRow | undefined>;
}

const userRequest = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N}@._+-]{0,127}$/u, 'write letters, digits and @ . _ + -, at most 128'),
  tenant: z.string(),
  scopes: z.array(z.enum(SCOPES).exclude(['beacon'])).min(1, 'name at least one scope'),
});

interface UserDeps {
  state: State;
  clock: Clock;
  random: RandomBytes;
  audit: Audit;
}

export async function createUsers({ state, clock, random, audit }: UserDeps): Promise<Users> {
  const newId = (): string => `user_${randomText(random, ID_LENGTH)}`;
  const adminScopes = JSON.stringify(OWNER_SCOPES);
  await state.get(SQL.INSERT_USER, [newId(), ADMIN_USER, ALL_TENANTS, adminScopes, clock.now()]);

  return {
    async create(input, actor) {
      const parsed = readPlainly(userRequest, input);
      if (!parsed.success) return { ok: false, error: schemaError(parsed.error) };
      const { name, tenant, scopes } = parsed.data;
      if (tenant !== ALL_TENANTS) {
        const checked = checkTenantName(tenant);
        if (!checked.ok) return checked;
      }
      const allowed = requireAdmin(actor, ownerOf(tenant));
      if (!allowed.ok) return allowed;
      const missing = scopes.find((scope) => !actor.scopes.has(scope));
      if (missing)
        return refuse('forbidden', `only a caller with the scope ${missing} can give it away`, {
          field: 'scopes',
        });
      const row: UserRow = {
        id: newId(),
        name,
        tenant,
        scopes: JSON.stringify(scopes),
        created_at: clock.now(),
        disabled_at: null,
      };
      const made = await state.transaction(async (tx) => {
        if (!(await tx.get(SQL.INSERT_USER, [row.id, name, tenant, row.scopes, row.created_at])))
          return false;
        await audit.write(
          { actor, action: 'user.create', object: name, tenant: ownerOf(tenant), detail: { scopes } },
          tx,
        );
        return true;
      });
      return made
        ? ok(infoOf(row))
        : refuse('conflict', `there is a user ${name} already`, { field: 'name' });
    },

    async list(actor) {
      const allowed = requireAdmin(actor, actor.tenant);
      if (!allowed.ok) return allowed;
      const rows = await state.all<UserRow>(SQL.LIST_USERS);
      return ok(rows.filter((row) => actor.tenant === null || row.tenant === actor.tenant).map(infoOf));
    },

    async disable(name, actor) {
      const admin = requireAdmin(actor, actor.tenant);
      if (!admin.ok) return admin;
      const row = await state.get<UserRow>(SQL.USER_BY_NAME, [name]);
      if (!row || !requireAdmin(actor, ownerOf(row.tenant)).ok) {
        return refuse('not_found', `there is no user ${name.slice(0, 80)}`);
      }
      await state.transaction(async (tx) => {
        await tx.run(SQL.DELETE_SESSIONS_OF_USER, [row.id]);
        await tx.run(SQL.DELETE_LINKS_OF_USER, [row.id]);
        const { changes } = await tx.run(SQL.DISABLE_USER, [clock.now(), row.id]);
        if (changes > 0)
          await audit.write({ actor, action: 'user.disable', object: name, tenant: ownerOf(row.tenant) }, tx);
      });
      return ok(undefined);
    },

    find: (name) => state.get<UserRow>(SQL.USER_BY_NAME, [name]),
    byId: (id, tx) => tx.get<UserRow>(SQL.USER_BY_ID, [id]),
  };
}

const infoOf = (row: UserRow): UserInfo => ({ ...row, scopes: JSON.parse(row.scopes) as Scope[] });
