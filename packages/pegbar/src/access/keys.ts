/** Making, listing and revoking API keys. */
import { SCOPES, type Scope } from '@pegbar/contract';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { readPlainly } from '../base/schema-words.ts';
import type { State } from '../state/index.ts';
import type { Audit } from './audit.ts';
import { ALL_TENANTS, actorName, type Caller, requireAdmin } from './caller.ts';
import { type AccessError, refuse, schemaError } from './errors.ts';
import { digest, mintKey, type RandomBytes, randomText } from './key-format.ts';
import { createKeyring, infoOf, type KeyInfo, type KeyRow, type Keyring, ownerOf } from './keyring.ts';
import * as SQL from './queries.ts';
import type { Tenants } from './tenants.ts';

/** All live keys are held in memory, at about 1 KB each. */
const MAX_KEYS = 10_000;
/** Times of last use are gathered this long: one commit for all keys instead of one per request. */
const REFRESH_MS = 10_000;
const MAX_ORIGINS = 100;
const ID_LENGTH = 14;

export interface KeyRequest {
  /** A tenant, made if need be, or `*` for all of them. */
  tenant: string;
  scopes: Scope[];
  name?: string;
  /** Pages that may use a public key: `https://studio.example`. Exactly for scope `beacon`. */
  origins?: string[];
}

export interface NewKey {
  /** Shown once: only its hash is stored. */
  key: string;
  id: string;
  tenant: string;
}

export interface Keys {
  find: Keyring['find'];
  findStored: Keyring['findStored'];
  create(request: unknown, actor: Caller): Promise<Result<NewKey, AccessError>>;
  list(actor: Caller): Promise<Result<KeyInfo[], AccessError>>;
  /** Idempotent. From the moment it resolves the key is refused. */
  revoke(id: string, actor: Caller): Promise<Result<void, AccessError>>;
  /** Stores a key whose text was chosen outside. */
  adopt(key: string, request: KeyRequest, actor: Caller): Promise<KeyInfo>;
  byHash(presented: string): Promise<KeyInfo | undefined>;
  /** Whether some live key may administer the whole installation. */
  hasAdminKey(): boolean;
  close(): Promise<void>;
}

const origin = z.string().refine(isOrigin, 'write scheme and host, such as https://studio.example');

const keyRequest = z.strictObject({
  tenant: z.string(),
  scopes: z.array(z.enum(SCOPES)).min(1, 'name at least one scope'),
  name: z.string().trim().max(200).default(''),
  origins: z.array(origin).max(MAX_ORIGINS).default([]),
});

interface KeyDeps {
  state: State;
  clock: Clock;
  log: Log;
  random: RandomBytes;
  audit: Audit;
  tenants: Tenants;
}

