import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { openState, type State } from '../state/index.ts';
import {
  type Access,
  type Caller,
  checkCsrf,
  createAccess,
  SYSTEM,
  scopeFor,
  sessionCookie,
} from './index.ts';

const HERE = { remoteAddress: '127.0.0.1', host: '127.0.0.1:4300' };
const HOUR = 3_600_000;

let now: number;
let tick: () => void;
let state: State;
let access: Access;
const counters = createCounters();
const clock: Clock = {
  ...systemClock,
  now: () => now,
  every: (_ms, task) => {
    tick = task;
    return () => {};
  },
};

/** A server that starts on the same data directory. */
async function start(options: { adminKey?: string; requireKey?: boolean } = {}) {
  const log = silentLog;
  return createAccess({ state, clock, counters, log, requireKey: true, loopback: true, ...options });
}
function value<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const as = async (key: string, server = access) =>
  server.authenticate({ ...HERE, authorization: `Bearer ${key}` });
const callerOf = async (tenant: string, ...scopes: string[]): Promise<Caller> =>
  value(await as(value(await access.createKey({ tenant, scopes }, SYSTEM)).key));

beforeEach(async () => {
  now = Date.UTC(2026, 10, 20);
  state = value(await openState({ path: ':memory:', clock }));
  access = value(await start());
});
afterEach(async () => {
  await access.close();
  await state.close();
});

describe('keys', () => {
  it('are stored as hashes only', async () => {
    const { key } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    const stored = JSON.stringify([
      await state.all('select * from keys'),
      await state.all('select * from audit'),
    ]);
    expect(stored).not.toContain(key);
    expect(stored).not.toContain(key.slice(3, 33));
  });

  it('are refused from the moment a revocation is answered, also while a refresh is under way', async () => {
    const { key, id } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    expect(await as(key)).toMatchObject({ ok: true });
    tick();
    await access.revokeKey(id, SYSTEM);
    expect(access.authenticateNow({ ...HERE, authorization: `Bearer ${key}` }).ok).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await as(key)).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    expect(await access.revokeKey(id, SYSTEM)).toMatchObject({ ok: true });
  });

  it('that another server revokes are refused after a refresh', async () => {
    const other = value(await start());
    const otherTick = tick;
    const { key, id } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    expect(await as(key, other)).toMatchObject({ ok: true });
    await access.revokeKey(id, SYSTEM);
    otherTick();
    await expect.poll(async () => (await as(key, other)).ok).toBe(false);
    await other.close();
  });

  it('show when they were last used, also after a restart', async () => {
    const { key } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    now += HOUR;
    await as(key);
    const lastUse = async () => value(await access.listKeys(SYSTEM)).map((one) => one.last_used_at);
    expect(await lastUse()).toEqual([now]);
    await access.close();
    access = value(await start());
    expect(await lastUse()).toEqual([now]);
  });

  it('may be public only by themselves, for one tenant and for listed origins', async () => {
    const create = (request: object) => access.createKey({ tenant: 'a', ...request }, SYSTEM);
    const origins = ['https://studio.example'];
    expect(await create({ scopes: ['beacon'], origins })).toMatchObject({ ok: true });
    expect(await create({ scopes: ['beacon'] })).toMatchObject({ error: { field: 'origins' } });
    expect(await create({ scopes: ['beacon', 'read'], origins })).toMatchObject({
      error: { field: 'scopes' },
    });
    expect(await create({ scopes: ['beacon'], origins, tenant: '*' })).toMatchObject({
      error: { field: 'tenant' },
    });
    expect(await create({ scopes: ['read'], origins })).toMatchObject({ error: { field: 'origins' } });
    for (const bad of [
      '*',
      'studio.example',
      'https://studio.example/',
      'file://',
      'https://*.example',
      'HTTPS://A.example',
    ]) {
      const refused = await create({ scopes: ['beacon'], origins: [bad] });
      if (bad !== 'https://*.example') expect(refused, bad).toMatchObject({ error: { field: 'origins[0]' } });
    }
  });

  it('are refused with the field that is wrong', async () => {
    const create = (request: object) => access.createKey(request, SYSTEM);
    expect(await create({ tenant: 'a', scopes: [] })).toMatchObject({ error: { field: 'scopes' } });
    expect(await create({ tenant: 'a', scopes: ['root'] })).toMatchObject({ error: { field: 'scopes[0]' } });
    expect(await create({ tenant: 'A B', scopes: ['read'] })).toMatchObject({ error: { field: 'tenant' } });
    expect(await create({ tenant: 'a', scopes: ['read'], admin: true })).toMatchObject({
      error: { code: 'unknown_field', field: 'admin' },
    });
  });

  it('of a tenant admin reach no other tenant and give away nothing the admin lacks', async () => {
    const admin = await callerOf('a', 'admin');
    const other = value(await access.createKey({ tenant: 'b', scopes: ['read'] }, SYSTEM));
    expect(await access.createKey({ tenant: 'a', scopes: ['read', 'ingest'] }, admin)).toMatchObject({
      ok: true,
    });
    expect(await access.createKey({ tenant: 'a', scopes: ['unblur'] }, admin)).toMatchObject({
      error: { code: 'forbidden' },
    });
    expect(await access.createKey({ tenant: 'b', scopes: ['read'] }, admin)).toMatchObject({
      error: { code: 'not_found' },
    });
    expect(await access.createKey({ tenant: '*', scopes: ['read'] }, admin)).toMatchObject({
      error: { code: 'forbidden' },
    });
    expect(await access.revokeKey(other.id, admin)).toMatchObject({ error: { code: 'not_found' } });
    expect(value(await access.listKeys(admin)).every(({ tenant }) => tenant === 'a')).toBe(true);
    const reader = await callerOf('a', 'read');
    expect(await access.listKeys(reader)).toMatchObject({ error: { code: 'forbidden' } });
    expect(await access.revokeKey(other.id, reader)).toMatchObject({ error: { code: 'forbidden' } });
  });
});

