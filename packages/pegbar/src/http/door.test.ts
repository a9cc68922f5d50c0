import { gzipSync } from 'node:zlib';
import { openApiDocument, SCOPES, type Scope } from '@pegbar/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROUTES, type Route } from './routes.ts';
import { type TestApi, testApi } from './testkit.ts';

let test: TestApi;
const keys = new Map<Scope, string>();
let other = '';

beforeAll(async () => {
  test = await testApi();
  for (const scope of SCOPES) keys.set(scope, await test.key('a', scope));
  other = await test.key('b', 'ingest', 'read', 'admin');
});
afterAll(() => test.stop());
beforeEach(() => {
  test.asked.length = 0;
  test.sent.length = 0;
});

const BODIES: Readonly<Record<string, string>> = {
  query: '{"sql":"select 1"}',
  createKey: '{"scopes":["read"]}',
  redeem: '{"token":"x"}',
};
const pathOf = (route: Route): string =>
  route.path
    .replace('{kind}', 'tenant')
    .replace('{trace_id}', '1'.repeat(32))
    .replaceAll(/\{\w+\}/g, 'x1') + (route.id === 'export' ? '?what=requests' : '');
const go = (route: Route, key?: string, query = '') =>
  test.call(route.method, pathOf(route) + query, {
    ...(key ? { key } : {}),
    headers: {
      ...(route.takes ? { 'content-type': route.takes.at(-1)! } : {}),
      ...(key === keys.get('beacon') ? { origin: 'https://studio.example' } : {}),
    },
    ...(route.method === 'GET' || route.method === 'DELETE'
      ? {}
      : { body: BODIES[route.id] ?? '{"type":"frames"}' }),
  });

const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { error: { code: string } }).error.code;

const IMPLIED: Partial<Record<Scope, readonly Scope[]>> = { admin: ['admin', 'ingest', 'read'] };

describe.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s',
  (_name, route) => {
    const open = route.scopes.length === 0;

    it(open ? 'needs no key' : 'refuses who has no key', async () => {
      const { status } = await go(route);
      if (open) expect([401, 403]).not.toContain(status === 401 && route.id === 'redeem' ? 200 : status);
      else expect(status).toBe(401);
      expect(test.asked).toEqual([]);
    });

    it.each(SCOPES)('lets in or refuses a key of scope %s as declared', async (scope) => {
      const has = IMPLIED[scope] ?? [scope];
      const answer = await go(route, keys.get(scope));
      const permitted = open || route.scopes.some((one) => has.includes(one));
      if (!permitted) {
        expect(answer.status).toBe(403);
        expect(test.asked).toEqual([]);
        expect(test.sent).toEqual([]);
      } else if (route.id !== 'redeem') expect(answer.status).not.toBe(401);
      // Letters hold rows of several tenants.
      if (permitted && !open && scope !== 'admin') expect(answer.status).not.toBe(403);
    });

    it.skipIf(open)('never reaches rows of another tenant', async () => {
      const own = await go(route, other);
      expect(own.status).not.toBe(500);
      expect(test.asked.filter((tenant) => tenant !== 'b')).toEqual([]);
      for (const { tenant } of test.sent) expect(tenant).toBe('b');
      const foreign = await go(route, other, `${pathOf(route).includes('?') ? '&' : '?'}tenant=a`);
      expect(foreign.status).toBe(404);
      expect(test.asked.filter((tenant) => tenant !== 'b')).toEqual([]);
    });
  },
);

it('serves every address of the contract with the scopes that it promises', () => {
  const { paths } = openApiDocument() as {
    paths: Record<string, Record<string, { operationId: string; description?: string }>>;
  };
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { operationId, description }] of Object.entries(methods)) {
      const route = ROUTES.find((one) => one.path === path && one.method === method.toUpperCase());
      expect([path, method, route?.id]).toEqual([path, method, operationId]);
      expect(description ?? '').toBe(
        route!.scopes.length === 0 ? '' : `Scope: ${route!.scopes.join(' or ')}.`,
      );
    }
});

