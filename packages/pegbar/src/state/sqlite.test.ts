import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { openSqlite } from './sqlite.ts';

it('waits for the write lock of another process without standing still itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-busy-'));
  const [one, other] = [openSqlite(join(folder, 'state.db')), openSqlite(join(folder, 'state.db'))];
  await one.run('create table probe (id text)');
  const holding = one.transaction(async (tx) => {
    await tx.run('insert into probe (id) values (?)', ['first']);
    await systemClock.sleep(300);
  });
  await other.run('insert into probe (id) values (?)', ['second']);
  await holding;
  expect(await one.all('select id from probe')).toEqual([{ id: 'first' }, { id: 'second' }]);
  await Promise.all([one.close(), other.close()]);
  rmSync(folder, { recursive: true });
});

it('keeps what was committed when it is opened again, and asks for a full sync of each commit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-again-'));
  const path = join(folder, 'state.db');
  const first = openSqlite(path);
  await first.run('create table probe (id text)');
  await first.run('insert into probe (id) values (?)', ['kept']);
  await first.close();
  const again = openSqlite(path);
  expect(await again.all('select id from probe')).toEqual([{ id: 'kept' }]);
  expect(await again.get('pragma synchronous')).toEqual({ synchronous: 2 });
  expect(await again.get('pragma journal_mode')).toEqual({ journal_mode: 'wal' });
  expect(await again.get('pragma foreign_keys')).toEqual({ foreign_keys: 1 });
  await again.close();
  rmSync(folder, { recursive: true });
});
