/** The first keys of an installation: the one that is printed, and the one that is set from outside. */
import { ok, type Result } from '../base/result.ts';
import { readSetting, type State, writeSetting } from '../state/index.ts';
import { ALL_TENANTS, OWNER_SCOPES, SYSTEM } from './caller.ts';
import { type AccessError, refuse } from './errors.ts';
import type { Keys } from './keys.ts';

/** A key from outside may be any text; shorter ones can be guessed. */
const MIN_LENGTH = 20;
const FIRST_KEY_GIVEN = 'access.first_admin_key_given';
const OUTSIDE_KEY_ID = 'access.outside_admin_key_id';

interface Deps {
  state: State;
  keys: Keys;
  now: () => number;
}

/**
 * Makes `PEGBAR_ADMIN_KEY` an admin key. The same text at every start changes nothing; another text takes the
 * place of the former. One that was revoked stays revoked.
 */
export async function setOutsideAdminKey(
  { state, keys, now }: Deps,
  adminKey: string,
): Promise<Result<'set' | 'kept' | 'revoked', AccessError>> {
  if (adminKey.length < MIN_LENGTH || !/^[\x21-\x7e]+$/.test(adminKey)) {
    return refuse(
      'invalid_request',
      `PEGBAR_ADMIN_KEY must have at least ${MIN_LENGTH} visible ASCII characters`,
      {
        field: 'admin_key',
        hint: 'Make one with `openssl rand -hex 24`.',
      },
    );
  }
  const former = await readSetting(state, OUTSIDE_KEY_ID);
  let current = await keys.byHash(adminKey);
  if (current && !(current.tenant === ALL_TENANTS && current.scopes.includes('admin'))) {
    return refuse(
      'invalid_request',
      `PEGBAR_ADMIN_KEY is the key ${current.id}, which is no admin of the installation`,
      {
        field: 'admin_key',
        hint: 'Set PEGBAR_ADMIN_KEY to a new text, or leave it out.',
      },
    );
  }
  let outcome: 'set' | 'kept' | 'revoked' = current?.revoked_at != null ? 'revoked' : 'kept';
  if (!current) {
    const request = { tenant: ALL_TENANTS, scopes: [...OWNER_SCOPES], name: 'PEGBAR_ADMIN_KEY' };
    current = await keys.adopt(adminKey, request, SYSTEM);
    outcome = 'set';
  }
  // Remembered only after the old one is gone: a start that is killed in between does it again.
  if (typeof former === 'string' && former !== current.id) await keys.revoke(former, SYSTEM);
  if (former !== current.id) await writeSetting(state, OUTSIDE_KEY_ID, current.id, now());
  return ok(outcome);
}

/**
 * An admin key on the first start of a data directory, null ever after, and null where a key was set from
 * outside. The key is stored before it is remembered as given: a start that is killed in between leaves a key
 * that nobody knows, and gives out another.
 */
export async function firstAdminKey({ state, keys, now }: Deps): Promise<string | null> {
  if ((await readSetting(state, FIRST_KEY_GIVEN)) !== undefined) return null;
  if ((await readSetting(state, OUTSIDE_KEY_ID)) !== undefined) return null;
  const request = { tenant: ALL_TENANTS, scopes: [...OWNER_SCOPES], name: 'first admin key' };
  const made = await keys.create(request, SYSTEM);
  if (!made.ok) throw new Error(made.error.message);
  await writeSetting(state, FIRST_KEY_GIVEN, made.value.id, now());
  return made.value.key;
}
