import { expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { State } from '../state/index.ts';
import { digest } from './key-format.ts';
import { createKeyring, type KeyRow } from './keyring.ts';

const row: KeyRow = {
  id: 'key_1',
  tenant: 'a',
  name: '',
  scopes: '["read"]',
  origins: '[]',
  hash: digest('secret').toString('hex'),
  created_at: 1,
  created_by: 'system:pegbar',
  last_used_at: null,
  revoked_at: null,
};

/** A state store that answers when told, so that a revocation can fall into the middle of a read. */
function slowState() {
  const answers: (() => void)[] = [];
  const later = <T>(value: T) => new Promise<T>((resolve) => answers.push(() => resolve(value)));
  const state = { all: () => later([row]), get: () => later(row), transaction: async () => undefined };
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { state: state as unknown as State, answer };
}

it('does not bring a key back that was revoked while all keys were being read', async () => {
  const { state, answer } = slowState();
  const ring = createKeyring(state, systemClock);
  const reading = ring.refresh();
  await new Promise((resolve) => setImmediate(resolve));
  ring.drop(row.hash);
  await answer();
  await reading;
  expect(ring.find('secret')).toBeUndefined();
});

it('does not bring a key back that was revoked while it was being looked up', async () => {
  const { state, answer } = slowState();
  const ring = createKeyring(state, systemClock);
  const looking = ring.findStored('secret');
  ring.drop(row.hash);
  await answer();
  expect(await looking).toBeUndefined();
  expect(ring.find('secret')).toBeUndefined();
});

it('finds a key that another process has made, and remembers it', async () => {
  const { state, answer } = slowState();
  const ring = createKeyring(state, systemClock);
  const looking = ring.findStored('secret');
  await answer();
  expect(await looking).toMatchObject({ info: { id: 'key_1' }, caller: { tenant: 'a' } });
  expect(ring.find('secret')).toBeDefined();
  expect(ring.find('secreT')).toBeUndefined();
});
