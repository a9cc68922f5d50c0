/** Who calls, and which tenant's rows that lets them see or write. Decided here and nowhere else. */
import type { Scope } from '@pegbar/contract';
import { ok, type Result } from '../base/result.ts';
import { type AccessError, refuse } from './errors.ts';

export interface Caller {
  /** `system` is the server itself: first start, declared files of its configuration, workers. */
  kind: 'key' | 'session' | 'loopback' | 'system';
  /** Id of the key or name of the user. Never a secret. */
  id: string;
  /** null = every tenant: keyless loopback, the system, keys and users of tenant `*`. */
  tenant: string | null;
  /** With what the scopes imply: an admin may read and ingest. */
  scopes: ReadonlySet<Scope>;
  /** Only of sessions: what an unsafe request must send back (`checkCsrf`). */
  csrf?: string;
}

/** What the store and every question about rows take. null = every tenant. */
export interface TenantScope {
  readonly tenant: string | null;
}

/** How `*` in a key or user is written: every tenant. No tenant can have this name. */
export const ALL_TENANTS = '*';
export const DEFAULT_TENANT = 'default';

const IMPLIED: Partial<Record<Scope, readonly Scope[]>> = { admin: ['ingest', 'read'] };

/** Everything except `beacon`, which takes rights away rather than giving them. */
export const OWNER_SCOPES: readonly Scope[] = ['ingest', 'read', 'admin', 'unblur'];

export const SYSTEM: Caller = { kind: 'system', id: 'pegbar', tenant: null, scopes: new Set(OWNER_SCOPES) };

export function withImplied(scopes: readonly Scope[]): ReadonlySet<Scope> {
  return new Set(scopes.flatMap((scope) => [scope, ...(IMPLIED[scope] ?? [])]));
}

/** How the audit log names a caller. */
export const actorName = (caller: Caller): string => `${caller.kind}:${caller.id}`;

const TENANT_NAME = /^[a-z0-9._-]{1,64}$/;

/** 1-64 of a-z, 0-9, `.`, `_` and `-`; not only dots, which would be a path. */
export function isTenantName(name: string): boolean {
  return TENANT_NAME.test(name) && !/^\.+$/.test(name);
}

export function checkTenantName(name: string, field = 'tenant'): Result<string, AccessError> {
  if (isTenantName(name)) return ok(name);
  return refuse('invalid_request', `${field}: ${JSON.stringify(name.slice(0, 80))} is not a tenant name`, {
    field,
    hint: 'Use 1 to 64 of the characters a-z, 0-9, ".", "_" and "-".',
  });
}

/** 403 that names the scope, unless the caller has it. */
export function requireScope(caller: Caller, scope: Scope): Result<void, AccessError> {
  if (caller.scopes.has(scope)) return ok(undefined);
  return refuse('forbidden', `this needs the scope ${scope}`, {
    hint: `Use a key made with \`pegbar keys create --scopes ${scope}\`.`,
  });
}

/**
 * The scope of a question. A caller of one tenant that asks for another gets 404, the same as for a tenant
 * that does not exist, so that the answer tells nothing about others.
 */
export function scopeFor(caller: Caller, requestedTenant?: string): Result<TenantScope, AccessError> {
  if (requestedTenant === undefined) return ok({ tenant: caller.tenant });
  if (caller.tenant === null) {
    const name = checkTenantName(requestedTenant);
    return name.ok ? ok({ tenant: name.value }) : name;
  }
  if (requestedTenant === caller.tenant) return ok({ tenant: caller.tenant });
  return refuse('not_found', 'there is no such tenant', { field: 'tenant' });
}

/** Refuses unless the caller is an admin of that tenant (null: of the whole installation). */
export function requireAdmin(caller: Caller, tenant: string | null): Result<void, AccessError> {
  const admin = requireScope(caller, 'admin');
  if (!admin.ok || caller.tenant === null || caller.tenant === tenant) return admin;
  if (tenant === null) {
    return refuse('forbidden', 'this concerns every tenant, and the key belongs to one', {
      hint: 'Use an admin key of the tenant "*".',
    });
  }
  return refuse('not_found', 'there is no such tenant', { field: 'tenant' });
}
