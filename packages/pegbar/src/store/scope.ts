/** The tenant filter, in the one place where it is written. */

/** What `access/` decided the caller may see: one tenant, or with null all of them. */
export interface TenantScope {
  tenant: string | null;
}

/** `{tenant_filter}`, or `{tenant_filter:alias}` where a joined table carries the tenant. */
const PLACEHOLDER = /\{tenant_filter(?::([a-z_][a-z0-9_]*))?\}/gi;

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
  if (scope.tenant === null) return { sql: sql.replaceAll(PLACEHOLDER, '1'), params };
  const filtered = sql.replaceAll(
    PLACEHOLDER,
    (_all, alias?: string) => `${alias ? `${alias}.` : ''}tenant = {${SCOPE_PARAM}:String}`,
  );
  return { sql: filtered, params: { ...params, [SCOPE_PARAM]: scope.tenant } };
}
