import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from '../testkit.ts';

describe('users, tenants and the catalogue over the API', () => {
  let api: TestApi;
  let owner: string;
  let head: string;
  beforeAll(async () => {
    api = await testApi();
    owner = await api.key('*', 'read', 'admin', 'unblur');
    head = await api.key('alpha', 'read', 'admin');
  });
  afterAll(() => api.stop());

  const post = (path: string, key: string, body: unknown) =>
    api.call('POST', path, {
      key,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const told = async (answer: Response): Promise<Record<string, unknown>> =>
    (await answer.json()) as Record<string, unknown>;

  it('lets somebody log in by a link that works once, and shuts them out again', async () => {
    expect((await post('/api/v1/users', head, { name: 'mika', scopes: ['read'] })).status).toBe(201);
    expect((await post('/api/v1/users', head, { name: 'mika', scopes: ['read'] })).status).toBe(409);
    const link = await told(await post('/api/v1/users/mika/login-link', head, {}));
    const token = new URL(link.url!).searchParams.get('token');
    const redeem = () =>
      api.call('POST', '/login', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      });
    expect((await redeem()).status).toBe(200);
    expect((await redeem()).status).toBeGreaterThanOrEqual(400);
    expect((await api.call('DELETE', '/api/v1/users/mika', { key: head })).status).toBe(200);
    expect((await post('/api/v1/users/mika/login-link', head, {})).status).toBe(404);
  });

  it('gives no scope that the giver lacks: not by a user, not by a link', async () => {
    const wanted = { name: 'eye', tenant: 'alpha', scopes: ['read', 'unblur'] };
    expect((await post('/api/v1/users', head, wanted)).status).toBe(403);
    expect((await post('/api/v1/users', owner, wanted)).status).toBe(201);
    expect((await post('/api/v1/users/eye/login-link', head, {})).status).toBe(403);
    expect((await post('/api/v1/users/admin/login-link', head, {})).status).toBe(404);
  });

  it('shows each administrator the users and tenants of their own', async () => {
    await post('/api/v1/users', owner, { name: 'elsewhere', tenant: 'beta', scopes: ['read'] });
    const users = await told(await api.call('GET', '/api/v1/users', { key: head }));
    const names = (users.items as { name: string }[]).map(({ name }) => name);
    expect(names).toContain('eye');
    expect(names).not.toContain('elsewhere');
    const tenants = await told(await api.call('GET', '/api/v1/tenants', { key: head }));
    expect(tenants.items).toMatchObject([
      { name: 'alpha', declared: false, policy: { prompts: 'keep', sampling: { traces: 0.05 } } },
    ]);
  });

  it('tells the space of all tables to who administers every tenant, and to nobody else', async () => {
    expect((await api.call('GET', '/api/v1/storage', { key: head })).status).toBe(403);
    const space = await told(await api.call('GET', '/api/v1/storage', { key: owner }));
    expect((space.tables as { table: string }[]).map(({ table }) => table)).toContain('spans');
  });

  it('publishes every field that is collected, by its dotted name', async () => {
    const catalogue = await told(await api.call('GET', '/api/v1/catalogue', { key: head }));
    const stage = (catalogue.records as { record: string; fields: { name: string; unit: string }[] }[]).find(
      ({ record }) => record === 'stage',
    );
    expect(stage?.fields.find(({ name }) => name === 'metrics.latency_ms')?.unit).toBe('ms');
  });

  it('writes logins given and taken into the audit log', async () => {
    const audit = await told(await api.call('GET', '/api/v1/audit', { key: owner }));
    const actions = (audit.items as { action: string }[]).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['user.create', 'user.login_link', 'user.disable']));
  });
});
