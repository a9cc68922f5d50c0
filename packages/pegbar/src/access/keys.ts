/**
 * API keys. All live keys are in memory, by their hash, so that a key is checked without a question to the
 * database; the database is the truth, and a revoked key is gone from memory before the revocation is
 * answered. Other processes on the same database see a change after REFRESH_MS at the latest.
 */
import { timingSafeEqual } from 'node:crypto';
import { SCOPES, type Scope } from '@pegbar/contract';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { ok, type Result } from '../base/result.ts';
import type { Param, State } from '../state/index.ts';
import type { Audit } from './audit.ts';
import { ALL_TENANTS, actorName, type Caller, requireAdmin, withImplied } from './caller.ts';
import { type AccessError, refuse, schemaError } from './errors.ts';
import { digest, mintKey, type RandomBytes, randomText } from './key-format.ts';
import * as SQL from './queries.ts';
import type { Tenants } from './tenants.ts';

/** All live keys are held in memory, at about 1 KB each. */
const MAX_KEYS = 10_000;
/** Times of last use are gathered this long: one commit for all keys instead of one per request. */
const REFRESH_MS = 10_000;
const MAX_ORIGINS = 100;
/** Longer texts are not hashed: no key is that long. */
const MAX_KEY_LENGTH = 512;
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

export interface KeyInfo {
  id: string;
  tenant: string;
  name: string;
  scopes: Scope[];
  origins: string[];
  /** Epoch milliseconds, as all times here. */
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** A live key as `find` returns it. */
export interface HeldKey {
  readonly info: KeyInfo;
  readonly hash: Buffer;
  readonly caller: Caller;
}

export interface Keys {
  /** Checks a presented key against those in memory, in constant time after the look-up by its hash. */
  find(presented: string): HeldKey | undefined;
  /** Also asks the database: another process may have made the key since the last refresh. */
  findStored(presented: string): Promise<HeldKey | undefined>;
  create(request: unknown, actor: Caller): Promise<Result<NewKey, AccessError>>;
  list(actor: Caller): Promise<Result<KeyInfo[], AccessError>>;
  /** Idempotent. From the moment it resolves the key is refused. */
  revoke(id: string, actor: Caller): Promise<Result<void, AccessError>>;
  /** Stores a key whose text was chosen outside. */
  adopt(key: string, request: KeyRequest, actor: Caller): Promise<KeyInfo>;
  byHash(presented: string): Promise<KeyInfo | undefined>;
  /** Whether some live key may administer the whole installation. */
  hasAdminKey(): boolean;
  /** Writes times of last use and reads what other processes changed. */
  refresh(): Promise<void>;
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
  const { state, clock, random, audit, tenants } = deps;
  let held = new Map<string, HeldKey>();
  const used = new Map<string, number>();
  /** Grows with every change, so that a read which overlaps a revocation is thrown away. */
  let generation = 0;

  async function load(): Promise<void> {
    const before = generation;
    const rows = await state.all<KeyRow>(SQL.LIVE_KEYS);
    if (generation !== before) return;
    held = new Map(rows.map((row) => [row.hash, hold(row)]));
  }

  function find(presented: string): HeldKey | undefined {
    if (presented.length > MAX_KEY_LENGTH) return undefined;
    const hash = digest(presented);
    const key = held.get(hash.toString('hex'));
    if (!key || !timingSafeEqual(key.hash, hash)) return undefined;
    used.set(key.info.id, clock.now());
    return key;
  }

  async function insert(key: string, request: Required<KeyRequest>, actor: Caller): Promise<KeyInfo> {
    const row: KeyRow = {
      id: `key_${randomText(random, ID_LENGTH)}`,
      tenant: request.tenant,
      name: request.name,
      scopes: JSON.stringify([...new Set(request.scopes)]),
      origins: JSON.stringify(request.origins),
      hash: digest(key).toString('hex'),
      created_at: clock.now(),
      created_by: actorName(actor),
      last_used_at: null,
      revoked_at: null,
    };
    await state.transaction(async (tx) => {
      const { id, tenant, name, scopes, origins, hash, created_at, created_by } = row;
      const values: Param[] = [id, tenant, name, scopes, origins, hash, created_at, created_by];
      await tx.run(SQL.INSERT_KEY, values);
      const detail = { name, scopes: request.scopes, origins: request.origins };
      await audit.write({ actor, action: 'key.create', object: id, tenant: ownerOf(tenant), detail }, tx);
    });
    generation += 1;
    held.set(row.hash, hold(row));
    return infoOf(row);
  }