describe('the first admin key', () => {
  it('is given once in the life of a data directory', async () => {
    expect(access.hasAdminKey()).toBe(false);
    const key = await access.firstAdminKey();
    expect(await as(key!)).toMatchObject({ value: { tenant: null } });
    expect(await access.firstAdminKey()).toBeNull();
    const again = value(await start());
    expect(await again.firstAdminKey()).toBeNull();
    expect(again.hasAdminKey()).toBe(true);
    await again.close();
  });

  it('set from outside is the same after every start, gives way to another, and stays revoked', async () => {
    const [first, second] = ['outside-key-number-one', 'outside-key-number-two'];
    for (let round = 0; round < 2; round += 1) {
      const server = value(await start({ adminKey: first }));
      expect(await as(first, server)).toMatchObject({ ok: true });
      expect(await server.firstAdminKey()).toBeNull();
      await server.close();
    }
    const rotated = value(await start({ adminKey: second }));
    expect(await as(first, rotated)).toMatchObject({ ok: false });
    expect(await as(second, rotated)).toMatchObject({ ok: true });
    const live = value(await rotated.listKeys(SYSTEM)).filter((key) => key.revoked_at === null);
    expect(live).toHaveLength(1);
    await rotated.revokeKey(live[0]!.id, SYSTEM);
    const after = value(await start({ adminKey: second }));
    expect(await as(second, after)).toMatchObject({ ok: false });
    expect(after.hasAdminKey()).toBe(false);
    await Promise.all([rotated.close(), after.close()]);
  });

  it('from outside must be long, and must not be a lesser key', async () => {
    for (const adminKey of ['', 'short', 'with spaces in the middle of it', 'ümläut-ümläut-ümläut-ü']) {
      expect(await start({ adminKey })).toMatchObject({ ok: false, error: { field: 'admin_key' } });
    }
    const { key } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    expect(await start({ adminKey: key })).toMatchObject({ ok: false, error: { field: 'admin_key' } });
  });
});

