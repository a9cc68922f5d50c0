/**
 * Tenants and what their documents say. All of them are in memory, because every event asks for its tenant's
 * spec before it is stored.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { ok, type Result } from '../base/result.ts';
import type { State } from '../state/index.ts';
import { type Caller, checkTenantName, DEFAULT_TENANT, type TenantScope } from './caller.ts';
import { type AccessError, refuse } from './errors.ts';
import * as SQL from './queries.ts';
import { resolveTenantSpec, type TenantDefaults, type TenantSpec, tenantSpecSchema } from './tenant-spec.ts';

/** Each has rows in every rollup and a database of the engine; keyless writers may invent names. */
const MAX_TENANTS = 1_000;
/** Only writers that take the same slot in the same moment have to try again. */
const SLOT_ATTEMPTS = 10;

export interface Tenant {
  name: string;
  /** Number of the engine user and database that serve its free SQL: 0, 1, 2, … and never given again. */
  slot: number;
  /** Epoch milliseconds. */
  created_at: number;
}

export type TenantListener = (name: string, spec: TenantSpec) => void;

export interface Tenants {
  /** Makes the tenant if need be. Durable when it resolves. */
  ensure(name: string): Promise<Result<Tenant, AccessError>>;
  /** In memory; defaults for a tenant without a document, known or not. */
  spec(name: string): TenantSpec;
  list(scope: TenantScope): Tenant[];
  /**
   * Whose an incoming row is: the key's tenant, whatever the row says (counted when it says another); without
   * a fixed tenant the row's own, else `default`. A new tenant is made on the side.
   */
  forWrite(caller: Caller, rowTenant?: string): Result<string, AccessError>;
  /** Called for a new tenant and after each change of a spec. Returns how to stop it. */
  onChange(listener: TenantListener): () => void;
  /** Takes over what `apply` and `delete` have stored; undefined = no document any more. */
  setDocument(name: string, spec: unknown): void;
}

interface TenantDeps {
  state: State;
  clock: Clock;
  counters: Counters;
  log: Log;
  defaults: TenantDefaults;
}

export async function createTenants(deps: TenantDeps): Promise<Tenants> {
  const { state, clock, counters, log } = deps;
  const known = new Map<string, Tenant>();
  const specs = new Map<string, TenantSpec>();
  const making = new Map<string, Promise<Result<Tenant, AccessError>>>();
  const listeners = new Set<TenantListener>();
  const defaults = resolveTenantSpec({}, deps.defaults);

  for (const tenant of await state.all<Tenant>(SQL.LIST_TENANTS)) known.set(tenant.name, tenant);
  for (const row of await state.all<{ name: string; spec: string }>(SQL.RESOURCES_OF_KIND, ['Tenant'])) {
    specs.set(row.name, readStoredSpec(row.name, JSON.parse(row.spec)));
  }

  /** A document that this version cannot read must not silently fall back to weaker protection. */
  function readStoredSpec(name: string, document: unknown): TenantSpec {
    const parsed = tenantSpecSchema.safeParse(document);
    if (!parsed.success) throw new Error(`the stored Tenant ${name} is not valid: ${parsed.error.message}`);
    return resolveTenantSpec(parsed.data, deps.defaults);
  }

  function spec(name: string): TenantSpec {
    return specs.get(name) ?? defaults;
  }

  function announce(name: string): void {
    for (const listener of listeners) {
      try {
        listener(name, spec(name));
      } catch (error) {
        log.error({ tenant: name, error: String(error) }, 'a listener failed on a change of the tenant');
      }
    }
  }

  async function make(name: string): Promise<Result<Tenant, AccessError>> {
    for (let attempt = 0; attempt < SLOT_ATTEMPTS; attempt += 1) {
      const tenant =
        (await state.get<Tenant>(SQL.INSERT_TENANT, [name, clock.now()])) ??
        (await state.get<Tenant>(SQL.TENANT, [name]));
      if (!tenant) continue;
      known.set(name, tenant);
      announce(name);
      return ok(tenant);
    }
    throw new Error(`no free slot for the tenant ${name} after ${SLOT_ATTEMPTS} attempts`);
  }

  /** Room for one more, counting those that are being made. */
  function checkRoom(): Result<void, AccessError> {
    if (known.size + making.size < MAX_TENANTS) return ok(undefined);
    return refuse('conflict', `there are ${MAX_TENANTS} tenants already`, {
      field: 'tenant',
      hint: 'Check that senders do not invent tenant names; send with keys, which fix the tenant.',
    });
  }

  async function ensure(name: string): Promise<Result<Tenant, AccessError>> {
    const there = known.get(name);
    if (there) return ok(there);
    const checked = checkTenantName(name);
    if (!checked.ok) return checked;
    const underway = making.get(name);
    if (underway !== undefined) return underway;
    const room = checkRoom();
    if (!room.ok) return room;
    const made = make(name).finally(() => making.delete(name));
    making.set(name, made);
    return made;
  }

  return {
    ensure,
    spec,
    list: ({ tenant }) => [...known.values()].filter(({ name }) => tenant === null || name === tenant),
    forWrite(caller, rowTenant) {
      if (caller.tenant !== null) {
        if (rowTenant !== undefined && rowTenant !== caller.tenant)
          counters.add('pegbar_tenant_overridden_total');
        return ok(caller.tenant);
      }
      const name = rowTenant || DEFAULT_TENANT;
      if (known.has(name) || making.has(name)) return ok(name);
      const checked = checkTenantName(name);
      if (!checked.ok) return checked;
      const room = checkRoom();
      if (!room.ok) return room;
      ensure(name).catch((error: unknown) =>
        log.error({ tenant: name, error: String(error) }, 'the tenant could not be made'),
      );
      return ok(name);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    setDocument(name, document) {
      if (document === undefined) specs.delete(name);
      else specs.set(name, readStoredSpec(name, document));
      announce(name);
    },
  };
}
