import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { checkSecrets, loadSecrets, openState } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (dir = folder) => {
  const loaded = loadSecrets(dir);
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
};

it('gives a tenant the same secret after every start, and each tenant another', () => {
  const before = load();
  const after = load();
  expect(after.tenantSecret('a')).toEqual(before.tenantSecret('a'));
  expect(after.tenantSecret('a')).toHaveLength(32);
  expect(after.tenantSecret('b')).not.toEqual(after.tenantSecret('a'));
  expect(after.derive('a')).not.toEqual(after.tenantSecret('a'));
});

it.skipIf(process.platform === 'win32')(
  'keeps the file to its owner, also after it was copied with a wider mode',
  () => {
    const path = join(folder, 'secrets.json');
    load();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    load();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
  },
);

it('never replaces a damaged file', () => {
  for (const text of ['', '{', '{"version":1,"root":"c2hvcnQ="}', '{"version":2}', 'null']) {
    writeFileSync(join(folder, 'secrets.json'), text);
    expect(loadSecrets(folder)).toMatchObject({ ok: false, error: { code: 'secrets_damaged' } });
  }
});

it('notices that the secrets do not belong to the database', async () => {
  const opened = await openState({ path: ':memory:', clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  const own = load();
  expect(await checkSecrets(opened.value, own, 1)).toMatchObject({ ok: true });
  expect(await checkSecrets(opened.value, own, 2)).toMatchObject({ ok: true });
  rmSync(join(folder, 'secrets.json'));
  expect(await checkSecrets(opened.value, load(), 3)).toMatchObject({
    ok: false,
    error: { code: 'secrets_changed' },
  });
  await opened.value.close();
});