describe('sessions', () => {
  const enter = async () => value(await access.redeem(value(await access.createLoginLink()).token));
  const visit = async (token: string) => access.authenticate({ ...HERE, cookie: `pegbar_session=${token}` });

  it('come from a login link that opens once, within 15 minutes', async () => {
    const { token } = value(await access.createLoginLink());
    const outcomes = await Promise.all([access.redeem(token), access.redeem(token), access.redeem(token)]);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    const late = value(await access.createLoginLink());
    now += 15 * 60_000;
    expect(await access.redeem(late.token)).toMatchObject({ error: { code: 'unauthenticated' } });
    expect(await access.redeem('guess')).toMatchObject({ error: { code: 'unauthenticated' } });
  });

  it('end 12 hours after the last visit, and 30 days after the first', async () => {
    const { token } = await enter();
    for (let hours = 0; hours < 30 * 24 - 11; hours += 11) {
      expect((await visit(token)).ok, `after ${hours} h`).toBe(true);
      now += 11 * HOUR;
    }
    now += 11 * HOUR;
    expect((await visit(token)).ok).toBe(false);
    const idle = await enter();
    now += 12 * HOUR;
    expect((await visit(idle.token)).ok).toBe(false);
  });

  it('end with logout, and when their user is disabled', async () => {
    const { token } = await enter();
    await access.logout(token);
    expect((await visit(token)).ok).toBe(false);
    value(await access.createUser({ name: 'mika', tenant: 'a', scopes: ['read'] }, SYSTEM));
    expect(await access.createUser({ name: 'mika', tenant: 'a', scopes: ['read'] }, SYSTEM)).toMatchObject({
      error: { code: 'conflict' },
    });
    const mika = value(await access.redeem(value(await access.createLoginLink('mika')).token));
    expect(value(await visit(mika.token))).toMatchObject({ kind: 'session', id: 'mika', tenant: 'a' });
    await access.disableUser('mika', SYSTEM);
    expect((await visit(mika.token)).ok).toBe(false);
    expect(await access.createLoginLink('mika')).toMatchObject({ error: { code: 'not_found' } });
  });

  it('need their CSRF token for what changes something; keys need none', async () => {
    const { token, csrf } = await enter();
    const caller = value(await visit(token));
    expect(caller.csrf).toBe(csrf);
    expect(checkCsrf(caller, 'GET', undefined).ok).toBe(true);
    for (const wrong of [undefined, '', `${csrf}x`, token]) {
      expect(checkCsrf(caller, 'POST', wrong)).toMatchObject({ error: { code: 'forbidden' } });
    }
    expect(checkCsrf(caller, 'DELETE', csrf).ok).toBe(true);
    expect(checkCsrf(SYSTEM, 'POST', undefined).ok).toBe(true);
    expect(sessionCookie(token, true)).toMatch(/; HttpOnly; SameSite=Strict; .*; Secure$/);
  });

  it('are stored as hashes only', async () => {
    const link = value(await access.createLoginLink());
    const { token } = await enter();
    const stored = JSON.stringify([
      await state.all('select * from sessions'),
      await state.all('select * from login_links'),
    ]);
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(link.token);
  });
});