describe('the door', () => {
  const post = (more: Parameters<TestApi['call']>[2]) =>
    test.call('POST', '/api/v1/events', { key: keys.get('ingest')!, ...more });

  it('names the methods of an address, and says what is nowhere', async () => {
    const wrong = await test.call('PUT', '/api/v1/events');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    const list = await test.call('POST', '/api/v1/requests', { key: keys.get('read')! });
    expect([list.status, list.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const nowhere = await test.call('GET', '/api/v2/requests');
    expect([nowhere.status, await codeOf(nowhere)]).toEqual([404, 'not_found']);
  });

  it('takes gzip within the bound of the inflated body', async () => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    expect((await post({ headers, body: gzipSync('{"a":1}') })).status).toBe(200);
    expect(test.sent[0]).toEqual({ body: '{"a":1}', tenant: 'a' });
    const bomb = await post({ headers, body: gzipSync('x'.repeat(100_000)) });
    expect([bomb.status, await codeOf(bomb)]).toEqual([413, 'too_large']);
    const cut = await post({ headers, body: gzipSync('{"a":1}').subarray(0, 12) });
    expect([cut.status, await codeOf(cut)]).toEqual([400, 'invalid_encoding']);
    expect(
      (await post({ headers: { 'content-type': 'application/json' }, body: 'x'.repeat(2_000) })).status,
    ).toBe(413);
  });

  it('demands a content type that it takes', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', ''])
      expect((await post({ headers: type ? { 'content-type': type } : {}, body: '{}' })).status).toBe(415);
    const coded = await post({
      headers: { 'content-type': 'application/json', 'content-encoding': 'br' },
      body: '{}',
    });
    expect(coded.status).toBe(415);
  });

  it('hands the name of an import on', async () => {
    const answer = await test.call('POST', '/api/v1/events?import=genai', {
      key: keys.get('ingest')!,
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{}',
    });
    expect([answer.status, test.sent[0]?.import]).toEqual([200, 'genai']);
  });

  it('sends security headers and an id with everything', async () => {
    for (const path of ['/healthz', '/nope', '/api/v1/requests']) {
      const { headers } = await test.call('GET', path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('lets a public key send frames and feedback from its page, and nothing else', async () => {
    const key = keys.get('beacon')!;
    const send = (body: string, origin = 'https://studio.example') =>
      test.call('POST', `/api/v1/events?key=${key}`, {
        headers: { 'content-type': 'text/plain', origin },
        body,
      });
    const good = await send('{"type":"frames"}\n{"type":"feedback"}');
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://studio.example',
    ]);
    expect((await send('{"type":"stage"}')).status).toBe(403);
    expect((await send('{"request_id":"x"}')).status).toBe(403);
    expect((await send('{"type":"frames"}', 'https://elsewhere.example')).status).toBe(403);
    const secret = await test.call('POST', `/api/v1/events?key=${keys.get('ingest')}`, {
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(secret.status).toBe(403);
    const asked = await test.call('OPTIONS', '/api/v1/events', {
      headers: { origin: 'https://studio.example' },
    });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://studio.example',
    ]);
    expect(
      (await test.call('OPTIONS', '/api/v1/events', { headers: { origin: 'https://evil.example' } })).status,
    ).toBe(405);
  });

  it('takes a public key in the first line of a plain body too, and lets the page read why it was refused', async () => {
    const origin = 'https://studio.example';
    const send = (body: string, headers: Record<string, string> = {}) =>
      test.call('POST', '/api/v1/events', {
        headers: { 'content-type': 'text/plain', origin, ...headers },
        body,
      });
    const line = JSON.stringify({ key: keys.get('beacon') });
    test.sent.length = 0;
    const good = await send(`${line}\n{"type":"feedback"}`);
    expect([good.status, test.sent[0]?.body]).toEqual([200, '{"type":"feedback"}']);
    expect((await send('{"type":"feedback"}')).status).toBe(401);
    expect((await send(`${line}\n{"type":"feedback"}`, { origin: 'https://elsewhere.example' })).status).toBe(
      403,
    );
    expect((await send(`{"key":"${keys.get('ingest')}"}\n{"type":"feedback"}`)).status).toBe(403);
    expect((await send(`${line}\n${'x'.repeat(70_000)}`)).status).toBe(413);
    const refused = await send(`${line}\n{"type":"frames","side":"produced"}`);
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, origin]);
  });

  it('lets a browser ask first with the key in the URL', async () => {
    const ask = (key: string | undefined, origin: string) =>
      test.call('OPTIONS', `/api/v1/cmcd?key=${key}`, { headers: { origin } });
    const asked = await ask(keys.get('beacon'), 'https://studio.example');
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization, content-type',
    ]);
    expect((await ask(keys.get('beacon'), 'https://evil.example')).status).toBe(405);
    expect((await ask(keys.get('ingest'), 'https://pages.example')).status).toBe(405);
  });

  it('takes the reports of video players, and wants to know their frame rate', async () => {
    const send = (query: string, body: string) =>
      test.call('POST', `/api/v1/cmcd${query}`, {
        key: keys.get('ingest')!,
        headers: { 'content-type': 'application/cmcd' },
        body,
      });
    expect((await send('', 'sid="s",cid="c"')).status).toBe(400);
    test.sent.length = 0;
    const reports = 'sid="s",cid="c",sta=p,ts=1000,dfa=1\nnonsense=(\nsid="s",cid="c",ts=2000,dfa=3';
    const answer = await send('?fps=24&request_id=r1', reports);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        accepted: 1,
        duplicates: 0,
        rejected: [{ line: 2, code: 'invalid_record', field: '', message: expect.any(String) }],
      },
    ]);
    expect(JSON.parse(test.sent[0]!.body)).toMatchObject([
      { type: 'frames', sequence_id: 'c', request_id: 'r1', frames: 22, dropped: 2, playing_s: 1 },
    ]);
  });

  it('logs in by link once, and demands the token of the session for what changes something', async () => {
    const link = await test.access.createLoginLink();
    if (!link.ok) throw new Error(link.error.message);
    const form = await test.call('GET', `/login?token=${link.value.token}`);
    expect([form.status, await form.text()]).toEqual([200, expect.stringContaining(link.value.token)]);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ token: link.value.token });
    const cross = await test.call('POST', '/login', {
      headers: { ...headers, origin: 'https://evil.example' },
      body,
    });
    expect(cross.status).toBe(403);
    const opened = await test.call('POST', '/login', { headers, body });
    expect(opened.status).toBe(200);
    const cookie = opened.headers.get('set-cookie')!;
    expect(cookie).toContain('HttpOnly; SameSite=Strict');
    const { csrf } = (await opened.json()) as { csrf: string };
    expect((await test.call('POST', '/login', { headers, body })).status).toBe(401);
    const session = cookie.split(';')[0]!;
    expect((await test.call('GET', '/api/v1/requests', { headers: { cookie: session } })).status).toBe(200);
    const query = { ...headers, cookie: session };
    expect((await test.call('POST', '/api/v1/query', { headers: query, body: BODIES.query! })).status).toBe(
      403,
    );
    const withToken = { ...query, 'x-pegbar-csrf': csrf };
    expect(
      (await test.call('POST', '/api/v1/query', { headers: withToken, body: BODIES.query! })).status,
    ).toBe(200);
    await test.call('POST', '/logout', { headers: { cookie: session } });
    expect((await test.call('GET', '/api/v1/requests', { headers: { cookie: session } })).status).toBe(401);
  });

  it('escapes what it shows on a page', async () => {
    const page = await test.call('GET', '/login?token=%22%3E%3Cscript%3E');
    expect(await page.text()).not.toContain('<script>');
    const refused = await test.call('GET', '/api/v1/requests', { headers: { accept: 'text/html' } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
  });

  it('turns pressure into 429 and 503 with Retry-After', async () => {
    for (const [reason, status, code] of [
      ['spool_full', 429, 'overloaded'],
      ['disk_full', 503, 'disk_full'],
    ] as const) {
      const full = await testApi({ deps: { intake: { pressure: () => ({ reason, retryAfterS: 5 }) } } });
      const key = await full.key('a', 'ingest');
      const answer = await full.call('POST', '/api/v1/events', {
        key,
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, '5']);
      expect(await codeOf(answer)).toBe(code);
      await full.stop();
    }
  });
});

describe('the keyless loopback', () => {
  it('is admin for programs on this machine, and shut to web pages', async () => {
    const keyless = await testApi({ requireKey: false });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await keyless.call('GET', '/api/v1/requests', { headers })).status;
    expect(await status({})).toBe(200);
    expect(keyless.asked[0]).toBe(null);
    expect(await status({ host: 'evil.example:4300' })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ 'x-forwarded-for': '1.2.3.4' })).toBe(401);
    const page = { 'content-type': 'text/plain' };
    expect((await keyless.call('POST', '/api/v1/events', { headers: page, body: '{}' })).status).toBe(415);
    expect((await keyless.call('GET', '/api/v1/requests?tenant=a')).status).toBe(200);
    expect(keyless.asked.at(-1)).toBe('a');
    await keyless.stop();
  });
});
