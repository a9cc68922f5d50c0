/** Pinned traces: somebody wants to see them again, so sampling does not take them. They go with the kept traces. */
import { ok, type Result } from '../base/result.ts';
import type { Store } from './client.ts';
import type { StoreError } from './errors.ts';
import type { TenantScope } from './scope.ts';

/** Condition of rows that no pin keeps, over `tenant` and `trace_id`. */
export const NOT_PINNED = '(tenant, trace_id) NOT IN (SELECT tenant, trace_id FROM pinned_traces)';

const TENANTS_OF_TRACE = `
SELECT DISTINCT tenant FROM spans WHERE {tenant_filter} AND trace_id = toFixedString(unhex({trace:String}), 16)`;
const PIN = `
INSERT INTO pinned_traces (tenant, trace_id, timestamp)
SELECT arrayJoin({tenants:Array(String)}), toFixedString(unhex({trace:String}), 16), fromUnixTimestamp64Milli({now:Int64})`;
const PINNED = `
SELECT DISTINCT tenant FROM pinned_traces WHERE {tenant_filter} AND trace_id = toFixedString(unhex({trace:String}), 16)`;
const UNPIN = `
DELETE FROM pinned_traces WHERE tenant IN {tenants:Array(String)} AND trace_id = toFixedString(unhex({trace:String}), 16)`;

/** Pins a trace, 32 hexadecimal digits. Answers the tenants whose trace it is; none where there is no such trace. */
export async function pinTrace(
  store: Store,
  scope: TenantScope,
  trace: string,
  now_ms: number,
): Promise<Result<string[], StoreError>> {
  const tenants = await tenantsOf(store, scope, TENANTS_OF_TRACE, trace);
  if (!tenants.ok || tenants.value.length === 0) return tenants;
  const pinned = await tenantsOf(store, scope, PINNED, trace);
  if (!pinned.ok) return pinned;
  const missing = tenants.value.filter((tenant) => !pinned.value.includes(tenant));
  if (missing.length === 0) return tenants;
  const done = await store.command(PIN, { params: { tenants: missing, trace, now: now_ms } });
  return done.ok ? tenants : done;
}

/** Whether a trace is pinned by any tenant of the scope. */
export async function isPinned(
  store: Store,
  scope: TenantScope,
  trace: string,
): Promise<Result<boolean, StoreError>> {
  const tenants = await tenantsOf(store, scope, PINNED, trace);
  return tenants.ok ? ok(tenants.value.length > 0) : tenants;
}

/** Takes the pin away; the tenants that had one. */
export async function unpinTrace(
  store: Store,
  scope: TenantScope,
  trace: string,
): Promise<Result<string[], StoreError>> {
  const tenants = await tenantsOf(store, scope, PINNED, trace);
  if (!tenants.ok || tenants.value.length === 0) return tenants;
  const done = await store.command(UNPIN, {
    params: { tenants: tenants.value, trace },
    settings: { lightweight_deletes_sync: 2 },
  });
  return done.ok ? tenants : done;
}

async function tenantsOf(
  store: Store,
  scope: TenantScope,
  sql: string,
  trace: string,
): Promise<Result<string[], StoreError>> {
  const found = await store.scoped(scope).rows<{ tenant: string }>(sql, { params: { trace } });
  return found.ok ? ok(found.value.map((row) => row.tenant)) : found;
}
