/** The cases that every adapter of the state port must pass. An adapter is one line of `adapters`. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, shippedMigrations } from './migrate.ts';
import { openSqlite } from './sqlite.ts';
import { type State, StateUsageError } from './state.ts';

const adapters: { name: string; open: () => Promise<State> }[] = [
  { name: 'SQLite', open: async () => openSqlite(':memory:') },
];

describe.each(adapters)('the state port on $name', ({ open }) => {
  let state: State;
  beforeEach(async () => {
    state = await open();
    const migrated = await migrate(state, shippedMigrations(), 1_000);
    expect(migrated.ok).toBe(true);
    await state.run(
      'create table probe (id text primary key, n bigint, f double precision, owner text references tenants (name))',
    );
  });
  afterEach(() => state.close());

  const insert = 'insert into probe (id, n, f) values (?, ?, ?)';

  it('gives back text, whole numbers to 2^53, fractions and null as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
        fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
        fc.option(fc.double({ noNaN: true, min: -1e15, max: 1e15 })),
        async (id, n, f) => {
          await state.run('delete from probe');
          await state.run(insert, [id, n, f]);
          const row = await state.get('select id, n, f from probe');
          expect(row).toEqual({ id, n, f: f === null ? null : f + 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('replaces NUL and half characters instead of cutting the text there', async () => {
    await state.run(insert, ['a\0b\ud800c', 1, null]);
    expect(await state.get('select id from probe')).toEqual({ id: 'a\ufffdb\ufffdc' });
  });

  it('refuses what the engines would store differently', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, true, undefined, 5n, new Date()]) {
      await expect(state.run(insert, ['x', value as number, null])).rejects.toThrow(StateUsageError);
    }
    expect(await state.all('select id from probe')).toEqual([]);
  });

  it('refuses a wrong number of parameters', async () => {
    await expect(state.run(insert, ['x', 1])).rejects.toThrow('3 parameters wanted, 2 given');
    await expect(state.all('select id from probe', ['x'])).rejects.toThrow('0 parameters wanted, 1 given');
  });

  it('leaves question marks in text and comments alone', async () => {
    await state.run(insert, ["what's ?", 1, null]);
    const rows = await state.all(
      `select '?' as mark, "id" from probe -- why?
      where id = ? /* ? */`,
      ["what's ?"],
    );
    expect(rows).toEqual([{ mark: '?', id: "what's ?" }]);
  });

  it('returns rows of upserts and counts changes', async () => {
    const upsert =
      'insert into probe (id, n) values (?, ?) on conflict (id) do update set n = excluded.n returning id, n';
    expect(await state.get(upsert, ['a', 1])).toEqual({ id: 'a', n: 1 });
    expect(await state.get(upsert, ['a', 2])).toEqual({ id: 'a', n: 2 });
    expect(
      await state.get('insert into probe (id) values (?) on conflict (id) do nothing returning id', ['a']),
    ).toBeUndefined();
    expect(await state.run('update probe set n = 5 where n < ?', [5])).toEqual({ changes: 1 });
    expect(await state.get('select count(*) as c from probe')).toEqual({ c: 1 });
  });

  it('keeps nothing of a transaction that throws', async () => {
    const attempt = state.transaction(async (tx) => {
      await tx.run(insert, ['a', 1, null]);
      throw new Error('changed my mind');
    });
    await expect(attempt).rejects.toThrow('changed my mind');
    expect(await state.all('select id from probe')).toEqual([]);
  });

  it('keeps foreign keys', async () => {
    await expect(state.run('insert into probe (id, owner) values (?, ?)', ['a', 'nobody'])).rejects.toThrow();
  });

  it('runs transactions that overlap one after the other', async () => {
    await state.run(insert, ['a', 0, null]);
    const addOne = () =>
      state.transaction(async (tx) => {
        const row = await tx.get<{ n: number }>('select n from probe where id = ?', ['a']);
        await new Promise((resolve) => setImmediate(resolve));
        await tx.run('update probe set n = ? where id = ?', [row!.n + 1, 'a']);
      });
    await Promise.all([...Array(20)].map(addOne));
    expect(await state.get('select n from probe')).toEqual({ n: 20 });
  });

  it('shows statements outside a transaction nothing of it before it ends', async () => {
    const inside = state.transaction(async (tx) => {
      await tx.run(insert, ['a', 1, null]);
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('no');
    });
    const outside = state.all('select id from probe');
    await expect(inside).rejects.toThrow('no');
    expect(await outside).toEqual([]);
  });

  it('refuses the outer state inside a transaction instead of waiting for itself', async () => {
    const attempt = state.transaction(() => state.all('select 1 as one'));
    await expect(attempt).rejects.toThrow('only its handle');
    expect(await state.all('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses the handle of a transaction that has ended', async () => {
    const handle = await state.transaction(async (tx) => ({ tx }));
    await expect(handle.tx.run(insert, ['a', 1, null])).rejects.toThrow('has ended');
  });

  it('goes on after a failed statement', async () => {
    await state.run(insert, ['a', 1, null]);
    await expect(state.run(insert, ['a', 1, null])).rejects.toThrow();
    await expect(state.all('selec nothing')).rejects.toThrow();
    expect(await state.get('select n from probe')).toEqual({ n: 1 });
  });

  it('rejects after it was closed, and may be closed twice', async () => {
    const other = await open();
    await other.close();
    await other.close();
    await expect(other.all('select 1 as one')).rejects.toThrow('closed');
  });
});