describe('the tenant', () => {
  it('of a question is the key’s, and another one is not there', async () => {
    const reader = await callerOf('a', 'read');
    expect(scopeFor(reader)).toEqual({ ok: true, value: { tenant: 'a' } });
    expect(scopeFor(reader, 'a')).toEqual({ ok: true, value: { tenant: 'a' } });
    await access.ensureTenant('b');
    expect(scopeFor(reader, 'b')).toEqual(scopeFor(reader, 'never-heard-of'));
    expect(scopeFor(reader, 'b')).toMatchObject({ error: { code: 'not_found' } });
    expect(scopeFor(SYSTEM)).toEqual({ ok: true, value: { tenant: null } });
    expect(scopeFor(SYSTEM, 'b')).toEqual({ ok: true, value: { tenant: 'b' } });
    expect(scopeFor(SYSTEM, "b' or 1=1")).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it('of a row is the key’s whatever the row says, which is counted; else the row’s, else default', async () => {
    const sender = await callerOf('a', 'ingest');
    const before = counters.total('pegbar_tenant_overridden_total');
    expect(access.tenantForWrite(sender, 'b')).toEqual({ ok: true, value: 'a' });
    expect(access.tenantForWrite(sender, 'a')).toEqual({ ok: true, value: 'a' });
    expect(access.tenantForWrite(sender)).toEqual({ ok: true, value: 'a' });
    expect(counters.total('pegbar_tenant_overridden_total')).toBe(before + 1);
    expect(access.tenantForWrite(SYSTEM)).toEqual({ ok: true, value: 'default' });
    expect(access.tenantForWrite(SYSTEM, 'c')).toEqual({ ok: true, value: 'c' });
    expect(access.tenantForWrite(SYSTEM, '../c')).toMatchObject({ error: { field: 'tenant' } });
    await expect
      .poll(() => access.listTenants({ tenant: null }).map(({ name }) => name))
      .toEqual(['a', 'default', 'c']);
  });

  it('has a slot of its own, the same after every start', async () => {
    const seen: string[] = [];
    access.onTenantChange((name) => seen.push(name));
    await Promise.all(['x', 'y', 'x', 'z'].map((name) => access.ensureTenant(name)));
    const slots = access.listTenants({ tenant: null }).map(({ name, slot }) => [name, slot]);
    expect(slots).toEqual([
      ['x', 0],
      ['y', 1],
      ['z', 2],
    ]);
    expect(seen).toEqual(['x', 'y', 'z']);
    const again = value(await start());
    expect(again.listTenants({ tenant: null }).map(({ name, slot }) => [name, slot])).toEqual(slots);
    await again.close();
  });

  it('has a plain name', async () => {
    for (const name of ['', '.', '..', 'A', 'a b', 'ä', 'a/b', 'a'.repeat(65), '*', 'a\0']) {
      expect(await access.ensureTenant(name), name).toMatchObject({ error: { code: 'invalid_request' } });
    }
    for (const name of ['a', 'studio-a', '4.2_x', 'a'.repeat(64)])
      expect((await access.ensureTenant(name)).ok).toBe(true);
  });
});

describe('the audit log', () => {
  it('names who did what, newest first, page by page, even when the clock goes back', async () => {
    for (let n = 0; n < 25; n += 1) {
      now -= 1_000;
      await access.audit({
        actor: SYSTEM,
        action: 'image.unblur',
        object: `image-${n}`,
        tenant: n % 2 ? 'a' : 'b',
      });
    }
    await access.close();
    access = value(await start());
    await access.audit({
      actor: SYSTEM,
      action: 'image.unblur',
      object: 'last',
      tenant: 'a',
      detail: { why: 'review' },
    });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await access.listAudit(
        { tenant: null },
        { limit: 7, ...(cursor === null ? {} : { cursor }) },
      );
      seen.push(...page.items.map(({ object }) => object));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(['last', ...Array.from({ length: 25 }, (_, n) => `image-${24 - n}`)]);
    const own = await access.listAudit({ tenant: 'a' }, { limit: 1 });
    expect(own.items).toMatchObject([{ actor: 'system:pegbar', object: 'last', detail: { why: 'review' } }]);
    expect((await access.listAudit({ tenant: 'a' })).items).toHaveLength(13);
  });

  it('has a row for every administrative act, in the same transaction', async () => {
    const { id } = value(await access.createKey({ tenant: 'a', scopes: ['read'] }, SYSTEM));
    await access.revokeKey(id, SYSTEM);
    await access.revokeKey(id, SYSTEM);
    await access.createUser({ name: 'mika', tenant: 'a', scopes: ['read'] }, SYSTEM);
    await access.disableUser('mika', SYSTEM);
    await access.applyResources(
      '{apiVersion: pegbar/v1, kind: Tenant, metadata: {name: a}, spec: {prompts: drop}}',
      SYSTEM,
    );
    await access.deleteResource('Tenant', 'a', SYSTEM);
    const { items } = await access.listAudit({ tenant: null });
    expect(items.map(({ action }) => action).reverse()).toEqual([
      'key.create',
      'key.revoke',
      'user.create',
      'user.disable',
      'resource.apply',
      'resource.delete',
    ]);
  });
});