  async function create(input: unknown, actor: Caller): Promise<Result<NewKey, AccessError>> {
    const parsed = keyRequest.safeParse(input);
    if (!parsed.success) return { ok: false, error: schemaError(parsed.error) };
    const request = parsed.data;
    const allowed = checkGrant(request, actor);
    if (!allowed.ok) return allowed;
    if (held.size >= MAX_KEYS) {
      return refuse('conflict', `there are ${MAX_KEYS} live keys already`, {
        hint: 'Revoke keys that are not used.',
      });
    }
    if (request.tenant !== ALL_TENANTS) {
      const tenant = await tenants.ensure(request.tenant);
      if (!tenant.ok) return tenant;
    }
    const key = mintKey(random);
    const { id, tenant } = await insert(key, request, actor);
    return ok({ key, id, tenant });
  }

  async function revoke(id: string, actor: Caller): Promise<Result<void, AccessError>> {
    const row = await state.get<KeyRow>(SQL.KEY_BY_ID, [id]);
    const unknown = refuse('not_found', `there is no key ${id.slice(0, 80)}`);
    if (!row) return requireSomeAdmin(actor) ?? unknown;
    const allowed = requireAdmin(actor, ownerOf(row.tenant));
    if (!allowed.ok) return allowed.error.code === 'not_found' ? unknown : allowed;
    await state.transaction(async (tx) => {
      const { changes } = await tx.run(SQL.REVOKE_KEY, [clock.now(), id]);
      if (changes > 0) {
        await audit.write({ actor, action: 'key.revoke', object: id, tenant: ownerOf(row.tenant) }, tx);
      }
    });
    generation += 1;
    held.delete(row.hash);
    return ok(undefined);
  }

  async function writeLastUsed(): Promise<void> {
    if (used.size === 0) return;
    const times = [...used];
    used.clear();
    await state.transaction(async (tx) => {
      for (const [id, at] of times) await tx.run(SQL.TOUCH_KEY, [at, id]);
    });
  }

  async function refresh(): Promise<void> {
    await writeLastUsed();
    await load();
  }

  await load();
  const stop = clock.every(REFRESH_MS, () => {
    refresh().catch((error: unknown) =>
      deps.log.warn({ error: String(error) }, 'the API keys could not be read again'),
    );
  });

  return {
    find,
    async findStored(presented) {
      const known = find(presented);
      if (known || presented.length > MAX_KEY_LENGTH) return known;
      const before = generation;
      const row = await state.get<KeyRow>(SQL.KEY_BY_HASH, [digest(presented).toString('hex')]);
      if (!row || row.revoked_at !== null || generation !== before) return undefined;
      held.set(row.hash, hold(row));
      return find(presented);
    },
    create,
    async list(actor) {
      const refused = requireSomeAdmin(actor);
      if (refused) return refused;
      const rows = await state.all<KeyRow>(SQL.ALL_KEYS);
      const own = rows.filter((row) => actor.tenant === null || row.tenant === actor.tenant);
      return ok(own.map((row) => ({ ...infoOf(row), last_used_at: used.get(row.id) ?? row.last_used_at })));
    },
    revoke,
    adopt: (key, request, actor) => insert(key, { name: '', origins: [], ...request }, actor),
    async byHash(presented) {
      const row = await state.get<KeyRow>(SQL.KEY_BY_HASH, [digest(presented).toString('hex')]);
      return row && infoOf(row);
    },
    hasAdminKey: () =>
      [...held.values()].some(({ caller }) => caller.tenant === null && caller.scopes.has('admin')),
    refresh,
    async close() {
      stop();
      await writeLastUsed();
    },
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

function requireSomeAdmin(actor: Caller): { ok: false; error: AccessError } | undefined {
  const admin = requireAdmin(actor, actor.tenant);
  return admin.ok ? undefined : admin;
}

function isOrigin(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text;
  } catch {
    return false;
  }
}

type KeyRow = {
  id: string;
  tenant: string;
  name: string;
  scopes: string;
  origins: string;
  hash: string;
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  revoked_at: number | null;
};

const ownerOf = (tenant: string): string | null => (tenant === ALL_TENANTS ? null : tenant);

function infoOf({ hash: _, ...row }: KeyRow): KeyInfo {
  return { ...row, scopes: JSON.parse(row.scopes) as Scope[], origins: JSON.parse(row.origins) as string[] };
}

function hold(row: KeyRow): HeldKey {
  const info = infoOf(row);
  const caller: Caller = {
    kind: 'key',
    id: row.id,
    tenant: ownerOf(row.tenant),
    scopes: withImplied(info.scopes),
  };
  return { info, hash: Buffer.from(row.hash, 'hex'), caller };
}
