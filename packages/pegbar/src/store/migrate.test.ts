import { TABLES } from '@pegbar/contract';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { Migration } from '../base/migrations.ts';
import type { Store } from './client.ts';
import { ddlOf } from './ddl.ts';
import { migrate, shippedMigrations, statementsOf } from './migrate.ts';
import { engineMissing, patientClock, startTestStore, type TestStore } from './testing.ts';

const missing = engineMissing();

it('splits a file at the semicolons that end a line', () => {
  expect(statementsOf("-- head; \nSELECT ';';\nSELECT\n 2\n;\n\n-- tail;\n")).toEqual([
    "SELECT ';'",
    'SELECT\n 2',
  ]);
});

describe.skipIf(missing !== null)(`migrations of the store${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let test: TestStore;
  let store: Store;
  beforeAll(async () => {
    test = await startTestStore({ holds: 'nothing', clock: patientClock });
    store = test.store;
  });
  afterEach(async () => {
    await store.command('DROP DATABASE IF EXISTS pegbar SYNC', { unbound: true });
  });
  afterAll(() => test?.stop());

  async function read(sql: string): Promise<Record<string, unknown>[]> {
    const result = await store.rows<Record<string, unknown>>(sql);
    if (!result.ok) throw new Error(result.error.message);
    return result.value;
  }

  const first: Migration = {
    name: '0001_a.sql',
    sql: 'CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;\nCREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x;\n',
  };
  const second: Migration = { name: '0002_b.sql', sql: 'ALTER TABLE a ADD COLUMN IF NOT EXISTS y UInt8;\n' };

  it('yields exactly the tables that the contract describes', async () => {
    expect(await migrate(store, shippedMigrations(), systemClock)).toMatchObject({ ok: true });
    await store.command('CREATE DATABASE want ENGINE = Atomic', { unbound: true });
    for (const table of TABLES) {
      const made = await store.command(ddlOf(table).replace('IF NOT EXISTS ', 'IF NOT EXISTS want.'));
      if (!made.ok) throw new Error(made.error.message);
    }
    const shape = (database: string): string =>
      `SELECT name, replaceAll(create_table_query, '${database}.', '') AS ddl FROM system.tables
       WHERE database = '${database}' AND name != 'schema_migrations' ORDER BY name`;
    expect(await read(shape('pegbar'))).toEqual(await read(shape('want')));
    expect(await read(shape('want'))).toHaveLength(TABLES.length);
    await store.command('DROP DATABASE want SYNC', { unbound: true });
  });

  it('applies each once, in order', async () => {
    expect(await migrate(store, [first], systemClock)).toEqual({ ok: true, value: ['0001_a.sql'] });
    expect(await migrate(store, [first, second], systemClock)).toEqual({ ok: true, value: ['0002_b.sql'] });
    expect(await migrate(store, [first, second], systemClock)).toEqual({ ok: true, value: [] });
    expect(await read("SELECT name FROM system.columns WHERE database = 'pegbar' AND table = 'a'")).toEqual([
      { name: 'x' },
      { name: 'y' },
    ]);
  });

  it('goes on after the statement that was recorded last', async () => {
    const halting: Migration = { name: '0001_a.sql', sql: first.sql };
    let commands = 0;
    // The third command of the file's work is its second statement: the process is gone before it.
    const dying: Store = {
      ...store,
      command: async (sql, options) => {
        if (sql.startsWith('CREATE TABLE IF NOT EXISTS b')) throw new Error('killed');
        commands += 1;
        return store.command(sql, options);
      },
    };
    await expect(migrate(dying, [halting], systemClock)).rejects.toThrow('killed');
    expect(await read('SELECT done, total FROM schema_migrations')).toEqual([{ done: 1, total: 2 }]);
    const statements: string[] = [];
    const watched: Store = {
      ...store,
      command: (sql, options) => {
        statements.push(sql.slice(0, 30));
        return store.command(sql, options);
      },
    };
    expect(await migrate(watched, [halting], systemClock)).toEqual({ ok: true, value: ['0001_a.sql'] });
    expect(commands).toBeGreaterThan(0);
    expect(statements.filter((sql) => sql.includes('EXISTS a'))).toEqual([]);
    expect(statements.filter((sql) => sql.includes('EXISTS b'))).toHaveLength(1);
  });

  it('survives a kill of the engine between two statements', async () => {
    const before = test.supervisor.current();
    const killing: Store = {
      ...store,
      command: async (sql, options) => {
        if (sql.startsWith('CREATE TABLE IF NOT EXISTS b')) {
          process.kill(test.supervisor.current()!.pid!, 'SIGKILL');
        }
        return store.command(sql, options);
      },
    };
    const result = await migrate(killing, [first], systemClock);
    if (!result.ok) expect(result.error).toMatchObject({ code: 'migration_failed', retryable: true });
    while (test.supervisor.current() === before) await systemClock.sleep(10);
    await test.supervisor.ready();
    await migrate(store, [first], systemClock);
    expect(await migrate(store, [first], systemClock)).toEqual({ ok: true, value: [] });
    expect(await read("SELECT name FROM system.tables WHERE database = 'pegbar' ORDER BY name")).toEqual([
      { name: 'a' },
      { name: 'b' },
      { name: 'schema_migrations' },
    ]);
  });

  it('refuses a store that a newer version has written', async () => {
    await migrate(store, [first, second], systemClock);
    expect(await migrate(store, [first], systemClock)).toMatchObject({
      ok: false,
      error: { code: 'migration_unknown', migration: '0002_b.sql' },
    });
  });

  it('stops at an applied file whose text has changed, and starts a mended one anew', async () => {
    const broken: Migration = { name: '0002_b.sql', sql: `${second.sql}SELEC;\n` };
    await migrate(store, [first], systemClock);
    expect(await migrate(store, [first, broken], systemClock)).toMatchObject({
      ok: false,
      error: { code: 'migration_failed', migration: '0002_b.sql', retryable: false },
    });
    expect(await migrate(store, [first, second], systemClock)).toEqual({ ok: true, value: ['0002_b.sql'] });
    const changed = { ...second, sql: `${second.sql}SELECT 1;\n` };
    expect(await migrate(store, [first, changed], systemClock)).toMatchObject({
      ok: false,
      error: { code: 'migration_changed', migration: '0002_b.sql' },
    });
  });
});
