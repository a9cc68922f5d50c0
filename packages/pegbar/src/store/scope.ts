/** The tenant filter, in the one place where it is written. */

/** What `access/` decided the caller may see: one tenant, or with null all of them. */
export interface TenantScope {
  tenant: string | null;
}

/**
 * `{tenant_filter}`, or `{tenant_filter:alias}` where a joined table carries the tenant. `{tenant_total}` is for the
 * rollups, which hold a row of the sums over all tenants beside those of each: whoever sees all reads the sums.
 */
const PLACEHOLDER = /\{tenant_(filter|total)(?::([a-z_][a-z0-9_]*))?\}/gi;
/** Whose rollup rows are the sums over all tenants; nobody is called so. */
export const TOTAL_TENANT = '';

/** Name of the bound parameter; a caller's parameters may not use it. */
export const SCOPE_PARAM = 'scope_tenant';

/**
 * SQL and parameters with the filter in place. Throws where the text has no placeholder, because a query
 * without one would read the rows of everybody: that is a bug, not a failure.
 */
export function applyScope(
  scope: TenantScope,
  sql: string,
  params: Record<string, unknown>,
): { sql: string; params: Record<string, unknown> } {
  if (sql.search(PLACEHOLDER) < 0)
    throw new Error(`scoped query without {tenant_filter}: ${sql.slice(0, 200)}`);
  if (SCOPE_PARAM in params) throw new Error(`${SCOPE_PARAM} is reserved`);
  // The sums over all tenants are no tenant's.
  if (scope.tenant === TOTAL_TENANT) throw new Error('a scope names a tenant, or null for all of them');
  const qualified = (alias?: string): string => `${alias ? `${alias}.` : ''}tenant`;
  const { tenant } = scope;
  const filtered = sql.replaceAll(PLACEHOLDER, (_all, what: string, alias?: string) => {
    if (tenant !== null) return `${qualified(alias)} = {${SCOPE_PARAM}:String}`;
    return what.toLowerCase() === 'total' ? `${qualified(alias)} = '${TOTAL_TENANT}'` : '1';
  });
  if (tenant === null) return { sql: filtered, params };
  return { sql: filtered, params: { ...params, [SCOPE_PARAM]: tenant } };
}
