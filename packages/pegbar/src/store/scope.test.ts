import { expect, test } from 'vitest';
import { applyScope, TOTAL_TENANT } from './scope.ts';

const SQL = 'SELECT n FROM roll_hours AS t WHERE {tenant_total:t}';

test('the sums over all tenants are read by whoever sees all of them, and by nobody else', () => {
  expect(applyScope({ tenant: null }, SQL, {})).toEqual({
    sql: "SELECT n FROM roll_hours AS t WHERE t.tenant = ''",
    params: {},
  });
  expect(applyScope({ tenant: 'a' }, SQL, {})).toEqual({
    sql: 'SELECT n FROM roll_hours AS t WHERE t.tenant = {scope_tenant:String}',
    params: { scope_tenant: 'a' },
  });
  expect(() => applyScope({ tenant: TOTAL_TENANT }, SQL, {})).toThrow('names a tenant');
});

test('rows of each tenant are filtered, or all of them seen', () => {
  const each = SQL.replace('total:t', 'filter');
  expect(applyScope({ tenant: 'a' }, each, {}).sql).toContain('tenant = {scope_tenant:String}');
  expect(applyScope({ tenant: null }, each, {}).sql).toMatch(/WHERE 1$/);
});