export async function createKeys(deps: KeyDeps): Promise<Keys> {
  const { state, clock, random, audit, tenants, log } = deps;
  const ring = createKeyring(state, clock);
  await ring.refresh();
  const stop = clock.every(REFRESH_MS, () => {
    ring
      .refresh()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'the API keys could not be read again'));
  });

  async function insert(key: string, request: Required<KeyRequest>, actor: Caller): Promise<KeyInfo> {
    const row = newRow(key, request, actor, random, clock.now());
    await state.transaction(async (tx) => {
      const { id, tenant, name, scopes, origins, hash, created_at, created_by } = row;
      await tx.run(SQL.INSERT_KEY, [id, tenant, name, scopes, origins, hash, created_at, created_by]);
      const detail = { name, scopes: request.scopes, origins: request.origins };
      await audit.write({ actor, action: 'key.create', object: id, tenant: ownerOf(tenant), detail }, tx);
    });
    ring.add(row);
    return infoOf(row);
  }

  return {
    find: ring.find,
    findStored: ring.findStored,
    async create(input, actor) {
      const parsed = readPlainly(keyRequest, input);
      if (!parsed.success) return fail(schemaError(parsed.error));
      const request = parsed.data;
      const allowed = checkGrant(request, actor);
      if (!allowed.ok) return allowed;
      if (ring.size >= MAX_KEYS) {
        const hint = 'Revoke keys that are not used.';
        return refuse('conflict', `there are ${MAX_KEYS} live keys already`, { hint });
      }
      if (request.tenant !== ALL_TENANTS) {
        const made = await tenants.ensure(request.tenant);
        if (!made.ok) return made;
      }
      const key = mintKey(random);
      const { id, tenant } = await insert(key, request, actor);
      return ok({ key, id, tenant });
    },
    async list(actor) {
      const admin = requireAdmin(actor, actor.tenant);
      if (!admin.ok) return admin;
      const rows = await state.all<KeyRow>(SQL.ALL_KEYS);
      const own = rows.filter((row) => actor.tenant === null || row.tenant === actor.tenant);
      return ok(
        own.map((row) => ({ ...infoOf(row), last_used_at: ring.lastUse(row.id) ?? row.last_used_at })),
      );
    },
    async revoke(id, actor) {
      const admin = requireAdmin(actor, actor.tenant);
      if (!admin.ok) return admin;
      const row = await state.get<KeyRow>(SQL.KEY_BY_ID, [id]);
      // Another tenant's key and one of the installation look like one that is not there.
      if (!row || !requireAdmin(actor, ownerOf(row.tenant)).ok) {
        return refuse('not_found', `there is no key ${id.slice(0, 80)}`);
      }
      await state.transaction(async (tx) => {
        const { changes } = await tx.run(SQL.REVOKE_KEY, [clock.now(), id]);
        if (changes === 0) return;
        await audit.write({ actor, action: 'key.revoke', object: id, tenant: ownerOf(row.tenant) }, tx);
      });
      ring.drop(row.hash);
      return ok(undefined);
    },
    adopt: (key, request, actor) => insert(key, { name: '', origins: [], ...request }, actor),
    async byHash(presented) {
      const row = await state.get<KeyRow>(SQL.KEY_BY_HASH, [digest(presented).toString('hex')]);
      return row && infoOf(row);
    },
    hasAdminKey: () => ring.some(({ tenant, scopes }) => tenant === null && scopes.has('admin')),
    async close() {
      stop();
      await ring.flush();
    },
  };
}

function newRow(
  key: string,
  request: Required<KeyRequest>,
  actor: Caller,
  random: RandomBytes,
  now: number,
): KeyRow {
  return {
    id: `key_${randomText(random, ID_LENGTH)}`,
    tenant: request.tenant,
    name: request.name,
    scopes: JSON.stringify([...new Set(request.scopes)]),
    origins: JSON.stringify(request.origins),
    hash: digest(key).toString('hex'),
    created_at: now,
    created_by: actorName(actor),
    last_used_at: null,
    revoked_at: null,
  };
}

/** What may be put into one key, and what this caller may give away. */
function checkGrant(request: Required<KeyRequest>, actor: Caller): Result<void, AccessError> {
  const admin = requireAdmin(actor, ownerOf(request.tenant));
  if (!admin.ok) return admin;
  if (request.scopes.includes('beacon')) {
    if (request.scopes.length > 1) {
      return refuse('invalid_request', 'scopes: a public key may have no scope beside beacon', {
        field: 'scopes',
        hint: 'Everyone can read it in the page. Make a second key for the rest.',
      });
    }
    if (request.tenant === ALL_TENANTS) {
      return refuse('invalid_request', 'tenant: a public key belongs to one tenant', { field: 'tenant' });
    }
  }
  if (request.scopes.includes('beacon') !== request.origins.length > 0) {
    return refuse('invalid_request', 'origins: wanted for a key with scope beacon, and only there', {
      field: 'origins',
      hint: 'List the origins of the pages that use the key, such as https://studio.example.',
    });
  }
  const missing = request.scopes.find((scope) => scope !== 'beacon' && !actor.scopes.has(scope));
  if (missing)
    return refuse('forbidden', `only a caller with the scope ${missing} can give it away`, {
      field: 'scopes',
    });
  return ok(undefined);
}

function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text;
  } catch {
    return false;
  }
}
