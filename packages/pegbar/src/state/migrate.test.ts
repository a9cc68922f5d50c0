import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { openState } from './index.ts';
import { migrate, shippedMigrations } from './migrate.ts';
import { openSqlite } from './sqlite.ts';
import type { State } from './state.ts';

let state: State;
beforeEach(() => {
  state = openSqlite(':memory:');
});
afterEach(() => state.close());

const first = { name: '0001_a.sql', sql: 'create table a (id text);\ncreate table b (id text);' };
const second = { name: '0002_c.sql', sql: "insert into a (id) values ('once');" };

it('applies each migration once, in order', async () => {
  expect(await migrate(state, [first, second], 1)).toEqual({ ok: true, value: ['0001_a.sql', '0002_c.sql'] });
  expect(await migrate(state, [first, second], 2)).toEqual({ ok: true, value: [] });
  expect(await state.all('select id from a')).toEqual([{ id: 'once' }]);
});

it('stops at an applied migration whose text has changed and names it', async () => {
  await migrate(state, [first], 1);
  const result = await migrate(state, [{ ...first, sql: `${first.sql} -- touched` }, second], 2);
  expect(result).toMatchObject({ ok: false, error: { code: 'migration_changed', migration: '0001_a.sql' } });
});

it('does not take Windows line ends for a change', async () => {
  await migrate(state, [first], 1);
  expect(await migrate(state, [{ ...first, sql: first.sql.replaceAll('\n', '\r\n') }], 2)).toMatchObject({
    ok: true,
  });
});

it('refuses a store that a newer version has written', async () => {
  await migrate(state, [first, second], 1);
  const result = await migrate(state, [first], 2);
  expect(result).toMatchObject({ ok: false, error: { code: 'migration_unknown', migration: '0002_c.sql' } });
});

it('takes a failing migration back whole, keeps those before it, and goes on when it is mended', async () => {
  const broken = {
    name: '0002_c.sql',
    sql: "insert into a (id) values ('half'); insert into nowhere values (1);",
  };
  const result = await migrate(state, [first, broken], 1);
  expect(result).toMatchObject({ ok: false, error: { code: 'migration_failed', migration: '0002_c.sql' } });
  expect(await state.all('select id from a')).toEqual([]);
  expect(await migrate(state, [first, second], 2)).toEqual({ ok: true, value: ['0002_c.sql'] });
});

it('lets two starts at the same time both succeed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-state-'));
  const path = join(folder, 'state.db');
  const opened = await Promise.all([1, 2].map(() => openState({ path, clock: systemClock })));
  for (const one of opened) {
    expect(one.ok).toBe(true);
    if (one.ok) await one.value.close();
  }
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  rmSync(folder, { recursive: true });
});

it('ships migrations with every table that the rooms need', async () => {
  await migrate(state, shippedMigrations(), 1);
  const tables = await state.all<{ name: string }>(
    "select name from sqlite_master where type = 'table' order by name",
  );
  expect(tables.map(({ name }) => name)).toEqual(
    'audit dirty_hours dirty_quarters drift_findings drift_monitors erasures imports keys login_links opt_outs resources sessions settings state_migrations style_centroids tenants users'.split(
      ' ',
    ),
  );
});
