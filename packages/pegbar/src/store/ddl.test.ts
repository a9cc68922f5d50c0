import { TABLES } from '@pegbar/contract';
import { expect, it } from 'vitest';
import { ddlOf, quote, tablesSql } from './ddl.ts';

it('has the tables of the contract in the first migration', async () => {
  await expect(tablesSql()).toMatchFileSnapshot('./migrations/0001_tables.sql');
});

it('starts every table with the tenant, and raw ones end with partition and segment', () => {
  for (const table of TABLES) expect([table.name, table.orderBy[0]]).toEqual([table.name, 'tenant']);
});

it('quotes what could end a literal', () => {
  expect(quote("it's \\ 'x'")).toBe("'it\\'s \\\\ \\'x\\''");
  expect(ddlOf(TABLES[0]!)).toContain('fsync_after_insert = 1');
});
